#define _DEFAULT_SOURCE
#include "base/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/place.h"
#include "base/process.h"

enum { NAMES_TRIED = 100 };

/* Processes with the same ID, dead or in other containers, may have left their files.
 * @return a descriptor or a negative errno */
__attribute__((nonnull)) static int create(const char *path, mode_t mode, char *name, size_t size)
{
    for (int n = 0; n < NAMES_TRIED; n++) {
        snprintf(name, size, "%.*s.tmp-%ld-%d", (int)mnn_place_stem(path), path, (long)getpid(), n);
        const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd >= 0)
            return fd;
        if (errno != EEXIST && errno != EINTR)
            break;
    }
    return -errno;
}

int mnn_temporary_create(const char *path, bool replaces, char *name, size_t size, int *leftover)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int fd = create(path, replaces ? 0600 : 0666, name, size);
    if (fd >= 0) {
        *leftover = mnn_leftover_note(name);
        /* For mnn_temporary_clean(); where locks do not work, it removes nothing either. */
        (void)flock(fd, LOCK_EX | LOCK_NB);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fd;
}

/* --- those of others ------------------------------------------------------------------------------ */

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

void mnn_temporary_clean(const char *path)
{
    const size_t at = mnn_place_folder(path), length = mnn_place_stem(path) - at;
    char *folder = at ? strndup(path, at) : strdup(".");
    DIR *dir = folder ? opendir(folder) : NULL;
    free(folder);
    if (!dir)
        return;
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (is_temporary(entry->d_name, path + at, length))
            remove_unlocked(dirfd(dir), entry->d_name);
    closedir(dir);
}
