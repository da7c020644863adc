/* Recurrent layers: a state per row that goes from step to step of a sequence (length, channels). */
#ifndef MNNC_LAYERS_RECURRENT_H
#define MNNC_LAYERS_RECURRENT_H

#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"

/** The shape and the parameters: kernel [channels, gates units], recurrent_kernel [units, gates units], bias.
 *  @param biases  rows of the bias, of gates units each */
bool recurrent_shape(ir_context *cx, ir_op *op, int64_t gates, int64_t biases);

void recurrent_keras(py_call *c, const ir_op *op);

/** The activation of an argument, by its name; NULL: the layer has no such argument. */
const char *recurrent_activation(const ir_op *op, const char *argument);

/** The result in ONNX.
 *  @param type   of the operator: "LSTM"
 *  @param order  of the gates there, as indices of the layer's
 *  @return the node, for further attributes; recurrent_onnx_end() ends it */
Onnx__NodeProto *recurrent_onnx(onnx_graph *x, const char *type, const int *order, int gates);
void recurrent_onnx_end(onnx_graph *x, Onnx__NodeProto *node);

/** The nests of a layer in the making. */
typedef struct recurrent {
    layer_nests *b;
    const ir_op *op;
    int64_t steps, units, gates;
    nest_tensor *x; /* in . kernel + bias, [n, step, gate, unit] */
} recurrent;

/** Begin: the products of all inputs, and the scan over the steps. */
recurrent recurrent_begin(layer_nests *b, const ir_op *op, int64_t gates);

/** A state [n, step, unit] that steps read of the one before, and what they read: 0 in the first. */
nest_tensor *recurrent_state(const recurrent *r, const char *name, nest_tensor **before);

/** before . recurrent_kernel, [n, step, gate, unit]. @param bias  the row of the bias to be added; -1: none */
nest_tensor *recurrent_product(const recurrent *r, nest_tensor *before, int64_t bias);

/** A map over [n, step, unit], and an element of a gate of a tensor like x in it. */
nest *recurrent_map(const recurrent *r, nest_index at[3]);
void recurrent_load_gate(nest *t, const char *name, nest_tensor *v, int64_t gate, const nest_index at[3]);

/** The activation of an argument of that name, of the sum of x and a product like it at a gate. */
nest_tensor *recurrent_gate(const recurrent *r, nest_tensor *product, int64_t nth, const char *name,
                            const char *argument);

/** activation(formula) of the map, by the argument of this name. */
nest_tensor *recurrent_activated(const recurrent *r, nest *t, const char *name, const char *argument,
                                 const char *formula);

/** Give a state its value in each step. */
void recurrent_set(nest *t, nest_tensor *state, const char *formula);

/** The end: the scan's, and the result: the state of each step or of the last. */
void recurrent_end(const recurrent *r, nest_tensor *state);

#endif
