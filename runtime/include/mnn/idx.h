/* IDX files, plain or gzipped. */
#ifndef MNN_IDX_H
#define MNN_IDX_H

#include <stddef.h>
#include <stdint.h>

#include "mnn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MNN_IDX_MAX_RANK = 8 };

/** The contents of an IDX file of unsigned bytes. */
typedef struct mnn_idx {
    int rank;
    uint32_t dims[MNN_IDX_MAX_RANK];
    size_t count;      /* product of dims */
    uint8_t *data;     /* [count] */
    uint32_t checksum; /* CRC-32 of the data: part of a data set's fingerprint */
} mnn_idx;

/** Read an IDX file of unsigned bytes; gzip is recognised by its magic, not by the name.
 *  Format: two zero bytes, type 0x08 (unsigned byte), NN = number of dimensions, NN big-endian uint32,
 *  then the data, row-major (LeCun et al., "The MNIST database"). The size that the header claims is
 *  compared with what is there before memory is asked for; nothing may follow the data.
 *  @param expected_rank  3 for images, 1 for labels; 0 takes any rank from 1 to MNN_IDX_MAX_RANK
 *  @param out  filled on success, untouched on failure; release with mnn_idx_free()
 *  @param err  on failure a line ready to print; may be NULL
 *  @return MNN_OK; MNN_EIO open or read; MNN_EFORMAT magic, type, rank, size, length, gzip stream, not a
 *          regular file; MNN_ENOMEM */
mnn_status mnn_idx_load(const char *path, int expected_rank, mnn_idx *out, mnn_error *err);

/** Release what mnn_idx_load() filled; a zeroed struct is allowed. */
void mnn_idx_free(mnn_idx *idx);

#ifdef __cplusplus
}
#endif

#endif
