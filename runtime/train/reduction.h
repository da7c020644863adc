/* The exchange between the ranks of a training in a step. The gradients of every rank's subtrees go to the ranks that
 * own blocks of the parameters, in groups, as soon as they are complete; the owner adds them in the order of the tree,
 * updates its block, and sends it to all. The groups and the order of the messages follow from the program's tables and
 * the number of ranks. */
#ifndef MNN_TRAIN_REDUCTION_H
#define MNN_TRAIN_REDUCTION_H

#include "mnn/model.h"
#include "mnn/status.h"
#include "train/blocks.h"
#include "train/tree.h"

typedef struct mnn_reduction mnn_reduction;

/** Parameters begin to end - 1, whose gradients are sent together. */
typedef struct mnn_group {
    int begin, end;
    int step; /* the row of the model's steps after which they are complete */
} mnn_group;

/** The groups of a model, in the order in which they are sent.
 *  @param group  [tensor_count]
 *  @return their number */
int mnn_reduction_groups(const mnn_model *model, mnn_group *group);

/** @param small  length of mnn_subtree.small
 *  @param total  [small]: set to the small sums of the whole batch
 *  @param out    set on success, release with mnn_reduction_free() */
mnn_status mnn_reduction_new(const mnn_model *model, const mnn_division *division, size_t small, double *total,
                             mnn_reduction **out, mnn_error *err);
void mnn_reduction_free(mnn_reduction *r);

const mnn_group *mnn_reduction_group(const mnn_reduction *r, int group);

/** How many groups, from the first on, are complete before a step; INT_MAX: all groups. */
int mnn_reduction_complete(const mnn_reduction *r, int step);

/** Begin a step: expect the messages of the others.
 *  @param own   the subtrees of this rank, which are not computed yet
 *  @param rows  of the batch */
void mnn_reduction_begin(mnn_reduction *r, const mnn_forest *own, int rows);

/** Send more groups, and let messages progress.
 *  @param last  groups that are to be on their way */
void mnn_reduction_send(mnn_reduction *r, int last);

/** Send the rest, wait, and add: this rank's block of model->grads is then the gradient of the whole batch.
 *  @param signal  that stops this rank, or 0; set to the largest of the ranks' */
mnn_status mnn_reduction_finish(mnn_reduction *r, int *signal, mnn_error *err);

/** The findings of the ranks in their blocks of the gradients. */
typedef struct mnn_finding {
    bool diverged; /* a loss or gradient is not finite ... */
    bool large;    /* ... or so large that the update may overflow */
    int tensor;    /* the first with such a gradient, or INT_MAX */
} mnn_finding;

/** Let all ranks know what each has found, and its part of mnn_model.squares.
 *  @param finding  of this rank; set to that of all */
mnn_status mnn_reduction_find(mnn_reduction *r, mnn_finding *finding, mnn_error *err);

/** Give all ranks the updated parameters of every block.
 *  @param fault  of this rank, or INT_MAX; set to the smallest of all */
mnn_status mnn_reduction_spread(mnn_reduction *r, int *fault, mnn_error *err);

#endif
