/* Writing safetensors files. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "base/json.h"
#include "base/report.h"
#include "base/sha256.h"
#include "io/safetensors_save.h"
#include "io/tensor_bytes.h"

enum { PIECE = 4096, ALIGNMENT = 8 }; /* floats written at a time; the tensors begin at such a byte */

/* The data and its destination. */
typedef struct st_saver {
    const char *path;
    const mnn_replaced *old;
    const mnn_st_tensor *tensors;
    int tensor_count;
    const mnn_st_entry *metadata;
    int metadata_count;
    mnn_error *err;
} st_saver;

/* --- what cannot be loaded again is not saved -------------------------------------------------------- */

static mnn_status check_tensor(const st_saver *s, const mnn_st_tensor *tensor)
{
    char shown[MNN_NAME_SHOWN];
    uint64_t bytes = 0;
    if (!mnn_tensor_bytes(tensor, &bytes))
        return mnn_fail_file(s->err, MNN_EINTERNAL, s->path, "tensor \"%s\" has no proper shape",
                             mnn_printable(shown, sizeof shown, tensor->name));
    for (size_t i = 0; i < bytes / sizeof(float); i++) {
        unsigned char value[4];
        mnn_floats_to_bytes(value, tensor->data + i, 1);
        if (!mnn_bytes_finite(value))
            return mnn_fail_file(s->err, MNN_EDIVERGED, s->path,
                                 "not saved: tensor \"%s\" holds %g at element %zu (expected finite values)",
                                 mnn_printable(shown, sizeof shown, tensor->name), (double)tensor->data[i], i);
    }
    return MNN_OK;
}

static mnn_status check_names(const st_saver *s)
{
    char shown[MNN_NAME_SHOWN];
    for (int i = 0; i < s->metadata_count; i++) {
        if (strncmp(s->metadata[i].key, MNN_ST_DIGEST, strlen(MNN_ST_DIGEST)) == 0)
            return mnn_fail_file(s->err, MNN_EINTERNAL, s->path, "the key \"%s\" is kept for digests",
                                 mnn_printable(shown, sizeof shown, s->metadata[i].key));
        for (int j = 0; j < i; j++)
            if (strcmp(s->metadata[i].key, s->metadata[j].key) == 0)
                return mnn_fail_file(s->err, MNN_EINTERNAL, s->path, "two metadata keys \"%s\"",
                                     mnn_printable(shown, sizeof shown, s->metadata[i].key));
    }
    for (int i = 0; i < s->tensor_count; i++) {
        const char *name = s->tensors[i].name;
        if (strcmp(name, MNN_ST_METADATA) == 0)
            return mnn_fail_file(s->err, MNN_EINTERNAL, s->path, "a tensor is named \"%s\"", name);
        for (int j = 0; j < i; j++)
            if (strcmp(name, s->tensors[j].name) == 0)
                return mnn_fail_file(s->err, MNN_EINTERNAL, s->path, "two tensors \"%s\"",
                                     mnn_printable(shown, sizeof shown, name));
    }
    return MNN_OK;
}

/* --- header --------------------------------------------------------------------------------------- */

/* @return false: no memory */
static bool digest_metadata(const st_saver *s, char text[MNN_SHA256_TEXT])
{
    const size_t count = (size_t)s->metadata_count;
    mnn_st_entry *entries = malloc((count + 1) * sizeof *entries);
    if (!entries)
        return false;
    if (count > 0)
        memcpy(entries, s->metadata, count * sizeof *entries);
    mnn_digest_entries(entries, count, text);
    free(entries);
    return true;
}

/* ,"sha256:name":"digest"
 * @return false: no memory */
static bool write_digest(FILE *out, const char *name, const char *digest)
{
    const size_t size = sizeof MNN_ST_DIGEST + strlen(name);
    char *key = malloc(size);
    if (!key)
        return false;
    snprintf(key, size, "%s%s", MNN_ST_DIGEST, name);
    mnn_json_string(out, key);
    fprintf(out, ":\"%s\"", digest);
    free(key);
    return true;
}

static bool write_metadata(FILE *out, const st_saver *s)
{
    char digest[MNN_SHA256_TEXT];
    fputs("{\"" MNN_ST_METADATA "\":{", out);
    for (int i = 0; i < s->metadata_count; i++) {
        mnn_json_string(out, s->metadata[i].key);
        fputc(':', out);
        mnn_json_string(out, s->metadata[i].value);
        fputc(',', out);
    }
    for (int i = 0; i < s->tensor_count; i++) {
        mnn_digest_floats(s->tensors[i].data, mnn_tensor_elements(s->tensors + i), digest);
        if (!write_digest(out, s->tensors[i].name, digest))
            return false;
        fputc(',', out);
    }
    if (!digest_metadata(s, digest) || !write_digest(out, MNN_ST_METADATA, digest))
        return false;
    fputc('}', out);
    return true;
}

static void write_tensors(FILE *out, const st_saver *s)
{
    uint64_t offset = 0;
    for (int i = 0; i < s->tensor_count; i++) {
        const mnn_st_tensor *tensor = s->tensors + i;
        const uint64_t end = offset + sizeof(float) * mnn_tensor_elements(tensor);
        fputc(',', out);
        mnn_json_string(out, tensor->name);
        fputs(":{\"dtype\":\"F32\",\"shape\":[", out);
        for (int d = 0; d < tensor->rank; d++)
            fprintf(out, "%s%d", d ? "," : "", tensor->dims[d]);
        fprintf(out, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", offset, end);
        offset = end;
    }
}

/* The JSON header, padded with blanks.
 * @param text  to be freed also on failure */
static mnn_status make_header(const st_saver *s, char **text, size_t *size)
{
    *text = NULL;
    *size = 0;
    FILE *out = open_memstream(text, size);
    if (!out)
        return mnn_fail_file(s->err, MNN_ENOMEM, s->path, "not enough memory for the header");
    errno = 0; /* a stream in memory that cannot grow loses bytes without ferror() */
    bool good = write_metadata(out, s);
    write_tensors(out, s);
    fputc('}', out);
    const long written = ftell(out);
    for (long i = written; i >= 0 && i % ALIGNMENT != 0; i++)
        fputc(' ', out);
    good = !ferror(out) && written >= 0 && good;
    good = fclose(out) == 0 && good && errno != ENOMEM;
    if (!good)
        return mnn_fail_file(s->err, MNN_ENOMEM, s->path, "not enough memory for the header");
    if (*size > MNN_ST_MAX_HEADER)
        return mnn_fail_file(s->err, MNN_ENOMEM, s->path, "header of %zu bytes (expected at most %d)", *size,
                             MNN_ST_MAX_HEADER);
    return MNN_OK;
}

/* --- file ----------------------------------------------------------------------------------------- */

static mnn_status write_floats(mnn_atomic *a, const float *values, size_t count, mnn_error *err)
{
    mnn_status status = MNN_OK;
    for (size_t done = 0; done < count && status == MNN_OK;) {
        unsigned char bytes[4 * PIECE];
        const size_t n = count - done < PIECE ? count - done : PIECE;
        mnn_floats_to_bytes(bytes, values + done, n);
        status = mnn_atomic_write(a, bytes, 4 * n, err);
        done += n;
    }
    return status;
}

static mnn_status write_file(const st_saver *s, mnn_atomic *a, const char *header, size_t size)
{
    unsigned char length[MNN_ST_LENGTH_BYTES];
    for (int i = 0; i < MNN_ST_LENGTH_BYTES; i++)
        length[i] = (unsigned char)((uint64_t)size >> (8 * i) & 0xFF);
    mnn_status status = mnn_atomic_write(a, length, sizeof length, s->err);
    if (status == MNN_OK)
        status = mnn_atomic_write(a, header, size, s->err);
    for (int i = 0; i < s->tensor_count && status == MNN_OK; i++)
        status = write_floats(a, s->tensors[i].data, mnn_tensor_elements(s->tensors + i), s->err);
    return status;
}

static mnn_status save(const st_saver *s, const char *header, size_t size)
{
    mnn_atomic a;
    mnn_status status = mnn_atomic_begin(&a, s->path, s->err);
    if (status != MNN_OK)
        return status;
    status = write_file(s, &a, header, size);
    if (status == MNN_OK)
        return mnn_atomic_commit_keeping(&a, s->old, s->err);
    mnn_atomic_abort(&a);
    return status;
}

mnn_status mnn_safetensors_save(const char *path, const mnn_st_tensor *tensors, int tensor_count,
                                const mnn_st_entry *metadata, int metadata_count, mnn_error *err)
{
    return mnn_safetensors_save_keeping(path, &(mnn_replaced){.previous = NULL}, tensors, tensor_count, metadata,
                                        metadata_count, err);
}

mnn_status mnn_safetensors_save_keeping(const char *path, const mnn_replaced *old, const mnn_st_tensor *tensors,
                                        int tensor_count, const mnn_st_entry *metadata, int metadata_count,
                                        mnn_error *err)
{
    const st_saver s = {path, old, tensors, tensor_count, metadata, metadata_count, err};
    mnn_status status = check_names(&s);
    for (int i = 0; i < tensor_count && status == MNN_OK; i++)
        status = check_tensor(&s, tensors + i);
    if (status != MNN_OK)
        return status;
    char *header;
    size_t size;
    status = make_header(&s, &header, &size);
    if (status == MNN_OK)
        status = save(&s, header, size);
    free(header);
    return status;
}
