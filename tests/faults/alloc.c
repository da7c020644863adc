/* A library to be preloaded: from the beginning of main() it counts the calls that ask for memory, and lets one
 * of them, or one and all behind it, come back empty.
 *
 *   LD_PRELOAD=alloc.so FAIL_AT=7 program ...     the seventh call fails
 *   LD_PRELOAD=alloc.so FAIL_FROM=7 program ...   the seventh and all behind it
 *   LD_PRELOAD=alloc.so COUNT_TO=FILE program ... all go well; FILE holds their number afterwards
 *
 * FAILED_TO=FILE, with the others: FILE is made when a call was let fail. What libraries request before main() is not
 * counted, nor is what OpenBLAS requests: its kernels for small matrices use the result of malloc() unchecked. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* glibc's own, under names that nobody interposes */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

typedef int main_function(int, char **, char **);
typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);

static atomic_bool armed;
static atomic_long calls;
static long fail_at, fail_from;
static main_function *real_main;

static void write_file(const char *variable, const char *text, size_t length)
{
    const char *path = getenv(variable);
    const int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
    if (fd < 0)
        return;
    if (write(fd, text, length) < 0)
        _exit(99);
    close(fd);
}

static int is_in_openblas(const void *code)
{
    Dl_info where;
    return dladdr(code, &where) != 0 && where.dli_fname && strstr(where.dli_fname, "openblas");
}

/* Whether this call is one of those that fail.
 * @param caller  the code that asks */
static int fails(const void *caller)
{
    if (!atomic_load(&armed) || is_in_openblas(caller))
        return 0;
    const long call = atomic_fetch_add(&calls, 1) + 1;
    if (call != fail_at && !(fail_from > 0 && call >= fail_from))
        return 0;
    if (call == fail_at || call == fail_from)
        write_file("FAILED_TO", "", 0);
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *memory = fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
    if (!memory)
        return ENOMEM;
    *out = memory;
    return 0;
}

/* In decimal, without asking for memory. */
static size_t digits(char text[24], long number)
{
    char reversed[24];
    size_t count = 0, length = 0;
    do
        reversed[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count > 0)
        text[length++] = reversed[--count];
    text[length++] = '\n';
    return length;
}

static int counted_main(int argc, char **argv, char **environment)
{
    char text[24];
    const char *at = getenv("FAIL_AT"), *from = getenv("FAIL_FROM");
    fail_at = at ? atol(at) : 0;
    fail_from = from ? atol(from) : 0;
    atomic_store(&armed, 1);
    const int code = real_main(argc, argv, environment);
    atomic_store(&armed, 0);
    write_file("COUNT_TO", text, digits(text, atomic_load(&calls)));
    return code;
}

/* What calls main(), so that the counting begins there. */
int __libc_start_main(main_function *program, int argc, char **argv, void (*begin)(void), void (*end)(void),
                      void (*loader_end)(void), void *stack)
{
    start_function *start;
    void *found = dlsym(RTLD_NEXT, "__libc_start_main");
    memcpy(&start, &found, sizeof start);
    real_main = program;
    return start(counted_main, argc, argv, begin, end, loader_end, stack);
}
