/* The files that a command reads and writes. */
#ifndef MNN_CLI_FILES_H
#define MNN_CLI_FILES_H

#include "cli/session.h"

/** Refuse a command that would write a file over one that it reads or writes too, whatever the names that lead there:
 *  data sets, options, and what the description's callbacks write. Only --save and checkpoints may replace
 *  the --weights that a training began with.
 *  @return MNN_OK; MNN_EUSAGE; MNN_ENOMEM */
mnn_status mnn_files_check(const mnn_session *s, mnn_error *err);

#endif
