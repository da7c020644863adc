#include "cli/prediction.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/terminal.h"
#include "cli/draw.h"
#include "cli/output.h"
#include "data/readers.h"
#include "data/resample.h"
#include "mnn/prepare.h"
#include "train/metrics.h"

enum { BAR = 40, LEAST_COLUMNS = 4 /* of an image */ };

/* How sure the model is of a class: its output for it; with one output that is a probability, also that of
 * class 0. */
static double sureness(const mnn_prediction *p, int class)
{
    if (p->model->output_size > 1)
        return (double)p->output[class];
    return class == 0 && p->model->threshold == 0.5 ? 1 - (double)p->output[0] : (double)p->output[0];
}

/* The names of the targets of a table, one per output, if they have names. */
static void print_output_names(FILE *out, const mnn_model *model)
{
    if (model->label_kind != MNN_LABEL_VALUE || !mnn_source_option(&model->train, "target", model->output_size - 1))
        return;
    mnn_json(out, ", 'names': [");
    for (int i = 0; i < model->output_size; i++)
        mnn_json(out, i ? ", %s" : "%s", mnn_source_option(&model->train, "target", i));
    mnn_json(out, "]");
}

static void print_json(FILE *out, const mnn_prediction *p)
{
    const mnn_model *model = p->model;
    mnn_json(out, "{'event': 'prediction', 'file': %s, 'sample': %" PRIu32, p->path, p->sample);
    if (p->done)
        mnn_json(out, ", 'prepared': %s", p->done);
    if (p->is_blank)
        mnn_json(out, ", 'blank': %i", true);
    if (model->label_kind == MNN_LABEL_CLASS) {
        const int best = mnn_predicted_class(model, p->output);
        mnn_json(out, ", 'class': %d", best);
        if (model->class_names)
            mnn_json(out, ", 'name': %s", model->class_names[best]);
        mnn_json(out, ", 'probability': %g", sureness(p, best));
    } else if (model->label_kind == MNN_LABEL_INPUT) {
        mnn_json(out, ", %s: %g", model->loss_name, (double)p->error);
    }
    mnn_json(out, ", 'outputs': [");
    for (int i = 0; i < model->output_size; i++)
        mnn_json(out, i ? ", %g" : "%g", (double)p->output[i]);
    mnn_json(out, "]");
    print_output_names(out, model);
    fputs("}\n", out);
}

/* The end of a line with a prediction. */
static const char *line_end(const mnn_prediction *p)
{
    return p->is_blank ? "  (" MNN_BLANK_TEXT ")\n" : "\n";
}

/* One line per sample: its number and the class with its probability; for a model of values its outputs; for
 * one of its own input how far the output is from it, since the outputs are as many as the inputs. */
static void print_line(FILE *out, const mnn_prediction *p)
{
    const mnn_model *model = p->model;
    fprintf(out, "%6" PRIu32, p->sample);
    if (model->label_kind == MNN_LABEL_CLASS) {
        char name[MNN_CLASS_TEXT];
        const int best = mnn_predicted_class(model, p->output);
        fprintf(out, "  %5s  %.4f%s", mnn_class_text(name, model, best), sureness(p, best), line_end(p));
    } else if (model->label_kind == MNN_LABEL_INPUT) {
        fprintf(out, "  %s %.6g%s", model->loss_name, (double)p->error, line_end(p));
    } else {
        for (int i = 0; i < model->output_size; i++)
            fprintf(out, "  %.6g", (double)p->output[i]);
        fputs(line_end(p), out);
    }
}

/* --- images ----------------------------------------------------------------------------------------- */

/* Draw up to two images of one size beside each other, made smaller if they are wider than the terminal. */
static mnn_status draw(FILE *out, const mnn_image *pictures, int count, mnn_error *err)
{
    const int fit = mnn_terminal_columns(out) / count - 2 * (count - 1),
              columns = fit > LEAST_COLUMNS ? fit : LEAST_COLUMNS;
    const mnn_image *first = &pictures[0];
    mnn_image small[2] = {{0}, {0}};
    mnn_status status = MNN_OK;
    if (first->width <= columns) {
        mnn_draw(out, mnn_draw_style_of(out), pictures, count);
        return MNN_OK;
    }
    const int height = (int)((int64_t)first->height * columns / first->width);
    for (int i = 0; i < count && !status; i++) {
        small[i] = (mnn_image){columns, height > 0 ? height : 1, first->channels, NULL};
        status = mnn_resample(&pictures[i], (mnn_box){0, 0, first->width, first->height}, &small[i], err);
    }
    if (!status)
        mnn_draw(out, mnn_draw_style_of(out), small, count);
    for (int i = 0; i < count; i++)
        mnn_image_free(&small[i]);
    return status;
}

/* The image beside the output of an autoencoder, which has the values that the model sees. */
static mnn_status draw_both(FILE *out, const mnn_prediction *p, mnn_error *err)
{
    const mnn_model *model = p->model;
    mnn_image pictures[2] = {*p->picture, *p->picture};
    uint8_t *made = malloc((size_t)model->output_size);
    if (!made)
        return mnn_fail(err, MNN_ENOMEM, "out of memory for an image");
    for (int i = 0; i < model->output_size; i++) {
        const float x = (p->output[i] - model->shift) / model->scale;
        made[i] = (uint8_t)(x >= 255 ? 255 : x > 0 ? x + 0.5f : 0);
    }
    pictures[1].pixels = made;
    const mnn_status status = draw(out, pictures, 2, err);
    free(made);
    return status;
}

/* A bar for every class, or for the most probable ones.
 * @param top  how many of these; 0: all classes in their order */
static void print_bars(FILE *out, const mnn_prediction *p, int top)
{
    const int classes = p->model->classes, shown = top > 0 && top < classes ? top : classes;
    const mnn_draw_style style = mnn_draw_style_of(out);
    const int names = mnn_class_width(p->model), width = names > 5 ? names : 5;
    char name[MNN_CLASS_TEXT];
    bool done[256] = {false};
    for (int i = 0; i < shown; i++) {
        int class = i;
        if (top > 0) {
            class = -1;
            for (int k = 0; k < classes; k++)
                if (!done[k] && (class < 0 || sureness(p, k) > sureness(p, class)))
                    class = k;
            done[class] = true;
        }
        fprintf(out, "%*s  ", width, mnn_class_text(name, p->model, class));
        mnn_draw_bar(out, style, sureness(p, class), BAR);
        fprintf(out, "  %.4f\n", sureness(p, class));
    }
}

/* With one output that is no probability there is nothing to compare. */
static bool has_bars(const mnn_model *model)
{
    return model->label_kind == MNN_LABEL_CLASS && (model->output_size > 1 || model->threshold == 0.5);
}

static mnn_status print_picture(FILE *out, const mnn_options *options, const mnn_prediction *p, mnn_error *err)
{
    char name[256];
    fprintf(out, "%s: %s\n", mnn_printable(name, sizeof name, p->path), p->done);
    const bool both = p->model->label_kind == MNN_LABEL_INPUT;
    const mnn_status status = both ? draw_both(out, p, err) : draw(out, p->picture, 1, err);
    if (status)
        return status;
    if (has_bars(p->model)) {
        const int best = mnn_predicted_class(p->model, p->output);
        print_bars(out, p, options->top.given ? (int)options->top.value : 0);
        char text[MNN_CLASS_TEXT];
        fprintf(out, "class %s, %.4f%s", mnn_class_text(text, p->model, best), sureness(p, best), line_end(p));
    } else {
        print_line(out, p);
    }
    return MNN_OK;
}

mnn_status mnn_print_prediction(FILE *out, const mnn_options *options, const mnn_prediction *p, mnn_error *err)
{
    if (p->picture && !options->json && !options->quiet)
        return print_picture(out, options, p, err);
    if (options->json)
        print_json(out, p);
    else
        print_line(out, p);
    return MNN_OK;
}
