/* Whether a data set has so many zeros that it pays to skip them (mnn/skip.h). */
#ifndef MNN_DATA_ZEROS_H
#define MNN_DATA_ZEROS_H

#include <stdbool.h>

#include "mnn/idx.h"

/** Whether many places are 0 in four neighbouring samples at once, as they would be in a batch.
 *  @param count  samples in use, at most set->dims[0] */
bool mnn_many_zeros(const mnn_idx *set, uint32_t count);

#endif
