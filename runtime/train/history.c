#include "train/history.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *mnn_json_number(char buffer[32], double value, bool present)
{
    if (present && isfinite(value))
        snprintf(buffer, 32, "%.9g", value);
    else
        strcpy(buffer, "null");
    return buffer;
}

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

mnn_status mnn_history_begin(mnn_history *h, const char *path, mnn_history_kind kind, bool accuracy, mnn_error *err)
{
    static const char head[] = "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds\n";
    *h = (mnn_history){.kind = kind, .accuracy = accuracy};
    mnn_status status = mnn_atomic_begin(&h->file, path, err);
    if (!status && kind == MNN_HISTORY_CSV) {
        status = mnn_atomic_write(&h->file, head, sizeof head - 1, err);
        if (status)
            mnn_atomic_abort(&h->file);
    }
    return status;
}

static void write_step(void *context, const mnn_step_report *r)
{
    mnn_history *h = context;
    char line[160], loss[32], rate[32];
    const int length = snprintf(
        line, sizeof line, "{\"epoch\": %d, \"step\": %" PRIu32 ", \"loss\": %s, \"learning_rate\": %s}\n", r->epoch,
        r->step, mnn_json_number(loss, r->loss, true), mnn_json_number(rate, r->learning_rate, true));
    /* The file remembers a failure: the commit reports it. */
    (void)mnn_atomic_write(&h->file, line, (size_t)length, NULL);
}

static void write_epoch(void *context, const mnn_epoch_report *r)
{
    mnn_history *h = context;
    const double value[] = {r->score.loss,          r->score.accuracy, r->validation.loss,
                            r->validation.accuracy, r->learning_rate,  r->seconds};
    const bool present[] = {true, h->accuracy, r->has_validation, r->has_validation && h->accuracy, true, true};
    static const char *const name[] = {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"};
    const bool csv = h->kind == MNN_HISTORY_CSV;
    char line[400], number[32];
    size_t length = (size_t)snprintf(line, sizeof line, csv ? "%d" : "{\"epoch\": %d", r->epoch);
    for (int i = 0; i < 6; i++) {
        mnn_json_number(number, value[i], present[i]);
        if (csv)
            length += (size_t)snprintf(line + length, sizeof line - length, ",%s", present[i] ? number : "");
        else
            length += (size_t)snprintf(line + length, sizeof line - length, ", \"%s\": %s", name[i], number);
    }
    length += (size_t)snprintf(line + length, sizeof line - length, csv ? "\n" : "}\n");
    (void)mnn_atomic_write(&h->file, line, length, NULL);
}

mnn_observer mnn_history_observer(mnn_history *h)
{
    if (h->kind == MNN_HISTORY_STEPS)
        return (mnn_observer){.context = h, .on_step = write_step};
    return (mnn_observer){.context = h, .on_epoch_end = write_epoch};
}

mnn_status mnn_history_commit(mnn_history *h, mnn_error *err)
{
    return mnn_atomic_commit(&h->file, err);
}

void mnn_history_abort(mnn_history *h)
{
    mnn_atomic_abort(&h->file);
}
