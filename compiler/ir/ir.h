/* The intermediate representation: a program consists of its data, a graph of operations on tensors, and the
 * training settings. Built by sema, extended with shapes and gradients by the passes, laid out by plan/. Allocated
 * in one arena. */
#ifndef MNNC_IR_IR_H
#define MNNC_IR_IR_H

#include <stdbool.h>
#include <stdint.h>

#include "lang/ids.h"
#include "scalar/scalar.h"
#include "support/arena.h"
#include "support/source.h"
#include "support/str.h"

enum { IR_MAX_RANK = 4 };

/** The shape of one sample (without the batch dimension), or of a parameter. Rank 0 means "unknown" for a value
 *  before shape inference, and a scalar after it. */
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
    IR_VALUE_ACTIVATION, /* one per sample: [rows, shape] */
    IR_VALUE_PARAMETER,  /* one for all samples, trainable */
    IR_VALUE_STATE,      /* as IR_VALUE_PARAMETER, but non-trainable: kept from step to step */
    IR_VALUE_STATISTIC,  /* one for all samples of the batch, computed in every step */
    IR_VALUE_GRADIENT,   /* of an activation: [rows, shape] */
    IR_VALUE_PARAMETER_GRADIENT,
    IR_VALUE_INDEX /* bytes, one per sample: index of the maximum of a pooling window */
} ir_value_kind;

typedef struct ir_op ir_op;
typedef struct ir_value ir_value;

/** The formula of an elementwise function, in leaves. */
typedef struct ir_formula {
    lang_activation kind;
    double a;
    scalar_set *set;
    const scalar *value;      /* of x */
    const scalar *derivative; /* of the result y, or of x */
    const scalar *gradient;   /* g times the derivative */
    bool takes_input;         /* whether the derivative is of x */
    struct ir_formula *next;
} ir_formula;

enum { IR_LEAF_X, IR_LEAF_Y, IR_LEAF_G, IR_LEAF_COUNT };

/** An elementwise function (or softmax), with its argument. */
typedef struct ir_activation {
    lang_activation kind;
    double a;                  /* its argument; bool: 0 or 1; 0 for those without */
    const ir_formula *formula; /* NULL: softmax, or no activation at all */
} ir_activation;

/** State that is learnt from the training set before training. */
typedef enum ir_learnt { IR_LEARNT_NOT, IR_LEARNT_STANDARDIZE, IR_LEARNT_MINMAX } ir_learnt;

typedef struct ir_initializer {
    lang_initializer kind;
    ir_learnt learnt; /* with a and b the range of minmax; kind is that of a model without data */
    double a;         /* constant: the value; random_uniform: minimum; random_normal: mean; *scaling: 0 */
    double b;         /* random_uniform: maximum; random_normal: standard deviation */
} ir_initializer;

/** The penalty for large weights, sum of l1 |w| + l2 w^2 over a parameter; both 0: none. */
typedef struct ir_regularizer {
    double l1, l2;
} ir_regularizer;

/** A tensor. Each has one producer, except parameters and state, which have none. */
struct ir_value {
    int id;
    ir_value_kind kind;
    const char *name;  /* "dense_1.kernel", "dense_1.kernel.gradient_2"; unique in the graph */
    const char *layer; /* "dense_1" */
    const char *role;  /* "kernel", "out"; of a gradient: that of the value whose gradient it is */
    int term;          /* of a gradient that is one term of a sum: its position from 1; else 0 */
    ir_shape shape;
    ir_op *producer;
    int readers[2];                /* number of operands that refer to it, by ir_direction */
    const ir_op *written_producer; /* the producer in graph->written; NULL: made by a pass */
    bool needs_gradient;           /* set by differentiation: it depends on a parameter, or is one */
    ir_value *gradient; /* of an activation or parameter, after differentiation; else NULL. The result and the inputs of
                          an addition share one gradient */
    ir_initializer initializer; /* parameters and state */
    ir_regularizer regularizer; /* parameters */
    int64_t fan_in, fan_out;    /* parameters */
    ir_value *next;
};

/** The kinds of operation: the layers of the language, in the order of lang_layer, and then those of ops.def. */
typedef enum ir_opcode {
#define LAYER(id, ...) IR_##id,
#define OP LAYER
#include "ir/ops.def"
    IR_OPCODE_COUNT
} ir_opcode;

/** Properties of operations, one bit each, listed in their rows. */
typedef enum ir_trait {
    IR_STARTS = 1 << 0,            /* it makes the samples of the batch */
    IR_CONVOLVES = 1 << 1,         /* a product with a kernel in windows of an image */
    IR_SELECTS = 1 << 5,           /* the largest value of each window, with its index */
    IR_MAPS = 1 << 6,              /* it is an activation */
    IR_NORMALISES = 1 << 7,        /* to mean 0 and variance 1, then times gamma plus beta */
    IR_RESHAPES = 1 << 8,          /* the elements stay in order, the shape changes: no work */
    IR_KEEPS_PLACES = 1 << 9,      /* an element of the result belongs to that element of the input */
    IR_ROW_LOSS = 1 << 10,         /* one value per sample */
    IR_TRAINING_ONLY = 1 << 11,    /* in prediction it changes nothing */
    IR_NEEDS_BATCH = 1 << 12,      /* its function needs more of the batch than the number of rows */
    IR_COUPLES_ROWS = 1 << 13,     /* the result for one row depends on other rows of the batch */
    IR_SUMS_BY_ROWS = 1 << 14,     /* backward computes partial sums of the parameters' gradients row by row */
    IR_READS_INPUT = 1 << 15,      /* backward reads its inputs, except state */
    IR_TAKES_ACTIVATION = 1 << 16, /* its function can apply an activation to its result */
    IR_KEEPS_ARGUMENT = 1 << 17,   /* ... and store what that is applied to */
    IR_TAKES_POOL = 1 << 18,       /* its function can select the largest value of each window */
    IR_CONNECTS = 1 << 19,         /* every output is a sum over all inputs */
    IR_MIXES = 1 << 20,            /* every output is a sum over the channels of a window */
    IR_NORMALISES_ROWS = 1 << 21,  /* ... with the mean and variance of each row, also in prediction */
    IR_ADDS = 1 << 22,             /* the sum of its inputs */
    IR_RESCALES = 1 << 23,         /* by center and scale of each channel, which are learnt from the data */
    IR_WRITTEN = 1 << 24           /* the trainer's functions have a writer in emit/; else they follow from the nests */
} ir_trait;

typedef enum ir_direction { IR_FORWARD, IR_BACKWARD } ir_direction;

/** The form of a loss's labels. */
typedef enum ir_labels {
    IR_LABELS_CLASS_NUMBERS,
    IR_LABELS_ONE_HOT,
    IR_LABELS_BINARY, /* 0 or 1 for one output, or one-hot */
    IR_LABELS_NUMBERS /* the target of one output, or one-hot */
} ir_labels;

/** The loss of one output, in leaves. */
typedef struct ir_loss_formula {
    scalar_set *set;
    const scalar *value;      /* of the prediction and the target */
    const scalar *computed;   /* the same of the logit, where the last activation is part of the loss */
    const scalar *derivative; /* of the prediction and the target, by the prediction or by the logit */
    const scalar *slope;      /* the same without a constant factor ... */
    double factor;            /* ... which is this */
} ir_loss_formula;

enum { IR_LEAF_PREDICTION, IR_LEAF_TARGET, IR_LEAF_LOGIT, IR_LEAF_SUM, IR_LEAF_SCALE, IR_LOSS_LEAVES };

typedef struct ir_loss {
    lang_loss kind;
    double label_smoothing; /* 0 for losses without this argument */
    double delta;           /* likewise */
    const ir_loss_formula *formula;
} ir_loss;

/** The value of a layer's argument, in the argument's type. */
typedef union ir_argument {
    int64_t integer;
    double real;
    bool boolean;
    ir_pair pair;
    ir_shape shape;
    ir_initializer initializer;
    ir_regularizer regularizer;
    int word; /* of a type with a table: the row's id */
} ir_argument;

/** The attributes of an operation: those of its layer's arguments; the others are zero. */
typedef struct ir_attributes {
    int64_t units;      /* dense */
    int64_t filters;    /* conv2d */
    int64_t groups;     /* conv2d: number of groups of a grouped convolution */
    int64_t multiplier; /* depthwise_conv2d: outputs per channel; conv2d: the same if every channel is a group (set by
                           shape inference), else 0 */
    ir_pair window;     /* convolutions: kernel size; pooling: pool size */
    ir_pair strides;    /* convolutions, pooling */
    ir_pair dilation;   /* convolutions, pooling: stride between taps, in rows and columns; pooling: 1 */
    lang_padding padding;
    ir_pair pad;              /* padding "same": rows at the top and columns on the left; set by shape inference */
    bool use_bias;            /* dense, convolutions */
    ir_activation activation; /* activation; dense and convolutions after fusion (linear before) */
    ir_initializer kernel_initializer, bias_initializer;
    ir_regularizer kernel_regularizer, bias_regularizer;
    double epsilon;     /* batchnorm, layernorm */
    double momentum;    /* batchnorm */
    bool center, scale; /* batchnorm, layernorm: whether beta is added, whether gamma is multiplied */
    ir_initializer gamma_initializer, beta_initializer;
    double rate;        /* dropout: fraction of the values set to 0 */
    ir_shape target;    /* input, reshape */
    ir_loss loss;       /* loss */
    int64_t classes;    /* loss: labels are 0 .. classes - 1; 0: the label is the target itself */
    bool from_logits;   /* loss: takes the input of softmax or sigmoid (set by fuse) */
    bool fused_pool;    /* conv2d: fused with the following maxpool2d, which is computed before bias and activation; no
                           pooled value changes (set by fuse) */
    struct ir_op *pool; /* that maxpool2d, removed from the graph */
    ir_activation gradient_activation; /* backward: the gradient it writes is multiplied by the derivative of this
                                          activation (set by fuse; linear: none) ... */
    struct ir_value *gradient_point;   /* ... which is a function of this value: its input or its result */
    struct ir_value *like;             /* the projection of a residual: the value whose shape it makes; else NULL */
    int stream;                        /* dropout: index of its random stream, from 0 */
    const ir_argument *argument;       /* of a layer: all of them, in the order of its row */
} ir_attributes;

/** An operation. The forward operations are in topological order; after differentiation they are followed by the
 *  backward operations, in execution order. */
struct ir_op {
    ir_opcode code;
    ir_direction direction;
    const char *layer; /* the layer's name, unique: "dense_1" */
    span at;           /* the statement in the source */
    ir_attributes attr;
    arena *arena; /* of the graph; the lists of operands grow in it */
    int input_count;
    ir_value **input;
    int output_count;
    ir_value **output;
    ir_op *forward;  /* of a backward operation: its forward operation; of a sum of gradients: the one whose result the
                        gradients belong to */
    ir_op *backward; /* of a forward operation, after differentiation; NULL if it has none */
    int64_t flops;   /* per sample, set by cost */
    ir_op *next;
};

/** The progress of the passes over a graph. */
typedef enum ir_level {
    IR_RESOLVED,       /* names bound, acyclic, topological order; no shapes */
    IR_SHAPED,         /* every value has its shape, every parameter exists */
    IR_SIMPLIFIED,     /* forward operations in the cheapest order */
    IR_DIFFERENTIATED, /* backward operations and gradients exist */
    IR_COSTED,         /* flops known */
    IR_FUSED           /* operations that share a function are fused */
} ir_level;

/** A layer as the user sees it: a row of the summary. */
typedef struct ir_layer {
    const char *name;
    const char *type;           /* "conv2d" */
    lang_activation activation; /* linear: none */
    ir_shape shape;             /* of its output */
    int64_t parameters;
    int64_t flops, backward_flops; /* per sample, set by cost */
    span at;
    struct ir_layer *next;
} ir_layer;

typedef struct ir_graph {
    arena *arena;
    ir_level level;
    ir_layer *layers; /* set by shape inference */
    ir_op *written;   /* copies of the forward operations as the user wrote them, made by shape inference, so that the
                         graph after the passes can be compared with them */
    ir_op *first, *last;
    ir_value *values, *last_value;
    int value_count;
    ir_formula *formulas; /* of all activations, each once */
    ir_op *input;         /* the operation that starts the graph */
    ir_value *output;     /* predictions of the model: [rows, classes] */
    const char *fault;    /* of the nests of an operation, found by a pass; NULL: none */
} ir_graph;

/** A source of samples, as written in the description. */
typedef struct ir_source {
    const char *reader;         /* "idx": a row of lang/sources.def; NULL: there is no such set */
    const char *samples;        /* its file or folder */
    const char *labels;         /* the file of the labels; NULL: none, or in the same file as the samples */
    bool has_labels;            /* false: the target is the input itself */
    const char *const *options; /* "name=value" ..., NULL: for the reader */
    span at;
} ir_source;

/** Augmentation of samples in training steps; zeros: none. */
typedef struct ir_augment {
    double rotate, zoom, shift; /* maximum in both directions: degrees, a fraction, pixels */
    double outside;             /* value of pixels outside the image, as input to the model */
    int fill;                   /* how pixels outside are found, as mnn_fill */
    unsigned flip;              /* directions, as of mnn_motion */
    double noise;               /* standard deviation, in units of the model's input */
    ir_shape picture;           /* height, width, channels of the image that is moved; rank 0: none */
    span moved_at;              /* the first augmentation step that moves images */
} ir_augment;

typedef struct ir_data {
    const char *name; /* "mnist" */
    ir_source train, test, validation;
    int64_t columns;                  /* inputs of the training set's table; 0: not known, or no table */
    const char *const *column_names;  /* [columns]; NULL: not known */
    const char *const *table_options; /* what the training set's table says of missing cells, NULL; NULL: none */
    span columns_at;                  /* columns { ... }; no source: none */
    const char *const *class_names;   /* [class_count]; NULL: class numbers, or not known */
    int class_count;
    bool classes_are_numbers; /* the names are integers, found in the file */
    span classes_at;
    double scale, shift; /* x * scale + shift: all scale() and normalize() steps combined */
    ir_shape reshape;    /* rank 0: none */
    span reshape_at;
    int64_t one_hot; /* classes; 0: labels are class numbers */
    span one_hot_at;
    double validation_split; /* fraction of the training set; 0: none */
    lang_order validation_order;
    span validation_at;
    bool shuffle;
    int64_t train_limit, test_limit, validation_limit; /* limit(train, n); 0: none */
    span train_limit_at;
    ir_augment augment;
    ir_initializer rescale; /* standardize() or minmax(): what is learnt */
    bool rescales_all;      /* ... for all channels together */
    span rescale_at;        /* no source: neither */
} ir_data;

/** A learning rate schedule; members that its kind does not use are 0. */
typedef struct ir_schedule {
    bool used; /* false: the learning rate is a constant */
    span at;
    lang_schedule kind;
    bool per_epoch;      /* a step of it is an epoch */
    double t_mul, m_mul; /* cosine_decay_restarts */
    double initial;      /* exponential_decay, step_decay, cosine_decay, polynomial_decay */
    int64_t steps;       /* the same: decay_steps; one_cycle: total_steps */
    double decay_rate;   /* exponential_decay, step_decay */
    bool staircase;      /* exponential_decay; true for step_decay */
    int count;           /* piecewise_constant: of boundaries */
    const double *boundaries, *values;
    double alpha;          /* cosine_decay */
    double warmup_target;  /* cosine_decay */
    int64_t warmup_steps;  /* cosine_decay; 0: no warmup */
    double end, power;     /* polynomial_decay */
    bool cycle;            /* polynomial_decay */
    double highest, last;  /* one_cycle; initial is its first learning rate */
    double rising;         /* one_cycle: the fraction of the steps in which it rises */
    const scalar *formula; /* of the number of previous updates, leaf 0; NULL: piecewise_constant */
} ir_schedule;

enum { IR_MAX_SLOTS = 3, IR_MAX_ONCE = 8 };

/** The leaves of an optimizer's formula; IR_UPDATE_ONCE and what follows are the values of the part once per step. */
enum {
    IR_UPDATE_GRADIENT,
    IR_UPDATE_PARAMETER,
    IR_UPDATE_DECAY, /* learning_rate weight_decay */
    IR_UPDATE_RATE,
    IR_UPDATE_T,
    IR_UPDATE_K,
    IR_UPDATE_PRODUCT,
    IR_UPDATE_SLOT,
    IR_UPDATE_ONCE = IR_UPDATE_SLOT + IR_MAX_SLOTS,
    IR_UPDATE_LEAVES = IR_UPDATE_ONCE + IR_MAX_ONCE
};

/** A named expression. */
typedef struct ir_named {
    const char *name;
    const scalar *value;
} ir_named;

/** The formula of an optimizer. */
typedef struct ir_update {
    scalar_set *set;
    const scalar *product; /* over k = 1 ... t, IR_UPDATE_PRODUCT; NULL: none */
    ir_named once[IR_MAX_ONCE];
    ir_named slots[IR_MAX_SLOTS]; /* the new value; the name is that in files */
    int slot_leaf[IR_MAX_SLOTS];  /* the old value */
    int once_count, slot_count;
    const scalar *parameter; /* its new value */
} ir_update;

enum { IR_MAX_ARGUMENTS = 8 };

/** An argument of one optimizer, as its formula calls it. */
typedef struct ir_optimizer_argument {
    const char *name;
    double value;
    bool is_flag;
} ir_optimizer_argument;

typedef struct ir_optimizer {
    lang_optimizer kind;
    const ir_update *update;
    double learning_rate; /* of the first step */
    ir_schedule schedule;
    ir_optimizer_argument argument[IR_MAX_ARGUMENTS]; /* of its row, but the learning rate and what follows here */
    int argument_count;
    double weight_decay;                         /* 0: none */
    double clipnorm, clipvalue, global_clipnorm; /* 0: none; at most one of them is set */
} ir_optimizer;

enum { IR_MAX_METRICS = 16 };

typedef struct ir_metric {
    lang_metric kind;
    const char *name; /* as printed: "accuracy", "top_5" */
    int64_t k;        /* top_k */
    span at;
} ir_metric;

/** An action after every epoch. */
typedef struct ir_callback {
    lang_callback kind;
    span at;
    int metric;      /* index of the monitored metric; -1: the loss */
    bool validation; /* ... on the validation set */
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
    int64_t shards;     /* of a batch */
    int64_t shard_rows; /* of the largest shard: a step computes as many */
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
 *  @param in  the operation's input; NULL for the one that starts the graph */
ir_op *ir_append(ir_graph *g, ir_opcode code, const char *layer, span at, ir_value *in);

/** Append an operation without operands. */
ir_op *ir_append_bare(ir_graph *g, ir_opcode code, ir_direction direction, const char *layer, span at);

/** A value named "layer.role"; the caller makes it unique. */
ir_value *ir_value_new(ir_graph *g, ir_value_kind kind, ir_shape shape, const char *layer, const char *role);

/** A gradient of a parameter or activation.
 *  @param term  its position, from 1, if it is a term of a sum; else 0 */
ir_value *ir_gradient_new(ir_graph *g, const ir_value *v, int term);

/** A copy of an operation, with lists of operands of its own; it is not in the graph and does not count as a reader. */
ir_op *ir_copy(const ir_op *op);

void ir_add_input(ir_op *op, ir_value *v);

/** Replace an operand. */
void ir_set_input(ir_op *op, int nth, ir_value *v);
void ir_add_output(ir_op *op, ir_value *v);

/** Remove an operation from the graph (its values stay). */
void ir_remove(ir_graph *g, ir_op *op);

/* --- asking --------------------------------------------------------------------------------------- */

/** Whether training samples differ from inference samples. */
bool ir_augments(const ir_data *d);

/** Product of the dimensions; shapes in a graph are checked against overflow. Rank 0 gives 1. */
int64_t ir_elements(ir_shape s);
bool ir_same_shape(ir_shape a, ir_shape b);

/** "(28, 28, 1)"; a single dimension is "(10)" */
const char *ir_shape_text(arena *a, ir_shape s);

/** "28 x 28 x 1" */
const char *ir_dims_text(arena *a, ir_shape s, const char *between);

const char *ir_loss_name(lang_loss loss);

/** Make the schedule's formula, of its arguments. */
void ir_schedule_complete(ir_schedule *s, arena *a);

/** The value of an argument by its name; 0: it has none. */
double ir_optimizer_value(const ir_optimizer *o, const char *name);

/** Make the optimizer's formula, of its arguments. */
void ir_optimizer_complete(ir_optimizer *o, arena *a);
ir_labels ir_loss_labels(lang_loss loss);

/** Make the loss's formula, of its arguments. */
void ir_loss_complete(ir_loss *loss, arena *a);

/** The target of an output whose class is not the label's, without label smoothing; that of the label's is 1. */
double ir_loss_off(lang_loss loss);

/** Between the two: from here on a single output says 1. */
double ir_loss_threshold(lang_loss loss);

/** The activation required before the loss; linear: none. */
lang_activation ir_loss_activation(lang_loss loss);

const char *ir_op_name(ir_opcode code);

/** The first operation with any of the traits. */
ir_opcode ir_opcode_with(unsigned traits);

/** Whether an operation has any of the traits. */
bool ir_has(ir_opcode code, unsigned traits);
const char *ir_activation_name(lang_activation f);

/** The operator of ONNX that it is, with its argument as alpha; empty: none. */
const char *ir_activation_onnx(lang_activation f);

ir_activation ir_activation_new(ir_graph *g, lang_activation kind, double argument);

/** The value, in double; softmax is not a function of one value. */
double ir_activate(ir_activation f, double x);

/** Whether the derivative is a function of the activation's input; else it is one of its result. */
bool ir_derivative_takes_input(ir_activation f);

/** The derivative as it follows from the formula, whether or not the row gives one: of the result if that can be. */
const scalar *ir_derived(const ir_formula *f);

/** Whether f never turns a larger value into a smaller one, so that max(f(x)) = f(max(x)). */
bool ir_never_falls(ir_activation f);

/** Whether f keeps the order of any two different values; of softmax: of those of one sample. */
bool ir_keeps_order(ir_activation f);

/** Whether f is 0 for all that is not positive. */
bool ir_is_zero_below(ir_activation f);

/** Whether f is x where x is positive, else 0. */
bool ir_is_relu(ir_activation f);

/** Whether f is x between 0 and a constant, and the nearer one of these elsewhere. */
bool ir_is_clip(ir_activation f);

/** The input of an activation fused into a matrix product or convolution, which is kept for the derivative, or
 *  NULL. */
ir_value *ir_kept_input(const ir_op *op);

/** Whether the value has one copy per row of the batch. */
bool ir_is_per_row(const ir_value *v);

/** Whether the value exists before the first step: a parameter or state. */
bool ir_is_kept(const ir_value *v);

/** The nth input or output of a kind, from 0, or NULL. */
ir_value *ir_input_of_kind(const ir_op *op, ir_value_kind kind, int nth);
ir_value *ir_output_of_kind(const ir_op *op, ir_value_kind kind, int nth);

/** The number of samples left for training after the validation split, as in Keras: floor(samples * (1 -
 *  fraction)). */
int64_t ir_training_samples(const ir_data *data, int64_t samples);

/** Whether the operation only renames or reshapes its input: reshape, activation linear, dropout with rate 0. */
bool ir_is_view(const ir_op *op);

/** Whether the operation applies a function to its input that changes something: an activation other than linear. */
bool ir_is_map(const ir_op *op);

/** Whether an operation of trainers and inference code can select the largest value of each window
 *  of its result, after f has been applied to it. The pooling is done first, so f must keep the order. */
bool ir_takes_pool(ir_opcode code, ir_activation f, const ir_op *pool);

/** Rows and columns that a window spans; with a dilation more than its number of taps. */
ir_pair ir_window_span(const ir_attributes *a);

/** Whether the windows of a pooling lie inside its input and do not overlap. */
bool ir_windows_are_apart(const ir_op *pool);

/** ... and no element is between two of them. */
bool ir_windows_are_adjacent(const ir_op *pool);

/** The value of an argument of the operation's layer. */
const ir_argument *ir_argument_named(const ir_op *op, const char *name);

/** Whether a regularizer has an effect. */
bool ir_is_penalty(ir_regularizer r);

/** Whether it is a forward loss or penalty: they compute one value per row, row_loss of the runtime, which has no
 *  shape and no buffer in the plan. */
bool ir_is_row_loss(const ir_op *op);

/** Whether it is conv2d or depthwise_conv2d: 2-D convolutions, computed per image; the gradients of the parameters
 *  are partial sums, one per piece of the batch, that are added afterwards. */
bool ir_is_convolution(const ir_op *op);

/** Whether a row of its result depends on other rows of the batch. */
bool ir_couples_rows(const ir_op *op);

/** The parameter or state of a forward operation by its role ("kernel", "bias"), or NULL. */
ir_value *ir_parameter(const ir_op *op, const char *role);

/** The value that a loss, forward or backward, compares the prediction with; NULL: labels of the data set. */
ir_value *ir_loss_target(const ir_op *loss);

/** Whether the first layer brings its input to mean 0 and variance 1. */
bool ir_normalises_input(const ir_graph *g);

/** The number of operations of one direction that read v. */
int ir_consumers(const ir_value *v, ir_direction direction);

/** Whether an input of an operation is also one of those before it. */
bool ir_is_repeated(const ir_op *op, int nth);

/** The only forward operation that reads a result of op, or NULL: none or several do. */
ir_op *ir_only_reader(const ir_op *op, const ir_value *v);

/** --dump=ir */
void ir_dump(str *out, const ir_program *p);

/** Check the invariants of the graph's level.
 *  @return NULL, or the violated invariant (an internal fault) */
const char *ir_verify(const ir_graph *g);

#endif
