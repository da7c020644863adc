/* The canonical printer of --format. */
#ifndef MNNC_SYNTAX_FORMAT_H
#define MNNC_SYNTAX_FORMAT_H

#include "syntax/ast.h"

/** Give the canonical spelling of a word of the language, or the word itself: the formatter knows no
 *  layer names, so the caller hands it the table. */
typedef const char *format_canonical(const char *name);

/** Write the file in canonical form: four blanks per level, one statement per line, "a = b" in settings,
 *  "a=b" in arguments, one blank line between blocks, comments kept where they are, values as written.
 *  Idempotent: formatting the result gives the same bytes. */
void format_file(str *out, const ast_file *file, format_canonical *canonical);

#endif
