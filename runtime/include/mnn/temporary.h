/* Files that are written under another name, to be renamed when they are whole. */
#ifndef MNN_TEMPORARY_H
#define MNN_TEMPORARY_H

#include <stdbool.h>
#include <stddef.h>

enum { MNN_TEMPORARY_MARK = 64 /* bytes of a name behind the path's */ };

/** Create "<path>.tmp-<pid>-<n>" (a long path is cut: mnn_place_stem()) for the first n whose name is free, with
 * O_EXCL. It is locked with flock() and a leftover (mnn/process.h); no signal comes in between.
 *  @param replaces  the file has an older one's mode in the end: nobody but its owner can open it until fchmod() has
 *                   given it that; false: the umask decides
 *  @param name      room for MNN_TEMPORARY_MARK bytes more than path; set to the name
 *  @param leftover  its place there
 *  @return a descriptor or a negative errno */
int mnn_temporary_create(const char *path, bool replaces, char *name, size_t size, int *leftover);

#endif
