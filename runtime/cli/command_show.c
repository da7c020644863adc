/* show: samples of the data set, to look at. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/terminal.h"
#include "cli/draw.h"
#include "cli/grid.h"
#include "cli/session.h"
#include "data/sample_picture.h"

/* The samples to show. */
typedef struct showing {
    const mnn_session *session;
    const char *name; /* of the set */
    mnn_dataset set;
    mnn_samples samples; /* all of the set ... */
    uint32_t from;       /* ... and those of them that are shown */
    int count;
} showing;

static uint32_t number_of(const showing *w, int i)
{
    return mnn_sample_number(&w->samples, w->from + (uint32_t)i);
}

/* --- as images ------------------------------------------------------------------------------------ */

/* Below an image: the class, if there is one. */
static int label_of(const showing *w, int i)
{
    return w->set.labels.data ? w->set.labels.data[number_of(w, i)] : -1;
}

static void print_labels(const showing *w, int first, int count, int width)
{
    FILE *out = w->session->out;
    for (int i = first; i < first + count; i++) {
        char text[32];
        if (label_of(w, i) >= 0)
            snprintf(text, sizeof text, "%" PRIu32 ": %d", w->from + (uint32_t)i, label_of(w, i));
        else
            snprintf(text, sizeof text, "%" PRIu32, w->from + (uint32_t)i);
        fprintf(out, "%s%-*.*s", i > first ? "  " : "", width, width, text);
    }
    fputc('\n', out);
}

/* As many in a row as the terminal is wide. */
static void print_pictures(const showing *w, const mnn_image *pictures)
{
    FILE *out = w->session->out;
    const int width = pictures[0].width, fit = (mnn_terminal_columns(out) + 2) / (width + 2);
    const int columns = fit > 0 ? fit : 1;
    for (int first = 0; first < w->count; first += columns) {
        const int count = w->count - first < columns ? w->count - first : columns;
        print_labels(w, first, count, width);
        mnn_draw(out, mnn_draw_style_of(out), pictures + first, count);
    }
}

static mnn_status save_grid(const showing *w, const mnn_image *pictures, mnn_error *err)
{
    const char *path = w->session->options->png;
    char shown[256];
    mnn_image grid;
    int *labels = malloc((size_t)w->count * sizeof *labels);
    if (!labels)
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    for (int i = 0; i < w->count; i++)
        labels[i] = label_of(w, i);
    mnn_status status = mnn_grid(pictures, w->set.labels.data ? labels : NULL, w->count, &grid, err);
    free(labels);
    if (status)
        return status;
    status = mnn_png_save(path, &grid, err);
    if (!status && !w->session->options->quiet)
        fprintf(w->session->log, "wrote %d images to %s (%dx%d)\n", w->count, mnn_printable(shown, sizeof shown, path),
                grid.width, grid.height);
    mnn_image_free(&grid);
    return status;
}

static mnn_status make_pictures(const showing *w, const mnn_image *form, mnn_image *pictures, uint8_t *pixels,
                                mnn_error *err)
{
    const mnn_session *s = w->session;
    const size_t size = (size_t)s->model->sample_size;
    float *scratch = malloc(2 * size * sizeof *scratch);
    if (!scratch)
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    for (int i = 0; i < w->count; i++) {
        pictures[i] = *form;
        pictures[i].pixels = pixels + (size_t)i * size;
        if (s->options->augmented)
            mnn_augmented_pixels(s->model, &w->set, number_of(w, i), s->seed, 0, scratch, pictures[i].pixels);
        else
            mnn_sample_pixels(s->model, &w->set, number_of(w, i), pictures[i].pixels);
    }
    free(scratch);
    return MNN_OK;
}

static mnn_status show_pictures(const showing *w, const mnn_image *form, mnn_error *err)
{
    mnn_image *pictures = malloc((size_t)w->count * sizeof *pictures);
    uint8_t *pixels = malloc((size_t)w->count * (size_t)w->session->model->sample_size);
    mnn_status status =
        pictures && pixels ? MNN_OK : mnn_fail(err, MNN_ENOMEM, "out of memory for %d images", w->count);
    if (!status)
        status = make_pictures(w, form, pictures, pixels, err);
    if (!status && w->session->options->png)
        status = save_grid(w, pictures, err);
    else if (!status)
        print_pictures(w, pictures);
    free(pictures);
    free(pixels);
    return status;
}

/* --- as numbers ------------------------------------------------------------------------------------- */

static float value_of(const mnn_array *file, size_t i)
{
    return file->data ? (float)file->data[i] : file->values[i];
}

/* A row: index, values of the sample, "->", the target; values that do not fit are counted. */
static void print_row(const showing *w, int i)
{
    enum { NUMBER = 9 }; /* columns */
    FILE *out = w->session->out;
    const int size = w->session->model->sample_size, fit = mnn_terminal_columns(out) / NUMBER - 4,
              columns = fit > 1 ? fit : 1;
    const int shown = size <= columns ? size : columns;
    const uint32_t at = number_of(w, i);
    fprintf(out, "%6" PRIu32, w->from + (uint32_t)i);
    for (int k = 0; k < shown; k++)
        fprintf(out, " %8.4g", (double)value_of(&w->set.images, (size_t)at * (size_t)size + (size_t)k));
    if (shown < size)
        fprintf(out, " ... %d more", size - shown);
    const mnn_array *labels = &w->set.labels;
    const size_t per = labels->count ? labels->count / labels->dims[0] : 0;
    for (size_t k = 0; k < per; k++)
        fprintf(out, "%s %8.4g", k ? "" : "  ->", (double)value_of(labels, (size_t)at * per + k));
    fputc('\n', out);
}

static void print_numbers_json(FILE *out, const char *key, const mnn_array *file, uint32_t at)
{
    const size_t per = file->count / file->dims[0];
    mnn_json(out, ", %s: [", key);
    for (size_t k = 0; k < per; k++)
        mnn_json(out, k ? ", %g" : "%g", (double)value_of(file, (size_t)at * per + k));
    fputc(']', out);
}

static void print_json(const showing *w, int i)
{
    FILE *out = w->session->out;
    const uint32_t at = number_of(w, i);
    mnn_json(out, "{'event': 'sample', 'set': %s, 'sample': %" PRIu32, w->name, w->from + (uint32_t)i);
    if (w->set.labels.data)
        mnn_json(out, ", 'class': %d", w->set.labels.data[at]);
    else if (w->set.labels.values)
        print_numbers_json(out, "targets", &w->set.labels, at);
    print_numbers_json(out, "values", &w->set.images, at);
    fputs("}\n", out);
}

/* --- the command ------------------------------------------------------------------------------------ */

static mnn_status show(const showing *w, mnn_error *err)
{
    const mnn_options *o = w->session->options;
    FILE *out = w->session->out;
    mnn_image form;
    const bool pictures = mnn_dataset_picture(w->session->model, &w->set, &form);
    if ((o->png || o->augmented) && !pictures)
        return mnn_fail(err, MNN_EUSAGE, "%s needs images, but the samples of \"%s\" are not images",
                        o->png ? "--png" : "--augmented", w->session->model->name);
    if (!o->json && !o->png && !o->quiet)
        fprintf(out, "%s: %" PRIu32 " to %" PRIu32 " of %" PRIu32 " samples\n", w->name, w->from,
                w->from + (uint32_t)w->count - 1, w->samples.count);
    if (pictures && !o->json)
        return show_pictures(w, &form, err);
    for (int i = 0; i < w->count; i++)
        if (o->json)
            print_json(w, i);
        else
            print_row(w, i);
    return MNN_OK;
}

/* The set that --set names; a validation set may be a part of the training set. */
static mnn_status load(showing *w, mnn_error *err)
{
    const mnn_model *m = w->session->model;
    const bool validation = strcmp(w->name, "validation") == 0, test = strcmp(w->name, "test") == 0;
    const bool split = validation && !m->validation.reader && m->validation_split > 0;
    const mnn_source *source = test ? &m->test : validation && !split ? &m->validation : &m->train;
    const int limit = test ? m->test_limit : validation && !split ? m->validation_limit : m->train_limit;
    if (!source->reader)
        return mnn_fail(err, MNN_EFORMAT, "the description of \"%s\" has no %s set", m->name, w->name);
    mnn_status status = mnn_session_load(w->session, source, limit, &w->set, NULL, err);
    if (status)
        return status;
    w->samples = mnn_dataset_all(&w->set);
    if (split) {
        mnn_samples training;
        status = mnn_dataset_split(&w->set, m, &training, &w->samples, err);
    }
    return status;
}

static mnn_status choose(showing *w, mnn_error *err)
{
    const mnn_options *o = w->session->options;
    const uint64_t from = o->from.given ? o->from.value : 0, wanted = o->count.given ? o->count.value : 10;
    if (from >= w->samples.count)
        return mnn_fail(err, MNN_EUSAGE,
                        "--from is past the end of the %s set (got %" PRIu64 ", it has %" PRIu32 " samples)", w->name,
                        from, w->samples.count);
    const uint64_t left = w->samples.count - from;
    w->from = (uint32_t)from;
    w->count = (int)(wanted < left ? wanted : left);
    return MNN_OK;
}

mnn_status mnn_command_show(mnn_session *s, mnn_error *err)
{
    const mnn_options *o = s->options;
    if (o->augmented && !s->model->motion && !(s->model->noise > 0))
        return mnn_fail(err, MNN_EUSAGE, "the description of \"%s\" does not augment", s->model->name);
    showing w = {.session = s, .name = o->set ? o->set : "train"};
    mnn_status status = load(&w, err);
    if (!status)
        status = choose(&w, err);
    if (!status)
        status = show(&w, err);
    mnn_dataset_free(&w.set);
    return status;
}
