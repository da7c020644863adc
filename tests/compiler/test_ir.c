/* The graph: building, asking, and the verifier against graphs that are broken by hand. */
#include "middle.h"

static const span nowhere = {0};

/** input -> dense -> loss, as sema leaves it. */
static ir_graph *small_graph(void)
{
    ir_graph *g = ir_graph_new(test_arena);
    g->input = ir_append(g, IR_INPUT, "input", nowhere, NULL);
    ir_op *dense = ir_append(g, IR_DENSE, "dense", nowhere, g->input->output[0]);
    g->output = dense->output[0];
    ir_append(g, IR_LOSS, "loss", nowhere, dense->output[0]);
    return g;
}

START_TEST(operations_are_appended_in_order)
{
    ir_graph *g = small_graph();
    ck_assert_str_eq(middle_ops(g->first), "input dense loss");
    ck_assert_ptr_eq(g->first, g->input);
    ck_assert_int_eq(g->last->code, IR_LOSS);
    ck_assert_ptr_null(g->last->next);
    ck_assert_int_eq(g->level, IR_RESOLVED);
    const ir_op *dense = g->first->next;
    ck_assert_int_eq(dense->input_count, 1);
    ck_assert_ptr_eq(dense->input[0], g->first->output[0]);
    ck_assert_ptr_eq(dense->output[0]->producer, dense);
    ck_assert_str_eq(dense->output[0]->name, "dense.out");
    ck_assert_int_eq(dense->output[0]->kind, IR_VALUE_ACTIVATION);
    ck_assert_int_eq(g->input->input_count, 0);
}
END_TEST

START_TEST(values_are_numbered_and_linked)
{
    ir_graph *g = small_graph();
    ir_value *kernel = ir_value_new(g, IR_VALUE_PARAMETER, (ir_shape){2, {3, 4}}, "dense", "kernel");
    ck_assert_str_eq(kernel->name, "dense.kernel");
    ck_assert_ptr_null(kernel->producer);
    ck_assert_int_eq(g->value_count, 4);
    int id = 0;
    const ir_value *last = NULL;
    for (const ir_value *v = g->values; v != NULL; last = v, v = v->next)
        ck_assert_int_eq(v->id, id++);
    ck_assert_int_eq(id, 4);
    ck_assert_ptr_eq(last, kernel);
    ck_assert_ptr_eq(g->last_value, kernel);
}
END_TEST

START_TEST(an_activation_names_its_result)
{
    ir_graph *g = small_graph();
    const ir_op *f = ir_append(g, IR_ACTIVATION, "dense", nowhere, g->output);
    ck_assert_str_eq(f->output[0]->name, "dense.activation");
}
END_TEST

START_TEST(an_operation_takes_any_number_of_operands)
{
    ir_graph *g = small_graph();
    ir_op *loss = g->last;
    for (int i = 1; i < 100; i++)
        ir_add_input(loss, ir_value_new(g, IR_VALUE_ACTIVATION, g->output->shape, "input", "out"));
    const ir_op *copy = ir_copy(loss);
    ir_add_input(loss, g->output);
    ck_assert_int_eq(loss->input_count, 101);
    ck_assert_int_eq(copy->input_count, 100);
    ck_assert_ptr_eq(loss->input[100], g->output);
    for (int i = 0; i < 100; i++)
        ck_assert_ptr_eq(copy->input[i], loss->input[i]);
    ir_set_input(loss, 0, g->input->output[0]);
    ck_assert_ptr_eq(copy->input[0], g->output);
}
END_TEST

/** Remove the nth of four operations. */
static const char *without(int nth)
{
    ir_graph *g = small_graph();
    ir_append(g, IR_DROPOUT, "dropout", nowhere, g->output);
    ir_op *op = g->first;
    for (int i = 0; i < nth; i++)
        op = op->next;
    const int values = g->value_count;
    ir_remove(g, op);
    ck_assert_ptr_null(op->next);
    ck_assert_int_eq(g->value_count, values);
    /* appending still finds the end */
    ir_append(g, IR_RESHAPE, "flatten", nowhere, g->output);
    return middle_ops(g->first);
}

START_TEST(operations_are_removed_anywhere)
{
    ck_assert_str_eq(without(0), "dense loss dropout reshape@flatten");
    ck_assert_str_eq(without(1), "input loss dropout reshape@flatten");
    ck_assert_str_eq(without(2), "input dense dropout reshape@flatten");
    ck_assert_str_eq(without(3), "input dense loss reshape@flatten");
}
END_TEST

START_TEST(the_only_operation_is_removed)
{
    ir_graph *g = ir_graph_new(test_arena);
    ir_remove(g, ir_append(g, IR_INPUT, "input", nowhere, NULL));
    ck_assert_ptr_null(g->first);
    ck_assert_ptr_null(g->last);
    ir_append(g, IR_INPUT, "again", nowhere, NULL);
    ck_assert_str_eq(middle_ops(g->first), "input@again");
}
END_TEST

START_TEST(consumers_are_counted_by_direction)
{
    ir_graph *g = small_graph();
    ir_value *x = g->input->output[0];
    ck_assert_int_eq(ir_consumers(x, IR_FORWARD), 1);
    ck_assert_int_eq(ir_consumers(x, IR_BACKWARD), 0);
    ck_assert_int_eq(ir_consumers(g->last->output[0], IR_FORWARD), 0);
    ir_add_input(g->last, x);
    ck_assert_int_eq(ir_consumers(x, IR_FORWARD), 2);
    ir_add_input(ir_append_bare(g, IR_DENSE, IR_BACKWARD, "dense", nowhere), x);
    ck_assert_int_eq(ir_consumers(x, IR_FORWARD), 2);
    ck_assert_int_eq(ir_consumers(x, IR_BACKWARD), 1);
    ir_value *other = ir_value_new(g, IR_VALUE_ACTIVATION, x->shape, "other", "out");
    ir_set_input(g->first->next, 0, other);
    ck_assert_int_eq(ir_consumers(x, IR_FORWARD), 1);
    ck_assert_int_eq(ir_consumers(other, IR_FORWARD), 1);
    ir_remove(g, g->last);
    ck_assert_int_eq(ir_consumers(x, IR_BACKWARD), 0);
}
END_TEST

START_TEST(parameters_are_found_by_role)
{
    ir_graph *g = small_graph();
    ir_op *dense = g->first->next;
    ck_assert_ptr_null(ir_parameter(dense, "kernel"));
    ir_value *kernel = ir_value_new(g, IR_VALUE_PARAMETER, (ir_shape){1, {2}}, "a.bias.b", "kernel");
    ir_value *bias = ir_value_new(g, IR_VALUE_PARAMETER, (ir_shape){1, {2}}, "a.bias.b", "bias");
    ir_add_input(dense, kernel);
    ir_add_input(dense, bias);
    ck_assert_ptr_eq(ir_parameter(dense, "kernel"), kernel);
    ck_assert_ptr_eq(ir_parameter(dense, "bias"), bias);
    /* its input is called "input.out", but it is no parameter */
    ck_assert_ptr_null(ir_parameter(dense, "out"));
    ck_assert_ptr_null(ir_parameter(dense, "kern"));
    ck_assert_ptr_eq(ir_input_of_kind(dense, IR_VALUE_PARAMETER, 1), bias);
    ck_assert_ptr_null(ir_input_of_kind(dense, IR_VALUE_PARAMETER, 2));
    ck_assert_ptr_null(ir_output_of_kind(dense, IR_VALUE_PARAMETER, 0));
    ck_assert_ptr_eq(ir_output_of_kind(dense, IR_VALUE_ACTIVATION, 0), g->output);
}
END_TEST

START_TEST(shapes_are_counted_compared_and_written)
{
    const ir_shape single = {0}, row = {1, {10}}, image = {3, {28, 14, 3}}, other = {3, {28, 14, 4}};
    ck_assert_int_eq(ir_elements(single), 1);
    ck_assert_int_eq(ir_elements(row), 10);
    ck_assert_int_eq(ir_elements(image), 1176);
    ck_assert_int_eq(ir_elements((ir_shape){2, {65536, 65536}}), 4294967296);
    ck_assert(ir_same_shape(image, image));
    ck_assert(!ir_same_shape(image, other));
    ck_assert(!ir_same_shape(row, single));
    /* what lies behind the rank does not count */
    ck_assert(ir_same_shape((ir_shape){1, {5, 7}}, (ir_shape){1, {5, 9}}));
    ck_assert_str_eq(middle_shape(single), "()");
    ck_assert_str_eq(middle_shape(row), "(10)");
    ck_assert_str_eq(middle_shape(image), "(28, 14, 3)");
}
END_TEST

START_TEST(views_do_no_work)
{
    ir_op op = {.code = IR_RESHAPE};
    ck_assert(ir_is_view(&op));
    op.code = IR_FLATTEN;
    ck_assert(ir_is_view(&op));
    op = (ir_op){.code = IR_ACTIVATION, .attr.activation.kind = LANG_ACTIVATION_LINEAR};
    ck_assert(ir_is_view(&op));
    op.attr.activation.kind = LANG_ACTIVATION_RELU;
    ck_assert(!ir_is_view(&op));
    op = (ir_op){.code = IR_DROPOUT, .attr.rate = 0};
    ck_assert(ir_is_view(&op));
    op.attr.rate = 1e-9;
    ck_assert(!ir_is_view(&op));
    for (int code = 0; code < IR_OPCODE_COUNT; code++)
        if (code != IR_RESHAPE && code != IR_FLATTEN && code != IR_ACTIVATION && code != IR_DROPOUT)
            ck_assert(!ir_is_view(&(ir_op){.code = (ir_opcode)code}));
}
END_TEST

/* --- the verifier: a sound graph, one thing broken, the fault that is found --------------------------- */

/** mnist through dense and softmax, with everything that the passes up to a level make. */
static ir_program *sound(ir_level level)
{
    const char *layers = "conv2d(4, 3)\nmaxpool2d()\nflatten()\ndense(10, activation=softmax)";
    ir_program *p = middle_program(middle_text("reshape(28, 28, 1)", layers), level);
    ck_assert_ptr_null(ir_verify(p->graph));
    return p;
}

static void finds(const ir_program *p, const char *fault)
{
    const char *found = ir_verify(p->graph);
    ck_assert_msg(found != NULL, "not found: %s", fault);
    ck_assert_str_eq(found, fault);
}

START_TEST(verify_wants_input_and_output)
{
    ir_program *p = sound(IR_SHAPED);
    ir_value *output = p->graph->output;
    p->graph->output = NULL;
    finds(p, "the graph has no input or no output");
    p->graph->output = output;
    p->graph->input = NULL;
    finds(p, "the graph has no input or no output");
    const ir_program empty = {.graph = ir_graph_new(test_arena)};
    finds(&empty, "the graph has no input or no output");
}
END_TEST

START_TEST(verify_wants_values_made_before_they_are_read)
{
    ir_program *p = sound(IR_SHAPED);
    ir_op *conv = middle_find(p, "conv2d"), *dense = middle_find(p, "dense");
    conv->input[0] = dense->output[0];
    finds(p, "conv2d of conv2d reads dense.out before it is made");

    /* its own result */
    p = sound(IR_SHAPED);
    dense = middle_find(p, "dense");
    dense->input[0] = dense->output[0];
    finds(p, "dense of dense reads dense.out before it is made");

    /* a value that no operation of the graph makes */
    p = sound(IR_SHAPED);
    ir_remove(p->graph, middle_find(p, "maxpool2d"));
    finds(p, "flatten of flatten reads maxpool2d.out before it is made");
}
END_TEST

START_TEST(verify_wants_readers_counted)
{
    ir_program *p = sound(IR_SHAPED);
    middle_find(p, "dense")->output[0]->readers[IR_FORWARD]++;
    finds(p, "dense.out has 1 readers and counts 2");
}
END_TEST

START_TEST(verify_wants_parameters_without_a_producer)
{
    ir_program *p = sound(IR_SHAPED);
    ir_op *dense = middle_find(p, "dense");
    ir_parameter(dense, "kernel")->producer = dense;
    finds(p, "dense of dense reads dense.kernel before it is made");
}
END_TEST

START_TEST(verify_wants_producers)
{
    ir_program *p = sound(IR_SHAPED);
    middle_find(p, "maxpool2d")->output[1]->producer = middle_find(p, "conv2d");
    finds(p, "maxpool2d.index is not linked to its producer in maxpool2d");

    p = sound(IR_SIMPLIFIED);
    middle_find(p, "dense")->output[0]->producer = NULL;
    finds(p, "dense.out is not linked to its producer in dense");
}
END_TEST

START_TEST(verify_wants_every_operation_to_make_something)
{
    ir_program *p = sound(IR_SHAPED);
    middle_find(p, "loss")->output_count = 0;
    finds(p, "loss of loss makes nothing");
}
END_TEST

START_TEST(verify_wants_shapes_once_they_are_promised)
{
    ir_program *p = sound(IR_SHAPED);
    ir_value *out = middle_find(p, "conv2d")->output[0];
    out->shape.dim[1] = 0;
    finds(p, "conv2d.out has no shape");
    p->graph->level = IR_RESOLVED;
    ck_assert_ptr_null(ir_verify(p->graph));

    p = sound(IR_FUSED);
    middle_find(p, "dense'")->output[0]->shape.dim[0] = -5408;
    finds(p, "flatten.out.gradient has no shape");

    /* more elements than can be counted */
    p = sound(IR_SHAPED);
    middle_find(p, "conv2d")->output[0]->shape = (ir_shape){3, {INT64_MAX, 2, 1}};
    finds(p, "conv2d.out has no shape");
}
END_TEST

START_TEST(verify_wants_a_shape_where_there_is_none_yet)
{
    /* rank 0 means "not known yet": only the loss is a scalar */
    ir_program *p = sound(IR_SHAPED);
    middle_find(p, "conv2d")->output[0]->shape = (ir_shape){0};
    finds(p, "conv2d.out has no shape");
}
END_TEST

START_TEST(verify_wants_backward_behind_forward)
{
    ir_program *p = sound(IR_DIFFERENTIATED);
    ir_append(p->graph, IR_DROPOUT, "late", nowhere, p->graph->output)->output[0]->shape = (ir_shape){1, {10}};
    finds(p, "a forward operation follows a backward one");
}
END_TEST

START_TEST(verify_wants_backward_operations_to_know_their_forward)
{
    ir_program *p = sound(IR_DIFFERENTIATED);
    middle_find(p, "dense'")->forward = NULL;
    finds(p, "backward dense of dense has no forward");
}
END_TEST

START_TEST(verify_wants_no_backward_operation_too_early)
{
    ir_program *p = sound(IR_DIFFERENTIATED);
    p->graph->level = IR_SIMPLIFIED;
    finds(p, "backward loss of loss has no forward");
}
END_TEST

START_TEST(verify_wants_gradients_of_all_parameters)
{
    ir_program *p = sound(IR_DIFFERENTIATED);
    ir_parameter(middle_find(p, "conv2d"), "bias")->gradient = NULL;
    finds(p, "conv2d.bias has no gradient");

    p = sound(IR_COSTED);
    ir_parameter(middle_find(p, "dense"), "kernel")->gradient->producer = NULL;
    finds(p, "dense.kernel.gradient is not linked to its producer in dense");

    /* one that no operation makes */
    p = sound(IR_FUSED);
    ir_value *kernel = ir_parameter(middle_find(p, "dense"), "kernel");
    kernel->gradient = ir_value_new(p->graph, IR_VALUE_PARAMETER_GRADIENT, kernel->shape, "stray", "out");
    finds(p, "dense.kernel has no gradient");
}
END_TEST

START_TEST(dump_says_what_is_there)
{
    ir_program *p =
        middle_program(middle_text("reshape(4)", "dense(3, activation=relu)\ndense(2, activation=softmax)"), IR_FUSED);
    str s = str_new(test_arena);
    ir_dump(&s, p);
    ck_assert_str_eq(s.text,
                     "graph m, fused\n"
                     "  values\n"
                     "    %0 input.out activation (4)\n"
                     "    %1 dense.out activation (3)\n"
                     "    %2 dense.activation activation (3)\n"
                     "    %3 dense_1.out activation (2)\n"
                     "    %4 dense_1.activation activation (2)\n"
                     "    %5 loss.out activation ()\n"
                     "    %6 dense.kernel parameter (4, 3)\n"
                     "    %7 dense.bias parameter (3)\n"
                     "    %8 dense_1.kernel parameter (3, 2)\n"
                     "    %9 dense_1.bias parameter (2)\n"
                     "    %10 dense_1.activation.gradient gradient (2)\n"
                     "    %11 dense_1.out.gradient gradient (2)\n"
                     "    %12 dense.activation.gradient gradient (3)\n"
                     "    %13 dense_1.kernel.gradient parameter gradient (3, 2)\n"
                     "    %14 dense_1.bias.gradient parameter gradient (2)\n"
                     "    %15 dense.out.gradient gradient (3)\n"
                     "    %16 dense.kernel.gradient parameter gradient (4, 3)\n"
                     "    %17 dense.bias.gradient parameter gradient (3)\n"
                     "  operations\n"
                     "    %0 = input()  # input, 8 flops, line 5\n"
                     "    %2 = dense(%0, %6, %7)  # dense, relu, 27 flops, line 8\n"
                     "    %3 = dense(%2, %8, %9)  # dense_1, 14 flops, line 9\n"
                     "    %4 = activation(%3)  # dense_1, softmax, 8 flops, line 9\n"
                     "    %5 = loss(%3)  # loss, from logits, 6 flops, line 12\n"
                     "    %11 = loss'(%4)  # loss, from logits, 6 flops, line 12\n"
                     "    %15, %13, %14 = dense'(%11, %2, %8, %9, %2)  # dense_1, times the derivative of relu, "
                     "26 flops, line 9\n"
                     "    %16, %17 = dense'(%15, %0, %6, %7)  # dense, 27 flops, line 8\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ir");
    TCase *c = tcase_create("graph");
    tcase_add_checked_fixture(c, test_setup, test_teardown);
    tcase_add_test(c, operations_are_appended_in_order);
    tcase_add_test(c, values_are_numbered_and_linked);
    tcase_add_test(c, an_activation_names_its_result);
    tcase_add_test(c, an_operation_takes_any_number_of_operands);
    tcase_add_test(c, operations_are_removed_anywhere);
    tcase_add_test(c, the_only_operation_is_removed);
    tcase_add_test(c, consumers_are_counted_by_direction);
    tcase_add_test(c, parameters_are_found_by_role);
    tcase_add_test(c, shapes_are_counted_compared_and_written);
    tcase_add_test(c, views_do_no_work);
    tcase_add_test(c, dump_says_what_is_there);
    suite_add_tcase(suite, c);
    c = tcase_create("verifier");
    tcase_add_checked_fixture(c, test_setup, test_teardown);
    tcase_add_test(c, verify_wants_input_and_output);
    tcase_add_test(c, verify_wants_values_made_before_they_are_read);
    tcase_add_test(c, verify_wants_readers_counted);
    tcase_add_test(c, verify_wants_parameters_without_a_producer);
    tcase_add_test(c, verify_wants_producers);
    tcase_add_test(c, verify_wants_every_operation_to_make_something);
    tcase_add_test(c, verify_wants_shapes_once_they_are_promised);
    tcase_add_test(c, verify_wants_a_shape_where_there_is_none_yet);
    tcase_add_test(c, verify_wants_backward_behind_forward);
    tcase_add_test(c, verify_wants_backward_operations_to_know_their_forward);
    tcase_add_test(c, verify_wants_no_backward_operation_too_early);
    tcase_add_test(c, verify_wants_gradients_of_all_parameters);
    suite_add_tcase(suite, c);
    return test_run(suite);
}
