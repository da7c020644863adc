/* Numbers and strings as they are written. */
#ifndef MNNC_SYNTAX_LITERAL_H
#define MNNC_SYNTAX_LITERAL_H

#include "support/diag.h"
#include "syntax/ast.h"

/** A number; reports one that is too large for a double. The text is a well-formed number. */
ast_expr *literal_number(arena *a, diag_list *d, span at);

/** A number with letters, points or underscores directly after it; reports where it ought to end. */
ast_expr *literal_number_with_tail(arena *a, diag_list *d, span at);

/** A string with its quotes; reports every unknown escape at its position. */
ast_expr *literal_string(arena *a, diag_list *d, span at);

#endif
