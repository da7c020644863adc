/* Which file a name stands for, be it there already or not. */
#ifndef MNNC_DRIVER_PLACE_H
#define MNNC_DRIVER_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/** Follow links to the name under which open() would make a file: a link to nothing names the file to be.
 *  @param target  set to that name
 *  @return 0 or an errno; ELOOP: the links lead nowhere */
int place_target(const char *path, char target[PATH_MAX]);

/** Whether two names lead to one file, which may not be there yet. */
bool place_is_same(const char *one, const char *other);

/** How many bytes of a path the name of a temporary file beside it can begin with, if that mark stands behind them:
 *  all, but for a name that is nearly as long as a name may be. */
size_t place_stem(const char *path, const char *mark);

#endif
