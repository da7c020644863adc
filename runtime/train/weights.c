#include "train/weights.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "math/math.h"
#include "mnn/safetensors.h"
#include "train/checkpoint.h"

void mnn_architecture(const mnn_model *model, char out[MNN_SHA256_TEXT])
{
    SHA2_CTX context;
    SHA256Init(&context);
    for (int i = 0; i < model->tensor_count; i++) {
        const mnn_tensor *t = &model->tensors[i];
        SHA256Update(&context, (const uint8_t *)t->name, strlen(t->name));
        for (int d = 0; d < t->rank; d++) {
            char text[16];
            const int length = snprintf(text, sizeof text, " %d", t->dims[d]);
            SHA256Update(&context, (const uint8_t *)text, (size_t)length);
        }
        SHA256Update(&context, (const uint8_t *)"\n", 1);
    }
    SHA256End(&context, out);
}

/* The tensors as mnn_safetensors_*() want them, with their data in params.
 * @return their number */
static int fill_list(const mnn_model *model, float *params, mnn_st_tensor *list)
{
    for (int i = 0; i < model->tensor_count; i++) {
        const mnn_tensor *t = &model->tensors[i];
        list[i] = (mnn_st_tensor){t->name, t->rank, t->dims, params + t->offset};
    }
    return model->tensor_count;
}

static mnn_status check_finite(const mnn_model *model, const char *path, mnn_error *err)
{
    for (int i = 0; i < model->tensor_count; i++) {
        const mnn_tensor *t = &model->tensors[i];
        char name[256];
        if (!mnn_all_finite(model->params + t->offset, (size_t)t->size))
            return mnn_fail(err, MNN_EDIVERGED, "%s: not saved, the weights of \"%s\" are not finite",
                            mnn_printable(name, sizeof name, path), t->name);
    }
    return MNN_OK;
}

mnn_status mnn_weights_save(const mnn_model *model, const char *path, const mnn_origin *origin, mnn_error *err)
{
    char architecture[MNN_SHA256_TEXT], seed[24], epoch[16];
    mnn_status status = check_finite(model, path, err);
    if (status)
        return status;
    mnn_st_tensor *list = calloc((size_t)model->tensor_count + 1, sizeof *list);
    if (!list)
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    fill_list(model, model->params, list);
    mnn_architecture(model, architecture);
    snprintf(seed, sizeof seed, "%" PRIu64, origin->seed);
    snprintf(epoch, sizeof epoch, "%d", origin->epoch);
    const mnn_st_entry metadata[] = {
        {"format", "mnn"}, {"model", model->name}, {"description", model->description}, {"architecture", architecture},
        {"seed", seed},    {"epoch", epoch},       {"data", origin->fingerprint}, /* last: left out when there is none
                                                                                   */
    };
    const int count = (int)(sizeof metadata / sizeof *metadata) - (origin->fingerprint == NULL);
    status = mnn_safetensors_save(path, list, model->tensor_count, metadata, count, err);
    free(list);
    return status;
}

/* A file of ours describes its tensors; one of another program's need not. */
static mnn_status check_architecture(const mnn_model *model, const char *path, const char *found, mnn_error *err)
{
    char wanted[MNN_SHA256_TEXT], name[256], got[80];
    mnn_architecture(model, wanted);
    if (!found || strcmp(found, wanted) == 0)
        return MNN_OK;
    return mnn_fail(err, MNN_EFORMAT, "%s: the architecture is not that of the model \"%s\" (got %s, expected %s)",
                    mnn_printable(name, sizeof name, path), model->name, mnn_printable(got, sizeof got, found), wanted);
}

/* --- what a checkpoint holds beside the weights --------------------------------------------------- */

static bool is_tensor(const mnn_model *model, const char *name)
{
    for (int i = 0; i < model->tensor_count; i++)
        if (strcmp(model->tensors[i].name, name) == 0)
            return true;
    return false;
}

/* The text after a prefix, or NULL. */
static const char *behind(const char *name, const char *prefix)
{
    const size_t length = strlen(prefix);
    return strncmp(name, prefix, length) == 0 ? name + length : NULL;
}

/* Of any optimizer: who only wants weights need not have the same one. */
static bool is_checkpoints(const mnn_model *model, const char *name)
{
    const char *rest = behind(name, MNN_CHECKPOINT_SLOT), *dot = rest ? strchr(rest, '.') : NULL;
    if (dot && is_tensor(model, dot + 1))
        return true;
    rest = behind(name, MNN_CHECKPOINT_BEST);
    return (rest && is_tensor(model, rest)) || behind(name, MNN_CHECKPOINT_COUNTS);
}

/* A file that is being read: the tensors that it must have, the model's first. */
typedef struct loading {
    mnn_st_tensor *found; /* in the file, when it is a checkpoint */
    int found_count;
    mnn_st_tensor *expected;
    int count;
    float *params; /* beside the weights, so that these change only when everything has been checked */
    char *architecture, *description; /* what the file says of them, or NULL */
} loading;

static void loading_free(loading *l)
{
    free(l->found);
    free(l->expected);
    free(l->params);
    free(l->architecture);
    free(l->description);
}

static mnn_status peek(loading *l, const char *path, mnn_error *err)
{
    static const char *const keys[] = {"architecture", "description", MNN_CHECKPOINT_KEY};
    char *values[3];
    const mnn_status status = mnn_safetensors_list(path, &l->found, &l->found_count, keys, 3, values, err);
    if (status)
        return status;
    l->architecture = values[0];
    l->description = values[1];
    if (!values[2])
        l->found_count = 0;
    free(values[2]);
    return MNN_OK;
}

static mnn_status expect(loading *l, const mnn_model *model, size_t bytes, mnn_error *err)
{
    l->params = malloc(bytes ? bytes : 1);
    l->expected = calloc((size_t)model->tensor_count + (size_t)l->found_count + 1, sizeof *l->expected);
    if (!l->params || !l->expected)
        return mnn_fail(err, MNN_ENOMEM, "out of memory for the weights");
    l->count = fill_list(model, l->params, l->expected);
    for (int i = 0; i < l->found_count; i++)
        if (is_checkpoints(model, l->found[i].name))
            l->expected[l->count++] = l->found[i]; /* data NULL: checked and left */
    return MNN_OK;
}

mnn_status mnn_weights_load(const mnn_model *model, const char *path, bool *is_other, mnn_error *err)
{
    const size_t bytes = ((size_t)model->param_count + (size_t)model->state_count) * sizeof(float);
    loading l = {.count = 0};
    mnn_status status = peek(&l, path, err);
    if (!status)
        status = expect(&l, model, bytes, err);
    if (!status)
        status = mnn_safetensors_load(path, l.expected, l.count, NULL, 0, NULL, err);
    if (!status)
        status = check_architecture(model, path, l.architecture, err);
    if (!status)
        memcpy(model->params, l.params, bytes);
    if (!status && is_other)
        *is_other = l.description && strcmp(l.description, model->description) != 0;
    loading_free(&l);
    return status;
}
