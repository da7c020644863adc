#include "train/row_writer.h"

#include <stdlib.h>
#include <string.h>

#include "base/report.h"

mnn_status mnn_row_writer_begin(mnn_row_writer *w, const char *path, mnn_error *err)
{
    /* All of it now: no memory is allocated while writes fail. */
    *w = (mnn_row_writer){.text = malloc(MNN_ROWS_KEPT)};
    if (!w->text)
        return mnn_fail_memory(err, path, MNN_ROWS_KEPT);
    mnn_status status = mnn_atomic_begin(&w->file, path, err);
    if (!status)
        status = mnn_atomic_check_writer(path, err);
    if (status)
        mnn_row_writer_abort(w);
    return status;
}

mnn_status mnn_row_writer_head(mnn_row_writer *w, const char *text, size_t size, mnn_error *err)
{
    const mnn_status status = mnn_atomic_write(&w->file, text, size, err);
    w->begin = w->file.size;
    return status;
}

mnn_status mnn_row_writer_publish(mnn_row_writer *w, mnn_error *err)
{
    const mnn_status status = mnn_atomic_publish(&w->file, err);
    w->published = !status;
    return status;
}

/* --- what waits ---------------------------------------------------------------------------------- */

static void forget_written(mnn_row_writer *w)
{
    w->begin += w->written;
    w->size -= w->written;
    memmove(w->text, w->text + w->written, w->size);
    w->written = 0;
}

/* @return bytes of the whole rows among the first bytes of a text */
static size_t whole_rows(const char *text, size_t size)
{
    while (size > 0 && text[size - 1] != '\n')
        size--;
    return size;
}

/* @return MNN_OK; MNN_EIO: the file ends with a whole row, if it can be cut, and the others wait */
static mnn_status write_waiting(mnn_row_writer *w, mnn_error *err)
{
    mnn_status status = MNN_OK;
    if (w->failure)
        status = mnn_atomic_cut(&w->file, w->begin + w->written, err);
    if (!status) {
        const uint64_t before = w->file.size;
        status = mnn_atomic_write(&w->file, w->text + w->written, w->size - w->written, err);
        w->written += whole_rows(w->text + w->written, (size_t)(w->file.size - before));
    }
    w->failure = w->file.failure;
    w->gone = w->published && (w->gone || mnn_atomic_is_gone(&w->file));
    if (status)
        (void)mnn_atomic_cut(&w->file, w->begin + w->written, NULL); /* or else before the next try */
    else if (!w->published)
        forget_written(w);
    return status ? MNN_EIO : MNN_OK;
}

/* Take a row into text, or know from now on that there is no room. */
static void take(mnn_row_writer *w, const char *row, size_t size)
{
    if (!w->full && size > MNN_ROWS_KEPT - w->size) {
        w->forgotten = w->forgotten || w->written > 0;
        forget_written(w);
    }
    /* No later row that is shorter: a history may end early, but has no holes. */
    w->full = w->full || size > MNN_ROWS_KEPT - w->size;
    if (w->full) {
        w->lost = w->lost ? w->lost : w->failure;
        return;
    }
    memcpy(w->text + w->size, row, size);
    w->size += size;
}

static mnn_status fail_gone(const char *path, mnn_status status, mnn_error *err)
{
    return mnn_fail_file(err, status, path, "was removed or replaced while its rows were written: they are lost");
}

/* The message for rows that are written, or are not. */
static mnn_status outcome(const mnn_row_writer *w, mnn_status status, mnn_error *err)
{
    if (w->gone)
        return fail_gone(w->file.path, MNN_EFORMAT, err);
    if (w->full)
        return mnn_fail_file(err, MNN_ENOMEM, w->file.path,
                             "could not write: too many rows are waiting, this one and the following are lost");
    if (!status && w->doubt) {
        (void)mnn_fail_errno(err, w->file.path, "could not write to the disk", w->doubt);
        return MNN_EIO;
    }
    return status;
}

mnn_status mnn_row_writer_add(mnn_row_writer *w, const char *row, size_t size, mnn_error *err)
{
    take(w, row, size);
    return outcome(w, write_waiting(w, err), err);
}

/* --- the disk ------------------------------------------------------------------------------------ */

/* After a sync that failed the system counts the rows as written, and would not try again by itself. */
static void write_anew(mnn_row_writer *w)
{
    w->doubt = w->failure = w->file.failure;
    if (w->forgotten)
        w->lost = w->doubt;
    w->written = 0;
    (void)write_waiting(w, NULL);
}

mnn_status mnn_row_writer_sync(mnn_row_writer *w, mnn_error *err)
{
    mnn_status status = write_waiting(w, err);
    if (mnn_atomic_sync(&w->file, status ? NULL : err) != MNN_OK) {
        write_anew(w);
        return outcome(w, MNN_EIO, err);
    }
    forget_written(w);
    w->forgotten = false;
    w->doubt = 0;
    return outcome(w, status, err);
}

static void release(mnn_row_writer *w)
{
    free(w->text);
    w->text = NULL;
}

mnn_status mnn_row_writer_commit(mnn_row_writer *w, mnn_error *err)
{
    (void)write_waiting(w, NULL);
    w->file.failure = w->failure ? w->failure : w->lost;
    mnn_status status;
    if (w->gone) {
        status = fail_gone(w->file.path, MNN_EIO, err);
        mnn_atomic_abort(&w->file);
    } else {
        status = mnn_atomic_commit(&w->file, err);
    }
    release(w);
    return status;
}

void mnn_row_writer_abort(mnn_row_writer *w)
{
    if (w->file.path && w->published)
        (void)write_waiting(w, NULL);
    mnn_atomic_abort(&w->file);
    release(w);
}
