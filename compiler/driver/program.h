/* From generated C to an executable program, kept in a cache. */
#ifndef MNNC_DRIVER_PROGRAM_H
#define MNNC_DRIVER_PROGRAM_H

#include <stdbool.h>

#include "driver/options.h"
#include "support/arena.h"

/** Compile a description to a program in the cache, $XDG_CACHE_HOME/mnnc or ~/.cache/mnnc (XDG Base Directory
 *  Specification 0.8). A program has a folder of its own there, with its C. The name of the folder is a hash of the C,
 * of the command of the C compiler, of libmnn and of the processor: what is there is up to date. Folders that nobody
 * has used for 30 days are removed. The C compiler is $CC or cc, its options $CFLAGS or -O3 -march=native, and what
 * pkg-config says of mnn, the one beside mnnc first. Problems are reported on stderr.
 *  @param name     of the program
 *  @param options  its output is set
 *  @param quiet    no line about the compile
 *  @param path     set to the program
 *  @return 0, or an exit code */
int program_build(arena *a, const char *name, driver_options *options, bool quiet, const char **path);

/** Copy a program to the user's path, atomically.
 *  @return 0, or an exit code after reporting on stderr */
int program_copy(const char *from, const char *to);

#endif
