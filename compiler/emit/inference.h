/* Inference code: a trained network as one C99 file that needs no library. */
#ifndef MNNC_EMIT_INFERENCE_H
#define MNNC_EMIT_INFERENCE_H

#include "deploy/network.h"
#include "emit/emit.h"

typedef struct emit_inference_options {
    emit_options emit;
    const char *prefix;       /* prefix of all external names: "digits" */
    const char *header;       /* file name of the header that the code includes; NULL: it declares by itself */
    bool reentrant;           /* the caller provides the working memory */
    bool freestanding;        /* no function of math.h: those that are needed are in the code */
    const char *weights_file; /* file name of separate weights; NULL: the weights are in the code */
} emit_inference_options;

/** The C file.
 *  @return NULL if a value does not fit a float */
const char *emit_inference(const network *n, const emit_inference_options *options);

/** The header. */
const char *emit_inference_header(const network *n, const emit_inference_options *options);

/** The weights file for PREFIX_load().
 *  @param length  set to its size in bytes */
const char *emit_inference_weights(const network *n, size_t *length);

/** Working memory and constant memory by use, as tables; each line ends in a newline. */
const char *emit_inference_ram(const network *n);
const char *emit_inference_flash(const network *n);

#endif
