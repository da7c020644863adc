/* A table from names to objects: constants, blocks, layers, what is called so in C. Lives in an arena. */
#ifndef MNNC_SUPPORT_NAME_MAP_H
#define MNNC_SUPPORT_NAME_MAP_H

#include "support/arena.h"

typedef struct name_map_slot {
    const char *name; /* NULL: free */
    void *object;
} name_map_slot;

typedef struct name_map {
    arena *arena;
    name_map_slot *slots; /* capacity is 0 or a power of two */
    size_t capacity;
    size_t count;
} name_map;

name_map name_map_new(arena *a);

/** @return the object, or NULL when there is none of that name */
void *name_map_get(const name_map *map, const char *name);

/** Add an object, or replace the one with the same name.
 *  @param name    must live as long as the map
 *  @param object  not NULL */
void name_map_put(name_map *map, const char *name, void *object);

#endif
