/* From text to tree. */
#ifndef MNNC_SYNTAX_PARSE_H
#define MNNC_SYNTAX_PARSE_H

#include "support/diag.h"
#include "syntax/ast.h"

/** Parse a whole .mnn file. One run reports every error; parsing continues after an error.
 *  @return the tree of all that could be read (never NULL); look at d->errors */
ast_file *parse_file(arena *a, diag_list *d, const source *s);

/** Parse "name=expression", the argument of -D.
 *  @return the AST_SET statement, or NULL after reporting */
ast_stmt *parse_definition(arena *a, diag_list *d, const source *s);

/** Parse a formula: expressions and "name = expression", between newlines or semicolons, with comparisons.
 *  @return its statements, AST_SET each, whose name.text is NULL for an expression alone; NULL after reporting */
ast_stmt *parse_formula(arena *a, diag_list *d, const source *s);

#endif
