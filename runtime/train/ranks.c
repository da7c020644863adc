#include "train/ranks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "mnn/gemm.h"
#include "train/blocks.h"
#include "train/identity.h"
#include "transport/transport.h"

enum { MOST_ITEMS = MNN_IDENTITY_ITEMS + 3 };

/* What the others must have like rank 0. */
typedef struct facts {
    struct {
        char name[24], value[MNN_IDENTITY_TEXT];
    } item[MOST_ITEMS];
    int count;
} facts;

/* What a rank says, and rank 0 answers. */
typedef struct report {
    mnn_status status;
    int rank; /* that has failed, or differs */
    mnn_error error;
    facts facts;
} report;

static bool agreed;
static int failed; /* the rank, if they have */

bool mnn_ranks_agreed(void)
{
    return agreed;
}

/* The first failure, or else the first difference from rank 0. */
static void judge(const report *all, int ranks, report *verdict)
{
    const facts *own = &all[0].facts;
    for (int r = 0; r < ranks && !verdict->status; r++) {
        verdict->rank = r;
        if (all[r].status)
            verdict->status =
                mnn_fail(&verdict->error, all[r].status, r > 0 ? "rank %d: %s" : "%.0d%s", r, all[r].error.text);
        for (int i = 0; i < own->count && !verdict->status; i++)
            if (strcmp(all[r].facts.item[i].value, own->item[i].value) != 0)
                verdict->status =
                    mnn_fail(&verdict->error, MNN_EFORMAT, "rank %d has another %s than rank 0 (got %s, expected %s)",
                             r, own->item[i].name, all[r].facts.item[i].value, own->item[i].value);
    }
}

static mnn_status ask_all(report *own, report *all, mnn_error *err)
{
    const int ranks = mnn_transport_size();
    all[0] = *own;
    for (int r = 1; r < ranks; r++)
        mnn_transport_receive(r, &all[r], sizeof all[r]);
    const mnn_status status = mnn_transport_wait(err);
    if (status)
        return status;
    *own = (report){.status = MNN_OK};
    judge(all, ranks, own);
    for (int r = 1; r < ranks; r++)
        mnn_transport_send(r, own, sizeof *own);
    return mnn_transport_wait(err);
}

static mnn_status answer(report *own, mnn_error *err)
{
    mnn_transport_send(0, own, sizeof *own);
    const mnn_status status = mnn_transport_wait(err);
    if (status)
        return status;
    mnn_transport_receive(0, own, sizeof *own);
    return mnn_transport_wait(err);
}

static mnn_status agree(report *own, mnn_error *err)
{
    report *all = NULL;
    mnn_status status = MNN_OK;
    if (mnn_transport_rank() == 0) {
        all = calloc((size_t)mnn_transport_size(), sizeof *all);
        status = all ? ask_all(own, all, err)
                     : mnn_fail(err, MNN_ENOMEM, "out of memory for %d ranks", mnn_transport_size());
        free(all);
    } else {
        status = answer(own, err);
    }
    if (status)
        return status;
    agreed = own->status != MNN_OK;
    failed = agreed ? own->rank : mnn_transport_size();
    if (agreed && err)
        *err = own->error;
    return own->status;
}

mnn_status mnn_ranks_agree(mnn_status status, mnn_error *err)
{
    if (mnn_transport_size() == 1)
        return status;
    report own = {.status = status};
    if (status)
        own.error = *err;
    return agree(&own, err);
}

/* --- what they have in common --------------------------------------------------------------------- */

static void add(facts *f, const char *name, const char *value)
{
    snprintf(f->item[f->count].name, sizeof f->item[f->count].name, "%s", name);
    for (char *c = f->item[f->count].name; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    snprintf(f->item[f->count].value, sizeof f->item[f->count].value, "%s", value);
    f->count++;
}

/* What their results depend on besides. */
static void add_machine(facts *f)
{
    char text[MNN_SHA256_TEXT] = "unknown";
    SHA256File("/proc/self/exe", text);
    add(f, "program", text);
    add(f, "processor", mnn_gemm_processor());
}

static void add_weights(facts *f, const mnn_model *model)
{
    char text[MNN_SHA256_TEXT];
    SHA256Data((const uint8_t *)model->params,
               (size_t)(model->param_count + model->state_count) * sizeof *model->params, text);
    add(f, "weights file", text);
}

mnn_status mnn_ranks_compare_test(const mnn_model *model, const mnn_dataset *test, mnn_error *err)
{
    char text[MNN_FINGERPRINT_SIZE];
    report own = {.status = MNN_OK};
    if (mnn_transport_size() == 1)
        return MNN_OK;
    mnn_dataset_fingerprint(test, text);
    add(&own.facts, "test set", text);
    add_weights(&own.facts, model);
    add_machine(&own.facts);
    return agree(&own, err);
}

mnn_status mnn_ranks_compare_files(const mnn_model *model, char *const *files, int count, mnn_status status,
                                   mnn_error *err)
{
    char text[MNN_SHA256_TEXT];
    report own = {.status = status};
    SHA2_CTX names;
    if (status)
        own.error = *err;
    SHA256Init(&names);
    for (int i = 0; i < count; i++)
        SHA256Update(&names, (const uint8_t *)files[i], strlen(files[i]) + 1);
    SHA256End(&names, text);
    add(&own.facts, "list of files", text);
    add_weights(&own.facts, model);
    add_machine(&own.facts);
    return agree(&own, err);
}

mnn_status mnn_ranks_compare(const mnn_training *training, mnn_error *err)
{
    if (mnn_transport_size() == 1)
        return MNN_OK;
    char text[16];
    report own = {.status = MNN_OK};
    mnn_identity identity;
    mnn_identity_of(training, &identity);
    for (int i = 0; i < MNN_IDENTITY_ITEMS; i++)
        add(&own.facts, mnn_identity_keys[i], identity.text[i]);
    add_machine(&own.facts);
    snprintf(text, sizeof text, "%d", training->epochs);
    add(&own.facts, "number of epochs", text);
    return agree(&own, err);
}

/* --- what they get from rank 0 -------------------------------------------------------------------- */

/* Start the messages of an array from rank 0 to all others. */
static void spread(void *data, size_t bytes)
{
    if (mnn_transport_rank() > 0)
        mnn_transport_receive(0, data, bytes);
    for (int r = 1; r < mnn_transport_size() && mnn_transport_rank() == 0; r++)
        mnn_transport_send(r, data, bytes);
}

/* Start the messages of the optimizer's slots between rank 0 and the ranks that own blocks of them. */
static void exchange_slots(const mnn_model *model, bool to_owners)
{
    const int ranks = mnn_transport_size(), own = mnn_transport_rank();
    for (int r = 1; r < ranks; r++) {
        const mnn_block b = mnn_block_of(model, ranks, r);
        for (int i = 0; i < model->slot_count && b.end > b.begin && (own == 0 || own == r); i++) {
            float *data = model->slots[i].data + b.begin;
            const size_t bytes = (size_t)(b.end - b.begin) * sizeof *data;
            if ((own == 0) == to_owners)
                mnn_transport_send(own == 0 ? r : 0, data, bytes);
            else
                mnn_transport_receive(own == 0 ? r : 0, data, bytes);
        }
    }
}

mnn_status mnn_ranks_gather(const mnn_model *model, bool wanted, mnn_error *err)
{
    int due = wanted;
    if (mnn_transport_size() == 1)
        return MNN_OK;
    spread(&due, sizeof due);
    const mnn_status status = mnn_transport_wait(err);
    if (status || !due)
        return status;
    exchange_slots(model, false);
    return mnn_transport_wait(err);
}

mnn_status mnn_ranks_share(const mnn_model *model, mnn_state *state, mnn_error *err)
{
    const size_t all = (size_t)(model->param_count + model->state_count) * sizeof(float);
    mnn_counts counts[MNN_TALLY_COUNTS];
    mnn_state received = *state;
    if (mnn_transport_size() == 1)
        return MNN_OK;
    mnn_tally_counts(&state->tally, counts);
    spread(model->params, all);
    if (model->best_params)
        spread(model->best_params, all);
    for (int i = 0; i < MNN_TALLY_COUNTS; i++)
        spread(counts[i].data, (size_t)counts[i].size * sizeof *counts[i].data);
    spread(&received, sizeof received); /* the same program: the same layout, but for its pointers */
    mnn_status status = mnn_transport_wait(err);
    if (!status && received.updates > 0) { /* else every owner has initialized its own */
        exchange_slots(model, true);
        status = mnn_transport_wait(err);
    }
    if (status)
        return status;
    received.tally.model = received.callbacks.model = model;
    received.tally.right = state->tally.right;
    received.tally.said = state->tally.said;
    received.tally.is = state->tally.is;
    received.tally.confusion = state->tally.confusion;
    *state = received;
    return MNN_OK;
}

/* --- what rank 0 prints ------------------------------------------------------------------------------ */

/* The text of a rank. */
static mnn_status print_other(FILE *out, int rank, mnn_error *err)
{
    uint64_t size = 0;
    mnn_transport_receive(rank, &size, sizeof size);
    mnn_status status = mnn_transport_wait(err);
    char *text = status ? NULL : malloc(size + 1);
    if (!status && !text)
        status = mnn_fail(err, MNN_ENOMEM, "out of memory for the output of rank %d", rank);
    if (!status) {
        mnn_transport_receive(rank, text, size);
        status = mnn_transport_wait(err);
    }
    if (!status)
        fwrite(text, 1, size, out);
    free(text);
    return status;
}

static mnn_status print_all(FILE *out, const char *text, size_t size, mnn_error *err)
{
    const int rank = mnn_transport_rank();
    const uint64_t length = size;
    mnn_status status = MNN_OK;
    if (rank == 0) {
        fwrite(text, 1, size, out);
        for (int r = 1; r < mnn_transport_size() && r <= failed && !status; r++)
            status = print_other(out, r, err);
    } else if (rank <= failed) {
        mnn_transport_send(0, &length, sizeof length);
        mnn_transport_send(0, text, size);
        status = mnn_transport_wait(err);
    }
    return status;
}

mnn_status mnn_ranks_print(FILE *out, const char *text, size_t size, mnn_status status, mnn_error *err)
{
    mnn_error why;
    const mnn_status all = mnn_ranks_agree(status, err);
    const mnn_status printed = all && !agreed ? MNN_OK : print_all(out, text, size, &why);
    if (all || !printed)
        return all;
    *err = why;
    return printed;
}
