#include "cli/output.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "base/utf8.h"

const char *mnn_value_text(char buffer[32], double value)
{
    const double size = fabs(value);
    snprintf(buffer, 32, (size > 0 && size <= 1e-3) || size >= 1e5 ? "%.4e" : "%.4f", value);
    return buffer;
}

const char *mnn_shape_text(char buffer[64], bool batch, const int *dims, int rank)
{
    char text[52];
    mnn_dims_text(text, sizeof text, ", ", (const uint32_t *)dims, rank);
    snprintf(buffer, 64, "(%s%s%s)", batch ? "None" : "", batch && rank ? ", " : "", text);
    return buffer;
}

void mnn_print_score(FILE *out, const mnn_model *model, const mnn_score *score)
{
    char text[32];
    fprintf(out, "loss %s", mnn_value_text(text, score->loss));
    for (int i = 0; i < model->metric_count; i++)
        if (mnn_metric_is_number(&model->metrics[i]))
            fprintf(out, ", %s %s", model->metrics[i].name, mnn_value_text(text, score->value[i]));
}

const char *mnn_class_text(char buffer[MNN_CLASS_TEXT], const mnn_model *model, int class)
{
    if (model->class_names)
        return mnn_printable(buffer, MNN_CLASS_TEXT, model->class_names[class]);
    snprintf(buffer, MNN_CLASS_TEXT, "%d", class);
    return buffer;
}

static int width_of(const char *text)
{
    return (int)mnn_utf8_length(text, strlen(text));
}

int mnn_class_width(const mnn_model *model)
{
    char text[MNN_CLASS_TEXT];
    int most = 0;
    for (int i = 0; i < model->classes; i++) {
        const int width = width_of(mnn_class_text(text, model, i));
        most = width > most ? width : most;
    }
    return most;
}

/* Right-aligned by characters, not bytes. */
static void print_class(FILE *out, const mnn_model *model, int class, int width)
{
    char text[MNN_CLASS_TEXT];
    mnn_class_text(text, model, class);
    fprintf(out, "%*s%s", width - width_of(text), "", text);
}

static void print_confusion_json(FILE *out, const mnn_tally *tally)
{
    const int classes = tally->model->classes;
    mnn_json(out, ", 'confusion_matrix': [");
    for (int label = 0; label < classes; label++)
        for (int said = 0; said < classes; said++)
            fprintf(out, "%s%" PRIu64, said ? ", " : label ? "], [" : "[", tally->confusion[label * classes + said]);
    fputs("]]", out);
    for (int i = 0; i < classes && tally->model->class_names; i++)
        mnn_json(out, i ? ", %s" : ", 'class_names': [%s", tally->model->class_names[i]);
    fputs(tally->model->class_names ? "]" : "", out);
}

void mnn_print_score_json(FILE *out, const mnn_model *model, const mnn_score *score, const mnn_tally *tally)
{
    mnn_json(out, "{'loss': %g", score->loss);
    for (int i = 0; i < model->metric_count; i++)
        if (mnn_metric_is_number(&model->metrics[i]))
            mnn_json(out, ", %s: %g", model->metrics[i].name, score->value[i]);
    if (tally && tally->confusion)
        print_confusion_json(out, tally);
    mnn_json(out, ", 'samples': %" PRIu64 "}", score->samples);
}

void mnn_print_confusion(FILE *out, const mnn_tally *tally)
{
    if (!tally->confusion)
        return;
    const int classes = tally->model->classes;
    uint64_t largest = 1;
    for (int i = 0; i < classes * classes; i++)
        largest = tally->confusion[i] > largest ? tally->confusion[i] : largest;
    const int digits = snprintf(NULL, 0, "%" PRIu64, largest);
    const int names = mnn_class_width(tally->model), head = names > 6 ? names : 6;
    const int numbers = digits > 3 ? digits : 3, width = 2 + (names > numbers ? names : numbers);
    fprintf(out, "confusion matrix (a row for each label, a column for each prediction)\n%*s", head, "");
    for (int said = 0; said < classes; said++)
        print_class(out, tally->model, said, width);
    fputc('\n', out);
    for (int label = 0; label < classes; label++) {
        print_class(out, tally->model, label, head);
        for (int said = 0; said < classes; said++)
            fprintf(out, "%*" PRIu64, width, tally->confusion[label * classes + said]);
        fputc('\n', out);
    }
}
