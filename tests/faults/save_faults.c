/* Failing and fatal system calls for a program that is tested: to be loaded with LD_PRELOAD.
 *
 * Calls that concern a path with FAULT_UNDER in it are counted from 1: those that name such a path, and those that
 * use a file or folder opened by it.
 *
 *   FAULT_LOG    a line "<number> <function>" is appended to this file for every call counted
 *   FAULT_AT     the call that something happens to
 *   FAULT_OF     a function: all its calls from FAULT_AT on instead ...
 *   FAULT_LAST   ... up to this one
 *   FAULT_ERRNO  it is not made, and fails with this number (close() is made all the same, as on Linux)
 *   FAULT_KILL   "before" or "after": a signal, before or after it is made
 *   FAULT_SIGNAL its number (9, SIGKILL)
 *   FAULT_LIMIT  a write takes at most so many bytes */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FILES = 1024 };

static bool watched[FILES]; /* descriptors */
static long count;

static bool is_watched(int fd)
{
    return fd >= 0 && fd < FILES && watched[fd];
}

static void watch(int fd, bool yes)
{
    if (fd >= 0 && fd < FILES)
        watched[fd] = yes;
}

static bool concerns(const char *path)
{
    const char *under = getenv("FAULT_UNDER");
    return under && path && strstr(path, under);
}

static long number_of(const char *name)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : 0;
}

static void write_log(const char *function)
{
    const char *path = getenv("FAULT_LOG");
    char line[64];
    if (!path)
        return;
    const int length = snprintf(line, sizeof line, "%ld %s\n", count, function);
    const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (fd < 0 || syscall(SYS_write, fd, line, (size_t)length) != length)
        abort();
    syscall(SYS_close, fd);
}

static void send(void)
{
    raise(getenv("FAULT_SIGNAL") ? (int)number_of("FAULT_SIGNAL") : SIGKILL);
}

/* Whether the call that has just been counted is one that something happens to. */
static bool is_meant(const char *function)
{
    const char *only = getenv("FAULT_OF");
    if (!only)
        return count == number_of("FAULT_AT");
    return strcmp(only, function) == 0 && count >= number_of("FAULT_AT") &&
           (!getenv("FAULT_LAST") || count <= number_of("FAULT_LAST"));
}

/* Count a call that concerns us.
 * @return whether it is to fail, with errno set */
static bool begin(const char *function)
{
    const char *kill_when = getenv("FAULT_KILL");
    count++;
    write_log(function);
    if (!is_meant(function))
        return false;
    if (kill_when && strcmp(kill_when, "before") == 0)
        send();
    if (!getenv("FAULT_ERRNO"))
        return false;
    errno = (int)number_of("FAULT_ERRNO");
    return true;
}

static void end(void)
{
    const char *kill_when = getenv("FAULT_KILL");
    if (count == number_of("FAULT_AT") && kill_when && strcmp(kill_when, "after") == 0)
        send();
}

static int open_at(const char *function, int folder, const char *path, int flags, mode_t mode)
{
    const bool ours = concerns(path) || (folder != AT_FDCWD && is_watched(folder));
    if (ours && begin(function))
        return -1;
    const int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
    const int number = errno;
    watch(fd, ours);
    if (ours)
        end();
    errno = number;
    return fd;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_at("open", AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_at("openat", folder, path, flags, mode);
}

ssize_t write(int fd, const void *data, size_t size)
{
    const bool ours = is_watched(fd);
    const long limit = number_of("FAULT_LIMIT");
    if (ours && begin("write"))
        return -1;
    if (ours && limit > 0 && size > (size_t)limit)
        size = (size_t)limit;
    const ssize_t result = syscall(SYS_write, fd, data, size);
    if (ours)
        end();
    return result;
}

int close(int fd)
{
    const bool ours = is_watched(fd);
    const bool fails = ours && begin("close");
    const int number = errno;
    watch(fd, false);
    const int result = (int)syscall(SYS_close, fd);
    if (ours)
        end();
    errno = fails ? number : errno;
    return fails ? -1 : result;
}

/* A call with a descriptor. */
#define ON_FILE(name, number, parameters, ...)                                                                         \
    int name parameters                                                                                                \
    {                                                                                                                  \
        const bool ours = is_watched(fd);                                                                              \
        if (ours && begin(#name))                                                                                      \
            return -1;                                                                                                 \
        const int result = (int)syscall(number, __VA_ARGS__);                                                          \
        if (ours)                                                                                                      \
            end();                                                                                                     \
        return result;                                                                                                 \
    }

ON_FILE(fsync, SYS_fsync, (int fd), fd)
ON_FILE(fchmod, SYS_fchmod, (int fd, mode_t mode), fd, mode)
ON_FILE(flock, SYS_flock, (int fd, int how), fd, how)

/* A call with a path. */
#define ON_PATH(name, path, parameters, ...)                                                                           \
    int name parameters                                                                                                \
    {                                                                                                                  \
        const bool ours = concerns(path);                                                                              \
        if (ours && begin(#name))                                                                                      \
            return -1;                                                                                                 \
        const int result = (int)syscall(__VA_ARGS__);                                                                  \
        if (ours)                                                                                                      \
            end();                                                                                                     \
        return result;                                                                                                 \
    }

ON_PATH(rename, old, (const char *old, const char *new), SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0)
ON_PATH(link, old, (const char *old, const char *new), SYS_linkat, AT_FDCWD, old, AT_FDCWD, new, 0)
ON_PATH(unlink, path, (const char *path), SYS_unlinkat, AT_FDCWD, path, 0)
ON_PATH(access, path, (const char *path, int how), SYS_faccessat, AT_FDCWD, path, how)

int unlinkat(int folder, const char *path, int flags)
{
    const bool ours = is_watched(folder) || concerns(path);
    if (ours && begin("unlinkat"))
        return -1;
    const int result = (int)syscall(SYS_unlinkat, folder, path, flags);
    if (ours)
        end();
    return result;
}

int stat(const char *path, struct stat *about)
{
    const bool ours = concerns(path);
    if (ours && begin("stat"))
        return -1;
    const int result = fstatat(AT_FDCWD, path, about, 0);
    if (ours)
        end();
    return result;
}
