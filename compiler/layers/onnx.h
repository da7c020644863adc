/* An ONNX graph that grows: the functions with which layers write themselves. */
#ifndef MNNC_LAYERS_ONNX_H
#define MNNC_LAYERS_ONNX_H

#include "layers/layer.h"
#include "onnx.pb-c.h"

/** The order of an image's dimensions; other values have only the first. */
typedef enum onnx_layout {
    ONNX_CHANNELS_LAST, /* as in the description */
    ONNX_CHANNELS_FIRST
} onnx_layout;

struct onnx_graph {
    arena *arena;
    const ir_program *program;
    const ir_op *op;         /* the operation that is being written */
    float *const *weights;   /* by value id */
    const char *(*names)[2]; /* by value id: the name in each layout; NULL: not there yet */
    int made;                /* number of names given to other values */
    Onnx__GraphProto *message;
};

/** A node with one input, or NULL for none, to which the next functions add; onnx_end() appends it to the graph. */
Onnx__NodeProto *onnx_node(onnx_graph *x, const char *type, const char *input);
void onnx_input(onnx_graph *x, Onnx__NodeProto *node, const char *name);
void onnx_int(onnx_graph *x, Onnx__NodeProto *node, const char *name, int64_t value);
void onnx_float(onnx_graph *x, Onnx__NodeProto *node, const char *name, double value);
void onnx_string(onnx_graph *x, Onnx__NodeProto *node, const char *name, const char *value);
void onnx_ints(onnx_graph *x, Onnx__NodeProto *node, const char *name, const int64_t *values, int count);
void onnx_strings(onnx_graph *x, Onnx__NodeProto *node, const char *name, const char *const *values, int count);

/** An input of integers. */
void onnx_integers(onnx_graph *x, Onnx__NodeProto *node, const int64_t *values, int count);

/** An input of constants.
 *  @param name    NULL: a new one
 *  @param values  [product of the dimensions]; NULL: all are `filling` */
void onnx_constant(onnx_graph *x, Onnx__NodeProto *node, const char *name, ir_shape shape, const float *values,
                   float filling);

/** The parameter of the operation with a role ("bias") as an input.
 *  @return false if it has none */
bool onnx_parameter(onnx_graph *x, Onnx__NodeProto *node, const char *role);

/** Append a node to the graph.
 *  @param output  its result's name; NULL: a new one
 *  @return the result's name */
const char *onnx_end(onnx_graph *x, Onnx__NodeProto *node, const char *output);

/** Append type(a), type(a, b).
 *  @return the result's name */
const char *onnx_unary(onnx_graph *x, const char *type, const char *a);
const char *onnx_binary_scalar(onnx_graph *x, const char *type, const char *a, double b);

/** Append the operators of an expression of one leaf.
 *  @param in  the leaf's name
 *  @return the result's name */
const char *onnx_formula(onnx_graph *x, const scalar *e, const char *in);

/** Append the node that makes the operation's result, or name the result. */
void onnx_result(onnx_graph *x, Onnx__NodeProto *node, onnx_layout layout);
void onnx_set_result(onnx_graph *x, const char *name, onnx_layout layout);

/** The result is the operation's input. */
void onnx_forward(onnx_graph *x);

/** The name of a value, or of an input of the operation, in a layout; transposed if it is not there yet. */
const char *onnx_value(onnx_graph *x, const ir_value *v, onnx_layout layout);
const char *onnx_operand(onnx_graph *x, int nth, onnx_layout layout);

/** The layout for an operation that takes any: channels first if all inputs are there so. */
onnx_layout onnx_any_layout(const onnx_graph *x);

/* --- arguments of several layers ------------------------------------------------------------------ */

/** The result of a convolution; one without the attribute has a group for each channel. */
void onnx_convolution(onnx_graph *x);

/** The result of shape_transposed(). */
void onnx_transposed(onnx_graph *x);

/** @param type  of the operator: "MaxPool" */
void onnx_pool(onnx_graph *x, const char *type);

/** The result of a pooling over all positions. @param type  of the operator: "GlobalMaxPool" */
void onnx_global_pool(onnx_graph *x, const char *type);

/** Append a padding of the input, channels first.
 *  @param pads    for each dimension before it, then for each after it
 *  @param border  as of nests_border */
void onnx_pad(onnx_graph *x, const int64_t *pads, int border);

/** The result of shape_crop(). */
void onnx_crop(onnx_graph *x, const int64_t *margin);

/** Add gamma and beta, or else 1 and 0. */
void onnx_gamma_and_beta(onnx_graph *x, Onnx__NodeProto *node);

/** The same elements in the shape of the result. */
void onnx_reshape(onnx_graph *x);

/* --- messages ------------------------------------------------------------------------------------- */

/** A message with nothing in it. */
void *onnx_message(onnx_graph *x, const ProtobufCMessageDescriptor *type);

/** A copy of a text: protobuf-c does not change texts, but its members are not const. */
char *onnx_text(onnx_graph *x, const char *text);

/** Append to a list of pointers. */
void onnx_append(onnx_graph *x, void *list, size_t *count, void *item);
#define ONNX_APPEND(x, message, list, item) onnx_append((x), &(message)->list, &(message)->n_##list, (item))

#endif
