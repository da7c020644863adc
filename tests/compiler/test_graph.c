/* Graphs that are no chains, and operations that couple the rows of a batch: gradients of what several
 * operations read, fusion beside a residual, parts and memory of a batchnorm. */
#include "middle.h"

#define END "\ndense(10, activation=softmax)"

static ir_program *program(const char *layers, ir_level level)
{
    return middle_program(middle_text("reshape(6)", layers), level);
}

/** The backward operations from the loss on. */
static const char *backward_ops(const char *layers, ir_level level)
{
    const ir_op *op = program(layers, level)->graph->first;
    while (op->direction == IR_FORWARD)
        op = op->next;
    return middle_ops(op);
}

static const char *inputs(const ir_op *op)
{
    return middle_values(op->input, op->input_count);
}

static const char *outputs(const ir_op *op)
{
    return middle_values(op->output, op->output_count);
}

/* --- gradients of what several operations read ------------------------------------------------------- */

START_TEST(an_addition_shares_its_gradient)
{
    const ir_program *p = program("dense(6)\nresidual {\n dense(6)\n}" END, IR_DIFFERENTIATED);
    const ir_op *add = middle_find(p, "add"), *inside = middle_find(p, "dense@dense_1");
    ck_assert_ptr_null(add->backward);
    ck_assert_ptr_eq(inside->output[0]->gradient, add->output[0]->gradient);
    ck_assert_str_eq(inputs(middle_find(p, "dense@dense_1'")),
                     "add.out.gradient dense.out dense_1.kernel dense_1.bias");
    /* what came in was read twice: the addition's gradient and the inner layer's are added up, in that order */
    const ir_op *sum = middle_find(p, "add@dense'");
    ck_assert_str_eq(inputs(sum), "add.out.gradient dense.out.gradient_1");
    ck_assert_str_eq(outputs(sum), "dense.out.gradient");
    ck_assert_ptr_eq(sum->forward, middle_find(p, "dense"));
}
END_TEST

START_TEST(sums_stand_before_the_producers_backward_operation)
{
    ck_assert_str_eq(
        backward_ops("dense(6)\nresidual {\n dense(6)\n residual {\n  dense(6)\n }\n}" END, IR_DIFFERENTIATED),
        "loss' softmax@dense_3' dense@dense_3' dense@dense_2' add@dense_1' dense@dense_1' "
        "add@dense' dense'");
}
END_TEST

START_TEST(nothing_is_added_up_before_the_first_parameter)
{
    ck_assert_str_eq(backward_ops("residual {\n activation(tanh)\n}\nresidual {\n dense(6)\n}" END, IR_DIFFERENTIATED),
                     "loss' softmax@dense_1' dense@dense_1' dense'");
}
END_TEST

START_TEST(many_terms_are_added_up_in_several_operations)
{
    const char *layers = "dense(6)\nresidual {\n residual {\n  residual {\n   residual {\n    residual {\n"
                         "     dense(6)\n}\n}\n}\n}\n}" END;
    const ir_program *p = program(layers, IR_FUSED);
    int sums = 0, terms = 0;
    for (const ir_op *op = p->graph->first; op != NULL; op = op->next)
        if (op->code == IR_ADD && op->direction == IR_BACKWARD) {
            sums++;
            terms += op->input_count;
        }
    ck_assert_int_eq(sums, 2);
    ck_assert_int_eq(terms, 6 + 1); /* five additions, the inner layer, and the first sum */
}
END_TEST

START_TEST(forty_residuals_take_no_time)
{
    /* every value is read twice: following all ways would take 2^40 steps */
    const ir_program *p = program("repeat(40) {\n residual {\n  activation(tanh)\n }\n}" END, IR_FUSED);
    ck_assert_str_eq(middle_ops(middle_find(p, "dense'")), "dense'");
}
END_TEST

/* --- fusion ------------------------------------------------------------------------------------------ */

START_TEST(activations_join_sums_and_normalisations)
{
    const ir_program *p =
        program("dense(6)\nresidual {\n dense(6)\n}\nactivation(tanh)\nbatchnorm()\nactivation(relu)\n"
                "layernorm()\nactivation(sigmoid)" END,
                IR_FUSED);
    ck_assert_int_eq(middle_find(p, "add")->attr.activation.kind, LANG_ACTIVATION_TANH);
    ck_assert_int_eq(middle_find(p, "batchnorm")->attr.activation.kind, LANG_ACTIVATION_RELU);
    ck_assert_int_eq(middle_find(p, "layernorm")->attr.activation.kind, LANG_ACTIVATION_SIGMOID);
}
END_TEST

START_TEST(a_derivative_joins_the_sum)
{
    const ir_program *p = program("dense(6, activation=relu)\nresidual {\n dense(6)\n}" END, IR_FUSED);
    const ir_op *sum = middle_find(p, "add@dense'");
    ck_assert_int_eq(sum->attr.gradient_activation.kind, LANG_ACTIVATION_RELU);
    ck_assert_str_eq(sum->attr.gradient_point->name, "dense.activation");
    ck_assert_str_eq(outputs(sum), "dense.out.gradient");
}
END_TEST

START_TEST(a_gradient_that_others_read_is_not_overwritten)
{
    /* the derivative of the inner tanh may not go to who makes the gradient that the outer one needs too */
    ck_assert_str_eq(backward_ops("dense(6)\nresidual {\n dense(6, activation=tanh)\n}" END, IR_FUSED),
                     "loss' dense@dense_2' tanh@dense_1' dense@dense_1' add@dense' dense'");
    /* likewise behind a reshape */
    ck_assert_str_eq(
        backward_ops("dense(6)\nresidual {\n dense(6, activation=tanh)\n reshape(2, 3)\n reshape(6)\n}" END, IR_FUSED),
        "loss' dense@dense_2' reshape@reshape_1' reshape' tanh@dense_1' dense@dense_1' add@dense' "
        "dense'");
}
END_TEST

START_TEST(maxpool_stays_behind_a_batchnorm)
{
    const char *layers = "conv2d(4, 3)\nbatchnorm()\nactivation(relu)\nmaxpool2d()\nflatten()" END;
    const ir_program *p = middle_program(middle_text("reshape(12, 12, 1)", layers), IR_FUSED);
    ck_assert(!middle_find(p, "conv2d")->attr.fused_pool);
    const ir_op *norm = middle_find(p, "batchnorm");
    ck_assert_ptr_eq(norm->next, middle_find(p, "maxpool2d"));
    ck_assert_int_eq(norm->next->next->code, IR_ACTIVATION);
}
END_TEST

/* --- batchnorm --------------------------------------------------------------------------------------- */

START_TEST(a_batchnorm_has_parameters_state_and_statistics)
{
    const ir_program *p = program("dense(4)\nbatchnorm()" END, IR_DIFFERENTIATED);
    const ir_op *norm = middle_find(p, "batchnorm");
    ck_assert_str_eq(inputs(norm), "dense.out batchnorm.gamma batchnorm.beta batchnorm.moving_mean "
                                   "batchnorm.moving_variance");
    ck_assert_str_eq(outputs(norm), "batchnorm.out batchnorm.mean batchnorm.variance batchnorm.inverse");
    ck_assert_int_eq(norm->input[3]->kind, IR_VALUE_STATE);
    ck_assert_ptr_null(norm->input[3]->gradient);
    ck_assert_int_eq(norm->input[4]->initializer.kind, LANG_INITIALIZER_ONES);
    ck_assert_str_eq(outputs(norm->backward), "dense.out.gradient batchnorm.gamma.gradient batchnorm.beta.gradient");
    int64_t parameters = 0;
    for (const ir_layer *l = p->graph->layers; l != NULL; l = l->next)
        if (strcmp(l->name, "batchnorm") == 0)
            parameters = l->parameters;
    ck_assert_int_eq(parameters, 16);
}
END_TEST

START_TEST(sums_without_a_parameter_have_memory_of_their_own)
{
    const ir_program *p = program("dense(4)\nbatchnorm(center=false, scale=false)" END, IR_DIFFERENTIATED);
    ck_assert_str_eq(outputs(middle_find(p, "batchnorm'")),
                     "dense.out.gradient batchnorm.gamma_sum batchnorm.beta_sum");
    /* in front of all parameters no gradient of the input is made, and nothing is needed for it */
    p = program("batchnorm(center=false)" END, IR_DIFFERENTIATED);
    ck_assert_str_eq(outputs(middle_find(p, "batchnorm'")), "batchnorm.gamma.gradient");
}
END_TEST

static const plan_step *step(const plan *p, const char *name)
{
    const plan_step *s = p->steps;
    while (s != NULL && strcmp(s->c_name, name) != 0)
        s = s->next;
    ck_assert_msg(s != NULL, "no step %s", name);
    return s;
}

static const plan_buffer *buffer(const plan *p, const char *name)
{
    const plan_buffer *b = p->buffers;
    while (b != NULL && strcmp(b->c_name, name) != 0)
        b = b->next;
    ck_assert_msg(b != NULL, "no buffer %s", name);
    return b;
}

START_TEST(sums_over_the_batch_are_parts_with_barriers)
{
    const plan *p = middle_plan(test_description(NULL, "reshape(6)", "dense(4)\nbatchnorm()" END,
                                                 "loss = sparse_categorical_crossentropy\noptimizer = adam\n"
                                                 "batch_size = 128"));
    static const char *const names[] = {"batchnorm_forward_sums",  "batchnorm_forward_totals",  "batchnorm_forward",
                                        "batchnorm_backward_sums", "batchnorm_backward_totals", "batchnorm_backward"};
    for (int i = 0; i < 6; i++) {
        const plan_step *s = step(p, names[i]);
        ck_assert_int_eq(s->cut, i % 3 == 1 ? PLAN_WHOLE : PLAN_ROWS);
        ck_assert_int_eq(s->barrier, i % 3 != 0);
        ck_assert_int_eq(s->partial_size, i % 3 == 2 ? 0 : 8);
        if (i % 3 == 1)
            ck_assert_ptr_eq(s->partials, step(p, names[i - 1])->partials);
    }
    ck_assert_int_eq(buffer(p, "batchnorm_forward_partials")->elements, 4 * 8);
    for (const plan_step *s = p->steps; s != NULL; s = s->next)
        ck_assert_str_ne(s->c_name, "batchnorm_gradients");
}
END_TEST

START_TEST(state_lies_behind_the_parameters)
{
    const plan *p = middle_plan(middle_text("reshape(6)", "dense(4)\nbatchnorm()" END));
    ck_assert_int_eq(p->param_count, 6 * 4 + 4 + 8 + 40 + 10);
    ck_assert_int_eq(p->state_count, 8);
    ck_assert_int_eq(buffer(p, "batchnorm_moving_mean")->offset, p->param_count);
    ck_assert_int_eq(buffer(p, "batchnorm_moving_variance")->offset, p->param_count + 4);
}
END_TEST

START_TEST(statistics_stay_until_the_state_has_followed)
{
    const plan *p = middle_plan(middle_text("reshape(6)", "batchnorm()\ndense(300)\ndense(300)" END));
    int last = 0;
    for (const plan_step *s = p->steps; s != NULL; s = s->next)
        last = s->stretch;
    ck_assert_int_gt(last, buffer(p, "batchnorm_forward_partials")->last);
    ck_assert_int_eq(buffer(p, "batchnorm_mean")->last, last);
    ck_assert_int_eq(buffer(p, "batchnorm_variance")->last, last);
}
END_TEST

START_TEST(layernorm_leaves_partial_sums)
{
    const plan *p = middle_plan(middle_text("reshape(6)", "dense(4)\nlayernorm(center=false)" END));
    ck_assert_int_eq(step(p, "layernorm_backward")->partial_size, 4);
    ck_assert_ptr_eq(step(p, "layernorm_gradients")->partials, step(p, "layernorm_backward")->partials);
    ck_assert_int_eq(step(p, "layernorm_gradients")->cut, PLAN_WHOLE);
    ck_assert_int_eq(p->state_count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("graph");
    TCase *c = tcase_create("gradients");
    tcase_add_checked_fixture(c, test_setup, test_teardown);
    tcase_add_test(c, an_addition_shares_its_gradient);
    tcase_add_test(c, sums_stand_before_the_producers_backward_operation);
    tcase_add_test(c, nothing_is_added_up_before_the_first_parameter);
    tcase_add_test(c, many_terms_are_added_up_in_several_operations);
    tcase_add_test(c, forty_residuals_take_no_time);
    suite_add_tcase(suite, c);
    c = tcase_create("fusion");
    tcase_add_checked_fixture(c, test_setup, test_teardown);
    tcase_add_test(c, activations_join_sums_and_normalisations);
    tcase_add_test(c, a_derivative_joins_the_sum);
    tcase_add_test(c, a_gradient_that_others_read_is_not_overwritten);
    tcase_add_test(c, maxpool_stays_behind_a_batchnorm);
    suite_add_tcase(suite, c);
    c = tcase_create("normalisation");
    tcase_add_checked_fixture(c, test_setup, test_teardown);
    tcase_add_test(c, a_batchnorm_has_parameters_state_and_statistics);
    tcase_add_test(c, sums_without_a_parameter_have_memory_of_their_own);
    tcase_add_test(c, sums_over_the_batch_are_parts_with_barriers);
    tcase_add_test(c, state_lies_behind_the_parameters);
    tcase_add_test(c, statistics_stay_until_the_state_has_followed);
    tcase_add_test(c, layernorm_leaves_partial_sums);
    suite_add_tcase(suite, c);
    return test_run(suite);
}
