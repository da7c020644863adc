/* Writing a finished plan down. */
#ifndef MNNC_EMIT_EMIT_H
#define MNNC_EMIT_EMIT_H

#include "plan/plan.h"

/** What an emitter needs besides the plan. */
typedef struct emit_options {
    const char *source_name; /* the description's file name without folders */
    const char *description; /* SHA-256 of its canonical text, in hexadecimal */
} emit_options;

/** The trainer: one C file. */
const char *emit_trainer(const plan *p, const emit_options *options);

/** The model as a table, as Keras shows it. */
const char *emit_summary(const plan *p);

/** The graph of the layers for graphviz. */
const char *emit_dot(const plan *p);

#endif
