#include "support/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct chunk {
    struct chunk *next;
    size_t used;
    size_t capacity;
    alignas(max_align_t) char bytes[];
} chunk;

struct arena {
    jmp_buf *out_of_memory;
    chunk *chunks; /* the one that is filled now comes first */
    size_t next_capacity;
};

enum { CHUNK_FIRST = 16 * 1024, CHUNK_LARGEST = 1024 * 1024 };

arena *arena_new(jmp_buf *out_of_memory)
{
    arena *a = calloc(1, sizeof *a);
    if (a == NULL)
        return NULL;
    a->out_of_memory = out_of_memory;
    a->next_capacity = CHUNK_FIRST;
    return a;
}

void arena_free(arena *a)
{
    if (a == NULL)
        return;
    chunk *c = a->chunks;
    while (c != NULL) {
        chunk *next = c->next;
        free(c);
        c = next;
    }
    free(a);
}

_Noreturn void arena_exhausted(arena *a)
{
    longjmp(*a->out_of_memory, 1);
}

static chunk *chunk_new(arena *a, size_t capacity)
{
    if (capacity > SIZE_MAX - sizeof(chunk))
        arena_exhausted(a);
    chunk *c = calloc(1, sizeof(chunk) + capacity);
    if (c == NULL)
        arena_exhausted(a);
    c->capacity = capacity;
    return c;
}

/* A large object gets a chunk of its own after the current one, which stays in use. */
static void *alloc_large(arena *a, size_t size)
{
    chunk *c = chunk_new(a, size);
    c->used = size;
    if (a->chunks == NULL) {
        a->chunks = c;
    } else {
        c->next = a->chunks->next;
        a->chunks->next = c;
    }
    return c->bytes;
}

void *arena_alloc(arena *a, size_t size)
{
    const size_t unit = alignof(max_align_t);
    if (size > SIZE_MAX - unit)
        arena_exhausted(a);
    size_t rounded = size == 0 ? unit : (size + unit - 1) / unit * unit;
    chunk *c = a->chunks;
    if (c == NULL || c->capacity - c->used < rounded) {
        if (rounded > a->next_capacity / 4)
            return alloc_large(a, rounded);
        c = chunk_new(a, a->next_capacity);
        c->next = a->chunks;
        a->chunks = c;
        if (a->next_capacity < CHUNK_LARGEST)
            a->next_capacity *= 2;
    }
    void *place = c->bytes + c->used;
    c->used += rounded;
    return place;
}

void *arena_array(arena *a, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        arena_exhausted(a);
    return arena_alloc(a, total);
}

char *arena_strndup(arena *a, const char *text, size_t length)
{
    if (length == SIZE_MAX)
        arena_exhausted(a);
    char *copy = arena_alloc(a, length + 1);
    if (length > 0)
        memcpy(copy, text, length);
    return copy;
}

char *arena_strdup(arena *a, const char *text)
{
    return arena_strndup(a, text, strlen(text));
}

char *arena_printf(arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) {
        va_end(again);
        arena_exhausted(a);
    }
    char *text = arena_alloc(a, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
