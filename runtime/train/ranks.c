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
    mnn_error error;
    facts facts;
} report;

static bool agreed;

bool mnn_ranks_agreed(void)
{
    return agreed;
}

/* The first failure, or else the first difference from rank 0. */
static void judge(const report *all, int ranks, report *verdict)
{
    const facts *own = &all[0].facts;
    for (int r = 0; r < ranks && !verdict->status; r++) {
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

mnn_status mnn_ranks_compare(const mnn_training *training, mnn_error *err)
{
    if (mnn_transport_size() == 1)
        return MNN_OK;
    char text[MNN_SHA256_TEXT] = "unknown";
    report own = {.status = MNN_OK};
    mnn_identity identity;
    mnn_identity_of(training, &identity);
    for (int i = 0; i < MNN_IDENTITY_ITEMS; i++)
        add(&own.facts, mnn_identity_keys[i], identity.text[i]);
    SHA256File("/proc/self/exe", text);
    add(&own.facts, "program", text);
    add(&own.facts, "processor", mnn_gemm_processor());
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
    int answer = wanted;
    if (mnn_transport_size() == 1)
        return MNN_OK;
    spread(&answer, sizeof answer);
    const mnn_status status = mnn_transport_wait(err);
    if (status || !answer)
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
