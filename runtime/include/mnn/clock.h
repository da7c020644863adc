/* Time. */
#ifndef MNN_CLOCK_H
#define MNN_CLOCK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Nanoseconds of a monotonic clock. */
uint64_t mnn_clock(void);

#ifdef __cplusplus
}
#endif

#endif
