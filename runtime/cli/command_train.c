/* train: the default command. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "base/json.h"
#include "base/temporary.h"
#include "cli/keeper.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "data/advice.h"
#include "data/learn.h"
#include "mnn/profile.h"
#include "report/report.h"
#include "train/evaluate.h"
#include "train/history.h"
#include "train/loop.h"
#include "train/ranks.h"
#include "train/stuck.h"
#include "train/weights.h"
#include "transport/transport.h"

/* The files that grow while it trains: --history, --log-steps, csv_logger's. */
enum { HISTORY, LOG_STEPS, LOGGER, HISTORIES };
_Static_assert((int)HISTORIES == (int)MNN_KEEPER_HISTORIES, "the keeper has a slot for each");

/* All that a training needs and leaves. */
typedef struct job {
    mnn_session *s;
    mnn_dataset train, test, validation; /* count 0: there is no such set, or validation is a part of train */
    mnn_found files;
    mnn_training training;
    mnn_training_result result;
    mnn_history history[HISTORIES];
    mnn_keeper keeper;
    mnn_report report;
    mnn_samples test_samples;
    mnn_state state;
    mnn_observer observers[8];
    mnn_progress progress;
    mnn_stuck stuck;
    mnn_tally test_tally;
    mnn_score test_score;
    const volatile sig_atomic_t *stop;
} job;

/* --- before -------------------------------------------------------------------------------------- */

/* An hour of training is too late to learn that nothing can be written there. */
static mnn_status probe(const char *path, mnn_error *err)
{
    mnn_temporary_clean(path);
    return mnn_atomic_probe(path, err);
}

static mnn_status begin_report(job *j, mnn_error *err)
{
    const char *path = j->s->options->report, *dot = strrchr(path, '.');
    char shown[128];
    if (!dot || strcmp(dot, ".html") != 0)
        return mnn_fail(err, MNN_EUSAGE, "--report needs a file name that ends in .html (got \"%s\")",
                        mnn_printable(shown, sizeof shown, path));
    j->training.laps = calloc((size_t)j->s->threads * (size_t)mnn_lap_stride(j->s->model), sizeof *j->training.laps);
    if (!j->training.laps)
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    for (int w = 0; w < j->s->threads; w++)
        j->training.laps[w * mnn_lap_stride(j->s->model) + MNN_LAP_CLOCK] = mnn_clock();
    j->report =
        (mnn_report){.path = path, .training = &j->training, .test = &j->test_samples, .threads = j->s->threads};
    return probe(path, err);
}

static mnn_status begin_files(job *j, mnn_error *err)
{
    const mnn_options *o = j->s->options;
    const mnn_model *model = j->s->model;
    mnn_status status = MNN_OK;
    if (j->training.epochs > 0)
        status = mnn_keeper_open(&j->keeper, j->s, err);
    else if (o->checkpoint || o->checkpoint_steps.given || o->resume)
        status = mnn_fail(err, MNN_EUSAGE, "checkpoints need at least one epoch (got --epochs 0)");
    if (!status && o->save)
        status = probe(o->save, err);
    if (!status && o->history) {
        mnn_history_kind kind;
        char shown[128];
        if (!mnn_history_kind_of(o->history, &kind))
            return mnn_fail(err, MNN_EUSAGE, "--history needs a file name that ends in .csv or .jsonl (got \"%s\")",
                            mnn_printable(shown, sizeof shown, o->history));
        status = mnn_history_begin(&j->history[HISTORY], o->history, kind, model, err);
    }
    if (!status && o->report)
        status = begin_report(j, err);
    if (!status && o->log_steps)
        status = mnn_history_begin(&j->history[LOG_STEPS], o->log_steps, MNN_HISTORY_STEPS, model, err);
    for (int i = 0; i < model->callback_count && !status && j->training.epochs > 0; i++)
        if (model->callbacks[i].kind == MNN_CALLBACK_CSV_LOGGER)
            status = mnn_history_begin(&j->history[LOGGER], model->callbacks[i].path, MNN_HISTORY_CSV, model, err);
    return status;
}

/* A description may name a test set that the user does not have: then training is all there is. */
static mnn_status load_test(job *j, mnn_error *err)
{
    const mnn_model *model = j->s->model;
    mnn_found where;
    if (!model->test.reader)
        return MNN_OK;
    mnn_status status = mnn_find_pair(&j->s->places, &model->test, &where, err);
    if (status == MNN_EIO) {
        fprintf(j->s->log, "note: no test set: %.*s\n", (int)strcspn(err->text, "\n"), err->text);
        return MNN_OK;
    }
    if (status)
        return status;
    status = mnn_dataset_load(model, &model->test, &where, model->test_limit, &j->test, err);
    mnn_found_free(&where);
    return status;
}

/* Validation with files of its own, or on a fraction of the training set. */
static mnn_status load_validation(job *j, mnn_error *err)
{
    const mnn_model *model = j->s->model;
    mnn_samples *validation = &j->training.validation;
    const uint32_t limit = (uint32_t)model->validation_limit;
    j->training.training = mnn_dataset_all(&j->train);
    mnn_status status = MNN_OK;
    if (model->validation.reader) {
        status = mnn_session_load(j->s, &model->validation, model->validation_limit, &j->validation, NULL, err);
        *validation = mnn_dataset_all(&j->validation);
    } else if (model->validation_split > 0) {
        status = mnn_dataset_split(&j->train, model, &j->training.training, validation, err);
    }
    if (limit && limit < validation->count)
        validation->count = limit;
    return status;
}

/* @param split  the set is a part of the training set */
static void advise_classes(const job *j, const uint32_t *training, const mnn_samples *samples, const char *name,
                           bool split)
{
    uint32_t counts[MNN_CHECK_CLASSES];
    char text[MNN_ADVICE];
    if (samples->count > 0 && mnn_count_classes(samples, counts) &&
        mnn_advise_classes(training, counts, name, split, text))
        fprintf(j->s->log, "warning: %s\n", text);
}

/* Likely faults of the data. */
static void advise(const job *j)
{
    const mnn_session *s = j->s;
    uint32_t training[MNN_CHECK_CLASSES];
    char text[MNN_ADVICE];
    const mnn_samples *validation = &j->training.validation, test = mnn_dataset_all(&j->test);
    const bool split = validation->set == &j->train;
    mnn_session_advise(s, "training set", &j->train.images);
    if (j->validation.count)
        mnn_session_advise(s, "validation set", &j->validation.images);
    if (j->test.count)
        mnn_session_advise(s, "test set", &j->test.images);
    if (s->options->quiet || !mnn_count_classes(&j->training.training, training))
        return;
    if (mnn_advise_single_class(training, text))
        fprintf(s->log, "warning: %s\n", text);
    if (split || s->model->label_kind == MNN_LABEL_CLASS)
        advise_classes(j, training, validation, "validation", split);
    if (s->model->label_kind == MNN_LABEL_CLASS)
        advise_classes(j, training, &test, "test", false);
}

static mnn_status load_data(job *j, mnn_error *err)
{
    const mnn_model *model = j->s->model;
    mnn_status status = mnn_session_load(j->s, &model->train, model->train_limit, &j->train, &j->files, err);
    if (!status)
        status = load_validation(j, err);
    if (!status)
        status = load_test(j, err);
    if (!status)
        advise(j);
    return status;
}

static void say_what(const job *j)
{
    const mnn_session *s = j->s;
    FILE *log = s->log;
    char name[64], folder[256];
    mnn_printable(name, sizeof name, s->model->data_name);
    mnn_printable(folder, sizeof folder, j->files.samples);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    fprintf(log, "training on %" PRIu32 " samples of %s (%s)", j->training.training.count, name, slash ? folder : ".");
    if (j->training.validation.count)
        fprintf(log, ", validating on %" PRIu32, j->training.validation.count);
    if (j->test.count)
        fprintf(log, ", testing on %" PRIu32, j->test.count);
    fprintf(log, ", batch %d, ", s->model->batch_size);
    if (mnn_transport_size() > 1)
        fprintf(log, "%d ranks with ", mnn_transport_size());
    fprintf(log, "%d thread%s", s->threads, s->threads == 1 ? "" : "s");
    if (s->model->schedule_name)
        fprintf(log, ", learning rate by %s", s->model->schedule_name);
    fputc('\n', log);
    fflush(log);
}

/* --- during -------------------------------------------------------------------------------------- */

static void print_epoch_json(void *context, const mnn_epoch_report *r)
{
    const mnn_session *s = context;
    mnn_json(s->out, "{'event': 'epoch', 'epoch': %d, 'epochs': %d, 'steps': %" PRIu32 ", 'training': ", r->epoch,
             r->epochs, r->steps);
    mnn_print_score_json(s->out, s->model, &r->score, NULL);
    if (r->has_validation) {
        mnn_json(s->out, ", 'validation': ");
        mnn_print_score_json(s->out, s->model, &r->validation, NULL);
    }
    mnn_json(s->out, ", 'learning_rate': %g, 'seconds': %g}\n", r->learning_rate, r->seconds);
    fflush(s->out);
}

static void print_note_json(void *context, const mnn_note *note)
{
    const mnn_session *s = context;
    mnn_json(s->out, "{'event': 'callback', 'callback': %s, 'epoch': %d, 'text': %s}\n", note->callback, note->epoch,
             note->text);
    fflush(s->out);
}

static void print_stuck_json(FILE *out, const mnn_stuck_report *r)
{
    mnn_json(out, "{'event': 'stuck', 'epoch': %d, 'loss': %g", r->epoch, r->loss);
    if (r->guess > 0)
        mnn_json(out, ", 'guessing': %g", r->guess);
    if (r->share > 0)
        mnn_json(out, ", 'accuracy': %g, 'largest_class': %g", r->accuracy, r->share);
    if (r->class >= 0)
        mnn_json(out, ", 'class': %d", r->class);
    fputs("}\n", out);
    fflush(out);
}

static void print_stuck(FILE *out, const mnn_stuck_report *r)
{
    char a[32], b[32];
    fprintf(out, "note: after epoch %d the model is no better than guessing: ", r->epoch);
    if (r->share > 0)
        fprintf(out, "accuracy %s, the largest class is %s of the labels", mnn_value_text(a, r->accuracy),
                mnn_value_text(b, r->share));
    else
        fprintf(out, "mean squared error %s, the variance of the targets is %s", mnn_value_text(a, r->loss),
                mnn_value_text(b, r->guess));
    if (r->share > 0 && r->guess > 0)
        fprintf(out, "; loss %s, guessing gives %s", mnn_value_text(a, r->loss), mnn_value_text(b, r->guess));
    if (r->class >= 0)
        fprintf(out, "; nearly all predictions are class %d", r->class);
    fprintf(out,
            "\nnote: likely causes, most frequent first: the learning rate (now %g), the scale of the inputs, the %s,"
            " the last activation\nnote: see docs/troubleshooting.md, \"Training does not improve\"\n",
            r->learning_rate, r->share > 0 ? "labels" : "scale of the targets");
    fflush(out);
}

static void tell_stuck(void *context, const mnn_stuck_report *report)
{
    job *j = context;
    mnn_meter_end(&j->progress.meter);
    print_stuck(j->s->log, report);
    if (j->s->options->json)
        print_stuck_json(j->s->out, report);
}

static void warn_of_history(void *context, const char *text)
{
    job *j = context;
    mnn_meter_end(&j->progress.meter);
    fprintf(j->s->log, "warning: history: %s\n", text);
    fflush(j->s->log);
}

static void warn_of_report(void *context, const char *text)
{
    job *j = context;
    mnn_meter_end(&j->progress.meter);
    fprintf(j->s->log, "warning: report: %s\n", text);
    fflush(j->s->log);
}

static void set_observers(job *j)
{
    const mnn_options *o = j->s->options;
    int count = 0;
    if (!o->quiet) {
        j->progress = mnn_progress_new(j->s->log, j->s->model);
        j->observers[count++] = mnn_progress_observer(&j->progress);
        if (o->json)
            j->observers[count++] =
                (mnn_observer){.context = j->s, .on_epoch_end = print_epoch_json, .on_note = print_note_json};
    }
    if (!o->quiet) {
        j->stuck = mnn_stuck_new(j->s->model, &j->training.training);
        j->stuck.tell = tell_stuck;
        j->stuck.context = j;
        j->observers[count++] = mnn_stuck_observer(&j->stuck);
    }
    for (int i = 0; i < HISTORIES; i++) {
        if (!j->history[i].model)
            continue;
        j->history[i].warn = warn_of_history;
        j->history[i].warned = j;
        j->observers[count++] = mnn_history_observer(&j->history[i]);
    }
    if (j->report.path) {
        j->report.warn = warn_of_report;
        j->report.warned = j;
        j->observers[count++] = mnn_report_observer(&j->report);
    }
    if (j->keeper.path)
        j->observers[count++] = mnn_keeper_observer(&j->keeper);
    j->training.observers = j->observers;
    j->training.observer_count = count;
}

/* Rows are seen as they come, after those of the run that is resumed. */
static mnn_status go_on(job *j, mnn_error *err)
{
    mnn_status status = mnn_keeper_begin(&j->keeper, &j->training, &j->state, err);
    j->keeper.progress = j->s->options->quiet ? NULL : &j->progress;
    for (int i = 0; i < HISTORIES && !status; i++) {
        mnn_history *h = &j->history[i];
        if (!h->model)
            continue;
        j->keeper.histories[i] = h; /* without checkpoints it has nothing to do with them */
        if (j->keeper.resumed)
            status = mnn_history_continue(h, j->state.epoch, j->state.step, mnn_steps(&j->training), err);
    }
    return status;
}

/* Older files are replaced when only the training itself can fail. */
static mnn_status publish_histories(void *context, mnn_error *err)
{
    job *j = context;
    mnn_status status = MNN_OK;
    for (int i = 0; i < HISTORIES && !status; i++)
        if (j->history[i].model)
            status = mnn_history_publish(&j->history[i], err);
    return status;
}

static void say_last_good(const job *j)
{
    char shown[256], place[64];
    if (j->keeper.saved)
        fprintf(j->s->log, "note: %s has the last good checkpoint, of %s\n",
                mnn_printable(shown, sizeof shown, j->keeper.path), mnn_keeper_place(&j->keeper, place));
}

static mnn_status run_training(job *j, mnn_error *err)
{
    mnn_session *s = j->s;
    mnn_training *t = &j->training;
    if (t->epochs == 0)
        return MNN_OK;
    t->model = s->model;
    t->pool = s->pool;
    t->step_limit = s->options->batch_limit.given ? (uint32_t)s->options->batch_limit.value : 0;
    t->shuffle = s->model->shuffle && !s->options->no_shuffle;
    t->state_steps = s->options->checkpoint_steps.given ? s->options->checkpoint_steps.value : 0;
    t->seed = s->seed;
    t->stop = j->stop;
    t->state = &j->state;
    t->begin = publish_histories;
    t->begin_context = j;
    mnn_status status = mnn_state_new(s->model, &j->state, err);
    if (!status && !s->options->weights) /* those that are loaded have it */
        status = mnn_learn(s->model, &t->training, err);
    if (!status) {
        set_observers(j);
        if (!s->options->quiet)
            say_what(j);
        status = mnn_ranks_compare(t, err);
        if (!status)
            status = mnn_ranks_agree(go_on(j, err), err);
        if (!status)
            status = mnn_ranks_share(s->model, &j->state, err);
    }
    if (!status)
        status = mnn_train(t, &j->result, err);
    if (!s->options->quiet)
        mnn_meter_end(&j->progress.meter);
    if (status == MNN_EDIVERGED)
        say_last_good(j);
    return status;
}

/* --- after --------------------------------------------------------------------------------------- */

/* Each file is tried, also when one before it failed. */
static mnn_status keep_files(job *j, mnn_error *err)
{
    const mnn_options *o = j->s->options;
    char fingerprint[MNN_FINGERPRINT_SIZE] = "";
    mnn_status status = MNN_OK, failed = MNN_OK;
    mnn_error why;
    if (o->save) {
        const bool data = j->train.count > 0;
        if (data)
            mnn_dataset_fingerprint(&j->train, fingerprint);
        const mnn_origin origin = {j->s->seed, j->result.weights_epoch, data ? fingerprint : NULL};
        status = mnn_weights_save(j->s->model, o->save, &origin, err);
    }
    for (int i = 0; i < HISTORIES; i++)
        if (j->history[i].model && (failed = mnn_history_commit(&j->history[i], status ? &why : err)) && !status)
            status = failed;
    if (!status && j->keeper.status) { /* of the last save */
        status = j->keeper.status;
        *err = j->keeper.error;
    }
    return status;
}

static void print_saved(const job *j)
{
    const mnn_options *o = j->s->options;
    FILE *out = j->s->out;
    char shown[256];
    if (!o->save || o->quiet || o->json)
        return;
    if (j->result.signal)
        fprintf(out, "saved the weights after %" PRIu64 " steps", j->result.steps);
    else if (j->result.epochs > 0)
        fprintf(out, "saved the weights after epoch %d", j->result.weights_epoch);
    else
        fprintf(out, "saved the %s weights", o->weights ? "same" : "initial");
    fprintf(out, " to %s\n", mnn_printable(shown, sizeof shown, o->save));
    fflush(out);
}

static void print_result_json(const job *j)
{
    FILE *out = j->s->out;
    mnn_json(out, "{'event': 'result', 'command': 'train', 'epochs': %d, 'steps': %" PRIu64, j->result.epochs,
             j->result.steps);
    if (mnn_transport_size() > 1)
        mnn_json(out, ", 'ranks': %d", mnn_transport_size());
    if (j->test_score.samples) {
        mnn_json(out, ", 'test': ");
        mnn_print_score_json(out, j->s->model, &j->test_score, &j->test_tally);
    } else if (j->result.epochs > 0) {
        mnn_json(out, ", 'training': ");
        mnn_print_score_json(out, j->s->model, &j->result.last.score, NULL);
    }
    if (j->result.signal)
        mnn_json(out, ", 'signal': %d", j->result.signal);
    if (j->s->options->save)
        mnn_json(out, ", 'saved': %s", j->s->options->save);
    fputs("}\n", out);
}

static void print_result(const job *j)
{
    if (j->s->options->json) {
        print_result_json(j);
        return;
    }
    const mnn_epoch_report *last = &j->result.last;
    const mnn_score *score = j->test_score.samples  ? &j->test_score
                             : last->has_validation ? &last->validation
                                                    : &last->score;
    if (!score->samples)
        return; /* not one epoch */
    fputs(j->test_score.samples ? "test: " : last->has_validation ? "validation: " : "training: ", j->s->out);
    mnn_print_score(j->s->out, j->s->model, score);
    fputc('\n', j->s->out);
    if (j->test_score.samples)
        mnn_print_confusion(j->s->out, &j->test_tally);
}

static mnn_status finish(job *j, mnn_error *err)
{
    mnn_status status = keep_files(j, err);
    if (status)
        return status;
    print_saved(j);
    if (j->test.count && !j->result.signal) {
        j->test_samples = mnn_dataset_all(&j->test);
        status = mnn_tally_new(j->s->model, &j->test_tally, err);
        if (!status)
            status = mnn_evaluate(j->s->model, j->s->pool, &j->test_samples, j->stop, &j->test_tally, err);
        if (status)
            return status;
        if (*j->stop)
            j->result.signal = (int)*j->stop;
        else
            j->test_score = mnn_tally_score(&j->test_tally);
    }
    print_result(j);
    j->report.signal = j->result.signal;
    if (j->report.path)
        status = mnn_report_finish(&j->report, &j->test_score, err);
    if (status)
        return status;
    if (j->result.signal)
        return mnn_fail(err, (mnn_status)(MNN_ESIGNAL + j->result.signal),
                        "stopped by signal %d after %" PRIu64 " steps%s", j->result.signal, j->result.steps,
                        j->keeper.saved ? "\nhint: --resume continues from there" : "");
    return MNN_OK;
}

static mnn_status check_ranks(const mnn_model *model, mnn_error *err)
{
    const int ranks = mnn_transport_size(), shards = model->shards > 1 ? model->shards : 1;
    return ranks <= shards
               ? MNN_OK
               : mnn_fail(err, MNN_EUSAGE,
                          "a rank needs a shard at least (got %d ranks, and shards = %d in the description)", ranks,
                          shards);
}

mnn_status mnn_command_train(mnn_session *s, mnn_error *err)
{
    const mnn_options *o = s->options;
    job j = {.s = s};
    j.training.epochs = o->epochs.given ? (int)o->epochs.value : s->model->epochs;
    /* Before there are temporary files, so that a signal leaves none. */
    j.stop = mnn_signals_catch();
    mnn_status status = check_ranks(s->model, err);
    if (!status && mnn_transport_rank() == 0) /* which alone writes files */
        status = begin_files(&j, err);
    if (!status && j.training.epochs > 0)
        status = load_data(&j, err);
    status = mnn_ranks_agree(status, err);
    if (!status)
        status = run_training(&j, err);
    if (!status)
        status = finish(&j, err);
    for (int i = 0; i < HISTORIES; i++)
        mnn_history_abort(&j.history[i]);
    mnn_keeper_close(&j.keeper);
    mnn_report_free(&j.report);
    free(j.training.laps);
    mnn_signals_release(); /* now that nothing unfinished is left */
    mnn_state_free(&j.state);
    mnn_tally_free(&j.test_tally);
    mnn_dataset_free(&j.train);
    mnn_dataset_free(&j.test);
    mnn_dataset_free(&j.validation);
    mnn_found_free(&j.files);
    return status;
}
