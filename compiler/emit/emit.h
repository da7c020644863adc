/* Writing a finished plan down. */
#ifndef MNNC_EMIT_EMIT_H
#define MNNC_EMIT_EMIT_H

#include "plan/plan.h"

/** What an emitter needs besides the plan. */
typedef struct emit_options {
    const char *source_name; /* the description's file name without folders */
    const char *description; /* SHA-256 of its canonical text, in hexadecimal */
    bool profile;            /* clock reads between the functions of a training step */
} emit_options;

/** The trainer: one C file.
 *  @return NULL when it would need a number that no float holds, which the analysis must have refused */
const char *emit_trainer(const plan *p, const emit_options *options);

/** Samples of an epoch when the description does not say: MNIST's training set. */
enum { EMIT_DEFAULT_SAMPLES = 60000 };

/** The model as a table, as Keras shows it, with what it costs.
 *  @param peak     10^9 operations a second for the time floor; 0: PLAN_DEFAULT_PEAK
 *  @param samples  an epoch; 0: what limit(train, n) and the validation split leave, or EMIT_DEFAULT_SAMPLES */
const char *emit_summary(const plan *p, double peak, int64_t samples);

/** What the program's static memory is made of, as a table. */
const char *emit_memory(const plan *p);

/** The graph of the layers for graphviz. */
const char *emit_dot(const plan *p);

/** The same program as a script for Keras 3. */
const char *emit_keras(const plan *p, const emit_options *options);

#endif
