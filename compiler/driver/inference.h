/* --emit=inference. */
#ifndef MNNC_DRIVER_INFERENCE_H
#define MNNC_DRIVER_INFERENCE_H

#include "driver/options.h"
#include "emit/emit.h"

/** The contents of the files of --emit=inference. */
typedef struct inference_files {
    const char *code, *header;
    const char *weights; /* of --weights-file; NULL: they are in the code */
    size_t weights_length;
} inference_files;

/** Read the weights and make the network that uses them.
 *  @return MNN_OK, or the exit code, after reporting */
int inference_make(arena *a, diag_list *d, const plan *p, const driver_options *o, const emit_options *options,
                   inference_files *out);

/** Write the code and its other files, all or none; allocates no memory.
 *  @return MNN_OK, or the exit code, after reporting */
int inference_write(const inference_files *files, const driver_options *o);

#endif
