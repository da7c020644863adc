/* bench: how fast the program predicts and trains, and where the time of a training step goes. */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/session.h"
#include "mnn/profile.h"
#include "train/benchmark.h"

enum { DRAWN_BATCHES = 8 }; /* random samples where there is no data, in batches */

static void print_times(FILE *out, const char *what, const mnn_times *t, int rows)
{
    char median[32], least[32], rate[32];
    fprintf(out, "%-26s %11s  (minimum %s, %" PRIu64 " times)  %s samples/s\n", what, mnn_time_text(median, t->median),
            mnn_time_text(least, t->least), t->count, mnn_count_text(rate, (int64_t)(rows / t->median)));
}

static void print_row(FILE *out, const char *name, double seconds, double all)
{
    fprintf(out, "%-44.44s %9.4f %6.1f%%", name, 1e3 * seconds, 100 * seconds / all);
}

/** The name of a step's function, after that of its layer if other layers share the function. */
static const char *name_of(char *out, size_t size, const mnn_step *step)
{
    const size_t length = strlen(step->layer);
    if (length == 0 || (strncmp(step->name, step->layer, length) == 0 && step->name[length] == '_'))
        return step->name;
    snprintf(out, size, "%s: %s", step->layer, step->name);
    return out;
}

static void print_functions(const mnn_session *s, const mnn_benchmark *b)
{
    const mnn_model *model = s->model;
    double all = 0;
    for (int lap = MNN_LAP_BARRIER; lap < MNN_LAP_FIRST + model->step_count; lap++)
        all += b->laps[lap];
    fprintf(s->out, "\npeak: %.1f GFLOP/s (multiply-adds in registers of %d floats)\n\n", 1e-9 * b->peak, model->lanes);
    fprintf(s->out, "%-44s %9s %7s %9s %8s\n", "function of a training step", "ms", "share", "GFLOP/s", "of peak");
    for (int i = 0; i < model->step_count; i++) {
        const mnn_step *step = &model->steps[i];
        const double seconds = b->laps[MNN_LAP_FIRST + i], rate = (double)step->flops * b->rows / seconds;
        if (step->flags & MNN_INFERENCE)
            continue;
        char name[64];
        print_row(s->out, name_of(name, sizeof name, step), seconds, all);
        if (step->flops > 0 && seconds > 0)
            fprintf(s->out, " %9.2f %7.1f%%", 1e-9 * rate, 100 * rate / b->peak);
        fputc('\n', s->out);
    }
    print_row(s->out, "(waiting at barriers)", b->laps[MNN_LAP_BARRIER], all);
    fputc('\n', s->out);
    print_row(s->out, "(between the functions)", b->laps[MNN_LAP_OTHER], all);
    fputc('\n', s->out);
}

static void print_text(const mnn_session *s, const mnn_benchmark *b)
{
    char title[64];
    snprintf(title, sizeof title, "prediction, %d samples", b->rows);
    print_times(s->out, title, &b->batch, b->rows);
    print_times(s->out, "prediction, 1 sample", &b->single, 1);
    snprintf(title, sizeof title, "training step, %d samples", b->rows);
    print_times(s->out, title, &b->step, b->rows);
    if (b->laps)
        print_functions(s, b);
    else if (!s->options->quiet)
        fputs("note: --profile also shows the time per function\n", s->log);
}

static void print_times_json(FILE *out, const char *key, const mnn_times *t, int rows)
{
    mnn_json(out,
             ", %s: {'samples': %d, 'seconds': %g, 'least': %g, 'most': %g, 'times': %" PRIu64
             ", 'samples_per_second': %g}",
             key, rows, t->median, t->least, t->most, t->count, rows / t->median);
}

static void print_json(const mnn_session *s, const mnn_benchmark *b)
{
    for (int i = 0; b->laps && i < s->model->step_count; i++) {
        const mnn_step *step = &s->model->steps[i];
        if (step->flags & MNN_INFERENCE)
            continue;
        mnn_json(s->out, "{'event': 'function', 'name': %s, 'layer': %s, 'flops': %" PRId64 ", 'seconds': %g}\n",
                 step->name, step->layer, step->flops * b->rows, b->laps[MNN_LAP_FIRST + i]);
    }
    mnn_json(s->out, "{'event': 'result', 'command': 'bench', 'threads': %d", s->threads);
    print_times_json(s->out, "prediction", &b->batch, b->rows);
    print_times_json(s->out, "single", &b->single, 1);
    print_times_json(s->out, "step", &b->step, b->rows);
    if (b->laps)
        mnn_json(s->out, ", 'peak': %g, 'barriers': %g, 'other': %g", b->peak, b->laps[MNN_LAP_BARRIER],
                 b->laps[MNN_LAP_OTHER]);
    fputs("}\n", s->out);
}

/* The training set, or random samples where it is not there and --data is not given. */
static mnn_status samples(const mnn_session *s, mnn_dataset *set, mnn_error *err)
{
    const mnn_model *model = s->model;
    const mnn_status status = mnn_session_load(s, &model->train, model->train_limit, set, NULL, err);
    if (status != MNN_EIO || s->options->data)
        return status;
    if (!s->options->quiet)
        fprintf(s->log, "note: %s; random samples are used, without zeros to skip\n", err->text);
    return mnn_dataset_draw(model, s->seed, DRAWN_BATCHES * (uint32_t)model->batch_size, set, err);
}

mnn_status mnn_command_bench(mnn_session *s, mnn_error *err)
{
    mnn_dataset set;
    mnn_benchmark b;
    mnn_status status = samples(s, &set, err);
    if (status)
        return status;
    if (!s->options->quiet && !s->options->json)
        fprintf(s->out, "%s, %d thread%s, %" PRIu32 " samples\n\n", s->model->name, s->threads,
                s->threads == 1 ? "" : "s", set.count);
    const double seconds = s->options->seconds.given ? (double)s->options->seconds.value : 1;
    status = mnn_benchmark_run(s->model, s->pool, s->threads, &set, seconds, s->options->profile, &b, err);
    mnn_dataset_free(&set);
    if (status)
        return status;
    if (s->options->json)
        print_json(s, &b);
    else
        print_text(s, &b);
    mnn_benchmark_free(&b);
    return MNN_OK;
}
