/* The command line of a generated program: options, commands, output, exit codes. */
#define _GNU_SOURCE
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/text.h"
#include "base/words.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "tiny_model.h"

static char folder[64];
static mnn_model model;

/* What the last run() left. */
static char *out, *log_text;
static int stdout_fd = -1; /* in place of the file, when a test sets it */

static void setup(void)
{
    make_folder(folder);
    unsetenv("MNN_DATA_PATH");
    unsetenv("COLUMNS");
    model = tiny_model();
    ck_assert_int_eq(mkdir(in_folder(folder, "set"), 0777), 0);
    char set[512];
    strcpy(set, in_folder(folder, "set"));
    write_dots(set, "train-images", "train-labels", 60);
    write_dots(set, "test-images", "test-labels", 21);
}

static void forget(void)
{
    free(out);
    free(log_text);
    out = log_text = NULL;
}

static void teardown(void)
{
    forget();
    remove_folder(folder);
}

/* gcov's, which is there in a build that counts lines: it writes its counts when a program ends through exit(). */
extern void __gcov_dump(void) __attribute__((weak));

/* End a child, without what Check does at the end of a program. */
static _Noreturn void leave(int code)
{
    fflush(NULL);
    if (__gcov_dump)
        __gcov_dump();
    _exit(code);
}

/* Run the program in a child. In the words, '@' stands for the test's folder.
 * @return the exit code, or 1000 + the signal that ended it */
static int run(const char *words)
{
    char text[1024], *argv[40] = {"./tiny"};
    size_t at = 0;
    int argc = 1, status = 0;
    for (; *words; words++) {
        const char one[2] = {*words, '\0'};
        at += (size_t)snprintf(text + at, sizeof text - at, "%s", *words == '@' ? folder : one);
    }
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    forget();
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        if (chdir(folder) != 0 || !freopen(in_folder(folder, ".err"), "w", stderr) ||
            (stdout_fd < 0 ? !freopen(in_folder(folder, ".out"), "w", stdout) : dup2(stdout_fd, 1) < 0))
            _exit(99);
        const int code = mnn_main(&model, argc, argv);
        leave(code);
    }
    waitpid(child, &status, 0);
    out = read_file(in_folder(folder, ".out"));
    log_text = read_file(in_folder(folder, ".err"));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void expect_in(const char *text, const char *part)
{
    ck_assert_msg(text && strstr(text, part), "\"%s\" is not in \"%s\"", part, text ? text : "(nothing)");
}

/* @return the bytes of a file below the folder as text, with a limit that suits the tests */
static char *contents(const char *name)
{
    char *text = read_file(in_folder(folder, name));
    ck_assert_msg(text != NULL, "%s is not there", name);
    return text;
}

static bool there(const char *name)
{
    return access(in_folder(folder, name), F_OK) == 0;
}

/* Names in the folder that begin with a text. */
static int count_names(const char *start)
{
    int count = 0;
    DIR *d = opendir(folder);
    for (const struct dirent *e; (e = readdir(d));)
        count += strncmp(e->d_name, start, strlen(start)) == 0;
    closedir(d);
    return count;
}

/* --- usage ------------------------------------------------------------------------------------------ */

START_TEST(usage_errors)
{
    static const struct {
        const char *words, *message;
    } rows[] = {
        {"--epocs 3", "./tiny: error: unknown option \"--epocs\", did you mean \"--epochs\"?\n"
                      "hint: try ./tiny train --help\n"},
        {"evaluate --epochs 3", "--epochs is not an option of the command \"evaluate\"\n"
                                "hint: try ./tiny evaluate --help\n"},
        {"trian", "unknown command \"trian\", did you mean \"train\"?\nhint: try ./tiny --help\n"},
        {"help trian", "unknown command \"trian\", did you mean \"train\"?"},
        {"frobnicate", "unknown command \"frobnicate\"\n"},
        {"train extra", "the command \"train\" takes no argument \"extra\""},
        {"-- extra", "the command \"train\" takes no argument \"extra\""},
        {"--ransom x", "unknown option \"--ransom\""},
        {"--resume", "--resume needs --checkpoint FILE: the description of \"tiny\" has no checkpoint either\n"},
        {"--checkpoint-steps 3", "--checkpoint-steps needs --checkpoint FILE"},
        {"--checkpoint-steps 0", "(got \"0\", expected 1 to 4294967295)"},
        {"--checkpoint w --epochs 0", "checkpoints need at least one epoch (got --epochs 0)"},
        {"--checkpoint w --save w --data @/set", "--save and --checkpoint are one file (got \"w\" for both)"},
        {"--epocs 3 evaluate", "unknown option \"--epocs\"\nhint: try ./tiny evaluate --help\n"},
        {"--epoch 3 evaluate", "--epochs is not an option of the command \"evaluate\"\n"},
        {"predict --no w", "\"--no\" is the beginning of several options, \"--no-crop\" is the first\n"},
        {"train --epo=x", "--epochs needs an integer (got \"x\""},
        {"--epochs", "--epochs needs a value: --epochs N"},
        {"--save", "--save needs a value: --save FILE"},
        {"--save=", "the value of --save is empty (expected --save FILE)"},
        {"predict f --weights=", "the value of --weights is empty (expected --weights FILE)"},
        {"--epochs 3x", "--epochs needs an integer (got \"3x\", expected 0 to 1000000)"},
        {"--epochs=-1", "(got \"-1\", expected"},
        {"--epochs=", "--epochs needs an integer (got \"\""},
        {"--epochs +3", "(got \"+3\", expected"},
        {"--epochs 1000001", "(got \"1000001\", expected"},
        {"--threads 0", "--threads needs an integer (got \"0\", expected 1 to 4096)"},
        {"--batch-limit 0", "--batch-limit needs an integer (got \"0\", expected 1 to 4294967295)"},
        {"--seed 18446744073709551616", "--seed needs an integer"},
        {"--quiet=yes", "--quiet takes no value"},
        {"-q", "unknown option \"-q\""},
        {"evaluate", "evaluate needs trained weights: --weights FILE (train --save FILE writes them)\n"},
        {"evaluate --data @/set --quiet", "evaluate needs trained weights: --weights FILE"},
        {"predict --weights w", "predict needs a file with samples"},
        {"predict x", "predict needs trained weights: --weights FILE"},
        {"import --from pytorch --save w", "import needs a weights file"},
        {"import f --save w", "import needs a naming convention or a map: --from pytorch, --from keras or --map FILE"},
        {"import f --save w --from numpy", "unknown value \"numpy\" of option \"--from\" (expected pytorch, keras)\n"},
        {"import f --save w --from numpy --map m", "unknown value \"numpy\" of option \"--from\""},
        {"import f --save w --from keras --map m", "import needs a naming convention or a map"},
        {"import f --from keras", "import needs an output file: --save FILE"},
        {"import f g --from keras --save w", "the command \"import\" takes no argument \"g\""},
        {"show --from pytorch", "--from needs an integer (got \"pytorch\""},
        {"export --npz x", "export needs trained weights: --weights FILE"},
        {"export --weights x", "export needs an output: --npz FILE"},
        {"export --weights x --onnx y", "hint: mnnc MODEL.mnn --emit=onnx --weights FILE.safetensors -o MODEL.onnx\n"},
        {"predict --raw --invert --weights w x", "--raw, --invert and --no-invert are mutually exclusive"},
        {"predict --data d x", "--data is not an option of the command \"predict\""},
        {"--history h.txt --data @/set", "--history needs a file name that ends in .csv or .jsonl (got \"h.txt\")"},
        {"--\x1b[31mred", "unknown option \"--\\x1b[31mred\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_msg(run(rows[i].words) == 2, "%s: %s", rows[i].words, log_text);
        expect_in(log_text, rows[i].message);
        ck_assert_str_eq(out, "");
    }
}
END_TEST

/* A description that names files, which are beside the program. */
static void set_files(void)
{
    static const mnn_callback callbacks[] = {{.kind = MNN_CALLBACK_CSV_LOGGER, .path = "log.csv"},
                                             {.kind = MNN_CALLBACK_CHECKPOINT, .path = "c.st", .every = 1}};
    model.callbacks = callbacks;
    model.callback_count = 2;
    model.validation = model.test;
    ck_assert_int_eq(symlink("set", in_folder(folder, "also")), 0);
    ck_assert_int_eq(symlink("later", in_folder(folder, "to-be")), 0);
    write_file(in_folder(folder, "w"), "", 0);
    ck_assert_int_eq(symlink("w", in_folder(folder, "also-w")), 0);
    ck_assert_int_eq(mkdir(in_folder(folder, "packed"), 0777), 0);
    write_file(in_folder(folder, "packed/train-images.gz"), "", 0);
}

START_TEST(no_file_is_written_over_another)
{
    static const struct {
        const char *words, *message;
    } rows[] = {
        {"--data set --save set/train-images", "--save and --data's training images are one file (got "
                                               "\"set/train-images\" for both): one would overwrite the other\n"},
        {"--data set --epochs 0 --save @/also/train-labels",
         "/also/train-labels\" and \"set/train-labels\"): one would overwrite the other\n"},
        {"--data packed --save packed/train-images.gz", "--save and --data's training images are one file"},
        {"--data set --checkpoint set/test-images", "--checkpoint and --data's validation images are one file"},
        {"show --data set --png set/test-labels", "--png and --data's validation labels are one file"},
        {"export --weights w --npz also-w", "--npz and --weights are one file (got \"also-w\" and \"w\")"},
        {"import w --from keras --save also-w", "--save and the file to import are one file"},
        {"import f --map w --save ./w", "--save and --map are one file"},
        {"--checkpoint k --save ./k", "--save and --checkpoint are one file (got \"./k\" and \"k\")"},
        {"--checkpoint k --save k.lock", "--save and --checkpoint's lock are one file"},
        {"--checkpoint k.safetensors --save set/../k.prev.safetensors",
         "--save and --checkpoint's previous file are one file"},
        {"--checkpoint k --weights k.lock", "--checkpoint's lock and --weights are one file"},
        {"--history r.csv --save ./r.csv", "--save and --history are one file"},
        {"--history x.jsonl --log-steps @/x.jsonl", "--history and --log-steps are one file"},
        {"--history log.csv", "--history and the description's csv_logger are one file"},
        {"--save c.st", "--save and the description's checkpoint are one file"},
        {"--checkpoint log.csv", "the description's csv_logger and --checkpoint are one file"},
        {"--save nowhere/x --history nowhere/x", "--save and --history are one file"},
    };
    set_files();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_msg(run(rows[i].words) == 2, "%s: %s", rows[i].words, log_text);
        expect_in(log_text, rows[i].message);
        ck_assert_str_eq(out, "");
    }
}
END_TEST

START_TEST(a_training_may_replace_what_it_begins_with)
{
    ck_assert_int_eq(run("--epochs 0 --save w"), 0);
    ck_assert_msg(run("--data @/set --weights w --save ./w") == 0, "%s", log_text);
    ck_assert_msg(run("--data @/set --weights w --checkpoint w") == 0, "%s", log_text);
    /* as a sudden end between two steps of a save leaves them */
    ck_assert_int_eq(remove(in_folder(folder, "w.prev")), 0);
    ck_assert_int_eq(link(in_folder(folder, "w"), in_folder(folder, "w.prev")), 0);
    ck_assert_msg(run("--data @/set --checkpoint w --resume --epochs 9") == 0, "%s", log_text);
    ck_assert_msg(run("--data @/set --weights w.prev --checkpoint w") == 0, "%s", log_text);
}
END_TEST

START_TEST(help_is_there_for_every_command)
{
    static const struct {
        const char *words, *has, *has_not;
    } rows[] = {
        {"--help", "usage: ./tiny [COMMAND] [OPTIONS]", "--epochs"},
        {"help", "  predict FILE...", "--epochs"},
        {"-h", "  gradcheck  ", "--epochs"},
        {"train --help", "  --epochs N           number of epochs", "--no-such-option"},
        {"help train", "  --resume ", "FILE..."},
        {"evaluate --help", "  --data DIR ", "--epochs"},
        {"predict -h", "usage: ./tiny predict FILE... [OPTIONS]", "--data"},
        {"show --help", "  --png FILE ", "--epochs"},
        {"export --help", "  --npz FILE ", "--onnx"},
        {"import --help", "  --from LIBRARY ", "--epochs"},
        {"summary --help", "  --json ", "--weights"},
        {"gradcheck --help", "  --seed N ", "--save"},
        {"bench --help", "  --seconds N ", "--epochs"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_msg(run(rows[i].words) == 0, "%s: %s", rows[i].words, log_text);
        expect_in(out, rows[i].has);
        ck_assert_msg(!strstr(out, rows[i].has_not), "%s: %s", rows[i].words, out);
        ck_assert_str_eq(log_text, "");
        for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n"))
            ck_assert_msg(strlen(line) <= 80, "longer than 80 columns: %s", line);
    }
}
END_TEST

START_TEST(version_names_model_and_library)
{
    ck_assert_int_eq(run("--version"), 0);
    ck_assert_str_eq(out, "tiny, model 00ff, compiled by mnnc for mnn " MNN_VERSION "\n");
}
END_TEST

START_TEST(another_abi_is_refused)
{
    model.abi = MNN_ABI + 1;
    ck_assert_int_eq(run("summary"), 70);
    expect_in(log_text, "compiled for another libmnn");
}
END_TEST

START_TEST(options_stand_anywhere)
{
    char words[][16] = {"p", "--threads", "2", "predict", "a", "--weights=w", "b", "--", "--json"};
    char *argv[9];
    mnn_options o;
    mnn_error err;
    for (int i = 0; i < 9; i++)
        argv[i] = words[i];
    ck_assert_msg(mnn_options_parse(9, argv, &o, &err) == MNN_OK, "%s", err.text);
    ck_assert_int_eq(o.command, MNN_COMMAND_PREDICT);
    ck_assert(o.threads.given && o.threads.value == 2);
    ck_assert_str_eq(o.weights, "w");
    ck_assert(!o.json && !o.seed.given);
    ck_assert_int_eq(o.file_count, 3);
    ck_assert_str_eq(o.files[0], "a");
    ck_assert_str_eq(o.files[1], "b");
    ck_assert_str_eq(o.files[2], "--json");
}
END_TEST

START_TEST(nearest_words)
{
    static const char *const names[] = {"--data", "--save", "--seed", "--epochs"};
    ck_assert_str_eq(mnn_nearest("--sede", names, 4), "--seed");
    ck_assert_str_eq(mnn_nearest("--epoch", names, 4), "--epochs");
    ck_assert_ptr_null(mnn_nearest("--frobnicate", names, 4));
    ck_assert_ptr_null(mnn_nearest("-", names, 4));
    ck_assert_ptr_null(mnn_nearest("--an-option-far-longer-than-any-that-there-is", names, 4));
}
END_TEST

/* --- train ------------------------------------------------------------------------------------------ */

START_TEST(train_prints_what_it_does)
{
    ck_assert_msg(run("--data @/set --threads 2 --save w.safetensors") == 0, "%s", log_text);
    expect_in(log_text, "training on 60 samples of dots (");
    expect_in(log_text, "/set), testing on 21, batch 8, 2 threads\n");
    expect_in(log_text, "epoch 1/3: 8/8 ");
    expect_in(log_text, "epoch 3/3: 8/8 ");
    expect_in(log_text, "s/step - loss: ");
    expect_in(log_text, " - accuracy: ");
    ck_assert_ptr_null(strstr(log_text, "\r"));
    expect_in(out, "saved the weights after epoch 3 to w.safetensors\ntest: loss ");
    expect_in(out, ", accuracy ");
    ck_assert(there("w.safetensors"));
}
END_TEST

START_TEST(quiet_prints_the_result_alone)
{
    ck_assert_int_eq(run("--data @/set --quiet --save w.safetensors"), 0);
    ck_assert_str_eq(log_text, "");
    ck_assert_int_eq(strncmp(out, "test: loss ", 11), 0);
    ck_assert_ptr_eq(strchr(out, '\n'), out + strlen(out) - 1);
}
END_TEST

START_TEST(json_is_one_object_a_line)
{
    model.validation_split = 0.1;
    ck_assert_int_eq(run("--data @/set --json --save w.safetensors"), 0);
    expect_in(log_text, "training on 54 samples");
    expect_in(log_text, "validating on 6, testing on 21");
    expect_in(log_text, " - val_loss: ");
    expect_in(log_text, " - val_accuracy: ");
    int lines = 0;
    expect_in(out, "{\"event\": \"epoch\", \"epoch\": 1, \"epochs\": 3, \"steps\": 7, \"training\": {\"loss\": ");
    expect_in(out, "\"validation\": {\"loss\": ");
    expect_in(out,
              "{\"event\": \"result\", \"command\": \"train\", \"epochs\": 3, \"steps\": 21, \"test\": {\"loss\": ");
    expect_in(out, ", \"samples\": 21}, \"saved\": \"w.safetensors\"}\n");
    for (const char *c = out; *c; c++) {
        lines += *c == '\n';
        if (*c == '\n')
            ck_assert(c[-1] == '}' && (c[1] == '{' || c[1] == '\0'));
    }
    ck_assert_int_eq(lines, 4);
}
END_TEST

START_TEST(initial_weights_need_no_data)
{
    ck_assert_msg(run("--epochs 0 --save a.safetensors") == 0, "%s", log_text);
    ck_assert_str_eq(out, "saved the initial weights to a.safetensors\n");
    ck_assert_int_eq(run("--epochs 0 --save b.safetensors --seed 1"), 0);
    ck_assert_int_eq(run("--epochs 0 --save c.safetensors --seed 2"), 0);
    FILE *f[3];
    char bytes[3][4096];
    size_t size[3];
    for (int i = 0; i < 3; i++) {
        const char name[] = {(char)('a' + i), '.', 's', 'a', 'f', 'e', 't', 'e', 'n', 's', 'o', 'r', 's', 0};
        f[i] = fopen(in_folder(folder, name), "rb");
        size[i] = fread(bytes[i], 1, sizeof bytes[i], f[i]);
        fclose(f[i]);
    }
    ck_assert_uint_eq(size[0], size[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], size[0]);
    ck_assert(size[2] != size[0] || memcmp(bytes[0], bytes[2], size[0]) != 0);
}
END_TEST

/* The steps' losses of one run with its weights as given. */
static char *losses(const char *words)
{
    char text[300];
    snprintf(text, sizeof text, "--data @/set --log-steps s.jsonl %s", words);
    ck_assert_msg(run(text) == 0, "%s", log_text);
    return contents("s.jsonl");
}

START_TEST(options_reach_the_training)
{
    char *plain = losses(""), *again = losses("--threads 3"), *seed = losses("--seed 9"),
         *ordered = losses("--no-shuffle"), *limited = losses("--batch-limit 2 --epochs 2");
    ck_assert_str_eq(plain, again); /* the same bits on any number of threads */
    ck_assert_str_ne(plain, seed);
    ck_assert_str_ne(plain, ordered);
    ck_assert_int_eq(strncmp(plain, "{\"epoch\": 1, \"step\": 1, \"loss\": ", 32), 0);
    int lines = 0;
    for (const char *c = limited; *c; c++)
        lines += *c == '\n';
    ck_assert_int_eq(lines, 4);
    ck_assert_int_eq(strncmp(plain, limited, 100), 0);
    free(plain);
    free(again);
    free(seed);
    free(ordered);
    free(limited);
}
END_TEST

START_TEST(training_goes_on_from_weights)
{
    ck_assert_int_eq(run("--data @/set --epochs 20 --save w.safetensors"), 0);
    ck_assert_int_eq(run("evaluate --data @/set --weights w.safetensors"), 0);
    char *evaluated = strdup(out);
    ck_assert_int_eq(run("--data @/set --epochs 20 --quiet"), 0);
    ck_assert_str_eq(out, evaluated);
    free(evaluated);
    char *first = losses("--epochs 1"), *second = losses("--epochs 1 --weights w.safetensors");
    ck_assert_str_ne(first, second);
    free(first);
    free(second);
}
END_TEST

static uint64_t hidden_until;

static const mnn_callback stopping[] = {
    {.kind = MNN_CALLBACK_EARLY_STOPPING, .metric = -1, .min_delta = 10, .patience = 1, .restore_best_weights = true},
    {.kind = MNN_CALLBACK_CSV_LOGGER, .path = "log.csv"},
    {.kind = MNN_CALLBACK_CHECKPOINT, .path = "check/w.safetensors", .every = 2},
};

static void set_callbacks(void)
{
    static float best[TINY_PARAMS];
    model.callbacks = stopping;
    model.callback_count = sizeof stopping / sizeof stopping[0];
    model.best_params = best;
    model.epochs = 9;
    ck_assert_int_eq(mkdir(in_folder(folder, "check"), 0777), 0);
}

START_TEST(callbacks_are_done)
{
    set_callbacks();
    ck_assert_msg(run("--data @/set --save w.safetensors") == 0, "%s", log_text);
    expect_in(log_text, "epoch 2: loss did not improve for 1 epoch: stopping, weights of epoch 1 restored\n");
    ck_assert_ptr_null(strstr(log_text, "epoch 3/9"));
    expect_in(out, "saved the weights after epoch 1 to w.safetensors\n");
    ck_assert(there("check/w.safetensors")); /* of epoch 2 */
    char *log = contents("log.csv");
    expect_in(log, "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds\n1,");
    expect_in(log, "\n2,");
    free(log);
    ck_assert_int_eq(run("--data @/set --json"), 0);
    expect_in(out,
              "{\"event\": \"callback\", \"callback\": \"early_stopping\", \"epoch\": 2, \"text\": \"loss did not ");
}
END_TEST

/* A schedule that takes the checkpoint's folder away, and gives it back after the fourth epoch. */
static double hiding_schedule(uint64_t updates)
{
    if (updates == 1)
        (void)rename("check", "hidden");
    if (updates == hidden_until)
        (void)rename("hidden", "check");
    return 0.01;
}

START_TEST(a_checkpoint_that_fails_does_not_stop_the_training)
{
    set_callbacks();
    model.callbacks = &stopping[2];
    model.callback_count = 1;
    model.schedule = hiding_schedule;
    model.schedule_name = "hiding";
    hidden_until = 8 * 5; /* steps */
    ck_assert_msg(run("--data @/set --epochs 6") == 0, "%s", log_text);
    expect_in(log_text, "learning rate by hiding\n");
    expect_in(log_text, "warning: epoch 2: checkpoint: check/w.safetensors");
    expect_in(log_text, "warning: epoch 4: checkpoint: ");
    expect_in(log_text, "epoch 6/6: ");
    expect_in(log_text, " - learning_rate: 0.0100\n");
    ck_assert(there("check/w.safetensors"));
    hidden_until = 0;
    ck_assert_int_eq(run("--data @/set --epochs 2"), MNN_EIO); /* the last save failed */
    expect_in(log_text, "epoch 2/2: ");
}
END_TEST

START_TEST(a_confusion_matrix_is_a_table)
{
    static const mnn_metric metrics[] = {{MNN_METRIC_CONFUSION_MATRIX, "confusion_matrix", 0},
                                         {MNN_METRIC_F1, "f1", 0}};
    model.metrics = metrics;
    model.metric_count = 2;
    ck_assert_int_eq(run("--epochs 0 --save w.safetensors"), 0);
    ck_assert_msg(run("evaluate --data @/set --weights w.safetensors") == 0, "%s", log_text);
    expect_in(out, ", f1 0.");
    expect_in(out, "\nconfusion matrix (a row for each label, a column for each prediction)\n"
                   "          0    1    2\n     0 ");
    ck_assert_int_eq(run("evaluate --data @/set --weights w.safetensors --json"), 0);
    expect_in(out, ", \"confusion_matrix\": [[");
    expect_in(out, "]], \"samples\": 21}}\n");
}
END_TEST

START_TEST(histories_are_written)
{
    ck_assert_int_eq(run("--data @/set --history h.csv --log-steps s.jsonl"), 0);
    char *csv = contents("h.csv");
    int lines = 0;
    for (const char *c = csv; *c; c++)
        lines += *c == '\n';
    ck_assert_int_eq(lines, 4);
    free(csv);
    ck_assert_int_eq(run("--data @/set --history h.jsonl"), 0);
    char *json = contents("h.jsonl");
    ck_assert_int_eq(strncmp(json, "{\"epoch\": 1, \"loss\": ", 21), 0);
    free(json);
    ck_assert_int_eq(count_names("h.csv"), 1); /* no temporary file */
}
END_TEST

START_TEST(data_is_found_on_the_path)
{
    ck_assert_int_eq(run("train"), 5);
    expect_in(log_text, "./tiny: error: dots/train-images: could not find it");
    expect_in(log_text, "\nhint: set the folder of the files with --data DIR");
    ck_assert_int_eq(rename(in_folder(folder, "set"), in_folder(folder, "dots")), 0);
    setenv("MNN_DATA_PATH", folder, 1);
    ck_assert_msg(run("train") == 0, "%s", log_text);
    unlink(in_folder(folder, "dots/test-labels"));
    ck_assert_int_eq(run("train"), 0); /* the test set may be missing */
    expect_in(log_text, "note: no test set: dots/test-labels: could not find it");
    expect_in(out, "training: loss ");
    ck_assert_int_eq(run("--epochs 0 --save w.safetensors"), 0);
    ck_assert_int_eq(run("evaluate --weights w.safetensors"), 5);
}
END_TEST

START_TEST(rejected_data)
{
    const uint32_t dims[] = {60};
    uint8_t label[60] = {0};
    label[59] = 3;
    write_idx(in_folder(folder, "set/train-labels"), 1, dims, label);
    ck_assert_int_eq(run("--data @/set --save w.safetensors --history h.csv"), 3);
    expect_in(log_text, "train-labels: label of sample 59 is out of range (got 3, expected 0 to 2)");
    ck_assert(!there("w.safetensors") && !there("h.csv"));
    ck_assert_int_eq(count_names("h.csv") + count_names("w.safe"), 0);
    write_file(in_folder(folder, "set/train-images"), "xyz", 3);
    ck_assert_int_eq(run("--data @/set"), 3);
}
END_TEST

START_TEST(a_place_that_cannot_be_written_is_noticed_first)
{
    ck_assert_int_eq(run("--data @/set --save no/w.safetensors"), 5);
    expect_in(log_text, "no/w.safetensors");
    ck_assert_ptr_null(strstr(log_text, "training on"));
    ck_assert_int_eq(run("--data @/set --history no/h.csv"), 5);
    ck_assert_int_eq(run("--data @/set --save set"), 5);
}
END_TEST

/* Behind the name of a checkpoint ".prev" and ".lock" must fit, and nothing more. */
START_TEST(names_of_checkpoints_may_be_long)
{
    char name[NAME_MAX + 1], words[400];
    memset(name, 'n', NAME_MAX);
    name[NAME_MAX - 4] = '\0';
    snprintf(words, sizeof words, "--data @/set --checkpoint %s", name);
    ck_assert_int_eq(run(words), 5);
    expect_in(log_text, "could not lock: File name too long");
    ck_assert_ptr_null(strstr(log_text, "training on"));
    name[NAME_MAX - 5] = '\0';
    snprintf(words, sizeof words, "--data @/set --checkpoint %s", name);
    ck_assert_msg(run(words) == 0, "%s", log_text);
    ck_assert_ptr_null(strstr(log_text, "warning"));
    ck_assert_int_eq(count_names("nnn"), 2);
    ck_assert_int_eq(symlink("loop", in_folder(folder, "loop")), 0);
    ck_assert_int_eq(run("--data @/set --checkpoint loop"), 5);
    expect_in(log_text, "loop: could not open: Too many levels of symbolic links");
}
END_TEST

START_TEST(a_training_that_does_not_learn_is_told)
{
    mnn_tensor zeros[] = {tiny_tensors[0], tiny_tensors[1]};
    zeros[0].initializer = MNN_INIT_ZEROS;
    model.tensors = zeros;
    model.learning_rate = 0;
    ck_assert_int_eq(run("--data @/set --epochs 40 --json"), 0);
    expect_in(log_text, "; nearly all predictions are class 0\n");
    expect_in(log_text, "note: after epoch 25 the model is no better than guessing: accuracy ");
    expect_in(log_text, "likely causes, most frequent first: the learning rate (now 0), the scale of the inputs, the "
                        "labels, the last activation\n");
    expect_in(log_text, "docs/troubleshooting.md, \"Training does not improve\"\n");
    expect_in(out, "{\"event\": \"stuck\", \"epoch\": 25, \"loss\": ");
    expect_in(out, ", \"largest_class\": 0.4");
    ck_assert_int_eq(run("--data @/set --epochs 40 --quiet"), 0);
    ck_assert_str_eq(log_text, "");
    model.learning_rate = 0.5;
    ck_assert_int_eq(run("--data @/set --epochs 40 --json"), 0);
    ck_assert(!strstr(log_text, "guessing") && !strstr(out, "stuck"));
}
END_TEST

START_TEST(divergence_leaves_rows_alone)
{
    model.learning_rate = 1e30;
    write_file(in_folder(folder, "w.safetensors"), "old", 3);
    ck_assert_int_eq(run("--data @/set --save w.safetensors --history h.csv --log-steps s.jsonl"), 6);
    expect_in(log_text, "epoch 1, step 2: ");
    expect_in(log_text, "hint: try a lower learning rate (now 1e+30)\n");
    char *text = contents("w.safetensors");
    ck_assert_str_eq(text, "old");
    free(text);
    text = contents("s.jsonl");
    ck_assert_int_eq(strncmp(text, "{\"epoch\": 1, \"step\": 1, ", 24), 0);
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1); /* one row: that of the step before */
    free(text);
    ck_assert_int_eq(count_names("h.csv") + count_names("s.jsonl"), 2);
    ck_assert_int_eq(count_names("w.safe"), 1);
}
END_TEST

/* --- signals and pipes ------------------------------------------------------------------------------ */

static int raise_number, raise_times;

static void raising_update(const mnn_task *task)
{
    tiny_update(task);
    for (int i = 0; task->first == 0 && task->update->step == 12 && i < raise_times; i++)
        raise(raise_number);
}

START_TEST(a_signal_saves_and_ends)
{
    tiny_steps[TINY_UPDATE].run = raising_update;
    raise_times = 1;
    raise_number = SIGTERM;
    ck_assert_int_eq(run("--data @/set --save w.safetensors --history h.csv --log-steps s.jsonl --threads 1"), 143);
    expect_in(out, "saved the weights after 12 steps to w.safetensors\n");
    expect_in(log_text, "./tiny: stopped by signal 15 after 12 steps\n");
    ck_assert(there("w.safetensors") && there("h.csv"));
    char *steps = contents("s.jsonl");
    int lines = 0;
    for (const char *c = steps; *c; c++)
        lines += *c == '\n';
    ck_assert_int_eq(lines, 12);
    free(steps);
    raise_number = SIGINT;
    ck_assert_int_eq(run("--data @/set --json --threads 2"), 130);
    expect_in(out, "\"signal\": 2}\n");
}
END_TEST

START_TEST(a_second_signal_ends_at_once)
{
    tiny_steps[TINY_UPDATE].run = raising_update;
    raise_times = 2;
    raise_number = SIGTERM;
    ck_assert_int_eq(run("--data @/set --save w.safetensors"), 1000 + SIGTERM);
    ck_assert(!there("w.safetensors"));
}
END_TEST

START_TEST(output_that_nobody_reads)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    stdout_fd = ends[1];
    ck_assert_int_eq(run("summary"), 1000 + SIGPIPE);
    ck_assert_str_eq(log_text, "");
    ck_assert_int_eq(run("--data @/set --save w.safetensors"), 1000 + SIGPIPE);
    ck_assert(there("w.safetensors") && !strstr(log_text, "error") && !strstr(log_text, "stopped"));
    close(ends[1]);
    stdout_fd = open("/dev/full", O_WRONLY);
    ck_assert_int_ge(stdout_fd, 0);
    ck_assert_int_eq(run("help"), 5);
    close(stdout_fd);
    stdout_fd = -1;
}
END_TEST

/* --- evaluate, predict, summary, gradcheck ----------------------------------------------------------- */

START_TEST(evaluate_the_test_set)
{
    ck_assert_int_eq(run("--epochs 0 --save w.safetensors"), 0);
    ck_assert_int_eq(run("evaluate --data @/set --weights w.safetensors"), 0);
    expect_in(out, "test: loss ");
    ck_assert_int_eq(run("evaluate --data @/set --weights w.safetensors --json --quiet"), 0);
    ck_assert_str_eq(log_text, "");
    expect_in(out, "{\"event\": \"result\", \"command\": \"evaluate\", \"test\": {\"loss\": ");
    expect_in(out, ", \"samples\": 21}}\n");
    ck_assert_int_eq(run("evaluate --data @/set --weights none.safetensors"), 5);
    ck_assert_int_eq(run("evaluate --data @/set --weights set/test-labels"), 3);
    model.test.reader = NULL;
    ck_assert_int_eq(run("evaluate --data @/set --weights w.safetensors"), 3);
    expect_in(log_text, "has no test set");
}
END_TEST

static void train_for_prediction(void)
{
    ck_assert_int_eq(run("--data @/set --epochs 60 --quiet --save w.safetensors"), 0);
}

START_TEST(predict_idx)
{
    train_for_prediction();
    ck_assert_msg(run("predict set/test-images --weights w.safetensors") == 0, "%s", log_text);
    char *labels = contents("set/test-labels");
    int sample = 0;
    for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n"), sample++) {
        int number, class;
        double probability;
        ck_assert_int_eq(sscanf(line, "%d %d %lf", &number, &class, &probability), 3);
        ck_assert_int_eq(number, sample);
        ck_assert_int_eq(class, labels[8 + sample]);
        ck_assert(probability > 0.34 && probability <= 1);
    }
    ck_assert_int_eq(sample, 21);
    free(labels);
}
END_TEST

START_TEST(predict_pictures)
{
    train_for_prediction();
    write_file(in_folder(folder, "a.pgm"), "P5 2 2 255\n\x05\x05\xff\x05", 15);
    write_file(in_folder(folder, "b.pgm"), "P5 3 2 255\n\x05\x05\xff\x05\x05\x05", 17);
    ck_assert_msg(run("predict a.pgm --weights w.safetensors --quiet") == 0, "%s", log_text);
    ck_assert_int_eq(strncmp(out, "     0      2  0.", 17), 0);
    ck_assert_int_eq(run("predict a.pgm a.pgm --weights w.safetensors --quiet"), 0);
    expect_in(out, "a.pgm:\n     0      2  0.");
    ck_assert_int_eq(run("predict a.pgm --weights w.safetensors --json"), 0);
    expect_in(out, "{\"event\": \"prediction\", \"file\": \"a.pgm\", \"sample\": 0, \"prepared\": \"used unchanged\", "
                   "\"class\": 2, \"probability\": 0.");
    expect_in(out, ", \"outputs\": [0.");
    ck_assert_int_eq(run("predict b.pgm --weights w.safetensors --raw"), 3);
    expect_in(log_text, "b.pgm: with --raw, the image must have the model's size (got 3x2, expected 2x2)");
    ck_assert_int_eq(run("predict b.pgm --weights w.safetensors"), 0);
    expect_in(out, "b.pgm: scaled to 2x2 (aspect ratio not kept)\n");
    model.sample_rank = 1;
    model.sample_dims[0] = 4;
    ck_assert_int_eq(run("predict a.pgm --weights w.safetensors"), 0);
    expect_in(out, "a.pgm: used unchanged\n");
    model.sample_dims[0] = 3; /* no square */
    ck_assert_int_eq(run("predict b.pgm --weights w.safetensors"), 3);
    expect_in(log_text, "b.pgm: the image does not fit the model \"tiny\" (got 3x2 pixels, expected 4 elements)");
}
END_TEST

START_TEST(predict_draws)
{
    train_for_prediction();
    setenv("LC_ALL", "C.UTF-8", 1);
    write_file(in_folder(folder, "a.pgm"), "P5 2 2 255\n\xff\x05\xff\x05", 15);
    ck_assert_int_eq(run("predict a.pgm --weights w.safetensors"), 0);
    expect_in(out, "a.pgm: used unchanged\n█ \n    0  ");
    setenv("LC_ALL", "C", 1);
    ck_assert_int_eq(run("predict a.pgm --weights w.safetensors"), 0);
    expect_in(out, "a.pgm: used unchanged\n@ \n    0  #");
    expect_in(out, "\n    1  ");
    expect_in(out, "\n    2  ");
    const char *last = strstr(out, "\nclass ");
    ck_assert_ptr_nonnull(last);
    const int best = last[7] - '0';
    ck_assert_int_eq(run("predict a.pgm --weights w.safetensors --top 1"), 0);
    char line[32];
    snprintf(line, sizeof line, "\n@ \n    %d  #", best);
    expect_in(out, line);
    ck_assert_ptr_null(strstr(out, best == 0 ? "\n    1  " : "\n    0  "));
    ck_assert_int_eq(run("predict a.pgm --weights w.safetensors --invert"), 0);
    expect_in(out, "a.pgm: inverted\n @\n    0  ");
    ck_assert_int_eq(run("predict a.pgm --weights w.safetensors --invert --raw"), 2);
    unsetenv("LC_ALL");
}
END_TEST

START_TEST(show_draws_samples)
{
    setenv("LC_ALL", "C", 1);
    ck_assert_msg(run("show --data @/set --set test --count 2") == 0, "%s", log_text);
    ck_assert_str_eq(log_text, "");
    expect_in(out, "test: 0 to 1 of 21 samples\n0:  1:\n"); /* labels are cut to the pictures' two columns */
    ck_assert_int_eq(run("show --data @/set --set test --from 20 --count 5 --json"), 0);
    expect_in(out, "{\"event\": \"sample\", \"set\": \"test\", \"sample\": 20, \"class\": ");
    ck_assert_ptr_null(strstr(out, "\"sample\": 21"));
    ck_assert_int_eq(run("show --data @/set --png grid.png"), 0);
    expect_in(log_text, "wrote 10 images to grid.png (");
    char *png = contents("grid.png");
    ck_assert_mem_eq(png, "\x89PNG", 4);
    free(png);
    ck_assert_int_eq(run("show --data @/set --png set"), 5);
    ck_assert_int_eq(run("show --data @/set --set tests"), 2);
    expect_in(log_text, "unknown value \"tests\" of option \"--set\" (expected train, test, validation)");
    ck_assert_int_eq(run("show --data @/set --from 1000"), 2);
    expect_in(log_text, "--from is past the end of the train set (got 1000, it has ");
    ck_assert_int_eq(run("show --data @/set --set validation"), 3);
    ck_assert_int_eq(run("show --data @/set --augmented"), 2);
    model.validation_split = 0.25;
    ck_assert_int_eq(run("show --data @/set --set validation --count 1"), 0);
    expect_in(out, "validation: 0 to 0 of ");
    unsetenv("LC_ALL");
}
END_TEST

START_TEST(predict_rejects)
{
    train_for_prediction();
    ck_assert_int_eq(run("predict none --weights w.safetensors"), 5);
    ck_assert_int_eq(run("predict set --weights w.safetensors"), 3);
    ck_assert_int_eq(run("predict set/test-labels --weights w.safetensors"), 3);
    expect_in(log_text, "got 1 dimension, expected 2 or more");
    ck_assert_int_eq(run("predict w.safetensors --weights w.safetensors"), 3);
    static const struct {
        const char *bytes, *message;
    } rows[] = {
        {"", "f: empty file (expected an image or a file of samples)\n"},
        {"\xFF\xD8\xFF\xE0", "f: at byte 4: JPEG is cut off"},
        {"GIF89a", "f: at byte 0: not an image or a file of samples (got a GIF image)\n"},
        {"BM1234", "f: at byte 0: not an image or a file of samples (got a BMP image)\n"},
        {"P6 1 1 255\nabc", "f: at byte 0: not an image or a file of samples (got a PPM image)\n"},
        {"text", "f: at byte 0: not an image or a file of samples (got a text file)\n"},
        {"\x01\x02", "f: at byte 0: not an image or a file of samples (got 0x01 0x02)\n"},
        {"P5", "f: at byte 2: image is cut off"},
        {"\x1F\x8B", "f: at byte 2: gzip stream is cut off"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_file(in_folder(folder, "f"), rows[i].bytes, strlen(rows[i].bytes));
        ck_assert_int_eq(run("predict f --weights w.safetensors"), 3);
        expect_in(log_text, rows[i].message);
    }
}
END_TEST

START_TEST(summary_is_a_table)
{
    ck_assert_int_eq(run("summary"), 0);
    expect_in(out, "Model: \"tiny\"\n");
    expect_in(out, " Layer (type)                      Output Shape                        Param #\n");
    expect_in(out, " dense (dense)                     (None, 3)                                15\n");
    expect_in(out, " input (input)                     (None, 2, 2, 1)                           0\n");
    expect_in(out, " Total params: 15 (60 B)\n");
    expect_in(out, " Optimizer: sgd, learning rate 0.5\n");
    ck_assert_int_eq(run("summary --json"), 0);
    expect_in(out,
              "{\"name\": \"dense\", \"type\": \"dense\", \"output_shape\": [null, 3], \"params\": 15, \"flops\": 24}");
}
END_TEST

START_TEST(bench_measures_prediction_and_training)
{
    ck_assert_msg(run("bench --data @/set --seconds 0 --threads 2") == 0, "%s%s", out, log_text);
    expect_in(out, "tiny, 2 threads, ");
    expect_in(out, "prediction, 1 sample ");
    expect_in(out, "training step, ");
    ck_assert_msg(!strstr(out, "peak"), "%s", out);
    expect_in(log_text, "note: --profile also shows");
    ck_assert_int_eq(run("bench --data @/set --seconds 0 --threads 2 --profile"), 0);
    expect_in(out, "\ndense: tiny_forward "); /* the layer, where the function is not named after it */
    expect_in(out, "\npeak: ");
    expect_in(out, "\ntiny_update ");
    ck_assert_int_eq(run("bench --data @/set --seconds 0 --json --quiet --profile"), 0);
    expect_in(out, "{\"event\": \"function\", \"name\": \"tiny_gradients\", \"layer\": \"dense\", \"flops\": 192, ");
    expect_in(out, ", \"peak\": ");
    ck_assert_int_eq(run("bench --data @/set --seconds 0 --json --quiet"), 0);
    expect_in(out, "{\"event\": \"result\", \"command\": \"bench\", \"threads\": ");
    ck_assert_msg(!strstr(out, "peak"), "%s", out);
    ck_assert_int_eq(run("bench --data @/none --seconds 0"), 5);
    ck_assert_int_eq(run("bench --seconds 3601"), 2);
}
END_TEST

START_TEST(gradcheck_tells_right_from_wrong)
{
    ck_assert_msg(run("gradcheck") == 0, "%s%s", out, log_text);
    expect_in(out, "gradients of \"tiny\" on 8 random samples");
    expect_in(out, "dense.kernel              (4, 3)                 12      0 ");
    expect_in(out, "agrees\n");
    expect_in(out, "\ngradients agree\n");
    for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n"))
        ck_assert_msg(strlen(line) <= 80, "longer than 80 columns: %s", line);
    ck_assert_int_eq(run("gradcheck --data @/set --threads 3"), 0);
    expect_in(out, "on 8 training samples");
    ck_assert_int_eq(run("gradcheck --data @/none"), 5);
    tiny_wrong_gradient = 4;
    ck_assert_int_eq(run("gradcheck"), 70);
    expect_in(out, "DIFFERS\n  element 4: generated ");
    expect_in(out, "gradients differ\n");
    ck_assert_int_eq(run("gradcheck --json"), 70);
    expect_in(out, "\"agrees\": false}\n");
    tiny_wrong_gradient = -1;
}
END_TEST

START_TEST(gradcheck_needs_the_reference)
{
    model.reference = NULL;
    ck_assert_int_eq(run("gradcheck"), 2);
    expect_in(log_text, "error: the program has no reference network to compare its gradients with\n"
                        "hint: mnnc --with-reference tiny.mnn -o tiny.c\n");
    ck_assert_str_eq(out, "");
    model.source = "two words";
    ck_assert_int_eq(run("gradcheck --json"), 2);
    expect_in(log_text, "hint: mnnc --with-reference 'two words' -o 'two words.c'\n");
}
END_TEST

/* --- how it looks ------------------------------------------------------------------------------------ */

START_TEST(the_line_of_a_step)
{
    char line[MNN_LINE_SIZE];
    const mnn_step_report r = {
        .epoch = 3, .epochs = 10, .step = 1200, .steps = 1875, .score = {0.05124, {0.98413}, 38400}, .seconds = 2.1};
    mnn_step_line(line, &model, &r, 100);
    ck_assert_str_eq(line, "1200/1875 [============>.......] 2.1s, 1.2s left - loss: 0.0512 - accuracy: 0.9841");
    mnn_step_line(line, &model, &r, 80);
    ck_assert_uint_eq(strlen(line), 79);
    expect_in(line, "1200/1875 [==========>......] 2.1s");
    expect_in(line, " - accuracy: 0.9841");
    mnn_step_line(line, &model, &r, 66);
    ck_assert_str_eq(line, "1200/1875 2.1s, 1.2s left - loss: 0.0512 - accuracy: 0.9841");
    mnn_step_line(line, &model, &r, 30);
    ck_assert_str_eq(line, "1200/1875 2.1s, 1.2s left - l");
}
END_TEST

START_TEST(the_line_of_an_epoch)
{
    char line[MNN_LINE_SIZE];
    mnn_epoch_report r = {.epoch = 3,
                          .epochs = 10,
                          .steps = 1875,
                          .score = {0.0512, {0.9841}, 60000},
                          .has_validation = true,
                          .validation = {0.0004, {1}, 6000},
                          .seconds = 187.4,
                          .step_seconds = 3.375};
    mnn_epoch_line(line, &model, &r, 140);
    ck_assert_str_eq(line, "1875/1875 [====================] 3m07s 1.8ms/step - loss: 0.0512 - accuracy: 0.9841"
                           " - val_loss: 4.0000e-04 - val_accuracy: 1.0000");
    model.metric_count = 0;
    r.has_validation = false;
    mnn_epoch_line(line, &model, &r, 0);
    ck_assert_str_eq(line, "1875/1875 3m07s 1.8ms/step - loss: 0.0512");
    r.seconds = 3725;
    r.step_seconds = 1875 * 2.5;
    mnn_epoch_line(line, &model, &r, 0);
    ck_assert_str_eq(line, "1875/1875 1h02m 2.5s/step - loss: 0.0512");
}
END_TEST

START_TEST(numbers)
{
    char text[32], shape[64];
    static const int dims[] = {26, 26, 32};
    ck_assert_str_eq(mnn_count_text(text, 0), "0");
    ck_assert_str_eq(mnn_time_text(text, 0.0000342), "34.2 us");
    ck_assert_str_eq(mnn_time_text(text, 1.5), "1.5 s");
    ck_assert_str_eq(mnn_count_text(text, 999), "999");
    ck_assert_str_eq(mnn_count_text(text, 542230), "542,230");
    ck_assert_str_eq(mnn_count_text(text, 1234567890), "1,234,567,890");
    ck_assert_str_eq(mnn_bytes_text(text, 60), "60 B");
    ck_assert_str_eq(mnn_bytes_text(text, 2168920), "2.07 MB");
    ck_assert_str_eq(mnn_shape_text(shape, true, dims, 3), "(None, 26, 26, 32)");
    ck_assert_str_eq(mnn_shape_text(shape, false, dims, 1), "(26)");
    ck_assert_str_eq(mnn_value_text(text, 0), "0.0000");
    ck_assert_str_eq(mnn_value_text(text, 2.30259), "2.3026");
}
END_TEST

/* Everything that a run writes to a terminal on standard error. */
static char *run_in_terminal(const char *term, unsigned short columns)
{
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert_int_ge(master, 0);
    ck_assert_int_eq(grantpt(master) | unlockpt(master), 0);
    const int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    const struct winsize size = {.ws_row = 24, .ws_col = columns};
    ck_assert_int_eq(ioctl(slave, TIOCSWINSZ, &size), 0);
    const pid_t child = fork();
    if (child == 0) {
        char data[600], *argv[] = {"./tiny", "--data", data, NULL};
        strcpy(data, in_folder(folder, "set"));
        setenv("TERM", term, 1);
        unsetenv("COLUMNS");
        dup2(slave, 2);
        if (!freopen("/dev/null", "w", stdout))
            _exit(99);
        const int code = mnn_main(&model, 3, argv);
        leave(code);
    }
    close(slave);
    char *text = calloc(1, 1 << 16);
    size_t length = 0;
    for (ssize_t n; length < 60000 && (n = read(master, text + length, 4096)) > 0;)
        length += (size_t)n;
    int status;
    waitpid(child, &status, 0);
    close(master);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x: %s", (unsigned)status, text);
    return text;
}

START_TEST(a_terminal_shows_a_bar)
{
    char *text = run_in_terminal("xterm", 60);
    expect_in(text, "Epoch 1/3\r\n\r1/8 ");
    expect_in(text, "Epoch 3/3\r\n\r1/8 ");
    expect_in(text, "\r8/8 ");
    ck_assert_ptr_null(strstr(text, "epoch 1/3:"));
    free(text);
}
END_TEST

/* Of 1000 columns 500 are used; of one that says 0, 80. */
START_TEST(a_line_never_fills_the_terminal)
{
    static const unsigned short columns[] = {0, 1, 2, 10, 20, 1000};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        const size_t most = columns[i] == 0 ? 79 : columns[i] < 3 ? 1 : columns[i] > 500 ? 499 : columns[i] - 1u;
        char *text = run_in_terminal("xterm", columns[i]);
        char *begin = strchr(text, '\n');
        ck_assert_ptr_nonnull(begin); /* of the line that says what is trained on, which stays */
        for (char *line = strtok(begin, "\r\n"); line; line = strtok(NULL, "\r\n"))
            ck_assert_msg(strlen(line) <= most, "%u columns: %s", columns[i], line);
        free(text);
    }
}
END_TEST

START_TEST(a_dumb_terminal_gets_plain_lines)
{
    char *text = run_in_terminal("dumb", 60);
    expect_in(text, "epoch 1/3: 8/8 ");
    expect_in(text, "epoch 3/3: 8/8 ");
    for (const char *c = text; *c; c++)
        ck_assert_msg(*c != '\033' && (*c != '\r' || c[1] == '\n'), "%s", c);
    free(text);
}
END_TEST

START_TEST(long_work_is_shown)
{
    char *text = NULL;
    size_t size;
    mnn_meter m = {.out = open_memstream(&text, &size)};
    for (int second = 1; second <= 60; second++)
        mnn_meter_work(&m, "gradients", second / 60.0, second);
    mnn_meter_end(&m);
    fflush(m.out);
    ck_assert_str_eq(text, "gradients: 8% after 5.0s, 55.0s left\ngradients: 17% after 10.0s, 50.0s left\n"
                           "gradients: 33% after 20.0s, 40.0s left\ngradients: 67% after 40.0s, 20.0s left\n");
    fclose(m.out);
    free(text);
    m = (mnn_meter){.out = open_memstream(&text, &size), .terminal = true};
    setenv("COLUMNS", "40", 1);
    mnn_meter_work(&m, "gradients", 0.01, 0.05); /* too soon */
    mnn_meter_work(&m, "gradients", 0.25, 1);
    mnn_meter_work(&m, "gradients", 0.25, 1.05);
    mnn_meter_work(&m, "gradients", 1, 4);
    mnn_meter_end(&m);
    mnn_meter_draw(&m, "ab");
    mnn_meter_erase(&m);
    mnn_meter_end(&m); /* nothing is shown */
    unsetenv("COLUMNS");
    fclose(m.out);
    ck_assert_str_eq(text, "\rgradients [==>........] 1.0s, 3.0s left\rgradients [===========] 4.0s, 0.0s left\n"
                           "\rab\r  \r");
    free(text);
}
END_TEST

START_TEST(a_line_is_folded)
{
    char *text = NULL;
    size_t size;
    FILE *out_file = open_memstream(&text, &size);
    mnn_print_folded(out_file, "8/8 0.1s - val_accuracy: 0.9", 11);
    mnn_print_folded(out_file, "", 11);
    mnn_print_folded(out_file, "ab", 1);
    fclose(out_file);
    ck_assert_str_eq(text, "8/8 0.1s -\nval_accura\ncy: 0.9\n\na\nb\n");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli");
    TCase *c = tcase_create("cli");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, usage_errors);
    tcase_add_test(c, no_file_is_written_over_another);
    tcase_add_test(c, a_training_may_replace_what_it_begins_with);
    tcase_add_test(c, help_is_there_for_every_command);
    tcase_add_test(c, version_names_model_and_library);
    tcase_add_test(c, another_abi_is_refused);
    tcase_add_test(c, options_stand_anywhere);
    tcase_add_test(c, nearest_words);
    tcase_add_test(c, train_prints_what_it_does);
    tcase_add_test(c, quiet_prints_the_result_alone);
    tcase_add_test(c, json_is_one_object_a_line);
    tcase_add_test(c, initial_weights_need_no_data);
    tcase_add_test(c, options_reach_the_training);
    tcase_add_test(c, training_goes_on_from_weights);
    tcase_add_test(c, callbacks_are_done);
    tcase_add_test(c, a_checkpoint_that_fails_does_not_stop_the_training);
    tcase_add_test(c, a_confusion_matrix_is_a_table);
    tcase_add_test(c, histories_are_written);
    tcase_add_test(c, data_is_found_on_the_path);
    tcase_add_test(c, rejected_data);
    tcase_add_test(c, a_place_that_cannot_be_written_is_noticed_first);
    tcase_add_test(c, names_of_checkpoints_may_be_long);
    tcase_add_test(c, a_training_that_does_not_learn_is_told);
    tcase_add_test(c, divergence_leaves_rows_alone);
    tcase_add_test(c, a_signal_saves_and_ends);
    tcase_add_test(c, a_second_signal_ends_at_once);
    tcase_add_test(c, output_that_nobody_reads);
    tcase_add_test(c, evaluate_the_test_set);
    tcase_add_test(c, predict_idx);
    tcase_add_test(c, predict_pictures);
    tcase_add_test(c, predict_draws);
    tcase_add_test(c, show_draws_samples);
    tcase_add_test(c, predict_rejects);
    tcase_add_test(c, summary_is_a_table);
    tcase_add_test(c, bench_measures_prediction_and_training);
    tcase_add_test(c, gradcheck_tells_right_from_wrong);
    tcase_add_test(c, gradcheck_needs_the_reference);
    tcase_add_test(c, the_line_of_a_step);
    tcase_add_test(c, the_line_of_an_epoch);
    tcase_add_test(c, numbers);
    tcase_add_test(c, a_terminal_shows_a_bar);
    tcase_add_test(c, a_line_never_fills_the_terminal);
    tcase_add_test(c, a_dumb_terminal_gets_plain_lines);
    tcase_add_test(c, long_work_is_shown);
    tcase_add_test(c, a_line_is_folded);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
