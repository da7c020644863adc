/* The intermediate representation: a program is its data, a graph of operations on tensors, and how to
 * train it. Built by sema, given shapes and gradients by the passes, laid out by plan/. One arena. */
#ifndef MNNC_IR_IR_H
#define MNNC_IR_IR_H

#include <stdbool.h>
#include <stdint.h>

#include "lang/ids.h"
#include "support/arena.h"
#include "support/source.h"
#include "support/str.h"

enum { IR_MAX_RANK = 4, IR_MAX_OPERANDS = 8 };

/** The shape of one sample (no batch dimension), or of a parameter. Rank 0 means "not known yet" for a
 *  value before shape inference, and a scalar after it. */
typedef struct ir_shape {
    int rank;
    int64_t dim[IR_MAX_RANK];
} ir_shape;

/** (height, width) */
typedef struct ir_pair {
    int64_t h;
    int64_t w;
} ir_pair;

typedef enum ir_value_kind {
    IR_VALUE_ACTIVATION, /* one a sample: [rows, shape] */
    IR_VALUE_PARAMETER,  /* one for all samples, trained */
    IR_VALUE_STATE,      /* likewise, but kept from step to step and not trained */
    IR_VALUE_STATISTIC,  /* one for all samples of the batch, made in every step */
    IR_VALUE_GRADIENT,   /* of an activation: [rows, shape] */
    IR_VALUE_PARAMETER_GRADIENT,
    IR_VALUE_INDEX /* bytes, one a sample: which input of a pooling window was the largest */
} ir_value_kind;

typedef struct ir_op ir_op;
typedef struct ir_value ir_value;

/** A function of every number, with its argument. */
typedef struct ir_activation {
    lang_activation kind;
    double a; /* leaky_relu: slope below 0; elu: alpha; gelu: 1 for the form with tanh; the others: 0 */
} ir_activation;

typedef struct ir_initializer {
    lang_initializer kind;
    double a; /* constant: the value; random_uniform: minimum; random_normal: mean; *scaling: 0 */
    double b; /* random_uniform: maximum; random_normal: standard deviation */
} ir_initializer;

/** The penalty for large weights, sum of l1 |w| + l2 w^2 over a parameter; both 0: none. */
typedef struct ir_regularizer {
    double l1, l2;
} ir_regularizer;

/** A tensor. Each has one producer, but for parameters and state, which have none. */
struct ir_value {
    int id;
    ir_value_kind kind;
    const char *name; /* "dense_1.kernel", "dense_1.out"; unique in the graph */
    ir_shape shape;
    ir_op *producer;
    int readers[2];                /* operands of the graph's operations that it is, by ir_direction */
    const ir_op *written_producer; /* likewise of graph->written; NULL: made by a pass */
    ir_value *gradient;            /* of an activation or parameter, after differentiation; else NULL. What an
                                      addition gives and what it adds share one gradient */
    ir_initializer initializer;    /* parameters and state */
    ir_regularizer regularizer;    /* parameters */
    int64_t fan_in, fan_out;       /* parameters */
    ir_value *next;
};

typedef enum ir_opcode {
#define OP(id, name, doc) IR_##id,
#include "ir/ops.def"
#undef OP
    IR_OPCODE_COUNT
} ir_opcode;

typedef enum ir_direction { IR_FORWARD, IR_BACKWARD } ir_direction;

typedef enum ir_padding { IR_PADDING_VALID, IR_PADDING_SAME } ir_padding;

/** What the labels of a loss are. */
typedef enum ir_labels {
    IR_LABELS_CLASS_NUMBERS,
    IR_LABELS_ONE_HOT,
    IR_LABELS_BINARY, /* 0 or 1 for one output, or one-hot */
    IR_LABELS_NUMBERS /* the target of one output, or one-hot */
} ir_labels;

typedef struct ir_loss {
    lang_loss kind;
    double label_smoothing; /* categorical_crossentropy, binary_crossentropy */
    double delta;           /* huber */
} ir_loss;

/** What an operation needs to know besides its operands. Which members an opcode uses is said in ops.def;
 *  the others are zero. */
typedef struct ir_attributes {
    int64_t units;      /* dense */
    int64_t filters;    /* conv2d */
    int64_t groups;     /* conv2d: so many convolutions side by side, each with its share of channels and filters */
    int64_t multiplier; /* depthwise_conv2d: outputs of each channel; conv2d: likewise where every channel is a group
                           (set by shape inference), else 0 */
    ir_pair window;     /* convolutions: kernel size; pooling: pool size */
    ir_pair strides;    /* convolutions, pooling */
    ir_pair dilation;   /* likewise: rows and columns from one element of the window to the next; pooling: 1 */
    ir_padding padding;
    ir_pair pad;              /* rows above and columns left that padding "same" adds; set by shape inference */
    bool use_bias;            /* dense, convolutions */
    ir_activation activation; /* activation; dense and convolutions after fusion (linear before) */
    ir_initializer kernel_initializer, bias_initializer;
    ir_regularizer kernel_regularizer, bias_regularizer;
    double epsilon;     /* batchnorm, layernorm */
    double momentum;    /* batchnorm */
    bool center, scale; /* batchnorm, layernorm: beta is added, gamma multiplied */
    ir_initializer gamma_initializer, beta_initializer;
    double rate;                       /* dropout: share of the values that become 0 */
    ir_shape target;                   /* input, reshape; a reshape to rank 1 with dimension 0 flattens */
    ir_loss loss;                      /* loss */
    int64_t classes;                   /* loss: labels are 0 .. classes - 1; 0: the label is the target itself */
    bool from_logits;                  /* loss: takes what stands before softmax or sigmoid (set by fuse) */
    bool fused_pool;                   /* conv2d: a maxpool2d follows in the same function, before the bias and the
                                          activation, which no pooled value changes (set by fuse) */
    struct ir_op *pool;                /* that maxpool2d, taken out of the graph */
    ir_activation gradient_activation; /* backward: the gradient that it writes is multiplied by the
                        derivative of this activation (set by fuse; linear: none) ... */
    struct ir_value *gradient_point;   /* ... which is a function of this value: its input or its result */
    int stream;                        /* dropout: number of its random stream, from 0 */
} ir_attributes;

/** An operation. The forward operations are in topological order; after differentiation the backward
 *  ones follow, in the order in which they run. */
struct ir_op {
    ir_opcode code;
    ir_direction direction;
    const char *layer; /* the layer's name, unique: "dense_1" */
    span at;           /* the statement it comes from */
    ir_attributes attr;
    int input_count;
    ir_value *input[IR_MAX_OPERANDS];
    int output_count;
    ir_value *output[IR_MAX_OPERANDS];
    ir_op *forward;  /* of a backward operation: its forward one; of a sum of gradients: the one whose
                        result they are gradients of */
    ir_op *backward; /* of a forward operation, after differentiation; NULL when it has none */
    int64_t flops;   /* for one sample, set by cost */
    ir_op *next;
};

/** How far the passes have come. */
typedef enum ir_level {
    IR_RESOLVED,       /* names bound, acyclic, topological order; no shapes */
    IR_SHAPED,         /* every value has its shape, every parameter exists */
    IR_SIMPLIFIED,     /* forward operations in the order that is cheapest */
    IR_DIFFERENTIATED, /* backward operations and gradients are there */
    IR_COSTED,         /* flops known */
    IR_FUSED           /* operations that share a function are one */
} ir_level;

/** A layer as the user sees it: a row of the table. */
typedef struct ir_layer {
    const char *name;
    const char *type;           /* "conv2d" */
    lang_activation activation; /* linear: none */
    ir_shape shape;             /* of its output */
    int64_t parameters;
    int64_t flops, backward_flops; /* for one sample, set by cost */
    span at;
    struct ir_layer *next;
} ir_layer;

typedef struct ir_graph {
    arena *arena;
    ir_level level;
    ir_layer *layers; /* set by shape inference */
    ir_op *written;   /* copies of the forward operations as the user wrote them, kept by shape inference:
                         what the passes make of the graph can be compared with them */
    ir_op *first, *last;
    ir_value *values, *last_value;
    int value_count;
    ir_op *input;     /* the IR_INPUT operation */
    ir_value *output; /* what the model predicts: [rows, classes] */
} ir_graph;

/** Two files in IDX form, as written in the description. */
typedef struct ir_files {
    const char *images; /* NULL: absent */
    const char *labels; /* NULL: the target is the input itself */
    span at;
} ir_files;

/** What happens to samples in training steps only; zeros: nothing. */
typedef struct ir_augment {
    double rotate, zoom, shift; /* degrees, a share, pixels: the largest, to either side */
    double outside;             /* what comes from beyond the edges, as the model sees it */
    double noise;               /* standard deviation, as the model sees it */
    ir_shape picture;           /* height, width, channels of what moves; rank 0: nothing does */
    span moved_at;              /* the first step that moves pictures */
} ir_augment;

typedef struct ir_data {
    const char *name; /* "mnist" */
    ir_files train, test, validation;
    double scale, shift; /* x * scale + shift: all scale() and normalize() steps in one */
    ir_shape reshape;    /* rank 0: none */
    span reshape_at;
    int64_t one_hot; /* classes; 0: labels stay numbers */
    span one_hot_at;
    double validation_split; /* share of the training set; 0: none */
    lang_order validation_order;
    span validation_at;
    bool shuffle;
    int64_t train_limit, test_limit, validation_limit; /* limit(train, n); 0: none */
    span train_limit_at;
    ir_augment augment;
} ir_data;

/** A learning rate that changes from step to step; members that its kind does not have are 0. */
typedef struct ir_schedule {
    bool used; /* false: the learning rate is a constant */
    span at;
    lang_schedule kind;
    double initial;    /* exponential_decay, step_decay, cosine_decay, polynomial_decay */
    int64_t steps;     /* the same: decay_steps; one_cycle: total_steps */
    double decay_rate; /* exponential_decay, step_decay */
    bool staircase;    /* exponential_decay; true for step_decay */
    int count;         /* piecewise_constant: of boundaries */
    const double *boundaries, *values;
    double alpha;         /* cosine_decay */
    double warmup_target; /* cosine_decay */
    int64_t warmup_steps; /* cosine_decay; 0: no warmup */
    double end, power;    /* polynomial_decay */
    bool cycle;           /* polynomial_decay */
    double highest, last; /* one_cycle; initial is its first learning rate */
    double rising;        /* one_cycle: the share of the steps in which it rises */
} ir_schedule;

typedef struct ir_optimizer {
    lang_optimizer kind;
    double learning_rate; /* of the first step */
    ir_schedule schedule;
    double momentum;                  /* sgd, rmsprop */
    bool nesterov;                    /* sgd */
    double rho;                       /* rmsprop */
    double beta_1, beta_2;            /* adam, adamw, nadam */
    double epsilon;                   /* rmsprop, adagrad (inside the root), adam, adamw (epsilon hat), nadam */
    double initial_accumulator_value; /* adagrad */
    double weight_decay;              /* 0: none */
    double clipnorm, clipvalue, global_clipnorm; /* 0: none; at most one of them is not */
} ir_optimizer;

enum { IR_MAX_METRICS = 16 };

typedef struct ir_metric {
    lang_metric kind;
    const char *name; /* as shown: "accuracy", "top_5" */
    int64_t k;        /* top_k */
    span at;
} ir_metric;

/** Something done after every epoch. */
typedef struct ir_callback {
    lang_callback kind;
    span at;
    int metric;      /* what is monitored: its number, -1 is the loss */
    bool validation; /* ... of the validation set */
    bool more_is_better;
    double min_delta; /* not negative */
    int64_t patience;
    bool restore_best_weights; /* early_stopping */
    int64_t start_from_epoch;  /* early_stopping */
    double factor, min_lr;     /* reduce_lr_on_plateau */
    int64_t cooldown;          /* reduce_lr_on_plateau */
    const char *path;          /* csv_logger, checkpoint */
    int64_t every;             /* checkpoint */
} ir_callback;

typedef struct ir_train {
    ir_loss loss;
    span loss_at;
    ir_optimizer optimizer;
    ir_metric metrics[IR_MAX_METRICS];
    int metric_count;
    ir_callback callbacks[LANG_CALLBACK_COUNT];
    int callback_count;
    int64_t epochs;
    int64_t batch_size;
    span batch_size_at; /* zero span: the default */
    uint64_t seed;
    span at; /* the block's head */
} ir_train;

typedef struct ir_program {
    const source *source;
    const char *model_name; /* as written: "cnn" */
    ir_data data;
    ir_graph *graph;
    ir_train train;
} ir_program;

/* --- building ------------------------------------------------------------------------------------ */

ir_graph *ir_graph_new(arena *a);

/** Append a forward operation with one activation as its output (shape unknown yet).
 *  @param in  the operation's input; NULL for IR_INPUT */
ir_op *ir_append(ir_graph *g, ir_opcode code, const char *layer, span at, ir_value *in);

/** Append an operation without operands. */
ir_op *ir_append_bare(ir_graph *g, ir_opcode code, ir_direction direction, const char *layer, span at);

/** @param format  the value's name; unique by the caller's choice */
ir_value *ir_value_new(ir_graph *g, ir_value_kind kind, ir_shape shape, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

void ir_add_input(ir_op *op, ir_value *v);

/** Put another value in an operand's place. */
void ir_set_input(ir_op *op, int nth, ir_value *v);
void ir_add_output(ir_op *op, ir_value *v);

/** Take an operation out of the graph (its values stay). */
void ir_remove(ir_graph *g, ir_op *op);

/* --- asking --------------------------------------------------------------------------------------- */

/** Whether training sees other samples than prediction. */
bool ir_augments(const ir_data *d);

/** Product of the dimensions; the shapes in a graph are checked not to overflow. Rank 0 gives 1. */
int64_t ir_elements(ir_shape s);
bool ir_same_shape(ir_shape a, ir_shape b);

/** "(28, 28, 1)"; a single dimension is "(10)" */
const char *ir_shape_text(arena *a, ir_shape s);

const char *ir_loss_name(lang_loss loss);
ir_labels ir_loss_labels(lang_loss loss);
/** The activation that must stand before the loss; linear: none. */
lang_activation ir_loss_activation(lang_loss loss);

const char *ir_op_name(ir_opcode code);
const char *ir_activation_name(lang_activation f);

/** Whether the derivative is a function of the activation's input; else it is one of its result. */
bool ir_derivative_takes_input(ir_activation f);

/** The input of an activation that was fused into a product, which is kept for the derivative, or NULL. */
ir_value *ir_kept_input(const ir_op *op);

/** Whether there is one copy a row of the batch. */
bool ir_is_per_row(const ir_value *v);

/** Whether it is there before the first step: a parameter or state. */
bool ir_is_kept(const ir_value *v);

/** The nth input or output of a kind, from 0, or NULL. */
ir_value *ir_input_of_kind(const ir_op *op, ir_value_kind kind, int nth);
ir_value *ir_output_of_kind(const ir_op *op, ir_value_kind kind, int nth);

/** How many of a number of samples are left to train on after the validation split, as in Keras:
 *  floor(samples * (1 - share)). */
int64_t ir_training_samples(const ir_data *data, int64_t samples);

/** Whether the operation only gives its input another name or shape: reshape, activation linear,
 *  dropout of rate 0. */
bool ir_is_view(const ir_op *op);

/** Rows and columns that a window reaches over; with a dilation that is more than it has elements. */
ir_pair ir_window_span(const ir_attributes *a);

/** Whether a regularizer does anything. */
bool ir_is_penalty(ir_regularizer r);

/** The loss and the penalty, forward: they make one number a row, row_loss of the runtime, which has no shape and
 *  no place in the plan's memory. */
bool ir_is_row_loss(const ir_op *op);

/** conv2d, depthwise_conv2d: a small kernel slides over a picture, one image at a time, and the gradients of
 *  the parameters are partial sums, one a piece of the batch, that are added up afterwards. */
bool ir_is_convolution(const ir_op *op);

/** What computes the operation: a conv2d with a group for every channel and few filters per group is a
 * depthwise_conv2d, whose weights have the same order in memory. */
ir_opcode ir_lowered(const ir_op *op);

/** Whether a row of its result depends on the other rows of the batch. */
bool ir_couples_rows(const ir_op *op);

/** The parameter or state of a forward operation by its role ("kernel", "bias"), or NULL. */
ir_value *ir_parameter(const ir_op *op, const char *role);

/** What a loss, forward or backward, compares the prediction with; NULL: labels of the data set. */
ir_value *ir_loss_target(const ir_op *loss);

/** Operations of one direction that read v. */
int ir_consumers(const ir_value *v, ir_direction direction);

/** --dump=ir */
void ir_dump(str *out, const ir_program *p);

/** Check what the graph's level promises.
 *  @return NULL, or what does not hold (an internal fault) */
const char *ir_verify(const ir_graph *g);

#endif
