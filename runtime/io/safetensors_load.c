/* Reading safetensors files: everything is checked before the first weight is written. */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/report.h"
#include "base/sha256.h"
#include "io/contents.h"
#include "io/safetensors_header.h"
#include "io/tensor_bytes.h"

/* A file that is being read. */
typedef struct st_loader {
    mnn_st_header header;
    uint64_t *offsets;   /* [expected_count], from header.data_at */
    unsigned char *data; /* [header.data_size] */
} st_loader;

static mnn_status read_exactly(const mnn_st_header *h, void *buffer, size_t size, uint64_t at)
{
    size_t got = 0;
    const mnn_status status = mnn_file_read(h->fd, h->path, buffer, size, &got, h->err);
    if (status == MNN_OK && got < size)
        return mnn_fail_at(h->err, MNN_EIO, h->path, at + got,
                           "file became shorter while it was read (expected %" PRIu64 " bytes)", h->size);
    return status;
}

/* --- header --------------------------------------------------------------------------------------- */

static mnn_status read_length(const mnn_st_header *h, uint64_t *length)
{
    unsigned char bytes[MNN_ST_LENGTH_BYTES];
    mnn_head head;
    mnn_status status = mnn_head_read(&head, h->fd, h->path, h->err);
    if (status != MNN_OK)
        return status;
    if (mnn_contents_of(&head, MNN_EXPECT_SAFETENSORS))
        return mnn_fail_contents(h->err, h->path, &head, MNN_EXPECT_SAFETENSORS, false);
    if (h->size < sizeof bytes)
        return mnn_fail_at(h->err, MNN_EFORMAT, h->path, h->size,
                           "file ends in the length of its header (got %" PRIu64 " bytes, expected safetensors)",
                           h->size);
    status = read_exactly(h, bytes, sizeof bytes, 0);
    if (status != MNN_OK)
        return status;
    *length = 0;
    for (int i = 0; i < MNN_ST_LENGTH_BYTES; i++)
        *length |= (uint64_t)bytes[i] << (8 * i);
    if (*length > MNN_ST_MAX_HEADER)
        return mnn_fail_at(h->err, MNN_EFORMAT, h->path, 0,
                           "length of the safetensors header (got %" PRIu64 ", expected at most %d)", *length,
                           MNN_ST_MAX_HEADER);
    if (*length > h->size - sizeof bytes)
        return mnn_fail_at(h->err, MNN_EFORMAT, h->path, 0,
                           "length of the safetensors header (got %" PRIu64 ", but %" PRIu64 " bytes follow)", *length,
                           h->size - sizeof bytes);
    return MNN_OK;
}

mnn_status mnn_st_read_header(mnn_st_header *h)
{
    uint64_t length = 0;
    mnn_status status = read_length(h, &length);
    if (status != MNN_OK)
        return status;
    char *text = malloc((size_t)length + 1);
    if (!text)
        return mnn_fail_memory(h->err, h->path, length + 1);
    h->data_at = MNN_ST_LENGTH_BYTES + length;
    h->data_size = h->size - h->data_at;
    status = read_exactly(h, text, (size_t)length, MNN_ST_LENGTH_BYTES);
    if (status == MNN_OK)
        status = mnn_st_parse(h, text, (size_t)length);
    free(text);
    return status;
}

/* --- data ----------------------------------------------------------------------------------------- */

mnn_status mnn_st_read_data(const mnn_st_header *h, unsigned char **data)
{
    const size_t size = (size_t)h->data_size;
    *data = malloc(size + 1);
    if (!*data)
        return mnn_fail_memory(h->err, h->path, size);
    const mnn_status status = read_exactly(h, *data, size, h->data_at);
    if (status != MNN_OK)
        return status;
    size_t more = 0;
    const mnn_status end = mnn_file_read(h->fd, h->path, *data + size, 1, &more, h->err);
    if (end == MNN_OK && more > 0)
        return mnn_fail_at(h->err, MNN_EIO, h->path, h->size, "file became longer while it was read");
    return end;
}

/* If the metadata have digests, all must be there and fit. */
static mnn_status check_digest(const st_loader *l, int index, const char *shown)
{
    const mnn_st_header *h = &l->header;
    const mnn_st_tensor *tensor = h->expected + index;
    const size_t size = sizeof MNN_ST_DIGEST + strlen(tensor->name);
    char *key = malloc(size);
    if (!key)
        return mnn_fail_memory(h->err, h->path, size);
    memcpy(key, MNN_ST_DIGEST, sizeof MNN_ST_DIGEST);
    strcat(key, tensor->name);
    const char *expected = mnn_st_metadata(h, key);
    free(key);
    if (!expected && mnn_st_metadata(h, MNN_ST_DIGEST MNN_ST_METADATA))
        return mnn_fail_file(h->err, MNN_EFORMAT, h->path, "tensor \"%s\" has no SHA-256, but the metadata have",
                             shown);
    if (!expected)
        return MNN_OK;
    char digest[MNN_SHA256_TEXT], other[MNN_SHA256_TEXT];
    SHA256Data(l->data + l->offsets[index], 4 * mnn_tensor_elements(tensor), digest);
    if (strcmp(digest, expected) == 0)
        return MNN_OK;
    return mnn_fail_at(h->err, MNN_EFORMAT, h->path, h->data_at + l->offsets[index],
                       "tensor \"%s\" does not match its SHA-256 (got %s, expected %s)", shown, digest,
                       mnn_printable(other, sizeof other, expected));
}

static mnn_status check_finite(const st_loader *l, int index, const char *shown)
{
    const mnn_st_header *h = &l->header;
    const unsigned char *bytes = l->data + l->offsets[index];
    const size_t count = mnn_tensor_elements(h->expected + index);
    for (size_t i = 0; i < count; i++) {
        if (mnn_bytes_finite(bytes + 4 * i))
            continue;
        float value;
        mnn_floats_from_bytes(&value, bytes + 4 * i, 1);
        return mnn_fail_at(h->err, MNN_EFORMAT, h->path, h->data_at + l->offsets[index] + 4 * i,
                           "tensor \"%s\" holds %g at element %zu (expected finite values)", shown, (double)value, i);
    }
    return MNN_OK;
}

static mnn_status check_data(const st_loader *l)
{
    mnn_status status = MNN_OK;
    for (int i = 0; i < l->header.expected_count && status == MNN_OK; i++) {
        char shown[MNN_NAME_SHOWN];
        mnn_printable(shown, sizeof shown, l->header.expected[i].name);
        status = check_digest(l, i, shown);
        if (status == MNN_OK)
            status = check_finite(l, i, shown);
    }
    return status;
}

/* --- result --------------------------------------------------------------------------------------- */

static mnn_status copy_metadata(const st_loader *l, const char *const *keys, int count, char **values)
{
    for (int i = 0; i < count; i++) {
        const char *value = mnn_st_metadata(&l->header, keys[i]);
        if (!value)
            continue;
        values[i] = strdup(value);
        if (!values[i])
            return mnn_fail_memory(l->header.err, l->header.path, strlen(value) + 1);
    }
    return MNN_OK;
}

static void copy_data(const st_loader *l)
{
    for (int i = 0; i < l->header.expected_count; i++) {
        const mnn_st_tensor *tensor = l->header.expected + i;
        if (tensor->data)
            mnn_floats_from_bytes(tensor->data, l->data + l->offsets[i], mnn_tensor_elements(tensor));
    }
}

static mnn_status load(st_loader *l, const char *const *keys, int count, char **values)
{
    mnn_st_header *h = &l->header;
    l->offsets = calloc((size_t)h->expected_count + 1, sizeof *l->offsets);
    if (!l->offsets)
        return mnn_fail_file(h->err, MNN_ENOMEM, h->path, "not enough memory for the header");
    mnn_status status = mnn_st_read_header(h);
    if (status == MNN_OK)
        status = mnn_st_check(h, l->offsets);
    if (status == MNN_OK)
        status = mnn_st_read_data(h, &l->data);
    if (status == MNN_OK)
        status = check_data(l);
    if (status == MNN_OK)
        status = copy_metadata(l, keys, count, values);
    if (status == MNN_OK)
        copy_data(l);
    return status;
}

static mnn_status list(st_loader *l, mnn_st_tensor **tensors, int *tensor_count, const char *const *keys, int count,
                       char **values)
{
    mnn_status status = mnn_st_read_header(&l->header);
    if (status == MNN_OK)
        status = mnn_st_check_metadata(&l->header);
    if (status == MNN_OK)
        status = copy_metadata(l, keys, count, values);
    return status == MNN_OK ? mnn_st_list(&l->header, tensors, tensor_count) : status;
}

/* Release what the reader holds, and after a failure what it has given. */
static mnn_status end(st_loader *l, mnn_status status, char **values, int count)
{
    close(l->header.fd);
    json_decref(l->header.root);
    free(l->offsets);
    free(l->data);
    for (int i = 0; i < count && status != MNN_OK; i++) {
        free(values[i]);
        values[i] = NULL;
    }
    return status;
}

mnn_status mnn_safetensors_list(const char *path, mnn_st_tensor **tensors, int *tensor_count,
                                const char *const *metadata_of, int metadata_count, char **values, mnn_error *err)
{
    const int count = metadata_of ? metadata_count : 0;
    for (int i = 0; i < count; i++)
        values[i] = NULL;
    st_loader l = {.header = {.path = path, .err = err}};
    const mnn_status status = mnn_file_open(path, &l.header.fd, &l.header.size, err);
    if (status != MNN_OK)
        return status;
    return end(&l, list(&l, tensors, tensor_count, metadata_of, count, values), values, count);
}

mnn_status mnn_safetensors_load(const char *path, const mnn_st_tensor *expected, int expected_count,
                                const char *const *metadata_of, int metadata_count, char **values, mnn_error *err)
{
    const int count = metadata_of ? metadata_count : 0;
    for (int i = 0; i < count; i++)
        values[i] = NULL;
    st_loader l = {
        .header = {.path = path, .expected = expected, .expected_count = expected_count, .err = err},
    };
    const mnn_status status = mnn_file_open(path, &l.header.fd, &l.header.size, err);
    if (status != MNN_OK)
        return status;
    return end(&l, load(&l, metadata_of, count, values), values, count);
}
