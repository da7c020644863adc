/* What the fuzz targets share: an input as a file that is on no disk. */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* What libFuzzer calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

typedef struct input_file {
    int fd;
    char path[40];
} input_file;

/** A regular file in memory with this content. */
static inline input_file input_open(const uint8_t *data, size_t size)
{
    input_file f = {.fd = memfd_create("input", MFD_CLOEXEC)};
    if (f.fd < 0)
        abort();
    for (size_t done = 0; done < size;) {
        const ssize_t n = write(f.fd, data + done, size - done);
        if (n <= 0)
            abort();
        done += (size_t)n;
    }
    snprintf(f.path, sizeof f.path, "/proc/self/fd/%d", f.fd);
    return f;
}

static inline void input_close(const input_file *f)
{
    close(f->fd);
}

/** A property that every input must have: the fuzzer keeps an input for which it has not. */
static inline void must(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

#endif
