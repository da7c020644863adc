/* Which file a name stands for, be it there already or not. */
#ifndef MNN_PLACE_H
#define MNN_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** Follow links to the name under which open() would make a file: a link to nothing names the file to be.
 *  @param target  set to that name
 *  @return 0 or an errno; ELOOP: the links lead nowhere */
int mnn_place_target(const char *path, char target[PATH_MAX]);

/** Where a file is, or would be. */
typedef struct mnn_place {
    dev_t device;            /* of the file; where there is none yet, of its folder ... */
    ino_t node;              /* ... likewise ... */
    char name[NAME_MAX + 1]; /* ... and its name there; "": the file is there */
} mnn_place;

/** @return false when neither the file nor its folder can be looked at */
bool mnn_place_of(const char *path, mnn_place *out);

/** Whether two names lead to one file. */
bool mnn_place_same(const mnn_place *one, const mnn_place *other);

/** The same of names that are not looked up elsewhere. Two spellings of nothing are different files, one is one. */
bool mnn_paths_same(const char *one, const char *other);

/** How many bytes of a path the name of a temporary file beside it begins with, so that a mark, a process and a number
 *  fit behind them: all, but for a name that is nearly as long as a name may be. */
size_t mnn_place_stem(const char *path);

#endif
