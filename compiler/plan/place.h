/* Giving memory to what is only needed for a part of the time. */
#ifndef MNNC_PLAN_PLACE_H
#define MNNC_PLAN_PLACE_H

#include <stdint.h>

#include "support/arena.h"

/** A buffer at [offset, offset + size) from moment first to moment last, both included. */
typedef struct plan_interval {
    int64_t offset, size;
    int first, last;
} plan_interval;

/** The placed buffers, in the order of the offsets. */
typedef struct plan_places {
    plan_interval *placed;
    int count;
} plan_places;

/** @param most  the largest number of buffers that will be placed */
plan_places plan_places_new(arena *a, size_t most);

/** First fit: the lowest offset at which one more of that size and life meets none of the placed ones. Aligned sizes
 * give aligned offsets. */
int64_t plan_first_fit(const plan_places *p, int64_t size, int first, int last);

void plan_place(plan_places *p, plan_interval taken);

#endif
