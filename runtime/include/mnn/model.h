/* The model descriptor: how a generated program describes itself to the runtime. */
#ifndef MNN_MODEL_H
#define MNN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mnn/abi.h"
#include "mnn/step.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MNN_MAX_RANK = 4 };

typedef enum mnn_initializer {
    MNN_INIT_ZEROS,
    MNN_INIT_ONES,
    MNN_INIT_CONSTANT,           /* a */
    MNN_INIT_UNIFORM,            /* in [a, b) */
    MNN_INIT_NORMAL,             /* mean a, standard deviation b */
    MNN_INIT_TRUNCATED_NORMAL,   /* the same, resampled beyond two standard deviations */
    MNN_INIT_ORTHOGONAL,         /* orthonormal rows or columns, times a; at least two dimensions */
    MNN_INIT_UNIT_FORGET,        /* 1 in the second quarter, 0 elsewhere */
    MNN_INIT_STANDARDIZE_SCALE,  /* learnt from the training set (data/learn.h), per channel of the samples: */
    MNN_INIT_STANDARDIZE_CENTER, /* (x - center) * scale has mean 0 and deviation 1 ... */
    MNN_INIT_MINMAX_SCALE,       /* ... or the range [a, b] */
    MNN_INIT_MINMAX_CENTER
} mnn_initializer;

/** The order of a tensor's elements where other programs have another one. */
typedef struct mnn_layout {
    bool depthwise; /* a kernel [height, width, channels, multiplier]; others of rank 4 end in [in_channels, filters] */
    int image[3];   /* height, width, channels of the image that is flattened to the first dimension; 0: none */
} mnn_layout;

/** A trainable or non-trainable parameter. Non-trainable parameters, such as the moving mean of a batchnorm, are
 *  kept from step to step and not updated by the optimizer. */
typedef struct mnn_tensor {
    const char *name; /* "dense_1.kernel": its name in safetensors files as well */
    int rank;
    int dims[MNN_MAX_RANK];
    int offset; /* of its first element in params; for a trainable parameter also in grads and every optimizer slot */
    int size;   /* elements */
    bool trainable; /* false: non-trainable, stored after all trainable parameters, without a gradient */
    mnn_initializer initializer;
    double a, b; /* of the initializer */
    mnn_layout layout;
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

/** An array that the optimizer keeps per parameter, e.g. Adam's first moment "m". */
typedef struct mnn_slot {
    const char *name;
    float *data;   /* [param_count] */
    float initial; /* initial value of every element */
} mnn_slot;

/** A source of samples, as written in the description. */
typedef struct mnn_source {
    const char *reader;         /* "idx": a row of runtime/data/readers.c; NULL: there is no such set */
    const char *samples;        /* its file or folder */
    const char *labels;         /* the file of the labels; NULL: none, or in the same file as the samples */
    const char *const *options; /* "name=value" ..., NULL; NULL: none */
} mnn_source;

typedef enum mnn_label_kind {
    MNN_LABEL_CLASS, /* 0 .. classes - 1 */
    MNN_LABEL_VALUE, /* output_size values per sample, the targets themselves */
    MNN_LABEL_INPUT  /* none: the target is the model's input */
} mnn_label_kind;

typedef enum mnn_metric_kind {
    MNN_METRIC_ACCURACY,
    MNN_METRIC_TOP_K,            /* k */
    MNN_METRIC_CONFUSION_MATRIX, /* not a single value: a table */
    MNN_METRIC_PRECISION,
    MNN_METRIC_RECALL,
    MNN_METRIC_F1,
    MNN_METRIC_MSE,
    MNN_METRIC_MAE
} mnn_metric_kind;

/** Selection of the samples that the validation split holds out. */
typedef enum mnn_split_order {
    MNN_SPLIT_STRATIFIED, /* random by the seed, the same fraction of every class */
    MNN_SPLIT_SHUFFLED,   /* random by the seed */
    MNN_SPLIT_LAST        /* the last samples */
} mnn_split_order;

enum { MNN_MAX_METRICS = 16, MNN_MAX_CALLBACKS = 4 };

/** A value reported in addition to the loss. */
typedef struct mnn_metric {
    mnn_metric_kind kind;
    const char *name; /* as printed: "accuracy", "top_5" */
    int k;
} mnn_metric;

typedef enum mnn_callback_kind {
    MNN_CALLBACK_EARLY_STOPPING,       /* monitor, restore_best_weights, start_from_epoch */
    MNN_CALLBACK_REDUCE_LR_ON_PLATEAU, /* monitor, factor, cooldown, min_lr */
    MNN_CALLBACK_CSV_LOGGER,           /* path */
    MNN_CALLBACK_CHECKPOINT            /* path, every */
} mnn_callback_kind;

/** An action after every epoch; members that its kind does not use are 0. */
typedef struct mnn_callback {
    mnn_callback_kind kind;
    int metric;      /* index of the monitored metric; -1: the loss */
    bool validation; /* ... on the validation set */
    bool more_is_better;
    double min_delta; /* a smaller change does not count as an improvement */
    int patience;     /* epochs */
    bool restore_best_weights;
    int start_from_epoch;
    double factor, min_lr;
    int cooldown;
    const char *path;
    int every; /* epochs */
} mnn_callback;

/** The samples of a step: row r is sample index[r] of the data set. */
typedef struct mnn_batch {
    const uint8_t *images; /* [samples, sample_size]; NULL if the file's type is not unsigned byte ... */
    const float *inputs;   /* ... and the samples are here: [samples, sample_size] */
    const uint8_t *labels; /* [samples], for MNN_LABEL_CLASS; NULL for forward only */
    const float *targets;  /* [samples, output_size], for MNN_LABEL_VALUE; NULL for forward only */
    const uint32_t *index; /* [rows] */
    int rows;              /* 1 .. mnn_model.batch_size */
    int first_row;         /* the position of row 0 in the whole batch, if these are the rows of a rank ... */
    int batch_rows;        /* ... and the rows of the whole batch; 0: these are all */
    bool many_zeros; /* enough values of the data set are 0 that products skip them; the results have the same bits */
    uint64_t seed;   /* for dropout masks, a function of (seed, layer, step, row, element) ... */
    uint64_t step;   /* ... and for augmentation, a function of (seed, step, sample) */
} mnn_batch;

/** Prefetch the sample of a row, if the row exists. Must be inlined: gcc treats a function that contains only
 *  prefetches as free of side effects and deletes calls to it.
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

/** The parameters of one update. */
typedef struct mnn_update {
    double learning_rate;
    uint64_t step; /* from 1, for Adam's bias correction */
} mnn_update;

/** A generated program. All members are constant except what the pointers to float point to. */
typedef struct mnn_model {
    int abi;                 /* MNN_ABI */
    const char *name;        /* "cnn" */
    const char *source;      /* file name of the description, without folders: "cnn.mnn" */
    const char *description; /* SHA-256 of the canonical .mnn text, in hexadecimal */

    /* data */
    const char *data_name;
    mnn_source train, test, validation;
    int sample_rank; /* shape of one sample in the data file after its reshape */
    int sample_dims[MNN_MAX_RANK];
    int sample_size;                 /* elements of one sample */
    const char *const *column_names; /* [sample_size] of a table; NULL: the samples have none */
    bool reshapes;                   /* files with samples of another shape and the same size are accepted */
    float scale, shift;              /* the model's input is x * scale + shift */
    bool normalises;                 /* the first layer brings its input to mean 0 and variance 1 */
    mnn_label_kind label_kind;
    int classes;                    /* labels are 0 .. classes - 1; 0 for MNN_LABEL_VALUE */
    const char *const *class_names; /* [classes]; NULL: classes are numbers */
    double threshold;               /* with one output for two classes: class 1 is predicted above it */
    double validation_split;        /* fraction of the training set that is held out; 0: none */
    mnn_split_order validation_order;
    int train_limit, test_limit, validation_limit; /* use only the first n samples; 0: all */
    bool shuffle;
    const struct mnn_motion *motion; /* random motion of training images (mnn/augment.h); NULL: none */
    float noise;                     /* standard deviation of the noise added to every value in training; 0: none */

    /* training */
    int epochs, batch_size;
    int shards; /* runs of rows that every batch is cut into, a power of two; 0: 1 */
    uint64_t seed;
    const char *loss_name, *optimizer_name;
    double learning_rate;      /* of the first step */
    const char *schedule_name; /* "cosine_decay"; NULL: constant learning rate */
    /** The learning rate after the given number of updates, or of whole epochs; NULL: constant. */
    double (*schedule)(uint64_t count);
    bool schedule_per_epoch;
    int metric_count;
    const mnn_metric *metrics;
    int callback_count;
    const mnn_callback *callbacks;

    /* tables */
    int layer_count;
    const mnn_layer *layers;
    int tensor_count;
    const mnn_tensor *tensors;
    int slot_count;
    const mnn_slot *slots;
    int64_t static_bytes; /* of all static arrays of the program */
    int64_t scratch;      /* floats of scratch memory per worker */
    int max_workers;      /* upper limit of useful workers */

    /* memory */
    int param_count;       /* trainable parameters ... */
    int state_count;       /* ... and non-trainable parameters, stored after them in params */
    float *params;         /* [param_count + state_count] */
    float *grads;          /* [param_count] */
    float *best_params;    /* [param_count + state_count], the weights of early_stopping's best epoch; NULL: not used */
    int output_size;       /* outputs per sample */
    const float *output;   /* [batch_size, output_size]: written by MNN_FORWARD */
    const float *row_loss; /* [batch_size]: written by MNN_LOSS, one per row, with the penalty of the
                              regularizers; the loss is their mean */
    int square_count;
    double *squares; /* [square_count]: the sums of the squares of the gradients by pieces of MNN_NORM_PIECE, of all
                        parameters or of each tensor, written by MNN_NORMS; NULL: no clipping by norms */

    /* computation */

    /** Inference writes output[rows, output_size]; a training step without MNN_UPDATE writes output, row_loss and
     * grads, the gradient of the mean loss over the rows of the whole batch; MNN_UPDATE changes params. */
    int step_count;
    const mnn_step *steps;
    const int *gradient_steps;   /* [tensor_count], with several shards: the row of steps after which the gradient of a
                                    trainable tensor is complete; NULL: all are after MNN_BACKWARD */
    int lanes;                   /* floats per vector of this program */
    int (*peak)(int64_t rounds); /* mnn_profile_peak(), compiled as this program is */
    /** A reference implementation in plain loops and double precision, for gradcheck: the loss of every row of the
     *  batch (at most MNN_REFERENCE_ROWS), in training mode (with dropout and augmentation). Not thread-safe. NULL: the
     *  program was generated without --with-reference.
     *  @param params  [param_count + state_count], in the order of mnn_model.params
     *  @param result  [rows] */
    void (*reference)(const double *params, const mnn_batch *batch, double *result);
} mnn_model;

/** The rows of the largest shard of a batch. */
static inline int mnn_shard_rows(const mnn_model *model)
{
    const int shards = model->shards > 1 ? model->shards : 1;
    return (model->batch_size + shards - 1) / shards;
}

/** Run a generated program: the commands train (the default), evaluate, predict, show, export, import, summary,
 *  gradcheck, bench, verify.
 *  @return the exit code */
int mnn_main(const mnn_model *model, int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
