/* Files that are to vanish when the program is ended in the middle of its work. */
#ifndef MNN_IO_LEFTOVERS_H
#define MNN_IO_LEFTOVERS_H

#include <stdbool.h>

/** Note that a file is to be removed by mnn_leftovers_unlink(). Beyond 16 names and for names longer than a path
 *  can be nothing is noted. Calls come from one thread, which is the one that handles signals.
 *  @return its place, for mnn_leftover_forget(); negative: not noted */
int mnn_leftover_note(const char *path);

/** Take a name out again; a negative place is allowed. */
void mnn_leftover_forget(int place);

/** Remove all the files noted. May be called in a signal handler. */
void mnn_leftovers_unlink(void);

#endif
