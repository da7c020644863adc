#include "train/weights.h"

/* sha2.h wants the types of sys/types.h first. */
#include <sys/types.h>

#include <inttypes.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "math/math.h"
#include "mnn/safetensors.h"

void mnn_architecture(const mnn_model *model, char out[MNN_SHA256_SIZE])
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

/* The tensors as mnn_safetensors_*() want them, with their data in params. */
static mnn_st_tensor *list_tensors(const mnn_model *model, float *params, mnn_error *err)
{
    mnn_st_tensor *list = calloc((size_t)model->tensor_count + 1, sizeof *list);
    if (!list) {
        mnn_fail(err, MNN_ENOMEM, "out of memory");
        return NULL;
    }
    for (int i = 0; i < model->tensor_count; i++) {
        const mnn_tensor *t = &model->tensors[i];
        list[i] = (mnn_st_tensor){t->name, t->rank, t->dims, params + t->offset};
    }
    return list;
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
    char architecture[MNN_SHA256_SIZE], seed[24], epoch[16];
    mnn_status status = check_finite(model, path, err);
    if (status)
        return status;
    mnn_st_tensor *list = list_tensors(model, model->params, err);
    if (!list)
        return MNN_ENOMEM;
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

/* A file of ours says what its tensors are; one of another program's need not. */
static mnn_status check_architecture(const mnn_model *model, const char *path, const char *found, mnn_error *err)
{
    char wanted[MNN_SHA256_SIZE], name[256], got[80];
    mnn_architecture(model, wanted);
    if (!found || strcmp(found, wanted) == 0)
        return MNN_OK;
    return mnn_fail(err, MNN_EFORMAT, "%s: the architecture is not that of the model \"%s\" (got %s, expected %s)",
                    mnn_printable(name, sizeof name, path), model->name, mnn_printable(got, sizeof got, found), wanted);
}

mnn_status mnn_weights_load(const mnn_model *model, const char *path, mnn_error *err)
{
    static const char *const keys[] = {"architecture"};
    const size_t bytes = ((size_t)model->param_count + (size_t)model->state_count) * sizeof(float);
    char *found = NULL;
    /* Read beside the weights, so that these change only when everything has been checked. */
    float *params = malloc(bytes ? bytes : 1);
    if (!params)
        return mnn_fail(err, MNN_ENOMEM, "out of memory for the weights");
    memcpy(params, model->params, bytes);
    mnn_st_tensor *list = list_tensors(model, params, err);
    mnn_status status = list ? MNN_OK : MNN_ENOMEM;
    if (!status)
        status = mnn_safetensors_load(path, list, model->tensor_count, keys, 1, &found, err);
    if (!status)
        status = check_architecture(model, path, found, err);
    if (!status)
        memcpy(model->params, params, bytes);
    free(found);
    free(list);
    free(params);
    return status;
}
