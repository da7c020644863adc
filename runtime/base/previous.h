/* The previous version of a file: "cnn.safetensors" becomes "cnn.prev.safetensors" when a new one is saved. */
#ifndef MNN_BASE_PREVIOUS_H
#define MNN_BASE_PREVIOUS_H

struct mnn_lock;

/** The fate of a file when a new one takes its name. */
typedef struct mnn_replaced {
    const char *previous;        /* in the same folder: it is renamed to this; NULL: it is replaced */
    const struct mnn_lock *lock; /* must be held immediately before, else nothing is replaced; NULL: none */
} mnn_replaced;

/** The name of the previous version: ".prev" is inserted before the last ".safetensors", or appended.
 *  @return malloc'ed; NULL: no memory */
char *mnn_previous_name(const char *path);

/** Keep a file under another name too, path unchanged: a hard link if the file system has them, else a rename. An
 *  existing file previous is replaced. No effect if there is no file.
 *  @return 0 or an errno; both files are then unchanged */
int mnn_previous_keep(const char *path, const char *previous);

#endif
