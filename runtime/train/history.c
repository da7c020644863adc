#include "train/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/temporary.h"
#include "train/history_rows.h"
#include "train/metrics.h"

bool mnn_history_kind_of(const char *path, mnn_history_kind *kind)
{
    const char *dot = strrchr(path, '.');
    if (!dot)
        return false;
    if (strcmp(dot, ".csv") == 0)
        *kind = MNN_HISTORY_CSV;
    else if (strcmp(dot, ".jsonl") == 0)
        *kind = MNN_HISTORY_JSONL;
    else
        return false;
    return true;
}

/* A line in the making. */
typedef struct row {
    char text[2048];
    size_t length;
    bool csv, head; /* head: the names alone, for CSV */
} row;

static void __attribute__((format(printf, 2, 0)))
add(row *r, const char *format, const char *a, const char *b, const char *c)
{
    if (r->length < sizeof r->text)
        r->length += (size_t)snprintf(r->text + r->length, sizeof r->text - r->length, format, a, b, c);
}

/* One column: its name, its value or both. */
static void add_value(row *r, const char *prefix, const char *name, double value, bool present)
{
    char number[32];
    mnn_json_number(number, value, present);
    if (r->head)
        add(r, ",%s%s%s", prefix, name, "");
    else if (r->csv)
        add(r, ",%s%s%s", present ? number : "", "", "");
    else
        add(r, ", \"%s%s\": %s", prefix, name, number);
}

static void add_score(row *r, const mnn_model *model, const char *prefix, const mnn_score *score, bool present)
{
    add_value(r, prefix, "loss", score->loss, present);
    for (int i = 0; i < model->metric_count; i++)
        if (mnn_metric_is_number(&model->metrics[i]))
            add_value(r, prefix, model->metrics[i].name, score->value[i], present);
}

static void add_columns(row *r, const mnn_model *model, const mnn_epoch_report *e)
{
    add_score(r, model, "", &e->score, true);
    add_score(r, model, "val_", &e->validation, e->has_validation);
    add_value(r, "", "learning_rate", e->learning_rate, true);
    add_value(r, "", "seconds", e->seconds, true);
    add(r, r->csv ? "\n" : "}\n", "", "", "");
}

/* The line of names above a CSV file. */
static row names_of(const mnn_model *model)
{
    row head = {.text = "epoch", .length = strlen("epoch"), .csv = true, .head = true};
    add_columns(&head, model, &(mnn_epoch_report){.epoch = 0});
    return head;
}

/* --- the file ------------------------------------------------------------------------------------ */

mnn_status mnn_history_begin(mnn_history *h, const char *path, mnn_history_kind kind, const mnn_model *model,
                             mnn_error *err)
{
    *h = (mnn_history){.kind = kind, .model = model};
    mnn_temporary_clean(path);
    mnn_status status = mnn_row_writer_begin(&h->rows, path, err);
    if (!status && kind == MNN_HISTORY_CSV) {
        const row head = names_of(model);
        status = mnn_row_writer_head(&h->rows, head.text, head.length, err);
        if (status)
            mnn_row_writer_abort(&h->rows);
    }
    return status;
}

static void warn(const mnn_history *h, const char *text)
{
    if (h->warn)
        h->warn(h->warned, text);
}

mnn_status mnn_history_continue(mnn_history *h, int epoch, uint32_t step, uint32_t steps, mnn_error *err)
{
    const row head = names_of(h->model);
    mnn_rows rows;
    mnn_error missing;
    mnn_status status = mnn_rows_read(h->rows.file.path, &rows, err);
    if (status)
        return status;
    status = mnn_rows_cut(&rows, h->kind, h->kind == MNN_HISTORY_CSV ? head.text : "", epoch, step, err);
    if (!status && mnn_rows_missing(&rows, h->kind, epoch, step, steps, &missing))
        warn(h, missing.text);
    if (!status)
        status = mnn_row_writer_head(&h->rows, rows.begin, rows.size, err);
    mnn_rows_free(&rows);
    return status;
}

mnn_status mnn_history_publish(mnn_history *h, mnn_error *err)
{
    return mnn_row_writer_publish(&h->rows, err);
}

/* --- rows as they come --------------------------------------------------------------------------- */

/* A warning when it begins to fail, or gets worse; not for each row that waits. */
static void tell(mnn_history *h, mnn_status status, const mnn_error *err)
{
    char text[sizeof err->text + 128], step[32] = "";
    if (status && status != h->told) {
        if (h->step > 0)
            snprintf(step, sizeof step, ", step %" PRIu32, h->step);
        snprintf(text, sizeof text, "epoch %d%s: %s%s", h->epoch, step, err->text,
                 status == MNN_EIO ? "\nnote: its rows are kept in memory and retried with the next row" : "");
        warn(h, text);
    }
    h->told = status;
}

void mnn_history_sync(mnn_history *h)
{
    mnn_error err;
    tell(h, mnn_row_writer_sync(&h->rows, &err), &err);
}

static void write_row(mnn_history *h, const char *text, size_t length, int epoch, uint32_t step)
{
    mnn_error err;
    h->epoch = epoch;
    h->step = step;
    tell(h, mnn_row_writer_add(&h->rows, text, length, &err), &err);
}

static void write_step(void *context, const mnn_step_report *r)
{
    mnn_history *h = context;
    char line[160], loss[32], rate[32];
    const int length = snprintf(
        line, sizeof line, "{\"epoch\": %d, \"step\": %" PRIu32 ", \"loss\": %s, \"learning_rate\": %s}\n", r->epoch,
        r->step, mnn_json_number(loss, r->loss, true), mnn_json_number(rate, r->learning_rate, true));
    write_row(h, line, (size_t)length, r->epoch, r->step);
}

static void write_epoch(void *context, const mnn_epoch_report *report)
{
    mnn_history *h = context;
    row r = {.csv = h->kind == MNN_HISTORY_CSV};
    r.length = (size_t)snprintf(r.text, sizeof r.text, r.csv ? "%d" : "{\"epoch\": %d", report->epoch);
    add_columns(&r, h->model, report);
    write_row(h, r.text, r.length, report->epoch, 0);
}

mnn_observer mnn_history_observer(mnn_history *h)
{
    if (h->kind == MNN_HISTORY_STEPS)
        return (mnn_observer){.context = h, .on_step = write_step};
    return (mnn_observer){.context = h, .on_epoch_end = write_epoch};
}

mnn_status mnn_history_commit(mnn_history *h, mnn_error *err)
{
    return mnn_row_writer_commit(&h->rows, err);
}

void mnn_history_abort(mnn_history *h)
{
    mnn_row_writer_abort(&h->rows);
}
