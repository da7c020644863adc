#define _POSIX_C_SOURCE 200809L
#include "support/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"

/* A byte order mark at the very beginning is skipped: it is no text. */
static uint32_t text_begin(const source *s)
{
    return s->size >= 3 && memcmp(s->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

/* Find the first thing that may not stand in a source; NULL when there is none. */
static const char *find_refused(arena *a, const source *s, span *at)
{
    size_t i = 0;
    while (i < s->size) {
        unsigned char byte = (unsigned char)s->text[i];
        if (byte >= 0x20 && byte < 0x7F) {
            i++;
            continue;
        }
        uint32_t code = 0;
        int bytes = mnn_utf8_decode(s->text + i, s->size - i, &code);
        *at = (span){s, (uint32_t)i, (uint32_t)i + (bytes > 0 ? (uint32_t)bytes : 1)};
        if (bytes == 0)
            return arena_printf(a, "byte 0x%02x is not well-formed UTF-8", (unsigned)byte);
        if (code == 0)
            return "a source file cannot contain a NUL character";
        if (mnn_is_bidi(code))
            return arena_printf(a, "a source file cannot contain the bidirectional control character U+%04X",
                                (unsigned)code);
        i += (size_t)bytes;
    }
    *at = (span){0};
    return NULL;
}

static int count_newlines(const char *text, size_t size)
{
    int count = 0;
    const char *end = text + size;
    for (const char *c = text; (c = memchr(c, '\n', (size_t)(end - c))) != NULL; c++)
        count++;
    return count;
}

static const int *index_newlines(arena *a, const char *text, size_t size)
{
    const size_t blocks = size / SOURCE_BLOCK;
    int *newlines = arena_array(a, blocks + 1, sizeof *newlines);
    for (size_t i = 0; i < blocks; i++)
        newlines[i + 1] = newlines[i] + count_newlines(text + i * SOURCE_BLOCK, SOURCE_BLOCK);
    return newlines;
}

static source_status finish(arena *a, const char *path, const char *text, size_t size, source **out, span *at,
                            const char **message)
{
    source *s = ARENA_NEW(a, source);
    s->path = arena_strdup(a, path);
    s->text = text;
    s->size = size;
    s->newlines = index_newlines(a, text, size);
    const char *refused = find_refused(a, s, at);
    *out = s;
    if (refused == NULL)
        return SOURCE_OK;
    *message = refused;
    return SOURCE_REJECTED;
}

static source_status refuse_size(arena *a, const char **message)
{
    *message =
        arena_printf(a, "file is larger than %d MiB, the maximum of a source file", SOURCE_MAX_BYTES / (1024 * 1024));
    return SOURCE_REJECTED;
}

source_status source_from_text(arena *a, const char *path, const char *text, size_t size, source **out, span *at,
                               const char **message)
{
    *at = (span){0};
    if (size > SOURCE_MAX_BYTES)
        return refuse_size(a, message);
    return finish(a, path, arena_strndup(a, text, size), size, out, at, message);
}

/* Read to the end or to one byte more than is allowed, whatever size fstat() claimed. */
static source_status read_all(arena *a, int fd, size_t claimed, char **text, size_t *size)
{
    const size_t most = (size_t)SOURCE_MAX_BYTES + 1;
    size_t capacity = claimed < 4096 ? 4096 : claimed + 1;
    char *bytes = arena_alloc(a, capacity + 1);
    size_t used = 0;
    for (;;) {
        if (used == capacity) {
            if (capacity >= most)
                break;
            size_t larger = capacity * 2 < most ? capacity * 2 : most;
            char *copy = arena_alloc(a, larger + 1);
            memcpy(copy, bytes, used);
            bytes = copy;
            capacity = larger;
        }
        ssize_t n = read(fd, bytes + used, capacity - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return SOURCE_READ_ERROR;
        if (n == 0)
            break;
        used += (size_t)n;
    }
    bytes[used] = '\0';
    *text = bytes;
    *size = used;
    return SOURCE_OK;
}

static source_status load_open(arena *a, int fd, char **text, size_t *size, const char **message)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        *message = arena_printf(a, "could not read: %s", strerror(errno));
        return SOURCE_READ_ERROR;
    }
    if (S_ISDIR(info.st_mode)) {
        *message = "a directory cannot be read as a source file";
        return SOURCE_REJECTED;
    }
    if (!S_ISREG(info.st_mode)) {
        *message = "not a regular file";
        return SOURCE_REJECTED;
    }
    if (info.st_size > SOURCE_MAX_BYTES)
        return refuse_size(a, message);
    source_status status = read_all(a, fd, (size_t)info.st_size, text, size);
    if (status != SOURCE_OK)
        *message = arena_printf(a, "could not read: %s", strerror(errno));
    else if (*size > SOURCE_MAX_BYTES)
        return refuse_size(a, message);
    return status;
}

source_status source_load(arena *a, const char *path, source **out, span *at, const char **message)
{
    *at = (span){0};
    int fd;
    do {
        fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        *message = arena_printf(a, "could not open: %s", strerror(errno));
        return SOURCE_CANNOT_OPEN;
    }
    char *text = NULL;
    size_t size = 0;
    source_status status = load_open(a, fd, &text, &size, message);
    close(fd);
    return status == SOURCE_OK ? finish(a, path, text, size, out, at, message) : status;
}

static uint32_t line_begin(const source *s, uint32_t offset)
{
    uint32_t begin = offset < s->size ? offset : (uint32_t)s->size;
    uint32_t first = text_begin(s);
    while (begin > first && s->text[begin - 1] != '\n')
        begin--;
    return begin;
}

line_column source_locate(const source *s, uint32_t offset)
{
    uint32_t begin = line_begin(s, offset);
    const uint32_t block = begin / SOURCE_BLOCK, in_block = begin % SOURCE_BLOCK;
    const int line = 1 + s->newlines[block] + count_newlines(s->text + begin - in_block, in_block);
    uint32_t end = offset < s->size ? offset : (uint32_t)s->size;
    size_t before = end > begin ? mnn_utf8_length(s->text + begin, end - begin) : 0;
    return (line_column){line, (int)before + 1};
}

const char *source_line(const source *s, uint32_t offset, size_t *length)
{
    uint32_t begin = line_begin(s, offset);
    const char *newline = memchr(s->text + begin, '\n', s->size - begin);
    size_t end = newline == NULL ? s->size : (size_t)(newline - s->text);
    if (end > begin && s->text[end - 1] == '\r')
        end--;
    *length = end - begin;
    return s->text + begin;
}

span span_join(span first, span last)
{
    if (first.source == NULL)
        return last;
    if (last.source == NULL)
        return first;
    return (span){first.source, first.begin, last.end > first.end ? last.end : first.end};
}
