/* Checkpoints: safetensors files with all that a training needs to go on as if it had never been stopped. The model's
 * weights have their own names, so that such a file can be read wherever weights can. */
#ifndef MNN_TRAIN_CHECKPOINT_H
#define MNN_TRAIN_CHECKPOINT_H

#include <stdbool.h>

#include "mnn/model.h"
#include "mnn/safetensors.h"
#include "mnn/status.h"
#include "train/identity.h"
#include "train/state.h"

/** What the names of a checkpoint's other tensors are made of: "optimizer.<slot>.<tensor>", "best.<tensor>" for the
 *  weights that early_stopping keeps, and "epoch.counts.<n>" for counters of metrics over the running epoch. */
#define MNN_CHECKPOINT_SLOT "optimizer."
#define MNN_CHECKPOINT_BEST "best."
#define MNN_CHECKPOINT_COUNTS "epoch.counts."

/** The layout of such a file, under MNN_CHECKPOINT_KEY in its metadata. */
#define MNN_CHECKPOINT_LAYOUT "1"

/** Write weights, slots and state atomically.
 *  @param previous  the name that the checkpoint before gets; NULL: it is not kept
 *  @return MNN_OK; MNN_EIO; MNN_ENOMEM; MNN_EDIVERGED when a number is not finite (nothing is written) */
mnn_status mnn_checkpoint_save(const mnn_model *model, mnn_state *state, const mnn_identity *identity, const char *path,
                               const char *previous, mnn_error *err);

/** Read them back. On failure the state is as before; the model's numbers may have changed.
 *  @param state    a new one, of the same model
 *  @param damaged  whether the file is none or no longer whole, so that an older one may do
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT (damaged, no checkpoint, or of another training); MNN_ENOMEM */
mnn_status mnn_checkpoint_load(const mnn_model *model, mnn_state *state, const mnn_identity *identity, const char *path,
                               bool *damaged, mnn_error *err);

#endif
