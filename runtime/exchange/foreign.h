/* safetensors files of other programs: any names, shapes and kinds of floats. */
#ifndef MNN_EXCHANGE_FOREIGN_H
#define MNN_EXCHANGE_FOREIGN_H

#include <jansson.h>
#include <stdint.h>

#include "mnn/status.h"

enum { MNN_FOREIGN_RANK = 8 };

typedef struct mnn_foreign_tensor {
    const char *name;
    const char *dtype; /* "F32" */
    int rank;
    int64_t dims[MNN_FOREIGN_RANK];
    uint64_t begin, end; /* in the data */
} mnn_foreign_tensor;

typedef struct mnn_foreign {
    const char *path;
    json_t *root;                /* owns the names */
    mnn_foreign_tensor *tensors; /* [count], in the order of the file's header */
    int count;
    uint64_t data_at; /* of the data in the file */
    unsigned char *data;
} mnn_foreign;

/** Read a file. Every tensor has a dtype, at most MNN_FOREIGN_RANK dimensions, and a range inside the file that is as
 *  large as its shape says when its dtype is one that can be read.
 *  @param path  must live as long as the result
 *  @param out   filled on success; release with mnn_foreign_free()
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_foreign_load(const char *path, mnn_foreign *out, mnn_error *err);
void mnn_foreign_free(mnn_foreign *f);

/** The values of a tensor as floats: F32, F64 (rounded), F16 or BF16.
 *  @param out  [product of dims]
 *  @return MNN_OK; MNN_EFORMAT another dtype, or a number that is not a finite float */
mnn_status mnn_foreign_floats(const mnn_foreign *f, const mnn_foreign_tensor *t, float *out, mnn_error *err);

/** "[10, 784]"
 *  @return buffer */
const char *mnn_foreign_shape(char buffer[128], const int64_t *dims, int rank);

#endif
