/* Inference code: a trained network as one C99 file that needs no library. */
#ifndef MNNC_EMIT_INFERENCE_H
#define MNNC_EMIT_INFERENCE_H

#include "deploy/network.h"
#include "emit/emit.h"

typedef struct emit_inference_options {
    emit_options emit;
    const char *prefix;       /* of all that others can see: "digits" */
    const char *header;       /* file name of the header that the code includes; NULL: it declares by itself */
    bool reentrant;           /* the working memory is the caller's, not static */
    const char *weights_file; /* file name beside which the code comes without weights; NULL: they are in it */
} emit_inference_options;

/** The C file.
 *  @return NULL when it would need a number that no float holds */
const char *emit_inference(const network *n, const emit_inference_options *options);

/** The header. */
const char *emit_inference_header(const network *n, const emit_inference_options *options);

/** The file with the weights that PREFIX_load() takes.
 *  @param length  set to its bytes */
const char *emit_inference_weights(const network *n, size_t *length);

/** What takes working memory and what takes constant memory, as tables; lines with a newline each. */
const char *emit_inference_ram(const network *n);
const char *emit_inference_flash(const network *n);

/** A name of files or of a model as a C identifier: letters in lower case, digits, underscores, a letter first. */
const char *emit_inference_prefix(arena *a, const char *name);

#endif
