/* The identity of a training: everything that, in addition to the state in a checkpoint, determines the bits of the
 * weights. */
#ifndef MNN_TRAIN_IDENTITY_H
#define MNN_TRAIN_IDENTITY_H

#include "mnn/status.h"
#include "train/loop.h"

enum { MNN_IDENTITY_ITEMS = 8, MNN_IDENTITY_TEXT = 65 };

/** Texts in the order of mnn_identity_keys. */
typedef struct mnn_identity {
    char text[MNN_IDENTITY_ITEMS][MNN_IDENTITY_TEXT];
    uint32_t steps; /* per epoch */
} mnn_identity;

/** Their names in a checkpoint's metadata: "architecture", "seed", ... */
extern const char *const mnn_identity_keys[MNN_IDENTITY_ITEMS];

/** Read all samples of the training and validation sets, for their SHA-256. */
void mnn_identity_of(const mnn_training *training, mnn_identity *out);

/** Compare with the identity in a checkpoint.
 *  @param found  [MNN_IDENTITY_ITEMS]; NULL: not in the file
 *  @return MNN_OK; MNN_EFORMAT: the first difference, with a hint */
mnn_status mnn_identity_check(const mnn_identity *wanted, char *const *found, const char *path, mnn_error *err);

#endif
