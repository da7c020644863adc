/* IDX files, plain or gzipped. */
#ifndef MNN_IDX_H
#define MNN_IDX_H

#include "mnn/array.h"
#include "mnn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Read an IDX file; gzip is recognised by its magic, not by the name.
 *  Format: two zero bytes, the type, the number of dimensions (one byte each), that many big-endian uint32, then the
 *  data, big-endian and row-major (LeCun et al., "The MNIST database"). The size in the header is compared with the
 *  size of the file before memory is allocated; trailing data are an error. Integers beyond 2^24 and doubles are
 *  rounded to float; a value that is not a finite float is an error.
 *  @param expected_rank  3 for images, 1 for labels; 0 accepts any rank from 1 to MNN_ARRAY_RANK
 *  @param out  filled on success, unchanged on failure; release with mnn_array_free()
 *  @param err  on failure a line ready to print; may be NULL
 *  @return MNN_OK; MNN_EIO open or read; MNN_EFORMAT magic, type, rank, size, length, gzip stream, a value that is not
 *          finite, not a regular file; MNN_ENOMEM */
mnn_status mnn_idx_load(const char *path, int expected_rank, mnn_array *out, mnn_error *err);

/** As mnn_idx_load(), but read and keep only the first entries along the first dimension. The size of a plain file is
 *  still compared with its header. A gzip file is decompressed only as far as needed: its CRC, its length, its end and
 *  the values after that point are not checked.
 *  @param most  maximum number of entries, at least 1; UINT32_MAX: all */
mnn_status mnn_idx_load_first(const char *path, int expected_rank, uint32_t most, mnn_array *out, mnn_error *err);

/** The file in a folder with the base name of a path, plain or with ".gz", in any spelling of MNIST's names
 *  ("-idx3-ubyte", ".idx3-ubyte", "_idx3-ubyte").
 *  @return malloc'ed; NULL if there is none */
char *mnn_idx_in_folder(const char *folder, const char *name);

#ifdef __cplusplus
}
#endif

#endif
