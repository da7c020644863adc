/* Emitters: write a finished plan as text. */
#ifndef MNNC_EMIT_EMIT_H
#define MNNC_EMIT_EMIT_H

#include "plan/plan.h"

/** Options of the emitters. */
typedef struct emit_options {
    const char *source_name; /* the description's file name without folders */
    const char *description; /* SHA-256 of its canonical text, in hexadecimal */
} emit_options;

/** The trainer: one C file.
 *  @return NULL if a value does not fit a float, which the analysis must have refused */
const char *emit_trainer(const plan *p, const emit_options *options);

/** Default number of samples per epoch: MNIST's training set. */
enum { EMIT_DEFAULT_SAMPLES = 60000 };

/** The model as a table in Keras's form, with its cost.
 *  @param peak     GFLOP/s for the time floor; 0: PLAN_DEFAULT_PEAK
 *  @param samples  per epoch; 0: the rest of limit(train, n) and the validation split, or EMIT_DEFAULT_SAMPLES */
const char *emit_summary(const plan *p, double peak, int64_t samples);

/** The static memory of the program by use, as a table. */
const char *emit_memory(const plan *p);

/** The graph of the layers for graphviz. */
const char *emit_dot(const plan *p);

/** The same program as a script for Keras 3. */
const char *emit_keras(const plan *p, const emit_options *options);

/** The network with its weights as an ONNX model, for inference. Input "input": floats [batch, sample], the values of
 *  the data set's files; output "output": floats [batch, outputs]. Images are NHWC outside.
 *  @param weights  by value id
 *  @param length   set to the number of bytes
 *  @return NULL from 2 GiB on, which the format cannot hold */
const char *emit_onnx(const plan *p, const emit_options *options, float *const *weights, size_t *length);

#endif
