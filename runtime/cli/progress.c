#define _DEFAULT_SOURCE
#include "cli/progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/terminal.h"
#include "base/text.h"
#include "cli/output.h"
#include "train/metrics.h"

enum { PART = MNN_LINE_SIZE - 64 };

static const char *step_duration(char buffer[32], double seconds)
{
    if (seconds < 1e-3)
        snprintf(buffer, 32, "%.0fus/step", seconds * 1e6);
    else if (seconds < 1)
        snprintf(buffer, 32, "%.1fms/step", seconds * 1e3);
    else
        snprintf(buffer, 32, "%.1fs/step", seconds);
    return buffer;
}

/* " - loss: 0.0512 - accuracy: 0.9841" */
static void add_score(char *text, size_t size, const mnn_model *model, const char *prefix, const mnn_score *score)
{
    char value[32];
    size_t length = strlen(text);
    length +=
        (size_t)snprintf(text + length, size - length, " - %sloss: %s", prefix, mnn_value_text(value, score->loss));
    for (int i = 0; i < model->metric_count && length < size; i++)
        if (mnn_metric_is_number(&model->metrics[i]))
            length += (size_t)snprintf(text + length, size - length, " - %s%s: %s", prefix, model->metrics[i].name,
                                       mnn_value_text(value, score->value[i]));
}

/* Whether the line shows the learning rate. */
static bool rate_changes(const mnn_model *model)
{
    for (int i = 0; i < model->callback_count; i++)
        if (model->callbacks[i].kind == MNN_CALLBACK_REDUCE_LR_ON_PLATEAU)
            return true;
    return model->schedule != NULL;
}

void mnn_step_line(char line[MNN_LINE_SIZE], const mnn_model *model, const mnn_step_report *r, int width)
{
    char count[32], elapsed[32], left[32], rest[PART];
    const int digits = snprintf(NULL, 0, "%" PRIu32, r->steps);
    snprintf(count, sizeof count, "%*" PRIu32 "/%" PRIu32, digits, r->step, r->steps);
    snprintf(rest, sizeof rest, "%s, %s left", mnn_duration_text(elapsed, r->seconds),
             mnn_duration_text(left, r->seconds / r->step * (r->steps - r->step)));
    add_score(rest, sizeof rest, model, "", &r->score);
    mnn_meter_line(line, count, (double)r->step / r->steps, rest, width);
    if (width > 0 && width <= MNN_LINE_SIZE)
        line[width - 1] = '\0';
}

void mnn_epoch_line(char line[MNN_LINE_SIZE], const mnn_model *model, const mnn_epoch_report *r, int width)
{
    char count[32], elapsed[32], step[32], rate[32], rest[PART];
    snprintf(count, sizeof count, "%" PRIu32 "/%" PRIu32, r->steps, r->steps);
    snprintf(rest, sizeof rest, "%s %s", mnn_duration_text(elapsed, r->seconds),
             step_duration(step, r->step_seconds / (r->steps ? r->steps : 1)));
    add_score(rest, sizeof rest, model, "", &r->score);
    if (r->has_validation)
        add_score(rest, sizeof rest, model, "val_", &r->validation);
    if (rate_changes(model) && strlen(rest) < sizeof rest)
        snprintf(rest + strlen(rest), sizeof rest - strlen(rest), " - learning_rate: %s",
                 mnn_value_text(rate, r->learning_rate));
    mnn_meter_line(line, count, 1, rest, width);
}

/* @return characters of a row: the whole text, or up to a space, or as many as there are columns */
static size_t row_length(const char *text, size_t columns)
{
    const size_t length = strlen(text);
    if (length <= columns)
        return length;
    size_t end = columns;
    while (end > 0 && text[end] != ' ')
        end--;
    return end > 0 ? end : columns;
}

void mnn_print_folded(FILE *out, const char *line, int width)
{
    const size_t columns = width > 2 ? (size_t)width - 1 : 1;
    do {
        const size_t length = row_length(line, columns);
        fprintf(out, "%.*s\n", (int)length, line);
        line += length + (line[length] == ' ');
    } while (*line);
}

static void on_step(void *context, const mnn_step_report *report)
{
    mnn_progress *p = context;
    mnn_meter *m = &p->meter;
    char line[MNN_LINE_SIZE];
    if (!m->terminal)
        return;
    m->width = mnn_terminal_columns(m->out); /* the window may have changed */
    if (p->epoch != report->epoch) {
        snprintf(line, sizeof line, "Epoch %d/%d", report->epoch, report->epochs);
        mnn_print_folded(m->out, line, m->width);
        p->epoch = report->epoch;
        m->drawn = -1;
    }
    if (report->seconds < m->drawn + 0.1)
        return;
    m->drawn = report->seconds;
    mnn_step_line(line, p->model, report, m->width);
    mnn_meter_draw(m, line);
}

static void on_epoch_end(void *context, const mnn_epoch_report *report)
{
    mnn_progress *p = context;
    mnn_meter *m = &p->meter;
    char line[MNN_LINE_SIZE];
    mnn_epoch_line(line, p->model, report, m->terminal ? m->width : 0);
    if (m->terminal) {
        mnn_meter_erase(m);
        mnn_print_folded(m->out, line, m->width);
    } else {
        fprintf(m->out, "epoch %d/%d: %s\n", report->epoch, report->epochs, line);
    }
    fflush(m->out);
}

static void on_note(void *context, const mnn_note *note)
{
    mnn_meter *m = &((mnn_progress *)context)->meter;
    mnn_meter_end(m);
    fprintf(m->out, "epoch %d: %s\n", note->epoch, note->text);
    fflush(m->out);
}

mnn_progress mnn_progress_new(FILE *out, const mnn_model *model)
{
    return (mnn_progress){.meter = mnn_meter_new(out), .model = model};
}

mnn_observer mnn_progress_observer(mnn_progress *p)
{
    return (mnn_observer){.context = p, .on_step = on_step, .on_epoch_end = on_epoch_end, .on_note = on_note};
}
