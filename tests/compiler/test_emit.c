/* The texts that come out: the trainer's form, the summary and the graph. That the C computes the right
 * thing is tested where it runs. */
#include "middle.h"

#include <time.h>

#include "emit/emit.h"

#include "spawn.h"

static const char *trainer(const plan *p)
{
    static const emit_options options = {.source_name = "test.mnn", .description = "0123abcd"};
    return emit_trainer(p, &options);
}

static const char *sample_text(int n)
{
    test_teardown();
    test_setup();
    return trainer(middle_plan(middle_sample(n)));
}

/** mlp with its data as a description has it. */
static plan *small(void)
{
    return middle_plan(test_description("", "scale(1/255)\nreshape(784)",
                                        "dense(32, activation=relu)\ndense(10, activation=softmax)",
                                        "loss = sparse_categorical_crossentropy\noptimizer = adam\n"
                                        "metrics = [accuracy]\nepochs = 3\nbatch_size = 100\nseed = 7"));
}

/** The nth line of a text, from 0, without its end. */
static const char *nth_line(const char *text, int n)
{
    for (; n > 0; n--)
        text = strchr(text, '\n') + 1;
    return arena_strndup(test_arena, text, strcspn(text, "\n"));
}

static int occurrences(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

/** The number behind a text that must be there. */
static long long number_after(const char *text, const char *before)
{
    const char *at = strstr(text, before);
    ck_assert_msg(at != NULL, "no \"%s\"", before);
    long long n = 0;
    for (at += strlen(before); (*at >= '0' && *at <= '9') || *at == ','; at++)
        if (*at != ',')
            n = n * 10 + (*at - '0');
    return n;
}

/* --- the trainer -------------------------------------------------------------------------------------- */

START_TEST(the_banner_names_the_model)
{
    const char *text = trainer(small());
    static const char *const lines[] = {
        "/* m: a training program that mnnc ",
        " * Change the description and not this file.",
        " *",
        " * layer                      output          parameters  flops a sample  line",
        " * input (input)              784                      0           1,568     6",
        " * dense (dense, relu)        32                  25,120          50,240     9",
        " * dense_1 (dense, softmax)   10                     330             690    10",
        " *",
        /* 16 bytes for each of 25450 parameters (with its gradient and Adam's m and v); 100 rows of 784,
         * 32, 32, 10, 10 and 10 floats, each array rounded up to 16 floats: 351296; 100 losses: 400; for each of 8
         * workers 336 floats to turn a kernel round */
        " * 25,450 parameters, batches of 100; static memory 769,136 bytes (checked below).",
    };
    for (int i = 0; i < (int)(sizeof lines / sizeof lines[0]); i++)
        ck_assert_msg(strncmp(nth_line(text, i), lines[i], strlen(lines[i])) == 0, "%s\nexpected\n%s",
                      nth_line(text, i), lines[i]);
    ck_assert_ptr_nonnull(strstr(nth_line(text, 0), " made from test.mnn."));
}
END_TEST

/** The value of an enumerator or of a number, or of "A + B". */
static long long dimension(const char *text, const char *word, size_t length)
{
    const char *name = arena_strndup(test_arena, word, length), *plus = strstr(name, " + ");
    if (plus != NULL)
        return dimension(text, name, (size_t)(plus - name)) + dimension(text, plus + 3, strlen(plus + 3));
    return *name >= '0' && *name <= '9' ? atoll(name)
                                        : number_after(text, arena_printf(test_arena, "\n    %s = ", name));
}

/** The bytes of the static arrays that a text declares. */
static long long declared_bytes(const char *text)
{
    long long sum = 0;
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "static ", 7) != 0 || strncmp(line, "static const", 12) == 0)
            continue;
        const char *alignment = "static _Alignas(64)";
        if (strncmp(line, alignment, strlen(alignment)) == 0)
            line += strlen(alignment);
        const char *end = line + strcspn(line, ";\n"), *bracket = line + strcspn(line, "[;(\n");
        if (*end != ';' || *bracket != '[')
            continue;
        long long bytes = strncmp(line, "static uint8_t", 14) == 0    ? 1
                          : strncmp(line, "static uint16_t", 15) == 0 ? 2
                                                                      : 4;
        while (*bracket == '[') {
            const size_t length = strcspn(bracket + 1, "]");
            bytes *= dimension(text, bracket + 1, length);
            bracket += length + 2;
        }
        sum += bytes;
    }
    return sum;
}

START_TEST(the_banner_sums_the_memory_up)
{
    for (int n = 0; n < MIDDLE_SAMPLES; n++) {
        const char *text = sample_text(n);
        const long long banner = number_after(text, "; static memory ");
        ck_assert_int_eq(declared_bytes(text), banner);
        ck_assert_int_eq(number_after(text, " == "), banner);
        ck_assert_int_eq(number_after(text, ".static_bytes = "), banner);
    }
}
END_TEST

START_TEST(the_same_program_gives_the_same_bytes)
{
    for (int n = 0; n < MIDDLE_SAMPLES; n++) {
        char *first = strdup(sample_text(n));
        ck_assert_str_eq(sample_text(n), first);
        free(first);
    }
}
END_TEST

START_TEST(nothing_of_the_machine_is_in_the_text)
{
    /* a description that lies somewhere, and was written today */
    const char *text = middle_sample(2);
    test_diag = diag_new(test_arena, "/home/somebody/secret/test.mnn");
    const ast_file *file = parse_file(test_arena, test_diag, test_source("/home/somebody/secret/test.mnn", text));
    ir_program *program = sema_analyze(test_arena, test_diag, file, &(sema_options){NULL});
    const char *fault;
    ck_assert(run_passes(&(pass_context){test_arena, test_diag, program}, &fault));
    const char *c = trainer(plan_make(test_arena, test_diag, program, &(plan_options){0}));
    ck_assert_ptr_null(strstr(c, "/home"));
    ck_assert_ptr_null(strstr(c, "secret"));
    ck_assert_ptr_null(strstr(c, "__DATE__"));
    ck_assert_ptr_null(strstr(c, "__TIME__"));
    ck_assert_ptr_null(strstr(c, "__FILE__"));
    char today[2][32];
    const time_t now = time(NULL);
    strftime(today[0], sizeof today[0], "%Y-%m-%d", localtime(&now));
    strftime(today[1], sizeof today[1], "%b %e %Y", localtime(&now));
    ck_assert_ptr_null(strstr(c, today[0]));
    ck_assert_ptr_null(strstr(c, today[1]));
    ck_assert_str_eq(c, trainer(middle_plan(text)));
}
END_TEST

/** A line without what stands in comments; *inside says whether a comment is open. */
static size_t code_length(const char *line, size_t length, bool *inside)
{
    size_t last = 0;
    for (size_t i = 0; i < length; i++) {
        if (!*inside && line[i] == '/' && i + 1 < length && line[i + 1] == '*')
            *inside = true;
        else if (*inside && i > 0 && line[i] == '/' && line[i - 1] == '*')
            *inside = false;
        else if (!*inside && line[i] != ' ')
            last = i + 1;
    }
    return last;
}

START_TEST(lines_are_not_too_long)
{
    for (int n = 0; n < MIDDLE_SAMPLES; n++) {
        const char *text = sample_text(n);
        bool inside = false;
        while (*text != '\0') {
            const size_t length = strcspn(text, "\n");
            ck_assert_msg(code_length(text, length, &inside) <= 100, "%.*s", (int)length, text);
            ck_assert_msg(length == 0 || text[length - 1] != ' ', "blank at the end of %.*s", (int)length, text);
            text += length + 1;
        }
        ck_assert(!inside);
    }
}
END_TEST

/** The statement that a comment explains stays on its line: no break inside a comment of one line. */
START_TEST(lines_are_not_broken_inside_a_comment)
{
    for (int n = 0; n < MIDDLE_SAMPLES; n++) {
        const char *text = sample_text(n);
        for (; *text != '\0'; text += strcspn(text, "\n") + 1) {
            const size_t length = strcspn(text, "\n");
            const char *line = arena_strndup(test_arena, text, length), *comment = strstr(line, "; /* ");
            ck_assert_msg(comment == NULL || strstr(comment, "*/") != NULL, "%s", line);
        }
    }
}
END_TEST

/** A loop's head on one line, or broken behind a ";". */
START_TEST(loops_are_not_broken_inside_a_call)
{
    for (int n = 0; n < MIDDLE_SAMPLES; n++) {
        const char *text = sample_text(n);
        for (; *text != '\0'; text += strcspn(text, "\n") + 1) {
            const char *line = arena_strndup(test_arena, text, strcspn(text, "\n"));
            ck_assert_msg(strstr(line, "for (") == NULL || line[strlen(line) - 1] != ',', "%s", line);
        }
    }
}
END_TEST

/** Names of the functions that a text defines, in order. */
static const char *functions(const char *text)
{
    str s = str_new(test_arena);
    str_add(&s, "");
    for (const char *at = strstr(text, "\n{\n"); at != NULL; at = strstr(at + 1, "\n{\n")) {
        const char *line = at;
        do
            line--;
        while (line[-1] != '\n' || *line == ' ');
        const char *end = line + strcspn(line, "("), *name = end;
        while (name[-1] != ' ' && name[-1] != '*')
            name--;
        str_printf(&s, "%s%.*s", s.length > 0 ? " " : "", (int)(end - name), name);
    }
    return s.text;
}

START_TEST(functions_stand_in_order)
{
    ck_assert_str_eq(functions(trainer(small())),
                     "input_sample input_forward dense_forward dense_1_forward dense_1_softmax_forward loss_forward "
                     "loss_backward dense_1_backward dense_1_gradients dense_gradients "
                     "forward losses gradients update "
                     "input_reference dense_reference dense_relu_reference dense_1_reference "
                     "dense_1_softmax_reference loss_reference reference main");
    ck_assert_str_eq(
        functions(trainer(middle_plan(
            middle_text("reshape(28, 28, 1)", "conv2d(4, 3)\nconv2d(4, 3, activation=relu)\nmaxpool2d()\nmaxpool2d()\n"
                                              "avgpool2d()\ndropout(0.5)\nflatten()\ndense(10, activation=softmax)")))),
        "input_sample input_forward conv2d_forward conv2d_1_forward maxpool2d_1_forward "
        "conv2d_1_relu_forward avgpool2d_forward dropout_forward dropout_predict dense_forward dense_softmax_forward "
        "loss_forward loss_backward dense_backward dropout_backward avgpool2d_backward maxpool2d_1_backward "
        "conv2d_1_backward conv2d_backward dense_gradients conv2d_1_gradients conv2d_gradients "
        "forward losses gradients update input_reference conv2d_reference conv2d_1_reference conv2d_1_relu_reference "
        "maxpool2d_reference maxpool2d_1_reference avgpool2d_reference dropout_reference dense_reference "
        "dense_softmax_reference loss_reference reference main");
}
END_TEST

START_TEST(every_function_has_a_comment)
{
    for (int n = 0; n < MIDDLE_SAMPLES; n++) {
        const char *text = sample_text(n);
        for (const char *at = strstr(text, "\nstatic void "); at != NULL; at = strstr(at + 1, "\nstatic void "))
            ck_assert_msg(strncmp(at - 2, "*/", 2) == 0, "no comment over %.60s", at + 1);
    }
}
END_TEST

START_TEST(every_step_is_called)
{
    for (int n = 0; n < MIDDLE_SAMPLES; n++) {
        test_teardown();
        test_setup();
        const plan *p = middle_plan(middle_sample(n));
        const char *text = trainer(p);
        int barriers = 0;
        bool waits = false;
        for (const plan_step *s = p->steps; s != NULL; s = s->next) {
            const bool predicts = s->part == PLAN_FORWARD || s->part == PLAN_FORWARD_PRODUCTS;
            /* gradients(), and forward() or losses(); in forward() dropout_predict() takes its place */
            const char *call = arena_printf(test_arena, "    %s(worker, ", s->c_name);
            const bool alone = predicts && s->op->code != IR_DROPOUT && s->op->code != IR_BATCHNORM;
            ck_assert_msg(occurrences(text, call) == 1 + alone, "calls of %s", s->c_name);
            barriers += s->barrier;
            /* in forward() one stands for all before steps that are left out */
            waits = waits || s->barrier;
            barriers += s->op->code == IR_PENALTY; /* between its sums and the rows */
            barriers += predicts && waits && s->op->code != IR_LOSS;
            waits = waits && !predicts;
        }
        ck_assert_int_eq(occurrences(text, "mnn_barrier(worker);"), barriers);
    }
}
END_TEST

START_TEST(the_descriptor_holds_the_settings)
{
    const char *text = trainer(small());
    static const char *const fields[] = {
        ".name = \"m\",",
        ".description = \"0123abcd\",",
        ".data_name = \"d\",",
        ".train = {\"i\", \"l\"},",
        ".test = {\"ti\", \"tl\"},",
        ".sample_rank = 1,",
        ".sample_dims = {784},",
        ".scale = 0.003921569f,",
        ".shift = 0.0f,",
        ".label_kind = MNN_LABEL_CLASS,",
        ".classes = 10,",
        ".epochs = 3,",
        ".seed = 7u,",
        ".loss_name = \"sparse_categorical_crossentropy\",",
        ".optimizer_name = \"adam\",",
        ".learning_rate = 0.001,",
        ".metric_count = 1,",
        ".slot_count = 2,",
        ".output_size = 10,",
        "{\"dense.kernel\", 2, {784, 32}, 0, 25088, true, MNN_INIT_UNIFORM, ",
        "{\"dense_1.bias\", 1, {10}, 25440, 10, true, MNN_INIT_ZEROS, 0.0, 0.0},",
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        ck_assert_msg(occurrences(text, fields[i]) == 1, "%d times %s", occurrences(text, fields[i]), fields[i]);
}
END_TEST

/** The body of a function of the trainer of one layer on an image of 8 channels. */
static const char *body_of(const char *layer, const char *function)
{
    const char *layers = arena_printf(test_arena, "conv2d(8, 1)\n%s\nflatten()\ndense(10, activation=softmax)", layer);
    const char *c = trainer(middle_plan(test_description("", "reshape(14, 14, 8)", layers, NULL)));
    const char *at = strstr(c, arena_printf(test_arena, "static void %s(", function));
    ck_assert_msg(at != NULL, "no %s", function);
    at = strchr(at, '\n');
    return arena_strndup(test_arena, at, (size_t)(strstr(at, "\n}\n") - at));
}

/** The order of its filters is that of depthwise_conv2d's outputs, and so is its kernel in memory. */
START_TEST(a_group_for_every_channel_is_a_depthwise_convolution)
{
    static const char *const layers[][2] = {
        {"conv2d(24, 3, groups=8, padding=same, activation=gelu, name=\"l\")",
         "depthwise_conv2d(3, depth_multiplier=3, padding=same, activation=gelu, name=\"l\")"},
        {"conv2d(8, (3, 2), groups=8, strides=2, use_bias=false, kernel_regularizer=l2, name=\"l\")",
         "depthwise_conv2d((3, 2), strides=2, use_bias=false, depthwise_regularizer=l2, name=\"l\")"},
    };
    static const char *const functions[] = {"l_forward", "l_backward", "l_gradients"};
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 3; k++)
            ck_assert_str_eq(body_of(layers[i][0], functions[k]), body_of(layers[i][1], functions[k]));
}
END_TEST

/** Compile a text as a user may who asks for every warning; the folder goes. */
static void check_compiles(const char *folder, const char *c, int n)
{
    const char *path = arena_printf(test_arena, "%s/t.c", folder), *said = arena_printf(test_arena, "%s/said", folder);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(c, file);
    ck_assert_int_eq(fclose(file), 0);
    const char *const compile[] = {
        "cc",      "-std=c11",          "-Wall",         "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion",
        "-Werror", "-Iruntime/include", "-fsyntax-only", path,      NULL};
    const int status = spawn_run(compile, said);
    char message[400] = "";
    file = fopen(said, "r");
    ck_assert_ptr_nonnull(file);
    message[fread(message, 1, sizeof message - 1, file)] = '\0';
    fclose(file);
    unlink(path);
    unlink(said);
    rmdir(folder);
    ck_assert_msg(status == 0, "sample %d: %s", n, message);
}

/** Run by make from the top folder, where runtime/include is. */
/** Flops of a sample: a product is 2 x inputs x units; the bias is added where the product is, or summed up with the
 *  gradient of the kernel. */
START_TEST(a_profile_names_functions_and_flops)
{
    const emit_options options = {.source_name = "test.mnn", .description = "0", .profile = true};
    const char *text = emit_trainer(small(), &options);
    static const char *const rows[] = {
        "{\"dense_forward\", \"dense\", 50208},",     "{\"dense_1_forward\", \"dense_1\", 650},",
        "{\"dense_1_backward\", \"dense_1\", 640},",  "{\"dense_gradients\", \"dense\", 50208},",
        "{\"dense_1_gradients\", \"dense_1\", 650},", "{\"update\", \"\", 0},"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_msg(strstr(text, rows[i]) != NULL, "no %s", rows[i]);
    const int functions = (int)number_after(text, "mnn_lap(laps[worker->index], MNN_LAP_FIRST + ");
    ck_assert_int_eq(functions, 0); /* the first one's lap is number 0 */
    ck_assert_int_eq(occurrences(text, "mnn_lap(laps[worker->index], MNN_LAP_FIRST + "),
                     occurrences(text, "_forward\", ") + occurrences(text, "_backward\", ") +
                         occurrences(text, "_gradients\", ") + 1);
    ck_assert_int_eq(occurrences(trainer(small()), "mnn_lap"), 0);
}
END_TEST

START_TEST(the_text_compiles_without_warnings)
{
    char folder[] = "/tmp/mnnc-emit-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    check_compiles(folder, sample_text(_i), _i);
}
END_TEST

/* --- the other texts ------------------------------------------------------------------------------------ */

START_TEST(the_summary_is_a_table)
{
    /* (52,498 + 51,570) / 10 GFLOP/s is 10.4068 us */
    ck_assert_str_eq(emit_summary(small(), 10, 1000),
                     "model \"m\"\n"
                     "-------------------------------------------------------------------------------------------------"
                     "----------------\n"
                     "layer (type)                 output shape          parameters flops forward      backward "
                     "weights (B)  output (B)\n"
                     "-------------------------------------------------------------------------------------------------"
                     "----------------\n"
                     "input (input)                (None, 784)                    0         1,568             0        "
                     "   0       3,136\n"
                     "dense (dense)                (None, 32)                25,120        50,240        50,240     "
                     "100,480         128\n"
                     "dense_1 (dense)              (None, 10)                   330           690         1,330       "
                     "1,320          40\n"
                     "-------------------------------------------------------------------------------------------------"
                     "----------------\n"
                     "parameters              25,450\n"
                     "flops                  104,068  a sample: forward 52,498, backward 51,570\n"
                     "time floor             10.4 us  a sample at 10 GFLOP/s\n"
                     "                       10.4 ms  an epoch of 1,000 samples\n"
                     "weights                101,800  bytes\n"
                     "gradients              101,800  bytes, of the weights\n"
                     "optimizer              203,600  bytes, its state\n"
                     "activations            351,296  bytes, and their gradients, of batches of 100\n"
                     "scratch                 10,240  bytes, of 8 workers\n"
                     "other                      400  bytes, of batches of 100\n"
                     "static memory          769,136  bytes, all of these\n");
}
END_TEST

/** The total under a column is its sum. */
START_TEST(the_summary_adds_up)
{
    for (int n = 0; n < MIDDLE_SAMPLES; n++) {
        test_teardown();
        test_setup();
        const plan *p = middle_plan(middle_sample(n));
        int64_t parameters = 0, flops = 0;
        for (const ir_layer *l = p->program->graph->layers; l != NULL; l = l->next) {
            parameters += l->parameters;
            flops += l->flops;
        }
        const char *text = emit_summary(p, 0, 0);
        const char *blank = "                                        ";
        const char *at = strstr(text, "\nparameters");
        ck_assert_int_eq(number_after(at + 11 + strspn(at + 11, blank) - 1, " "), parameters);
        ck_assert_int_eq(number_after(text, "a sample: forward "), flops);
    }
}
END_TEST

START_TEST(the_graph_is_dot)
{
    ck_assert_str_eq(emit_dot(middle_plan(middle_text("reshape(28, 28, 1)", "conv2d(4, 3, activation=relu)\n"
                                                                            "maxpool2d(name=\"Pool/1\")\nflatten()\n"
                                                                            "dense(10, activation=softmax)"))),
                     "digraph \"m\" {\n"
                     "    label=\"m: 6,810 parameters\";\n"
                     "    labelloc=t;\n"
                     "    rankdir=TB;\n"
                     "    nodesep=0.4;\n"
                     "    ranksep=0.3;\n"
                     "    fontname=\"sans-serif\";\n"
                     "    node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\", fontsize=11];\n"
                     "    edge [arrowsize=0.7];\n"
                     "    n0 [label=\"input\\n28 x 28 x 1\", fillcolor=\"#e8e8e8\"];\n"
                     "    n1 [label=\"conv2d\\nconv2d, relu\\n26 x 26 x 4\\n40 parameters\", fillcolor=\"#cfe2f3\"];\n"
                     "    n3 [label=\"Pool/1\\nmaxpool2d\\n13 x 13 x 4\", fillcolor=\"#ffffff\"];\n"
                     "    n4 [label=\"flatten\\n676\", fillcolor=\"#ffffff\"];\n"
                     "    n5 [label=\"dense\\ndense, softmax\\n10\\n6,770 parameters\", fillcolor=\"#cfe2f3\"];\n"
                     "    n7 [label=\"loss\\nsparse_categorical_crossentropy\", fillcolor=\"#e8e8e8\"];\n"
                     "    n0 -> n1 [weight=8];\n"
                     "    n1 -> n3 [weight=8];\n"
                     "    n3 -> n4 [weight=8];\n"
                     "    n4 -> n5 [weight=8];\n"
                     "    n5 -> n7 [weight=8];\n"
                     "}\n");
}
END_TEST

/** An operation that reads two values, as where a path goes around others. */
START_TEST(the_graph_has_several_inputs)
{
    plan *p = middle_plan(middle_text("reshape(784)", "dense(20, activation=relu)\ndense(20, name=\"b\")\n"
                                                      "activation(tanh)\ndense(10, activation=softmax)"));
    ir_op *first = p->program->graph->written->next->next, *tanh = first->next->next;
    ck_assert_str_eq(tanh->layer, "activation");
    ir_add_input(tanh, first->output[0]);
    const char *text = emit_dot(p);
    ck_assert_ptr_nonnull(strstr(text, "    n3 -> n4 [weight=8];\n"));
    ck_assert_ptr_nonnull(strstr(text, "    n1 -> n4;\n"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("emit");
    TCase *c = tcase_create("texts");
    tcase_add_checked_fixture(c, test_setup, test_teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, the_banner_names_the_model);
    tcase_add_test(c, the_banner_sums_the_memory_up);
    tcase_add_test(c, the_same_program_gives_the_same_bytes);
    tcase_add_test(c, nothing_of_the_machine_is_in_the_text);
    tcase_add_test(c, lines_are_not_too_long);
    tcase_add_test(c, lines_are_not_broken_inside_a_comment);
    tcase_add_test(c, loops_are_not_broken_inside_a_call);
    tcase_add_test(c, functions_stand_in_order);
    tcase_add_test(c, every_function_has_a_comment);
    tcase_add_test(c, every_step_is_called);
    tcase_add_test(c, the_descriptor_holds_the_settings);
    tcase_add_test(c, a_profile_names_functions_and_flops);
    tcase_add_test(c, a_group_for_every_channel_is_a_depthwise_convolution);
    tcase_add_loop_test(c, the_text_compiles_without_warnings, 0, MIDDLE_SAMPLES);
    tcase_add_test(c, the_summary_is_a_table);
    tcase_add_test(c, the_summary_adds_up);
    tcase_add_test(c, the_graph_is_dot);
    tcase_add_test(c, the_graph_has_several_inputs);
    suite_add_tcase(suite, c);
    return test_run(suite);
}
