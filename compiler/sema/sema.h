/* Semantic analysis: evaluates constants, resolves names through the tables of lang/, checks arguments, and appends
 * layers to the graph. */
#ifndef MNNC_SEMA_SEMA_H
#define MNNC_SEMA_SEMA_H

#include "ir/ir.h"
#include "support/diag.h"
#include "syntax/ast.h"

/** Look at the training set, where its files are: fill columns, their names, and the names of the classes.
 *  @return MNN_OK, or after reporting the status of the file */
typedef int sema_look(arena *a, diag_list *d, ir_data *data);

/** Values of -D options: AST_SET statements linked by next. */
typedef struct sema_options {
    ast_stmt *definitions;
    sema_look *look;         /* NULL: the data are not looked at */
    int *look_status;        /* filled if look is called; NULL with look */
    ir_program **unfinished; /* NULL, or where to leave a program whose only errors are outside data and model */
} sema_options;

/** Analyse a parsed file; reports every error and continues.
 *  @return the program at level IR_RESOLVED, or NULL if d->errors > 0 */
ir_program *sema_analyze(arena *a, diag_list *d, const ast_file *file, const sema_options *options);

#endif
