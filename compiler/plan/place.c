/* See place.h. */
#include "plan/place.h"

plan_places plan_places_new(arena *a, size_t most)
{
    return (plan_places){.placed = arena_array(a, most, sizeof(plan_interval))};
}

int64_t plan_first_fit(const plan_places *p, int64_t size, int first, int last)
{
    int64_t offset = 0;
    for (const plan_interval *o = p->placed; o < p->placed + p->count && o->offset < offset + size; o++)
        if (o->last >= first && last >= o->first && offset < o->offset + o->size)
            offset = o->offset + o->size;
    return offset;
}

void plan_place(plan_places *p, plan_interval taken)
{
    int i = p->count++;
    for (; i > 0 && p->placed[i - 1].offset > taken.offset; i--)
        p->placed[i] = p->placed[i - 1];
    p->placed[i] = taken;
}
