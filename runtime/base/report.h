/* The forms that messages about files have. */
#ifndef MNN_BASE_REPORT_H
#define MNN_BASE_REPORT_H

#include <stdarg.h>
#include <stdint.h>

#include "mnn/status.h"

/** Bytes of a buffer for a name out of a file, made printable for a message. */
enum { MNN_NAME_SHOWN = 80 };

/** prefix, then the formatted text; err may be NULL. */
void mnn_error_vset(mnn_error *err, const char *prefix, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/** "path: ..."; the path is made printable. */
mnn_status mnn_fail_file(mnn_error *err, mnn_status status, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** "path: at byte N: ..." */
mnn_status mnn_fail_at(mnn_error *err, mnn_status status, const char *path, uint64_t at, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/** "path: could not open: No such file or directory"
 *  @param what    "could not open"
 *  @param number  an errno
 *  @return MNN_EIO; MNN_ENOMEM where the errno says so */
mnn_status mnn_fail_errno(mnn_error *err, const char *path, const char *what, int number);

/** "path: not enough memory for N bytes"
 *  @return MNN_ENOMEM */
mnn_status mnn_fail_memory(mnn_error *err, const char *path, uint64_t bytes);

#endif
