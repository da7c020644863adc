/* Layers that join results element by element; a dimension of 1 is repeated. */
#ifndef MNNC_LAYERS_MERGE_H
#define MNNC_LAYERS_MERGE_H

#include "layers/layer.h"
#include "layers/nests.h"

/** The result's shape: dimensions are equal, or 1. */
bool merge_shape(ir_context *cx, ir_op *op);

/** The same for layers of exactly two inputs. */
bool merge_shape_of_two(ir_context *cx, ir_op *op);

/** Load element `at` of the result from one input. */
const scalar *merge_load(nest *t, const char *name, nest_tensor *in, const nest_index *at);

/** Join the inputs from left to right.
 *  @param formula  of a and b
 *  @param last     the same for the last two */
void merge_nests(layer_nests *b, const ir_op *op, const char *formula, const char *last);

/** Write the operator `type` of all inputs; of two at a time where it takes no more. */
void merge_onnx(onnx_graph *x, const char *type, bool takes_two);

#endif
