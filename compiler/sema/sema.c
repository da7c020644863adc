/* The order of the analysis. */
#include "sema/sema.h"

#include "sema/stages.h"

ir_program *sema_analyze(arena *a, diag_list *d, const ast_file *file, const sema_options *options)
{
    sema_context *cx = ARENA_NEW(a, sema_context);
    cx->arena = a;
    cx->diag = d;
    cx->file = file;
    cx->program = ARENA_NEW(a, ir_program);
    cx->program->source = file->source;
    cx->incomplete = d->errors > 0;
    cx->unknown_steps = cx->incomplete;

    sema_constants(cx, options);
    sema_blocks(cx);
    sema_data(cx);
    sema_train(cx);
    sema_model(cx);
    sema_pictures(cx);
    if (sema_labels(cx))
        sema_agreement(cx);
    if (d->errors == 0)
        sema_names(cx);
    return d->errors > 0 ? NULL : cx->program;
}
