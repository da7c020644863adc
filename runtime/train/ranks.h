/* The agreement of the ranks of a training before it begins. Without other ranks the functions do nothing. */
#ifndef MNN_TRAIN_RANKS_H
#define MNN_TRAIN_RANKS_H

#include <stdbool.h>
#include <stdio.h>

#include "train/loop.h"

/** Let every rank fail where one has failed. All ranks call it.
 *  @param status  of this rank, with its *err
 *  @return the status of the lowest rank that has failed; *err names the rank */
mnn_status mnn_ranks_agree(mnn_status status, mnn_error *err);

/** Whether all ranks know of the last failure: rank 0 reports it. */
bool mnn_ranks_agreed(void);

/** Check that all ranks run the same program on the same samples with the same options.
 *  @return MNN_OK; MNN_EFORMAT naming a rank and the difference */
mnn_status mnn_ranks_compare(const mnn_training *training, mnn_error *err);

/** The same for an evaluation: program, weights and samples. */
mnn_status mnn_ranks_compare_test(const mnn_model *model, const mnn_dataset *test, mnn_error *err);

/** The same for a prediction: program, weights and the names of the files; and whether any rank has failed. */
mnn_status mnn_ranks_compare_files(const mnn_model *model, char *const *files, int count, mnn_status status,
                                   mnn_error *err);

/** Give all ranks the weights and the state of rank 0, and each the optimizer's slots of its block. */
mnn_status mnn_ranks_share(const mnn_model *model, mnn_state *state, mnn_error *err);

/** Give rank 0 the optimizer's slots of all blocks, for a checkpoint. All ranks call it.
 *  @param wanted  at rank 0, which decides */
mnn_status mnn_ranks_gather(const mnn_model *model, bool wanted, mnn_error *err);

/** Print the texts of all ranks in their order, up to the lowest that has failed. All ranks call it.
 *  @param out     of rank 0, the only one that prints
 *  @param status  of this rank, with its *err
 *  @return as mnn_ranks_agree() */
mnn_status mnn_ranks_print(FILE *out, const char *text, size_t size, mnn_status status, mnn_error *err);

#endif
