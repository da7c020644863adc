#include "train/callbacks.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

mnn_callbacks mnn_callbacks_new(const mnn_model *model, double learning_rate)
{
    return (mnn_callbacks){.model = model, .learning_rate = learning_rate};
}

/* Of all that a model keeps: its parameters and the state after them. */
static size_t kept_bytes(const mnn_model *model)
{
    return ((size_t)model->param_count + (size_t)model->state_count) * sizeof(float);
}

/* --- the monitored number ------------------------------------------------------------------------ */

static double monitored(const mnn_callback *callback, const mnn_epoch_report *report)
{
    const mnn_score *score = callback->validation ? &report->validation : &report->score;
    return callback->metric < 0 ? score->loss : score->value[callback->metric];
}

/* "val_accuracy did not improve for 3 epochs" */
static int describe(char *text, size_t size, const mnn_model *model, const mnn_callback *callback, int wait)
{
    return snprintf(text, size, "%s%s did not improve for %d epoch%s", callback->validation ? "val_" : "",
                    callback->metric < 0 ? "loss" : model->metrics[callback->metric].name, wait, wait == 1 ? "" : "s");
}

/* Remember a number if it is better than the best one by more than min_delta. */
static bool improves(mnn_watch *w, const mnn_callback *callback, double value)
{
    const double better = callback->more_is_better ? value - w->best : w->best - value;
    if (w->has_best && !(better > callback->min_delta))
        return false;
    w->has_best = true;
    w->best = value;
    w->wait = 0;
    return true;
}

/* A hostile checkpoint may say that it has waited for as long as can be counted. */
static void wait_longer(mnn_watch *w)
{
    w->wait += w->wait < INT_MAX;
}

static void say(const mnn_epoch_report *report, const char *callback, const char *text, mnn_tell *tell, void *context)
{
    const mnn_note note = {report->epoch, callback, text};
    tell(context, &note);
}

/* --- early_stopping ------------------------------------------------------------------------------ */

static void keep_best(mnn_callbacks *c, const mnn_epoch_report *report)
{
    c->best = *report;
    memcpy(c->model->best_params, c->model->params, kept_bytes(c->model));
}

static void stop_early(mnn_callbacks *c, int nth, const mnn_epoch_report *report, mnn_tell *tell, void *context)
{
    const mnn_callback *callback = &c->model->callbacks[nth];
    mnn_watch *w = &c->watch[nth];
    char text[256];
    if (report->epoch <= callback->start_from_epoch)
        return;
    wait_longer(w);
    if (improves(w, callback, monitored(callback, report))) {
        if (callback->restore_best_weights)
            keep_best(c, report);
        return;
    }
    if (w->wait < callback->patience)
        return;
    c->stop = true;
    const int length = describe(text, sizeof text, c->model, callback, w->wait);
    if (callback->restore_best_weights)
        snprintf(text + length, sizeof text - (size_t)length, ": stopping, weights of epoch %d restored",
                 c->best.epoch);
    else
        snprintf(text + length, sizeof text - (size_t)length, ": stopping");
    say(report, "early_stopping", text, tell, context);
}

void mnn_callbacks_end(mnn_callbacks *c, mnn_epoch_report *report, mnn_tell *tell, void *context)
{
    char text[64];
    if (c->best.epoch == 0 || c->best.epoch == report->epoch)
        return;
    memcpy(c->model->params, c->model->best_params, kept_bytes(c->model));
    if (!c->stop) {
        snprintf(text, sizeof text, "end of training: weights of epoch %d restored", c->best.epoch);
        say(report, "early_stopping", text, tell, context);
    }
    *report = c->best;
}

/* --- reduce_lr_on_plateau ------------------------------------------------------------------------ */

static void reduce(mnn_callbacks *c, int nth, const mnn_epoch_report *report, mnn_tell *tell, void *context)
{
    const mnn_callback *callback = &c->model->callbacks[nth];
    mnn_watch *w = &c->watch[nth];
    char text[256];
    if (w->cooldown > 0) {
        w->cooldown--;
        w->wait = 0;
    }
    if (improves(w, callback, monitored(callback, report)) || w->cooldown > 0)
        return;
    wait_longer(w);
    if (w->wait < callback->patience || c->learning_rate <= callback->min_lr)
        return;
    const double old = c->learning_rate;
    c->learning_rate = fmax(old * callback->factor, callback->min_lr);
    const int length = describe(text, sizeof text, c->model, callback, w->wait);
    snprintf(text + length, sizeof text - (size_t)length, ": learning rate %.6g -> %.6g", old, c->learning_rate);
    say(report, "reduce_lr_on_plateau", text, tell, context);
    w->cooldown = callback->cooldown;
    w->wait = 0;
}

void mnn_callbacks_epoch(mnn_callbacks *c, const mnn_epoch_report *report, mnn_tell *tell, void *context)
{
    for (int i = 0; i < c->model->callback_count; i++) {
        if (c->model->callbacks[i].kind == MNN_CALLBACK_EARLY_STOPPING)
            stop_early(c, i, report, tell, context);
        else if (c->model->callbacks[i].kind == MNN_CALLBACK_REDUCE_LR_ON_PLATEAU)
            reduce(c, i, report, tell, context);
    }
}
