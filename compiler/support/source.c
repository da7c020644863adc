#include "support/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/utf8.h"

/* A byte order mark at the very beginning is skipped: it is no text. */
static uint32_t text_begin(const source *s)
{
    return s->size >= 3 && memcmp(s->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

/* Find the first byte that a source may not contain; NULL if there is none. */
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

mnn_status source_from_text(arena *a, const char *path, const char *text, size_t size, source **out, span *at,
                            const char **message)
{
    *at = (span){0};
    if (size > SOURCE_MAX_BYTES) {
        *message = arena_printf(a, "%s: file is larger than %d MiB, the maximum of a source file", path,
                                SOURCE_MAX_BYTES / (1024 * 1024));
        return MNN_ESOURCE;
    }
    source *s = ARENA_NEW(a, source);
    s->path = arena_strdup(a, path);
    s->text = arena_strndup(a, text, size);
    s->size = size;
    s->newlines = index_newlines(a, s->text, size);
    const char *refused = find_refused(a, s, at);
    *out = s;
    if (refused == NULL)
        return MNN_OK;
    *message = refused;
    return MNN_ESOURCE;
}

mnn_status source_load(arena *a, const char *path, source **out, span *at, const char **message)
{
    char *text;
    size_t size;
    mnn_error err;
    *at = (span){0};
    mnn_status status = mnn_file_load(path, (size_t)SOURCE_MAX_BYTES + 1, &text, &size, &err);
    if (status == MNN_OK) {
        status = source_from_text(a, path, text, size, out, at, message);
        free(text);
        return status;
    }
    *message = arena_strdup(a, err.text);
    return status == MNN_EFORMAT ? MNN_ESOURCE : status;
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
