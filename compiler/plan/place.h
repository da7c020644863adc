/* Giving memory to what is only needed for a part of the time. */
#ifndef MNNC_PLAN_PLACE_H
#define MNNC_PLAN_PLACE_H

#include <stdint.h>

#include "support/arena.h"

/** Something that lies at [offset, offset + size) from moment first to moment last, both included. */
typedef struct plan_interval {
    int64_t offset, size;
    int first, last;
} plan_interval;

/** What has a place, in the order of the offsets. */
typedef struct plan_places {
    plan_interval *placed;
    int count;
} plan_places;

/** @param most  so many will be placed at most */
plan_places plan_places_new(arena *a, size_t most);

/** First fit: the lowest offset at which one more of that size and life meets none of the placed ones. Whoever
 *  wants aligned places asks with aligned sizes. */
int64_t plan_first_fit(const plan_places *p, int64_t size, int first, int last);

void plan_place(plan_places *p, plan_interval taken);

#endif
