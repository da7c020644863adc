/* Samples against the other blocks: whether they have the labels that the loss needs, and whether the model sees images
 * where steps move them. */
#include "sema/stages.h"

static bool has_labels(const ir_source *files)
{
    return files->has_labels;
}

/** All sets have labels, or none has. */
static bool check_set(sema_context *cx, const ir_source *files, const char *name)
{
    const ir_source *train = &cx->program->data.train;
    if (files->reader == NULL || has_labels(files) == has_labels(train))
        return true;
    diag_error(cx->diag, files->at, "the %s set has %s, the training set has %s (expected the same)", name,
               has_labels(files) ? "labels" : "no labels", has_labels(train) ? "some" : "none");
    diag_note(cx->diag, train->at, "the training set is here");
    return false;
}

/** Without labels the output is compared with the input, number by number. */
static bool check_own_target(sema_context *cx)
{
    const ir_program *p = cx->program;
    bool ok = true;
    if (p->train.loss_at.source != NULL && ir_loss_labels(p->train.loss.kind) != IR_LABELS_NUMBERS) {
        diag_error(cx->diag, p->train.loss_at, "%s needs labels, but the training set has none",
                   ir_loss_name(p->train.loss.kind));
        diag_note(cx->diag, p->data.train.at, "the training set is here");
        diag_hint(
            cx->diag,
            "write idx(images, labels) or csv(path, target=...), or loss = mse to compare the output with the input");
        ok = false;
    }
    if (p->data.one_hot_at.source != NULL) {
        diag_error(cx->diag, p->data.one_hot_at, "one_hot needs labels, but the training set has none");
        diag_note(cx->diag, p->data.train.at, "the training set is here");
        ok = false;
    }
    for (int i = 0; i < p->train.metric_count; i++) {
        diag_error(cx->diag, p->train.metrics[i].at, "%s needs labels, but the training set has none",
                   p->train.metrics[i].name);
        diag_note(cx->diag, p->data.train.at, "the training set is here");
        diag_hint(cx->diag, "remove %s from metrics", p->train.metrics[i].name);
        ok = false;
    }
    return ok;
}

bool sema_labels(sema_context *cx)
{
    const ir_data *data = &cx->program->data;
    if (data->train.reader == NULL)
        return true; /* missing or reported */
    const bool test = check_set(cx, &data->test, "test"), validation = check_set(cx, &data->validation, "validation");
    return (has_labels(&data->train) || check_own_target(cx)) && test && validation;
}

void sema_pictures(sema_context *cx)
{
    ir_augment *a = &cx->program->data.augment;
    if (a->moved_at.source == NULL || cx->program->graph == NULL)
        return;
    const ir_shape shape = a->picture.rank != 0 ? a->picture : cx->program->graph->input->attr.target;
    if (shape.rank == 2)
        a->picture = (ir_shape){3, {shape.dim[0], shape.dim[1], 1}};
    else
        a->picture = shape;
    if (shape.rank == 2 || shape.rank == 3 || shape.rank == 0) /* 0: has been reported */
        return;
    diag_error(cx->diag, a->moved_at,
               "a step that moves images needs an image (got %s, expected (height, width, channels))",
               ir_shape_text(cx->arena, shape));
    diag_hint(cx->diag, "write reshape(height, width, channels) before this step; a reshape to %s may follow it",
              ir_shape_text(cx->arena, shape));
}
