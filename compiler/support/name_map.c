/* Open addressing with linear probing; at most half of the slots are taken. */
#include "support/name_map.h"

#include <stdint.h>
#include <string.h>

name_map name_map_new(arena *a)
{
    return (name_map){.arena = a};
}

/** FNV-1a, 64 bits (Fowler, Noll, Vo). */
static uint64_t hash(const char *name)
{
    uint64_t h = 14695981039346656037u;
    for (; *name != '\0'; name++)
        h = (h ^ (unsigned char)*name) * 1099511628211u;
    return h;
}

/** The slot that holds name, or the free one where it belongs. The table is never full. */
static name_map_slot *find(name_map_slot *slots, size_t capacity, const char *name)
{
    size_t i = (size_t)hash(name) & (capacity - 1);
    while (slots[i].name != NULL && strcmp(slots[i].name, name) != 0)
        i = (i + 1) & (capacity - 1);
    return &slots[i];
}

static void grow(name_map *map)
{
    const size_t capacity = map->capacity == 0 ? 16 : 2 * map->capacity;
    name_map_slot *slots = arena_array(map->arena, capacity, sizeof *slots);
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].name != NULL)
            *find(slots, capacity, map->slots[i].name) = map->slots[i];
    map->slots = slots;
    map->capacity = capacity;
}

void *name_map_get(const name_map *map, const char *name)
{
    return map->capacity == 0 ? NULL : find(map->slots, map->capacity, name)->object;
}

void name_map_put(name_map *map, const char *name, void *object)
{
    if (2 * (map->count + 1) > map->capacity)
        grow(map);
    name_map_slot *slot = find(map->slots, map->capacity, name);
    if (slot->name == NULL)
        map->count++;
    *slot = (name_map_slot){name, object};
}
