/* The file before the last one: "cnn.safetensors" becomes "cnn.prev.safetensors" when a new one is saved. */
#ifndef MNN_IO_PREVIOUS_H
#define MNN_IO_PREVIOUS_H

/** The name for the file before: ".prev" stands before the last ".safetensors", or at the end.
 *  @return malloc'ed; NULL: no memory */
char *mnn_previous_name(const char *path);

/** Give a file its second name, path staying where it is: a hard link where the file system has them, else a rename.
 *  What had the name previous is replaced. Nothing happens where there is no file.
 *  @return 0 or an errno; both files are then as they were */
int mnn_previous_keep(const char *path, const char *previous);

#endif
