/* Whether a data set has enough zeros that skipping them is faster (mnn/skip.h). */
#ifndef MNN_DATA_ZEROS_H
#define MNN_DATA_ZEROS_H

#include <stdbool.h>

#include "mnn/array.h"

/** Whether many positions are 0 in four adjacent samples at once, as in a batch.
 *  @param count  samples in use, at most set->dims[0] */
bool mnn_many_zeros(const mnn_array *set, uint32_t count);

#endif
