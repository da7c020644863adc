/* The steps of a model: a generated program is a table of them, and mnn_run_steps() walks it. A step's function
 * computes one task, a piece of the step's work; the pieces depend on the shapes only, so any number of workers
 * computes the same bits. */
#ifndef MNN_STEP_H
#define MNN_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "mnn/worker.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mnn_batch;
struct mnn_model;
struct mnn_update;

/** A shard: a run of rows that has a gradient of its own. A sum over the rows of a batch is cut at the shards, and the
 *  sums of the shards are added by a tree: after the sum of a shard, the last `adds` of the sums before it. */
typedef struct mnn_cut {
    int shard;       /* counted from the first that is computed: the index of data per shard */
    int first, rows; /* in the memory of the rows; shards without rows have none */
    int adds;
} mnn_cut;

/** A gradient: the sum of the cuts begin to end - 1, which are the shards of a subtree. */
typedef struct mnn_gradient {
    int begin, end;
    float *grads; /* [param_count] */
} mnn_gradient;

/** One task of a step: elements first to first + n - 1 of what the step is divided over. */
typedef struct mnn_task {
    int first, n;
    int piece;           /* number of the piece that it begins with: the index of the piece's partial sums */
    int shard;           /* of MNN_BY_SHARD: the shard that it is a part of, else 0 */
    int rows;            /* of the batch, or of MNN_BY_SHARD of the shard ... */
    int batch_rows;      /* ... and of the whole batch */
    int worker;          /* which worker computes it */
    bool opens;          /* the worker's first task of this step: prepares the scratch memory that its others use too */
    float *scratch;      /* of the worker: mnn_model.scratch floats */
    const mnn_cut *cuts; /* of the sums over rows, at least one in training; all are added to one gradient ... */
    int cut_count;
    float *grads;                    /* ... [param_count], here */
    const struct mnn_batch *batch;   /* NULL in MNN_STATE and MNN_UPDATE */
    const struct mnn_update *update; /* MNN_UPDATE only */
    const int *tensors;              /* of the step */
} mnn_task;

typedef void mnn_step_function(const mnn_task *task);

/** A training step runs all phases in this order; the gradients are checked before MNN_STATE. */
typedef enum mnn_phase {
    MNN_FORWARD, /* also inference */
    MNN_LOSS,
    MNN_BACKWARD,  /* gradients of activations, and partial sums of those of parameters */
    MNN_GRADIENTS, /* of parameters: sums over rows; between those of MNN_BACKWARD */
    MNN_STATE,     /* the non-trainable parameters, from the statistics of the batch */
    MNN_NORMS,     /* sums of the squares of the gradients, for clipping */
    MNN_UPDATE     /* of the trainable parameters */
} mnn_phase;

/** The dimension that a step is divided over. */
typedef enum mnn_over {
    MNN_ROWS,       /* of the batch */
    MNN_COLUMNS,    /* units or inputs of a layer */
    MNN_PARAMETERS, /* of the model, or sums over pieces of them */
    MNN_WHOLE       /* not divided: one task */
} mnn_over;

enum {
    MNN_BARRIER = 1,    /* all workers wait before this step; without it, each continues with the rows it has */
    MNN_NEIGHBOURS = 2, /* a worker's tasks are contiguous: it meets the same weights in all steps and in the update */
    MNN_TRAINING = 4,   /* not in inference */
    MNN_INFERENCE = 8,  /* in inference only */
    MNN_BY_SHARD = 16   /* in training, every shard has pieces of its own; MNN_WHOLE: one task per shard */
};

/** A row of the table: piece k is elements k * piece to (k + 1) * piece - 1 and belongs to worker first_worker + k,
 *  modulo the number of workers, unless MNN_NEIGHBOURS is set. Adjacent pieces of a worker are computed by one call. */
typedef struct mnn_step {
    mnn_step_function *run;
    const char *name;   /* of the function */
    const int *tensors; /* offsets of the tensors that it works on; NULL: it knows them */
    const char *layer;  /* "" for those without a layer */
    mnn_phase phase;
    mnn_over over;
    int size;         /* elements; of MNN_ROWS, those of a full batch */
    int piece;        /* elements that are not divided among workers ... */
    int most;         /* ... and elements per call, a multiple of them; more than one piece of MNN_NEIGHBOURS only */
    int first_worker; /* 0 to MNN_MAX_WORKERS - 1 */
    unsigned flags;
    int64_t flops; /* per sample; 0: not counted */
} mnn_step;

/** The first members of a row: a function that takes a task only. */
#define MNN_STEP(function) function, #function, NULL

/** The first members of a row: a function that MNN_TASK() follows, and the offsets of its tensors. */
#define MNN_CALL(function, ...)                                                                                        \
    function##_task, #function, (const int[])                                                                          \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

/** Of a function whose loops have conditions, or sums of chosen terms: gcc 12 for AVX-512 reads 0 for elements under a
 * condition that is the same for all passes of a loop, and for AVX2 it sums wrong terms of a choice (seen at -O3;
 * without this conversion, or with clang, the results are right). */
#if defined(__GNUC__) && !defined(__clang__)
#define MNN_KEEP_CONDITIONS __attribute__((optimize("no-tree-loop-if-convert")))
#else
#define MNN_KEEP_CONDITIONS
#endif

/** After a function that takes a task and tensors: where each tensor is stored, by its offset in `at`.
 *      static void dense_forward(const mnn_task *task, const float *restrict input, float *restrict output)
 *      MNN_TASK(dense_forward, workspace + at[0], workspace + at[1]) */
#define MNN_TASK(function, ...)                                                                                        \
    static void function##_task(const mnn_task *task)                                                                  \
    {                                                                                                                  \
        const int *at = task->tensors;                                                                                 \
        function(task, __VA_ARGS__);                                                                                   \
    }

/** Called by every worker when all workers have finished the steps before the given one. */
typedef void mnn_passed(const mnn_worker *worker, void *context, int step);

/** A walk through the table. */
typedef struct mnn_walk {
    const struct mnn_model *model;
    const struct mnn_batch *batch;   /* NULL from MNN_STATE on */
    const struct mnn_update *update; /* NULL without MNN_UPDATE */
    bool training;                   /* false: inference, without dropout and augmentation */
    const mnn_cut *cuts;             /* NULL: the batch is one shard */
    int cut_count;
    const mnn_gradient *sums; /* NULL: all cuts are added in mnn_model.grads */
    int sum_count;
    uint64_t *laps;     /* [workers][mnn_lap_stride()], see mnn/profile.h; NULL: not measured */
    int first, last;    /* elements of the steps of MNN_NORMS and MNN_UPDATE; last 0: all */
    mnn_passed *passed; /* after barriers; NULL: not wanted */
    void *context;
} mnn_walk;

/** Run the steps of the phases first to last. All workers of a pool call it with the same walk; it ends without a
 *  barrier, and before MNN_LOSS in a call of its own and before MNN_STATE the caller waits for all workers. */
void mnn_run_steps(const mnn_worker *worker, const mnn_walk *walk, mnn_phase first, mnn_phase last);

#ifdef __cplusplus
}
#endif

#endif
