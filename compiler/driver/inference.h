/* --emit=inference. */
#ifndef MNNC_DRIVER_INFERENCE_H
#define MNNC_DRIVER_INFERENCE_H

#include "driver/options.h"
#include "emit/emit.h"

/** Read the weights, make the network that uses them, and write the code with what goes beside it.
 *  @return MNN_OK, or the exit code, after reporting; nothing is written when anything is wrong before */
int inference_write(arena *a, diag_list *d, const plan *p, const driver_options *options, const emit_options *emit);

#endif
