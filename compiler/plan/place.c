/* See place.h. */
#include "plan/place.h"

#include <stdbool.h>

int64_t plan_first_fit(const plan_interval *placed, int count, int64_t size, int first, int last)
{
    int64_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < count; i++) {
            const plan_interval *o = placed + i;
            if (o->last < first || last < o->first || offset >= o->offset + o->size || o->offset >= offset + size)
                continue;
            offset = o->offset + o->size;
            moved = true;
        }
    }
    return offset;
}
