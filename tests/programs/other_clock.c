/* Clocks in the place of mnn_clock(), for a program that is linked with this file: what else the machine does is
 * not in their times. */
#define _POSIX_C_SOURCE 200809L
#include "mnn/clock.h"

#include <time.h>

uint64_t mnn_clock(void)
{
#ifdef COUNTING
    static uint64_t looks; /* each a millisecond after the one before */
    return ++looks * 1000000;
#else
    struct timespec t; /* processor time of a program with one thread */
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
#endif
}
