/* The meaning of every layer: one file per layer defines its layer_kind, named after its row in lang/layers.def. All
 * that the compiler knows of a layer besides that row is asked here.
 *
 * A layer needs no writer in emit/. Without the trait WRITTEN, its forward and backward functions and the sums of its
 * parameters' gradients follow from its nests (layers/derived.h): they are differentiated (graph/gradient.h), rewritten
 * (graph/rewrite.h), and lowered to loops over the rows of a task (loops/lower.h). Any number of inputs and parameters
 * may have gradients, an input may occur twice. Each nest goes over the rows, or over none of them: statistics of the
 * whole batch need a writer still. Other traits that help: TAKES_ACTIVATION (an activation is applied where the result
 * is stored), with KEEPS_ARGUMENT (its argument is stored too, where the derivative needs it). A layer of one maximum
 * that adds a value of kind IR_VALUE_INDEX to its outputs keeps its indices for backward; else they are found again. */
#ifndef MNNC_LAYERS_LAYER_H
#define MNNC_LAYERS_LAYER_H

#include "ir/context.h"
#include "support/python.h"

typedef struct layer_nests layer_nests;
typedef struct onnx_graph onnx_graph;

typedef struct layer_kind {
    /** Give the results their shapes and add the parameters; reports the inputs that do not fit. */
    bool (*shape)(ir_context *cx, ir_op *op);

    /** Add the nests of the forward pass in training form; not asked of views. */
    void (*nests)(layer_nests *b, const ir_op *op);

    /** Floating-point operations of the forward pass per sample; NULL: those of its nests, none of a view or penalty.
     */
    int64_t (*flops)(const ir_op *op);

    /** The same for a backward operation; NULL: as many as its forward operation, if that says. */
    int64_t (*backward_flops)(const ir_op *back);

    /** The operation that computes the layer, in training and in prediction; NULL: its own. */
    ir_opcode (*lowered)(const ir_op *op);

    /** The Keras class; NULL: the first alias of the layer's word that is one. */
    const char *keras_class;

    /** Add the arguments of the Keras call, without name and activation; NULL: there are none. */
    void (*keras)(py_call *c, const ir_op *op);

    /** Write the operation x->op for inference in ONNX; NULL: it is part of training only. */
    void (*onnx)(onnx_graph *x);
} layer_kind;

#define LAYER(id, name, ...) extern const layer_kind layer_##name;
#define OP LAYER
#include "ir/ops.def"

const layer_kind *layer_of(const ir_op *op);

/** Make the projection of a residual the linear layer that gives its input the shape of op->attr.like; reports when
 * there is none. */
bool layer_project(ir_context *cx, ir_op *op);

ir_opcode layer_lowered(const ir_op *op);

/** Floating-point operations per sample of an operation of either direction. */
int64_t layer_flops(const ir_op *op);

/** The Keras call that makes the layer, without its name and activation. */
py_call layer_keras(arena *a, const ir_op *op);

#endif
