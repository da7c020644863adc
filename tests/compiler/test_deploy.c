/* Networks in use: what is joined, where values lie, integers. Weights are made up; that the results are right is
 * tested on compiled code (tests/inference). */
#include "middle.h"

#include <math.h>

#include "deploy/quantize.h"
#include "emit/inference.h"
#include "plan/place.h"

/** A weight for every parameter and state, the same ones for the same program. */
static float **made_up_weights(const plan *p)
{
    const ir_graph *g = p->program->graph;
    float **weights = arena_array(test_arena, (size_t)g->value_count, sizeof *weights);
    uint32_t state = 12345;
    for (const ir_value *v = g->values; v; v = v->next) {
        if (!ir_is_kept(v))
            continue;
        weights[v->id] = arena_array(test_arena, (size_t)ir_elements(v->shape), sizeof(float));
        for (int64_t i = 0; i < ir_elements(v->shape); i++) {
            state = state * 1664525u + 1013904223u;
            weights[v->id][i] = (float)(state >> 8) / (float)(1 << 24) + (v->kind == IR_VALUE_STATE ? 0.5f : -0.5f);
        }
    }
    return weights;
}

static network *made(const char *text, const net_options *options)
{
    const plan *p = middle_plan(text);
    return net_make(test_arena, p, made_up_weights(p), options);
}

static network *of_layers(const char *steps, const char *layers)
{
    return made(middle_text(steps, layers), &(net_options){.input = NET_BYTES});
}

/** "input conv2d+maxpool2d+relu dense+softmax": the operations with what has been joined to them. */
static const char *shown(const network *n)
{
    str s = str_new(test_arena);
    str_add(&s, "");
    for (const net_op *op = n->ops; op; op = op->next)
        str_printf(&s, "%s%s%s%s%s%s", op == n->ops ? "" : " ", ir_op_name(op->code),
                   op->norm     ? "+layernorm"
                   : op->folded ? "+batchnorm"
                                : "",
                   op->pool ? "+maxpool2d" : "", op->activation.kind == LANG_ACTIVATION_LINEAR ? "" : "+",
                   op->activation.kind == LANG_ACTIVATION_LINEAR ? "" : ir_activation_name(op->activation.kind));
    return s.text;
}

static bool meet(const net_value *a, const net_value *b)
{
    return a->first <= b->last && b->first <= a->last && a->offset < b->offset + b->elements &&
           b->offset < a->offset + a->elements;
}

START_TEST(values_alive_together_do_not_overlap)
{
    for (int sample = 0; sample < MIDDLE_SAMPLES; sample++) {
        const network *n = made(middle_sample(sample), &(net_options){.input = NET_BYTES});
        int overlaps = 0, outside = 0;
        for (const net_op *a = n->ops; a; a = a->next) {
            outside += a->output->place == NET_WORK && a->output->offset + a->output->elements > n->work;
            for (const net_op *b = a->next; b; b = b->next)
                overlaps += a->output != b->output && a->output->place == NET_WORK && b->output->place == NET_WORK &&
                            meet(a->output, b->output);
        }
        ck_assert_msg(overlaps == 0 && outside == 0, "sample %d: %d overlaps, %d outside", sample, overlaps, outside);
    }
}
END_TEST

/** Neither where windows are as high as the image. */
START_TEST(sums_under_a_pooling_are_not_stored)
{
    static const char *const windows[] = {"(2, 2)", "(14, 2)", "(14, 14)", "(7, 3)"};
    for (int i = 0; i < 4; i++) {
        const char *layers = arena_printf(
            test_arena, "conv2d(5, 1)\nmaxpool2d(%s)\nactivation(relu)\nflatten()\ndense(10, activation=softmax)",
            windows[i]);
        const network *n = of_layers("scale(1/255)\nreshape(14, 14, 4)", layers);
        for (const net_op *op = n->ops; op; op = op->next)
            ck_assert_msg(op->scratch_count == 0, "%s: %s", windows[i], op->c_name);
    }
}
END_TEST

START_TEST(values_are_made_before_they_are_read)
{
    for (int sample = 0; sample < MIDDLE_SAMPLES; sample++) {
        const network *n = made(middle_sample(sample), &(net_options){.input = NET_BYTES});
        int wrong = 0, number = 0;
        for (const net_op *op = n->ops; op; op = op->next, number++)
            for (int i = 0; i < op->input_count; i++)
                wrong += op->input[i]->first >= number || op->input[i]->last < number;
        ck_assert_msg(wrong == 0, "sample %d: %d", sample, wrong);
        ck_assert_int_eq(n->output->place, NET_OUTPUT);
    }
}
END_TEST

START_TEST(the_same_network_is_written_twice_alike)
{
    for (int sample = 0; sample < MIDDLE_SAMPLES; sample++) {
        const emit_inference_options o = {.emit = {.source_name = "test.mnn", .description = "hash"}, .prefix = "net"};
        const network *n = made(middle_sample(sample), &(net_options){.input = NET_BYTES});
        if (net_weight_bytes(n) > 65536) /* numbers take long */
            continue;
        const char *one = emit_inference(n, &o);
        const char *two = emit_inference(made(middle_sample(sample), &(net_options){.input = NET_BYTES}), &o);
        ck_assert_msg(strcmp(one, two) == 0, "sample %d", sample);
    }
}
END_TEST

START_TEST(layers_join_the_one_before)
{
    ck_assert_str_eq(shown(of_layers("reshape(784)", "dropout(0.5)\ndense(10, activation=softmax)")),
                     "input dense+softmax");
    ck_assert_str_eq(shown(of_layers("reshape(28, 28, 1)", "conv2d(4, 3)\nbatchnorm()\nactivation(relu)\nmaxpool2d()\n"
                                                           "flatten()\ndense(10)\nactivation(softmax)")),
                     "input conv2d+batchnorm+maxpool2d+relu dense+softmax");
}
END_TEST

START_TEST(what_changes_the_result_does_not_join)
{
    /* gelu can turn a smaller value into a larger one; windows that overlap would need sums twice */
    ck_assert_str_eq(shown(of_layers("reshape(28, 28, 1)", "conv2d(4, 3, activation=gelu)\nmaxpool2d()\nflatten()\n"
                                                           "dense(10, activation=softmax)")),
                     "input conv2d+gelu maxpool2d dense+softmax");
    ck_assert_str_eq(shown(of_layers("reshape(28, 28, 1)", "conv2d(4, 3)\nmaxpool2d(3, strides=2)\nflatten()\n"
                                                           "dense(10, activation=softmax)")),
                     "input conv2d maxpool2d dense+softmax");
    /* an activation between: the batchnorm stays */
    ck_assert_str_eq(
        shown(of_layers("reshape(784)", "dense(4, activation=relu)\nbatchnorm()\ndense(10, activation=softmax)")),
        "input dense+relu batchnorm dense+softmax");
    /* a value with two readers */
    ck_assert_str_eq(shown(of_layers("reshape(784)", "dense(8)\nresidual {\n activation(relu)\n}\n"
                                                     "dense(10, activation=softmax)")),
                     "input dense activation+relu add dense+softmax");
}
END_TEST

START_TEST(a_norm_of_floats_joins_the_conversion_to_bytes)
{
    static const char STEPS[] = "reshape(28, 28, 1)",
                      LAYERS[] = "batchnorm()\nconv2d(4, 3)\nflatten()\ndense(10, activation=softmax)";
    const net_options floats = {.input = NET_FLOATS, .quantized = true};
    ck_assert_str_eq(shown(made(middle_text(STEPS, LAYERS), &floats)), "input+batchnorm conv2d dense+softmax");
    ck_assert_str_eq(shown(made(middle_text(STEPS, LAYERS), &(net_options){NET_BYTES, false, true})),
                     "batchnorm conv2d dense+softmax");
    ck_assert_str_eq(shown(made(middle_text(STEPS, LAYERS), &(net_options){.input = NET_FLOATS})),
                     "batchnorm conv2d dense+softmax");
    ck_assert_str_eq(shown(made(middle_text("reshape(784)", "layernorm()\ndense(10, activation=softmax)"), &floats)),
                     "input+layernorm dense+softmax");
    /* a network needs a layer that computes */
    const char *alone =
        test_description(NULL, "reshape(10)\none_hot(10)", "batchnorm()", "loss = mse\noptimizer = sgd\n");
    ck_assert_str_eq(shown(made(alone, &floats)), "input batchnorm");
}
END_TEST

START_TEST(a_sigmoid_is_left_out_only_where_its_middle_is_asked_for)
{
    const net_options class_only = {.input = NET_BYTES, .argmax_only = true};
    static const char LAYERS[] = "dense(1, activation=sigmoid)";
    const network *half =
        made(test_description(NULL, NULL, LAYERS, "loss = binary_crossentropy\noptimizer = sgd\nmetrics = [accuracy]"),
             &class_only);
    ck_assert_str_eq(shown(half), "input dense");
    ck_assert(half->threshold == 0);
    /* hinge says class 1 above 0, which a sigmoid always is */
    const network *zero =
        made(test_description(NULL, NULL, LAYERS, "loss = hinge\noptimizer = sgd\nmetrics = [accuracy]"), &class_only);
    ck_assert_str_eq(shown(zero), "input dense+sigmoid");
    ck_assert(zero->threshold == 0);
}
END_TEST

/* A softmax that is an operation of its own goes too. */
START_TEST(a_softmax_of_its_own_is_left_out)
{
    const net_options class_only = {.input = NET_BYTES, .argmax_only = true};
    const char *layers = "flatten()\ndense(10, activation=gelu)\nactivation(softmax)";
    const network *n = made(middle_text("reshape(28, 28, 1)", layers), &class_only);
    ck_assert_str_eq(shown(n), "input dense+gelu");
    ck_assert_ptr_eq(n->output, n->last->output);
}
END_TEST

START_TEST(first_fit_takes_the_lowest_gap)
{
    plan_places places = plan_places_new(test_arena, 3);
    ck_assert_int_eq(plan_first_fit(&places, 7, 0, 9), 0);
    plan_place(&places, (plan_interval){20, 10, 1, 2});
    plan_place(&places, (plan_interval){0, 10, 0, 1});
    plan_place(&places, (plan_interval){10, 5, 0, 3});
    ck_assert_int_eq(plan_first_fit(&places, 5, 1, 1), 15);
    ck_assert_int_eq(plan_first_fit(&places, 6, 1, 1), 30);
    ck_assert_int_eq(plan_first_fit(&places, 10, 2, 2), 0);
    ck_assert_int_eq(plan_first_fit(&places, 11, 3, 3), 15);
}
END_TEST

START_TEST(scaling_rounds_halves_away_from_0)
{
    static const struct {
        int64_t sum;
        int32_t multiplier;
        int shift;
        int64_t result;
    } cases[] = {{3, 1 << 30, 31, 2},   {-3, 1 << 30, 31, -2},   {1, 1 << 30, 31, 1},
                 {-1, 1 << 30, 31, -1}, {1, 1 << 30, 32, 0},     {0, INT32_MAX, 1, 0},
                 {7, 0, 62, 0},         {100, 1 << 30, 30, 100}, {-5, 1 << 30, 32, -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_int_eq(net_scaled(cases[i].sum, cases[i].multiplier, cases[i].shift), cases[i].result);
}
END_TEST

START_TEST(roots_are_rounded_down)
{
    static const uint64_t roots[] = {0, 1, 2, 3, 255, 65535, 65536, 1234567, UINT32_MAX};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        ck_assert_uint_eq(net_root(roots[i] * roots[i]), roots[i]);
        ck_assert_uint_eq(net_root(roots[i] * roots[i] + 2 * roots[i]), roots[i]);
        if (roots[i] > 1)
            ck_assert_uint_eq(net_root(roots[i] * roots[i] - 1), roots[i] - 1);
    }
    ck_assert_uint_eq(net_root(UINT64_MAX), UINT32_MAX);
}
END_TEST

/* --- integers against floats, one operation at a time ----------------------------------------------- */

enum { SAMPLES = 2 };

/** Random samples of bytes, as the network takes them. */
static net_samples random_samples(const network *n)
{
    const int64_t count = SAMPLES * n->input->elements;
    uint8_t *bytes = arena_alloc(test_arena, (size_t)count);
    float *floats = arena_array(test_arena, (size_t)count, sizeof *floats);
    uint32_t state = 1;
    for (int64_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)((state = state * 1664525u + 1013904223u) >> 24);
        floats[i] = (float)bytes[i];
    }
    return n->options.input == NET_BYTES ? (net_samples){.bytes = bytes, .count = SAMPLES}
                                         : (net_samples){.floats = floats, .count = SAMPLES};
}

/** The same as floats whose last channel is 250 times as wide as the others, and whose first one is far from 0. */
static net_samples wide_samples(const network *n)
{
    const net_samples samples = random_samples(n);
    const int64_t channels = n->input->shape.dim[n->input->shape.rank - 1];
    float *floats = arena_array(test_arena, (size_t)(SAMPLES * n->input->elements), sizeof *floats);
    for (int64_t i = 0; i < SAMPLES * n->input->elements; i++)
        floats[i] = (samples.floats[i] - 100) * (i % channels == channels - 1 ? 250.0f : 1.0f) +
                    (i % channels == 0 ? 2000.0f : 0.0f);
    return (net_samples){.floats = floats, .count = SAMPLES};
}

static double real(const net_range *r, double number)
{
    return r->scale * (number - r->zero);
}

static int number_of(const network *n, const net_value *v)
{
    int number = 0;
    const net_op *op = n->ops;
    while (op && op->output != v) {
        op = op->next;
        number++;
    }
    return number;
}

/** What the weights of output k are multiplied by: from its multiplier, which holds it. */
static double weight_scale(const net_op *op, int64_t k)
{
    const double in = op->code == IR_LAYERNORM ? ldexp(1, -NET_NORM_BITS) : op->input[0]->range.scale;
    const double out = op->output->channels.ratio ? net_scale_at(op->output, k) : net_before_activation(op)->scale;
    return ldexp(op->integers->multiplier[k], -op->integers->shift[k]) * out / in;
}

/** What the channel that element i of the kernel multiplies has for a scale, as a share of the value's. */
static double ratio_at(const net_op *op, int64_t i)
{
    const net_channels *c = &op->input[0]->channels;
    return c->ratio ? c->ratio[net_input_channel(op, i) % c->count] : 1;
}

/** What the middles of the channels add to the sums of output k. */
static double from_middles(const net_op *op, const double *kernel, int64_t k)
{
    const net_channels *c = &op->input[0]->channels;
    double sum = 0;
    for (int64_t i = k; c->middle && i < op->kernel->elements; i += op->integers->outputs)
        sum += kernel[i] * c->middle[net_input_channel(op, i) % c->count];
    return sum;
}

/** Weights are rounded, and not more than that; the floats then get the rounded ones.
 *  @return how many are further away than half a step */
static int round_weights(const net_op *op, double *kernel, double *bias)
{
    const net_integers *q = op->integers;
    const double in = op->code == IR_LAYERNORM ? ldexp(1, -NET_NORM_BITS) : op->input[0]->range.scale;
    const double half = 0.5 + 1e-5;
    int wrong = 0;
    for (int64_t k = 0; k < q->outputs; k++)
        bias[k] += from_middles(op, kernel, k);
    for (int64_t i = 0; i < (op->kernel ? op->kernel->elements : q->outputs); i++) {
        const double step = weight_scale(op, i % q->outputs), ratio = ratio_at(op, i);
        wrong += fabs(kernel[i] * ratio - step * q->kernel[i]) > half * step;
        kernel[i] = step * q->kernel[i] / ratio;
    }
    for (int64_t k = 0; k < q->outputs; k++) {
        const double step = in * weight_scale(op, k);
        wrong += fabs(bias[k] - step * q->bias[k]) > half * step + 1e-6 * fabs(bias[k]);
        bias[k] = step * q->bias[k] - from_middles(op, kernel, k);
    }
    return wrong;
}

static double between(double low, double x, double high)
{
    return x < low ? low : x > high ? high : x;
}

static double as_bytes(const net_range *r, double x)
{
    return between(real(r, 0), x, real(r, UINT8_MAX));
}

/** What the operation gives for the same inputs without rounding, and how far rounding may lead from it. */
typedef struct expectation {
    double value, tolerance;
} expectation;

static expectation without_table(const network *n, const net_op *op, int64_t i, double value)
{
    const net_value *v = op->output;
    const double step = net_scale_at(v, i), half = step * 0.5001 + 1e-6 * fabs(value);
    const bool is_picked = op->form->kind == NET_PICK;
    const double shown =
        v == n->output ? value : between(net_number_of(v, i, 0), value, net_number_of(v, i, UINT8_MAX));
    expectation e = {shown, is_picked ? 1e-6 * (1 + fabs(value)) : half};
    if (op->form->kind == NET_NORM) /* roots and quotients */
        e.tolerance += 0.01 * fabs(value) + ldexp(1, -NET_NORM_BITS) + 1e-3 * step;
    if (op->form->kind == NET_SUM)
        for (int k = 0; k < op->input_count; k++)
            e.tolerance += 1e-3 * op->input[k]->range.scale;
    return e;
}

/** A byte before f, then one behind it; where f is flat the range may end, and costs a quarter of a step. */
static expectation with_table(const net_op *op, double before)
{
    const net_range *in = &op->inner, *out = &op->output->range;
    double most = 0;
    for (int byte = 0; byte < UINT8_MAX; byte++)
        most = fmax(
            most, fabs(ir_activate(op->activation, real(in, byte + 1)) - ir_activate(op->activation, real(in, byte))));
    const double taken = op->integers ? between(in->low, before, in->high) : as_bytes(in, before);
    return (expectation){as_bytes(out, ir_activate(op->activation, taken)), 0.51 * most + 0.76 * out->scale};
}

/** Powers of bytes: each a step aside at most, and at the ends of the range two. */
static expectation with_powers(const net_op *op, double value)
{
    return (expectation){value, value * (exp(2 * op->inner.scale) - 1) + 0.51 / UINT8_MAX + 1e-4};
}

/** Run one operation on what the integers before it stand for, and compare.
 *  @return how many results are further away than rounding explains */
static int compare_operation(const net_run *floats, const net_run *integers, const net_op *op, int number)
{
    const network *n = floats->n;
    int wrong = 0;
    for (int k = 0; k < op->input_count; k++) {
        const int from = number_of(n, op->input[k]);
        for (int64_t i = 0; i < op->input[k]->elements; i++)
            floats->values[from][i] = net_number_of(op->input[k], i, integers->values[from][i]);
    }
    net_run_operation(floats, op, number);
    for (int64_t i = 0; i < op->output->elements; i++) {
        const expectation e = op->table   ? with_table(op, floats->before[number][i])
                              : op->power ? with_powers(op, floats->values[number][i])
                                          : without_table(n, op, i, floats->values[number][i]);
        wrong += !(fabs(net_number_of(op->output, i, integers->values[number][i]) - e.value) <= e.tolerance);
    }
    return wrong;
}

/** @return how many weights and results rounding does not explain */
static int compare_operations(network *n, const net_samples *samples)
{
    net_loss loss;
    ck_assert(net_quantize(n, samples, NULL, &loss));
    const net_run floats = net_run_new(n, false), integers = net_run_new(n, true);
    int wrong = 0, number;
    for (const net_op *op = n->ops; op; op = op->next)
        if (op->integers && op->integers->kernel && op->form->kernel && op->form->bias)
            wrong += round_weights(op, floats.data[op->form->kernel->id], floats.data[op->form->bias->id]);
    for (int64_t s = 0; s < SAMPLES; s++) {
        net_run_sample(&floats, samples, s);
        net_run_sample(&integers, samples, s);
        number = 0;
        for (const net_op *op = n->ops; op; op = op->next, number++)
            wrong += compare_operation(&floats, &integers, op, number);
    }
    return wrong;
}

START_TEST(every_operation_only_rounds)
{
    enum { BYTES, FLOATS, WIDE, KINDS };
    bool seen[IR_OPCODE_COUNT] = {false};
    int with_tables = 0, with_softmax = 0, by_channel = 0, with_middle = 0;
    for (int i = 0; i < KINDS * MIDDLE_SAMPLES; i++) {
        const int kind = i % KINDS;
        const char *why;
        network *n = made(middle_sample(i / KINDS),
                          &(net_options){.input = kind == BYTES ? NET_BYTES : NET_FLOATS, .quantized = true});
        if (net_not_quantizable(n, &why))
            continue;
        const net_samples samples = kind == WIDE ? wide_samples(n) : random_samples(n);
        ck_assert_msg(compare_operations(n, &samples) == 0, "sample %d, kind %d", i / KINDS, kind);
        for (const net_op *op = n->ops; op; op = op->next) {
            seen[op->code] = true;
            with_tables += op->table != NULL;
            with_softmax += op->power != NULL;
            by_channel += op->output->channels.ratio != NULL;
            with_middle += op->output->channels.middle != NULL;
        }
    }
    static const ir_opcode all[] = {IR_INPUT,     IR_DENSE,     IR_CONV2D,    IR_DEPTHWISE_CONV2D,
                                    IR_MAXPOOL2D, IR_ADD,       IR_AVGPOOL2D, IR_GLOBAL_AVGPOOL2D,
                                    IR_BATCHNORM, IR_LAYERNORM, IR_ACTIVATION};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        ck_assert_msg(seen[all[k]], "no %s", ir_op_name(all[k]));
    ck_assert_int_gt(with_tables, 10);
    ck_assert_int_gt(with_softmax, 2);
    ck_assert_int_gt(by_channel, 10);
    ck_assert_int_gt(with_middle, 2);
}
END_TEST

/** The code of a network in integers; "" where there is none. */
static const char *code_of(const char *text, const net_options *options)
{
    const emit_inference_options o = {.emit = {.source_name = "test.mnn", .description = "hash"}, .prefix = "net"};
    const char *why;
    network *n = made(text, options);
    if (net_not_quantizable(n, &why) || net_weight_bytes(n) > 65536)
        return "";
    const net_samples samples = random_samples(n);
    net_loss loss;
    ck_assert(net_quantize(n, &samples, NULL, &loss));
    return emit_inference(n, &o);
}

START_TEST(integers_are_written_twice_alike)
{
    int written = 0;
    for (int i = 0; i < MIDDLE_SAMPLES; i++) {
        const net_options options = {.input = i % 2 ? NET_FLOATS : NET_BYTES, .quantized = true};
        const char *code = code_of(middle_sample(i), &options);
        ck_assert_str_eq(code, code_of(middle_sample(i), &options));
        written += *code != '\0';
    }
    ck_assert_int_gt(written, MIDDLE_SAMPLES / 2);
}
END_TEST

START_TEST(a_class_is_found_without_floats)
{
    int written = 0;
    for (int i = 0; i < MIDDLE_SAMPLES; i++) {
        const char *text = middle_sample(i);
        if (!net_has_classes(middle_plan(text)->program))
            continue;
        const char *code = code_of(text, &(net_options){NET_BYTES, true, true});
        ck_assert_msg(!strstr(code, "float") && !strstr(code, "math.h"), "sample %d", i);
        written += *code != '\0';
    }
    ck_assert_int_gt(written, 10);
}
END_TEST

START_TEST(integers_are_near_the_floats)
{
    network *n = made(test_description(NULL, "scale(1/255)\nreshape(6, 6, 1)",
                                       "conv2d(4, 3, padding=same, activation=relu)\nmaxpool2d()\nflatten()\n"
                                       "dense(10, activation=softmax)",
                                       NULL),
                      &(net_options){.input = NET_BYTES, .quantized = true});
    const char *why = "";
    ck_assert_ptr_null(net_not_quantizable(n, &why));
    const net_samples samples = random_samples(n);
    net_loss loss;
    ck_assert(net_quantize(n, &samples, NULL, &loss));
    for (const net_op *op = n->ops; op; op = op->next)
        ck_assert_msg(op->error > 0 && op->error < 0.02, "%s: %g", op->c_name, op->error);
    ck_assert(loss.largest > 0 && loss.largest < 0.02);
    ck_assert_int_eq(net_weight_bytes(n), 9 * 4 + 36 * 10 + 14 * (4 + 4 + 1));
}
END_TEST

/** A dense layer from two floats to two outputs, whose kernel is given. */
static network *of_two_floats(const char *text, const float kernel[4])
{
    network *n = made(text, &(net_options){.input = NET_FLOATS, .quantized = true});
    memcpy(n->last->kernel->data, kernel, 4 * sizeof *kernel);
    memset(n->last->bias->data, 0, (size_t)n->last->bias->elements * sizeof(float));
    return n;
}

/* outputs that are no classes */
static const char VALUES[] = "data d {\n train = idx(\"i\")\n reshape(2)\n}\nmodel m {\n dense(2)\n}\n"
                             "train {\n loss = mse\n optimizer = sgd\n}\n";

static void note_progress(void *of, int64_t done, int64_t total)
{
    int64_t *last = of;
    ck_assert(done == *last + 1 && done < total);
    *last = done;
}

START_TEST(values_are_joined_in_a_common_scale)
{
    const char *layers = "a = conv2d(4, 3, padding=same, activation=relu)\npad2d(1)\nconv2d(4, 3, activation=tanh)\n"
                         "concat(a)\npad2d(1, mode=reflect)\nupsample2d(2)\nc = conv2d(6, 3, padding=same)\n"
                         "conv2d(6, 1, activation=sigmoid)\nmultiply(c)\nglobal_maxpool2d()\n"
                         "dense(10, activation=softmax)";
    for (int i = 0; i < 2; i++) {
        network *n = made(middle_text("reshape(28, 28, 1)", layers),
                          &(net_options){.input = i ? NET_FLOATS : NET_BYTES, .quantized = true});
        const net_samples samples = random_samples(n);
        ck_assert_int_eq(compare_operations(n, &samples), 0);
    }
}
END_TEST

START_TEST(what_no_form_describes_is_refused)
{
    const char *why;
    const network *n =
        made(middle_text("reshape(28, 28, 1)", "conv2d(4, 3)\ngroupnorm(2)\nflatten()\ndense(10, activation=softmax)"),
             &(net_options){.input = NET_BYTES, .quantized = true});
    const net_op *op = net_not_quantizable(n, &why);
    ck_assert_str_eq(op->op->layer, "groupnorm");
    ck_assert_str_eq(why, "int8 has no form for this layer");
}
END_TEST

START_TEST(a_clip_is_the_end_of_a_range)
{
    const char *layers = "conv2d(4, 3, activation=relu6)\nmaxpool2d()\navgpool2d()\nmaxpool2d()\nactivation(relu6)\n"
                         "flatten()\ndense(10, activation=softmax)";
    network *n = made(middle_text("reshape(28, 28, 1)", layers), &(net_options){.input = NET_BYTES, .quantized = true});
    const net_samples samples = random_samples(n);
    net_loss loss;
    ck_assert(net_quantize(n, &samples, NULL, &loss));
    ck_assert_str_eq(shown(n), "conv2d+maxpool2d+relu6 avgpool2d maxpool2d+relu6 dense+softmax");
    ck_assert_ptr_null(n->ops->table);
    ck_assert_ptr_nonnull(n->ops->next->next->table); /* the bytes are those of the input */
}
END_TEST

START_TEST(channels_of_different_ranges_get_a_scale_each)
{
    /* the first input is 0 to 1 around 3, the second 0 to 1000; both move the output alike */
    static const float KERNEL[] = {1, -1, 0.001f, -0.001f};
    enum { COUNT = 64 };
    float floats[2 * COUNT];
    for (int i = 0; i < COUNT; i++) {
        floats[2 * i] = 3 + (float)(i * 37 % COUNT) / COUNT;
        floats[2 * i + 1] = 1000.0f * (float)(i * 11 % COUNT) / COUNT;
    }
    network *n = of_two_floats(VALUES, KERNEL);
    net_loss loss;
    int64_t last = -1;
    ck_assert(net_quantize(n, &(net_samples){.floats = floats, .count = COUNT}, &(net_progress){note_progress, &last},
                           &loss));
    const net_channels *c = &n->ops->output->channels;
    ck_assert_ptr_nonnull(c->ratio);
    ck_assert_double_eq_tol(c->ratio[0], 1.25 * 0.5 / 1000, 1e-5); /* with a quarter of room */
    ck_assert(c->ratio[1] == 1);
    ck_assert_double_eq_tol(c->middle[0], 3.5, 0.01);
    ck_assert(c->middle[1] == 0);
    ck_assert(loss.share < 0.0001);
    ck_assert_int_eq(last, 3 * COUNT - 1);
    ck_assert_int_eq(n->ops->entry->count, 2);
    ck_assert_int_eq(net_integer_bytes(n->ops), 2 * 8);
    ck_assert_double_eq_tol(net_channel_spread(n->ops->output), 984.4 / 3.98, 1);
}
END_TEST

/** A network of floats of 6 x 6 pixels and 4 channels, the first of which is far from 0. */
static network *of_channels(const char *layers)
{
    network *n = made(middle_text("reshape(6, 6, 4)", layers), &(net_options){.input = NET_FLOATS, .quantized = true});
    const net_samples samples = wide_samples(n);
    net_loss loss;
    ck_assert(net_quantize(n, &samples, NULL, &loss));
    n->ops->output->channels.middle = NULL;
    return n;
}

START_TEST(weights_take_the_scales_of_the_channels_that_they_multiply)
{
    static const char LAST[] = "flatten()\ndense(10, activation=softmax)";
    const network *n = of_channels(arena_printf(test_arena, "conv2d(6, 1, groups=2)\n%s", LAST));
    const net_op *op = n->ops->next;
    /* kernel [1, 1, 2, 6]: filters 0 to 2 see channels 0 and 1, the others 2 and 3 */
    for (int64_t i = 0; i < 12; i++)
        ck_assert_int_eq(net_input_channel(op, i), (i % 6 < 3 ? 0 : 2) + i / 6);
    op = of_channels(arena_printf(test_arena, "depthwise_conv2d(2, depth_multiplier=3)\n%s", LAST))->ops->next;
    for (int64_t i = 0; i < 48; i++)
        ck_assert_int_eq(net_input_channel(op, i), i % 12 / 3);
    ck_assert_int_eq(net_input_channel(op->next, 25), 2); /* a dense of 10 */
}
END_TEST

START_TEST(a_middle_needs_windows_inside_the_input)
{
    static const struct {
        const char *layers;
        bool scales, middle;
    } cases[] = {{"conv2d(3, 2)", true, true},
                 {"conv2d(3, 3, padding=same)", true, false},
                 {"conv2d(3, 2, strides=2, padding=same)", true, true}, /* 6 is a multiple of 2: nothing outside */
                 {"depthwise_conv2d(3, padding=same)", true, false},
                 {"maxpool2d(2)\nconv2d(3, 2)", true, false},
                 {"residual {\n conv2d(4, 1)\n}", false, false},
                 {"activation(tanh)", false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        network *n =
            of_channels(arena_printf(test_arena, "%s\nflatten()\ndense(10, activation=softmax)", cases[i].layers));
        ck_assert_msg(net_scale_channels(n, n->ops) == cases[i].scales, "%s", cases[i].layers);
        ck_assert_msg((n->ops->output->channels.middle != NULL) == cases[i].middle, "%s", cases[i].layers);
    }
}
END_TEST

START_TEST(what_is_lost_is_a_share_of_what_moves)
{
    static const float KERNEL[] = {1, -1, 1, -1};
    float floats[] = {1, 1, 1, 2, 100, 1, 2, 1};
    network *n = of_two_floats(VALUES, KERNEL);
    net_loss loss;
    ck_assert(net_quantize(n, &(net_samples){.floats = floats, .count = 4}, NULL, &loss));
    ck_assert(loss.share > 0 && loss.share < 0.01);
    /* outputs that do not move say nothing */
    for (int i = 0; i < 8; i++)
        floats[i] = 1;
    ck_assert(net_quantize(n, &(net_samples){.floats = floats, .count = 4}, NULL, &loss));
    ck_assert(loss.share == 0);
    /* classes: how many samples get another one */
    n = of_two_floats(middle_text("reshape(2)", "dense(2, activation=softmax)"), KERNEL);
    ck_assert(net_quantize(n, &(net_samples){.floats = floats, .count = 4}, NULL, &loss));
    ck_assert(loss.share == 0 && loss.same == 4 && loss.most_frequent == 4);
}
END_TEST

START_TEST(every_column_counts_as_much)
{
    /* the first column is a thousandth of the second: with one scale it would be lost, and not missed in a sum */
    static const float KERNEL[] = {1, 0, 0, 1};
    enum { COUNT = 64 };
    float floats[2 * COUNT];
    for (int i = 0; i < COUNT; i++) {
        floats[2 * i] = (float)(i * 37 % COUNT) / COUNT;
        floats[2 * i + 1] = 1000.0f * (float)(i * 11 % COUNT) / COUNT;
    }
    network *n = of_two_floats(VALUES, KERNEL);
    net_loss loss;
    ck_assert(net_quantize(n, &(net_samples){.floats = floats, .count = COUNT}, NULL, &loss));
    ck_assert_ptr_nonnull(n->ops->output->channels.ratio);
    ck_assert(loss.share < 0.0005 && loss.output >= 0);
}
END_TEST

START_TEST(ranges_of_almost_nothing_are_refused)
{
    static const float KERNEL[] = {1, -1, 1, -1}, TINY[] = {1e-44f, 0, 0, 1e-44f};
    network *n = of_two_floats(VALUES, KERNEL);
    net_loss loss;
    ck_assert(!net_quantize(n, &(net_samples){.floats = TINY, .count = 2}, NULL, &loss));
}
END_TEST

/** Why a network has no form in integers, or "". */
static const char *refusal(const char *steps, const char *layers, bool argmax_only)
{
    const char *why = "";
    const network *n = made(middle_text(steps, layers), &(net_options){NET_BYTES, argmax_only, true});
    return net_not_quantizable(n, &why) ? why : "";
}

START_TEST(what_has_no_form_in_integers_is_said)
{
    static const char STEPS[] = "scale(1/255)\nreshape(784)",
                      SUMS[] = "too many inputs for int8: their sum does not fit 32 bits";
    ck_assert_str_eq(refusal(STEPS, "dense(8, activation=softmax)\ndense(10, activation=softmax)", false), "");
    ck_assert_str_eq(
        refusal("normalize(-5, 30)\nreshape(784)", "dense(10, activation=softmax)", false),
        "int8 with byte inputs needs a zero point from 0 to 255 (see scale, normalize), or --input=float32");
    ck_assert_str_eq(
        refusal("scale(1/255)\nreshape(28, 28, 1)", "conv2d(43, 1)\nflatten()\ndense(10, activation=softmax)", false),
        SUMS);
    ck_assert_str_eq(
        refusal("scale(1/255)\nreshape(28, 28, 1)", "conv2d(42, 1)\nflatten()\ndense(10, activation=softmax)", false),
        "");
    ck_assert_str_eq(refusal("scale(1/255)\nreshape(28, 28, 1)",
                             "conv2d(42, 1)\nflatten()\nlayernorm()\ndense(10, activation=softmax)", false),
                     "too many inputs for int8: the sum of their squares does not fit 64 bits");
}
END_TEST

START_TEST(classes_need_an_activation_that_keeps_order)
{
    static const char WHY[] =
        "with int8 and --argmax-only, the last activation must not map different values to the same value";
    const char *why = "";
    static const char *const last[][2] = {
        {"relu", WHY}, {"gelu", WHY}, {"silu", WHY}, {"tanh", ""}, {"leaky_relu", ""}};
    for (size_t i = 0; i < sizeof last / sizeof *last; i++) {
        const char *text = test_description(NULL, "scale(1/255)\nreshape(784)\none_hot(10)",
                                            arena_printf(test_arena, "dense(10, activation=%s)", last[i][0]),
                                            "loss = mse\noptimizer = sgd\n");
        why = "";
        net_not_quantizable(made(text, &(net_options){NET_BYTES, true, true}), &why);
        ck_assert_str_eq(why ? why : "", last[i][1]);
        net_not_quantizable(made(text, &(net_options){NET_BYTES, false, true}), &why);
        ck_assert_ptr_null(why);
    }
}
END_TEST

START_TEST(prefixes_are_identifiers)
{
    ck_assert_str_eq(str_c_name(test_arena, "Digits-2", "model_"), "digits_2");
    ck_assert_str_eq(str_c_name(test_arena, "9", "model_"), "model_9");
    ck_assert_str_eq(str_c_name(test_arena, "", "model_"), "model_");
    ck_assert_str_eq(str_c_name(test_arena, "\xc3\xa9*/", "model_"), "model_____");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deploy");
    TCase *c = tcase_create("networks");
    tcase_add_checked_fixture(c, test_setup, test_teardown);
    tcase_set_timeout(c, 120);
    suite_add_tcase(suite, c);
    tcase_add_test(c, values_alive_together_do_not_overlap);
    tcase_add_test(c, sums_under_a_pooling_are_not_stored);
    tcase_add_test(c, values_are_made_before_they_are_read);
    tcase_add_test(c, the_same_network_is_written_twice_alike);
    tcase_add_test(c, layers_join_the_one_before);
    tcase_add_test(c, what_changes_the_result_does_not_join);
    tcase_add_test(c, a_norm_of_floats_joins_the_conversion_to_bytes);
    tcase_add_test(c, a_sigmoid_is_left_out_only_where_its_middle_is_asked_for);
    tcase_add_test(c, a_softmax_of_its_own_is_left_out);
    tcase_add_test(c, first_fit_takes_the_lowest_gap);
    tcase_add_test(c, scaling_rounds_halves_away_from_0);
    tcase_add_test(c, roots_are_rounded_down);
    tcase_add_test(c, every_operation_only_rounds);
    tcase_add_test(c, integers_are_written_twice_alike);
    tcase_add_test(c, a_class_is_found_without_floats);
    tcase_add_test(c, integers_are_near_the_floats);
    tcase_add_test(c, a_clip_is_the_end_of_a_range);
    tcase_add_test(c, values_are_joined_in_a_common_scale);
    tcase_add_test(c, what_no_form_describes_is_refused);
    tcase_add_test(c, channels_of_different_ranges_get_a_scale_each);
    tcase_add_test(c, weights_take_the_scales_of_the_channels_that_they_multiply);
    tcase_add_test(c, a_middle_needs_windows_inside_the_input);
    tcase_add_test(c, what_is_lost_is_a_share_of_what_moves);
    tcase_add_test(c, every_column_counts_as_much);
    tcase_add_test(c, ranges_of_almost_nothing_are_refused);
    tcase_add_test(c, what_has_no_form_in_integers_is_said);
    tcase_add_test(c, classes_need_an_activation_that_keeps_order);
    tcase_add_test(c, prefixes_are_identifiers);
    return test_run(suite);
}
