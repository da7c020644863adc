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
    cx->look = options->look;
    cx->look_status = options->look_status;
    cx->incomplete = d->errors > 0;
    cx->unknown_steps = cx->incomplete;

    sema_constants(cx, options);
    sema_blocks(cx);
    sema_data(cx);
    const int before = d->errors;
    sema_train(cx);
    const int in_train = d->errors - before;
    sema_model(cx);
    sema_pictures(cx);
    const bool is_whole = cx->program->graph != NULL && d->errors == in_train;
    if (sema_labels(cx))
        sema_agreement(cx);
    if (d->errors == 0)
        sema_names(cx);
    if (options->unfinished != NULL && is_whole && d->errors > 0)
        *options->unfinished = cx->program;
    return d->errors > 0 ? NULL : cx->program;
}
