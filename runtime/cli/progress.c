#define _DEFAULT_SOURCE
#include "cli/progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/terminal.h"
#include "cli/output.h"
#include "train/metrics.h"

enum { BAR = 20, SHORTEST_BAR = 5, PART = MNN_LINE_SIZE - 64 };

/* "2.1s", "3m07s", "1h02m" */
static const char *duration(char buffer[32], double seconds)
{
    const long whole = (long)(seconds + 0.5);
    if (seconds < 59.95)
        snprintf(buffer, 32, "%.1fs", seconds);
    else if (whole < 3600)
        snprintf(buffer, 32, "%ldm%02lds", whole / 60, whole % 60);
    else
        snprintf(buffer, 32, "%ldh%02ldm", whole / 3600, whole % 3600 / 60);
    return buffer;
}

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

/* Whether the learning rate is worth a place in the line. */
static bool rate_changes(const mnn_model *model)
{
    for (int i = 0; i < model->callback_count; i++)
        if (model->callbacks[i].kind == MNN_CALLBACK_REDUCE_LR_ON_PLATEAU)
            return true;
    return model->schedule != NULL;
}

/* What the width leaves for the bar; with a bar of 0 the line has none. */
static void join(char line[MNN_LINE_SIZE], const char *count, double done, const char *rest, int width)
{
    const int room = width - 1 - (int)strlen(count) - (int)strlen(rest) - 4;
    const int cells = room < SHORTEST_BAR ? 0 : room > BAR ? BAR : room;
    char bar[BAR + 5] = "";
    if (cells > 0) {
        const int full = (int)(done * cells);
        bar[0] = ' ';
        bar[1] = '[';
        for (int i = 0; i < cells; i++)
            bar[2 + i] = i < full ? '=' : i == full ? '>' : '.';
        memcpy(bar + 2 + cells, "]", 2);
    }
    snprintf(line, MNN_LINE_SIZE, "%s%s %s", count, bar, rest);
}

void mnn_step_line(char line[MNN_LINE_SIZE], const mnn_model *model, const mnn_step_report *r, int width)
{
    char count[32], elapsed[32], left[32], rest[PART];
    const int digits = snprintf(NULL, 0, "%" PRIu32, r->steps);
    snprintf(count, sizeof count, "%*" PRIu32 "/%" PRIu32, digits, r->step, r->steps);
    snprintf(rest, sizeof rest, "%s, %s left", duration(elapsed, r->seconds),
             duration(left, r->seconds / r->step * (r->steps - r->step)));
    add_score(rest, sizeof rest, model, "", &r->score);
    join(line, count, (double)r->step / r->steps, rest, width);
    if (width > 0 && width <= MNN_LINE_SIZE)
        line[width - 1] = '\0';
}

void mnn_epoch_line(char line[MNN_LINE_SIZE], const mnn_model *model, const mnn_epoch_report *r, int width)
{
    char count[32], elapsed[32], step[32], rate[32], rest[PART];
    snprintf(count, sizeof count, "%" PRIu32 "/%" PRIu32, r->steps, r->steps);
    snprintf(rest, sizeof rest, "%s %s", duration(elapsed, r->seconds),
             step_duration(step, r->step_seconds / (r->steps ? r->steps : 1)));
    add_score(rest, sizeof rest, model, "", &r->score);
    if (r->has_validation)
        add_score(rest, sizeof rest, model, "val_", &r->validation);
    if (rate_changes(model) && strlen(rest) < sizeof rest)
        snprintf(rest + strlen(rest), sizeof rest - strlen(rest), " - learning_rate: %s",
                 mnn_value_text(rate, r->learning_rate));
    join(line, count, 1, rest, width);
}

/* Write over the line that is there; nothing beyond the width, where the terminal would begin another one. */
static void clear(mnn_progress *p, int from)
{
    const int end = p->shown < p->width ? p->shown : p->width - 1;
    fprintf(p->out, "%*s", end > from ? end - from : 0, "");
}

static void redraw(mnn_progress *p, const char *line)
{
    const int length = (int)strlen(line);
    fprintf(p->out, "\r%s", line);
    clear(p, length);
    p->shown = length;
    fflush(p->out);
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
    char line[MNN_LINE_SIZE];
    if (!p->terminal)
        return;
    p->width = mnn_terminal_columns(p->out); /* the window may have changed */
    if (p->epoch != report->epoch) {
        snprintf(line, sizeof line, "Epoch %d/%d", report->epoch, report->epochs);
        mnn_print_folded(p->out, line, p->width);
        p->epoch = report->epoch;
        p->drawn = -1;
    }
    if (report->seconds < p->drawn + 0.1)
        return;
    p->drawn = report->seconds;
    mnn_step_line(line, p->model, report, p->width);
    redraw(p, line);
}

static void on_epoch_end(void *context, const mnn_epoch_report *report)
{
    mnn_progress *p = context;
    char line[MNN_LINE_SIZE];
    if (p->terminal) {
        mnn_epoch_line(line, p->model, report, p->width);
        fputc('\r', p->out);
        clear(p, 0);
        fputc('\r', p->out);
        mnn_print_folded(p->out, line, p->width);
        p->shown = 0;
        fflush(p->out);
        return;
    }
    mnn_epoch_line(line, p->model, report, 0);
    fprintf(p->out, "epoch %d/%d: %s\n", report->epoch, report->epochs, line);
    fflush(p->out);
}

static void on_note(void *context, const mnn_note *note)
{
    mnn_progress *p = context;
    mnn_progress_end(p);
    fprintf(p->out, "epoch %d: %s\n", note->epoch, note->text);
    fflush(p->out);
}

void mnn_progress_work(mnn_progress *p, const char *what, double done, double seconds)
{
    const double first = 5, interval = 0.1;
    char line[MNN_LINE_SIZE], elapsed[32], left[32], rest[80];
    if (done <= 0 || (p->terminal ? seconds < p->drawn + interval : seconds < first || seconds < 2 * p->drawn))
        return;
    p->drawn = seconds;
    snprintf(rest, sizeof rest, "%s, %s left", duration(elapsed, seconds),
             duration(left, seconds / done * (1 - (done < 1 ? done : 1))));
    if (!p->terminal) {
        fprintf(p->out, "%s: %.0f%% after %s\n", what, 100 * done, rest);
        fflush(p->out);
        return;
    }
    p->width = mnn_terminal_columns(p->out);
    join(line, what, done, rest, p->width);
    if (p->width <= MNN_LINE_SIZE)
        line[p->width - 1] = '\0';
    redraw(p, line);
}

mnn_progress mnn_progress_new(FILE *out, const mnn_model *model)
{
    return (mnn_progress){
        .out = out, .model = model, .terminal = mnn_terminal_redraws(out), .width = mnn_terminal_columns(out)};
}

mnn_observer mnn_progress_observer(mnn_progress *p)
{
    return (mnn_observer){.context = p, .on_step = on_step, .on_epoch_end = on_epoch_end, .on_note = on_note};
}

void mnn_progress_end(mnn_progress *p)
{
    if (p->shown)
        fputc('\n', p->out);
    p->shown = 0;
}
