/* Values in canonical form: blanks around + and -, none around * / **, the parentheses that are needed. */
#ifndef MNNC_SYNTAX_FORMAT_EXPR_H
#define MNNC_SYNTAX_FORMAT_EXPR_H

#include "syntax/format.h"

enum { FORMAT_INDENT = 4, FORMAT_WIDTH = 100 };

/** How names are written. */
typedef struct format_names {
    format_canonical *canonical;
    const char **own; /* names that the file gives itself, sorted: they are no words of the language */
    size_t own_count;
} format_names;

const char *format_name(const format_names *names, const char *name);

/** Write a value that starts at a column. If it does not fit before FORMAT_WIDTH, calls, tuples and
 *  lists are written one element per line.
 *  @param indent  columns of the line that the value starts on
 *  @param after   columns that follow on its last line */
void format_expr(str *out, const format_names *names, const ast_expr *e, int indent, int column, int after);

/** The same for a call, of a step or as a value. */
void format_call(str *out, const format_names *names, const ast_call *call, int indent, int column, int after);

/** The same for the arguments alone: the head of a block, which the caller has begun. */
void format_args(str *out, const format_names *names, const ast_arg *args, int indent, int column, int after);

#endif
