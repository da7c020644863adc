/* The parameters that a rank updates: a contiguous block of them. */
#ifndef MNN_TRAIN_BLOCKS_H
#define MNN_TRAIN_BLOCKS_H

#include "mnn/model.h"

typedef struct mnn_block {
    int begin, end;                /* parameters */
    int first, last;               /* the same as elements of the steps of MNN_NORMS and MNN_UPDATE */
    int first_square, last_square; /* the sums of mnn_model.squares that it has whole */
} mnn_block;

/** The block of a rank. Without sums of squares it begins at a multiple of 16 parameters, otherwise with one of their
 *  pieces. */
mnn_block mnn_block_of(const mnn_model *model, int ranks, int rank);

#endif
