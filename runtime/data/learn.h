/* State learnt from the training set and saved with the weights: standardize(), minmax(). */
#ifndef MNN_DATA_LEARN_H
#define MNN_DATA_LEARN_H

#include "data/dataset.h"

/** Set the tensors of the kinds MNN_INIT_STANDARDIZE_* and MNN_INIT_MINMAX_* from the samples: mean and standard
 *  deviation (or range) of every channel, as the model's scale and shift leave the values. Of a constant channel the
 *  scale is 1.
 *  @return MNN_OK; MNN_ENOMEM */
mnn_status mnn_learn(const mnn_model *model, const mnn_samples *samples, mnn_error *err);

#endif
