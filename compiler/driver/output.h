/* Writing the result atomically. */
#ifndef MNNC_DRIVER_OUTPUT_H
#define MNNC_DRIVER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

enum { OUTPUT_FILES = 3 /* at a time */ };

typedef struct output_file {
    const char *path; /* NULL: standard output */
    const char *text;
    size_t length;
    bool is_program; /* executable by those who can read it */
} output_file;

/** See that no output has the name of an input or of another output; one that has is reported on stderr.
 *  @param files  the inputs, then the outputs; NULL: none */
bool output_check(const char *const *files, int inputs, int count);

/** Write files: temporary ones in the same folders, and when all are written, rename (base/atomic.h). A file that holds
 *  the same bytes already is left alone, so that make does not rebuild what has not changed.
 *  @param count  OUTPUT_FILES at most
 *  @return 0, or an exit code after reporting on stderr */
int output_write(const output_file *files, int count);

/** Flush the standard output.
 *  @return 0, or an exit code after reporting on stderr */
int output_flush(void);

#endif
