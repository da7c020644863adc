#include "train/checkpoint.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/report.h"
#include "io/safetensors_save.h"
#include "train/state_text.h"

enum { NAME_ROOM = 32 /* for the text before a tensor's name, or for a name of counters */ };
enum { COUNT_BITS = 24 /* of a counter that a float takes exactly */ };

/* --- tensors ------------------------------------------------------------------------------------- */

/* All tensors of a checkpoint, and their memory. */
typedef struct contents {
    const mnn_model *model;
    mnn_st_tensor *tensors;
    int count;
    char *names, *next_name;
    float *counters[MNN_TALLY_COUNTS]; /* [2, size]: low bits, then high bits */
    int counter_dims[MNN_TALLY_COUNTS][2];
    mnn_counts counts[MNN_TALLY_COUNTS];
} contents;

static void contents_free(contents *c)
{
    free(c->tensors);
    free(c->names);
    for (int i = 0; i < MNN_TALLY_COUNTS; i++)
        free(c->counters[i]);
}

static void add(contents *c, const char *prefix, const char *name, const mnn_tensor *shape, float *data)
{
    char *full = c->next_name;
    c->next_name += sprintf(full, "%s%s", prefix, name) + 1;
    c->tensors[c->count++] = (mnn_st_tensor){full, shape->rank, shape->dims, data + shape->offset};
}

static void add_model(contents *c)
{
    const mnn_model *m = c->model;
    for (int i = 0; i < m->tensor_count; i++)
        add(c, "", m->tensors[i].name, &m->tensors[i], m->params);
    for (int slot = 0; slot < m->slot_count; slot++) {
        char prefix[NAME_ROOM];
        snprintf(prefix, sizeof prefix, MNN_CHECKPOINT_SLOT "%s.", m->slots[slot].name);
        for (int i = 0; i < m->tensor_count; i++)
            if (m->tensors[i].trainable)
                add(c, prefix, m->tensors[i].name, &m->tensors[i], m->slots[slot].data);
    }
    for (int i = 0; i < m->tensor_count && m->best_params; i++)
        add(c, MNN_CHECKPOINT_BEST, m->tensors[i].name, &m->tensors[i], m->best_params);
}

/* A float has 24 bits: a counter takes two of them. */
static bool add_counts(contents *c, int nth)
{
    const mnn_counts *counts = &c->counts[nth];
    if (counts->size == 0)
        return true;
    c->counters[nth] = malloc(2 * (size_t)counts->size * sizeof(float));
    if (!c->counters[nth])
        return false;
    for (int i = 0; i < counts->size; i++) {
        c->counters[nth][i] = (float)(counts->data[i] & ((1u << COUNT_BITS) - 1));
        c->counters[nth][counts->size + i] = (float)(counts->data[i] >> COUNT_BITS);
    }
    c->counter_dims[nth][0] = 2;
    c->counter_dims[nth][1] = counts->size;
    char *name = c->next_name;
    c->next_name += sprintf(name, MNN_CHECKPOINT_COUNTS "%d", nth) + 1;
    c->tensors[c->count++] = (mnn_st_tensor){name, 2, c->counter_dims[nth], c->counters[nth]};
    return true;
}

static mnn_status contents_new(contents *c, const mnn_model *model, const mnn_state *state, mnn_error *err)
{
    const size_t copies = 2 + (size_t)model->slot_count;
    size_t bytes = MNN_TALLY_COUNTS * NAME_ROOM;
    *c = (contents){.model = model};
    mnn_tally_counts(&state->tally, c->counts);
    for (int i = 0; i < model->tensor_count; i++)
        bytes += copies * (NAME_ROOM + strlen(model->tensors[i].name));
    c->names = c->next_name = malloc(bytes);
    c->tensors = malloc((copies * (size_t)model->tensor_count + MNN_TALLY_COUNTS) * sizeof *c->tensors);
    bool good = c->names && c->tensors;
    if (good)
        add_model(c);
    for (int i = 0; i < MNN_TALLY_COUNTS && good; i++)
        good = add_counts(c, i);
    if (good)
        return MNN_OK;
    contents_free(c);
    return mnn_fail(err, MNN_ENOMEM, "out of memory for the checkpoint");
}

/* --- saving -------------------------------------------------------------------------------------- */

mnn_status mnn_checkpoint_save(const mnn_model *model, mnn_state *state, const mnn_identity *identity, const char *path,
                               const mnn_replaced *old, mnn_error *err)
{
    char epoch[16];
    mnn_state_text text;
    contents c;
    mnn_st_entry entries[4 + MNN_IDENTITY_ITEMS + MNN_STATE_FIELDS] = {
        {"format", "mnn"}, {MNN_CHECKPOINT_KEY, MNN_CHECKPOINT_LAYOUT}, {"model", model->name}, {"epoch", epoch}};
    int count = 4;
    snprintf(epoch, sizeof epoch, "%d", state->last.epoch);
    for (int i = 0; i < MNN_IDENTITY_ITEMS; i++)
        entries[count++] = (mnn_st_entry){mnn_identity_keys[i], identity->text[i]};
    mnn_state_write(state, &text);
    for (int i = 0; i < text.count; i++)
        entries[count++] = (mnn_st_entry){text.field[i].key, text.field[i].value};
    mnn_status status = contents_new(&c, model, state, err);
    if (status)
        return status;
    status = mnn_safetensors_save_keeping(path, old, c.tensors, c.count, entries, count, err);
    contents_free(&c);
    return status;
}

/* --- loading ------------------------------------------------------------------------------------- */

/* Their indices among the values. */
enum { LAYOUT_AT, DIGEST_AT, IDENTITY_AT, STATE_AT = IDENTITY_AT + MNN_IDENTITY_ITEMS };

/* The keys that are looked up in the metadata: layout, whether there are digests, identity, state. */
typedef struct lookup {
    mnn_state_text text;
    int count;
    const char *keys[STATE_AT + MNN_STATE_FIELDS];
    char *values[STATE_AT + MNN_STATE_FIELDS];
} lookup;

static void lookup_new(lookup *l, mnn_state *state)
{
    mnn_state_write(state, &l->text);
    l->count = 0;
    l->keys[l->count++] = MNN_CHECKPOINT_KEY;
    l->keys[l->count++] = "sha256:__metadata__";
    for (int i = 0; i < MNN_IDENTITY_ITEMS; i++)
        l->keys[l->count++] = mnn_identity_keys[i];
    for (int i = 0; i < l->text.count; i++)
        l->keys[l->count++] = l->text.field[i].key;
    memset(l->values, 0, sizeof l->values);
}

static void lookup_free(lookup *l)
{
    for (int i = 0; i < l->count; i++)
        free(l->values[i]);
}

static mnn_status check_layout(const char *path, const lookup *l, mnn_error *err)
{
    char shown[MNN_NAME_SHOWN];
    const char *found = l->values[LAYOUT_AT];
    if (!found)
        return mnn_fail_file(err, MNN_EFORMAT, path,
                             "has weights but no checkpoint (the metadata have no \"" MNN_CHECKPOINT_KEY
                             "\")\nhint: --weights starts a training with these weights");
    if (!l->values[DIGEST_AT])
        return mnn_fail_file(err, MNN_EFORMAT, path, "the checkpoint has no SHA-256 of its tensors and metadata");
    if (strcmp(found, MNN_CHECKPOINT_LAYOUT) == 0)
        return MNN_OK;
    return mnn_fail_file(err, MNN_EFORMAT, path,
                         "the checkpoint has another layout (got \"%s\", expected \"" MNN_CHECKPOINT_LAYOUT "\")",
                         mnn_printable(shown, sizeof shown, found));
}

/* Counters from pairs of floats, which must be what a save writes. */
static mnn_status join_counts(const contents *c, const char *path, mnn_error *err)
{
    const float limit = (float)(1u << COUNT_BITS);
    for (int nth = 0; nth < MNN_TALLY_COUNTS; nth++)
        for (int i = 0; i < c->counts[nth].size; i++) {
            const float low = c->counters[nth][i], high = c->counters[nth][c->counts[nth].size + i];
            if (!(low >= 0 && low < limit && high >= 0 && high < limit) || low != (float)(uint32_t)low ||
                high != (float)(uint32_t)high)
                return mnn_fail_file(err, MNN_EFORMAT, path,
                                     "tensor \"" MNN_CHECKPOINT_COUNTS "%d\" holds no counter at element %d", nth, i);
            c->counts[nth].data[i] = (uint64_t)(uint32_t)low | (uint64_t)(uint32_t)high << COUNT_BITS;
        }
    return MNN_OK;
}

/* Whether a position in the training is possible. */
static mnn_status check_place(const mnn_state *s, uint32_t steps, const char *path, mnn_error *err)
{
    if (s->epoch >= 1 && s->epoch < INT_MAX && s->step <= steps && s->last.epoch == s->epoch - 1 &&
        s->updates == (uint64_t)(s->epoch - 1) * steps + s->step)
        return MNN_OK;
    return mnn_fail_file(err, MNN_EFORMAT, path,
                         "epoch %d, step %" PRIu32 " after %" PRIu64 " steps (epochs have %" PRIu32 ")", s->epoch,
                         s->step, s->updates, steps);
}

/* Whether the best weights can be of the epoch that is named: 0 where none are kept. */
static mnn_status check_best(const mnn_model *model, const mnn_state *s, const char *path, mnn_error *err)
{
    const int got = s->callbacks.best.epoch, most = model->best_params ? s->last.epoch : 0;
    return got <= most ? MNN_OK
                       : mnn_fail_file(err, MNN_EFORMAT, path,
                                       "metadata \"state.best.epoch\" (got %d, expected at most %d)", got, most);
}

/* Read what fits in all its parts; the model and the state change in the end. */
static mnn_status load_all(const contents *c, mnn_state *state, lookup *l, uint32_t steps, const char *path,
                           mnn_error *err)
{
    mnn_state read = *state;
    mnn_status status = mnn_state_read(&read, &l->text, l->values + STATE_AT, path, err);
    if (!status)
        status = check_place(&read, steps, path, err);
    if (!status)
        status = check_best(c->model, &read, path, err);
    if (!status)
        status = mnn_safetensors_load(path, c->tensors, c->count, NULL, 0, NULL, err);
    if (!status)
        status = join_counts(c, path, err);
    if (!status)
        *state = read;
    return status;
}

static mnn_status load_checked(const mnn_model *model, mnn_state *state, lookup *l, uint32_t steps, const char *path,
                               mnn_error *err)
{
    contents c;
    mnn_status status = contents_new(&c, model, state, err);
    if (status)
        return status;
    status = load_all(&c, state, l, steps, path, err);
    contents_free(&c);
    return status;
}

mnn_status mnn_checkpoint_load(const mnn_model *model, mnn_state *state, const mnn_identity *identity, const char *path,
                               bool *damaged, mnn_error *err)
{
    mnn_st_tensor *tensors = NULL;
    int count = 0;
    lookup l;
    lookup_new(&l, state);
    *damaged = true;
    mnn_status status = mnn_safetensors_list(path, &tensors, &count, l.keys, l.count, l.values, err);
    free(tensors);
    if (!status) {
        *damaged = false; /* the metadata are whole */
        status = check_layout(path, &l, err);
    }
    if (!status)
        status = mnn_identity_check(identity, l.values + IDENTITY_AT, path, err);
    if (!status) {
        *damaged = true;
        status = load_checked(model, state, &l, identity->steps, path, err);
    }
    lookup_free(&l);
    return status;
}
