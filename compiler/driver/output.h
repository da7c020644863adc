/* Writing the result: whole or not at all. */
#ifndef MNNC_DRIVER_OUTPUT_H
#define MNNC_DRIVER_OUTPUT_H

#include <stddef.h>
#include <stdio.h>

/** Whether writing to path would write over the input, also through a link. */
int output_is_input(const char *path, const char *input);

/** Write text to path: a temporary file in the same folder, then rename. A file that holds the same bytes
 *  already is left alone, so that make does not rebuild what has not changed. path NULL: standard output.
 *  @return 0, or 5 (4: for want of memory) after reporting on err */
int output_write(const char *path, const char *text, size_t length, FILE *err);

/** Bring what was printed on the standard output to its end.
 *  @return 0, or 5 after reporting on err */
int output_flush(FILE *err);

#endif
