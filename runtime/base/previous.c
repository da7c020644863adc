/* The file before the last one. */
#define _DEFAULT_SOURCE

#include "base/previous.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/place.h"
#include "base/process.h"

enum {
    NUMBER = 100 /* never used by base/atomic.c: truncated names of the previous and the new file have the same stem */
};

static const char extension[] = ".safetensors";

char *mnn_previous_name(const char *path)
{
    const size_t length = strlen(path), end = strlen(extension);
    const size_t stem = length > end && strcmp(path + length - end, extension) == 0 ? length - end : length;
    const size_t size = length + sizeof ".prev";
    char *name = malloc(size);
    if (name)
        snprintf(name, size, "%.*s.prev%s", (int)stem, path, path + stem);
    return name;
}

/* Of link(): this file system, or this file, has no second names. */
static int cannot_link(int number)
{
    return number == EPERM || number == EOPNOTSUPP || number == ENOSYS || number == EMLINK || number == EXDEV;
}

int mnn_previous_keep(const char *path, const char *previous)
{
    const size_t size = strlen(previous) + 64;
    char *temporary = malloc(size);
    int number = 0;
    if (!temporary)
        return ENOMEM;
    /* The name is free: only the holder of the lock may write here, and has removed the leavings of others. */
    snprintf(temporary, size, "%.*s.tmp-%ld-%d", (int)mnn_place_stem(previous), previous, (long)getpid(), NUMBER);
    const int leftover = mnn_leftover_note(temporary); /* before it is there: a signal may come at any moment */
    if (link(path, temporary) == 0) {
        if (rename(temporary, previous) != 0)
            number = errno;
        unlink(temporary); /* is still there after a failure, and when both were one file already */
    } else if (errno != ENOENT) {
        number = errno;
        if (cannot_link(number))
            number = rename(path, previous) == 0 ? 0 : errno;
    }
    mnn_leftover_forget(leftover);
    free(temporary);
    return number;
}
