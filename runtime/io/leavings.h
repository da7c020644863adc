/* Temporary files left by programs that were killed while saving. */
#ifndef MNN_IO_LEAVINGS_H
#define MNN_IO_LEAVINGS_H

/** Remove temporary files left by programs that were killed while saving a file: "<path>.tmp-<pid>-<n>" (a long
 *  path is truncated: mnn_place_stem()) that no process has locked. Files that cannot be removed stay. */
void mnn_leavings_remove(const char *path);

#endif
