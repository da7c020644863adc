/* The plan: the execution order of the functions, the division of their work among threads, the memory layout of
 * all tensors, and all names in C. The emitters write the plan as C and make no decisions. */
#ifndef MNNC_PLAN_PLAN_H
#define MNNC_PLAN_PLAN_H

#include "ir/ir.h"
#include "mnn/abi.h"
#include "support/diag.h"
#include "support/name_map.h"

/* Upper limit of useful workers: MNN_MAX_WORKERS of mnn/worker.h. */
enum { PLAN_MAX_WORKERS = 64 };

/* Upper limit of the pieces of a sum, which are added in order: their number decides the bits. */
enum { PLAN_SUM_PIECES = 8 };

/* Maximum number of phases of a convolution's input gradient; with more (large strides and kernels), it is computed
 * patch by patch instead. */
enum { PLAN_MAX_PHASES = 256 };

/* Floats that may be written after the gradient of an image, and the alignment of rows of a transposed kernel:
 * MNN_OVERRUN of mnn/windows.h. */
enum { PLAN_OVERRUN = 16 };

/* Parameters updated per piece: small enough to distribute, and a page. */
enum { PLAN_UPDATE_PIECE = 1024 };
/* Rows of the input that share a list of nonzero columns: MNN_SKIP_ROWS of mnn/skip.h. */
enum { PLAN_SKIP_ROWS = 4 };
/* Maximum width of an image, in floats, whose zeros can be listed: MNN_LIST_BLOCK of mnn/skip.h. */
enum { PLAN_LIST_WIDTH = 1024 };
/* Maximum number of filters in the backward pass of a convolution with windows: MNN_WINDOW_FILTERS of
 * mnn/windows.h. */
enum { PLAN_WINDOW_FILTERS = 256 };
/* Elements of a parameter per partial sum of the penalty. */
enum { PLAN_PENALTY_PIECE = 8192 };

/** How the work of a function is divided into pieces. The pieces depend on the shapes only, so any number of
 *  workers computes the same bits. */
typedef enum plan_cut {
    PLAN_ROWS,    /* samples of the batch */
    PLAN_COLUMNS, /* one dimension of the weights: see plan_step.width */
    PLAN_WHOLE    /* one piece, one worker */
} plan_cut;

/** Sums over the rows of the batch, or over many inputs, are computed in two parts with a barrier in between: a
 *  partial sum per piece, then the total of the pieces in order. */
typedef enum plan_part {
    PLAN_FORWARD_SUMS,   /* training only: partial sums of statistics over all rows, for operations that couple rows ...
                          */
    PLAN_FORWARD_TOTALS, /* ... the statistics */
    PLAN_FORWARD_PRODUCTS, /* dense with many inputs: the matrix product of each piece of them ... */
    PLAN_PENALTY_SUMS,     /* penalty: the sums over pieces of the parameters ... */
    PLAN_FORWARD,          /* ... and their sum */
    PLAN_BACKWARD_SUMS,    /* likewise: partial sums over all rows for the gradient of the input ... */
    PLAN_BACKWARD_TOTALS,  /* ... their totals, which for a batchnorm are the gradients of its parameters */
    PLAN_BACKWARD, /* the gradient of the input; if plan_step.partials is set, also partial sums of the parameters'
                      gradients */
    PLAN_BACKWARD_PARAMETERS /* the gradients of the parameters */
} plan_part;

/** The implementation of a matrix product or convolution. */
typedef enum plan_kernel {
    PLAN_LOOP,    /* plain loops */
    PLAN_TILE,    /* tiles in registers, of compile-time shapes (mnn/product.h) */
    PLAN_DIRECT,  /* conv2d: the same, read from the image */
    PLAN_WINDOWS, /* conv2d with max pooling: the same, per pooling window (mnn/windows.h) */
    PLAN_SPREAD,  /* its gradients, if a row of the kernel fills vectors: filter by filter (mnn/windows.h) */
    PLAN_GEMM,    /* OpenBLAS */
    PLAN_IM2COL,  /* conv2d: patches copied to a matrix, OpenBLAS */
    PLAN_SUM      /* partial sums, added in order */
} plan_kernel;

/** The user's options. */
typedef struct plan_options {
    bool with_reference; /* the double-precision reference of gradcheck */
    bool blas_only;      /* every matrix product through OpenBLAS: the plain version, for reading and for comparisons */
} plan_options;

/** Static arrays of the generated program. */
typedef enum plan_array { PLAN_PARAMS, PLAN_STATE, PLAN_GRADS, PLAN_WORKSPACE, PLAN_INDEX } plan_array;

/** A tensor in memory. */
typedef struct plan_buffer {
    const ir_value *value; /* NULL: partial sums, or lists */
    const char *c_name;    /* "dense_1_out" */
    plan_array array;
    const char *c_type; /* "float"; for PLAN_INDEX "uint8_t" or "uint16_t" */
    bool per_row;       /* one copy per row of the batch */
    bool per_shard;     /* one copy per shard */
    int64_t elements;   /* per row or shard, or in total */
    int64_t offset;  /* of the first element in its array; state is stored in the array of the parameters, after them */
    int first, last; /* stretches between barriers during which it is live (workspace) */
    bool used;       /* by a step: only then is it declared */
    const struct plan_buffer *parameter; /* PLAN_GRADS: whose gradient it is, at the same offset ... */
    struct plan_buffer *shard_sums;      /* ... and what each shard adds to it, if other functions read that; or NULL */
    struct plan_buffer *next;
} plan_buffer;

/** One function of the generated program. */
typedef struct plan_step {
    const ir_op *op;
    plan_part part;
    const char *c_name; /* "dense_1_backward" */
    int number;         /* steps before it */
    plan_cut cut;
    int64_t width;           /* PLAN_COLUMNS: length of the dimension that is divided */
    int64_t piece;           /* rows or columns per piece */
    int64_t most;            /* per call: one piece, or several of neighbours */
    int first_worker;        /* piece 0 is assigned to this worker, piece 1 to the next (modulo their number) ... */
    bool neighbours;         /* ... or a worker's pieces are contiguous */
    bool by_shard;           /* every shard has pieces of its own, or is one */
    bool needs_batch;        /* the function takes the batch, not only its number of rows */
    plan_kernel kernel;      /* the implementation ... */
    const char *reason;      /* ... and the reason for the division into pieces */
    int64_t partial_size;    /* floats of the partial sums of one piece, written or read; 0: none */
    struct plan_step *maker; /* the step before, of the same operation, whose partial sums this one reads, or NULL */
    plan_buffer *partials;   /* [pieces][partial_size]; penalty: one element per piece of PLAN_PENALTY_PIECE elements of
                                every parameter with a regularizer */
    bool skips; /* dense, or conv2d by windows, after the input: zeros are skipped if the data have many; input: lists
                   them for dense (plan.lists) */
    int64_t scratch[3]; /* floats of its scratch areas, one after another */
    bool barrier;       /* all workers wait before it */
    int stretch;        /* number of barriers before it */
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
    const ir_op **gradient_makers; /* by the gradient's id: the operation that computes its value */
    plan_buffer **buffer_of;       /* by the value's id; NULL: no buffer of its own */
    name_map buffer_names;         /* the buffers by their names in C */
    plan_buffer *lists;            /* per PLAN_SKIP_ROWS rows a length and the nonzero columns of the input, or NULL */
    bool by_shard;                 /* rows are divided shard by shard: sums over them are those of a shard */
    int64_t row_piece;             /* rows that are summed up, or computed by one call ... */
    int64_t row_unit;              /* ... and those that are not divided among workers */
    int64_t shard_pieces;          /* of a full shard, if by_shard */
    int64_t param_count, state_count;
    int64_t workspace;           /* floats */
    int64_t scratch;             /* floats per worker */
    int64_t indices8, indices16; /* elements of the arrays of PLAN_INDEX, one for each type */
    int64_t index_bytes;
    int slot_count;            /* number of arrays that the optimizer keeps */
    int64_t norm_pieces;       /* pieces of the gradients whose squares are summed for clipping; 0: no clipping */
    bool keeps_best;           /* whether there is a copy of the parameters of the best epoch */
    int64_t row_bytes;         /* row_loss and similar arrays */
    int64_t static_bytes;      /* of all arrays but ... */
    struct layer_nests *nests; /* of the double-precision reference, or NULL */
    int64_t reference_bytes;   /* ... those of the reference, used by gradcheck only; without statistics */
    int max_workers;
} plan;

/** Lay out a program.
 *  needs   IR_FUSED
 *  @return NULL after reporting that it needs more memory than a program can have */
plan *plan_make(arena *a, diag_list *d, const ir_program *p, const plan_options *options);

/** "gemm (OpenBLAS)" and the like. */
const char *plan_kernel_text(plan_kernel kernel);

/** The text for a step that skips zeros, or "". */
const char *plan_skip_text(const plan_step *s);

/** Elements of a buffer, over all rows. */
int64_t plan_elements(const plan *p, const plan_buffer *b);

/** The buffer of a value; a view has the buffer of its input. */
plan_buffer *plan_buffer_of(const plan *p, const ir_value *v);

/** The name, or with "_n2", "_n3" at its end the first that is not taken. */
const char *plan_unique_name(const plan *p, const name_map *taken, const char *name);

/** A layer's name in C: a valid, unique identifier in lower case. */
const char *plan_c_name(const plan *p, const char *layer);

/** Distinguishes operations of one layer in C names: "relu", or "". */
const char *plan_name_suffix(const ir_op *op);

/** The number of pieces of a step. */
int64_t plan_pieces(const plan *p, const plan_step *s);

/** An image in scratch memory: its element (y, x) is stored at ((y + top) * width + x + left) * channels; all other
 *  elements are 0. */
typedef struct plan_canvas {
    int64_t height, width, channels;
    int64_t top, left;
} plan_canvas;

/** The input of a convolution with its padding. */
plan_canvas plan_input_canvas(const ir_op *op);

/** The gradient of a convolution's result; with a border of zeros, the gradient of the input is computed as
 *  convolutions of it. */
plan_canvas plan_gradient_canvas(const ir_op *op, bool bordered);

/** Along one dimension, the inputs first, first + stride, ...: they depend on the same taps of the kernel, every
 *  stride-th one. Their gradient is a convolution of the result's gradient with these taps, in reverse order. The
 *  first inputs are 0 .. stride - 1. */
typedef struct plan_phase {
    int64_t first, count;
    int64_t last_tap, taps; /* taps last_tap, last_tap - stride, ... */
    int64_t start;          /* offset of the first window in the result's gradient; may be negative */
} plan_phase;

/** The number of phases of a dimension (0: height, 1: width) that have taps; the gradient of all others is 0. */
int64_t plan_phase_count(const ir_op *op, int dimension);

/** @param index  0 .. plan_phase_count() - 1, in the order of their first inputs */
plan_phase plan_phase_of(const ir_op *op, int dimension, int64_t index);

int64_t plan_canvas_size(const plan_canvas *c);

/** The initial values of a parameter: an initializer with its fan-in and fan-out applied. */
typedef struct plan_initial {
    const char *kind; /* of the runtime's enumeration: "MNN_INIT_UNIFORM" */
    double a, b;
} plan_initial;

plan_initial plan_initial_of(const ir_value *parameter);

/** Whether inference and evaluation run a step too. */
bool plan_predicts(const plan_step *s);

/** Whether a step reads or writes an operand of its operation. */
bool plan_touches(const plan_step *s, const ir_value *v);

/** Default peak of one core in GFLOP/s: an AMD EPYC, Zen 4. */
enum { PLAN_DEFAULT_PEAK = 117 };

/** The part of its operation's arithmetic that a step does, for one sample. */
int64_t plan_step_flops(const plan_step *s);

/** Estimated time of one worker for a full shard.
 *  @param peak  GFLOP/s */
double plan_predicted_seconds(const plan *p, const plan_step *s, double peak);

/** Estimated time of a training step, with the pieces and barriers of the plan.
 *  @param workers  1 to PLAN_MAX_WORKERS; those above plan.max_workers have nothing to do */
double plan_step_seconds(const plan *p, int workers, double peak);

/** --dump=plan
 *  @param peak  GFLOP/s, for the estimated times; 0: PLAN_DEFAULT_PEAK */
void plan_dump(str *out, const plan *p, double peak);

/* --- parts of plan_make(), each in a file of its own ----------------------------------------------- */

void plan_names(plan *p);                /* names.c */
void plan_steps(plan *p);                /* steps.c */
bool plan_memory(plan *p, diag_list *d); /* memory.c */

#endif
