/* The plan: in which order functions run, how their work is cut for several threads, where every tensor
 * lies, and what everything is called in C. The emitters write down what stands here and decide nothing. */
#ifndef MNNC_PLAN_PLAN_H
#define MNNC_PLAN_PLAN_H

#include "ir/ir.h"
#include "support/diag.h"
#include "support/name_map.h"

/* More workers than this find no work; scratch memory is kept for each. */
enum { PLAN_MAX_WORKERS = 8 };

/* A convolution whose strides and kernel are so large that the gradient of its input falls into more phases than this
 * is done patch by patch instead. */
enum { PLAN_MAX_PHASES = 256 };

/* What is written behind the gradient of a picture, and what rows of a turned kernel are rounded up to: MNN_OVERRUN of
 * mnn/windows.h. */
enum { PLAN_OVERRUN = 16 };

/* Parameters that are updated in one piece: small enough to spread, large enough to be worth it. */
enum { PLAN_UPDATE_PIECE = 8192 };
/* Rows of the input that share a list of what is not 0: MNN_SKIP_ROWS of mnn/skip.h. */
enum { PLAN_SKIP_ROWS = 4 };
/* Width of a picture, in floats, whose zeros can be listed: MNN_LIST_BLOCK of mnn/skip.h. */
enum { PLAN_LIST_WIDTH = 1024 };
/* Filters that the backward pass of a convolution with windows has room for: MNN_WINDOW_FILTERS of mnn/windows.h. */
enum { PLAN_WINDOW_FILTERS = 256 };
/* Elements of a parameter that one partial sum of the penalty is over. */
enum { PLAN_PENALTY_PIECE = 8192 };

/** How the work of a function is cut into pieces. The pieces follow from shapes alone, so any number of
 *  workers computes the same bits. */
typedef enum plan_cut {
    PLAN_ROWS,    /* samples of the batch */
    PLAN_COLUMNS, /* one dimension of the weights: see plan_step.width */
    PLAN_WHOLE    /* one piece, one worker */
} plan_cut;

/** Sums over the rows of the batch, or over many inputs, are made in two parts, with a barrier between: a partial sum
 *  for each piece of them, then the total of the pieces in their order. */
typedef enum plan_part {
    PLAN_FORWARD_SUMS,       /* training only: what an operation that couples rows must know of all of them ... */
    PLAN_FORWARD_TOTALS,     /* ... its statistics */
    PLAN_FORWARD_PRODUCTS,   /* dense with many inputs: the product of each piece of them ... */
    PLAN_FORWARD,            /* ... which it adds up */
    PLAN_BACKWARD_SUMS,      /* likewise: what the gradient of the input needs of all rows ... */
    PLAN_BACKWARD_TOTALS,    /* ... which for a batchnorm are the gradients of its parameters */
    PLAN_BACKWARD,           /* the gradient of the input; where plan_step.partials is set, also partial sums of
                                the parameters' */
    PLAN_BACKWARD_PARAMETERS /* the gradients of the parameters */
} plan_part;

/** How a product is done. */
typedef enum plan_kernel {
    PLAN_LOOP,    /* plain loops, no product */
    PLAN_TILE,    /* tiles in registers, of compile-time shapes (mnn/product.h) */
    PLAN_DIRECT,  /* conv2d: the same, straight from the image */
    PLAN_WINDOWS, /* conv2d with a max pooling: the same, window by window (mnn/windows.h) */
    PLAN_SPREAD,  /* its gradients where a row of the kernel fills vectors: filter by filter (mnn/windows.h) */
    PLAN_GEMM,    /* OpenBLAS */
    PLAN_IM2COL,  /* conv2d: patches laid out as a matrix, OpenBLAS */
    PLAN_SUM      /* partial sums added up in order */
} plan_kernel;

/** What the user may choose. */
typedef struct plan_options {
    bool blas_only; /* every product through OpenBLAS: the plain version to read and to measure against */
} plan_options;

/** Static arrays of the generated program. */
typedef enum plan_array { PLAN_PARAMS, PLAN_STATE, PLAN_GRADS, PLAN_WORKSPACE, PLAN_INDEX } plan_array;

/** A tensor in memory. */
typedef struct plan_buffer {
    const ir_value *value; /* NULL: partial sums, or lists */
    const char *c_name;    /* "dense_1_out" */
    plan_array array;
    const char *c_type; /* "float"; for PLAN_INDEX "uint8_t" or "uint16_t" */
    bool per_row;       /* one copy a row of the batch */
    int64_t elements;   /* of one row, or of all */
    int64_t offset;     /* of the first element in its array; state lies in that of the parameters, behind them */
    int first, last;    /* stretches between barriers in which it is used (workspace) */
    bool used;          /* by a step: only then it is declared */
    struct plan_buffer *next;
} plan_buffer;

/** One function of the generated program. */
typedef struct plan_step {
    const ir_op *op;
    plan_part part;
    const char *c_name; /* "dense_1_backward" */
    int number;         /* steps before it */
    plan_cut cut;
    int64_t width;           /* PLAN_COLUMNS: length of the dimension that is cut */
    int64_t piece;           /* rows or columns in a piece */
    int first_worker;        /* piece 0 belongs to this worker, piece 1 to the next (modulo their number) ... */
    bool neighbours;         /* ... or a worker's pieces lie side by side */
    bool needs_batch;        /* the function takes the batch, not only its number of rows */
    plan_kernel kernel;      /* how the work is done ... */
    const char *reason;      /* ... and why it is cut like this */
    int64_t partial_size;    /* floats of the partial sums of one piece, made or read; 0: none */
    struct plan_step *maker; /* the step before, of the same operation, whose partial sums this one reads, or NULL */
    plan_buffer *partials;   /* [pieces][partial_size]; penalty: one number a piece of
                                PLAN_PENALTY_PIECE elements of every parameter with a regularizer */
    bool skips;              /* dense, or conv2d by windows, behind the input: zeros are left out where the data have
                                many; input: lists them for dense (plan.lists) */
    int64_t scratch[3];      /* floats of its scratch areas, one behind the other */
    bool barrier;            /* all workers wait before it */
    int stretch;             /* number of barriers before it */
    struct plan_step *next;
} plan_step;

/** A layer's name in C. */
typedef struct plan_name {
    const char *layer;
    const char *c_name;
} plan_name;

typedef struct plan {
    arena *arena;
    const ir_program *program;
    plan_options options;
    name_map names;       /* of plan_name, by the layer's name */
    name_map taken_names; /* the same by the name in C, and by what is derived from it */
    plan_step *steps;     /* of one training step: forward, loss, backward, parameters' gradients */
    name_map step_names;  /* the same by their names in C */
    plan_buffer *buffers, *last_buffer;
    const ir_op **gradient_makers; /* by the gradient's id: the operation that made the value whose gradient it is */
    plan_buffer **buffer_of;       /* by the value's id; NULL: it has none of its own */
    name_map buffer_names;         /* the buffers by their names in C */
    plan_buffer
        *lists; /* where the input is not 0: for PLAN_SKIP_ROWS rows a length and the places; NULL: not needed */
    int64_t row_piece;
    int64_t param_count, state_count;
    int64_t workspace; /* floats */
    int64_t scratch;   /* floats a worker */
    int64_t index_bytes;
    int slot_count;          /* arrays that the optimizer keeps */
    int64_t norm_pieces;     /* pieces of the gradients whose squares are summed to clip them; 0: none are */
    bool keeps_best;         /* there is a copy of the parameters: those of the best epoch */
    int64_t row_bytes;       /* row_loss and the like */
    int64_t static_bytes;    /* of all arrays but ... */
    int64_t reference_rows;  /* of the double-precision network at a time: 1, but where rows are coupled */
    int64_t reference_bytes; /* ... those of the double-precision network, which gradcheck alone touches */
    int max_workers;
} plan;

/** Lay a program out.
 *  needs   IR_FUSED
 *  @return NULL after reporting that it needs more memory than a program can have */
plan *plan_make(arena *a, diag_list *d, const ir_program *p, const plan_options *options);

/** "gemm (OpenBLAS)" and the like. */
const char *plan_kernel_text(plan_kernel kernel);

/** What is said of a step that skips zeros, or nothing. */
const char *plan_skip_text(const plan_step *s);

/** Elements of a buffer, of all rows. */
int64_t plan_elements(const plan *p, const plan_buffer *b);

/** Where a value lies, views seen through. */
plan_buffer *plan_buffer_of(const plan *p, const ir_value *v);

/** A layer's name in C: a valid, unique identifier in lower case. */
const char *plan_c_name(const plan *p, const char *layer);

/** What tells an operation from others of its layer in C names: "relu", or nothing. */
const char *plan_name_suffix(const ir_op *op);

/** Rows of pieces that a step is cut into. */
int64_t plan_pieces(const plan *p, const plan_step *s);

/** An image in scratch memory: element (y, x) of what it holds lies at
 *  ((y + top) * width + x + left) * channels; all other places are 0. */
typedef struct plan_canvas {
    int64_t height, width, channels;
    int64_t top, left;
} plan_canvas;

/** The input of a convolution with its padding. */
plan_canvas plan_input_canvas(const ir_op *op);

/** The gradient of a convolution's result; with a border of zeros, the gradient of the input is itself made of
 *  convolutions of it. */
plan_canvas plan_gradient_canvas(const ir_op *op, bool bordered);

/** Along one dimension, the inputs first, first + stride, ...: the same taps of the kernel have touched them, every
 *  stride-th one. Their gradient is a convolution of the result's gradient with these, in reverse order. The first
 *  inputs are 0 .. stride - 1. */
typedef struct plan_phase {
    int64_t first, count;
    int64_t last_tap, taps; /* taps last_tap, last_tap - stride, ... */
    int64_t start;          /* where in the result's gradient the window of the first begins; may be negative */
} plan_phase;

/** How many phases of a dimension (0: height, 1: width) have taps; the gradient of all others is 0. */
int64_t plan_phase_count(const ir_op *op, int dimension);

/** @param index  0 .. plan_phase_count() - 1, in the order of their first inputs */
plan_phase plan_phase_of(const ir_op *op, int dimension, int64_t index);

int64_t plan_canvas_size(const plan_canvas *c);

/** How the first values of a parameter are drawn: an initializer with fan-in and fan-out put in. */
typedef struct plan_initial {
    const char *kind; /* of the runtime's enumeration: "MNN_INIT_UNIFORM" */
    double a, b;
} plan_initial;

plan_initial plan_initial_of(const ir_value *parameter);

/** Whether a step touches an operand of its operation. */
bool plan_touches(const plan_step *s, const ir_value *v);

/** 10^9 multiplications and additions a second of one core, where nothing else is said: an AMD EPYC, Zen 4. */
enum { PLAN_DEFAULT_PEAK = 117 };

/** What one worker will roughly need for a full batch.
 *  @param peak  10^9 operations a second */
double plan_predicted_seconds(const plan *p, const plan_step *s, double peak);

/** --dump=plan
 *  @param peak  10^9 operations a second, for the predicted times; 0: PLAN_DEFAULT_PEAK */
void plan_dump(str *out, const plan *p, double peak);

/* --- parts of plan_make(), each in a file of its own ----------------------------------------------- */

void plan_names(plan *p);                /* names.c */
void plan_steps(plan *p);                /* steps.c */
bool plan_memory(plan *p, diag_list *d); /* memory.c */

#endif
