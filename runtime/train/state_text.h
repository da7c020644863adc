/* The numbers of a state as texts, for the metadata of a checkpoint. Every double comes back as it was. */
#ifndef MNN_TRAIN_STATE_TEXT_H
#define MNN_TRAIN_STATE_TEXT_H

#include "mnn/safetensors.h"
#include "train/state.h"

enum { MNN_STATE_FIELDS = 160 /* at most */ };

typedef struct mnn_state_text {
    int count;
    struct {
        char key[64], value[32];
    } field[MNN_STATE_FIELDS];
} mnn_state_text;

/** Keys and values of a state. */
void mnn_state_write(mnn_state *s, mnn_state_text *out);

/** Set the state from the texts of a file.
 *  @param text    what mnn_state_write() made of the same model: its keys count
 *  @param values  [text->count], in that order; NULL: absent
 *  @return MNN_OK; MNN_EFORMAT with the key that is absent or holds no number of its kind (the state is then
 *          half-changed) */
mnn_status mnn_state_read(mnn_state *s, const mnn_state_text *text, char *const *values, const char *path,
                          mnn_error *err);

#endif
