/* Sections of a report: where the training is, and its curves. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/page.h"
#include "report/sections.h"
#include "train/metrics.h"

static double now_of(const mnn_epoch_report *e, int metric, bool validation)
{
    const mnn_score *s = validation ? &e->validation : &e->score;
    if (validation && !e->has_validation)
        return (double)NAN;
    return metric < 0 ? s->loss : s->value[metric];
}

static void write_card(FILE *out, const char *name, const char *set, double value)
{
    fputs("<div class=\"card\"><b>", out);
    fprintf(out, "%.4g</b>", value);
    mnn_page_text(out, name);
    fprintf(out, " <span class=\"soft\">%s</span></div>\n", set);
}

static void write_cards(FILE *out, const mnn_model *model, const mnn_score *score, const char *set)
{
    write_card(out, "loss", set, score->loss);
    for (int i = 0; i < model->metric_count; i++)
        if (mnn_metric_is_number(&model->metrics[i]))
            write_card(out, model->metrics[i].name, set, score->value[i]);
}

void mnn_report_summary(FILE *out, const mnn_report *r)
{
    const mnn_model *model = r->training->model;
    const mnn_report_epoch *last = r->count ? &r->epochs[r->count - 1] : NULL;
    fprintf(out, "<p class=\"soft\">%s: epoch %d of %d. Trained on %" PRIu32 " samples of ",
            !r->finished ? "In progress"
            : r->signal  ? "Stopped by a signal"
                         : "Finished",
            last ? last->report.epoch : 0, r->training->epochs, r->training->training.count);
    mnn_page_text(out, model->data_name);
    if (r->training->validation.count)
        fprintf(out, ", validated on %" PRIu32, r->training->validation.count);
    fprintf(out, "; batches of %d, %d thread%s, seed %" PRIu64 ".</p>\n<div class=\"cards\">\n", model->batch_size,
            r->threads, r->threads == 1 ? "" : "s", r->training->seed);
    if (last)
        write_cards(out, model, &last->report.score, "training");
    if (last && last->report.has_validation)
        write_cards(out, model, &last->report.validation, "validation");
    if (r->test_score.samples)
        write_cards(out, model, &r->test_score, "test");
    fputs("</div>\n", out);
}

/* --- curves --------------------------------------------------------------------------------------- */

/* Arrays of one value per epoch. */
typedef struct columns {
    const mnn_report *r;
    double *x, *values; /* [count], [series, count] */
    mnn_series *series;
    int used;
} columns;

static double *add_column(columns *c, const char *name)
{
    double *y = c->values + (size_t)c->used * (size_t)c->r->count;
    c->series[c->used++] = (mnn_series){name, c->x, y, c->r->count};
    return y;
}

static void draw_columns(FILE *out, columns *c, const char *title, bool from_zero)
{
    const mnn_chart chart = {.title = title,
                             .x_name = "epoch",
                             .whole = true,
                             .series = c->series,
                             .count = c->used,
                             .from_zero = from_zero};
    if (c->used)
        mnn_page_chart(out, &chart);
    c->used = 0;
}

static void draw_score(FILE *out, columns *c, int metric, const char *name)
{
    for (int validation = 0; validation < 2; validation++) {
        if (validation && !c->r->epochs[c->r->count - 1].report.has_validation)
            break;
        double *y = add_column(c, validation ? "validation" : "training");
        for (int i = 0; i < c->r->count; i++)
            y[i] = now_of(&c->r->epochs[i].report, metric, validation);
    }
    draw_columns(out, c, name, false);
}

static void draw_rates(FILE *out, columns *c)
{
    double *y = add_column(c, "learning rate");
    for (int i = 0; i < c->r->count; i++)
        y[i] = c->r->epochs[i].report.learning_rate;
    draw_columns(out, c, "learning rate", true);
    y = add_column(c, "milliseconds per step");
    for (int i = 0; i < c->r->count; i++)
        y[i] = 1e3 * c->r->epochs[i].report.step_seconds / c->r->epochs[i].report.steps;
    draw_columns(out, c, "milliseconds per step", true);
}

/* The tensors with most elements, as many as there are colours; biases and the like would hide them. */
static void draw_norms(FILE *out, columns *c, int which, const char *title)
{
    enum { MOST = 8 };
    const mnn_model *model = c->r->training->model;
    for (int i = 0, shown = 0; i < model->tensor_count && shown < MOST; i++) {
        if (model->tensors[i].rank < 2 || !isfinite(c->r->epochs[0].norms[2 * i + which]))
            continue;
        double *y = add_column(c, model->tensors[i].name);
        for (int k = 0; k < c->r->count; k++)
            y[k] = c->r->epochs[k].norms[2 * i + which];
        shown++;
    }
    draw_columns(out, c, title, false);
}

static void draw_all(FILE *out, columns *c)
{
    const mnn_model *model = c->r->training->model;
    for (int i = 0; i < c->r->count; i++)
        c->x[i] = c->r->epochs[i].report.epoch;
    fputs("<div class=\"grid\">\n", out);
    draw_score(out, c, -1, "loss");
    for (int i = 0; i < model->metric_count; i++)
        if (mnn_metric_is_number(&model->metrics[i]))
            draw_score(out, c, i, model->metrics[i].name);
    draw_rates(out, c);
    draw_norms(out, c, 0, "norms of the weights");
    draw_norms(out, c, 1, "norms of the gradients, last step of the epoch");
    fputs("</div>\n", out);
}

void mnn_report_curves(FILE *out, const mnn_report *r)
{
    enum { SERIES = 8 };
    if (r->count == 0)
        return;
    columns c = {.r = r};
    c.x = malloc((size_t)r->count * sizeof *c.x);
    c.values = malloc(SERIES * (size_t)r->count * sizeof *c.values);
    c.series = malloc(SERIES * sizeof *c.series);
    if (c.x && c.values && c.series) {
        mnn_page_section(out, "Curves");
        draw_all(out, &c);
    }
    free(c.x);
    free(c.values);
    free(c.series);
}
