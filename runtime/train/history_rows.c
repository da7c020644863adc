#define _POSIX_C_SOURCE 200809L
#include "train/history_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/report.h"

/* --- the file ------------------------------------------------------------------------------------ */

mnn_status mnn_rows_read(const char *path, mnn_rows *out, mnn_error *err)
{
    *out = (mnn_rows){.path = path, .begin = ""};
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return MNN_OK;
    const mnn_status status = mnn_file_load(path, SIZE_MAX, &out->text, &out->size, err);
    if (!status)
        out->begin = out->text;
    return status;
}

void mnn_rows_free(mnn_rows *r)
{
    free(r->text);
    r->text = NULL;
}

/* --- its rows ------------------------------------------------------------------------------------ */

/* The position of a row. */
typedef struct place {
    int epoch;
    uint32_t step; /* 0 in a file of epochs */
} place;

static bool is_before(place a, place b)
{
    return a.epoch < b.epoch || (a.epoch == b.epoch && a.step < b.step);
}

/* @return false: the line is no row of this kind */
static bool read_place(const char *line, mnn_history_kind kind, place *out)
{
    char end = '\0';
    *out = (place){0};
    if (kind == MNN_HISTORY_STEPS)
        return sscanf(line, "{\"epoch\": %d, \"step\": %" SCNu32 "%c", &out->epoch, &out->step, &end) == 3 &&
               end == ',' && out->step > 0;
    const char *format = kind == MNN_HISTORY_CSV ? "%d%c" : "{\"epoch\": %d%c";
    return sscanf(line, format, &out->epoch, &end) == 2 && end == ',';
}

static mnn_status no_row(const mnn_rows *r, const char *line, const char *expected, mnn_error *err)
{
    char cut[MNN_NAME_SHOWN], shown[MNN_NAME_SHOWN];
    snprintf(cut, sizeof cut, "%.*s", (int)strcspn(line, "\n"), line);
    return mnn_fail_at(err, MNN_EFORMAT, r->path, (uint64_t)(line - r->text),
                       "not the history of this training, so it cannot be continued (got \"%s\", expected %s)\n"
                       "hint: give another file, or remove this one",
                       mnn_printable(shown, sizeof shown, cut), expected);
}

mnn_status mnn_rows_cut(mnn_rows *r, mnn_history_kind kind, const char *names, int epoch, uint32_t step, mnn_error *err)
{
    const size_t head = strlen(names);
    const place end = kind == MNN_HISTORY_STEPS ? (place){epoch, step + 1} : (place){epoch, 0};
    if (r->size > 0 && head > 0 && strncmp(r->begin, names, head) != 0)
        return no_row(r, r->begin, "the columns of this model", err);
    r->begin += r->size > 0 ? head : 0;
    place last = {0}, here;
    const char *line = r->begin;
    for (const char *next; (next = strchr(line, '\n')); line = next + 1) {
        if (!read_place(line, kind, &here) || !is_before(last, here))
            return no_row(r, line, "a row after that of the previous epoch or step", err);
        if (!is_before(here, end))
            break;
        last = here;
    }
    r->size = (size_t)(line - r->begin);
    r->epoch = last.epoch;
    r->step = last.step;
    return MNN_OK;
}

/* --- its holes ----------------------------------------------------------------------------------- */

static bool epochs_missing(const mnn_rows *r, int first, int last, mnn_error *which)
{
    if (first == last)
        (void)mnn_fail_file(which, MNN_EIO, r->path, "the row of epoch %d is missing and cannot be restored", first);
    else if (first < last)
        (void)mnn_fail_file(which, MNN_EIO, r->path, "the rows of epochs %d to %d are missing and cannot be restored",
                            first, last);
    return first <= last;
}

static bool steps_missing(const mnn_rows *r, place first, place last, mnn_error *which)
{
    if (is_before(last, first))
        return false;
    if (is_before(first, last))
        (void)mnn_fail_file(which, MNN_EIO, r->path,
                            "the rows from epoch %d, step %" PRIu32 " to epoch %d, step %" PRIu32
                            " are missing and cannot be restored",
                            first.epoch, first.step, last.epoch, last.step);
    else
        (void)mnn_fail_file(which, MNN_EIO, r->path,
                            "the row of epoch %d, step %" PRIu32 " is missing and cannot be restored", first.epoch,
                            first.step);
    return true;
}

bool mnn_rows_missing(const mnn_rows *r, mnn_history_kind kind, int epoch, uint32_t step, uint32_t steps,
                      mnn_error *which)
{
    if (!r->text)
        return false;
    if (kind != MNN_HISTORY_STEPS)
        return epochs_missing(r, r->epoch + 1, epoch - 1, which);
    const bool next_epoch = r->epoch == 0 || r->step >= steps;
    const place first = next_epoch ? (place){r->epoch + 1, 1} : (place){r->epoch, r->step + 1};
    const place last = step > 0 ? (place){epoch, step} : (place){epoch - 1, steps};
    return steps_missing(r, first, last, which);
}
