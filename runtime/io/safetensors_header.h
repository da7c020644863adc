/* The JSON header of a safetensors file, checked against what is expected. */
#ifndef MNN_IO_SAFETENSORS_HEADER_H
#define MNN_IO_SAFETENSORS_HEADER_H

#include <jansson.h>
#include <stdint.h>

#include "mnn/safetensors.h"

/** A header while it is checked. */
typedef struct mnn_st_header {
    const char *path;
    uint64_t data_size; /* bytes after the header */
    const mnn_st_tensor *expected;
    int expected_count;
    json_t *root; /* the caller's json_decref() */
    mnn_error *err;
} mnn_st_header;

/** Parse size bytes of text into h->root.
 *  @return MNN_OK; MNN_EFORMAT not JSON, not an object, a name twice, nested too deeply; MNN_ENOMEM */
mnn_status mnn_st_parse(mnn_st_header *h, const char *text, size_t size);

/** Check that the header lists exactly the expected tensors, as F32 with their shapes, with contiguous data from 0 to
 *  the end of the file, and that the metadata are strings that match their digest.
 *  @param offsets  [expected_count], filled: offset of each expected tensor after the header
 *  @return MNN_OK; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_st_check(const mnn_st_header *h, uint64_t *offsets);

/** Check that the metadata, if present, are strings that match their digest.
 *  @return MNN_OK; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_st_check_metadata(const mnn_st_header *h);

/** The names and shapes of all tensors: see mnn_safetensors_list().
 *  @return MNN_OK; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_st_list(const mnn_st_header *h, mnn_st_tensor **out, int *count);

/** The value of a metadata key, or NULL. */
const char *mnn_st_metadata(const mnn_st_header *h, const char *key);

#endif
