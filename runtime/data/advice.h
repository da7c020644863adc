/* Warnings about well-formed data that are likely wrong, for mnnc --check and programs. */
#ifndef MNN_DATA_ADVICE_H
#define MNN_DATA_ADVICE_H

#include "data/dataset.h"
#include "mnn/check.h"

/** Count the samples per class.
 *  @return whether there are classes */
bool mnn_count_classes(const mnn_samples *samples, uint32_t counts[MNN_CHECK_CLASSES]);

/** Check the values that reach the model: all the same, in a range so narrow or so wide that training is slow or
 *  fails, or permuted by a reshape that was meant to swap axes. At most 1024 samples are examined, evenly spaced.
 *  @param text  filled with one warning, "...
 *  hint: ..."
 *  @return false if there is nothing to report */
bool mnn_advise_values(const mnn_model *model, const mnn_array *images, char text[MNN_ADVICE]);
bool mnn_advise_reshape(const mnn_model *model, const mnn_array *images, char text[MNN_ADVICE]);

#endif
