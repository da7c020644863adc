/* Sections of a report: images of the data and of the first layer, the network, the description and the command. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/sample_picture.h"
#include "mnn/profile.h"
#include "report/page.h"
#include "report/sections.h"

/* --- augmented samples ---------------------------------------------------------------------------- */

static void write_augmented(FILE *out, const mnn_report *r)
{
    enum { SAMPLES = 4, STEPS = 5, IMAGE_BYTES = 400 * 1000 };
    const mnn_training *t = r->training;
    const size_t size = (size_t)t->model->sample_size;
    mnn_image form;
    if (!(t->model->motion || t->model->noise > 0) || !mnn_dataset_picture(t->model, t->training.set, &form))
        return;
    float *scratch = malloc(2 * size * sizeof *scratch);
    form.pixels = malloc(size);
    if (scratch && form.pixels) {
        size_t bytes = 0;
        mnn_page_section(out, "Samples as augmented in training");
        fputs("<div class=\"images\">\n", out);
        for (uint32_t i = 0; i < SAMPLES * STEPS && i / STEPS < t->training.count && bytes < IMAGE_BYTES; i++) {
            char caption[64];
            const uint32_t sample = mnn_sample_number(&t->training, i / STEPS);
            mnn_augmented_pixels(t->model, t->training.set, sample, t->seed, i % STEPS, scratch, form.pixels);
            snprintf(caption, sizeof caption, "sample %" PRIu32 ", step %" PRIu32, sample, i % STEPS);
            bytes += mnn_page_image(out, &form, caption);
        }
        fputs("</div>\n", out);
    }
    free(scratch);
    free(form.pixels);
}

/* --- kernels of the first layer ------------------------------------------------------------------- */

/** A kernel [height, width, channels, filters], or [inputs, units] of images. */
typedef struct kernels {
    const float *weights;
    int height, width, channels, count;
} kernels;

static bool find_kernels(const mnn_report *r, kernels *k)
{
    const mnn_model *model = r->training->model;
    mnn_image form;
    if (model->tensor_count == 0)
        return false;
    const mnn_tensor *t = &model->tensors[0];
    *k = (kernels){.weights = model->params + t->offset};
    if (t->rank == 4 && !t->layout.depthwise && t->dims[0] * t->dims[1] > 1) {
        k->height = t->dims[0];
        k->width = t->dims[1];
        k->channels = t->dims[2];
        k->count = t->dims[3];
        return true;
    }
    if (t->rank != 2 || !mnn_dataset_picture(model, r->training->training.set, &form) ||
        form.width * form.height * form.channels != t->dims[0])
        return false;
    k->height = form.height;
    k->width = form.width;
    k->channels = form.channels;
    k->count = t->dims[1];
    return true;
}

/** A filter as grey levels, its largest magnitude black or white; several channels are averaged. */
static void draw_kernel(const kernels *k, int filter, uint8_t *pixels)
{
    const int size = k->height * k->width;
    double most = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < size; i++) {
            double sum = 0;
            for (int c = 0; c < k->channels; c++)
                sum +=
                    (double)
                        k->weights[((size_t)i * (size_t)k->channels + (size_t)c) * (size_t)k->count + (size_t)filter];
            if (pass == 0)
                most = fabs(sum) > most ? fabs(sum) : most;
            else
                pixels[i] = (uint8_t)(127.5 + (most > 0 ? 127 * sum / most : 0));
        }
}

static void write_kernels(FILE *out, const mnn_report *r)
{
    enum { MOST = 64 };
    kernels k;
    if (!find_kernels(r, &k))
        return;
    mnn_image image = {k.width, k.height, 1, malloc((size_t)k.width * (size_t)k.height)};
    if (!image.pixels)
        return;
    mnn_page_section(out, "Weights of the first layer");
    fputs("<p class=\"soft\">Black: negative, white: positive, each scaled by its largest magnitude.</p>\n<div "
          "class=\"images\">\n",
          out);
    for (int i = 0; i < k.count && i < MOST; i++) {
        char caption[32];
        snprintf(caption, sizeof caption, "%d", i);
        draw_kernel(&k, i, image.pixels);
        mnn_page_image(out, &image, caption);
    }
    fputs("</div>\n", out);
    free(image.pixels);
}

void mnn_report_images(FILE *out, const mnn_report *r)
{
    write_augmented(out, r);
    write_kernels(out, r);
}

/* --- the network ---------------------------------------------------------------------------------- */

/** Seconds of all workers in the steps of a layer; of those without one: "". */
static double seconds_of(const mnn_report *r, const char *layer)
{
    const mnn_model *model = r->training->model;
    double sum = 0;
    for (int w = 0; r->training->laps && w < r->threads; w++)
        for (int i = 0; i < model->step_count; i++)
            if (strcmp(model->steps[i].layer, layer) == 0)
                sum += 1e-9 * (double)r->training->laps[w * mnn_lap_stride(model) + MNN_LAP_FIRST + i];
    return sum;
}

static double waiting_seconds(const mnn_report *r)
{
    double sum = 0;
    for (int w = 0; r->training->laps && w < r->threads; w++)
        sum += 1e-9 * (double)r->training->laps[w * mnn_lap_stride(r->training->model) + MNN_LAP_BARRIER];
    return sum;
}

/** Seconds in all steps and at barriers; not between the steps, where the epochs end. */
static double all_seconds(const mnn_report *r)
{
    const mnn_model *model = r->training->model;
    double sum = waiting_seconds(r);
    for (int w = 0; r->training->laps && w < r->threads; w++)
        for (int i = 0; i < model->step_count; i++)
            sum += 1e-9 * (double)r->training->laps[w * mnn_lap_stride(model) + MNN_LAP_FIRST + i];
    return sum;
}

static void write_time(FILE *out, double seconds, double all)
{
    fprintf(out, "<td class=\"name\">%.1f%% <span class=\"bar\" style=\"width:%.0fpx\"></span></td>",
            100 * seconds / all, 160 * seconds / all);
}

static void write_layer(FILE *out, const mnn_report *r, const mnn_layer *layer, double all)
{
    fputs("<tr><th scope=\"row\" class=\"name\">", out);
    mnn_page_text(out, layer->name);
    fputs("</th><td class=\"name\">", out);
    mnn_page_text(out, layer->type);
    fputs("</td><td class=\"name\">", out);
    for (int d = 0; d < layer->rank; d++)
        fprintf(out, "%s%d", d ? " x " : "", layer->dims[d]);
    fprintf(out, "</td><td>%" PRId64 "</td><td>%" PRId64 "</td>", layer->params, layer->flops);
    if (all > 0)
        write_time(out, seconds_of(r, layer->name), all);
    fputs("</tr>\n", out);
}

static void write_other(FILE *out, const char *name, double seconds, double all)
{
    fprintf(out, "<tr><th scope=\"row\" class=\"name\" colspan=\"5\">%s</th>", name);
    write_time(out, seconds, all);
    fputs("</tr>\n", out);
}

void mnn_report_network(FILE *out, const mnn_report *r)
{
    const mnn_model *model = r->training->model;
    const double all = all_seconds(r);
    mnn_page_section(out, "Network");
    fprintf(out,
            "<div class=\"wide\"><table><thead><tr><th scope=\"col\" class=\"name\">layer</th><th scope=\"col\" "
            "class=\"name\">type</th>"
            "<th scope=\"col\" class=\"name\">output</th><th scope=\"col\">parameters</th><th scope=\"col\">operations "
            "per sample</th>%s"
            "</tr></thead><tbody>\n",
            all > 0 ? "<th scope=\"col\" class=\"name\">fraction of the time of a training step</th>" : "");
    for (int i = 0; i < model->layer_count; i++)
        write_layer(out, r, &model->layers[i], all);
    if (all > 0) {
        write_other(out, "no layer: the update of the parameters", seconds_of(r, ""), all);
        write_other(out, "waiting for other threads", waiting_seconds(r), all);
    }
    fprintf(out,
            "</tbody></table></div>\n<p class=\"soft\">%d trainable parameters; %" PRId64
            " bytes of static memory; loss ",
            model->param_count, model->static_bytes);
    mnn_page_text(out, model->loss_name);
    fputs(", optimizer ", out);
    mnn_page_text(out, model->optimizer_name);
    fprintf(out, ", learning rate %g", model->learning_rate);
    if (model->schedule_name) {
        fputs(" by ", out);
        mnn_page_text(out, model->schedule_name);
    }
    fputs(".</p>\n", out);
}

/* --- the description and the command -------------------------------------------------------------- */

static void write_command(FILE *out)
{
    char *word = NULL;
    size_t size = 0;
    FILE *in = fopen("/proc/self/cmdline", "re");
    if (!in)
        return;
    fputs("<pre>", out);
    for (bool first = true; getdelim(&word, &size, '\0', in) > 0; first = false) {
        fputs(first ? "" : " ", out);
        mnn_page_text(out, word);
    }
    fputs("</pre>\n", out);
    free(word);
    fclose(in);
}

/** The description, where mnnc has started the program and says where it is. */
static void write_description(FILE *out)
{
    enum { MOST = 64 * 1024 };
    const char *path = getenv("MNNC_DESCRIPTION");
    char *text;
    size_t size;
    if (!path || mnn_file_load(path, MOST, &text, &size, NULL) != MNN_OK)
        return;
    fputs("<pre>", out);
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
        mnn_page_text(out, line);
        fputc('\n', out);
    }
    fputs("</pre>\n", out);
    free(text);
}

void mnn_report_origin(FILE *out, const mnn_report *r)
{
    const mnn_model *model = r->training->model;
    mnn_page_section(out, "Description and command");
    write_command(out);
    fputs("<p>Compiled from ", out);
    mnn_page_text(out, model->source);
    fprintf(out, ", SHA-256 %s.</p>\n", model->description);
    write_description(out);
}
