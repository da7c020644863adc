/* The weights as numpy reads them. */
#ifndef MNN_EXCHANGE_NPZ_H
#define MNN_EXCHANGE_NPZ_H

#include "mnn/model.h"
#include "mnn/status.h"

/** Write an .npz: a zip archive with "<tensor>.npy" (format 1.0, '<f4', C order) for every tensor of the model, so that
 *  numpy.load(path)["dense.kernel"] is an array of its shape.
 *  @return MNN_OK; MNN_EIO; MNN_ENOMEM, also when the file would have more than 2 GiB */
mnn_status mnn_npz_save(const mnn_model *model, const char *path, mnn_error *err);

#endif
