/* Weights in safetensors files. Format: https://github.com/huggingface/safetensors#format
 * (8 bytes little-endian header length, JSON header, then the tensors' bytes without gaps). */
#ifndef MNN_SAFETENSORS_H
#define MNN_SAFETENSORS_H

#include <stddef.h>

#include "mnn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The metadata key that says that a file is a checkpoint, which holds other tensors beside the weights. */
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

/** Write a file atomically: temporary file in the same folder (O_EXCL; the mode of an old file is kept),
 *  fsync, rename, fsync of the folder. On failure the old file stays and no temporary one is left.
 *  A SHA-256 of every tensor is added to the metadata as "sha256:<name>", and one of the other metadata
 *  (in the order of their keys) as "sha256:__metadata__".
 *  @return MNN_OK; MNN_EIO; MNN_ENOMEM (also a header over 1 MiB); MNN_EDIVERGED a value is not finite,
 *          which no load would take; MNN_EINTERNAL a name or key twice, or a key that begins with "sha256:" */
mnn_status mnn_safetensors_save(const char *path, const mnn_st_tensor *tensors, int tensor_count,
                                const mnn_st_entry *metadata, int metadata_count, mnn_error *err);

/** The same, and the file that was there gets the name previous.
 *  @param previous  in the same folder; NULL: the old file is not kept */
mnn_status mnn_safetensors_save_keeping(const char *path, const char *previous, const mnn_st_tensor *tensors,
                                        int tensor_count, const mnn_st_entry *metadata, int metadata_count,
                                        mnn_error *err);

/** Read exactly the expected tensors: same names, same shapes, F32, no more and no fewer; header at most
 *  1 MiB, no duplicate names, offsets contiguous from 0 to the end of the file, finite values, and the
 *  right SHA-256 of every tensor and of the metadata where there is any. Unknown keys are refused in a tensor's entry,
 * not in the metadata. data is written only when everything has been checked; a tensor whose data is NULL is checked
 *  and left.
 *  @param metadata_of  keys to look up in __metadata__, or NULL
 *  @param values       for each key a malloc'ed string, or NULL when absent; the caller frees them
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_safetensors_load(const char *path, const mnn_st_tensor *expected, int expected_count,
                                const char *const *metadata_of, int metadata_count, char **values, mnn_error *err);

/** The names and shapes of a file's tensors, and strings of its metadata. Of the tensors nothing else has been
 *  checked; the metadata fit their SHA-256 where there is one.
 *  @param tensors      malloc'ed in one piece with names and shapes, data NULL; the caller frees it
 *  @param metadata_of  keys to look up in __metadata__, or NULL
 *  @param values       for each key a malloc'ed string, or NULL when absent; the caller frees them
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_safetensors_list(const char *path, mnn_st_tensor **tensors, int *tensor_count,
                                const char *const *metadata_of, int metadata_count, char **values, mnn_error *err);

#ifdef __cplusplus
}
#endif

#endif
