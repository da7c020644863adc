/* Which samples of a training set are held out for validation. */
#include <inttypes.h>
#include <stdlib.h>

#include "data/dataset.h"
#include "math/math.h"
#include "mnn/rng.h"

/* The state of a split. */
typedef struct split {
    uint32_t count, held;           /* samples; those to hold out */
    uint32_t in_class[MNN_CLASSES]; /* samples of every class */
    uint32_t of_class[MNN_CLASSES]; /* ... and those to hold out */
    uint32_t *drawn;                /* [count] all samples, in a random order */
    uint8_t *is_held, *class_of;    /* [count] */
} split;

/* --- classes ---------------------------------------------------------------------------------------- */

/* Targets that are no classes count as one class. */
static void find_classes(split *s, const mnn_dataset *set, mnn_split_order order)
{
    mnn_class_labels labels;
    const bool stratified = order == MNN_SPLIT_STRATIFIED && mnn_dataset_classes(set, &labels);
    for (uint32_t i = 0; i < s->count; i++) {
        s->class_of[i] = stratified ? (uint8_t)mnn_class_of(&labels, i) : 0;
        s->in_class[s->class_of[i]]++;
    }
}

/* The class that should give one more sample: that with the largest rest which keeps one; else the one with most
 * left. */
static int next_giver(const split *s, const bool gave[MNN_CLASSES])
{
    int best = -1, richest = 0;
    uint64_t rest = 0;
    for (int c = 0; c < MNN_CLASSES; c++) {
        const uint64_t own = (uint64_t)s->in_class[c] * s->held % s->count;
        const uint32_t left = s->in_class[c] - s->of_class[c];
        if (!gave[c] && left > 1 && own > rest) {
            best = c;
            rest = own;
        }
        if (left > s->in_class[richest] - s->of_class[richest])
            richest = c;
    }
    return best >= 0 ? best : richest;
}

/* Every class gives its proportion, rounded so that the sum is right: largest remainders first. */
static void share_out(split *s)
{
    bool gave[MNN_CLASSES] = {false};
    uint32_t given = 0;
    for (int c = 0; c < MNN_CLASSES; c++) {
        s->of_class[c] = (uint32_t)((uint64_t)s->in_class[c] * s->held / s->count);
        given += s->of_class[c];
    }
    for (; given < s->held; given++) {
        const int giver = next_giver(s, gave);
        gave[giver] = true;
        s->of_class[giver]++;
    }
}

/* --- samples ---------------------------------------------------------------------------------------- */

/* @param order  [count] filled: training in the order of the file, then what is held out, as it was drawn */
static void draw(split *s, uint64_t seed, uint32_t *order)
{
    uint32_t at = s->count - s->held;
    mnn_permute(s->drawn, 0, s->count, seed, MNN_STREAM_SPLIT, 0);
    for (uint32_t i = 0; i < s->count; i++) {
        const uint32_t sample = s->drawn[i];
        if (s->of_class[s->class_of[sample]] == 0)
            continue;
        s->of_class[s->class_of[sample]]--;
        s->is_held[sample] = true;
        order[at++] = sample;
    }
    at = 0;
    for (uint32_t i = 0; i < s->count; i++)
        if (!s->is_held[i])
            order[at++] = i;
}

static mnn_status draw_order(mnn_dataset *set, const mnn_model *model, uint32_t held, mnn_error *err)
{
    split s = {.count = set->count, .held = held};
    s.drawn = malloc(set->count * sizeof *s.drawn);
    s.is_held = calloc(set->count, 1);
    s.class_of = malloc(set->count);
    set->order = malloc(set->count * sizeof *set->order);
    const bool room = s.drawn && s.is_held && s.class_of && set->order;
    if (room) {
        find_classes(&s, set, model->validation_order);
        share_out(&s);
        draw(&s, model->seed, set->order);
    }
    free(s.drawn);
    free(s.is_held);
    free(s.class_of);
    return room ? MNN_OK : mnn_fail(err, MNN_ENOMEM, "out of memory for the order of %" PRIu32 " samples", set->count);
}

mnn_status mnn_dataset_split(mnn_dataset *set, const mnn_model *model, mnn_samples *training, mnn_samples *validation,
                             mnn_error *err)
{
    const double share = model->validation_split;
    const uint32_t kept = (uint32_t)((double)set->count * (1.0 - share));
    if (kept == 0)
        return mnn_fail(err, MNN_EFORMAT,
                        "the validation split of %g leaves nothing to train on (the training set has %" PRIu32
                        " samples)",
                        share, set->count);
    if (model->validation_order != MNN_SPLIT_LAST && kept < set->count) {
        const mnn_status status = draw_order(set, model, set->count - kept, err);
        if (status)
            return status;
    }
    *training = (mnn_samples){set, 0, kept, set->order};
    *validation = (mnn_samples){set, kept, set->count - kept, set->order};
    return MNN_OK;
}
