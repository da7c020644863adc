/* Weights of other programs for a model: which tensor is which, and how its numbers lie. */
#ifndef MNN_EXCHANGE_IMPORT_H
#define MNN_EXCHANGE_IMPORT_H

#include <stdbool.h>

#include "exchange/foreign.h"
#include "mnn/model.h"

/** A tensor of the model and where its numbers come from. */
typedef struct mnn_match {
    const mnn_foreign_tensor *theirs; /* NULL: not found yet */
    bool transpose; /* theirs is [units, in], [filters, in_channels, height, width] or, for a depthwise convolution,
                       [in_channels * multiplier, 1, height, width]: PyTorch's layouts */
    bool chw;       /* theirs follows a flatten of images with channels first */
} mnn_match;

/** Matches, one for each tensor of the model: [tensor_count]. */
typedef struct mnn_matches {
    const mnn_model *model;
    const mnn_foreign *file;
    mnn_match *of;
    int ambiguous; /* layers for which more than one group of tensors would have done */
} mnn_matches;

typedef enum mnn_origin_kind { MNN_FROM_PYTORCH, MNN_FROM_KERAS } mnn_origin_kind;

/** Match by a text file with a line "theirs = ours [transpose] [chw]" for each tensor; "#" begins a comment.
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT with the line; MNN_ENOMEM */
mnn_status mnn_match_by_map(mnn_matches *m, const char *map, mnn_error *err);

/** Match by the names that a library gives: "conv1.weight" of PyTorch, "conv2d/kernel" of Keras. Tensors with the same
 * text before the last part are one layer's. A layer of the model takes the group of its own name, else the first, by
 * names, that has its tensors with their shapes and that no layer before it has taken.
 *  @return MNN_OK; MNN_EFORMAT when a layer finds none; MNN_ENOMEM */
mnn_status mnn_match_by_names(mnn_matches *m, mnn_origin_kind kind, mnn_error *err);

/** Put the numbers into the model's params. All shapes and numbers are checked before the first is written.
 *  @return MNN_OK; MNN_EFORMAT a tensor of the model has none, a shape differs, a number is not finite; MNN_ENOMEM */
mnn_status mnn_import(const mnn_matches *m, mnn_error *err);

enum { MNN_EXPECTED_TEXT = 288 };

/** That shape for a message, and the model's own where it differs: "[10, 784], transposed to [784, 10]".
 *  @return text */
const char *mnn_expected_shape(const mnn_model *model, int tensor, bool transpose, char text[MNN_EXPECTED_TEXT]);

/** Whether a tensor of a file is state of a training that inference does not need, by its name: PyTorch's
 *  num_batches_tracked, Keras's seed_generator_state and the variables of its optimizers. */
bool mnn_foreign_is_state(const char *name);

enum { MNN_UNUSED_TEXT = 700 };

/** List the tensors of the file that no tensor of the model takes, without state of a training: names with shapes, the
 *  first eight, then "and 3 more".
 *  @param list  MNN_UNUSED_TEXT bytes
 *  @return their number */
int mnn_unused(const mnn_matches *m, char *list, size_t size);

/** The shape that theirs must have to become a tensor of the model.
 *  @return its rank */
int mnn_their_shape(const mnn_model *model, int tensor, bool transpose, int64_t dims[MNN_FOREIGN_RANK]);

#endif
