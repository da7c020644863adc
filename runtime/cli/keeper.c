#define _XOPEN_SOURCE 700
#include "cli/keeper.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/json.h"
#include "base/place.h"
#include "base/previous.h"
#include "base/report.h"
#include "base/temporary.h"

/* --- what is wanted ------------------------------------------------------------------------------ */

/* @return NULL: the description has none */
static const mnn_callback *find_callback(const mnn_model *model)
{
    for (int i = 0; i < model->callback_count; i++)
        if (model->callbacks[i].kind == MNN_CALLBACK_CHECKPOINT)
            return &model->callbacks[i];
    return NULL;
}

const char *mnn_keeper_path(const mnn_model *model, const mnn_options *options)
{
    const mnn_callback *callback = find_callback(model);
    return options->checkpoint ? options->checkpoint : callback ? callback->path : NULL;
}

static void find_wanted(mnn_keeper *k)
{
    const mnn_options *o = k->s->options;
    const mnn_callback *callback = find_callback(k->s->model);
    k->path = mnn_keeper_path(k->s->model, o);
    k->every = callback ? callback->every : 1;
    k->every_steps = o->checkpoint_steps.given ? o->checkpoint_steps.value : 0;
}

static mnn_status check_options(const mnn_keeper *k, mnn_error *err)
{
    const mnn_options *o = k->s->options;
    if (!k->path && (o->resume || o->checkpoint_steps.given))
        return mnn_fail(err, MNN_EUSAGE,
                        "%s needs --checkpoint FILE: the description of \"%s\" has no checkpoint either",
                        o->resume ? "--resume" : "--checkpoint-steps", k->s->model->name);
    return MNN_OK;
}

/* If a path cannot be examined, assume it exists, so that it is never mistaken for a fresh start. */
static bool is_there(const char *path)
{
    return access(path, F_OK) == 0 || errno != ENOENT;
}

/* Remember which file is under the name, while nobody else can put another there. */
static void know_file(mnn_keeper *k)
{
    mnn_place now;
    if (mnn_place_of(k->path, &now) && mnn_lock_has_name(&k->lock))
        k->place = now;
}

/* If path is a link, lock and previous file are beside the file that it leads to. */
static mnn_status take_place(mnn_keeper *k, mnn_error *err)
{
    char resolved[PATH_MAX];
    const int number = mnn_place_target(k->path, resolved);
    if (number)
        return mnn_fail_errno(err, k->path, "could not open", number);
    k->previous = mnn_previous_name(resolved);
    mnn_status status = MNN_OK;
    if (!k->previous)
        status = mnn_fail(err, MNN_ENOMEM, "out of memory for the name of the checkpoint");
    if (!status)
        status = mnn_lock_take(&k->lock, resolved, err);
    if (!status) {
        know_file(k);
        mnn_temporary_clean(resolved);
        mnn_temporary_clean(k->previous);
        status = mnn_atomic_probe(k->path, err);
    }
    return status ? status : mnn_atomic_probe(k->previous, err);
}

mnn_status mnn_keeper_open(mnn_keeper *k, const mnn_session *s, mnn_error *err)
{
    *k = (mnn_keeper){.s = s, .keep_old = true};
    find_wanted(k);
    const mnn_status status = check_options(k, err);
    return status || !k->path ? status : take_place(k, err);
}

void mnn_keeper_close(mnn_keeper *k)
{
    mnn_lock_release(&k->lock);
    free(k->previous);
    k->previous = NULL;
}

/* --- resuming ------------------------------------------------------------------------------------ */

static void set_place(mnn_keeper *k, const mnn_state *state)
{
    k->epoch = state->epoch;
    k->step = state->step;
}

static const char *place_text(int epoch, uint32_t step, char buffer[64])
{
    if (step == 0)
        snprintf(buffer, 64, "epoch %d", epoch - 1);
    else
        snprintf(buffer, 64, "epoch %d, step %" PRIu32, epoch, step);
    return buffer;
}

const char *mnn_keeper_place(const mnn_keeper *k, char buffer[64])
{
    return place_text(k->epoch, k->step, buffer);
}

static void say_resumed(const mnn_keeper *k, const char *from)
{
    const mnn_session *s = k->s;
    char shown[256], place[64];
    if (s->options->quiet)
        return;
    fprintf(s->log, "resuming after %s (%s)\n", mnn_keeper_place(k, place), mnn_printable(shown, sizeof shown, from));
    if (!s->options->json)
        return;
    mnn_json(s->out, "{'event': 'resume', 'epoch': %d, 'step': %" PRIu32 ", 'file': %s}\n", k->epoch, k->step, from);
    fflush(s->out);
}

static void note(const mnn_keeper *k, const char *text)
{
    char shown[256];
    if (!k->s->options->quiet)
        fprintf(k->s->log, "note: %s%s\n", mnn_printable(shown, sizeof shown, k->path), text);
}

/* The last one, or where that cannot be used the one before.
 * @param from  which one it was; NULL: there is none */
static mnn_status load(mnn_keeper *k, mnn_state *state, const char **from, mnn_error *err)
{
    const mnn_model *model = k->s->model;
    char shown[256];
    bool damaged = true;
    mnn_error why;
    mnn_status status = MNN_OK;
    const bool last = is_there(k->path), before = is_there(k->previous);
    *from = NULL;
    if (last)
        status = mnn_checkpoint_load(model, state, &k->identity, k->path, &damaged, err);
    if (last && (!status || !damaged || !before || status == MNN_ENOMEM)) {
        *from = k->path;
        return status;
    }
    if (!before)
        return MNN_OK;
    *from = k->previous;
    if (last)
        fprintf(k->s->log, "warning: %s\nnote: using the previous checkpoint: %s\n", err->text,
                mnn_printable(shown, sizeof shown, k->previous));
    else
        note(k, " does not exist: using the previous checkpoint");
    k->keep_old = !last; /* the good one keeps its name until there is another */
    status = mnn_checkpoint_load(model, state, &k->identity, k->previous, &damaged, &why);
    if (status)
        *err = why;
    return status;
}

static mnn_status check_epochs(const mnn_keeper *k, const mnn_training *training, const char *from, mnn_error *err)
{
    char shown[256], place[64];
    if (k->epoch - (k->step == 0) <= training->epochs)
        return MNN_OK;
    return mnn_fail(err, MNN_EUSAGE, "%s: the checkpoint is already at %s (got --epochs %d)",
                    mnn_printable(shown, sizeof shown, from), mnn_keeper_place(k, place), training->epochs);
}

mnn_status mnn_keeper_begin(mnn_keeper *k, const mnn_training *training, mnn_state *state, mnn_error *err)
{
    if (!k->path)
        return MNN_OK;
    mnn_identity_of(training, &k->identity);
    if (!k->s->options->resume) {
        if (is_there(k->path))
            note(k, " exists: it will be replaced, and kept as the previous checkpoint of the first one "
                    "(--resume would continue from it)");
        return MNN_OK;
    }
    const char *from;
    mnn_status status = load(k, state, &from, err);
    if (status)
        return status;
    if (!from) {
        note(k, " does not exist: starting with the first epoch");
        return MNN_OK;
    }
    set_place(k, state);
    k->resumed = true;
    k->saved = from == k->path;
    status = check_epochs(k, training, from, err);
    if (!status)
        say_resumed(k, from);
    if (!status && state->callbacks.stop)
        note(k, ": early_stopping has ended this training");
    return status;
}

/* --- saving -------------------------------------------------------------------------------------- */

static bool is_due(const mnn_keeper *k, const mnn_state *state, mnn_moment moment)
{
    if (moment == MNN_AFTER_EPOCH && state->last.epoch % k->every == 0)
        return true;
    if (moment == MNN_AT_END)
        return !k->saved || k->status || state->epoch != k->epoch || state->step != k->step;
    return k->every_steps > 0 && state->updates % k->every_steps == 0;
}

/* Whether what is there is kept as the one before. Until its first epoch is over a training has little to lose, and
 * must not push out what was there before it was begun, perhaps by mistake. */
static bool keeps_old(const mnn_keeper *k, const mnn_state *state)
{
    const bool new_one = !k->resumed && !k->begun;
    return k->keep_old && (new_one || state->epoch > 1 || !is_there(k->previous));
}

/* If the folder has been moved, or the lock removed, another training may have begun; its files stay. */
static mnn_status hold_lock(mnn_keeper *k, mnn_error *err)
{
    mnn_place now;
    if (mnn_lock_has_name(&k->lock))
        return MNN_OK;
    if (!is_there(k->path) || (mnn_place_of(k->path, &now) && mnn_place_same(&now, &k->place)))
        return mnn_lock_take_again(&k->lock, err);
    k->saved = false;
    return mnn_fail_file(err, MNN_EIO, k->path, "the lock was removed, and the file is now another training's");
}

static void save(void *context, mnn_state *state, mnn_moment moment)
{
    mnn_keeper *k = context;
    char place[64];
    if (!is_due(k, state, moment))
        return;
    const mnn_replaced old = {.previous = keeps_old(k, state) ? k->previous : NULL, .lock = &k->lock};
    /* Also while rows of a history wait: the weights are worth more. */
    for (int i = 0; i < MNN_KEEPER_HISTORIES; i++)
        if (k->histories[i])
            mnn_history_sync(k->histories[i]);
    k->status = hold_lock(k, &k->error);
    if (!k->status)
        k->status = mnn_checkpoint_save(k->s->model, state, &k->identity, k->path, &old, &k->error);
    if (!k->status) {
        set_place(k, state);
        know_file(k);
        k->saved = k->begun = k->keep_old = true;
        return;
    }
    if (k->progress)
        mnn_meter_end(&k->progress->meter);
    fprintf(k->s->log, "warning: %s: checkpoint: %s\n", place_text(state->epoch, state->step, place), k->error.text);
}

static bool wants(void *context, const mnn_state *state, mnn_moment moment)
{
    return is_due(context, state, moment);
}

mnn_observer mnn_keeper_observer(mnn_keeper *k)
{
    return (mnn_observer){.context = k, .wants_state = wants, .on_state = save};
}
