/* Failing system calls: the program's own read(), write() and fsync() stand before the C library's, so
 * that the readers and writers under test meet the errors that a real disk shows once in years.
 * To be included by one file of a program. */
#ifndef TESTS_RUNTIME_IO_FAULTS_H
#define TESTS_RUNTIME_IO_FAULTS_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What goes wrong; zero: nothing. Calls are counted from 1 while armed. */
static struct {
    bool armed;
    int reads, writes; /* so far */
    int fail_read;     /* the call that fails with error */
    int fail_write;
    bool fail_fsync;
    int error;
    int cut_read; /* before this call the file is cut ... */
    const char *cut_path;
    off_t cut_to; /* ... to this size */
    bool stutter; /* every second call is interrupted, the others move at most 1000 bytes */
} faults;

/* Fixture: each test begins without faults. */
static void clear_faults(void)
{
    memset(&faults, 0, sizeof faults);
}

static bool stuttered(int call, size_t *size)
{
    if (!faults.armed || !faults.stutter)
        return false;
    if (call % 2 == 1) {
        errno = EINTR;
        return true;
    }
    if (*size > 1000)
        *size = 1000;
    return false;
}

ssize_t read(int fd, void *buffer, size_t size)
{
    if (faults.armed) {
        faults.reads++;
        if (faults.reads == faults.cut_read && truncate(faults.cut_path, faults.cut_to) != 0)
            return -1;
        if (faults.reads == faults.fail_read) {
            errno = faults.error;
            return -1;
        }
    }
    if (stuttered(faults.reads, &size))
        return -1;
    return (ssize_t)syscall(SYS_read, fd, buffer, size);
}

ssize_t write(int fd, const void *buffer, size_t size)
{
    if (faults.armed && ++faults.writes == faults.fail_write) {
        errno = faults.error;
        return -1;
    }
    if (stuttered(faults.writes, &size))
        return -1;
    return (ssize_t)syscall(SYS_write, fd, buffer, size);
}

int fsync(int fd)
{
    if (faults.armed && faults.fail_fsync) {
        errno = faults.error;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

#endif
