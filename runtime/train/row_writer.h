/* Rows on their way into a file that grows. Those that cannot be written wait in memory, and are tried again with each
 * row that comes: so a disk that is full for a while leaves no hole. */
#ifndef MNN_TRAIN_ROW_WRITER_H
#define MNN_TRAIN_ROW_WRITER_H

#include <stdbool.h>

#include "base/atomic.h"
#include "mnn/status.h"

enum { MNN_ROWS_KEPT = 1024 * 1024 }; /* bytes of rows in memory */

typedef struct mnn_row_writer {
    mnn_atomic file;
    uint64_t begin; /* bytes of the file before text */
    char *text;     /* the rows after them, MNN_ROWS_KEPT bytes; NULL: not begun */
    size_t size;
    size_t written; /* of text, in whole rows: in the file */
    bool published; /* has its name already: what is written is kept in text until it is on the disk */
    bool forgotten; /* text was too small for some of that */
    bool gone;      /* it has lost that name: it was removed or replaced, and its rows with it */
    bool full;      /* it had none for a row that waits: there will be no more rows */
    int failure;    /* errno of the last writing; 0: nothing waits */
    int doubt;      /* errno of the last sync; 0: what is written is on the disk, or no sync has been tried */
    int lost;       /* errno why a row will never be there, or may not be; 0: none */
} mnn_row_writer;

/** Begin a file. End with mnn_row_writer_commit() or mnn_row_writer_abort().
 *  @return MNN_OK; MNN_EIO, also when another training writes its rows there; MNN_ENOMEM */
mnn_status mnn_row_writer_begin(mnn_row_writer *w, const char *path, mnn_error *err);

/** Write the header before the rows.
 *  @return MNN_OK; MNN_EIO: the file is unusable, the header is not queued */
mnn_status mnn_row_writer_head(mnn_row_writer *w, const char *text, size_t size, mnn_error *err);

/** Give the file its name now.
 *  @return MNN_OK; MNN_EIO: nothing is left; also when another training writes its rows there */
mnn_status mnn_row_writer_publish(mnn_row_writer *w, mnn_error *err);

/** Write the rows that wait and a new one.
 *  @param row  ends in '\n'; fewer than MNN_ROWS_KEPT bytes
 *  @return MNN_OK; MNN_EIO: rows wait, in memory or for the disk; MNN_ENOMEM: too many wait, no more are taken;
 *          MNN_EFORMAT: the file is gone */
mnn_status mnn_row_writer_add(mnn_row_writer *w, const char *row, size_t size, mnn_error *err);

/** Write the queued rows and flush a published file to disk. If that fails, the disk may lack all rows since the last
 *  success: they are written again by the next sync.
 *  @return as mnn_row_writer_add() */
mnn_status mnn_row_writer_sync(mnn_row_writer *w, mnn_error *err);

/** Write the rows that wait and put the file in place.
 *  @return MNN_OK: every row is there; MNN_EIO, MNN_ENOMEM: of a published file those that could be written */
mnn_status mnn_row_writer_commit(mnn_row_writer *w, mnn_error *err);

/** Remove unpublished output; the rows of a published file stay. No effect after a commit, and on a zeroed struct. */
void mnn_row_writer_abort(mnn_row_writer *w);

#endif
