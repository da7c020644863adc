/* A library to be preloaded, for reads that go wrong: the read() number FAIL_READ fails with EIO; before it the file
 * SHRINK, where one is named, is cut in half instead. Reads are counted from the beginning of the program; the C
 * library's own (of configuration and the like) do not come here. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t read(int fd, void *buffer, size_t size)
{
    static int count;
    const char *number = getenv("FAIL_READ"), *shrink = getenv("SHRINK");
    struct stat status;
    if (number && ++count == atoi(number)) {
        if (!shrink) {
            errno = EIO;
            return -1;
        }
        if (stat(shrink, &status) != 0 || truncate(shrink, status.st_size / 2) != 0)
            _exit(99);
    }
    return (ssize_t)syscall(SYS_read, fd, buffer, size);
}
