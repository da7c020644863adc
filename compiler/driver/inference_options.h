/* The options of --emit=inference. */
#ifndef MNNC_DRIVER_INFERENCE_OPTIONS_H
#define MNNC_DRIVER_INFERENCE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "deploy/network.h"

/* Characters that a prefix has at most; a longer name of a file or a model is cut. */
enum { INFERENCE_LONGEST_PREFIX = 255 };

typedef struct inference_options {
    const char *header;       /* where to write the header; NULL: none, the C declares by itself */
    const char *prefix;       /* NULL: after the output's name, or the model's */
    const char *weights_file; /* where to write the weights apart from the code; NULL: they are in the code */
    const char *input;        /* "uint8" or "float32"; NULL: as the description suggests */
    const char *calibrate;    /* a folder or an IDX file with samples; NULL: not given */
    bool argmax_only, reentrant, freestanding, quantize;
    int64_t max_flash; /* bytes of constants; 0: no limit */
} inference_options;

/** What the caller's numbers are.
 *  @return false for a name that is none */
bool inference_options_input(const char *name, net_input *input);

#endif
