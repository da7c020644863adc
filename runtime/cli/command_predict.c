/* predict: what the model says of samples. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/session.h"
#include "io/file.h"
#include "mnn/image.h"
#include "train/evaluate.h"
#include "train/history.h"

/* Samples in the form the model takes. */
typedef struct inputs {
    const char *path;
    const uint8_t *images; /* [count, sample_size], or NULL ... */
    const float *inputs;   /* ... and these */
    uint32_t count;
} inputs;

/* How sure the model is of a class: its output for it; with one output that is a probability, also that of
 * class 0. */
static double sureness(const mnn_model *model, const float *output, int class)
{
    if (model->output_size > 1)
        return (double)output[class];
    return class == 0 && model->threshold == 0.5 ? 1 - (double)output[0] : (double)output[0];
}

/* What the model makes of one of them. */
typedef struct prediction {
    uint32_t sample;
    const float *output; /* [output_size] */
    float error;         /* loss against its own input, for MNN_LABEL_INPUT */
} prediction;

static void print_json(const mnn_session *s, const char *path, const prediction *p)
{
    const mnn_model *model = s->model;
    char text[32];
    fputs("{\"event\": \"prediction\", \"file\": ", s->out);
    mnn_json_string(s->out, path);
    fprintf(s->out, ", \"sample\": %" PRIu32, p->sample);
    if (model->label_kind == MNN_LABEL_CLASS) {
        const int best = mnn_predicted_class(model, p->output);
        fprintf(s->out, ", \"class\": %d, \"probability\": %s", best,
                mnn_json_number(text, sureness(model, p->output, best), true));
    } else if (model->label_kind == MNN_LABEL_INPUT) {
        fprintf(s->out, ", \"%s\": %s", model->loss_name, mnn_json_number(text, (double)p->error, true));
    }
    fputs(", \"outputs\": [", s->out);
    for (int i = 0; i < model->output_size; i++)
        fprintf(s->out, "%s%s", i ? ", " : "", mnn_json_number(text, (double)p->output[i], true));
    fputs("]}\n", s->out);
}

/* One line a sample: its number and the class with its probability; for a model of values its outputs; for
 * one of its own input how far the output is from it, since the outputs are as many as the inputs. */
static void print_text(const mnn_session *s, const prediction *p)
{
    const mnn_model *model = s->model;
    fprintf(s->out, "%6" PRIu32, p->sample);
    if (model->label_kind == MNN_LABEL_CLASS) {
        const int best = mnn_predicted_class(model, p->output);
        fprintf(s->out, "  %5d  %.4f\n", best, sureness(model, p->output, best));
    } else if (model->label_kind == MNN_LABEL_INPUT) {
        fprintf(s->out, "  %s %.6g\n", model->loss_name, (double)p->error);
    } else {
        for (int i = 0; i < model->output_size; i++)
            fprintf(s->out, "  %.6g", (double)p->output[i]);
        fputc('\n', s->out);
    }
}

static void print_batch(const mnn_session *s, const char *path, const mnn_batch *batch)
{
    const mnn_model *model = s->model;
    for (int r = 0; r < batch->rows; r++) {
        const prediction p = {.sample = batch->index[r],
                              .output = model->output + (size_t)r * (size_t)model->output_size,
                              .error = model->label_kind == MNN_LABEL_INPUT ? model->row_loss[r] : 0};
        if (s->options->json)
            print_json(s, path, &p);
        else
            print_text(s, &p);
    }
}

static mnn_status predict(const mnn_session *s, const inputs *in, mnn_error *err)
{
    const mnn_model *model = s->model;
    char shown[256];
    uint32_t *index = malloc((size_t)model->batch_size * sizeof *index);
    if (!index)
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    if (s->options->file_count > 1 && !s->options->json)
        fprintf(s->out, "%s:\n", mnn_printable(shown, sizeof shown, in->path));
    mnn_batch batch = {.images = in->images, .inputs = in->inputs, .index = index};
    for (uint32_t first = 0; first < in->count; first += (uint32_t)batch.rows) {
        const uint32_t left = in->count - first;
        batch.rows = left < (uint32_t)model->batch_size ? (int)left : model->batch_size;
        for (int r = 0; r < batch.rows; r++)
            index[r] = first + (uint32_t)r;
        mnn_run_forward(model, s->pool, &batch, model->label_kind == MNN_LABEL_INPUT);
        print_batch(s, in->path, &batch);
    }
    free(index);
    return MNN_OK;
}

/* --- the files ----------------------------------------------------------------------------------- */

/* A picture is told by its first bytes; all else should be IDX. */
static mnn_status is_picture(const char *path, bool *picture, mnn_error *err)
{
    unsigned char head[4] = {0};
    int fd;
    uint64_t size;
    size_t got;
    mnn_status status = mnn_file_open(path, &fd, &size, err);
    if (status)
        return status;
    status = mnn_file_read(fd, path, head, sizeof head, &got, err);
    close(fd);
    *picture = memcmp(head, "\x89PNG", 4) == 0 || memcmp(head, "P5", 2) == 0 || memcmp(head, "P2", 2) == 0;
    return status;
}

/* Whether a picture is what the model sees. A model of flat samples takes any shape of as many pixels. */
static mnn_status check_picture(const mnn_model *model, const char *path, const mnn_image *image, mnn_error *err)
{
    char name[256];
    mnn_printable(name, sizeof name, path);
    const int *dims = model->sample_dims;
    if (model->sample_rank == 1) {
        if ((int64_t)image->width * image->height == dims[0])
            return MNN_OK;
        return mnn_fail(err, MNN_EFORMAT,
                        "%s: the picture does not fit the model \"%s\" (got %dx%d pixels, expected %d)", name,
                        model->name, image->height, image->width, dims[0]);
    }
    const int channels = model->sample_size / (dims[0] * dims[1]);
    if (channels != 1)
        return mnn_fail(err, MNN_EFORMAT,
                        "%s: the picture does not fit the model \"%s\" (got grey, expected %d channels)", name,
                        model->name, channels);
    if (image->height == dims[0] && image->width == dims[1])
        return MNN_OK;
    return mnn_fail(err, MNN_EFORMAT,
                    "%s: the picture does not fit the model \"%s\" (got %dx%d, expected %dx%d, height x width)", name,
                    model->name, image->height, image->width, dims[0], dims[1]);
}

static mnn_status predict_picture(const mnn_session *s, const char *path, mnn_error *err)
{
    mnn_image image;
    mnn_status status = mnn_image_load(path, &image, err);
    if (status)
        return status;
    status = check_picture(s->model, path, &image, err);
    if (!status)
        status = predict(s, &(inputs){path, image.pixels, NULL, 1}, err);
    mnn_image_free(&image);
    return status;
}

static mnn_status predict_idx(const mnn_session *s, const char *path, mnn_error *err)
{
    mnn_idx idx;
    mnn_status status = mnn_idx_load(path, 0, &idx, err);
    if (status)
        return status;
    status = mnn_check_samples(s->model, &idx, path, err);
    if (!status)
        status = predict(s, &(inputs){path, idx.data, idx.values, idx.dims[0]}, err);
    mnn_idx_free(&idx);
    return status;
}

mnn_status mnn_command_predict(mnn_session *s, mnn_error *err)
{
    const mnn_options *o = s->options;
    for (int i = 0; i < o->file_count; i++) {
        bool picture = false;
        mnn_status status = is_picture(o->files[i], &picture, err);
        if (status)
            return status;
        status = picture ? predict_picture(s, o->files[i], err) : predict_idx(s, o->files[i], err);
        if (status)
            return status;
    }
    return MNN_OK;
}
