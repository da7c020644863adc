/* Checkpoints whose metadata and counters are hostile. A changed file would only ever break a checksum
 * (fuzz_safetensors tries those): an input says what to change in a good checkpoint, which is then written with right
 * checksums and read.
 *
 * An input is text: lines "key=value" put a value in the place of the one that a key has, or add the key; lines "key"
 * leave the key out. An input that begins with "#" is for a model without callbacks, which keeps no best weights.
 * Behind a byte 0xFF may follow bytes for the two tensors of counters. */
#define _GNU_SOURCE
#include "input.h"

#include "mnn/safetensors.h"
#include "tests/runtime/tiny_model.h"
#include "train/checkpoint.h"
#include "train/state_text.h"

enum { STEPS = 5, ENTRIES = MNN_STATE_FIELDS + 32, COUNTERS = 18, TEXT_ENDS = 0xFF };

static const mnn_callback callbacks[] = {
    {.kind = MNN_CALLBACK_EARLY_STOPPING, .metric = -1, .patience = 1, .restore_best_weights = true},
    {.kind = MNN_CALLBACK_REDUCE_LR_ON_PLATEAU, .metric = 0, .patience = 1, .cooldown = 2, .factor = 0.5},
};
static const mnn_metric metrics[] = {{MNN_METRIC_ACCURACY, "accuracy", 0},
                                     {MNN_METRIC_CONFUSION_MATRIX, "confusion_matrix", 0},
                                     {MNN_METRIC_F1, "f1", 0}};
static float moment[TINY_PARAMS], best[TINY_PARAMS];
static const mnn_slot slots[] = {{"m", moment, 0}};

static mnn_model plain_model(void)
{
    mnn_model model = tiny_model();
    model.metrics = metrics;
    model.metric_count = 3;
    model.slots = slots;
    model.slot_count = 1;
    return model;
}

static mnn_model full_model(void)
{
    mnn_model model = plain_model();
    model.callbacks = callbacks;
    model.callback_count = 2;
    model.best_params = best;
    return model;
}

/* What the metadata say, and what the counters' tensors hold. */
typedef struct contents {
    mnn_st_entry entries[ENTRIES];
    int count;
    float counters[2][COUNTERS];
} contents;

static void set(contents *c, const char *key, const char *value)
{
    int i = 0;
    while (i < c->count && strcmp(c->entries[i].key, key) != 0)
        i++;
    if (i == ENTRIES)
        return;
    c->count += i == c->count;
    c->entries[i] = (mnn_st_entry){key, value};
}

static void leave_out(contents *c, const char *key)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->entries[i].key, key) == 0)
            c->entries[i--] = c->entries[--c->count];
}

/* @param text  is taken apart */
static void change(contents *c, char *text)
{
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *equals = strchr(line, '=');
        if (equals)
            *equals = '\0';
        if (strncmp(line, "sha256:", 7) == 0)
            continue; /* a save writes these itself */
        if (equals)
            set(c, line, equals + 1);
        else
            leave_out(c, line);
    }
}

static mnn_status save(const contents *c, bool with_best, const char *path)
{
    static const int dims[2][2] = {{2, 9}, {2, 9}}, kernel[] = {TINY_IN, TINY_CLASSES}, bias[] = {TINY_CLASSES};
    static const char *const prefixes[] = {"", "optimizer.m.", "best."};
    static char names[3][2][40];
    mnn_st_tensor all[8];
    mnn_error err;
    int count = 0;
    for (int i = 0; i < 2 + with_best; i++) {
        snprintf(names[i][0], sizeof names[i][0], "%sdense.kernel", prefixes[i]);
        snprintf(names[i][1], sizeof names[i][1], "%sdense.bias", prefixes[i]);
        all[count++] = (mnn_st_tensor){names[i][0], 2, kernel, best};
        all[count++] = (mnn_st_tensor){names[i][1], 1, bias, best};
    }
    all[count++] = (mnn_st_tensor){"epoch.counts.0", 2, dims[0], (float *)(uintptr_t)c->counters[0]};
    all[count++] = (mnn_st_tensor){"epoch.counts.1", 2, dims[1], (float *)(uintptr_t)c->counters[1]};
    return mnn_safetensors_save(path, all, count, c->entries, c->count, &err);
}

static bool same_text(const mnn_state_text *a, const mnn_state_text *b)
{
    bool same = a->count == b->count;
    for (int i = 0; i < a->count && same; i++)
        same = strcmp(a->field[i].value, b->field[i].value) == 0;
    return same;
}

static void tell(void *context, const mnn_note *note)
{
    (void)context;
    must(note->text != NULL && note->text[0], "a note says something");
}

/* A training goes on with the state: the epoch that runs is over. */
static void go_on(mnn_state *state)
{
    mnn_epoch_report report = {.epoch = state->epoch, .score = mnn_tally_score(&state->tally)};
    mnn_callbacks_epoch(&state->callbacks, &report, tell, NULL);
    mnn_callbacks_end(&state->callbacks, &report, tell, NULL);
}

static void load(const mnn_model *model, const mnn_identity *identity, const char *path)
{
    mnn_state state;
    mnn_state_text before, after;
    mnn_error err = {""};
    bool damaged = false;
    must(mnn_state_new(model, &state, &err) == MNN_OK, "a state");
    mnn_state_write(&state, &before);
    const mnn_status status = mnn_checkpoint_load(model, &state, identity, path, &damaged, &err);
    mnn_state_write(&state, &after);
    must(status == MNN_OK || status == MNN_EFORMAT || status == MNN_ENOMEM, "a status that checkpoint.h names");
    if (status) {
        must(strstr(err.text, path) != NULL, "the message names the file");
        must(same_text(&before, &after), "a refused checkpoint changes no state");
    } else {
        must(state.epoch >= 1 && state.step <= STEPS, "a place in a training");
        go_on(&state);
    }
    mnn_state_free(&state);
}

static char folder[256];

static void remove_scratch(void)
{
    remove_folder(folder);
}

/* A save makes a new file beside the old one, so that there must be a folder, below TMPDIR. It becomes the current one:
 * a search takes up what is compared, and is the same every time only if no random name is. */
static void enter_scratch(void)
{
    const char *place = getenv("TMPDIR");
    if (folder[0])
        return;
    snprintf(folder, sizeof folder, "%s/checkpoint-XXXXXX", place ? place : "/tmp");
    if (!mkdtemp(folder) || chdir(folder) != 0 || atexit(remove_scratch) != 0)
        abort();
}

/* Nor must the names of temporary files be others. */
pid_t getpid(void)
{
    return 4711;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const bool plain = size > 0 && data[0] == '#';
    const mnn_model model = plain ? plain_model() : full_model();
    const uint8_t *end = memchr(data, TEXT_ENDS, size);
    const size_t length = end ? (size_t)(end - data) : size, bytes = end ? size - length - 1 : 0;
    mnn_identity identity = {.steps = STEPS};
    mnn_state state;
    mnn_state_text text;
    mnn_error err;
    contents c = {.entries = {{"format", "mnn"}, {MNN_CHECKPOINT_KEY, MNN_CHECKPOINT_LAYOUT}}, .count = 2};
    must(mnn_state_new(&model, &state, &err) == MNN_OK, "a state");
    mnn_state_write(&state, &text);
    mnn_state_free(&state);
    for (int i = 0; i < MNN_IDENTITY_ITEMS; i++) {
        snprintf(identity.text[i], MNN_IDENTITY_TEXT, "text %d", i);
        set(&c, mnn_identity_keys[i], identity.text[i]);
    }
    for (int i = 0; i < text.count; i++)
        set(&c, text.field[i].key, text.field[i].value);
    if (bytes)
        memcpy(c.counters, end + 1, bytes < sizeof c.counters ? bytes : sizeof c.counters);
    char *words = strndup((const char *)data, length);
    change(&c, words);
    static const char path[] = "c.safetensors";
    enter_scratch();
    if (save(&c, !plain, path) == MNN_OK)
        load(&model, &identity, path);
    free(words);
    return 0;
}
