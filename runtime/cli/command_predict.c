/* predict: what the model says of samples. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/report.h"
#include "cli/prediction.h"
#include "cli/session.h"
#include "io/picture.h"
#include "mnn/check.h"
#include "mnn/prepare.h"
#include "train/evaluate.h"
#include "train/ranks.h"
#include "transport/transport.h"

/* Samples in the form the model takes. */
typedef struct inputs {
    const char *path;
    const uint8_t *images;    /* [count, sample_size], or NULL ... */
    const float *inputs;      /* ... and these */
    uint32_t first, end;      /* of the samples, those of this rank */
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

/* The first of `count` things that belong to a rank: this one, or the next. */
static uint64_t part_begin(uint64_t count, int next)
{
    return count * (uint64_t)(mnn_transport_rank() + next) / (uint64_t)mnn_transport_size();
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
    const int most = model->batch_size;
    uint32_t *index = malloc((size_t)most * sizeof *index);
    if (!index)
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    if (s->options->file_count > 1 && !s->options->json && (!in->picture || s->options->quiet) && in->first == 0)
        fprintf(s->out, "%s:\n", mnn_printable(shown, sizeof shown, in->path));
    mnn_batch batch = {.images = in->images, .inputs = in->inputs, .index = index};
    mnn_status status = MNN_OK;
    for (uint32_t first = in->first; first < in->end && !status; first += (uint32_t)batch.rows) {
        const uint32_t left = in->end - first;
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

/* A model of flat samples that are not square takes an image of any shape with as many pixels. */
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

/* The image as it is in the file, then as the model sees it. */
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
    status = predict(s, &(inputs){path, image.pixels, NULL, 0, 1, &image, done, is_blank, false}, err);
    mnn_image_free(&image);
    return status;
}

static mnn_status predict_samples(const mnn_session *s, const char *path, mnn_error *err)
{
    mnn_array idx = {0};
    char name[256];
    mnn_status status = mnn_read_samples(s->model, path, UINT32_MAX, &idx, err);
    if (!status)
        status = mnn_check_samples(s->model, &idx, path, err);
    if (!status && idx.dims[0] > 1)
        mnn_session_advise(s, mnn_printable(name, sizeof name, path), &idx);
    if (!status) {
        /* whole batches to each rank */
        const uint64_t most = (uint64_t)s->model->batch_size, batches = (idx.dims[0] + most - 1) / most;
        const uint64_t first = most * part_begin(batches, 0), end = most * part_begin(batches, 1);
        status = predict(s,
                         &(inputs){path, idx.data, idx.values, (uint32_t)first,
                                   end < idx.dims[0] ? (uint32_t)end : idx.dims[0], NULL, NULL, false, idx.rank >= 3},
                         err);
    }
    mnn_array_free(&idx);
    return status;
}

/* Files that the ranks divide: one file of samples, or as many images as follow one another. */
static int run_of(const bool *is_image, int first, int count)
{
    int end = first + 1;
    while (is_image[first] && end < count && is_image[end])
        end++;
    return end;
}

/* This rank's part of a run of files. */
static mnn_status predict_run(const mnn_session *s, const bool *is_image, int first, int end, mnn_error *err)
{
    mnn_status status = MNN_OK;
    if (!is_image[first])
        return predict_samples(s, s->options->files[first], err);
    const uint64_t images = (uint64_t)(end - first);
    for (uint64_t i = part_begin(images, 0); i < part_begin(images, 1) && !status; i++)
        status = predict_picture(s, s->options->files[first + (int)i], err);
    return status;
}

/* What one rank prints is the whole; several print into memory, for rank 0. */
static mnn_status print_run(const mnn_session *s, const bool *is_image, int first, int end, mnn_error *err)
{
    char *text = NULL;
    size_t size = 0;
    mnn_session own = *s;
    if (mnn_transport_size() == 1)
        return predict_run(s, is_image, first, end, err);
    own.out = open_memstream(&text, &size);
    if (!own.out)
        return mnn_fail(err, MNN_ENOMEM, "out of memory for the predictions");
    mnn_status status = predict_run(&own, is_image, first, end, err);
    if (fclose(own.out) != 0 && !status)
        status = mnn_fail(err, MNN_ENOMEM, "out of memory for the predictions");
    status = mnn_ranks_print(s->out, text, size, status, err);
    free(text);
    return status;
}

/* What comes before the first bad file is predicted, unless ranks may see other files. */
static mnn_status predict_files(const mnn_session *s, bool *is_image, mnn_error *err)
{
    const mnn_options *o = s->options;
    mnn_error why = {""};
    mnn_status bad = MNN_OK, status = MNN_OK;
    int good = 0;
    while (good < o->file_count && !(bad = is_picture(o->files[good], &is_image[good], &why)))
        good++;
    if (mnn_transport_size() > 1) {
        *err = why;
        bad = mnn_ranks_agree(bad, err);
        if (bad)
            return bad;
    }
    for (int first = 0, end; first < good && !status; first = end) {
        end = run_of(is_image, first, good);
        status = print_run(s, is_image, first, end, err);
    }
    if (status || !bad)
        return status;
    *err = why;
    return bad;
}

static mnn_status predict_all(const mnn_session *s, mnn_error *err)
{
    bool *is_image = calloc((size_t)s->options->file_count + 1, sizeof *is_image);
    if (!is_image)
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    const mnn_status status = predict_files(s, is_image, err);
    free(is_image);
    return status;
}

/* --- folders ------------------------------------------------------------------------------------- */

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.' &&
           (entry->d_type == DT_REG || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Add a file, or the files of a folder in the order of their names. */
static mnn_status add_path(char ***files, int *count, const char *path, mnn_error *err)
{
    struct dirent **entry = NULL;
    const int found = scandir(path, &entry, is_shown, by_name), added = found < 0 ? 1 : found;
    if (found < 0 && errno != ENOTDIR && errno != ENOENT)
        return mnn_fail_errno(err, path, "could not open", errno);
    char **larger = realloc(*files, (size_t)(*count + added + 1) * sizeof *larger);
    bool good = larger != NULL;
    if (good)
        *files = larger;
    for (int i = 0; i < added; i++) {
        char *name = NULL;
        if (good && found < 0)
            good = (name = strdup(path)) != NULL;
        else if (good)
            good = asprintf(&name, "%s/%s", path, entry[i]->d_name) >= 0;
        if (good)
            (*files)[(*count)++] = name;
        if (found >= 0)
            free(entry[i]);
    }
    free(entry);
    return good ? MNN_OK : mnn_fail(err, MNN_ENOMEM, "out of memory for the names of files");
}

mnn_status mnn_command_predict(mnn_session *s, mnn_error *err)
{
    mnn_options options = *s->options;
    mnn_session own = *s;
    mnn_status status = MNN_OK;
    options.files = NULL;
    options.file_count = 0;
    own.options = &options;
    for (int i = 0; i < s->options->file_count && !status; i++)
        status = add_path(&options.files, &options.file_count, s->options->files[i], err);
    if (mnn_transport_size() > 1)
        status = mnn_ranks_compare_files(s->model, options.files, options.file_count, status, err);
    if (!status)
        status = predict_all(&own, err);
    for (int i = 0; i < options.file_count; i++)
        free(options.files[i]);
    free(options.files);
    return status;
}
