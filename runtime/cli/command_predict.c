/* predict: what the model says of samples. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/report.h"
#include "cli/prediction.h"
#include "cli/session.h"
#include "data/readers.h"
#include "io/picture.h"
#include "mnn/prepare.h"
#include "train/evaluate.h"

/* Samples in the form the model takes. */
typedef struct inputs {
    const char *path;
    const uint8_t *images; /* [count, sample_size], or NULL ... */
    const float *inputs;   /* ... and these */
    uint32_t count;
    const mnn_image *picture; /* the one that images are; NULL: they are those of an IDX file */
    const char *done;         /* what was done to it */
    bool is_blank;            /* nothing is drawn on it */
    bool has_images;          /* samples of the IDX file are images, not rows of a table */
} inputs;

/* Whether a sample of an IDX file is an image of one level. */
static bool is_blank_sample(const mnn_model *model, const inputs *in, uint32_t sample)
{
    const size_t size = (size_t)model->sample_size, at = (size_t)sample * size;
    bool same = in->has_images;
    for (size_t i = 1; i < size && same; i++)
        same = in->images ? in->images[at + i] == in->images[at] : in->inputs[at + i] == in->inputs[at];
    return same;
}

/* The output of a batch. */
static mnn_status print_batch(const mnn_session *s, const inputs *in, const mnn_batch *batch, mnn_error *err)
{
    const mnn_model *model = s->model;
    mnn_status status = MNN_OK;
    for (int r = 0; r < batch->rows && !status; r++) {
        const mnn_prediction p = {.model = model,
                                  .path = in->path,
                                  .sample = batch->index[r],
                                  .output = model->output + (size_t)r * (size_t)model->output_size,
                                  .error = model->label_kind == MNN_LABEL_INPUT ? model->row_loss[r] : 0,
                                  .picture = in->picture,
                                  .done = in->done,
                                  .is_blank = in->is_blank || is_blank_sample(model, in, batch->index[r])};
        status = mnn_print_prediction(s->out, s->options, &p, err);
    }
    return status;
}

static mnn_status predict(const mnn_session *s, const inputs *in, mnn_error *err)
{
    const mnn_model *model = s->model;
    char shown[256];
    const int most = mnn_shard_rows(model);
    uint32_t *index = malloc((size_t)most * sizeof *index);
    if (!index)
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    if (s->options->file_count > 1 && !s->options->json && (!in->picture || s->options->quiet))
        fprintf(s->out, "%s:\n", mnn_printable(shown, sizeof shown, in->path));
    mnn_batch batch = {.images = in->images, .inputs = in->inputs, .index = index};
    mnn_status status = MNN_OK;
    for (uint32_t first = 0; first < in->count && !status; first += (uint32_t)batch.rows) {
        const uint32_t left = in->count - first;
        batch.rows = left < (uint32_t)most ? (int)left : most;
        for (int r = 0; r < batch.rows; r++)
            index[r] = first + (uint32_t)r;
        mnn_run_forward(model, s->pool, &batch, model->label_kind == MNN_LABEL_INPUT);
        status = print_batch(s, in, &batch, err);
    }
    free(index);
    return status;
}

/* --- the files ----------------------------------------------------------------------------------- */

/* The first bytes tell an image; what is none is read as a file of samples. */
static mnn_status is_picture(const char *path, bool *picture, mnn_error *err)
{
    mnn_head head;
    int fd;
    uint64_t size;
    mnn_status status = mnn_file_open(path, &fd, &size, err);
    if (status)
        return status;
    status = mnn_head_read(&head, fd, path, err);
    close(fd);
    if (status)
        return status;
    if (head.size == 0)
        return mnn_fail_file(err, MNN_EFORMAT, path, "empty file (expected an image or a file of samples)");
    *picture = mnn_image_is_known(&head);
    return MNN_OK;
}

/* A model of flat samples that are no square takes a picture of any shape with as many pixels. */
static mnn_status flat_form(const mnn_model *model, const mnn_image *in, mnn_image *form, mnn_error *err)
{
    if (model->sample_rank == 1 && (int64_t)in->width * in->height == model->sample_dims[0]) {
        *form = (mnn_image){in->width, in->height, 1, NULL};
        return MNN_OK;
    }
    return mnn_fail(err, MNN_EFORMAT,
                    "the image does not fit the model \"%s\" (got %dx%d pixels, expected %d elements)", model->name,
                    in->width, in->height, model->sample_size);
}

/* The picture as it is in the file, then as the model takes it. */
static mnn_status prepare(const mnn_session *s, const char *path, mnn_image *out, bool *is_blank, char *done,
                          mnn_error *err)
{
    const mnn_options *o = s->options;
    const mnn_preparation how = {.raw = o->raw,
                                 .whole = o->no_crop,
                                 .inversion = o->invert      ? MNN_INVERT_ALWAYS
                                              : o->no_invert ? MNN_INVERT_NEVER
                                                             : MNN_INVERT_LIGHT};
    mnn_error what = {""};
    mnn_image in;
    char name[256];
    const bool is_picture = mnn_model_picture(s->model, out);
    mnn_status status = mnn_image_load(path, is_picture ? out->channels : 1, &in, err);
    if (status)
        return status;
    if (!is_picture)
        status = flat_form(s->model, &in, out, &what);
    if (!status)
        status = mnn_prepare(&in, &how, out, is_blank, done, &what);
    mnn_image_free(&in);
    if (status)
        mnn_fail(err, status, "%s: %s", mnn_printable(name, sizeof name, path), what.text);
    return status;
}

static mnn_status predict_picture(const mnn_session *s, const char *path, mnn_error *err)
{
    mnn_image image;
    char done[MNN_PREPARED_TEXT];
    bool is_blank;
    mnn_status status = prepare(s, path, &image, &is_blank, done, err);
    if (status)
        return status;
    status = predict(s, &(inputs){path, image.pixels, NULL, 1, &image, done, is_blank, false}, err);
    mnn_image_free(&image);
    return status;
}

/* With the options of the training set, where it has the same reader. */
static mnn_status read_samples(const mnn_session *s, const char *path, mnn_array *out, mnn_error *err)
{
    const mnn_reader *reader;
    const mnn_source *training = &s->model->train, plain = {0};
    mnn_status status = mnn_reader_of(path, &reader, err);
    if (status == MNN_EFORMAT && training->reader && strcmp(training->reader, "csv") == 0) {
        reader = mnn_reader_named("csv"); /* which tells what is wrong with a table */
        status = MNN_OK;
    }
    if (status)
        return status;
    char *name = strdup(path);
    if (!name)
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    const bool same = training->reader && strcmp(training->reader, reader->name) == 0;
    const mnn_found files = {name, NULL};
    const mnn_reading r = {.source = same ? training : &plain,
                           .files = &files,
                           .first = UINT32_MAX,
                           .column_count = s->model->sample_size,
                           .columns = s->model->column_names};
    status = reader->read(&r, out, NULL, err);
    free(name);
    return status;
}

static mnn_status predict_samples(const mnn_session *s, const char *path, mnn_error *err)
{
    mnn_array idx = {0};
    char name[256];
    mnn_status status = read_samples(s, path, &idx, err);
    if (!status)
        status = mnn_check_samples(s->model, &idx, path, err);
    if (!status && idx.dims[0] > 1)
        mnn_session_advise(s, mnn_printable(name, sizeof name, path), &idx);
    if (!status)
        status = predict(s, &(inputs){path, idx.data, idx.values, idx.dims[0], NULL, NULL, false, idx.rank >= 3}, err);
    mnn_array_free(&idx);
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
        status = picture ? predict_picture(s, o->files[i], err) : predict_samples(s, o->files[i], err);
        if (status)
            return status;
    }
    return MNN_OK;
}
