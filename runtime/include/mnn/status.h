/* Status codes and error messages of the runtime. */
#ifndef MNN_STATUS_H
#define MNN_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/** The values are the exit codes of mnnc and of every generated program. */
typedef enum mnn_status {
    MNN_OK = 0,
    MNN_ESOURCE = 1,    /* the .mnn source was rejected (mnnc only) */
    MNN_EUSAGE = 2,     /* wrong command line */
    MNN_EFORMAT = 3,    /* a data, checkpoint or image file was rejected */
    MNN_ENOMEM = 4,     /* out of memory, or over a stated limit */
    MNN_EIO = 5,        /* open, read or write failed */
    MNN_EDIVERGED = 6,  /* a loss or gradient is not finite */
    MNN_EINTERNAL = 70, /* an internal fault */
    MNN_ESIGNAL = 128   /* plus the signal's number */
} mnn_status;

/** A message ready to print: "path: at byte 4: what (got X, expected Y)", without "error:". */
typedef struct mnn_error {
    char text[1024];
} mnn_error;

/** Fill *err (NULL is allowed) and return status, so that callers can write return mnn_fail(...). */
mnn_status mnn_fail(mnn_error *err, mnn_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** Escape text for a terminal: control and bidirectional characters and ill-formed UTF-8 are escaped, long text is
 *  truncated.
 *  @return buffer */
const char *mnn_printable(char *buffer, int size, const char *text);

#ifdef __cplusplus
}
#endif

#endif
