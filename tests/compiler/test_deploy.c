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
        str_printf(&s, "%s%s%s%s%s%s", op == n->ops ? "" : " ", ir_op_name(op->code), op->folded ? "+batchnorm" : "",
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

START_TEST(first_fit_takes_the_lowest_gap)
{
    const plan_interval placed[] = {{0, 10, 0, 1}, {10, 5, 0, 3}, {20, 10, 1, 2}};
    ck_assert_int_eq(plan_first_fit(placed, 3, 5, 1, 1), 15);
    ck_assert_int_eq(plan_first_fit(placed, 3, 6, 1, 1), 30);
    ck_assert_int_eq(plan_first_fit(placed, 3, 10, 2, 2), 0);
    ck_assert_int_eq(plan_first_fit(placed, 3, 11, 3, 3), 15);
    ck_assert_int_eq(plan_first_fit(placed, 0, 7, 0, 9), 0);
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

START_TEST(integers_are_near_the_floats)
{
    network *n = made(test_description(NULL, "scale(1/255)\nreshape(6, 6, 1)",
                                       "conv2d(4, 3, padding=same, activation=relu)\nmaxpool2d()\nflatten()\n"
                                       "dense(10, activation=softmax)",
                                       NULL),
                      &(net_options){.input = NET_BYTES, .quantized = true});
    const char *why = "";
    uint8_t bytes[8 * 36];
    uint32_t state = 1;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)((state = state * 1664525u + 1013904223u) >> 24);
    ck_assert_ptr_null(net_not_quantizable(n, &why));
    net_quantize(n, &(net_samples){bytes, 8});
    for (const net_op *op = n->ops; op; op = op->next)
        if (op->integers)
            ck_assert_msg(op->integers->error > 0 && op->integers->error < 0.02, "%s: %g", op->c_name,
                          op->integers->error);
    ck_assert_int_eq(net_weight_bytes(n), 9 * 4 + 36 * 10 + 14 * NET_OUTPUT_BYTES);
}
END_TEST

START_TEST(what_has_no_form_in_integers_is_said)
{
    static const char *const layers[][2] = {
        {"dense(8, activation=tanh)\ndense(10, activation=softmax)", "int8 has relu only, but for the last layer"},
        {"dense(8)\nlayernorm()\ndense(10, activation=softmax)", "int8 has dense, conv2d and maxpool2d only"},
        {"residual {\n dense(784)\n}\ndense(10, activation=softmax)", "int8 has no branches"}};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        const char *why = NULL;
        const network *n = made(middle_text("scale(1/255)\nreshape(784)", layers[i][0]),
                                &(net_options){.input = NET_BYTES, .quantized = true});
        ck_assert_ptr_nonnull(net_not_quantizable(n, &why));
        ck_assert_str_eq(why, layers[i][1]);
    }
}
END_TEST

START_TEST(prefixes_are_identifiers)
{
    ck_assert_str_eq(emit_inference_prefix(test_arena, "Digits-2"), "digits_2");
    ck_assert_str_eq(emit_inference_prefix(test_arena, "9"), "model_9");
    ck_assert_str_eq(emit_inference_prefix(test_arena, ""), "model_");
    ck_assert_str_eq(emit_inference_prefix(test_arena, "\xc3\xa9*/"), "model_____");
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
    tcase_add_test(c, values_are_made_before_they_are_read);
    tcase_add_test(c, the_same_network_is_written_twice_alike);
    tcase_add_test(c, layers_join_the_one_before);
    tcase_add_test(c, what_changes_the_result_does_not_join);
    tcase_add_test(c, a_sigmoid_is_left_out_only_where_its_middle_is_asked_for);
    tcase_add_test(c, first_fit_takes_the_lowest_gap);
    tcase_add_test(c, scaling_rounds_halves_away_from_0);
    tcase_add_test(c, integers_are_near_the_floats);
    tcase_add_test(c, what_has_no_form_in_integers_is_said);
    tcase_add_test(c, prefixes_are_identifiers);
    return test_run(suite);
}
