/* From operations to nests: what the layers' build functions share. */
#ifndef MNNC_LAYERS_NESTS_H
#define MNNC_LAYERS_NESTS_H

#include "graph/nest.h"
#include "ir/ir.h"
#include "layers/layer.h"

/* Training: batch statistics, dropout, the loss of every row. Prediction: moving statistics, and the samples are those
 * of the data files. */
typedef enum nests_form { NESTS_TRAINING, NESTS_PREDICTION } nests_form;

struct layer_nests {
    nest_graph *graph;
    const ir_program *program;
    nests_form form;
    nest_tensor **tensor; /* by the value's id; NULL: not met yet */
    nest_tensor *samples; /* what comes from outside */
    nest_tensor *losses;  /* training: one value per row of the batch, with the penalty */
};

/** The nests of the forward operations as the user wrote them. */
layer_nests *layer_nests_new(arena *a, const ir_program *p, nests_form form);

/** The tensor of a value. */
nest_tensor *nests_of(layer_nests *b, const ir_value *v);

/** The same in another shape; for a value with one copy per row the dimension of the rows comes before these. */
nest_tensor *nests_as(layer_nests *b, const ir_value *v, int rank, const int64_t *dim);

/** The result of an operation, in any shape. */
void nests_result(layer_nests *b, const ir_op *op, nest_tensor *t);

/** A tensor that the target fills: one value per row and element of the shape. */
nest_tensor *nests_extern(layer_nests *b, const char *name, ir_shape shape);

/** Begin a map over the elements of a tensor, which a formula calls by that name.
 *  @param at  filled: its indices */
nest *nests_begin_map(layer_nests *b, const char *name, nest_tensor *in, nest_index at[NEST_MAX_RANK]);

/** Begin a nest whose free axes are the rows and the dimensions of a shape. */
nest *nests_begin_over(layer_nests *b, nest_reducer reducer, ir_shape shape, nest_index at[NEST_MAX_RANK]);

/** Begin a reduction of "in" along its last dimension. */
nest *nests_begin_along_last(layer_nests *b, nest_reducer reducer, nest_tensor *in, nest_index at[NEST_MAX_RANK]);

/** sum + bias along the last dimensions, if the operation has one. */
nest_tensor *nests_add_bias(layer_nests *b, const ir_op *op, nest_tensor *sum);

/** The name of a sum to which a bias is yet to be added, or of the result. */
const char *nests_sum_name(const ir_op *op);

/** The indices of a sliding window at output (i, j): its rows and columns, over the reduced axes "r" and "s". */
typedef struct nests_window {
    nest_index i, j, row, column, r, s;
} nests_window;

nests_window nests_add_window(nest *t, const ir_attributes *a, nest_index i, nest_index j);

/** Begin a reduction of "in" over the windows of an image or a sequence. */
nest *nests_begin_pool(layer_nests *b, nest_reducer reducer, const ir_op *op, nests_window *w);

/** The mean of each channel over all positions; its largest element. */
void nests_global_average(layer_nests *b, const ir_op *op);
void nests_global_largest(layer_nests *b, const ir_op *op);

/** The largest element of each window; their mean. */
void nests_largest(layer_nests *b, const ir_op *op);
void nests_average(layer_nests *b, const ir_op *op);

/** The result of shape_transposed(). */
void nests_transposed(layer_nests *b, const ir_op *op);

typedef enum nests_border { NESTS_ZERO, NESTS_EDGE, NESTS_REFLECT } nests_border;

/** A dimension d of a tensor with margins before and after it, of zeros, copies of its ends, or reflected there.
 *  @return a result of that name */
nest_tensor *nests_add_border(layer_nests *b, nest_tensor *in, int d, const int64_t margin[2], nests_border border,
                              const char *name);

/** The result of shape_crop(). */
void nests_crop(layer_nests *b, const ir_op *op, const int64_t *margin);

/** out = (in - mean) / sqrt(variance + epsilon) * gamma + beta, mean and variance of each channel over the batch and
 *  all positions (in prediction moving averages of them), or of each position over its channels */
nest_tensor *nests_normalized(layer_nests *b, const ir_op *op, bool per_channel);

#endif
