/* Memory with one lifetime: everything that is allocated goes when the arena goes. */
#ifndef MNNC_SUPPORT_ARENA_H
#define MNNC_SUPPORT_ARENA_H

#include <setjmp.h>
#include <stddef.h>

typedef struct arena arena;

/** Make an arena.
 *  @param out_of_memory  where to longjmp (value 1) when memory runs out later, so that no
 *                        caller of arena_alloc() needs a check; must outlive the arena
 *  @return NULL when there is no memory for the arena itself */
arena *arena_new(jmp_buf *out_of_memory);

/** Release the arena and all that was allocated from it; NULL is allowed. */
void arena_free(arena *a);

/** @return size zeroed bytes, aligned for any object; never NULL (size 0 gives a unique pointer) */
void *arena_alloc(arena *a, size_t size);

/** @return a copy of length bytes with a NUL after them */
char *arena_strndup(arena *a, const char *text, size_t length);
char *arena_strdup(arena *a, const char *text);

/** @return the formatted text, as printf would write it */
char *arena_printf(arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Allocate one object of a type. */
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

/** Allocate an array; longjmps as for no memory when the product overflows. */
void *arena_array(arena *a, size_t count, size_t size);

/** Say that memory ran out elsewhere: longjmps as arena_alloc() does. */
_Noreturn void arena_exhausted(arena *a);

#endif
