/* What programs that died while they saved a file have left beside it. */
#define _DEFAULT_SOURCE

#include "io/leavings.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "mnn/place.h"

/* Whether a name is "<base>.tmp-<digits>-<digits>".
 * @param length  of base */
static bool is_temporary(const char *name, const char *base, size_t length)
{
    static const char mark[] = ".tmp-", digits[] = "0123456789";
    if (strncmp(name, base, length) != 0 || strncmp(name + length, mark, strlen(mark)) != 0)
        return false;
    name += length + strlen(mark);
    const size_t pid = strspn(name, digits);
    if (pid == 0 || name[pid] != '-')
        return false;
    name += pid + 1;
    return *name && strspn(name, digits) == strlen(name);
}

/* A file that a living program writes is locked. */
static void remove_unlocked(int folder, const char *name)
{
    const int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder, name, 0);
    close(fd);
}

void mnn_leavings_remove(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const size_t length = mnn_place_stem(path) - (size_t)(base - path);
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    DIR *dir = folder ? opendir(folder) : NULL;
    free(folder);
    if (!dir)
        return;
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (is_temporary(entry->d_name, base, length))
            remove_unlocked(dirfd(dir), entry->d_name);
    closedir(dir);
}
