/* The parts of --emit=keras, each in a file of its own. */
#ifndef MNNC_EMIT_KERAS_H
#define MNNC_EMIT_KERAS_H

#include "lang/lang.h"
#include "plan/plan.h"
#include "support/python.h"

typedef struct keras {
    py_writer w;
    const plan *plan;
    int *skips; /* by the value's id: the number of skip_N that keeps it; 0: none does. keras_layers.c */
} keras;

/** The model: layers as a function of "inputs", and the model made of them. keras_layers.c */
void keras_layers(keras *k);

/** Optimizer, loss, metrics, callbacks, and how it is trained. keras_train.c */
void keras_training(keras *k);

/** Whether labels are class numbers, one-hot, targets, or the samples themselves. */
typedef enum keras_labels { KERAS_CLASSES, KERAS_ONE_HOT, KERAS_TARGETS, KERAS_SAMPLES } keras_labels;

keras_labels keras_labels_of(const keras *k);

/** Whether the script holds out samples itself, since Keras's validation_split would choose others. */
bool keras_splits(const keras *k);

#endif
