/* gradcheck: the generated gradients against central differences. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/meter.h"
#include "cli/output.h"
#include "cli/session.h"
#include "data/learn.h"
#include "math/math.h"
#include "mnn/profile.h"
#include "train/gradcheck.h"

/* The rows to check on: from the training set when the user points to one, else random. Random images need no files,
 * and have no flat background, which puts a bias of 0 exactly on relu's kink. */
typedef struct rows {
    mnn_dataset set; /* the user's, or a random one */
    int count;
    uint32_t index[MNN_GRADCHECK_ROWS];
} rows;

static mnn_status draw_rows(const mnn_model *model, uint64_t seed, rows *r, mnn_error *err)
{
    for (uint32_t i = 0; i < (uint32_t)r->count; i++)
        r->index[i] = i;
    return mnn_dataset_draw(model, seed, (uint32_t)r->count, &r->set, err);
}

static mnn_status load_rows(const mnn_session *s, rows *r, mnn_error *err)
{
    const mnn_model *model = s->model;
    mnn_status status = mnn_session_load(s, &model->train, model->train_limit, &r->set, NULL, err);
    if (status)
        return status;
    uint32_t *order = malloc((size_t)r->set.count * sizeof *order);
    if (!order)
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    if ((uint32_t)r->count > r->set.count)
        r->count = (int)r->set.count;
    mnn_shuffle(order, 0, r->set.count, s->seed, 0);
    for (int i = 0; i < r->count; i++)
        r->index[i] = order[i];
    free(order);
    return MNN_OK;
}

/* --- results ------------------------------------------------------------------------------------- */

static const char *verdict(const mnn_gradcheck_tensor *t)
{
    return !t->checked ? "not checked" : t->passed ? "agrees" : "DIFFERS";
}

static void print_table(const mnn_session *s, const mnn_gradcheck *g, int row_count)
{
    FILE *out = s->out;
    char name[26], shape[64];
    fprintf(out, "gradients of \"%s\" on %d %s samples, compared with central differences\n\n", s->model->name,
            row_count, s->options->data ? "training" : "random");
    fprintf(out, "%-25s %-17s %7s %6s %9s\n", "tensor", "shape", "checked", "kinks", "error");
    for (int i = 0; i < s->model->tensor_count; i++) {
        const mnn_tensor *t = &s->model->tensors[i];
        const mnn_gradcheck_tensor *r = &g->tensors[i];
        if (!t->trainable)
            continue;
        fprintf(out, "%-25s %-17s %7d %6d %9.1e  %s\n", mnn_printable(name, sizeof name, t->name),
                mnn_shape_text(shape, false, t->dims, t->rank), r->checked, r->kinks, r->largest, verdict(r));
        if (!r->passed && r->checked)
            fprintf(out, "  element %d: generated %.6e, numeric %.6e\n", r->worst, r->analytic, r->numeric);
    }
    fprintf(out, "\n%-51s %15.1e  %s\n", "loss of a sample, float against double", g->loss_error,
            g->loss_error <= MNN_GRADCHECK_LOSS_TOLERANCE ? "agrees" : "DIFFERS");
}

static void print_json(const mnn_session *s, const mnn_gradcheck *g)
{
    FILE *out = s->out;
    for (int i = 0; i < s->model->tensor_count; i++) {
        const mnn_gradcheck_tensor *r = &g->tensors[i];
        if (!s->model->tensors[i].trainable)
            continue;
        mnn_json(out,
                 "{'event': 'tensor', 'name': %s, 'checked': %d, 'kinks': %d, 'error': %g, 'element': %d, "
                 "'generated': %g, 'numeric': %g, 'agrees': %i}\n",
                 s->model->tensors[i].name, r->checked, r->kinks, r->largest, r->worst,
                 r->checked > 0 ? r->analytic : NAN, r->checked > 0 ? r->numeric : NAN, r->passed);
    }
    mnn_json(out, "{'event': 'result', 'command': 'gradcheck', 'loss_error': %g, 'agrees': %i}\n", g->loss_error,
             g->passed);
}

typedef struct watching {
    mnn_meter meter;
    uint64_t started;
} watching;

static void show_progress(void *context, double done)
{
    watching *w = context;
    mnn_meter_work(&w->meter, "gradients", done, 1e-9 * (double)(mnn_clock() - w->started));
}

static mnn_status check(const mnn_session *s, const rows *r, mnn_error *err)
{
    watching w = {mnn_meter_new(s->log), mnn_clock()};
    const mnn_gradcheck_watch watch = {s->options->quiet ? NULL : show_progress, &w};
    mnn_gradcheck g;
    mnn_batch batch = mnn_dataset_batch(&r->set);
    batch.index = r->index;
    batch.rows = r->count;
    batch.seed = s->seed;
    mnn_status status = mnn_gradcheck_run(s->model, s->pool, &batch, s->seed, watch, &g, err);
    mnn_meter_end(&w.meter);
    if (status)
        return status;
    if (s->options->json) {
        print_json(s, &g);
    } else {
        if (!s->options->quiet)
            print_table(s, &g, r->count);
        fputs(g.passed ? "gradients agree" : "gradients differ", s->out);
        if (g.unchecked)
            fprintf(s->out, " (%d of %d tensors not checked: kinks everywhere)", g.unchecked, s->model->tensor_count);
        fputc('\n', s->out);
    }
    if (!g.passed)
        status = mnn_fail(err, MNN_EINTERNAL, "the gradients of \"%s\" differ from the numerical gradients of its loss",
                          s->model->name);
    mnn_gradcheck_free(&g);
    return status;
}

/** Names the command that generates the program with it. */
static mnn_status fail_without_reference(const mnn_model *model, mnn_error *err)
{
    const char *source = model->source, *end = strrchr(source, '.');
    const int stem = (int)(end && end > source ? (size_t)(end - source) : strlen(source));
    const char *quote = strpbrk(source, " ()[]{}<>$&|;*?!#~`\"") ? "'" : "";
    return mnn_fail(err, MNN_EUSAGE,
                    "the program has no reference network to compare its gradients with\n"
                    "hint: mnnc --with-reference %s%s%s -o %s%.*s.c%s",
                    quote, source, quote, quote, stem, source, quote);
}

mnn_status mnn_command_gradcheck(mnn_session *s, mnn_error *err)
{
    const mnn_model *model = s->model;
    if (!model->reference)
        return fail_without_reference(model, err);
    rows r = {.count = mnn_min(model->batch_size, MNN_GRADCHECK_ROWS)};
    mnn_status status = s->options->data ? load_rows(s, &r, err) : draw_rows(model, s->seed, &r, err);
    if (!status && !s->options->weights) {
        const mnn_samples samples = mnn_dataset_all(&r.set);
        status = mnn_learn(model, &samples, err);
    }
    if (!status)
        status = check(s, &r, err);
    mnn_dataset_free(&r.set);
    return status;
}
