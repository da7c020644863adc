/* Counts, sizes, times and shapes as text. Every function returns its buffer. */
#ifndef MNN_BASE_TEXT_H
#define MNN_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/** "1,234,567" */
const char *mnn_count_text(char buffer[32], int64_t value);

/** "12.34 MB", in units of 1024 bytes */
const char *mnn_bytes_text(char buffer[32], int64_t bytes);

/** "2.1s", "3m07s", "1h02m": elapsed time */
const char *mnn_duration_text(char buffer[32], double seconds);

/** "34.2 us", "1.5 s": a measured time, with three digits and the unit that fits */
const char *mnn_time_text(char buffer[32], double seconds);

/** "28 x 28 x 1"; empty for a scalar.
 *  @param between  " x ", ", " */
const char *mnn_dims_text(char *buffer, size_t size, const char *between, const uint32_t *dims, int rank);

#endif
