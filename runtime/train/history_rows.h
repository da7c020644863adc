/* The rows of a history that another run of the same training has written. */
#ifndef MNN_TRAIN_HISTORY_ROWS_H
#define MNN_TRAIN_HISTORY_ROWS_H

#include "train/history.h"

typedef struct mnn_rows {
    const char *path;
    char *text;        /* of the whole file, NUL-terminated */
    const char *begin; /* the rows: after the header line */
    size_t size;
    int epoch; /* of the last row; 0: none ... */
    uint32_t step;
} mnn_rows;

/** Read a file; one that is not there has no rows.
 *  @return MNN_OK, release with mnn_rows_free(); MNN_EIO; MNN_EFORMAT not a regular file; MNN_ENOMEM */
mnn_status mnn_rows_read(const char *path, mnn_rows *out, mnn_error *err);
void mnn_rows_free(mnn_rows *r);

/** Keep the rows that come before a position of the training: their epochs are before it, or in a file of steps they
 *  are of its epoch and of the steps that are done. Rows count upwards.
 *  @param names  the first line that the file must have; "": none
 *  @return MNN_OK; MNN_EFORMAT: other names, or a line that is no row */
mnn_status mnn_rows_cut(mnn_rows *r, mnn_history_kind kind, const char *names, int epoch, uint32_t step,
                        mnn_error *err);

/** Whether rows are missing between those that mnn_rows_cut() has left and the position. A file that is not there
 * misses none: it was not requested.
 *  @param steps  of each epoch
 *  @param which  when it is so, a line ready to print */
bool mnn_rows_missing(const mnn_rows *r, mnn_history_kind kind, int epoch, uint32_t step, uint32_t steps,
                      mnn_error *which);

#endif
