/* The text of one .mnn file (or of one -D option) and positions in it. */
#ifndef MNNC_SUPPORT_SOURCE_H
#define MNNC_SUPPORT_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "mnn/status.h"
#include "support/arena.h"

enum { SOURCE_MAX_BYTES = 16 * 1024 * 1024, SOURCE_BLOCK = 4096 };

typedef struct source {
    const char *path; /* as the user wrote it; for -D "<command line>" */
    const char *text; /* NUL-terminated after size bytes */
    size_t size;
    const int *newlines; /* before every SOURCE_BLOCK-th byte, so that a position is found without reading all */
} source;

/** A range of bytes of a source: [begin, end). The zero span means "no place". */
typedef struct span {
    const source *source;
    uint32_t begin;
    uint32_t end;
} span;

/** A line and a column, both from 1. The column counts characters (code points), not bytes. */
typedef struct line_column {
    int line;
    int column;
} line_column;

/** Read a whole file (base/file.h).
 *  The text is checked: NUL, ill-formed UTF-8 and bidirectional control characters are refused.
 *  @param out      filled on MNN_OK (and if the content is refused, so that the position can be shown)
 *  @param at       the offending byte of a refused content; zero span otherwise
 *  @param message  on failure the reason, after "path: " if at is a zero span
 *  @return MNN_OK; MNN_ESOURCE: not a regular file, too large, or refused content; MNN_EIO; MNN_ENOMEM */
mnn_status source_load(arena *a, const char *path, source **out, span *at, const char **message);

/** Wrap a text that is already in memory; the same checks. */
mnn_status source_from_text(arena *a, const char *path, const char *text, size_t size, source **out, span *at,
                            const char **message);

line_column source_locate(const source *s, uint32_t offset);

/** The line that holds offset, without its newline. */
const char *source_line(const source *s, uint32_t offset, size_t *length);

span span_join(span first, span last);

#endif
