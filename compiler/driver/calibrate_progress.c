/* See calibrate_progress.h. */
#include "driver/calibrate_progress.h"

#include <time.h>

#include "base/terminal.h"

/* Seconds before there is a line, and between its updates. */
static const double PATIENCE = 1, INTERVAL = 0.25;

enum { WIDTH = 44 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

calibrate_progress calibrate_progress_new(FILE *out)
{
    return (calibrate_progress){.out = mnn_terminal_redraws(out) && mnn_terminal_columns(out) > WIDTH ? out : NULL,
                                .started = now()};
}

void calibrate_progress_report(void *of, int64_t done, int64_t total)
{
    calibrate_progress *p = of;
    const double time = p->out ? now() : 0, passed = time - p->started;
    if (!p->out || done <= 0 || passed < PATIENCE || time - p->shown < INTERVAL)
        return;
    const double left = passed / (double)done * (double)(total - done);
    char line[WIDTH + 1];
    snprintf(line, sizeof line, "calibrating: %d%%, about %.0f s left", (int)(100 * done / total), left);
    fprintf(p->out, "\r%-*s", WIDTH, line);
    fflush(p->out);
    p->shown = time;
}

void calibrate_progress_end(calibrate_progress *p)
{
    if (p->shown > 0)
        fprintf(p->out, "\r%-*s\r", WIDTH, "");
}
