/* Trained weights for a program. */
#ifndef MNNC_DRIVER_WEIGHTS_H
#define MNNC_DRIVER_WEIGHTS_H

#include "ir/ir.h"

/** Read the parameters and the state of a program from a safetensors file; what is wrong with the file is
 *  reported on stderr, and whether it says that it belongs to another description.
 *  @param description  the hash that names the program's
 *  @param weights  set to one pointer a value id, NULL for values that are none of these
 *  @return MNN_OK, or the exit code */
int weights_load(arena *a, const ir_program *p, const char *path, const char *description, float ***weights);

#endif
