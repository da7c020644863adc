/* What checkpoints are made of: names, locks, leavings, rows of histories, and the file itself. */
#define _GNU_SOURCE
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/runtime/tiny_model.h"

#include "base/lock.h"
#include "base/previous.h"
#include "base/process.h"
#include "base/temporary.h"
#include "train/checkpoint.h"
#include "train/history_rows.h"
#include "train/state_text.h"
#include "train/weights.h"

static char folder[64];
static mnn_error err;

static void set_up(void)
{
    make_folder(folder);
    err.text[0] = '\0';
}

static void tear_down(void)
{
    remove_folder(folder);
}

static const char *put(const char *name, const char *text)
{
    const char *path = in_folder(folder, name);
    write_file(path, text, strlen(text));
    return path;
}

static bool there(const char *name)
{
    return access(in_folder(folder, name), F_OK) == 0;
}

static void expect_in(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in \"%s\"", part, text);
}

/* --- names, locks, leavings ---------------------------------------------------------------------- */

START_TEST(the_name_of_the_file_before)
{
    static const char *const rows[][2] = {
        {"cnn.safetensors", "cnn.prev.safetensors"},
        {"a.b/cnn.safetensors", "a.b/cnn.prev.safetensors"},
        {"cnn", "cnn.prev"},
        {"cnn.st", "cnn.st.prev"},
        {".safetensors", ".safetensors.prev"},
        {"x.safetensors.safetensors", "x.safetensors.prev.safetensors"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *name = mnn_previous_name(rows[i][0]);
        ck_assert_str_eq(name, rows[i][1]);
        free(name);
    }
}
END_TEST

START_TEST(the_file_before_is_kept)
{
    const char *path = put("c", "new"), *previous = put("c.prev", "old");
    ck_assert_int_eq(mnn_previous_keep(path, previous), 0);
    char *text = read_file(previous);
    ck_assert_str_eq(text, "new");
    free(text);
    ck_assert(there("c"));
    /* now both are one file, and nothing else is there */
    ck_assert_int_eq(mnn_previous_keep(path, previous), 0);
    ck_assert(there("c") && there("c.prev"));
    ck_assert_int_eq(remove(path), 0);
    ck_assert_int_eq(remove(previous), 0);
    ck_assert_int_eq(mnn_previous_keep(path, previous), 0); /* there is none */
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
}
END_TEST

START_TEST(one_holds_the_lock)
{
    mnn_lock first, second;
    const char *path = in_folder(folder, "c");
    ck_assert_int_eq(mnn_lock_take(&first, path, &err), MNN_OK);
    ck_assert_int_eq(mnn_lock_take(&second, path, &err), MNN_EIO);
    expect_in(err.text, "/c: could not lock: another training keeps its checkpoints there");
    mnn_lock_release(&second);
    ck_assert(there("c.lock"));
    mnn_lock_release(&first);
    ck_assert(!there("c.lock"));
    ck_assert_int_eq(mnn_lock_take(&second, path, &err), MNN_OK);
    mnn_lock_release(&second);
    ck_assert_int_eq(mnn_lock_take(&second, in_folder(folder, "no/c"), &err), MNN_EIO);
    expect_in(err.text, "/no/c.lock: could not lock: No such file or directory");
}
END_TEST

START_TEST(a_lock_may_lose_its_name)
{
    mnn_lock first, second;
    const char *path = in_folder(folder, "c");
    ck_assert_int_eq(mnn_lock_take(&first, path, &err), MNN_OK);
    ck_assert(mnn_lock_has_name(&first));
    ck_assert_int_eq(unlink(first.path), 0);
    ck_assert(!mnn_lock_has_name(&first));
    ck_assert_int_eq(mnn_lock_take(&second, path, &err), MNN_OK);
    ck_assert(!mnn_lock_has_name(&first));
    ck_assert_int_eq(mnn_lock_take_again(&first, &err), MNN_EIO);
    expect_in(err.text, "/c.lock: could not lock: another training keeps its checkpoints there");
    mnn_lock_release(&first);
    ck_assert_msg(there("c.lock"), "another's lock is removed");
    ck_assert_int_eq(mnn_lock_take(&first, in_folder(folder, "d"), &err), MNN_OK);
    ck_assert_int_eq(unlink(first.path), 0);
    ck_assert_int_eq(mnn_lock_take_again(&first, &err), MNN_OK);
    ck_assert(mnn_lock_has_name(&first) && there("d.lock"));
    mnn_lock_release(&first);
    mnn_lock_release(&second);
    ck_assert(!there("c.lock") && !there("d.lock"));
}
END_TEST

START_TEST(a_dead_program_holds_no_lock)
{
    mnn_lock lock;
    const char *path = in_folder(folder, "c");
    int ready[2], status;
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        const bool good = mnn_lock_take(&lock, path, &err) == MNN_OK;
        while (write(ready[1], good ? "y" : "n", 1) == 1)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'y');
    ck_assert_int_eq(mnn_lock_take(&lock, path, &err), MNN_EIO);
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(there("c.lock"));
    ck_assert_int_eq(mnn_lock_take(&lock, path, &err), MNN_OK);
    mnn_lock_release(&lock);
    ck_assert(!there("c.lock"));
}
END_TEST

START_TEST(left_temporaries_are_removed)
{
    static const char *const kept[] = {"c",         "c.tmp-1",    "c.tmp-1-",    "c.tmp--1", "c.tmp-1-2x",
                                       "c.tmp-x-2", "cc.tmp-1-2", "c2.tmp-1-22", "c.tmp-9-9"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        put(kept[i], "");
    put("c.tmp-12-0", "");
    put("c.tmp-3-77", "");
    /* a living program writes this one */
    const int fd = open(in_folder(folder, "c.tmp-9-9"), O_RDWR);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    mnn_temporary_clean(in_folder(folder, "c"));
    ck_assert(!there("c.tmp-12-0") && !there("c.tmp-3-77"));
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        ck_assert_msg(there(kept[i]), "%s is gone", kept[i]);
    close(fd);
    mnn_temporary_clean(in_folder(folder, "no/c"));
}
END_TEST

START_TEST(leftovers_vanish)
{
    const int first = mnn_leftover_note(put("a", "")), second = mnn_leftover_note(put("b", ""));
    mnn_leftover_forget(first);
    mnn_leftovers_remove();
    ck_assert(there("a") && !there("b"));
    mnn_leftover_forget(second);
    mnn_leftover_forget(-1);
    int taken = 0;
    while (mnn_leftover_note("x") >= 0)
        taken++;
    ck_assert_int_eq(taken, 16);
}
END_TEST

/* --- histories ----------------------------------------------------------------------------------- */

/* What is left of a text when a training goes on at a place. */
static void expect_rows(mnn_history_kind kind, const char *text, int epoch, uint32_t step, const char *rows)
{
    mnn_rows r;
    ck_assert_int_eq(mnn_rows_read(put("h", text), &r, &err), MNN_OK);
    const char *names = kind == MNN_HISTORY_CSV ? "epoch,loss\n" : "";
    ck_assert_msg(mnn_rows_cut(&r, kind, names, epoch, step, &err) == MNN_OK, "%s", err.text);
    ck_assert_uint_eq(r.size, strlen(rows));
    ck_assert_mem_eq(r.begin, rows, r.size);
    mnn_rows_free(&r);
}

static void refuse_rows(mnn_history_kind kind, const char *text, const char *part)
{
    mnn_rows r;
    ck_assert_int_eq(mnn_rows_read(put("h", text), &r, &err), MNN_OK);
    const char *names = kind == MNN_HISTORY_CSV ? "epoch,loss\n" : "";
    ck_assert_int_eq(mnn_rows_cut(&r, kind, names, 9, 9, &err), MNN_EFORMAT);
    expect_in(err.text, part);
    mnn_rows_free(&r);
}

START_TEST(rows_before_the_place_are_kept)
{
    expect_rows(MNN_HISTORY_CSV, "epoch,loss\n1,0.5\n2,0.4\n3,0.3\n", 3, 7, "1,0.5\n2,0.4\n");
    expect_rows(MNN_HISTORY_CSV, "epoch,loss\n1,0.5\n2,0.4\n", 3, 0, "1,0.5\n2,0.4\n");
    expect_rows(MNN_HISTORY_CSV, "epoch,loss\n1,0.5\n2,0.", 3, 0, "1,0.5\n");
    expect_rows(MNN_HISTORY_CSV, "epoch,loss\n1,0.5\n", 1, 3, "");
    expect_rows(MNN_HISTORY_CSV, "epoch,loss\n2,0.5\n", 3, 0, "2,0.5\n"); /* asked for later than at the beginning */
    expect_rows(MNN_HISTORY_CSV, "", 3, 0, "");
    expect_rows(MNN_HISTORY_JSONL, "{\"epoch\": 1, \"loss\": 1}\n{\"epoch\": 2, \"loss\": 1}\n", 2, 0,
                "{\"epoch\": 1, \"loss\": 1}\n");
#define ROW(epoch, step) "{\"epoch\": " #epoch ", \"step\": " #step ", \"loss\": 1}\n"
    expect_rows(MNN_HISTORY_STEPS, ROW(1, 1) ROW(1, 2) ROW(2, 1) ROW(2, 2) ROW(2, 3), 2, 2,
                ROW(1, 1) ROW(1, 2) ROW(2, 1) ROW(2, 2));
    expect_rows(MNN_HISTORY_STEPS, ROW(1, 1) ROW(1, 2) ROW(2, 1), 2, 0, ROW(1, 1) ROW(1, 2));
    mnn_rows r;
    ck_assert_int_eq(mnn_rows_read(in_folder(folder, "none"), &r, &err), MNN_OK);
    ck_assert_int_eq(mnn_rows_cut(&r, MNN_HISTORY_CSV, "epoch,loss\n", 1, 0, &err), MNN_OK);
    ck_assert_uint_eq(r.size, 0);
    ck_assert_int_eq(mnn_rows_read(folder, &r, &err), MNN_EFORMAT); /* a folder */
}
END_TEST

START_TEST(other_files_are_no_histories)
{
    refuse_rows(MNN_HISTORY_CSV, "epoch,loss,accuracy\n1,2,3\n", "(got \"epoch,loss,accuracy\", expected the columns");
    refuse_rows(MNN_HISTORY_CSV, "epoch", "(got \"epoch\", expected the columns of this model)");
    refuse_rows(MNN_HISTORY_CSV, "epoch,loss\n1,2\n1,2\n", ": at byte 15: not the history of this training");
    refuse_rows(MNN_HISTORY_CSV, "epoch,loss\n2,2\n1,2\n",
                "(got \"1,2\", expected a row after that of the previous epoch");
    refuse_rows(MNN_HISTORY_CSV, "epoch,loss\nDear diary\n", "(got \"Dear diary\"");
    refuse_rows(MNN_HISTORY_JSONL, "1,2\n", "(got \"1,2\"");
    refuse_rows(MNN_HISTORY_STEPS, ROW(1, 1) ROW(1, 1), ": at byte ");
    refuse_rows(MNN_HISTORY_STEPS, ROW(1, 0), ": at byte 0: ");
}
END_TEST

/* --- the state ----------------------------------------------------------------------------------- */

static const mnn_callback callbacks[] = {
    {.kind = MNN_CALLBACK_EARLY_STOPPING, .metric = -1, .patience = 1, .restore_best_weights = true},
    {.kind = MNN_CALLBACK_REDUCE_LR_ON_PLATEAU, .metric = -1, .factor = 0.5},
};
static const mnn_metric metrics[] = {{MNN_METRIC_F1, "f1", 0}, {MNN_METRIC_CONFUSION_MATRIX, "confusion_matrix", 0}};
static float best[TINY_PARAMS], moment[TINY_PARAMS];
static const mnn_slot slots[] = {{"m", moment, 0}};

static mnn_model full_model(void)
{
    mnn_model model = tiny_model();
    model.callbacks = callbacks;
    model.callback_count = 2;
    model.metrics = metrics;
    model.metric_count = 2;
    model.best_params = best;
    model.slots = slots;
    model.slot_count = 1;
    return model;
}

/* Another value for every field, and every number of the arrays. */
static void change_field(void *context, const char *key, mnn_field_kind kind, void *value)
{
    (void)key;
    const int n = ++*(int *)context;
    if (kind == MNN_FIELD_FLAG)
        *(bool *)value = n % 2;
    else if (kind == MNN_FIELD_INT)
        *(int *)value = n;
    else if (kind == MNN_FIELD_COUNT)
        *(uint32_t *)value = UINT32_MAX - (uint32_t)n;
    else if (kind == MNN_FIELD_LONG)
        *(uint64_t *)value = UINT64_MAX - (uint64_t)n;
    else
        *(double *)value = (n % 5 == 0 ? INFINITY : n % 7 == 0 ? 5e-324 : 0.1) * n;
}

static void compare_texts(const mnn_state_text *a, const mnn_state_text *b)
{
    ck_assert_int_eq(a->count, b->count);
    for (int i = 0; i < a->count; i++) {
        ck_assert_str_eq(a->field[i].key, b->field[i].key);
        ck_assert_str_eq(a->field[i].value, b->field[i].value);
    }
}

START_TEST(every_number_of_a_state_comes_back)
{
    const mnn_model model = full_model();
    mnn_state from, to;
    mnn_state_text text, again;
    char *values[MNN_STATE_FIELDS];
    int n = 0;
    ck_assert_int_eq(mnn_state_new(&model, &from, &err), MNN_OK);
    ck_assert_int_eq(mnn_state_new(&model, &to, &err), MNN_OK);
    mnn_state_fields(&from, change_field, &n);
    mnn_state_write(&from, &text);
    ck_assert_int_eq(text.count, n);
    for (int i = 0; i < n; i++) {
        values[i] = text.field[i].value;
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(text.field[i].key, text.field[j].key);
    }
    ck_assert_msg(mnn_state_read(&to, &text, values, "f", &err) == MNN_OK, "%s", err.text);
    mnn_state_write(&to, &again);
    compare_texts(&text, &again);
    ck_assert_mem_eq(&from.callbacks.watch, &to.callbacks.watch, sizeof from.callbacks.watch);
    ck_assert(from.seconds == to.seconds && from.last.score.loss == to.last.score.loss);
    values[3] = NULL;
    ck_assert_int_eq(mnn_state_read(&to, &text, values, "f", &err), MNN_EFORMAT);
    expect_in(err.text, "f: metadata \"state.learning_rate\" (got nothing, expected a value like \"");
    static const char *const wrong[] = {"", "-1", "1.5", "4294967296", " 1", "1 ", "0x1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char shown[16];
        snprintf(shown, sizeof shown, "%s", wrong[i]);
        values[1] = shown;
        ck_assert_int_eq(mnn_state_read(&to, &text, values, "f", &err), MNN_EFORMAT);
        expect_in(err.text, "f: metadata \"state.step\" (got \"");
    }
    mnn_state_free(&from);
    mnn_state_free(&to);
}
END_TEST

/* A place in the training that can be one: the third step of the second epoch. */
static void set_place(mnn_state *s)
{
    s->epoch = 2;
    s->step = 3;
    s->updates = 8;
    s->last.epoch = 1;
    for (int i = 0; i < 9; i++) {
        s->tally.right[i] = (uint64_t)i * 0x123456789;
        s->tally.confusion[i] = (1u << 24) - 1 + (uint64_t)i;
    }
    for (int i = 0; i < TINY_PARAMS; i++) {
        tiny_params[i] = (float)i;
        moment[i] = 0.5f * (float)i;
        best[i] = -(float)i;
    }
}

START_TEST(a_checkpoint_holds_all)
{
    const mnn_model model = full_model();
    mnn_identity identity = {.steps = 5};
    mnn_state from, to;
    mnn_state_text text, again;
    bool damaged;
    const char *path = in_folder(folder, "c.safetensors");
    char file[100];
    snprintf(file, sizeof file, "%s", path);
    for (int i = 0; i < MNN_IDENTITY_ITEMS; i++)
        snprintf(identity.text[i], MNN_IDENTITY_TEXT, "text %d", i);
    mnn_architecture(&model, identity.text[0]);
    ck_assert_int_eq(mnn_state_new(&model, &from, &err), MNN_OK);
    ck_assert_int_eq(mnn_state_new(&model, &to, &err), MNN_OK);
    set_place(&from);
    ck_assert_msg(mnn_checkpoint_save(&model, &from, &identity, file, &(mnn_replaced){.previous = NULL}, &err) ==
                      MNN_OK,
                  "%s", err.text);
    memset(tiny_params, 0, sizeof tiny_params);
    memset(moment, 0, sizeof moment);
    memset(best, 0, sizeof best);
    ck_assert_msg(mnn_checkpoint_load(&model, &to, &identity, file, &damaged, &err) == MNN_OK, "%s", err.text);
    int wrong = 0;
    for (int i = 0; i < TINY_PARAMS; i++)
        wrong += tiny_params[i] != (float)i || moment[i] != 0.5f * (float)i || best[i] != -(float)i;
    ck_assert_int_eq(wrong, 0);
    ck_assert_mem_eq(from.tally.right, to.tally.right, 9 * sizeof *from.tally.right);
    ck_assert_mem_eq(from.tally.confusion, to.tally.confusion, 9 * sizeof *from.tally.confusion);
    mnn_state_write(&from, &text);
    mnn_state_write(&to, &again);
    compare_texts(&text, &again);
    /* it will do as weights; weights will not do as a checkpoint */
    memset(tiny_params, 0, sizeof tiny_params);
    ck_assert_msg(mnn_weights_load(&model, file, NULL, &err) == MNN_OK, "%s", err.text);
    ck_assert(tiny_params[TINY_PARAMS - 1] == (float)(TINY_PARAMS - 1));
    snprintf(identity.text[2], MNN_IDENTITY_TEXT, "another");
    ck_assert_int_eq(mnn_checkpoint_load(&model, &to, &identity, file, &damaged, &err), MNN_EFORMAT);
    ck_assert(!damaged);
    expect_in(err.text, "the checkpoint is of another seed (got seed \"text 2\", expected \"another\")\nhint: ");
    from.updates = 9; /* that is no place */
    ck_assert_int_eq(mnn_checkpoint_save(&model, &from, &identity, file, &(mnn_replaced){.previous = NULL}, &err),
                     MNN_OK);
    ck_assert_int_eq(mnn_checkpoint_load(&model, &to, &identity, file, &damaged, &err), MNN_EFORMAT);
    expect_in(err.text, "epoch 2, step 3 after 9 steps (epochs have 5)");
    ck_assert(damaged);
    moment[0] = NAN;
    ck_assert_int_eq(mnn_checkpoint_save(&model, &from, &identity, file, &(mnn_replaced){.previous = NULL}, &err),
                     MNN_EDIVERGED);
    expect_in(err.text, "not saved: tensor \"optimizer.m.dense.kernel\" holds nan at element 0");
    mnn_state_free(&from);
    mnn_state_free(&to);
}
END_TEST

static void note_of(void *context, const mnn_note *note)
{
    (void)context;
    ck_assert_ptr_nonnull(note->text);
}

/* Write a checkpoint again, with right checksums, but with another value under a key, or another first counter. */
static void rewrite(const char *file, const mnn_state_text *text, const char *key, const char *value, float counter)
{
    const char *keys[MNN_STATE_FIELDS + 32] = {"format", MNN_CHECKPOINT_KEY, "model", "epoch"};
    char *values[MNN_STATE_FIELDS + 32];
    float data[16][64];
    mnn_st_tensor *tensors = NULL;
    mnn_st_entry entries[MNN_STATE_FIELDS + 32];
    int count = 4, tensor_count = 0;
    for (int i = 0; i < MNN_IDENTITY_ITEMS; i++)
        keys[count++] = mnn_identity_keys[i];
    for (int i = 0; i < text->count; i++)
        keys[count++] = text->field[i].key;
    ck_assert_int_eq(mnn_safetensors_list(file, &tensors, &tensor_count, keys, count, values, &err), MNN_OK);
    ck_assert_int_le(tensor_count, 16);
    for (int i = 0; i < tensor_count; i++)
        tensors[i].data = data[i];
    ck_assert_msg(mnn_safetensors_load(file, tensors, tensor_count, NULL, 0, NULL, &err) == MNN_OK, "%s", err.text);
    for (int i = 0; i < tensor_count; i++)
        if (counter != 0 && strcmp(tensors[i].name, "epoch.counts.0") == 0)
            data[i][0] = counter;
    for (int i = 0; i < count; i++)
        entries[i] = (mnn_st_entry){keys[i], strcmp(keys[i], key) == 0 ? value : values[i]};
    ck_assert_msg(mnn_safetensors_save(file, tensors, tensor_count, entries, count, &err) == MNN_OK, "%s", err.text);
    for (int i = 0; i < count; i++)
        free(values[i]);
    free(tensors);
}

START_TEST(a_whole_checkpoint_may_be_wrong)
{
    static const struct {
        const char *key, *value;
        float counter;
        const char *message; /* NULL: it is none, and taken */
    } rows[] = {
        {"epoch", "1", 0, NULL},
        {MNN_CHECKPOINT_KEY, "2", 0, "the checkpoint has another layout (got \"2\", expected \"1\")"},
        {"state.epoch", "0", 0, "epoch 0, step 3 after 8 steps (epochs have 5)"},
        {"state.epoch", "2147483647", 0, "epoch 2147483647, step 3 after 8 steps (epochs have 5)"},
        {"state.step", "6", 0, "epoch 2, step 6 after 8 steps (epochs have 5)"},
        {"state.updates", "9", 0, "epoch 2, step 3 after 9 steps (epochs have 5)"},
        {"state.callbacks.stop", "maybe", 0,
         "metadata \"state.callbacks.stop\" (got \"maybe\", expected a value like \"no\")"},
        {"state.callbacks.learning_rate", "-1", 0, "metadata \"state.callbacks.learning_rate\" (got \"-1\""},
        {"state.callbacks.learning_rate", "inf", 0, "metadata \"state.callbacks.learning_rate\" (got \"inf\""},
        {"state.learning_rate", "nan", 0, "metadata \"state.learning_rate\" (got \"nan\""},
        {"state.best.epoch", "2", 0, "metadata \"state.best.epoch\" (got 2, expected at most 1)"},
        {"state.last.loss", "1.5x", 0, "metadata \"state.last.loss\" (got \"1.5x\""},
        {"", "", 0.5f, "tensor \"epoch.counts.0\" holds no counter at element 0"},
        {"", "", -1, "tensor \"epoch.counts.0\" holds no counter at element 0"},
        {"", "", 16777216, "tensor \"epoch.counts.0\" holds no counter at element 0"},
    };
    const mnn_model model = full_model();
    mnn_identity identity = {.steps = 5};
    mnn_state from, to;
    mnn_state_text text, before, after;
    bool damaged;
    char file[100];
    snprintf(file, sizeof file, "%s", in_folder(folder, "c.safetensors"));
    for (int i = 0; i < MNN_IDENTITY_ITEMS; i++)
        snprintf(identity.text[i], MNN_IDENTITY_TEXT, "text %d", i);
    ck_assert_int_eq(mnn_state_new(&model, &from, &err), MNN_OK);
    set_place(&from);
    mnn_state_write(&from, &text);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_int_eq(mnn_checkpoint_save(&model, &from, &identity, file, &(mnn_replaced){.previous = NULL}, &err),
                         MNN_OK);
        rewrite(file, &text, rows[i].key, rows[i].value, rows[i].counter);
        ck_assert_int_eq(mnn_state_new(&model, &to, &err), MNN_OK);
        mnn_state_write(&to, &before);
        ck_assert_int_eq(mnn_checkpoint_load(&model, &to, &identity, file, &damaged, &err),
                         rows[i].message ? MNN_EFORMAT : MNN_OK);
        if (rows[i].message) {
            expect_in(err.text, rows[i].message);
            mnn_state_write(&to, &after);
            compare_texts(&before, &after); /* the state is as it was */
        }
        mnn_state_free(&to);
    }
    mnn_state_free(&from);
}
END_TEST

/* Waiting is counted without an end: 2,147,483,647 epochs are enough for any patience. */
START_TEST(a_hostile_number_of_epochs_is_no_overflow)
{
    const mnn_model model = full_model();
    const mnn_epoch_report report = {.epoch = 2, .score = {.loss = 1}};
    mnn_callbacks c = mnn_callbacks_new(&model, 0.1);
    c.watch[0] = (mnn_watch){.has_best = true, .best = 0, .wait = INT_MAX};
    c.watch[1] = (mnn_watch){.has_best = true, .best = 0, .wait = INT_MAX};
    mnn_callbacks_epoch(&c, &report, note_of, NULL);
    ck_assert(c.stop && c.watch[0].wait == INT_MAX);
    ck_assert_int_eq(c.watch[1].wait, 0); /* the learning rate has been reduced */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *c = tcase_create("checkpoint");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, the_name_of_the_file_before);
    tcase_add_test(c, the_file_before_is_kept);
    tcase_add_test(c, one_holds_the_lock);
    tcase_add_test(c, a_lock_may_lose_its_name);
    tcase_add_test(c, a_dead_program_holds_no_lock);
    tcase_add_test(c, left_temporaries_are_removed);
    tcase_add_test(c, leftovers_vanish);
    tcase_add_test(c, rows_before_the_place_are_kept);
    tcase_add_test(c, other_files_are_no_histories);
    tcase_add_test(c, every_number_of_a_state_comes_back);
    tcase_add_test(c, a_checkpoint_holds_all);
    tcase_add_test(c, a_whole_checkpoint_may_be_wrong);
    tcase_add_test(c, a_hostile_number_of_epochs_is_no_overflow);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
