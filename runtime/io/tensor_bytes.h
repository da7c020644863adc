/* Tensors as bytes of a safetensors file, and their digests. */
#ifndef MNN_IO_TENSOR_BYTES_H
#define MNN_IO_TENSOR_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "mnn/safetensors.h"

enum {
    MNN_ST_LENGTH_BYTES = 8,         /* of the header's length, at the file's start */
    MNN_ST_MAX_HEADER = 1024 * 1024, /* more is refused */
    MNN_ST_MAX_RANK = 8              /* of a tensor that is only listed */
};

/** The header's name for the strings about the file. */
#define MNN_ST_METADATA "__metadata__"

/** Prefix of the digests' keys in the metadata; followed by a tensor's name, or MNN_ST_METADATA for the digest of
 *  all other keys and values. */
#define MNN_ST_DIGEST "sha256:"

/** Number of bytes of a tensor.
 *  @return false when a dimension is negative or the number does not fit */
bool mnn_tensor_bytes(const mnn_st_tensor *tensor, uint64_t *bytes);

/** Number of elements of a tensor whose shape has been checked. */
size_t mnn_tensor_elements(const mnn_st_tensor *tensor);

/** Write count floats as little-endian IEEE 754 (out: 4 * count bytes). */
void mnn_floats_to_bytes(unsigned char *out, const float *in, size_t count);

/** The inverse of mnn_floats_to_bytes(). */
void mnn_floats_from_bytes(float *out, const unsigned char *in, size_t count);

/** Whether the four bytes are a finite float. */
bool mnn_bytes_finite(const unsigned char *bytes);

/** SHA-256 of a tensor's bytes as they are in the file. */
void mnn_digest_floats(const float *values, size_t count, char text[MNN_SHA256_TEXT]);

/** SHA-256 of the metadata: of "key NUL value NUL" for all entries, sorted by key; ill-formed UTF-8 counts
 *  as the U+FFFD that the file has for it. Sorts the entries. */
void mnn_digest_entries(mnn_st_entry *entries, size_t count, char text[MNN_SHA256_TEXT]);

#endif
