/* The emitters of the operations: one file per operation, all called through the table emit_ops[]. */
#ifndef MNNC_EMIT_OPS_H
#define MNNC_EMIT_OPS_H

#include <stdarg.h>

#include "ctree/cwriter.h"
#include "emit/emit.h"

typedef struct emitter {
    cwriter w;
    const plan *plan;
    const emit_options *options;
    struct step_functions *functions; /* of the steps: functions.h */
} emitter;

typedef void emit_step(emitter *e, const plan_step *s);
typedef void emit_extern(emitter *e, const ir_op *op, const char *array);

/** The emitters of one opcode; NULL if it emits nothing. */
typedef struct emit_op {
    emit_step *forward_sums, *forward_totals; /* of operations that couple rows */
    emit_step *forward_products;              /* of each piece of the inputs */
    emit_step *penalty_sums;                  /* of each piece of the parameters */
    emit_step *forward;
    emit_step *predict; /* the function that inference calls instead of forward; NULL: the same */
    emit_step *backward_sums, *backward_totals;
    emit_step *backward;
    emit_step *gradients;     /* of the parameters */
    emit_step *update_state;  /* of non-trainable parameters */
    emit_extern *fill_extern; /* of the double reference: fill a row of an array that no nest computes */
} emit_op;

extern const emit_op emit_ops[IR_OPCODE_COUNT];

emit_step emit_input_forward, emit_input_predict;
emit_step emit_dense_products, emit_dense_forward, emit_dense_backward, emit_dense_gradients;
emit_step emit_conv2d_forward, emit_conv2d_backward;
emit_step emit_depthwise_conv2d_forward, emit_depthwise_conv2d_backward;
emit_step emit_dropout_predict;
emit_step emit_batchnorm_forward_sums, emit_batchnorm_forward_totals, emit_batchnorm_forward, emit_batchnorm_predict,
    emit_batchnorm_backward_sums, emit_batchnorm_backward_totals, emit_batchnorm_backward, emit_batchnorm_update_state;
emit_step emit_layernorm_forward, emit_layernorm_backward;
emit_step emit_loss_forward, emit_loss_backward;
emit_step emit_penalty_sums, emit_penalty_forward;
emit_extern emit_input_extern, emit_dropout_extern, emit_loss_extern;

/** Whether inference calls another function than a training step: LAYER_predict(). */
bool emit_predicts(const emitter *e, const plan_step *s);

/* --- what several of them need: parts.c ------------------------------------------------------------- */

const char *emit_text(emitter *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *emit_vtext(emitter *e, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/** "layer (cnn.mnn:13)" */
const char *emit_origin_of(emitter *e, const ir_op *op);

/** Start of the rows of a piece: "dense_out + first * 32". */
const char *emit_rows_of(emitter *e, const ir_value *v);

/** "[784, 32]", or "[rows, 784]" for a value with one copy per row. */
const char *emit_dims_of(emitter *e, const ir_value *v);

/** The part of the file that a step belongs to. */
const char *emit_section_of(const emitter *e, const plan_step *s);

/** The heading of a part of the file. */
void emit_section(emitter *e, const char *title);

/** 1234567 -> "1,234,567" */
const char *emit_thousands(emitter *e, int64_t n);

/** "28 x 28 x 1" */
const char *emit_size_text(emitter *e, ir_shape shape);

/* --- functions.c ------------------------------------------------------------------------------------ */

/** Begin the function of a step, of its prediction, or of the update of its state; what is written then is its body,
 *  and shared by all steps for which it has the same text.
 *  @param equation  printf form: what it computes, with shapes */
void emit_open_function(emitter *e, const plan_step *s, const char *equation, ...)
    __attribute__((format(printf, 3, 4)));

/** In the body: the name of a tensor. Each that is named becomes a parameter, named by its role in the operation:
 *  "input", "kernel_gradient". */
const char *emit_name_of(emitter *e, const ir_value *v);

/** The same where a local variable has the name `local`. */
const char *emit_name_beside(emitter *e, const ir_value *v, const char *local);

/** Likewise the step's partial sums, and the lists of nonzero inputs. */
const char *emit_partials_of(emitter *e, const plan_step *s);
const char *emit_lists_of(emitter *e);

/** Likewise what the shards add to a gradient (plan_buffer.shard_sums). */
const char *emit_shard_sums_of(emitter *e, const ir_value *gradient);

/** Whether a function adds the gradients of shards, by mnn/tree.h. */
bool emit_adds_shards(const emitter *e, const plan_step *s);

/** Likewise a size, for functions that lose nothing by not knowing it at compile time: layers of different sizes share
 *  them.
 *  @return role */
const char *emit_size_of(emitter *e, const char *role, int64_t size);

/** Declare the task's rows: first and n. */
void emit_open_rows(emitter *e);

/** Declare the task's columns likewise; n is a constant where all pieces are equal. */
void emit_open_columns(emitter *e, const plan_step *s);

/** Text written between these two precedes the function, once for all that need the same text.
 *  @param name     "conv2d_columns"
 *  @param head     "static void"
 *  @param tail     "(const float *image)\n{", or " = {"
 *  @return its name */
void emit_open_helper(emitter *e);
const char *emit_close_helper(emitter *e, const char *name, const char *comment, const char *head, const char *tail);

/** Write the functions of all steps, and those of the update of the state. */
void emit_step_functions(emitter *e);
void emit_state_functions(emitter *e);

/* --- optimizer.c, schedule.c, reference.c, descriptor.c ---------------------------------------------- */

const char *optimizer_name(const emitter *e);

/** An argument that a comment shows, unless it is 0. */
typedef struct update_argument {
    const char *name; /* NULL after the last */
    double value;
} update_argument;

/** A comment: what is done, with the values of the arguments.
 *  @param doc  the equations as the language documents them, or NULL */
const char *emit_update_equations(emitter *e, const char *what, const char *name, const char *doc,
                                  const update_argument *a);

/** A name of the optimizer's nth slot: of the state ("m") or of its array in C ("adam_m"). */
const char *optimizer_slot(emitter *e, int nth);
const char *optimizer_array(emitter *e, int nth);

/** The initial value of every element of the nth slot. */
double optimizer_initial(const emitter *e, int nth);

/** The functions of the update: squares() if gradients are clipped by their norm, and update(). */
void emit_update(emitter *e);

/** The function schedule(), if the learning rate is not constant. */
void emit_schedule(emitter *e);

/** The tables, the descriptor and main(). */
void emit_descriptor(emitter *e);

/** The double-precision network: functions of the operations, and reference(). */
void emit_reference_network(emitter *e);

/* --- steps.c ------------------------------------------------------------------------------------------ */

/** The table of steps: all functions, in the order of a training step. */
void emit_steps(emitter *e);

/** When the gradients of the parameters are complete, for ranks that send them meanwhile. */
void emit_gradient_steps(emitter *e);

/* --- formula.c -------------------------------------------------------------------------------------- */

/** The arithmetic of an expression. Trainers contract, with mnn_fma(); other programs have no such function. */
typedef enum formula_form { FORMULA_FLOAT, FORMULA_DOUBLE, FORMULA_PLAIN_FLOAT, FORMULA_PLAIN_DOUBLE } formula_form;

/** A scalar expression as C text.
 *  @param leaves  the texts of its leaves */
const char *formula_text(emitter *e, const scalar *value, const char *const *leaves, formula_form form);

/** The same, with lines before it that declare what is named or used twice in it. */
const char *formula_lines(emitter *e, const scalar *value, const char *const *leaves, formula_form form);

/** The same of several that share their parts.
 *  @param texts  [count], filled */
void formula_all(emitter *e, const scalar *const *values, int count, const char *const *leaves, formula_form form,
                 const char **texts);

/* --- derived.c --------------------------------------------------------------------------------------- */

/** The functions of an operation without a writer, from its nests: forward and backward. */
emit_step emit_derived;

/** The function that adds up the partial sums of the parameters' gradients. */
emit_step emit_sum_of_partials;

/** The function that adds up what the shards have left of the parameters' gradients. */
emit_step emit_sum_of_shards;

/* --- activation.c ----------------------------------------------------------------------------------- */

/** f(x) as a C expression. */
const char *emit_activation_of(emitter *e, ir_activation f, const char *x, formula_form form);

/** "relu(" and ")" around an equation, or empty texts. */
const char *emit_equation_of(emitter *e, ir_activation f, const char *inside);

/** Multiply the gradient that a backward step has written by the derivative that was fused into it.
 *  @param first, n  C expressions: the elements [first, first + n) */
void emit_fused_derivative(emitter *e, const plan_step *s, const char *first, const char *n);

/* --- convolution.c ---------------------------------------------------------------------------------- */

/** "y * 2 + r * 3 - 1", without neutral terms: the row or column under a kernel tap. */
const char *emit_position(emitter *e, const char *place, int64_t stride, const char *within, int64_t dilation,
                          int64_t pad);

/** Start of sample i of a value: "conv2d_out + i * 5408". */
const char *emit_image_at(emitter *e, const ir_value *v);

/** The loop over the images i of a task; the end of it and of the function. */
void emit_open_images(emitter *e);
void emit_close_images(emitter *e);

/** out[j] = f(out[j] + bias) for an image of the step's output; the input of f is kept if its derivative needs it. */
void emit_image_activation(emitter *e, const plan_step *s, const ir_value *bias);

/* --- op_penalty.c ----------------------------------------------------------------------------------- */

/** Add the gradient of a regularizer to the gradient of its parameter, which has just been written.
 *  @param first, n  C expressions: the elements [first, first + n) */
void emit_penalty_gradient(emitter *e, const ir_value *parameter, const char *first, const char *n);

/** The same before a gradient is written by a function of mnn/tree.h: once per batch, with the first shard.
 *  @return the last argument of that function */
const char *emit_penalty_start(emitter *e, const ir_value *parameter, const char *first, const char *n);

/* --- windows.c -------------------------------------------------------------------------------------- */

/** A sliding window over an image of NHWC layout. */
typedef struct window {
    ir_shape in, out;
    ir_pair size, strides, dilation, pad;
    bool padded; /* whether any window extends into the padding */
} window;

window emit_window_of(const ir_op *op, ir_shape in, ir_shape out);

/** For every pooled value: the maximum of its window in z, and its index.
 *  @param z, out, index  C expressions: pointers to one image
 *  @param value  C expression of the stored value from "best[k]" */
void emit_largest(emitter *e, const window *v, const char *z, const char *out, const char *index,
                  const char *index_type, const char *value);

/** Add every gradient dy to the position in dz that the index refers to. */
void emit_scatter(emitter *e, const window *v, const char *dy, const char *index, const char *dz);

#endif
