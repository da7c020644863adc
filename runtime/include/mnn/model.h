/* The descriptor through which the runtime sees a generated program. */
#ifndef MNN_MODEL_H
#define MNN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mnn/abi.h"
#include "mnn/graph.h"
#include "mnn/worker.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MNN_MAX_RANK = 4 };

typedef enum mnn_initializer {
    MNN_INIT_ZEROS,
    MNN_INIT_ONES,
    MNN_INIT_CONSTANT,         /* a */
    MNN_INIT_UNIFORM,          /* in [a, b) */
    MNN_INIT_NORMAL,           /* mean a, standard deviation b */
    MNN_INIT_TRUNCATED_NORMAL, /* the same, redrawn beyond two standard deviations */
    MNN_INIT_ORTHOGONAL        /* orthonormal rows or columns, times a; at least two dimensions */
} mnn_initializer;

/** A parameter of the network, or state: what the network keeps from step to step but no optimizer trains, as
 *  the moving mean of a batchnorm. */
typedef struct mnn_tensor {
    const char *name; /* "dense_1.kernel": also its name in a safetensors file */
    int rank;
    int dims[MNN_MAX_RANK];
    int offset;     /* of its first element in params; of a parameter also in grads and every optimizer slot */
    int size;       /* elements */
    bool trainable; /* false: state, which lies behind all parameters and has no gradient */
    mnn_initializer initializer;
    double a, b; /* of the initializer */
} mnn_tensor;

/** A row of the model's table. */
typedef struct mnn_layer {
    const char *name; /* "dense_1" */
    const char *type; /* "dense" */
    int rank;         /* of the output, without the batch */
    int dims[MNN_MAX_RANK];
    int64_t params;
    int64_t flops; /* forward, one sample */
} mnn_layer;

/** An array that the optimizer keeps beside the parameters, e.g. Adam's first moment "m". */
typedef struct mnn_slot {
    const char *name;
    float *data;   /* [param_count] */
    float initial; /* every number of it before the first step */
} mnn_slot;

/** A pair of IDX files, as written in the description. */
typedef struct mnn_files {
    const char *images; /* NULL: absent */
    const char *labels; /* NULL with MNN_LABEL_INPUT */
} mnn_files;

typedef enum mnn_label_kind {
    MNN_LABEL_CLASS, /* 0 .. classes - 1 */
    MNN_LABEL_VALUE, /* output_size numbers a sample, which are the targets themselves */
    MNN_LABEL_INPUT  /* there are none: the target is what the model sees */
} mnn_label_kind;

typedef enum mnn_metric_kind {
    MNN_METRIC_ACCURACY,
    MNN_METRIC_TOP_K,            /* k */
    MNN_METRIC_CONFUSION_MATRIX, /* no number: a table */
    MNN_METRIC_PRECISION,
    MNN_METRIC_RECALL,
    MNN_METRIC_F1,
    MNN_METRIC_MSE,
    MNN_METRIC_MAE
} mnn_metric_kind;

/** Which samples of the training set the validation split holds out. */
typedef enum mnn_split_order {
    MNN_SPLIT_STRATIFIED, /* drawn with the seed, from every class its share */
    MNN_SPLIT_SHUFFLED,   /* drawn with the seed */
    MNN_SPLIT_LAST        /* the last ones */
} mnn_split_order;

enum { MNN_MAX_METRICS = 16, MNN_MAX_CALLBACKS = 4 };

/** Something that is measured beside the loss. */
typedef struct mnn_metric {
    mnn_metric_kind kind;
    const char *name; /* as shown: "accuracy", "top_5" */
    int k;
} mnn_metric;

typedef enum mnn_callback_kind {
    MNN_CALLBACK_EARLY_STOPPING,       /* monitor, restore_best_weights, start_from_epoch */
    MNN_CALLBACK_REDUCE_LR_ON_PLATEAU, /* monitor, factor, cooldown, min_lr */
    MNN_CALLBACK_CSV_LOGGER,           /* path */
    MNN_CALLBACK_CHECKPOINT            /* path, every */
} mnn_callback_kind;

/** Something done after every epoch; members that its kind does not have are 0. */
typedef struct mnn_callback {
    mnn_callback_kind kind;
    int metric;      /* that is monitored: its number; -1: the loss */
    bool validation; /* ... of the validation set */
    bool more_is_better;
    double min_delta; /* a smaller change is no improvement */
    int patience;     /* epochs */
    bool restore_best_weights;
    int start_from_epoch;
    double factor, min_lr;
    int cooldown;
    const char *path;
    int every; /* epochs */
} mnn_callback;

/** The samples a step works on: row r is sample index[r] of the data set. */
typedef struct mnn_batch {
    const uint8_t *images; /* [samples, sample_size]; NULL where the file holds other numbers ... */
    const float *inputs;   /* ... which are here: [samples, sample_size] */
    const uint8_t *labels; /* [samples], for MNN_LABEL_CLASS; NULL for forward alone */
    const float *targets;  /* [samples, output_size], for MNN_LABEL_VALUE; NULL for forward alone */
    const uint32_t *index; /* [rows] */
    int rows;              /* 1 .. batch_size */
    bool many_zeros;       /* so many of the data set's numbers are 0 that products do well to skip them; changes
                              no bit of any result */
    uint64_t seed;         /* of dropout's masks, a function of (seed, layer, step, row, element) ... */
    uint64_t step;         /* ... and of augmentation, a function of (seed, step, sample) */
} mnn_batch;

/** Let the cache fetch the sample of a row, if there is such a row. It must be inlined: gcc takes a function of
 *  nothing but prefetches for one without effect, and leaves out its calls.
 *  @param size  elements of a sample */
static inline __attribute__((always_inline)) void mnn_prefetch(const mnn_batch *batch, int row, int size)
{
    if (row >= batch->rows)
        return;
    const size_t element = batch->images ? 1 : sizeof *batch->inputs, at = (size_t)batch->index[row] * (size_t)size;
    const char *sample = batch->images ? (const char *)(batch->images + at) : (const char *)(batch->inputs + at);
    for (size_t i = 0; i < (size_t)size * element; i += 64)
        __builtin_prefetch(sample + i);
}

/** What changes from one update to the next. */
typedef struct mnn_update {
    double learning_rate;
    uint64_t step; /* from 1: Adam's bias correction */
} mnn_update;

/** A generated program. Everything is constant but what the pointers to float lead to. All the
 *  functions with a worker are run by every worker of a pool at once; they end without a barrier. */
typedef struct mnn_model {
    int abi;                 /* MNN_ABI */
    const char *name;        /* "cnn" */
    const char *description; /* SHA-256 of the canonical .mnn text, in hexadecimal */

    /* data */
    const char *data_name;
    mnn_files train, test, validation;
    int sample_rank; /* shape of one sample in the file that the model expects after its reshape */
    int sample_dims[MNN_MAX_RANK];
    int sample_size;    /* elements of one sample */
    bool reshapes;      /* a file of samples of another shape with as many elements will do */
    float scale, shift; /* x * scale + shift of the file's numbers is what the model sees */
    mnn_label_kind label_kind;
    int classes;             /* labels are 0 .. classes - 1; 0 for MNN_LABEL_VALUE */
    double threshold;        /* of one output for two classes: above it, it says 1 */
    double validation_split; /* this share of the training set is held out; 0: none */
    mnn_split_order validation_order;
    int train_limit, test_limit, validation_limit; /* use only the first n samples; 0: all */
    bool shuffle;
    const struct mnn_motion *motion; /* how training moves pictures (mnn/augment.h); NULL: it does not */
    float noise;                     /* standard deviation of what it adds to every number; 0: nothing */

    /* training */
    int epochs, batch_size;
    uint64_t seed;
    const char *loss_name, *optimizer_name;
    double learning_rate;      /* of the first step */
    const char *schedule_name; /* "cosine_decay"; NULL: the learning rate does not change by itself */
    /** The learning rate of the step after so many updates; NULL likewise. */
    double (*schedule)(uint64_t updates);
    int metric_count;
    const mnn_metric *metrics;
    int callback_count;
    const mnn_callback *callbacks;

    /* tables */
    int layer_count;
    const mnn_layer *layers;
    int tensor_count;
    const mnn_tensor *tensors;
    int node_count;
    const mnn_node *nodes; /* the network, for export and import; the last node is what it predicts */
    int slot_count;
    const mnn_slot *slots;
    int64_t static_bytes; /* of all static arrays of the program */
    int max_workers;      /* more workers than this would find no work */

    /* memory */
    int param_count;       /* numbers that are trained ... */
    int state_count;       /* ... and those of the state, behind them in params */
    float *params;         /* [param_count + state_count] */
    float *grads;          /* [param_count] */
    float *best_params;    /* [param_count + state_count], where early_stopping keeps weights; NULL: it does not */
    int output_size;       /* numbers predicted a sample */
    const float *output;   /* [batch_size, output_size]: what forward() leaves */
    const float *row_loss; /* [batch_size]: what losses() and gradients() leave, one a row, with the penalty of
                              the regularizers: their mean is the loss */

    /* the straight line */

    /** Prediction: output[rows, output_size] from the batch's images; dropout and augmentation are off. */
    void (*forward)(const mnn_worker *worker, const mnn_batch *batch);
    /** The loss of every row, after forward() and a barrier. */
    void (*losses)(const mnn_worker *worker, const mnn_batch *batch);
    /** One training step but for the update: output, row_loss and grads, the gradient of the mean loss
     *  of the batch's rows. */
    void (*gradients)(const mnn_worker *worker, const mnn_batch *batch);
    /** params -= what the optimizer says, after gradients() and a barrier. */
    void (*update)(const mnn_worker *worker, const mnn_update *update);
    /** Let the state follow the batch, once a training step, after gradients() and a barrier; NULL when there
     *  is no state. */
    void (*update_state)(const mnn_worker *worker);
    /** The same network in plain loops and double precision, for gradcheck: the loss of every row of the
     *  batch (MNN_REFERENCE_ROWS at most), in training form (with dropout and augmentation). Not thread-safe.
     *  @param params  [param_count], in the order of mnn_model.params; the state is not read
     *  @param result  [rows] */
    void (*reference)(const double *params, const mnn_batch *batch, double *result);

    /** Where the time of a training step goes; NULL: the program was not made with --profile. */
    const struct mnn_profile *profile;
} mnn_model;

/** Run a generated program: the commands train (the default), evaluate, predict, show, export, import,
 *  summary, gradcheck, bench.
 *  @return the exit code */
int mnn_main(const mnn_model *model, int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
