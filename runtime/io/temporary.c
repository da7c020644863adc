#define _DEFAULT_SOURCE
#include "mnn/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "mnn/place.h"
#include "mnn/process.h"

enum { NAMES_TRIED = 100 };

/* Programs of the same number, dead or in other containers, may have left theirs.
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
        /* For io/leavings.h; where locks do not work, nothing is taken for a leaving either. */
        (void)flock(fd, LOCK_EX | LOCK_NB);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fd;
}
