/* What is likely wrong with data that are well-formed: said by mnnc --check and by programs. */
#ifndef MNN_DATA_ADVICE_H
#define MNN_DATA_ADVICE_H

#include "data/dataset.h"
#include "mnn/check.h"

/** Samples of every class.
 *  @return whether there are classes */
bool mnn_count_classes(const mnn_samples *samples, uint32_t counts[MNN_CHECK_CLASSES]);

/** The values that reach the model: all the same, in a range so narrow or so wide that training is slow or fails, or
 *  moved by a reshape that was meant to swap axes. At most 1024 samples are looked at, evenly spread.
 *  @param text  filled with one warning, "...\nhint: ..."
 *  @return false: nothing is to be said */
bool mnn_advise_values(const mnn_model *model, const mnn_idx *images, char text[MNN_ADVICE]);
bool mnn_advise_reshape(const mnn_model *model, const mnn_idx *images, char text[MNN_ADVICE]);

#endif
