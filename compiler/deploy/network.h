/* A trained network as it is used: forward only, one sample, its weights known. The parts that only training needs are
 * gone, operations that one function computes together are one, and every tensor has its address. Made from the
 * operations as they were written (ir_graph.written) and the weights of a file; the emitter of inference code writes it
 * down. */
#ifndef MNNC_DEPLOY_NETWORK_H
#define MNNC_DEPLOY_NETWORK_H

#include "loops/lower.h"
#include "plan/plan.h"

/* Outputs whose sums are kept in registers, or at least on the stack, at once. */
enum { NET_BLOCK = 128 };

/** The memory of a tensor. */
typedef enum net_place {
    NET_WORK,  /* in the working memory, at offset */
    NET_INPUT, /* it is the caller's input */
    NET_OUTPUT /* it is the caller's output */
} net_place;

/** The value of an integer: scale * (integer - zero). */
typedef struct net_range {
    double low, high; /* what calibration saw, with 0 in it */
    double scale;
    int zero;
} net_range;

/** The channels of a value: element j belongs to channel j % count. */
typedef struct net_channels {
    int64_t count;
    double *low, *high; /* [count] what calibration saw of each */
    double *ratio;      /* [count] a channel's scale is range.scale times this, up to 1; NULL: all have range.scale */
    double *middle;     /* [count] the value of the byte range.zero, of the network's input; NULL: 0 */
} net_channels;

/** The result of an operation. */
typedef struct net_value {
    ir_shape shape;
    int64_t elements;
    net_range range;       /* int8 */
    net_channels channels; /* int8 */
    bool has_zeros;        /* many of its numbers are exactly 0, as after relu */
    net_place place;
    int64_t offset;  /* floats, NET_WORK */
    int first, last; /* numbers of the operations that make it and read it last */
} net_value;

/** Constants: weights, or what was made of them. */
typedef struct net_tensor {
    const char *c_name; /* "dense_kernel" */
    ir_shape shape;
    int64_t elements;
    float *data;
    const nest_tensor *shown; /* float: in the shape of its array in C */
    struct net_tensor *next;
} net_tensor;

/* Inputs of a sum of which 31 bits hold the sum; more are refused with int8. */
enum { NET_MAX_SUMMANDS = 8 };

/** The constants of an operation in integers. Sums are int32; a sum times multiplier / 2^shift is a number of the
 *  scale of its result. */
typedef struct net_integers {
    int8_t *kernel;      /* in the kernel's layout, symmetric for each output; NULL: there are no weights */
    int32_t *bias;       /* [outputs], in the scale of the sums; NULL likewise */
    int64_t outputs;     /* of the weights; of a mean: how many sizes its windows have; else 1 */
    int32_t *multiplier; /* [outputs], 0 or from 2^30; of a mean: [n - 1] for a window of n numbers, or the only one */
    int8_t *shift;       /* [outputs], 1 to 62 */
    int32_t *factor;     /* add: of each input, in the sum */
    int64_t epsilon;     /* layernorm: in the scale of the squares that its roots are of */
} net_integers;

/** How floats of the caller become bytes: (byte)(x * factor + offset), element j with those of j % count. With a
 *  layernorm x is (in - mean) / sqrt(variance + epsilon) of rows of that many elements. */
typedef struct net_entry {
    int64_t count;
    float *factor, *offset;
    int64_t row; /* 0: no layernorm */
    float epsilon;
} net_entry;

typedef struct net_form net_form; /* quantize.h */

/* Entries of an activation's table: one per byte. */
enum { NET_TABLE = UINT8_MAX + 1 };

/** An operation. The attributes are those of op. Which tensors there are follows from the code:
 *  dense, conv2d, depthwise_conv2d   kernel, bias (zeros where the layer has none); conv2d: pool or NULL
 *  batchnorm                         scale, shift: out = in * scale + shift for each channel
 *  input                             likewise those of a batchnorm that follows, or gamma and beta of norm, or NULL
 *  layernorm                         gamma, beta, or NULL */
typedef struct net_op {
    ir_opcode code;
    const ir_op *op;    /* the layer's: attributes, shapes, place in the description */
    const char *c_name; /* "dense_1": unique with a suffix after it */
    const char *folded; /* name of the batchnorm that its weights hold, or of norm; NULL: there is none */
    const ir_op *norm;  /* input, int8: a layernorm that is done before floats become bytes, or NULL */
    const ir_op *pool;  /* the maxpool2d that follows in the same function, or NULL */
    const ir_op *map;   /* the activation, its own or the one that has been joined; NULL: there is none */
    net_form *form;     /* int8: what it computes, as nests */
    ir_activation activation;
    ir_shape activation_shape; /* what the activation sees: softmax runs along its last dimension */
    int input_count;
    net_value **input;
    net_value *output;
    net_tensor *kernel, *bias; /* or scale and shift, or gamma and beta */
    net_integers *integers;    /* int8; NULL: its results are bytes of its input, or of a table */
    net_entry *entry;          /* int8, input: from floats to bytes */
    uint8_t *table;            /* int8: [NET_TABLE] of the activation, from byte to byte; NULL: there is none */
    uint16_t *power;           /* int8, softmax: [NET_TABLE] exp(-steps of inner) in 65535ths; NULL: it is none */
    net_range inner;           /* int8, with one of both: what the activation takes */
    lowered function;          /* float: in C */
    int scratch_count;         /* float: values that only this function needs, in the working memory ... */
    net_value *scratch;
    const nest_tensor **scratch_of; /* ... and the tensors that they are */
    double error;                   /* int8: of the result over the calibration samples, relative root mean square */
    struct net_op *next;
} net_op;

/** The type of the caller's values. */
typedef enum net_input { NET_BYTES, NET_FLOATS } net_input;

typedef struct net_options {
    net_input input;
    bool argmax_only; /* the answer is a class and no probabilities */
    bool quantized;   /* integers: net_quantize() will follow */
} net_options;

typedef struct network {
    arena *arena;
    const plan *plan; /* of the trainer: names in C, the program */
    net_options options;
    net_op *ops, *last;
    int op_count;
    net_tensor *tensors;
    net_value *input, *output;
    float *const *weights;  /* of each parameter and state by its value's id */
    nest_graph *nests;      /* of all operations */
    lower_form form;        /* float: how they become C */
    net_tensor **constants; /* float: by the tensor's id */
    nest_tensor *samples;   /* ... and what they begin with */
    int64_t work;           /* floats; int8: bytes */
    int64_t scores;         /* int8: outputs that stay integers, int32, in the working memory; 0: there are none */
    int64_t places;         /* entries of the list of inputs that are not 0; 0: there is none */
    int64_t classes;        /* 0: the outputs are not classes */
    double threshold;       /* of one output for two classes: above it, it says 1 */
    bool is_probability;    /* the last activation is softmax or sigmoid */
} network;

/** The type of the caller's values by default: bytes where the description scales or normalizes them,
 *  else floats. */
net_input net_input_of(const ir_program *p);

/** Whether the outputs are classes. */
bool net_has_classes(const ir_program *p);

/** Take the trained network apart and put it together for use.
 *  @param weights  of each parameter and state by its value's id; copied where they are changed */
network *net_make(arena *a, const plan *p, float *const *weights, const net_options *options);

/** The first constant that is not finite: finite weights may give one, for example a negative variance.
 *  @param element  set to where it is
 *  @return NULL when all are finite */
const net_tensor *net_not_finite(const network *n, int64_t *element);

/** Bytes of the working memory and of all constants. */
int64_t net_work_bytes(const network *n);
int64_t net_weight_bytes(const network *n);

/** Bytes of one operation's constants in integers. */
int64_t net_integer_bytes(const net_op *op);

/** Bytes of an entry of the list of places: 2, or 4 where an index needs more. */
int net_place_bytes(const network *n);

/* --- parts of net_make(), each in a file of its own ------------------------------------------------ */

void net_build(network *n, float *const *weights); /* build.c */
void net_memory(network *n);                       /* memory.c */
void net_add_nests(network *n);                    /* nests.c */
void net_add_functions(network *n);                /* functions.c */

/** Constants of an operation (build.c). */
net_tensor *net_add_tensor(network *n, const net_op *op, const char *role, ir_shape shape, float *data);

/** The value that a tensor is (functions.c). */
net_value *net_value_of(const network *n, const nest_tensor *t);

/** Constants of an operation (build.c). */
net_tensor *net_add_tensor(network *n, const net_op *op, const char *role, ir_shape shape, float *data);

/** The epsilon of a layernorm for data that have not been scaled; not finite where no float holds it (network.c). */
float net_norm_epsilon(const ir_data *data, const ir_op *norm);

/** Multiply every output of a dense or a convolution by a number of its own and add one to it (fold.c).
 *  @param scale, shift  [outputs] */
void net_fold(network *n, net_op *op, const float *scale, const float *shift);

#endif
