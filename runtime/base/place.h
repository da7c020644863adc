/* The identity of files by path, whether they exist or not. */
#ifndef MNN_BASE_PLACE_H
#define MNN_BASE_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** The length of the folder of a path, with its slash. */
size_t mnn_place_folder(const char *path);

/** The name after the folder of a path. */
static inline const char *mnn_place_name(const char *path)
{
    return path + mnn_place_folder(path);
}

/** Follow symbolic links to the name under which open() would create the file; for a dangling link, the name of its
 *  target.
 *  @param target  set to that name
 *  @return 0 or an errno; ELOOP: the links form a loop */
int mnn_place_target(const char *path, char target[PATH_MAX]);

/** The location of a file, existing or not. */
typedef struct mnn_place {
    dev_t device;            /* of the file; if it does not exist, of its folder ... */
    ino_t node;              /* ... likewise ... */
    char name[NAME_MAX + 1]; /* ... and its name there; "": the file exists */
} mnn_place;

/** @return false if neither the file nor its folder can be examined */
bool mnn_place_of(const char *path, mnn_place *out);

/** Whether both are the same file. */
bool mnn_place_same(const mnn_place *one, const mnn_place *other);

/** Whether two paths name the same file. Different spellings of a missing path compare unequal; equal spellings
 *  equal. */
bool mnn_paths_same(const char *one, const char *other);

/** The length of the prefix of a path that names of temporary files beside it begin with. A very long name is
 *  truncated, so that a mark, a process id and a number fit after the prefix. */
size_t mnn_place_stem(const char *path);

#endif
