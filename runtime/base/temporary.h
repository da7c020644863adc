/* Temporary files that are renamed when they are complete. */
#ifndef MNN_BASE_TEMPORARY_H
#define MNN_BASE_TEMPORARY_H

#include <stdbool.h>
#include <stddef.h>

enum { MNN_TEMPORARY_MARK = 64 /* bytes of a name after the path's */ };

/** Create "<path>.tmp-<pid>-<n>" (a long path is truncated: mnn_place_stem()) for the first unused n, with O_EXCL. The
 *  file is locked with flock() and registered as a leftover (base/process.h); no signal is handled in between.
 *  @param replaces  the file will get the mode of an existing file: only its owner can open it until fchmod() sets the
 *                   mode; false: the umask applies
 *  @param name      set to the name; size is MNN_TEMPORARY_MARK bytes more than the path's
 *  @param leftover  set to its index there
 *  @return a descriptor or a negative errno */
int mnn_temporary_create(const char *path, bool replaces, char *name, size_t size, int *leftover);

/** Remove temporary files left by programs that were killed while saving a file: those of its names that no process
 *  has locked. Files that cannot be removed stay. */
void mnn_temporary_clean(const char *path);

#endif
