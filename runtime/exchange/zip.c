#define _POSIX_C_SOURCE 200809L
#include "exchange/zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/report.h"
#include "io/unzip.h"

enum {
    VERSION = 20,              /* 2.0: what an archive of stored files takes */
    UTF8_NAMES = 1 << 11,      /* a flag */
    FIRST_OF_1980 = 1 << 5 | 1 /* the earliest date there is */
};

/* The fields of a header, little-endian. */
typedef struct header {
    unsigned char bytes[64];
    size_t size;
} header;

static void add16(header *h, uint32_t value)
{
    h->bytes[h->size++] = (unsigned char)(value & 255);
    h->bytes[h->size++] = (unsigned char)(value >> 8 & 255);
}

static void add32(header *h, uint32_t value)
{
    add16(h, value & 0xFFFF);
    add16(h, value >> 16);
}

/* The fields that both headers of a file share: from "version needed" to the length of its name. */
static void add_common(header *h, const mnn_zip_entry *e)
{
    add16(h, VERSION);
    add16(h, UTF8_NAMES);
    add16(h, 0); /* stored */
    add16(h, 0); /* midnight */
    add16(h, FIRST_OF_1980);
    add32(h, e->crc);
    add32(h, e->size);
    add32(h, e->size);
    add16(h, (uint32_t)strlen(e->name));
    add16(h, 0); /* no extra field */
}

static mnn_status put(mnn_zip *z, const void *data, size_t size, mnn_error *err)
{
    z->at += size;
    return size ? mnn_atomic_write(&z->file, data, size, err) : MNN_OK;
}

mnn_status mnn_zip_begin(mnn_zip *z, const char *path, mnn_error *err)
{
    *z = (mnn_zip){.path = path};
    return mnn_atomic_begin(&z->file, path, err);
}

static uint32_t crc_of(uint32_t crc, const unsigned char *data, size_t size)
{
    return (uint32_t)crc32_z(crc, data, size);
}

static mnn_status add_entry(mnn_zip *z, const char *name, mnn_error *err)
{
    mnn_zip_entry *entries = realloc(z->entries, ((size_t)z->count + 1) * sizeof *entries);
    if (!entries)
        return mnn_fail_file(err, MNN_ENOMEM, z->path, "not enough memory for the archive");
    z->entries = entries;
    entries[z->count].name = strdup(name);
    if (!entries[z->count].name)
        return mnn_fail_file(err, MNN_ENOMEM, z->path, "not enough memory for the archive");
    z->count++;
    return MNN_OK;
}

mnn_status mnn_zip_add(mnn_zip *z, const char *name, const void *head, size_t head_size, const void *body,
                       size_t body_size, mnn_error *err)
{
    const uint64_t size = (uint64_t)head_size + body_size;
    if (z->at + size > UINT32_MAX / 2 || z->count == UINT16_MAX)
        return mnn_fail_file(err, MNN_ENOMEM, z->path, "the archive would be too large (expected less than 2 GiB)");
    mnn_status status = add_entry(z, name, err);
    if (status)
        return status;
    mnn_zip_entry *e = &z->entries[z->count - 1];
    e->crc = crc_of(crc_of(0, head, head_size), body, body_size);
    e->size = (uint32_t)size;
    e->offset = (uint32_t)z->at;
    header h = {.size = 0};
    add32(&h, MNN_ZIP_LOCAL);
    add_common(&h, e);
    status = put(z, h.bytes, h.size, err);
    if (!status)
        status = put(z, name, strlen(name), err);
    if (!status)
        status = put(z, head, head_size, err);
    return status ? status : put(z, body, body_size, err);
}

static mnn_status write_directory(mnn_zip *z, mnn_error *err)
{
    const uint64_t begin = z->at;
    mnn_status status = MNN_OK;
    for (int i = 0; i < z->count && !status; i++) {
        const mnn_zip_entry *e = &z->entries[i];
        header h = {.size = 0};
        add32(&h, MNN_ZIP_CENTRAL);
        add16(&h, VERSION);
        add_common(&h, e);
        add16(&h, 0); /* no comment */
        add16(&h, 0); /* first disk */
        add16(&h, 0);
        add32(&h, 0);
        add32(&h, e->offset);
        status = put(z, h.bytes, h.size, err);
        if (!status)
            status = put(z, e->name, strlen(e->name), err);
    }
    header h = {.size = 0};
    add32(&h, MNN_ZIP_END);
    add32(&h, 0); /* this disk is the first and only one */
    add16(&h, (uint32_t)z->count);
    add16(&h, (uint32_t)z->count);
    add32(&h, (uint32_t)(z->at - begin));
    add32(&h, (uint32_t)begin);
    add16(&h, 0);
    return status ? status : put(z, h.bytes, h.size, err);
}

static void forget(mnn_zip *z)
{
    for (int i = 0; i < z->count; i++)
        free(z->entries[i].name);
    free(z->entries);
    z->entries = NULL;
    z->count = 0;
}

mnn_status mnn_zip_commit(mnn_zip *z, mnn_error *err)
{
    mnn_status status = write_directory(z, err);
    forget(z);
    if (!status)
        return mnn_atomic_commit(&z->file, err);
    mnn_atomic_abort(&z->file);
    return status;
}

void mnn_zip_abort(mnn_zip *z)
{
    forget(z);
    mnn_atomic_abort(&z->file);
}
