/* Start and end of a program: standard descriptors, signals, and temporary files that are removed if it is
 * interrupted. All calls are made by one thread. */
#ifndef MNN_BASE_PROCESS_H
#define MNN_BASE_PROCESS_H

#include "mnn/status.h"

/* Minimum stack size of a thread in bytes, whatever the limit of the stack is. Measured: mnnc uses 39 KB, the main
 * thread of a program 20 KB, its other threads less. */
enum { MNN_STACK = 1024 * 1024 };

/** Call first in main(). Opens each closed standard descriptor such that reads and writes fail; otherwise the next
 *  opened file would get that descriptor, and messages would be written to the file. A write beyond the file size
 *  limit (RLIMIT_FSIZE) fails instead of ending the program. SIGCHLD is not ignored, even if the parent process
 *  ignores it: the exit status of a child is known. SIGINT, SIGTERM, SIGHUP and SIGPIPE remove the leftovers and end
 *  the program; signals ignored by the parent process (nohup, background jobs of a shell) stay ignored. */
void mnn_process_begin(void);

/** Call a function on a stack that is large enough: if the limit of the stack (ulimit -s) is below MNN_STACK, on a
 *  thread with its own stack. The function makes the other calls of this header.
 *  @param result  the return value of the function
 *  @return 0, or the errno of the failed thread creation */
int mnn_process_on_stack(int (*body)(void *context), void *context, int *result);

/** Handle the signals with a function, on the thread that called mnn_process_begin() and with all of them blocked;
 *  NULL: restore mnn_process_leave(). */
void mnn_process_on_end(void (*handler)(int));

/** In a signal handler: remove the leftovers and end the program by the signal. */
void mnn_process_leave(int number);

/** Flush the standard output. A result that did not arrive is not a success.
 *  Before the writes, the caller sets errno to 0: a failed one leaves its reason there.
 *  @return MNN_OK; MNN_EIO; MNN_ESIGNAL + SIGPIPE, as SIGPIPE would end the program, where that is ignored and nobody
 *          reads: not to be reported */
mnn_status mnn_process_flush(mnn_error *err);

/** Set the process group of a child that must not outlive the program; 0: none. mnn_process_leave() ends it before
 *  removing the leftovers: SIGTERM, one second later SIGKILL. */
void mnn_process_group(int group);

/** Register a file, or an empty folder, for removal by mnn_leftovers_remove(). At most 16 names; further names, and
 *  names longer than PATH_MAX, are not registered.
 *  @return its index, for mnn_leftover_forget(); negative: not registered */
int mnn_leftover_note(const char *path);

/** Remove a name from the list; a negative index is allowed. */
void mnn_leftover_forget(int place);

/** Remove the registered files. Async-signal-safe. */
void mnn_leftovers_remove(void);

#endif
