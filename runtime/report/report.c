/* See report.h. A page is written to memory and then replaces the file as a whole. */
#define _GNU_SOURCE
#include "report/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "report/page.h"
#include "report/sections.h"
#include "transport/transport.h"

/* --- what is kept of an epoch --------------------------------------------------------------------- */

static double norm_of(const float *values, int size)
{
    double sum = 0;
    for (int i = 0; i < size; i++)
        sum += (double)values[i] * (double)values[i];
    return sqrt(sum);
}

static bool keep_epoch(mnn_report *r, const mnn_epoch_report *report)
{
    const mnn_model *model = r->training->model;
    if (r->count == r->capacity) {
        const int capacity = r->capacity ? 2 * r->capacity : 16;
        mnn_report_epoch *more = realloc(r->epochs, (size_t)capacity * sizeof *more);
        if (!more)
            return false;
        r->epochs = more;
        r->capacity = capacity;
    }
    double *norms = malloc(2 * (size_t)model->tensor_count * sizeof *norms + 1);
    if (!norms)
        return false;
    for (int i = 0; i < model->tensor_count; i++) {
        const mnn_tensor *t = &model->tensors[i];
        const bool has_gradient = t->trainable && mnn_transport_size() == 1;
        norms[2 * i] = norm_of(model->params + t->offset, t->size);
        norms[2 * i + 1] = has_gradient ? norm_of(model->grads + t->offset, t->size) : (double)NAN;
    }
    r->epochs[r->count++] = (mnn_report_epoch){*report, norms};
    return true;
}

/* --- the page ------------------------------------------------------------------------------------- */

static void write_sections(FILE *out, const mnn_report *r, const mnn_samples *samples, const char *set,
                           const mnn_analysis *a)
{
    mnn_report_summary(out, r);
    mnn_report_curves(out, r);
    if (a)
        mnn_report_predictions(out, r, samples, set, a);
    mnn_report_images(out, r);
    mnn_report_network(out, r);
    mnn_report_origin(out, r);
}

static mnn_status write_file(const char *path, const char *text, size_t size, mnn_error *err)
{
    mnn_atomic file;
    mnn_status status = mnn_atomic_begin(&file, path, err);
    if (status)
        return status;
    file.no_sync = true; /* the next epoch writes it again */
    status = mnn_atomic_write(&file, text, size, err);
    if (!status)
        return mnn_atomic_commit(&file, err);
    mnn_atomic_abort(&file);
    return status;
}

/* The set that is analysed: that of validation; the test set is looked at once, at the end. */
static const mnn_samples *analysed_set(const mnn_report *r, const char **name)
{
    const bool validates = r->training->validation.count > 0;
    *name = validates ? "validation set" : "test set";
    return validates ? &r->training->validation : r->finished && r->test_score.samples ? r->test : NULL;
}

static mnn_status write_page(const mnn_report *r, mnn_error *err)
{
    const mnn_model *model = r->training->model;
    const char *set;
    const mnn_samples *samples = analysed_set(r, &set);
    mnn_analysis analysis = {0};
    char title[128], *text = NULL;
    size_t size;
    mnn_status status = samples ? mnn_analyse(model, r->training->pool, samples, &analysis, err) : MNN_OK;
    FILE *out = status ? NULL : open_memstream(&text, &size);
    if (out) {
        snprintf(title, sizeof title, "%s: training report", model->name);
        mnn_page_begin(out, title, r->finished ? 0 : 5);
        write_sections(out, r, samples, set, samples ? &analysis : NULL);
        mnn_page_end(out);
        const bool failed = ferror(out);
        status = fclose(out) == 0 && !failed ? write_file(r->path, text, size, err)
                                             : mnn_fail(err, MNN_ENOMEM, "out of memory");
    } else if (!status) {
        status = mnn_fail(err, MNN_ENOMEM, "out of memory");
    }
    free(text);
    mnn_analysis_free(&analysis);
    return status;
}

/* --- the training's events ------------------------------------------------------------------------ */

static void end_epoch(void *context, const mnn_epoch_report *report)
{
    mnn_report *r = context;
    const bool failed_before = r->status != MNN_OK;
    mnn_error err;
    r->status = keep_epoch(r, report) ? write_page(r, &err) : mnn_fail(&err, MNN_ENOMEM, "out of memory");
    if (!r->status)
        return;
    r->error = err;
    if (!failed_before && r->warn)
        r->warn(r->warned, r->error.text);
}

mnn_observer mnn_report_observer(mnn_report *r)
{
    return (mnn_observer){.context = r, .on_epoch_end = end_epoch};
}

mnn_status mnn_report_finish(mnn_report *r, const mnn_score *score, mnn_error *err)
{
    r->finished = true;
    r->test_score = *score;
    return write_page(r, err);
}

void mnn_report_free(mnn_report *r)
{
    for (int i = 0; i < r->count; i++)
        free(r->epochs[i].norms);
    free(r->epochs);
    *r = (mnn_report){0};
}
