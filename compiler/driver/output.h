/* Writing the result: whole or not at all. */
#ifndef MNNC_DRIVER_OUTPUT_H
#define MNNC_DRIVER_OUTPUT_H

#include <stddef.h>
#include <stdio.h>

enum { OUTPUT_FILES = 3 /* at a time */ };

typedef struct output_file {
    const char *path; /* NULL: standard output */
    const char *text;
    size_t length;
} output_file;

/** Write files: temporary ones in the same folders, and when all are written, rename. A file that holds the same bytes
 *  already is left alone, so that make does not rebuild what has not changed.
 *  @param count  OUTPUT_FILES at most
 *  @return 0, or 5 (4: for want of memory) after reporting on err */
int output_write(const output_file *files, int count, FILE *err);

/** Bring what was printed on the standard output to its end.
 *  @return 0, or 5 after reporting on err; 141, as SIGPIPE would have it, where SIGPIPE is ignored and nobody reads */
int output_flush(FILE *err);

#endif
