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

/** The third byte of an IDX file. */
typedef enum mnn_idx_type {
    MNN_IDX_UBYTE = 0x08,
    MNN_IDX_BYTE = 0x09,
    MNN_IDX_SHORT = 0x0B,
    MNN_IDX_INT = 0x0C,
    MNN_IDX_FLOAT = 0x0D,
    MNN_IDX_DOUBLE = 0x0E
} mnn_idx_type;

/** The contents of an IDX file: unsigned bytes unchanged, all other types converted to float. */
typedef struct mnn_idx {
    mnn_idx_type type; /* of the file's elements */
    int rank;
    uint32_t dims[MNN_IDX_MAX_RANK];
    uint32_t total;    /* the file's first dimension; dims[0] is the part that was read */
    size_t count;      /* product of dims */
    uint8_t *data;     /* [count]; NULL when type is not MNN_IDX_UBYTE */
    float *values;     /* [count], finite; NULL when type is MNN_IDX_UBYTE */
    uint32_t checksum; /* CRC-32 of the data that were read: part of a data set's fingerprint */
} mnn_idx;

/** Read an IDX file; gzip is recognised by its magic, not by the name.
 *  Format: two zero bytes, the type, the number of dimensions (one byte each), that many big-endian uint32, then the
 *  data, big-endian and row-major (LeCun et al., "The MNIST database"). The size in the header is compared with the
 *  size of the file before memory is allocated; trailing data are an error. Integers beyond 2^24 and doubles are
 *  rounded to float; a value that is not a finite float is an error.
 *  @param expected_rank  3 for images, 1 for labels; 0 accepts any rank from 1 to MNN_IDX_MAX_RANK
 *  @param out  filled on success, unchanged on failure; release with mnn_idx_free()
 *  @param err  on failure a line ready to print; may be NULL
 *  @return MNN_OK; MNN_EIO open or read; MNN_EFORMAT magic, type, rank, size, length, gzip stream, a value that is not
 *          finite, not a regular file; MNN_ENOMEM */
mnn_status mnn_idx_load(const char *path, int expected_rank, mnn_idx *out, mnn_error *err);

/** As mnn_idx_load(), but read and keep only the first entries along the first dimension. The size of a plain file is
 *  still compared with its header. A gzip file is decompressed only as far as needed: its CRC, its length, its end and
 *  the values after that point are not checked.
 *  @param most  maximum number of entries, at least 1; UINT32_MAX: all */
mnn_status mnn_idx_load_first(const char *path, int expected_rank, uint32_t most, mnn_idx *out, mnn_error *err);

/** The file in a folder with the base name of a path, plain or with ".gz", in any spelling of MNIST's names
 *  ("-idx3-ubyte", ".idx3-ubyte", "_idx3-ubyte").
 *  @return malloc'ed; NULL if there is none */
char *mnn_idx_in_folder(const char *folder, const char *name);

/** Release the memory of mnn_idx_load(); a zeroed struct is allowed. */
void mnn_idx_free(mnn_idx *idx);

#ifdef __cplusplus
}
#endif

#endif
