/* The messages of an ONNX file in memory (onnx.proto), and their way to a file. */
#ifndef MNN_EXCHANGE_ONNX_MESSAGE_H
#define MNN_EXCHANGE_ONNX_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "mnn/status.h"
#include "onnx.pb-c.h"

/** A model that grows; all of its memory is released at once. When memory runs out, failed is set, and what was to be
 *  added is not: functions then return NULL, and take it for "nothing to do". */
typedef struct mnn_onnx {
    Onnx__GraphProto *graph; /* NULL: not enough memory */
    struct mnn_onnx_block *blocks;
    bool failed;
} mnn_onnx;

/** Begin with an empty graph. */
void mnn_onnx_begin(mnn_onnx *m);
void mnn_onnx_free(mnn_onnx *m);

/** Add a tensor to the initializers.
 *  @param type  ONNX__TENSOR_PROTO__DATA_TYPE__*
 *  @return where its bytes are to be written, size of them */
unsigned char *mnn_onnx_tensor(mnn_onnx *m, const char *name, int type, const int *dims, int rank, size_t size);

/** An operator without inputs, to which these add; it is not in the graph before mnn_onnx_end(). */
Onnx__NodeProto *mnn_onnx_node(mnn_onnx *m, const char *type);
void mnn_onnx_input(mnn_onnx *m, Onnx__NodeProto *node, const char *name);
void mnn_onnx_int(mnn_onnx *m, Onnx__NodeProto *node, const char *name, int64_t value);
void mnn_onnx_float(mnn_onnx *m, Onnx__NodeProto *node, const char *name, double value);
void mnn_onnx_ints(mnn_onnx *m, Onnx__NodeProto *node, const char *name, const int *values, int count);
void mnn_onnx_end(mnn_onnx *m, Onnx__NodeProto *node, const char *name, const char *output);

/** Floats [batch, dims].
 *  @return to be added to the graph's inputs or outputs */
Onnx__ValueInfoProto *mnn_onnx_value(mnn_onnx *m, const char *name, const int *dims, int rank);

/** Append to a list of messages, or of texts. */
void mnn_onnx_append(mnn_onnx *m, void *list, size_t *count, void *item);

/** A copy that lives as long as the model. */
char *mnn_onnx_text(mnn_onnx *m, const char *text);

/** Zeros that live as long as the model. */
void *mnn_onnx_take(mnn_onnx *m, size_t size);

/** Write the file, whole or not at all.
 *  @return MNN_OK; MNN_EIO; MNN_ENOMEM, also when something failed before, or from 2 GiB on, which the format cannot
 * hold */
mnn_status mnn_onnx_write(const mnn_onnx *m, const Onnx__ModelProto *model, const char *path, mnn_error *err);

#endif
