/* The JSON header of a safetensors file, checked against what is expected. */
#ifndef MNN_IO_SAFETENSORS_HEADER_H
#define MNN_IO_SAFETENSORS_HEADER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "mnn/safetensors.h"

/** A header while it is checked. */
typedef struct mnn_st_header {
    const char *path;
    int fd;
    uint64_t size;               /* of the file */
    uint64_t data_at, data_size; /* the bytes after the header */
    const mnn_st_tensor *expected;
    int expected_count;
    json_t *root; /* the caller's json_decref() */
    mnn_error *err;
} mnn_st_header;

/** Read the header of h->fd, a file of h->size bytes, into h->root; sets data_at and data_size.
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT another kind of file, or as mnn_st_parse(); MNN_ENOMEM */
mnn_status mnn_st_read_header(mnn_st_header *h);

/** Read the bytes after the header.
 *  @param data  malloc'ed, [data_size], also on failure; or NULL
 *  @return MNN_OK; MNN_EIO; MNN_ENOMEM */
mnn_status mnn_st_read_data(const mnn_st_header *h, unsigned char **data);

/** Whether a JSON value is an integer from 0 to limit; 1e3 and 1.0 are none. */
bool mnn_st_offset(const json_t *value, uint64_t limit, uint64_t *out);

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
