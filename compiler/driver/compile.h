/* One compile: from a description to the files of the options. */
#ifndef MNNC_DRIVER_COMPILE_H
#define MNNC_DRIVER_COMPILE_H

#include "driver/options.h"
#include "support/arena.h"

/** Compile a description; all that is wrong with it is reported on stderr. On failure no file is touched.
 *  @return 0, or an exit code */
int compile_file(driver_options *options);

/** Call a function with an arena of its own, which is freed after it.
 *  @return what it returns; MNN_ENOMEM, after reporting, when memory ran out */
int compile_in_arena(int (*body)(arena *a, void *context), void *context);

#endif
