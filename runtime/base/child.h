/* Other programs that a command runs. */
#ifndef MNN_BASE_CHILD_H
#define MNN_BASE_CHILD_H

#include <stdio.h>

#include "mnn/status.h"

/** Run a program in a process group of its own, without input, until it ends. Its output goes to a log line by line,
 *  made printable (mnn/status.h), up to 64 KiB; the rest is counted. Processes of the group that still hold its output
 *  open when the program has ended are ended. A signal that ends this program ends the group first (base/process.h).
 *  @param words     the program, looked up along PATH, and its arguments; NULL ends them
 *  @param what      it is, for messages: "the C compiler"
 *  @param variable  of the environment that names another one, for the hint
 *  @param how       its end, as waitpid() reports it
 *  @return MNN_OK; MNN_EINTERNAL it could not be started or waited for */
mnn_status mnn_child_run(char **words, const char *what, const char *variable, FILE *log, int *how, mnn_error *err);

#endif
