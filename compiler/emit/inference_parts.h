/* The interface between the emitters of inference code. */
#ifndef MNNC_EMIT_INFERENCE_PARTS_H
#define MNNC_EMIT_INFERENCE_PARTS_H

#include "emit/inference.h"
#include "emit/ops.h"

typedef struct inference {
    emitter e;
    const network *n;
    const emit_inference_options *o;
} inference;

/* --- inference_header.c --------------------------------------------------------------------------- */

/** Constants, the type of the working memory, declarations with their comments. */
void inference_declarations(inference *i);

/** The definition of the names of classes. */
void inference_class_names(inference *i);

/** "void digits_predict(const uint8_t image[784], float probability[10])" */
const char *inference_signature(inference *i);

/** The names of the caller's arrays: "image" or "input", "probability" or "output". */
const char *inference_input_name(const inference *i);
const char *inference_output_name(const inference *i);

/** "DIGITS": the prefix of constants. */
const char *inference_constant_prefix(inference *i);

/* --- inference_weights.c -------------------------------------------------------------------------- */

/** The constants, or pointers to them with the function that sets these. */
void inference_constants(inference *i);

/** The layout of the file with the weights, for a comment. */
const char *inference_layout(inference *i);

/* --- inference_functions.c ------------------------------------------------------------------------ */

/** Let the code from an offset on call functions of its own for those of math.h, and write these before it. */
void inference_own_functions(inference *i, size_t begin);

/* --- inference_products.c, inference_layers.c ------------------------------------------------------ */

typedef void inference_layer(inference *i, const net_op *op);

/** The comment over a layer's function and its head.
 *  @param parameters  "const float *restrict in, float *restrict out"
 *  @param equation    printf form: what it computes */
void inference_open(inference *i, const net_op *op, const char *parameters, const char *equation, ...)
    __attribute__((format(printf, 4, 5)));

/** A loop that stores "out[j] = f(z);" with the operation's activation, of which softmax comes later.
 *  @param loop  its head: "for (int j = 0; j < 10; j++)" */
void inference_store(inference *i, const net_op *op, const char *loop, const char *target, const char *z);

/** Its body alone, between braces that are there. */
void inference_assign(inference *i, const net_op *op, const char *target, const char *z);

/** Whether the activation is a function of one number, and not linear. */
bool inference_is_by_number(const net_op *op);

/** "for (int k = 0; k < 10; k++)" */
const char *inference_loop(inference *i, const char *variable, long long count);

/** The softmax over what has been stored, if the activation is one, and the end of the function. */
void inference_close(inference *i, const net_op *op);

/** "[13, 13, 32]" */
const char *inference_dims(inference *i, ir_shape shape);

/** "relu(maxpool2d(" and so on around an equation. */
const char *inference_equation(inference *i, const net_op *op, const char *inside);

/** The softmax over what has been stored at out, if the activation is one. */
void inference_softmax(inference *i, const net_op *op, const char *out);

/* --- inference_int8.c ----------------------------------------------------------------------------- */

/** The parts that a network in integers has instead: constants, layers, and the class that the scores say. */
void inference_integer_constants(inference *i);
void inference_integer_layers(inference *i);
void inference_integer_class(inference *i);

#endif
