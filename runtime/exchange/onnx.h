/* The model as an ONNX file. */
#ifndef MNN_EXCHANGE_ONNX_H
#define MNN_EXCHANGE_ONNX_H

#include "mnn/model.h"
#include "mnn/status.h"

/** Write the network with its weights, for prediction (dropout is left out).
 *
 *  Input "input": floats [batch, sample shape], the numbers of the data set's files (pixels 0 to 255); the scaling
 *  that the description asks for is part of the graph. Output "output": floats [batch, outputs]. The batch may have
 *  any size. Pictures are NHWC outside; inside the operators that want NCHW get it by Transpose. Operator set 17.
 *  @return MNN_OK; MNN_EIO; MNN_ENOMEM, also when the file would have 2 GiB or more, which the format cannot hold */
mnn_status mnn_onnx_save(const mnn_model *model, const char *path, mnn_error *err);

#endif
