/* Shapes and parameters: helpers that several layers share. */
#ifndef MNNC_LAYERS_SHAPE_H
#define MNNC_LAYERS_SHAPE_H

#include "ir/context.h"

/** Whether generated C can index a tensor of this shape, which it does with int. */
bool shape_fits(ir_shape s);

/** Report a tensor that does not fit.
 *  @param what  "kernel"
 *  @return false */
bool shape_too_large(ir_context *cx, const ir_op *op, const char *what, ir_shape s);

/** "(28, 28, 1)" */
const char *shape_text(ir_context *cx, ir_shape s);

/** Add a note about the layer that gives the input its shape, if it is another statement. */
void shape_note(ir_context *cx, const ir_op *op);

/** The result has the shape of the first input. */
bool shape_same(ir_context *cx, ir_op *op);

/** Report inputs whose shapes have different numbers of dimensions. */
bool shape_needs_ranks(ir_context *cx, const ir_op *op);

/** Report a layer of two inputs that has another number of them. */
bool shape_needs_two(ir_context *cx, const ir_op *op);

/** Report inputs whose shapes do not agree.
 *  @param rule  "all other dimensions are equal"
 *  @return false */
bool shape_differs(ir_context *cx, const ir_op *op, const char *rule);

/** The result of a loss or penalty: one value per sample. */
bool shape_scalar(ir_context *cx, ir_op *op);

/** The shape of a parameter with one value per channel, the last dimension of the input. */
ir_shape shape_channels(const ir_op *op);

/** Add a trainable parameter. */
ir_value *shape_add_parameter(ir_context *cx, ir_op *op, const char *role, ir_shape shape, ir_initializer initializer,
                              ir_regularizer regularizer);

/** Add non-trainable state. */
ir_value *shape_add_state(ir_context *cx, ir_op *op, const char *role, ir_shape shape, ir_initializer initializer);

/** Add the kernel, and a bias with one element per output if the layer has one.
 *  @param fan_in, fan_out  as Keras counts them */
void shape_add_kernel_and_bias(ir_context *cx, ir_op *op, ir_shape shape, int64_t fan_in, int64_t fan_out,
                               int64_t outputs);

/** Add gamma and beta, as far as the layer has them. */
void shape_add_gamma_and_beta(ir_context *cx, ir_op *op);

/* --- images and windows: window.c --------------------------------------------------------------------- */

/** Report an input that is not (height, width, channels). */
bool shape_needs_image(ir_context *cx, const ir_op *op);

/** Report an input that is not (length, channels). */
bool shape_needs_sequence(ir_context *cx, const ir_op *op);

/** The result is the input, in each dimension but the last without margin[0] elements before and margin[1] after it,
 * and so on; reports margins that leave nothing. */
bool shape_crop(ir_context *cx, ir_op *op, const int64_t *margin);

/** Set the window, strides and dilation of a layer of sequences, whose arguments are integers.
 *  @param size  the name of the window's argument */
void shape_take_lengths(ir_op *op, const char *size);

/** Report groups of a convolution that do not divide the channels and the filters: each group takes an equal part of
 * the channels and makes an equal part of the filters. */
bool shape_check_groups(ir_context *cx, const ir_op *op);

/** The shape that a window gives that slides over an image or a sequence (length, channels): sets attr.pad and limits
 * the strides; reports a window that does not fit. */
bool shape_window(ir_context *cx, ir_op *op, int64_t channels);

/** The shape and the parameters of a transposed convolution of an image or a sequence; sets attr.pad. */
bool shape_transposed(ir_context *cx, ir_op *op);

/** Flops of an operation that reads every element of every window once. */
int64_t window_flops(const ir_op *op);

/* --- matrix products and convolutions: product.c -------------------------------------------------------- */

/** Flops of a product of the input with the kernel, and of the bias. */
int64_t product_flops(const ir_op *op);

/** The gradients of the kernel, of the bias and, if something reads it, of the input. */
int64_t product_backward_flops(const ir_op *back);

#endif
