#include "base/meter.h"

#include <string.h>

#include "base/terminal.h"
#include "base/text.h"

enum { BAR = 20, SHORTEST_BAR = 5 };

mnn_meter mnn_meter_new(FILE *out)
{
    return (mnn_meter){.out = out, .terminal = mnn_terminal_redraws(out), .width = mnn_terminal_columns(out)};
}

void mnn_meter_line(char line[MNN_LINE_SIZE], const char *count, double done, const char *rest, int width)
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

/* Overwrite the line; nothing past the width, where the terminal would begin another one. */
static void clear(mnn_meter *m, int from)
{
    const int end = m->shown < m->width ? m->shown : m->width - 1;
    fprintf(m->out, "%*s", end > from ? end - from : 0, "");
}

void mnn_meter_draw(mnn_meter *m, const char *line)
{
    const int length = (int)strlen(line);
    fprintf(m->out, "\r%s", line);
    clear(m, length);
    m->shown = length;
    fflush(m->out);
}

void mnn_meter_work(mnn_meter *m, const char *what, double done, double seconds)
{
    const double first = 5, interval = 0.1;
    char line[MNN_LINE_SIZE], elapsed[32], left[32], rest[80];
    if (done <= 0 || (m->terminal ? seconds < m->drawn + interval : seconds < first || seconds < 2 * m->drawn))
        return;
    m->drawn = seconds;
    snprintf(rest, sizeof rest, "%s, %s left", mnn_duration_text(elapsed, seconds),
             mnn_duration_text(left, seconds / done * (1 - (done < 1 ? done : 1))));
    if (!m->terminal) {
        fprintf(m->out, "%s: %.0f%% after %s\n", what, 100 * done, rest);
        fflush(m->out);
        return;
    }
    m->width = mnn_terminal_columns(m->out);
    mnn_meter_line(line, what, done, rest, m->width);
    if (m->width <= MNN_LINE_SIZE)
        line[m->width - 1] = '\0';
    mnn_meter_draw(m, line);
}

void mnn_meter_erase(mnn_meter *m)
{
    fputc('\r', m->out);
    clear(m, 0);
    fputc('\r', m->out);
    m->shown = 0;
}

void mnn_meter_end(mnn_meter *m)
{
    if (m->shown)
        fputc('\n', m->out);
    m->shown = 0;
}
