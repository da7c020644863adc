/* See unzip.h. Only the directory at the archive's end is believed, as far as the file bears it out. */
#define _POSIX_C_SOURCE 200809L

#include "io/unzip.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/report.h"

enum {
    END_BYTES = 22,
    COMMENT = 0xFFFF, /* bytes at most */
    END64_LOCATOR = 0x07064b50,
    END64 = 0x06064b50,
    LOCATOR_BYTES = 20,
    END64_BYTES = 56,
    CENTRAL_BYTES = 46,
    LOCAL_BYTES = 30,
    ZIP64_EXTRA = 1,
    MOST_DIRECTORY = 16 * 1024 * 1024,
    ENCRYPTED = 1,
    STORED = 0,
    DEFLATED = 8
};

/* An archive, and the member that is wanted. */
typedef struct archive {
    const char *path;
    int fd;
    uint64_t size;
    uint64_t directory, directory_size;
    unsigned char *entries; /* [directory_size], malloc'ed */
    mnn_error *err;
} archive;

typedef struct member {
    uint32_t flags, method, crc;
    uint64_t packed, size, local;
} member;

static uint64_t little(const unsigned char *bytes, int size)
{
    uint64_t word = 0;
    for (int i = size; i-- > 0;)
        word = word << 8 | bytes[i];
    return word;
}

/* Bytes of the file, which must be there. */
static mnn_status read_at(const archive *a, uint64_t at, void *buffer, size_t size)
{
    size_t got = 0;
    if (lseek(a->fd, (off_t)at, SEEK_SET) < 0)
        return mnn_fail_errno(a->err, a->path, "could not seek", errno);
    const mnn_status status = mnn_file_read(a->fd, a->path, buffer, size, &got, a->err);
    if (!status && got < size)
        return mnn_fail_at(a->err, MNN_EIO, a->path, at + got,
                           "file became shorter while it was read (expected %" PRIu64 " bytes)", a->size);
    return status;
}

/* --- the directory ---------------------------------------------------------------------------------- */

/* A directory above 4 GiB, or of more than 65,535 members, is described before the usual end. */
static mnn_status read_end64(archive *a, uint64_t end)
{
    unsigned char bytes[END64_BYTES];
    if (end < LOCATOR_BYTES)
        return MNN_OK;
    mnn_status status = read_at(a, end - LOCATOR_BYTES, bytes, LOCATOR_BYTES);
    if (status || little(bytes, 4) != END64_LOCATOR)
        return status;
    const uint64_t at = little(bytes + 8, 8);
    if (at > a->size || a->size - at < END64_BYTES)
        return mnn_fail_at(a->err, MNN_EFORMAT, a->path, end - LOCATOR_BYTES,
                           "the end of the ZIP directory is outside the file (got %" PRIu64 ")", at);
    status = read_at(a, at, bytes, END64_BYTES);
    if (!status && little(bytes, 4) != END64)
        status = mnn_fail_at(a->err, MNN_EFORMAT, a->path, at, "no end of a ZIP directory here");
    if (status)
        return status;
    a->directory_size = little(bytes + 40, 8);
    a->directory = little(bytes + 48, 8);
    return MNN_OK;
}

/* The end of the directory, which a comment may follow. */
static mnn_status find_end(archive *a)
{
    const size_t most = END_BYTES + COMMENT, size = a->size < most ? (size_t)a->size : most;
    unsigned char *tail = malloc(size);
    if (!tail)
        return mnn_fail_memory(a->err, a->path, size);
    mnn_status status = read_at(a, a->size - size, tail, size);
    size_t at = size >= END_BYTES ? size - END_BYTES + 1 : 0;
    while (!status && at-- > 0)
        if (little(tail + at, 4) == MNN_ZIP_END && at + END_BYTES + little(tail + at + 20, 2) == size)
            break;
    if (!status && at == SIZE_MAX)
        status = mnn_fail_at(a->err, MNN_EFORMAT, a->path, a->size,
                             "the ZIP archive has no directory at its end (is the file cut off?)");
    if (!status) {
        a->directory_size = little(tail + at + 12, 4);
        a->directory = little(tail + at + 16, 4);
        status = read_end64(a, a->size - size + at);
    }
    free(tail);
    return status;
}

static mnn_status read_directory(archive *a)
{
    mnn_status status = find_end(a);
    if (status)
        return status;
    if (a->directory > a->size || a->directory_size > a->size - a->directory || a->directory_size > MOST_DIRECTORY)
        return mnn_fail_at(a->err, MNN_EFORMAT, a->path, a->size,
                           "the ZIP directory is outside the file or too large (got %" PRIu64 " bytes at %" PRIu64
                           ", expected at most %d)",
                           a->directory_size, a->directory, MOST_DIRECTORY);
    a->entries = malloc((size_t)a->directory_size + 1);
    if (!a->entries)
        return mnn_fail_memory(a->err, a->path, a->directory_size);
    return read_at(a, a->directory, a->entries, (size_t)a->directory_size);
}

/* Sizes and offset beyond 4 GiB are in an extra field, in this order, those alone that do not fit. */
static void read_extra(member *m, const unsigned char *extra, size_t size)
{
    while (size >= 4) {
        const size_t length = (size_t)little(extra + 2, 2);
        if (length > size - 4)
            return;
        if (little(extra, 2) == ZIP64_EXTRA) {
            const unsigned char *at = extra + 4, *end = at + length;
            uint64_t *const fields[] = {&m->size, &m->packed, &m->local};
            for (int i = 0; i < 3; i++)
                if (*fields[i] == UINT32_MAX && end - at >= 8) {
                    *fields[i] = little(at, 8);
                    at += 8;
                }
        }
        extra += 4 + length;
        size -= 4 + length;
    }
}

/* One entry of the directory.
 * @param at  its offset; moved past it
 * @return false: there is no whole entry */
static bool next_entry(const archive *a, size_t *at, const char **name, size_t *length, member *m)
{
    const unsigned char *e = a->entries + *at;
    const size_t left = (size_t)a->directory_size - *at;
    if (left < CENTRAL_BYTES || little(e, 4) != MNN_ZIP_CENTRAL)
        return false;
    const size_t extra = (size_t)little(e + 30, 2);
    *length = (size_t)little(e + 28, 2);
    const size_t size = CENTRAL_BYTES + *length + extra + (size_t)little(e + 32, 2);
    if (size > left)
        return false;
    *name = (const char *)e + CENTRAL_BYTES;
    *m = (member){.flags = (uint32_t)little(e + 8, 2),
                  .method = (uint32_t)little(e + 10, 2),
                  .crc = (uint32_t)little(e + 16, 4),
                  .packed = little(e + 20, 4),
                  .size = little(e + 24, 4),
                  .local = little(e + 42, 4)};
    read_extra(m, e + CENTRAL_BYTES + *length, extra);
    *at += size;
    return true;
}

/* The names that there are, for a message. */
static void list_names(const archive *a, char *text, size_t size)
{
    size_t used = 0, at = 0, length = 0;
    const char *name = NULL;
    member m;
    text[0] = '\0';
    while (used + MNN_NAME_SHOWN + 4 < size && next_entry(a, &at, &name, &length, &m)) {
        char whole[MNN_NAME_SHOWN], shown[MNN_NAME_SHOWN];
        const bool npy = length > 4 && memcmp(name + length - 4, ".npy", 4) == 0;
        snprintf(whole, sizeof whole, "%.*s", (int)(npy ? length - 4 : length), name);
        used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
                                 mnn_printable(shown, sizeof shown, whole));
    }
}

static mnn_status find_member(const archive *a, const char *name, member *m)
{
    char shown[MNN_NAME_SHOWN], names[400];
    const char *found = NULL;
    size_t at = 0, length = 0;
    while (next_entry(a, &at, &found, &length, m))
        if (length == strlen(name) && memcmp(found, name, length) == 0)
            return MNN_OK;
    if (at < a->directory_size)
        return mnn_fail_at(a->err, MNN_EFORMAT, a->path, a->directory + at, "damaged entry of the ZIP directory");
    list_names(a, names, sizeof names);
    return mnn_fail_file(a->err, MNN_EFORMAT, a->path, "no member \"%s\" in the archive (got %s)",
                         mnn_printable(shown, sizeof shown, name), *names ? names : "an empty one");
}

/* --- the member ------------------------------------------------------------------------------------- */

/* Go to the first byte of the member's data. */
static mnn_status seek_data(const archive *a, const member *m)
{
    unsigned char local[LOCAL_BYTES];
    if (m->local > a->size || a->size - m->local < LOCAL_BYTES)
        return mnn_fail_at(a->err, MNN_EFORMAT, a->path, a->directory,
                           "a ZIP member is outside the file (got %" PRIu64 ")", m->local);
    mnn_status status = read_at(a, m->local, local, sizeof local);
    if (!status && little(local, 4) != MNN_ZIP_LOCAL)
        status = mnn_fail_at(a->err, MNN_EFORMAT, a->path, m->local, "no header of a ZIP member here");
    if (status)
        return status;
    const uint64_t at = m->local + LOCAL_BYTES + little(local + 26, 2) + little(local + 28, 2);
    if (at > a->size || m->packed > a->size - at)
        return mnn_fail_at(a->err, MNN_EFORMAT, a->path, m->local,
                           "a ZIP member reaches beyond the file (got %" PRIu64 " bytes at %" PRIu64 ")", m->packed,
                           at);
    return lseek(a->fd, (off_t)at, SEEK_SET) < 0 ? mnn_fail_errno(a->err, a->path, "could not seek", errno) : MNN_OK;
}

static mnn_status check_member(const archive *a, const member *m)
{
    if (m->flags & ENCRYPTED)
        return mnn_fail_at(a->err, MNN_EFORMAT, a->path, m->local, "the ZIP member is encrypted");
    if (m->method != STORED && m->method != DEFLATED)
        return mnn_fail_at(a->err, MNN_EFORMAT, a->path, m->local,
                           "compression method of the ZIP member (got %" PRIu32 ", expected 0, stored, or 8, deflate)",
                           m->method);
    if (m->method == STORED ? m->size != m->packed : m->size > mnn_gzip_limit(m->packed))
        return mnn_fail_at(a->err, MNN_EFORMAT, a->path, m->local,
                           "%" PRIu64 " bytes of a ZIP member cannot hold what its directory claims (got %" PRIu64
                           " bytes)",
                           m->packed, m->size);
    return MNN_OK;
}

static mnn_status make_stream(const archive *a, const member *m, const char *name, mnn_stream *s)
{
    const size_t room = strlen(a->path) + strlen(name) + 2;
    char *path = malloc(room);
    if (!path)
        return mnn_fail_memory(a->err, a->path, room);
    snprintf(path, room, "%s/%s", a->path, name);
    *s = (mnn_stream){
        .path = path, .owned = path, .fd = a->fd, .size = m->size, .is_member = true, .left = m->size, .crc = m->crc};
    return m->method == DEFLATED ? mnn_deflate_new(&s->gzip, a->fd, path, m->packed, a->err) : MNN_OK;
}

mnn_status mnn_unzip_open(mnn_stream *s, const char *path, const char *name, mnn_error *err)
{
    archive a = {.path = path, .err = err};
    member m = {0};
    *s = (mnn_stream){.fd = -1};
    mnn_status status = mnn_file_open(path, &a.fd, &a.size, err);
    if (status)
        return status;
    unsigned char start[4] = {0};
    size_t got = 0;
    status = mnn_file_read(a.fd, path, start, sizeof start, &got, err);
    if (!status && (got < sizeof start || (little(start, 4) != MNN_ZIP_LOCAL && little(start, 4) != MNN_ZIP_END))) {
        mnn_head head;
        status = mnn_head_read(&head, a.fd, path, err);
        if (!status)
            status = mnn_fail_contents(err, path, &head, MNN_EXPECT_NPZ, false);
    }
    if (!status)
        status = read_directory(&a);
    if (!status)
        status = find_member(&a, name, &m);
    if (!status)
        status = check_member(&a, &m);
    if (!status)
        status = seek_data(&a, &m);
    if (!status)
        status = make_stream(&a, &m, name, s);
    free(a.entries);
    if (status) {
        free(s->owned);
        close(a.fd);
    }
    return status;
}
