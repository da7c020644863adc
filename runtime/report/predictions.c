/* The section of a report about the predictions for a set. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/sample_picture.h"
#include "report/page.h"
#include "report/sections.h"

enum { MOST_IN_MATRIX = 30, IMAGE_BYTES = 1000 * 1000 /* of all mistakes */ };

static const char *class_text(char buffer[80], const mnn_model *model, int class)
{
    if (class < 0)
        buffer[0] = '\0';
    else if (model->class_names)
        snprintf(buffer, 80, "%s", model->class_names[class]);
    else
        snprintf(buffer, 80, "%d", class);
    return buffer;
}

static void put_class(FILE *out, const mnn_model *model, int class)
{
    char text[80];
    mnn_page_text(out, class_text(text, model, class));
}

/* --- confusion ------------------------------------------------------------------------------------ */

static uint64_t cell(const mnn_analysis *a, int label, int predicted)
{
    return a->confusion[(size_t)label * (size_t)a->classes + (size_t)predicted];
}

static uint64_t count_of(const mnn_analysis *a, int class, bool predicted)
{
    uint64_t sum = 0;
    for (int k = 0; k < a->classes; k++)
        sum += predicted ? cell(a, k, class) : cell(a, class, k);
    return sum;
}

static void write_row(FILE *out, const mnn_model *model, const mnn_analysis *a, int label)
{
    const uint64_t all = count_of(a, label, false);
    fputs("<tr><th scope=\"row\" class=\"name\">", out);
    put_class(out, model, label);
    fputs("</th>", out);
    for (int k = 0; k < a->classes; k++) {
        const uint64_t n = cell(a, label, k);
        fprintf(out, "<td class=\"heat\" style=\"--v:%.2f\">%" PRIu64 "</td>",
                all ? 0.75 * sqrt((double)n / (double)all) : 0, n);
    }
    fputs("</tr>\n", out);
}

static void write_matrix(FILE *out, const mnn_model *model, const mnn_analysis *a)
{
    fputs("<figure><div class=\"wide\"><table><thead><tr><th class=\"name\">label</th>", out);
    for (int k = 0; k < a->classes; k++) {
        fputs("<th scope=\"col\">", out);
        put_class(out, model, k);
        fputs("</th>", out);
    }
    fputs("</tr></thead><tbody>\n", out);
    for (int k = 0; k < a->classes; k++)
        write_row(out, model, a, k);
    fputs("</tbody></table></div><figcaption>Confusion matrix: a row per label, a column per predicted "
          "class.</figcaption></figure>\n",
          out);
}

/* --- classes -------------------------------------------------------------------------------------- */

static void write_share(FILE *out, double part, double all)
{
    if (all > 0)
        fprintf(out, "<td>%.4f</td>", part / all);
    else
        fputs("<td>-</td>", out);
}

static void write_classes(FILE *out, const mnn_model *model, const mnn_analysis *a)
{
    fputs("<figure><div class=\"wide\"><table><thead><tr><th scope=\"col\" class=\"name\">class</th><th "
          "scope=\"col\">samples</th>"
          "<th scope=\"col\">precision</th><th scope=\"col\">recall</th><th scope=\"col\">F1</th><th scope=\"col\" "
          "class=\"name\">recall</th>"
          "</tr></thead><tbody>\n",
          out);
    for (int k = 0; k < a->classes; k++) {
        const double right = (double)cell(a, k, k), is = (double)count_of(a, k, false),
                     said = (double)count_of(a, k, true);
        fputs("<tr><th scope=\"row\" class=\"name\">", out);
        put_class(out, model, k);
        fprintf(out, "</th><td>%.0f</td>", is);
        write_share(out, right, said);
        write_share(out, right, is);
        write_share(out, 2 * right, is + said);
        fprintf(out, "<td class=\"name\"><span class=\"bar\" style=\"width:%.0fpx\"></span></td></tr>\n",
                is > 0 ? 120 * right / is : 0);
    }
    fputs("</tbody></table></div><figcaption>Precision, recall and F1 per class.</figcaption></figure>\n", out);
}

static void draw_calibration(FILE *out, const mnn_analysis *a)
{
    double x[MNN_BINS], y[MNN_BINS], ends[2] = {0, 1};
    char title[160];
    int count = 0;
    for (int b = 0; b < MNN_BINS; b++) {
        if (!a->in_bin[b])
            continue;
        x[count] = a->sum_in_bin[b] / (double)a->in_bin[b];
        y[count++] = (double)a->right_in_bin[b] / (double)a->in_bin[b];
    }
    const mnn_series series[] = {{"accuracy", x, y, count}, {"perfect calibration", ends, ends, 2}};
    snprintf(title, sizeof title,
             "Calibration: accuracy over the probability of the predicted class; expected calibration error %.4f",
             mnn_calibration_error(a));
    mnn_page_chart(out,
                   &(mnn_chart){.title = title, .x_name = "probability", .series = series, .count = 2, .unit = true});
}

/* --- the outputs in a plane ----------------------------------------------------------------------- */

/** The points of one class, or of all; moved to the front of shown_x and shown_y. */
static int pick(const mnn_analysis *a, int class, const double *x, const double *y, double *shown_x, double *shown_y)
{
    int count = 0;
    for (int i = 0; i < a->points; i++)
        if (a->label[i] == class) {
            shown_x[count] = x[i];
            shown_y[count++] = y[i];
        }
    return count;
}

static void draw_plane(FILE *out, const mnn_model *model, const mnn_analysis *a)
{
    enum { CLASSES = 16 };
    double x[MNN_POINTS], y[MNN_POINTS], shown_x[MNN_POINTS], shown_y[MNN_POINTS];
    mnn_series series[CLASSES];
    char names[CLASSES][80];
    int used = 0;
    if (a->outputs < 3 || a->points < 3)
        return;
    mnn_principal_components(a, x, y);
    for (int k = 0, count = 0; k < a->classes && k < CLASSES; k++) {
        const int n = pick(a, k, x, y, shown_x + count, shown_y + count);
        series[used++] = (mnn_series){class_text(names[k], model, k), shown_x + count, shown_y + count, n};
        count += n;
    }
    mnn_page_chart(out, &(mnn_chart){.title = "Outputs of some samples, along their two principal components",
                                     .x_name = "first component",
                                     .series = series,
                                     .count = used,
                                     .points = true});
}

static void draw_values(FILE *out, const mnn_analysis *a)
{
    double x[MNN_POINTS], y[MNN_POINTS];
    for (int k = 0; a->target && k < a->outputs && k < 6; k++) {
        char title[80];
        for (int i = 0; i < a->points; i++) {
            x[i] = (double)a->target[i * a->outputs + k];
            y[i] = (double)a->output[i * a->outputs + k];
        }
        snprintf(title, sizeof title, "Output %d: predictions over targets", k);
        const mnn_series series = {"samples", x, y, a->points};
        mnn_page_chart(out,
                       &(mnn_chart){.title = title, .x_name = "target", .series = &series, .count = 1, .points = true});
    }
}

/* --- mistakes ------------------------------------------------------------------------------------- */

static void write_mistake_images(FILE *out, const mnn_report *r, const mnn_samples *samples, const mnn_analysis *a,
                                 mnn_image *form)
{
    const mnn_model *model = r->training->model;
    size_t bytes = 0;
    char label[80], predicted[80], caption[256];
    fputs("<div class=\"images\">\n", out);
    for (int i = 0; i < a->worst_count && bytes < IMAGE_BYTES; i++) {
        const mnn_mistake *m = &a->worst[i];
        mnn_sample_pixels(model, samples->set, m->sample, form->pixels);
        if (a->classes)
            snprintf(caption, sizeof caption, "%s, predicted %s (%.3g)", class_text(label, model, m->label),
                     class_text(predicted, model, m->predicted), m->probability);
        else
            snprintf(caption, sizeof caption, "sample %" PRIu32 ", loss %.4g", m->sample, m->loss);
        bytes += mnn_page_image(out, form, caption);
    }
    fputs("</div>\n", out);
}

static void write_values(FILE *out, const mnn_model *model, const mnn_samples *samples, uint32_t sample)
{
    enum { VALUES = 12 };
    const mnn_array *file = &samples->set->images;
    for (int k = 0; k < model->sample_size && k < VALUES; k++) {
        const size_t at = (size_t)sample * (size_t)model->sample_size + (size_t)k;
        fprintf(out, "<td>%.5g</td>", file->data ? (double)file->data[at] : (double)file->values[at]);
    }
    fputs(model->sample_size > VALUES ? "<td>...</td></tr>\n" : "</tr>\n", out);
}

static void write_mistake_rows(FILE *out, const mnn_report *r, const mnn_samples *samples, const mnn_analysis *a)
{
    const mnn_model *model = r->training->model;
    fputs("<div class=\"wide\"><table><thead><tr><th scope=\"col\">sample</th><th scope=\"col\">loss</th><th "
          "scope=\"col\" class=\"name\">label</th>"
          "<th scope=\"col\" class=\"name\">predicted</th><th class=\"name\" "
          "colspan=\"13\">values</th></tr></thead><tbody>\n",
          out);
    for (int i = 0; i < a->worst_count; i++) {
        const mnn_mistake *m = &a->worst[i];
        fprintf(out, "<tr><td>%" PRIu32 "</td><td>%.4g</td><td class=\"name\">", m->sample, m->loss);
        put_class(out, model, m->label);
        fputs("</td><td class=\"name\">", out);
        put_class(out, model, m->predicted);
        fputs("</td>", out);
        write_values(out, model, samples, m->sample);
    }
    fputs("</tbody></table></div>\n", out);
}

static void write_mistakes(FILE *out, const mnn_report *r, const mnn_samples *samples, const mnn_analysis *a)
{
    mnn_image form;
    fprintf(out,
            a->classes ? "<p>The %d wrong predictions with the largest loss.</p>\n"
                       : "<p>The %d samples with the largest loss.</p>\n",
            a->worst_count);
    if (!mnn_dataset_picture(r->training->model, samples->set, &form)) {
        write_mistake_rows(out, r, samples, a);
        return;
    }
    form.pixels = malloc((size_t)r->training->model->sample_size);
    if (form.pixels)
        write_mistake_images(out, r, samples, a, &form);
    free(form.pixels);
}

void mnn_report_predictions(FILE *out, const mnn_report *r, const mnn_samples *samples, const char *set,
                            const mnn_analysis *a)
{
    const mnn_model *model = r->training->model;
    char heading[64];
    snprintf(heading, sizeof heading, "Predictions, %s", set);
    mnn_page_section(out, heading);
    fprintf(out, "<p class=\"soft\">%" PRIu32 " samples.</p>\n", a->samples);
    fputs("<div class=\"cards\">\n", out);
    if (a->classes > 0 && a->classes <= MOST_IN_MATRIX)
        write_matrix(out, model, a);
    if (a->classes)
        write_classes(out, model, a);
    fputs("</div>\n<div class=\"grid\">\n", out);
    if (a->classes)
        draw_calibration(out, a);
    draw_plane(out, model, a);
    draw_values(out, a);
    fputs("</div>\n", out);
    if (a->worst_count)
        write_mistakes(out, r, samples, a);
}
