/* Writing the result: whole or not at all. */
#ifndef MNNC_DRIVER_OUTPUT_H
#define MNNC_DRIVER_OUTPUT_H

#include <stddef.h>

enum { OUTPUT_FILES = 3 /* at a time */ };

typedef struct output_file {
    const char *path; /* NULL: standard output */
    const char *text;
    size_t length;
} output_file;

/** Write files: temporary ones in the same folders, and when all are written, rename (base/atomic.h). A file that holds
 *  the same bytes already is left alone, so that make does not rebuild what has not changed.
 *  @param count  OUTPUT_FILES at most
 *  @return 0, or an exit code after reporting on stderr */
int output_write(const output_file *files, int count);

/** Flush the standard output.
 *  @return 0, or an exit code after reporting on stderr */
int output_flush(void);

#endif
