/* The Keras spelling of words and values. */
#ifndef MNNC_LAYERS_KERAS_H
#define MNNC_LAYERS_KERAS_H

#include "ir/ir.h"
#include "lang/lang.h"
#include "support/python.h"

/** The Keras class for a word of the tables: the first of its aliases that begins with a capital letter.
 *  @return in the arena; NULL if there is none */
const char *keras_class(arena *a, const lang_entry *entry);

/** "keras.optimizers.Adam" */
const char *keras_path(arena *a, const char *module, const lang_table *table, int id);

/** A value of the argument activation. */
const char *keras_activation(arena *a, ir_activation f);

/** "(28, 28, 1)", "(784,)" */
const char *keras_tuple(arena *a, ir_shape shape);

/** Add a layer's groups, bias, initializers and regularizers, as far as they are not Keras's defaults.
 *  @param kernel  what Keras calls the kernel in its arguments */
void keras_add_parameters(py_call *c, const ir_op *op, const char *kernel);

/** Add an initializer that is not Keras's default. */
void keras_add_initializer(py_call *c, const char *name, ir_initializer i, lang_initializer standard);

/** Add a regularizer, if it is one. */
void keras_add_regularizer(py_call *c, const char *name, ir_regularizer r);

/** Add the arguments of a convolution with filters. */
void keras_convolution(py_call *c, const ir_op *op);

/** Add the size, strides and padding of a window. */
void keras_add_window(py_call *c, const ir_op *op);

/** Add the dilation of a window, if it has one. */
void keras_add_dilation(py_call *c, const ir_op *op);

/** Add epsilon, center, scale and the initializers of beta and gamma. */
void keras_add_normalization(py_call *c, const ir_op *op);

#endif
