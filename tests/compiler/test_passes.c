/* Every pass, from the text of a description: what it leaves, and what it leaves alone. */
#include "middle.h"

#define PICTURE "reshape(28, 28, 1)"
#define END "flatten()\ndense(10, activation=softmax)"

static const char *parameter_shape(const ir_program *p, const char *op, const char *role)
{
    const ir_value *v = ir_parameter(middle_find(p, op), role);
    return v == NULL ? "none" : middle_shape(v->shape);
}

/** The shapes of the results of all operations, from the input to before the loss. */
static const char *shapes(const char *steps, const char *layers)
{
    const ir_program *p = middle_program(middle_text(steps, layers), IR_SHAPED);
    str s = str_new(test_arena);
    for (const ir_op *op = p->graph->first; op->code != IR_LOSS; op = op->next)
        str_printf(&s, "%s%s", op == p->graph->first ? "" : " ", middle_shape(op->output[0]->shape));
    return s.text;
}

/* --- shapes ------------------------------------------------------------------------------------------ */

START_TEST(shapes_of_known_networks)
{
    ck_assert_str_eq(shapes("reshape(784)", "dense(32, activation=relu)\ndense(10, activation=softmax)"),
                     "(784) (32) (32) (10) (10)");
    ck_assert_str_eq(shapes(PICTURE, "conv2d(32, (3, 3), activation=relu)\nmaxpool2d((2, 2))\n" END),
                     "(28, 28, 1) (26, 26, 32) (26, 26, 32) (13, 13, 32) (5408) (10) (10)");
    /* LeNet-5 with a padded first layer */
    ck_assert_str_eq(shapes(PICTURE, "conv2d(6, 5, padding=same)\navgpool2d()\nconv2d(16, 5)\navgpool2d()\n" END),
                     "(28, 28, 1) (28, 28, 6) (14, 14, 6) (10, 10, 16) (5, 5, 16) (400) (10) (10)");
    ck_assert_str_eq(shapes("reshape(784)", "reshape(28, 28)\nreshape(7, 7, 16)\ndropout(0.5)\nactivation(tanh)\n" END),
                     "(784) (28, 28) (7, 7, 16) (7, 7, 16) (7, 7, 16) (784) (10) (10)");
    ck_assert_str_eq(
        shapes("reshape(13, 7, 2)", "conv2d(5, (4, 2), strides=(3, 2))\nmaxpool2d((1, 3), padding=same)\n" END),
        "(13, 7, 2) (4, 3, 5) (4, 1, 5) (20) (10) (10)");
}
END_TEST

/** Output length of a sliding window and what is added in front, as the documentation of Keras and
 *  TensorFlow states it: valid ceil((n - k + 1) / s); same ceil(n / s), with max(k - s, 0) added in all when
 *  s divides n and max(k - n mod s, 0) when not, the smaller half in front. */
static int64_t keras_length(int64_t n, int64_t k, int64_t s, bool same, int64_t *front)
{
    const int64_t covered = same ? n : n - k + 1;
    int64_t added = n % s == 0 ? k - s : k - n % s;
    if (!same || added < 0)
        added = 0;
    *front = added / 2;
    return covered <= 0 ? 0 : covered / s + (covered % s != 0);
}

/** One window on an image of h x (h + 1), height and width with sizes of their own. */
static void check_window(const char *layer, int h, int k, int s, bool same)
{
    const int w = h + 1, kw = k == 1 ? 3 : k - 1, sw = s == 1 ? 2 : s - 1;
    int64_t top, left;
    const int64_t rows = keras_length(h, k, s, same, &top), columns = keras_length(w, kw, sw, same, &left);
    ir_program *p =
        middle_resolved(middle_text(arena_printf(test_arena, "reshape(%d, %d, 3)", h, w),
                                    arena_printf(test_arena, "%s%d, %d), strides=(%d, %d), padding=%s)\n" END, layer, k,
                                                 kw, s, sw, same ? "same" : "valid")));
    const bool fits = middle_pass(p, infer_shapes, IR_SHAPED);
    ck_assert_msg(fits == (rows > 0 && columns > 0), "%s%d, %d) over %d x %d", layer, k, kw, h, w);
    if (!fits)
        return;
    const ir_op *op = p->graph->input->next;
    ck_assert_str_eq(middle_shape(op->output[0]->shape),
                     arena_printf(test_arena, "(%lld, %lld, %d)", (long long)rows, (long long)columns,
                                  op->code == IR_CONV2D ? 7 : 3));
    ck_assert_int_eq(op->attr.pad.h, top);
    ck_assert_int_eq(op->attr.pad.w, left);
}

START_TEST(windows_slide_as_in_keras)
{
    static const char *const layers[] = {"conv2d(7, (", "maxpool2d((", "avgpool2d(("};
    for (int layer = 0; layer < 3; layer++)
        for (int h = 1; h <= 9; h++)
            for (int k = 1; k <= 5; k++)
                for (int s = 1; s <= 4; s++) {
                    check_window(layers[layer], h, k, s, false);
                    check_window(layers[layer], h, k, s, true);
                    test_teardown();
                    test_setup();
                }
}
END_TEST

START_TEST(pooling_strides_are_its_window_by_default)
{
    ck_assert_str_eq(shapes("reshape(7, 9, 1)", "maxpool2d((2, 3))\n" END), "(7, 9, 1) (3, 3, 1) (9) (10) (10)");
    ck_assert_str_eq(shapes("reshape(7, 9, 1)", "avgpool2d((2, 4), padding=same)\n" END),
                     "(7, 9, 1) (4, 3, 1) (12) (10) (10)");
}
END_TEST

START_TEST(parameters_have_shapes_and_fans)
{
    const ir_program *p = middle_program(
        middle_text("reshape(28, 28, 3)", "conv2d(16, (5, 3))\nflatten()\ndense(20, use_bias=false)\n" END), IR_SHAPED);
    ck_assert_str_eq(parameter_shape(p, "conv2d", "kernel"), "(5, 3, 3, 16)");
    ck_assert_str_eq(parameter_shape(p, "conv2d", "bias"), "(16)");
    /* 24 * 26 * 16 places */
    ck_assert_str_eq(parameter_shape(p, "dense", "kernel"), "(9984, 20)");
    ck_assert_str_eq(parameter_shape(p, "dense", "bias"), "none");
    ck_assert_str_eq(parameter_shape(p, "dense@dense_1", "kernel"), "(20, 10)");
    ck_assert_str_eq(parameter_shape(p, "dense@dense_1", "bias"), "(10)");
    const ir_value *conv = ir_parameter(middle_find(p, "conv2d"), "kernel");
    ck_assert_int_eq(conv->fan_in, 45);
    ck_assert_int_eq(conv->fan_out, 240);
    const ir_value *dense = ir_parameter(middle_find(p, "dense"), "kernel");
    ck_assert_int_eq(dense->fan_in, 9984);
    ck_assert_int_eq(dense->fan_out, 20);
}
END_TEST

START_TEST(dilated_windows_reach_further)
{
    /* 13 - (3 - 1) * 3 = 7 rows, 11 - (2 - 1) * 4 = 7 columns */
    ck_assert_str_eq(shapes("reshape(13, 11, 2)", "conv2d(5, (3, 2), dilation_rate=(3, 4))\n" END),
                     "(13, 11, 2) (7, 7, 5) (245) (10) (10)");
    const ir_program *p = middle_program(
        middle_text("reshape(13, 11, 2)", "conv2d(5, (3, 2), dilation=(3, 4), padding=same)\n" END), IR_SHAPED);
    const ir_op *conv = middle_find(p, "conv2d");
    ck_assert_str_eq(middle_shape(conv->output[0]->shape), "(13, 11, 5)");
    ck_assert_int_eq(conv->attr.pad.h, 3);
    ck_assert_int_eq(conv->attr.pad.w, 2);
}
END_TEST

START_TEST(groups_and_multipliers_shape_the_kernel)
{
    const ir_program *p = middle_program(
        middle_text("reshape(8, 8, 6)", "conv2d(9, (3, 2), groups=3)\n"
                                        "depthwise_conv2d((2, 3), depth_multiplier=4)\nglobal_avgpool2d()\n"
                                        "dense(10, activation=softmax)"),
        IR_SHAPED);
    ck_assert_str_eq(parameter_shape(p, "conv2d", "kernel"), "(3, 2, 2, 9)");
    ck_assert_str_eq(parameter_shape(p, "conv2d", "bias"), "(9)");
    ck_assert_str_eq(parameter_shape(p, "depthwise_conv2d", "kernel"), "(2, 3, 9, 4)");
    ck_assert_str_eq(parameter_shape(p, "depthwise_conv2d", "bias"), "(36)");
    ck_assert_str_eq(middle_shape(middle_find(p, "depthwise_conv2d")->output[0]->shape), "(5, 5, 36)");
    ck_assert_str_eq(middle_shape(middle_find(p, "global_avgpool2d")->output[0]->shape), "(36)");
    const ir_value *conv = ir_parameter(middle_find(p, "conv2d"), "kernel");
    ck_assert_int_eq(conv->fan_in, 12);
    ck_assert_int_eq(conv->fan_out, 54);
    const ir_value *depthwise = ir_parameter(middle_find(p, "depthwise_conv2d"), "kernel");
    ck_assert_int_eq(depthwise->fan_in, 54);
    ck_assert_int_eq(depthwise->fan_out, 24);
}
END_TEST

START_TEST(maxpool_keeps_which_was_the_largest)
{
    const ir_program *p = middle_program(middle_text(PICTURE, "maxpool2d()\navgpool2d()\n" END), IR_SHAPED);
    const ir_op *pool = middle_find(p, "maxpool2d");
    ck_assert_int_eq(pool->output_count, 2);
    ck_assert_int_eq(pool->output[1]->kind, IR_VALUE_INDEX);
    ck_assert_str_eq(middle_shape(pool->output[1]->shape), "(14, 14, 1)");
    ck_assert_int_eq(middle_find(p, "avgpool2d")->output_count, 1);
}
END_TEST

START_TEST(the_layer_table_has_a_row_a_layer)
{
    const ir_program *p =
        middle_program(middle_text(PICTURE, "conv2d(8, 3, activation=relu)\nmaxpool2d()\ndropout(0.1)\nflatten()\n"
                                            "activation(tanh)\nreshape(1352)\ndense(10, activation=softmax)"),
                       IR_SHAPED);
    str s = str_new(test_arena);
    for (const ir_layer *l = p->graph->layers; l != NULL; l = l->next)
        str_printf(&s, "%s %s %s %s %lld %d\n", l->name, l->type, ir_activation_name(l->activation),
                   middle_shape(l->shape), (long long)l->parameters, source_locate(l->at.source, l->at.begin).line);
    ck_assert_str_eq(s.text, "input input linear (28, 28, 1) 0 5\n"
                             "conv2d conv2d relu (26, 26, 8) 80 8\n"
                             "maxpool2d maxpool2d linear (13, 13, 8) 0 9\n"
                             "dropout dropout linear (13, 13, 8) 0 10\n"
                             "flatten flatten linear (1352) 0 11\n"
                             "activation activation tanh (1352) 0 12\n"
                             "reshape reshape linear (1352) 0 13\n"
                             "dense dense softmax (10) 13530 14\n");
}
END_TEST

START_TEST(shape_errors_stop_the_pass)
{
    static const char *const refused[][2] = {
        {"reshape(784)", "conv2d(3, 3)\n" END},
        {PICTURE, "dense(10, activation=softmax)"},
        {PICTURE, "reshape(3, 3)\n" END},
        {PICTURE, "maxpool2d(256, padding=same)\n" END},
        {"reshape(784)", "dense(1, activation=softmax)"},
        {"reshape(784)", "dense(257, activation=softmax)"},
        {"reshape(784)", "dense(10, activation=sigmoid)"},
        {"reshape(100000)", "dense(30000)\ndense(10, activation=softmax)"},
        {"reshape(40000, 40000, 1)", "conv2d(2, 1)\n" END},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        ir_program *p = middle_resolved(middle_text(refused[i][0], refused[i][1]));
        ck_assert_msg(!middle_pass(p, infer_shapes, IR_SHAPED), "accepted: %s", refused[i][1]);
        ck_assert_int_eq(test_diag->errors, 1);
    }
}
END_TEST

START_TEST(the_pipeline_reports_and_stops)
{
    const char *fault = "";
    ir_program *p = middle_resolved(middle_text(PICTURE, "dense(10, activation=softmax)"));
    ck_assert(!run_passes(&(ir_context){test_arena, test_diag, p}, &fault));
    ck_assert_ptr_null(fault);
    ck_assert_int_eq(p->graph->level, IR_RESOLVED);

    p = middle_resolved(middle_text(PICTURE, END));
    ck_assert(run_passes(&(ir_context){test_arena, test_diag, p}, &fault));
    ck_assert_ptr_null(fault);
    ck_assert_int_eq(p->graph->level, IR_FUSED);

    p = middle_resolved(middle_text(PICTURE, END));
    p->graph->first->output[0]->producer = NULL;
    ck_assert(!run_passes(&(ir_context){test_arena, test_diag, p}, &fault));
    ck_assert_str_eq(fault, "input.out is not linked to its producer in input");
}
END_TEST

/* --- simplify ---------------------------------------------------------------------------------------- */

static const char *simplified(const char *layers)
{
    return middle_ops(middle_program(middle_text(PICTURE, layers), IR_SIMPLIFIED)->graph->first);
}

START_TEST(maxpool_goes_before_a_monotone_activation)
{
    ck_assert_str_eq(simplified("conv2d(4, 3, activation=relu)\nmaxpool2d()\n" END),
                     "input conv2d maxpool2d relu@conv2d flatten dense softmax@dense loss");
    ck_assert_str_eq(simplified("conv2d(4, 3)\nactivation(tanh)\nmaxpool2d(3, strides=1, padding=same)\n" END),
                     "input conv2d maxpool2d tanh@activation flatten dense softmax@dense loss");
    ck_assert_str_eq(simplified("activation(sigmoid)\nmaxpool2d()\n" END),
                     "input maxpool2d sigmoid@activation flatten dense softmax@dense loss");
    /* through both poolings */
    ck_assert_str_eq(simplified("conv2d(4, 3, activation=relu)\nmaxpool2d()\nmaxpool2d()\n" END),
                     "input conv2d maxpool2d maxpool2d@maxpool2d_1 relu@conv2d flatten dense softmax@dense loss");
}
END_TEST

START_TEST(the_swapped_operations_are_linked)
{
    const ir_program *p =
        middle_program(middle_text(PICTURE, "conv2d(4, 3, activation=relu)\nmaxpool2d()\n" END), IR_SIMPLIFIED);
    const ir_op *conv = middle_find(p, "conv2d"), *pool = middle_find(p, "maxpool2d"),
                *relu = middle_find(p, "relu@conv2d"), *flatten = middle_find(p, "flatten");
    ck_assert_ptr_eq(pool->input[0], conv->output[0]);
    ck_assert_ptr_eq(relu->input[0], pool->output[0]);
    ck_assert_ptr_eq(flatten->input[0], relu->output[0]);
    ck_assert_str_eq(middle_shape(pool->output[0]->shape), "(13, 13, 4)");
    ck_assert_str_eq(middle_shape(relu->output[0]->shape), "(13, 13, 4)");
    ck_assert_ptr_eq(pool->output[1]->producer, pool);
}
END_TEST

START_TEST(maxpool_stays_where_results_would_change)
{
    /* softmax is not a function of one number */
    ck_assert_str_eq(simplified("conv2d(4, 3, activation=softmax)\nmaxpool2d()\n" END),
                     "input conv2d softmax@conv2d maxpool2d flatten dense softmax@dense loss");
    /* a mean is not a maximum */
    ck_assert_str_eq(simplified("conv2d(4, 3, activation=relu)\navgpool2d()\n" END),
                     "input conv2d relu@conv2d avgpool2d flatten dense softmax@dense loss");
    ck_assert_str_eq(simplified("conv2d(4, 3, activation=relu)\ndropout(0.5)\nmaxpool2d()\n" END),
                     "input conv2d relu@conv2d dropout maxpool2d flatten dense softmax@dense loss");
}
END_TEST

START_TEST(maxpool_stays_when_the_activation_is_used_twice)
{
    ir_program *p = middle_program(middle_text(PICTURE, "conv2d(4, 3, activation=relu)\nmaxpool2d()\n" END), IR_SHAPED);
    const char *before = middle_ops(p->graph->first);
    ir_add_input(middle_find(p, "loss"), middle_find(p, "relu@conv2d")->output[0]);
    ck_assert(middle_pass(p, simplify, IR_SIMPLIFIED));
    ck_assert_str_eq(middle_ops(p->graph->first), before);
}
END_TEST

/** The operations as they are in a list, with operands and shapes. */
static const char *written_text(const ir_program *p)
{
    str s = str_new(test_arena);
    for (const ir_op *op = p->graph->written; op != NULL; op = op->next) {
        str_printf(&s, "%s(%s) -> %s", middle_op(op), middle_values(op->input, op->input_count),
                   middle_values(op->output, op->output_count));
        for (int i = 0; i < op->output_count; i++)
            str_printf(&s, " %s", middle_shape(op->output[i]->shape));
        str_printf(&s, " %s %lld\n", ir_activation_name(op->attr.activation.kind), (long long)op->attr.window.h);
    }
    return s.text;
}

/** Only where each channel is a group, and not for a single channel. */
START_TEST(groups_of_one_channel_are_depthwise)
{
    const char *text = middle_text("reshape(14, 14, 4)", "conv2d(12, 3, groups=4)\nconv2d(8, 3, groups=4)\n"
                                                         "depthwise_conv2d(3)\nconv2d(1, 1)\nconv2d(4, 3)\n" END);
    const ir_program *p = middle_program(text, IR_SIMPLIFIED);
    ck_assert_str_eq(middle_ops(p->graph->first), "input depthwise_conv2d@conv2d conv2d@conv2d_1 depthwise_conv2d "
                                                  "conv2d@conv2d_2 conv2d@conv2d_3 flatten dense softmax@dense loss");
    ck_assert_int_eq(p->graph->first->next->attr.multiplier, 3);
    ck_assert_int_eq(p->graph->written->next->code, IR_CONV2D);
    ck_assert_str_eq(p->graph->layers->next->type, "conv2d");
    ck_assert_str_eq(middle_shape(ir_parameter(p->graph->first->next, "kernel")->shape), "(3, 3, 1, 12)");
}
END_TEST

START_TEST(what_was_written_stays)
{
    for (int i = 0; i < MIDDLE_SAMPLES; i++) {
        const char *shaped = written_text(middle_program(middle_sample(i), IR_SHAPED));
        ck_assert_str_eq(written_text(middle_program(middle_sample(i), IR_SIMPLIFIED)), shaped);
        ck_assert_str_eq(written_text(middle_program(middle_sample(i), IR_FUSED)), shaped);
    }
    const ir_program *p =
        middle_program(middle_text(PICTURE, "conv2d(4, 3, activation=relu)\nmaxpool2d()\n" END), IR_FUSED);
    ck_assert_str_eq(middle_ops(p->graph->written),
                     "input conv2d relu@conv2d maxpool2d flatten dense softmax@dense loss");
}
END_TEST

/* --- differentiate ----------------------------------------------------------------------------------- */

/** Only the backward operations. */
static const char *backward(const char *steps, const char *layers)
{
    const ir_op *op = middle_program(middle_text(steps, layers), IR_DIFFERENTIATED)->graph->first;
    while (op != NULL && op->direction == IR_FORWARD)
        op = op->next;
    return middle_ops(op);
}

START_TEST(backward_operations_run_in_reverse)
{
    ck_assert_str_eq(backward("reshape(784)", "dense(32, activation=relu)\ndense(10, activation=softmax)"),
                     "loss' softmax@dense_1' dense@dense_1' relu@dense' dense'");
    ck_assert_str_eq(backward(PICTURE, "conv2d(4, 3, activation=relu)\nmaxpool2d()\n" END),
                     "loss' softmax@dense' dense' flatten' relu@conv2d' maxpool2d' conv2d'");
    ck_assert_str_eq(backward(PICTURE, "conv2d(4, 3, activation=softmax)\navgpool2d()\ndropout(0.5)\n" END),
                     "loss' softmax@dense' dense' flatten' dropout' avgpool2d' softmax@conv2d' conv2d'");
}
END_TEST

START_TEST(nothing_is_differentiated_before_the_first_parameter)
{
    ck_assert_str_eq(backward(PICTURE, "maxpool2d()\nactivation(tanh)\n" END), "loss' softmax@dense' dense'");
    const ir_program *p =
        middle_program(middle_text(PICTURE, "maxpool2d()\nactivation(tanh)\n" END), IR_DIFFERENTIATED);
    ck_assert_ptr_null(p->graph->input->output[0]->gradient);
    ck_assert_ptr_null(middle_find(p, "tanh@activation")->output[0]->gradient);
    ck_assert_ptr_null(middle_find(p, "tanh@activation")->backward);
    ck_assert_ptr_null(middle_find(p, "flatten")->output[0]->gradient);
    const ir_op *dense = middle_find(p, "dense'");
    ck_assert_str_eq(middle_values(dense->output, dense->output_count), "dense.kernel.gradient dense.bias.gradient");
}
END_TEST

/** "reads -> writes" of an operation after differentiation of one network with everything in it. */
static const char *operands(const char *name)
{
    const ir_program *p = middle_program(
        middle_text(PICTURE,
                    "conv2d(4, 3)\nconv2d(4, 3, use_bias=false, activation=softmax)\nmaxpool2d()\navgpool2d()\n"
                    "dropout(0.5)\nactivation(tanh)\n" END),
        IR_DIFFERENTIATED);
    const ir_op *op = middle_find(p, name);
    ck_assert_ptr_eq(op->forward->backward, op);
    ck_assert_int_eq(op->forward->code, op->code);
    return arena_printf(test_arena, "%s -> %s", middle_values(op->input, op->input_count),
                        middle_values(op->output, op->output_count));
}

START_TEST(backward_operations_have_their_operands)
{
    ck_assert_str_eq(operands("loss'"), "dense.activation -> dense.activation.gradient");
    ck_assert_str_eq(operands("softmax@dense'"), "dense.activation.gradient dense.activation -> dense.out.gradient");
    ck_assert_str_eq(operands("dense'"), "dense.out.gradient flatten.out dense.kernel dense.bias -> "
                                         "flatten.out.gradient dense.kernel.gradient dense.bias.gradient");
    ck_assert_str_eq(operands("flatten'"), "flatten.out.gradient -> activation.activation.gradient");
    ck_assert_str_eq(operands("tanh@activation'"),
                     "activation.activation.gradient activation.activation -> dropout.out.gradient");
    ck_assert_str_eq(operands("dropout'"), "dropout.out.gradient -> avgpool2d.out.gradient");
    ck_assert_str_eq(operands("avgpool2d'"), "avgpool2d.out.gradient -> maxpool2d.out.gradient");
    ck_assert_str_eq(operands("maxpool2d'"), "maxpool2d.out.gradient maxpool2d.index -> conv2d_1.activation.gradient");
    ck_assert_str_eq(operands("conv2d@conv2d_1'"), "conv2d_1.out.gradient conv2d.out conv2d_1.kernel -> "
                                                   "conv2d.out.gradient conv2d_1.kernel.gradient");
    ck_assert_str_eq(operands("conv2d'"), "conv2d.out.gradient input.out conv2d.kernel conv2d.bias -> "
                                          "conv2d.kernel.gradient conv2d.bias.gradient");
}
END_TEST

START_TEST(gradients_of_all_readers_of_a_parameter_are_summed)
{
    ir_program *p = middle_program(
        middle_text("reshape(784)", "dense(10)\ndense(10, name=\"b\")\ndense(10, activation=softmax)"), IR_SIMPLIFIED);
    ir_op *first = middle_find(p, "dense@b"), *second = middle_find(p, "dense@dense_1");
    ir_value *kernel = ir_parameter(first, "kernel");
    for (int i = 0; i < second->input_count; i++)
        if (second->input[i] == ir_parameter(second, "kernel")) {
            ir_set_input(second, i, kernel);
            break;
        }
    ck_assert(middle_pass(p, differentiate, IR_DIFFERENTIATED));
    const ir_op *sum = kernel->gradient->producer;
    ck_assert_int_eq(sum->code, IR_ADD);
    ck_assert_int_eq(sum->input_count, 2);
    ck_assert_ptr_eq(sum->input[0]->producer, second->backward);
    ck_assert_ptr_eq(sum->input[1]->producer, first->backward);
    ck_assert_int_eq(sum->output[0]->kind, IR_VALUE_PARAMETER_GRADIENT);
    ck_assert_str_eq(kernel->gradient->name, "b.kernel.gradient");
}
END_TEST

START_TEST(gradients_have_the_shape_of_their_values)
{
    for (int i = 0; i < MIDDLE_SAMPLES; i++) {
        const ir_program *p = middle_program(middle_sample(i), IR_DIFFERENTIATED);
        int parameters = 0;
        for (const ir_value *v = p->graph->values; v != NULL; v = v->next) {
            parameters += v->kind == IR_VALUE_PARAMETER;
            if (v->gradient == NULL)
                continue;
            ck_assert(ir_same_shape(v->shape, v->gradient->shape));
            ck_assert_int_eq(v->gradient->kind,
                             v->kind == IR_VALUE_PARAMETER ? IR_VALUE_PARAMETER_GRADIENT : IR_VALUE_GRADIENT);
        }
        ck_assert_int_ge(parameters, 1);
    }
}
END_TEST

/* --- cost -------------------------------------------------------------------------------------------- */

/** "layer forward backward" a line. */
static const char *costs(const char *steps, const char *layers)
{
    const ir_program *p = middle_program(middle_text(steps, layers), IR_COSTED);
    str s = str_new(test_arena);
    for (const ir_layer *l = p->graph->layers; l != NULL; l = l->next)
        str_printf(&s, "%s %lld %lld\n", l->name, (long long)l->flops, (long long)l->backward_flops);
    return s.text;
}

START_TEST(flops_of_mlp)
{
    /* input   2 * 784 (times scale, plus shift)
     * dense   2 * 784 * 32 + 32 (bias) + 32 (relu); back: only the kernel's product, no input gradient
     * dense_1 2 * 32 * 64 + 64 + 64; back: two products
     * dense_2 2 * 64 * 10 + 10 + 4 * 10 (softmax); back: two products, softmax' 4 * 10 */
    ck_assert_str_eq(
        costs("reshape(784)", "dense(32, activation=relu)\ndense(64, activation=relu)\ndense(10, activation=softmax)"),
        "input 1568 0\n"
        "dense 50240 50240\n"
        "dense_1 4224 8320\n"
        "dense_2 1330 2610\n");
}
END_TEST

START_TEST(flops_of_wide)
{
    /* dense   2 * 784 * 512 = 802816, + 512 + 512
     * dense_1 2 * 512 * 10 = 10240, + 10 + 40; back 2 * 10240 + 10 + 40 */
    ck_assert_str_eq(costs("reshape(784)", "dense(512, activation=relu)\ndense(10, activation=softmax)"),
                     "input 1568 0\n"
                     "dense 803840 803840\n"
                     "dense_1 10290 20530\n");
}
END_TEST

START_TEST(flops_of_cnn)
{
    /* conv2d    2 * (3 * 3 * 1 * 32) * (26 * 26) = 389376, + 26 * 26 * 32 = 21632 (bias),
     *           + 13 * 13 * 32 = 5408 (relu, which stands behind the pooling)
     * maxpool2d 5408 windows of 4
     * dense     2 * 5408 * 100 = 1081600, + 100 + 100; back 2 * 1081600 + 100 + 100
     * dense_1   2 * 100 * 10 = 2000, + 10 + 40; back 2 * 2000 + 10 + 40 */
    ck_assert_str_eq(costs(PICTURE, "conv2d(32, (3, 3), activation=relu)\nmaxpool2d()\nflatten()\n"
                                    "dense(100, activation=relu)\ndense(10, activation=softmax)"),
                     "input 1568 0\n"
                     "conv2d 416416 416416\n"
                     "maxpool2d 21632 21632\n"
                     "flatten 0 0\n"
                     "dense 1081800 2163400\n"
                     "dense_1 2050 4050\n");
}
END_TEST

START_TEST(flops_of_the_other_layers)
{
    /* conv2d    2 * (2 * 2 * 3) * (3 * 3 places) without bias = 216, tanh 9
     * avgpool2d 2 * 2 places of windows of 3 * 3; dropout 2 * 4; a dropout of nothing and linear: no work
     * dense     2 * 4 * 2 + 2, softmax 4 * 2 */
    ck_assert_str_eq(costs("reshape(4, 4, 3)", "conv2d(1, 2, use_bias=false, activation=tanh)\n"
                                               "avgpool2d(3, strides=2, padding=same)\ndropout(0.5)\ndropout(0)\n"
                                               "activation(linear)\nflatten()\ndense(2, activation=softmax)"),
                     "input 96 0\n"
                     "conv2d 225 225\n"
                     "avgpool2d 36 36\n"
                     "dropout 8 8\n"
                     "dropout_1 0 0\n"
                     "activation 0 0\n"
                     "flatten 0 0\n"
                     "dense 26 42\n");
}
END_TEST

/* --- fuse -------------------------------------------------------------------------------------------- */

static const ir_program *fused_program(const char *steps, const char *layers)
{
    return middle_program(middle_text(steps, layers), IR_FUSED);
}

static const char *fused(const char *steps, const char *layers)
{
    return middle_ops(fused_program(steps, layers)->graph->first);
}

START_TEST(activations_join_the_product_before_them)
{
    const ir_program *p = fused_program("reshape(784)", "dense(32, activation=relu)\ndense(64)\nactivation(tanh)\n"
                                                        "dense(10, activation=softmax)");
    ck_assert_str_eq(middle_ops(p->graph->first),
                     "input dense dense@dense_1 dense@dense_2 softmax@dense_2 loss loss' dense@dense_2' dense@dense_1' "
                     "dense'");
    ck_assert_int_eq(middle_find(p, "dense")->attr.activation.kind, LANG_ACTIVATION_RELU);
    ck_assert_int_eq(middle_find(p, "dense@dense_1")->attr.activation.kind, LANG_ACTIVATION_TANH);
    ck_assert_int_eq(middle_find(p, "dense@dense_2")->attr.activation.kind, LANG_ACTIVATION_LINEAR);
    /* each derivative is taken by whoever makes the gradient */
    ck_assert_int_eq(middle_find(p, "dense@dense_2'")->attr.gradient_activation.kind, LANG_ACTIVATION_TANH);
    ck_assert_str_eq(middle_find(p, "dense@dense_2'")->attr.gradient_point->name, "activation.activation");
    ck_assert_int_eq(middle_find(p, "dense@dense_1'")->attr.gradient_activation.kind, LANG_ACTIVATION_RELU);
    ck_assert_str_eq(middle_find(p, "dense@dense_1'")->attr.gradient_point->name, "dense.activation");
    ck_assert_int_eq(middle_find(p, "dense'")->attr.gradient_activation.kind, LANG_ACTIVATION_LINEAR);
}
END_TEST

START_TEST(activations_join_convolutions)
{
    const ir_program *p =
        fused_program(PICTURE, "conv2d(4, 3, activation=sigmoid)\nconv2d(4, 3, activation=relu)\n" END);
    ck_assert_str_eq(middle_ops(p->graph->first), "input conv2d conv2d@conv2d_1 flatten dense softmax@dense loss "
                                                  "loss' dense' flatten' conv2d@conv2d_1' conv2d'");
    ck_assert_int_eq(middle_find(p, "conv2d")->attr.activation.kind, LANG_ACTIVATION_SIGMOID);
    ck_assert_int_eq(middle_find(p, "conv2d@conv2d_1'")->attr.gradient_activation.kind, LANG_ACTIVATION_SIGMOID);
    /* seen through the view: dense makes the gradient of the pictures */
    ck_assert_int_eq(middle_find(p, "dense'")->attr.gradient_activation.kind, LANG_ACTIVATION_RELU);
    ck_assert_str_eq(middle_find(p, "dense'")->attr.gradient_point->name, "conv2d_1.activation");
    const ir_op *view = middle_find(p, "flatten'");
    ck_assert_ptr_eq(view->output[0], middle_find(p, "conv2d@conv2d_1'")->input[0]);
}
END_TEST

START_TEST(what_a_derivative_needs_is_kept)
{
    const char *layers =
        "conv2d(4, 3)\nmaxpool2d()\nactivation(gelu)\ndepthwise_conv2d(2, activation=silu)\nflatten()\n"
        "dense(20, activation=gelu(approximate=true))\ndense(10, activation=softmax)";
    const ir_program *p = fused_program(PICTURE, layers);
    ck_assert_str_eq(middle_ops(p->graph->first),
                     "input conv2d depthwise_conv2d flatten dense dense@dense_1 softmax@dense_1 loss "
                     "loss' dense@dense_1' dense' flatten' depthwise_conv2d' conv2d'");
    /* the result, and what the function was applied to */
    const ir_op *dense = middle_find(p, "dense");
    ck_assert_str_eq(middle_values(dense->output, dense->output_count), "dense.activation dense.out");
    ck_assert_ptr_eq(ir_kept_input(dense), dense->output[1]);
    ck_assert_ptr_eq(middle_find(p, "dense@dense_1'")->attr.gradient_point, dense->output[1]);
    const ir_op *depthwise = middle_find(p, "depthwise_conv2d");
    ck_assert_str_eq(middle_values(depthwise->output, depthwise->output_count),
                     "depthwise_conv2d.activation depthwise_conv2d.out");
    ck_assert_ptr_eq(middle_find(p, "dense'")->attr.gradient_point, depthwise->output[1]);
    const ir_op *conv = middle_find(p, "conv2d");
    ck_assert_str_eq(middle_values(conv->output, conv->output_count),
                     "activation.activation maxpool2d.index maxpool2d.out");
    ck_assert_ptr_eq(middle_find(p, "depthwise_conv2d'")->attr.gradient_point, conv->output[2]);
    /* of a result that says all, nothing is kept */
    p = fused_program("reshape(784)", "dense(20, activation=elu)\ndense(20, activation=leaky_relu)\n"
                                      "dense(10, activation=softmax)");
    ck_assert_ptr_null(ir_kept_input(middle_find(p, "dense")));
    ck_assert_ptr_null(ir_kept_input(middle_find(p, "dense@dense_1")));
    ck_assert_str_eq(middle_find(p, "dense@dense_1'")->attr.gradient_point->name, "dense.activation");
}
END_TEST

START_TEST(a_penalty_stands_behind_the_loss)
{
    const ir_program *p = fused_program("reshape(784)", "dense(20, kernel_regularizer=l1_l2(0.1, 0.2))\n"
                                                        "dense(10, activation=softmax, bias_regularizer=l2)");
    ck_assert_str_eq(middle_ops(p->graph->first),
                     "input dense dense@dense_1 softmax@dense_1 loss penalty@loss loss' dense@dense_1' dense'");
    const ir_value *kernel = ir_parameter(middle_find(p, "dense"), "kernel");
    ck_assert_double_eq(kernel->regularizer.l1, 0.1);
    ck_assert_double_eq(kernel->regularizer.l2, 0.2);
    ck_assert(!ir_is_penalty(ir_parameter(middle_find(p, "dense"), "bias")->regularizer));
    ck_assert_double_eq(ir_parameter(middle_find(p, "dense@dense_1"), "bias")->regularizer.l2, 0.01);
    /* none where it would be 0, or of a bias that is not there */
    p = fused_program("reshape(784)", "dense(20, kernel_regularizer=l1(0), use_bias=false, bias_regularizer=l2)\n"
                                      "dense(10, activation=softmax, kernel_regularizer=none)");
    ck_assert_str_eq(middle_ops(p->graph->first),
                     "input dense dense@dense_1 softmax@dense_1 loss loss' dense@dense_1' dense'");
}
END_TEST

START_TEST(derivatives_join_whoever_makes_the_gradient)
{
    /* the maker, behind which activation */
    static const struct {
        const char *layers, *maker;
    } rows[] = {
        {"conv2d(4, 3, activation=relu)\navgpool2d()\n" END, "avgpool2d'"},
        {"conv2d(4, 3, activation=relu)\ndropout(0.5)\n" END, "dropout'"},
        {"conv2d(4, 3, activation=relu)\nactivation(softmax)\n" END, "softmax@activation'"},
        {"conv2d(4, 3)\nmaxpool2d()\nactivation(relu)\ndropout(0)\nactivation(linear)\nflatten()\n"
         "dense(10, activation=softmax)",
         "dense'"},
        {"conv2d(4, 3, activation=relu)\nconv2d(1, 3)\n" END, "conv2d@conv2d_1'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const ir_program *p = fused_program(PICTURE, rows[i].layers);
        ck_assert_int_eq(middle_find(p, rows[i].maker)->attr.gradient_activation.kind, LANG_ACTIVATION_RELU);
        for (const ir_op *op = p->graph->first; op != NULL; op = op->next)
            ck_assert(op->code != IR_ACTIVATION || op->attr.activation.kind != LANG_ACTIVATION_RELU);
    }
    /* the loss makes the gradient of the result */
    const ir_program *p = middle_program(
        test_description(NULL, NULL, "dense(1, activation=sigmoid)", "loss = mse\noptimizer = sgd"), IR_FUSED);
    ck_assert_str_eq(middle_ops(p->graph->first), "input dense loss loss' dense'");
    ck_assert_int_eq(middle_find(p, "loss'")->attr.gradient_activation.kind, LANG_ACTIVATION_SIGMOID);
    ck_assert(!middle_find(p, "loss")->attr.from_logits);
}
END_TEST

START_TEST(softmax_joins_the_crossentropy)
{
    const ir_program *p = fused_program("reshape(784)", "dense(10, activation=softmax)");
    const ir_op *loss = middle_find(p, "loss"), *back = middle_find(p, "loss'");
    ck_assert_str_eq(middle_ops(p->graph->first), "input dense softmax@dense loss loss' dense'");
    ck_assert(loss->attr.from_logits);
    ck_assert(back->attr.from_logits);
    ck_assert_str_eq(loss->input[0]->name, "dense.out");
    ck_assert_str_eq(middle_values(back->input, back->input_count), "dense.activation");
    ck_assert_str_eq(middle_values(back->output, back->output_count), "dense.out.gradient");
    ck_assert_str_eq(p->graph->output->name, "dense.activation");
}
END_TEST

START_TEST(softmax_stays_before_squares_and_in_the_middle)
{
    const ir_program *p =
        middle_program(test_description(NULL, "reshape(784)\none_hot(10)", "dense(10, activation=softmax)",
                                        "loss = mse\noptimizer = sgd"),
                       IR_FUSED);
    ck_assert_str_eq(middle_ops(p->graph->first), "input dense softmax@dense loss loss' softmax@dense' dense'");
    ck_assert(!middle_find(p, "loss'")->attr.from_logits);
    ck_assert_str_eq(fused("reshape(784)", "dense(20, activation=softmax)\ndense(10, activation=softmax)"),
                     "input dense softmax@dense dense@dense_1 softmax@dense_1 loss loss' dense@dense_1' softmax@dense' "
                     "dense'");
    /* twice: only the second one meets the loss */
    ck_assert_str_eq(fused("reshape(784)", "dense(10, activation=softmax)\nactivation(softmax)"),
                     "input dense softmax@dense softmax@activation loss loss' softmax@dense' dense'");
}
END_TEST

START_TEST(maxpool_joins_the_convolution)
{
    const ir_program *p = fused_program(PICTURE, "conv2d(4, 3, activation=relu)\nmaxpool2d()\n" END);
    ck_assert_str_eq(middle_ops(p->graph->first), "input conv2d flatten dense softmax@dense loss loss' dense' "
                                                  "flatten' conv2d'");
    const ir_op *conv = middle_find(p, "conv2d"), *back = middle_find(p, "conv2d'");
    ck_assert(conv->attr.fused_pool && back->attr.fused_pool);
    ck_assert_int_eq(conv->attr.pool->code, IR_MAXPOOL2D);
    ck_assert_ptr_eq(back->attr.pool, conv->attr.pool);
    ck_assert_int_eq(conv->attr.activation.kind, LANG_ACTIVATION_RELU);
    ck_assert_str_eq(middle_values(conv->output, conv->output_count), "maxpool2d.out maxpool2d.index");
    ck_assert_str_eq(middle_shape(conv->output[0]->shape), "(13, 13, 4)");
    ck_assert_str_eq(middle_values(back->input, back->input_count), "maxpool2d.before_activation.gradient input.out "
                                                                    "conv2d.kernel conv2d.bias maxpool2d.index");
}
END_TEST

START_TEST(only_what_stands_side_by_side_is_joined)
{
    /* a mean is no maximum, and only the first of two poolings joins */
    ck_assert_str_eq(fused(PICTURE, "conv2d(4, 3)\navgpool2d()\n" END),
                     "input conv2d avgpool2d flatten dense softmax@dense loss loss' dense' flatten' "
                     "avgpool2d' conv2d'");
    ck_assert_str_eq(fused(PICTURE, "conv2d(4, 3)\nmaxpool2d()\nmaxpool2d()\n" END),
                     "input conv2d maxpool2d@maxpool2d_1 flatten dense softmax@dense loss loss' dense' "
                     "flatten' maxpool2d@maxpool2d_1' conv2d'");
    /* a pooling without a product before it */
    ck_assert_str_eq(fused(PICTURE, "maxpool2d()\n" END),
                     "input maxpool2d flatten dense softmax@dense loss loss' dense'");
    /* dropout between product and activation */
    ck_assert_str_eq(fused("reshape(784)", "dense(32)\ndropout(0.5)\nactivation(relu)\ndense(10, activation=softmax)"),
                     "input dense dropout relu@activation dense@dense_1 softmax@dense_1 loss loss' dense@dense_1' "
                     "dropout' dense'");
}
END_TEST

START_TEST(only_the_first_of_two_activations_joins)
{
    const ir_program *p = fused_program("reshape(784)", "dense(32, activation=relu)\nactivation(tanh)\n"
                                                        "dense(10, activation=softmax)");
    ck_assert_str_eq(middle_ops(p->graph->first),
                     "input dense tanh@activation dense@dense_1 softmax@dense_1 loss loss' dense@dense_1' relu@dense' "
                     "dense'");
    ck_assert_int_eq(middle_find(p, "dense")->attr.activation.kind, LANG_ACTIVATION_RELU);
    ck_assert_int_eq(middle_find(p, "dense@dense_1'")->attr.gradient_activation.kind, LANG_ACTIVATION_TANH);
    const ir_op *relu = middle_find(p, "relu@dense'");
    ck_assert_str_eq(middle_values(relu->input, relu->input_count), "dense.activation.gradient dense.activation");
}
END_TEST

START_TEST(a_result_that_is_used_twice_is_not_joined)
{
    ir_program *p = middle_program(middle_text("reshape(784)", "dense(10, activation=relu)\n"
                                                               "dense(10, activation=softmax)"),
                                   IR_COSTED);
    /* somebody else wants to see what stands before relu */
    ir_add_input(middle_find(p, "loss"), middle_find(p, "dense")->output[0]);
    ck_assert(middle_pass(p, fuse, IR_FUSED));
    ck_assert_int_eq(middle_find(p, "dense")->attr.activation.kind, LANG_ACTIVATION_LINEAR);
    ck_assert_str_eq(middle_op(middle_find(p, "dense")->next), "relu@dense");

    /* before a pooling */
    p = middle_program(middle_text(PICTURE, "conv2d(4, 3)\nmaxpool2d()\n" END), IR_COSTED);
    ir_add_input(middle_find(p, "loss"), middle_find(p, "conv2d")->output[0]);
    ck_assert(middle_pass(p, fuse, IR_FUSED));
    ck_assert(!middle_find(p, "conv2d")->attr.fused_pool);
    ck_assert_str_eq(middle_op(middle_find(p, "conv2d")->next), "maxpool2d");

    /* before the loss */
    p = middle_program(middle_text("reshape(784)", "dense(10, activation=softmax)"), IR_COSTED);
    ir_add_input(middle_find(p, "loss"), middle_find(p, "softmax@dense")->output[0]);
    ck_assert(middle_pass(p, fuse, IR_FUSED));
    ck_assert(!middle_find(p, "loss")->attr.from_logits);
}
END_TEST

/* --- all of them ------------------------------------------------------------------------------------- */

START_TEST(the_verifier_holds_after_every_pass)
{
    for (int i = 0; i < MIDDLE_SAMPLES; i++) {
        const ir_program *p = middle_program(middle_sample(i), IR_FUSED);
        ck_assert_int_eq(p->graph->level, IR_FUSED);
        ck_assert_int_eq(test_diag->errors, 0);
    }
}
END_TEST

START_TEST(no_flops_are_lost_by_fusion)
{
    for (int i = 0; i < MIDDLE_SAMPLES; i++) {
        int64_t layers[2][2] = {{0}};
        for (int fusion = 0; fusion < 2; fusion++)
            for (const ir_layer *l = middle_program(middle_sample(i), fusion ? IR_FUSED : IR_COSTED)->graph->layers;
                 l != NULL; l = l->next) {
                layers[fusion][0] += l->flops;
                layers[fusion][1] += l->backward_flops;
            }
        ck_assert_int_eq(layers[0][0], layers[1][0]);
        ck_assert_int_eq(layers[0][1], layers[1][1]);
    }
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *c = tcase_create(name);
    tcase_add_checked_fixture(c, test_setup, test_teardown);
    suite_add_tcase(suite, c);
    return c;
}

int main(void)
{
    Suite *suite = suite_create("passes");
    TCase *c = add_case(suite, "shapes");
    tcase_add_test(c, shapes_of_known_networks);
    tcase_add_test(c, windows_slide_as_in_keras);
    tcase_add_test(c, pooling_strides_are_its_window_by_default);
    tcase_add_test(c, parameters_have_shapes_and_fans);
    tcase_add_test(c, dilated_windows_reach_further);
    tcase_add_test(c, groups_and_multipliers_shape_the_kernel);
    tcase_add_test(c, maxpool_keeps_which_was_the_largest);
    tcase_add_test(c, the_layer_table_has_a_row_a_layer);
    tcase_add_test(c, shape_errors_stop_the_pass);
    c = add_case(suite, "simplify");
    tcase_add_test(c, maxpool_goes_before_a_monotone_activation);
    tcase_add_test(c, the_swapped_operations_are_linked);
    tcase_add_test(c, maxpool_stays_where_results_would_change);
    tcase_add_test(c, maxpool_stays_when_the_activation_is_used_twice);
    tcase_add_test(c, groups_of_one_channel_are_depthwise);
    tcase_add_test(c, what_was_written_stays);
    c = add_case(suite, "differentiate");
    tcase_add_test(c, backward_operations_run_in_reverse);
    tcase_add_test(c, nothing_is_differentiated_before_the_first_parameter);
    tcase_add_test(c, backward_operations_have_their_operands);
    tcase_add_test(c, gradients_of_all_readers_of_a_parameter_are_summed);
    tcase_add_test(c, gradients_have_the_shape_of_their_values);
    c = add_case(suite, "cost");
    tcase_add_test(c, flops_of_mlp);
    tcase_add_test(c, flops_of_wide);
    tcase_add_test(c, flops_of_cnn);
    tcase_add_test(c, flops_of_the_other_layers);
    c = add_case(suite, "fuse");
    tcase_add_test(c, activations_join_the_product_before_them);
    tcase_add_test(c, activations_join_convolutions);
    tcase_add_test(c, what_a_derivative_needs_is_kept);
    tcase_add_test(c, a_penalty_stands_behind_the_loss);
    tcase_add_test(c, derivatives_join_whoever_makes_the_gradient);
    tcase_add_test(c, softmax_joins_the_crossentropy);
    tcase_add_test(c, softmax_stays_before_squares_and_in_the_middle);
    tcase_add_test(c, maxpool_joins_the_convolution);
    tcase_add_test(c, only_what_stands_side_by_side_is_joined);
    tcase_add_test(c, only_the_first_of_two_activations_joins);
    tcase_add_test(c, a_result_that_is_used_twice_is_not_joined);
    c = add_case(suite, "pipeline");
    tcase_add_test(c, the_pipeline_reports_and_stops);
    tcase_add_test(c, the_verifier_holds_after_every_pass);
    tcase_add_test(c, no_flops_are_lost_by_fusion);
    return test_run(suite);
}
