#include "train/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/report.h"
#include "train/weights.h"

enum { ARCHITECTURE, OPTIMIZER, SEED, TRAINING_DATA, BATCH_SIZE, STEPS, SHUFFLE, DESCRIPTION };

const char *const mnn_identity_keys[MNN_IDENTITY_ITEMS] = {
    [ARCHITECTURE] = "architecture",
    [OPTIMIZER] = "optimizer",
    [SEED] = "seed",
    [TRAINING_DATA] = "training_data",
    [BATCH_SIZE] = "batch_size",
    [STEPS] = "steps",
    [SHUFFLE] = "shuffle",
    [DESCRIPTION] = "description",
};

static const struct {
    const char *what, *hint;
} about[MNN_IDENTITY_ITEMS] = {
    [ARCHITECTURE] = {"is of another model", "the names or shapes of its tensors differ"},
    [OPTIMIZER] = {"is of another optimizer", "--weights loads only the weights"},
    [SEED] = {"is of another seed", "use the same --seed"},
    [TRAINING_DATA] = {"is of other data", "the training or validation samples have changed since, or --data "
                                           "selects others"},
    [BATCH_SIZE] = {"is of another batch size", "--weights loads only the weights"},
    [STEPS] = {"is of epochs of another length", "use the same --batch-limit"},
    [SHUFFLE] = {"is of another order of the samples", "use --no-shuffle as before"},
    [DESCRIPTION] = {"is of another description", "it has changed since; --epochs changes only the epochs, "
                                                  "--weights loads only the weights"},
};

/* --- data ---------------------------------------------------------------------------------------- */

static void add_numbers(SHA2_CTX *context, const mnn_array *idx, const mnn_samples *samples)
{
    if (idx->rank == 0 || idx->dims[0] == 0)
        return; /* no labels */
    const size_t elements = idx->count / idx->dims[0], size = elements * (idx->data ? 1 : sizeof *idx->values);
    const uint8_t *bytes = idx->data ? idx->data : (const uint8_t *)idx->values;
    if (!samples->order)
        SHA256Update(context, bytes + samples->first * size, samples->count * size);
    else
        for (uint32_t i = 0; i < samples->count; i++)
            SHA256Update(context, bytes + mnn_sample_number(samples, i) * size, size);
}

static void add_samples(SHA2_CTX *context, const mnn_samples *samples)
{
    char text[64];
    const size_t elements = samples->count ? samples->set->images.count / samples->set->images.dims[0] : 0;
    const int length = snprintf(text, sizeof text, "%" PRIu32 " %zu\n", samples->count, elements);
    SHA256Update(context, (const uint8_t *)text, (size_t)length);
    if (samples->count == 0)
        return;
    add_numbers(context, &samples->set->images, samples);
    add_numbers(context, &samples->set->labels, samples);
}

/* --- all ----------------------------------------------------------------------------------------- */

void mnn_identity_of(const mnn_training *training, mnn_identity *out)
{
    const mnn_model *model = training->model;
    SHA2_CTX context;
    SHA256Init(&context);
    add_samples(&context, &training->training);
    add_samples(&context, &training->validation);
    SHA256End(&context, out->text[TRAINING_DATA]);
    mnn_architecture(model, out->text[ARCHITECTURE]);
    snprintf(out->text[OPTIMIZER], MNN_IDENTITY_TEXT, "%s", model->optimizer_name);
    snprintf(out->text[SEED], MNN_IDENTITY_TEXT, "%" PRIu64, training->seed);
    snprintf(out->text[BATCH_SIZE], MNN_IDENTITY_TEXT, "%d", model->batch_size);
    out->steps = mnn_steps(training);
    snprintf(out->text[STEPS], MNN_IDENTITY_TEXT, "%" PRIu32, out->steps);
    snprintf(out->text[SHUFFLE], MNN_IDENTITY_TEXT, "%s", training->shuffle ? "yes" : "no");
    snprintf(out->text[DESCRIPTION], MNN_IDENTITY_TEXT, "%s", model->description);
}

mnn_status mnn_identity_check(const mnn_identity *wanted, char *const *found, const char *path, mnn_error *err)
{
    for (int i = 0; i < MNN_IDENTITY_ITEMS; i++) {
        char got[MNN_NAME_SHOWN];
        if (found[i] && strcmp(found[i], wanted->text[i]) == 0)
            continue;
        return mnn_fail_file(err, MNN_EFORMAT, path, "the checkpoint %s (got %s \"%s\", expected \"%s\")\nhint: %s",
                             about[i].what, mnn_identity_keys[i],
                             mnn_printable(got, sizeof got, found[i] ? found[i] : ""), wanted->text[i], about[i].hint);
    }
    return MNN_OK;
}
