/* Weights in safetensors files. Format: https://github.com/huggingface/safetensors#format
 * (8 bytes little-endian header length, JSON header, then the tensors' bytes without gaps). */
#ifndef MNN_SAFETENSORS_H
#define MNN_SAFETENSORS_H

#include <stddef.h>

#include "mnn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The metadata key of a checkpoint, a file that contains other tensors in addition to the weights. */
#define MNN_CHECKPOINT_KEY "checkpoint"

/** One tensor of float32, row-major. */
typedef struct mnn_st_tensor {
    const char *name;
    int rank;
    const int *dims; /* [rank] */
    float *data;
} mnn_st_tensor;

/** A string of the header's __metadata__. */
typedef struct mnn_st_entry {
    const char *key;
    const char *value;
} mnn_st_entry;

/** Write a file atomically: temporary file in the same folder (O_EXCL; the mode of an existing file is kept), fsync,
 *  rename, fsync of the folder. On failure the existing file is unchanged and no temporary file remains. A SHA-256 of
 *  every tensor is added to the metadata as "sha256:<name>", and one of the other metadata (in the order of their
 *  keys) as "sha256:__metadata__".
 *  @return MNN_OK; MNN_EIO; MNN_ENOMEM (also a header over 1 MiB); MNN_EDIVERGED a value is not finite, which the
 *          loader refuses; MNN_EINTERNAL a duplicate name or key, or a key that begins with "sha256:" */
mnn_status mnn_safetensors_save(const char *path, const mnn_st_tensor *tensors, int tensor_count,
                                const mnn_st_entry *metadata, int metadata_count, mnn_error *err);

/** Read exactly the expected tensors: same names, same shapes, F32, no more and no fewer; header at most 1 MiB, no
 *  duplicate names, offsets contiguous from 0 to the end of the file, finite values, and the correct SHA-256 of every
 *  tensor and of the metadata, if present. Unknown keys are an error in a tensor's entry, but not in the metadata.
 *  data is written only after all checks; a tensor whose data is NULL is checked and not stored.
 *  @param metadata_of  keys to look up in __metadata__, or NULL
 *  @param values       for each key a malloc'ed string, or NULL if absent; the caller frees them
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_safetensors_load(const char *path, const mnn_st_tensor *expected, int expected_count,
                                const char *const *metadata_of, int metadata_count, char **values, mnn_error *err);

/** List the names and shapes of a file's tensors, and strings of its metadata. The contents of the tensors are not
 *  checked; the metadata are checked against their SHA-256, if present.
 *  @param tensors      malloc'ed in one piece with names and shapes, data NULL; the caller frees it
 *  @param metadata_of  keys to look up in __metadata__, or NULL
 *  @param values       for each key a malloc'ed string, or NULL if absent; the caller frees them
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_safetensors_list(const char *path, mnn_st_tensor **tensors, int *tensor_count,
                                const char *const *metadata_of, int metadata_count, char **values, mnn_error *err);

#ifdef __cplusplus
}
#endif

#endif
