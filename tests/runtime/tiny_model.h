/* A generated program in miniature, by hand: softmax regression from 4 pixels to 3 classes with plain SGD,
 * and what the tests of the runtime need around it. */
#ifndef TESTS_TINY_MODEL_H
#define TESTS_TINY_MODEL_H

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mnn/model.h"

enum { TINY_IN = 4, TINY_CLASSES = 3, TINY_BATCH = 8, TINY_PARAMS = TINY_IN * TINY_CLASSES + TINY_CLASSES };

/* kernel[4, 3], then bias[3] */
static float tiny_params[TINY_PARAMS], tiny_grads[TINY_PARAMS];
static float tiny_output[TINY_BATCH * TINY_CLASSES], tiny_row_loss[TINY_BATCH];

/* Faults that a test can switch on. */
static int tiny_wrong_gradient = -1;       /* this parameter's gradient is given half as large again */
static uint64_t tiny_infinite_at_step = 0; /* the gradient of the bias is infinite in this step */

static inline float tiny_pixel(const mnn_batch *b, int row, int i)
{
    return (float)b->images[b->index[row] * (uint32_t)TINY_IN + (uint32_t)i] * (1.0f / 255.0f);
}

static inline void tiny_forward(const mnn_task *t)
{
    for (int r = t->first; r < t->first + t->n; r++) {
        float *out = tiny_output + r * TINY_CLASSES, sum = 0;
        for (int c = 0; c < TINY_CLASSES; c++) {
            float z = tiny_params[TINY_IN * TINY_CLASSES + c];
            for (int i = 0; i < TINY_IN; i++)
                z += tiny_pixel(t->batch, r, i) * tiny_params[i * TINY_CLASSES + c];
            out[c] = expf(z);
            sum += out[c];
        }
        for (int c = 0; c < TINY_CLASSES; c++)
            out[c] /= sum;
    }
}

static inline void tiny_losses(const mnn_task *t)
{
    for (int r = t->first; r < t->first + t->n; r++)
        tiny_row_loss[r] = -logf(tiny_output[r * TINY_CLASSES + t->batch->labels[t->batch->index[r]]]);
}

static inline void tiny_gradients(const mnn_task *t)
{
    const mnn_batch *b = t->batch;
    for (int c = t->first; c < t->first + t->n; c++) {
        float *bias = &tiny_grads[TINY_IN * TINY_CLASSES + c];
        for (int i = 0; i < TINY_IN; i++)
            tiny_grads[i * TINY_CLASSES + c] = 0;
        *bias = 0;
        for (int r = 0; r < b->rows; r++) {
            const float target = b->labels[b->index[r]] == c ? 1.0f : 0.0f;
            const float d = (tiny_output[r * TINY_CLASSES + c] - target) / (float)b->rows;
            for (int i = 0; i < TINY_IN; i++)
                tiny_grads[i * TINY_CLASSES + c] += d * tiny_pixel(b, r, i);
            *bias += d;
        }
        if (tiny_infinite_at_step && b->step == tiny_infinite_at_step)
            *bias = INFINITY;
        if (tiny_wrong_gradient >= 0 && tiny_wrong_gradient % TINY_CLASSES == c)
            tiny_grads[tiny_wrong_gradient] *= 1.5f;
    }
}

static inline void tiny_update(const mnn_task *t)
{
    for (int p = t->first; p < t->first + t->n; p++)
        tiny_params[p] -= (float)t->update->learning_rate * tiny_grads[p];
}

enum { TINY_FORWARD, TINY_LOSSES, TINY_GRADIENTS, TINY_UPDATE, TINY_STEPS };

static const mnn_step tiny_all_steps[TINY_STEPS] = {
    {MNN_STEP(tiny_forward), "dense", MNN_FORWARD, MNN_ROWS, TINY_BATCH, 1, 1, 0, 0, 24},
    {MNN_STEP(tiny_losses), "loss", MNN_LOSS, MNN_ROWS, TINY_BATCH, 1, 1, 0, 0, 0},
    {MNN_STEP(tiny_gradients), "dense", MNN_GRADIENTS, MNN_COLUMNS, TINY_CLASSES, 1, 1, 0, MNN_BARRIER, 24},
    {MNN_STEP(tiny_update), "", MNN_UPDATE, MNN_PARAMETERS, TINY_PARAMS, 1, 1, 0, 0, 0},
};
static mnn_step tiny_steps[TINY_STEPS]; /* those of the last tiny_model(): a test may change their functions */

/** Not measured, but of some duration. */
static inline int tiny_peak(int64_t rounds)
{
    volatile float sum = 0;
    for (int64_t i = 0; i < rounds; i++)
        sum = sum * 0.5f + 1;
    return 2;
}

static inline double tiny_reference_row(const double *params, const mnn_batch *b, int row)
{
    double z[TINY_CLASSES], sum = 0;
    for (int c = 0; c < TINY_CLASSES; c++) {
        z[c] = params[TINY_IN * TINY_CLASSES + c];
        for (int i = 0; i < TINY_IN; i++)
            z[c] += (double)tiny_pixel(b, row, i) * params[i * TINY_CLASSES + c];
        sum += exp(z[c]);
    }
    return log(sum) - z[b->labels[b->index[row]]];
}

static inline void tiny_reference(const double *params, const mnn_batch *b, double *result)
{
    for (int row = 0; row < b->rows; row++)
        result[row] = tiny_reference_row(params, b, row);
}

static const mnn_tensor tiny_tensors[] = {
    {"dense.kernel", 2, {TINY_IN, TINY_CLASSES}, 0, TINY_IN *TINY_CLASSES, true, MNN_INIT_UNIFORM, -0.5, 0.5, {0}},
    {"dense.bias", 1, {TINY_CLASSES}, TINY_IN *TINY_CLASSES, TINY_CLASSES, true, MNN_INIT_ZEROS, 0, 0, {0}},
};
static const mnn_layer tiny_layers[] = {
    {"input", "input", 3, {2, 2, 1}, 0, 0},
    {"flatten", "flatten", 1, {4}, 0, 0},
    {"dense", "dense", 1, {3}, TINY_PARAMS, 24},
};
static const mnn_metric tiny_metrics[] = {{MNN_METRIC_ACCURACY, "accuracy", 0}};

/** The descriptor; tests change what they need in their copy. */
static inline mnn_model tiny_model(void)
{
    memcpy(tiny_steps, tiny_all_steps, sizeof tiny_steps);
    return (mnn_model){
        .abi = MNN_ABI,
        .name = "tiny",
        .source = "tiny.mnn",
        .description = "00ff",
        .data_name = "dots",
        .train = {.reader = "idx", .samples = "dots/train-images", .labels = "dots/train-labels"},
        .test = {.reader = "idx", .samples = "dots/test-images", .labels = "dots/test-labels"},
        .sample_rank = 3,
        .sample_dims = {2, 2, 1},
        .sample_size = TINY_IN,
        .scale = 1.0f / 255.0f,
        .label_kind = MNN_LABEL_CLASS,
        .classes = TINY_CLASSES,
        .shuffle = true,
        .epochs = 3,
        .batch_size = TINY_BATCH,
        .seed = 1,
        .loss_name = "sparse_categorical_crossentropy",
        .optimizer_name = "sgd",
        .learning_rate = 0.5,
        .metric_count = 1,
        .metrics = tiny_metrics,
        .layer_count = 3,
        .layers = tiny_layers,
        .tensor_count = 2,
        .tensors = tiny_tensors,
        .static_bytes = sizeof tiny_params + sizeof tiny_grads + sizeof tiny_output + sizeof tiny_row_loss,
        .max_workers = 3,
        .param_count = TINY_PARAMS,
        .params = tiny_params,
        .grads = tiny_grads,
        .output_size = TINY_CLASSES,
        .output = tiny_output,
        .row_loss = tiny_row_loss,
        .step_count = TINY_STEPS,
        .steps = tiny_steps,
        .lanes = 4,
        .peak = tiny_peak,
        .reference = tiny_reference,
    };
}

/* --- files --------------------------------------------------------------------------------------- */

/** "<folder>/<name>" in one of a few buffers that are used in turn. */
static inline const char *in_folder(const char *folder, const char *name)
{
    static char buffer[8][512];
    static int next;
    char *text = buffer[next++ % 8];
    snprintf(text, sizeof buffer[0], "%s/%s", folder, name);
    return text;
}

static inline void write_file(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0)
        abort();
}

/** The whole file, NUL-terminated; NULL when it cannot be read. The caller frees it. */
static inline char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    char *text = calloc(1, 1 << 16);
    if (text && fread(text, 1, (1 << 16) - 1, f) == 0)
        text[0] = '\0';
    fclose(f);
    return text;
}

/** Write an IDX file of unsigned bytes. */
static inline void write_idx(const char *path, int rank, const uint32_t *dims, const uint8_t *data)
{
    uint8_t bytes[8192] = {0, 0, 8, (uint8_t)rank};
    size_t at = 4, count = 1;
    for (int i = 0; i < rank; i++) {
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes[at++] = (uint8_t)(dims[i] >> shift);
        count *= dims[i];
    }
    if (at + count > sizeof bytes)
        abort();
    memcpy(bytes + at, data, count);
    write_file(path, bytes, at + count);
}

/** Pictures of 2 x 2 with the brightest pixel at the label, and their labels. */
static inline void write_dots(const char *folder, const char *images, const char *labels, uint32_t count)
{
    uint8_t pixel[4096], label[1024];
    const uint32_t image_dims[] = {count, 2, 2}, label_dims[] = {count};
    for (uint32_t s = 0; s < count; s++) {
        label[s] = (uint8_t)((s * 7 + s / 5) % TINY_CLASSES);
        for (uint32_t i = 0; i < TINY_IN; i++)
            pixel[s * TINY_IN + i] = (uint8_t)(i == label[s] ? 200 + s % 50 : (s * 13 + i * 29) % 120);
    }
    write_idx(in_folder(folder, images), 3, image_dims, pixel);
    write_idx(in_folder(folder, labels), 1, label_dims, label);
}

/* --- folders ------------------------------------------------------------------------------------- */

static inline void make_folder(char path[64])
{
    strcpy(path, "/tmp/mnn-tiny-XXXXXX");
    if (!mkdtemp(path))
        abort();
}

static inline int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void remove_folder(const char *path)
{
    nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
