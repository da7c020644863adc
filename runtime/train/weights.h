/* The model's weights in safetensors files. */
#ifndef MNN_TRAIN_WEIGHTS_H
#define MNN_TRAIN_WEIGHTS_H

#include "base/sha256.h"
#include "mnn/model.h"
#include "mnn/status.h"

/** The origin of weights: the metadata of a saved file. */
typedef struct mnn_origin {
    uint64_t seed;
    int epoch;               /* finished epochs; 0: the initial weights */
    const char *fingerprint; /* of the training set; NULL: none was used */
} mnn_origin;

/** SHA-256 of the tensors' names and shapes, in hexadecimal: equal for two models whose weights are
 *  interchangeable. */
void mnn_architecture(const mnn_model *model, char out[MNN_SHA256_TEXT]);

/** Write the weights atomically.
 *  @return MNN_OK; MNN_EIO; MNN_ENOMEM; MNN_EDIVERGED if a weight is not finite (nothing is written) */
mnn_status mnn_weights_save(const mnn_model *model, const char *path, const mnn_origin *origin, mnn_error *err);

/** Read the weights; names and shapes must be the model's. A checkpoint (train/checkpoint.h) is accepted; its other
 *  tensors are checked and ignored.
 *  @param is_other  set on success: whether the file states that they belong to another description; may be NULL
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT (the weights are unchanged); MNN_ENOMEM */
mnn_status mnn_weights_load(const mnn_model *model, const char *path, bool *is_other, mnn_error *err);

#endif
