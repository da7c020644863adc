/* Checkpoints: safetensors files with the complete state of a training, so that a resumed training computes the
 * same bits. The model's weights keep their names, so a checkpoint can be used as a weights file. */
#ifndef MNN_TRAIN_CHECKPOINT_H
#define MNN_TRAIN_CHECKPOINT_H

#include <stdbool.h>

#include "base/previous.h"
#include "mnn/model.h"
#include "mnn/safetensors.h"
#include "mnn/status.h"
#include "train/identity.h"
#include "train/state.h"

/** Names of the other tensors of a checkpoint: "optimizer.<slot>.<tensor>", "best.<tensor>" for the weights that
 *  early_stopping keeps, and "epoch.counts.<n>" for counters of metrics over the running epoch. */
#define MNN_CHECKPOINT_SLOT "optimizer."
#define MNN_CHECKPOINT_BEST "best."
#define MNN_CHECKPOINT_COUNTS "epoch.counts."

/** The version of the layout, stored under MNN_CHECKPOINT_KEY in the metadata. */
#define MNN_CHECKPOINT_LAYOUT "1"

/** Write weights, slots and state atomically.
 *  @param old  what is to become of the previous checkpoint
 *  @return MNN_OK; MNN_EIO; MNN_ENOMEM; MNN_EDIVERGED if a value is not finite (nothing is written) */
mnn_status mnn_checkpoint_save(const mnn_model *model, mnn_state *state, const mnn_identity *identity, const char *path,
                               const mnn_replaced *old, mnn_error *err);

/** Read weights, slots and state. On failure the state is unchanged; the model's weights may have changed.
 *  @param state    a new one, of the same model
 *  @param damaged  set if the file is incomplete or not a checkpoint, so that an older one may be used
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT (damaged, not a checkpoint, or of another training); MNN_ENOMEM */
mnn_status mnn_checkpoint_load(const mnn_model *model, mnn_state *state, const mnn_identity *identity, const char *path,
                               bool *damaged, mnn_error *err);

#endif
