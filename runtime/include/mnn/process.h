/* How a program begins and ends: standard descriptors, signals, and files that are to vanish when it is ended in the
 * middle of its work. One thread makes all these calls. */
#ifndef MNN_PROCESS_H
#define MNN_PROCESS_H

#include <stdbool.h>

/* Bytes of stack that a thread is given, whatever the limit of the stack is. Measured: mnnc uses 39 KB, the main thread
 * of a program 20 KB, its other threads less. */
enum { MNN_STACK = 1024 * 1024 };

/** First of all in main(). A standard descriptor that is closed would be given to the next file that is opened, and
 *  messages would go there; reading or writing it now fails. A file that grows over the limit (RLIMIT_FSIZE) is a
 *  failed write, no end. SIGINT, SIGTERM, SIGHUP and SIGPIPE remove the leftovers before they end the program, but for
 * those that whoever started it has let it ignore (nohup, a shell's background jobs). */
void mnn_process_begin(void);

/** Call a function on a stack that suffices: where the limit of the stack (ulimit -s) is below MNN_STACK, on a thread
 *  with a stack of its own. It makes the other calls of this header.
 *  @param result  what it has returned
 *  @return 0, or the errno why there is no such thread */
int mnn_process_on_stack(int (*body)(void *context), void *context, int *result);

/** Let a function have these signals, on the thread that called mnn_process_begin() and with all three
 *  blocked; NULL: mnn_process_leave() again. */
void mnn_process_on_end(void (*handler)(int));

/** In a handler: remove the leftovers and end the program by the signal. */
void mnn_process_leave(int number);

/** Whether a descriptor leads to a pipe or socket that nobody reads any more: what could not be written there is not to
 *  be complained about. */
bool mnn_process_unread(int fd);

/** Note the process group of a child that must not outlive the program; 0: there is none any more. mnn_process_leave()
 *  ends it before it removes the leftovers: SIGTERM, after a second SIGKILL. */
void mnn_process_group(int group);

/** Note that a file, or a folder that will be empty, is to be removed by mnn_leftovers_remove(). Beyond 16 names and
 * for names longer than a path can be nothing is noted.
 *  @return its place, for mnn_leftover_forget(); negative: not noted */
int mnn_leftover_note(const char *path);

/** Take a name out again; a negative place is allowed. */
void mnn_leftover_forget(int place);

/** Remove what is noted. May be called in a signal handler. */
void mnn_leftovers_remove(void);

#endif
