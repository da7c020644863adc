#include "cli/output.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/json.h"

const char *mnn_value_text(char buffer[32], double value)
{
    const double size = fabs(value);
    snprintf(buffer, 32, (size > 0 && size <= 1e-3) || size >= 1e5 ? "%.4e" : "%.4f", value);
    return buffer;
}

const char *mnn_count_text(char buffer[32], int64_t value)
{
    char digits[32];
    const size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRId64, value);
    size_t at = 0;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-')
            buffer[at++] = ',';
        buffer[at++] = digits[i];
    }
    buffer[at] = '\0';
    return buffer;
}

const char *mnn_bytes_text(char buffer[32], int64_t bytes)
{
    static const char *const unit[] = {"B", "KB", "MB", "GB", "TB"};
    double size = (double)bytes;
    int u = 0;
    while (size >= 1024 && u < 4) {
        size /= 1024;
        u++;
    }
    snprintf(buffer, 32, u ? "%.2f %s" : "%.0f %s", size, unit[u]);
    return buffer;
}

const char *mnn_shape_text(char buffer[64], bool batch, const int *dims, int rank)
{
    size_t length = (size_t)snprintf(buffer, 64, batch ? "(None" : "(");
    for (int i = 0; i < rank && length < 64; i++)
        length += (size_t)snprintf(buffer + length, 64 - length, "%s%d", batch || i > 0 ? ", " : "", dims[i]);
    if (length < 63)
        strcpy(buffer + length, ")");
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

static void print_confusion_json(FILE *out, const mnn_tally *tally)
{
    const int classes = tally->model->classes;
    fputs(", \"confusion_matrix\": [", out);
    for (int label = 0; label < classes; label++)
        for (int said = 0; said < classes; said++)
            fprintf(out, "%s%" PRIu64, said ? ", " : label ? "], [" : "[", tally->confusion[label * classes + said]);
    fputs("]]", out);
}

void mnn_print_score_json(FILE *out, const mnn_model *model, const mnn_score *score, const mnn_tally *tally)
{
    char text[32];
    fprintf(out, "{\"loss\": %s", mnn_json_number(text, score->loss, true));
    for (int i = 0; i < model->metric_count; i++)
        if (mnn_metric_is_number(&model->metrics[i]))
            fprintf(out, ", \"%s\": %s", model->metrics[i].name, mnn_json_number(text, score->value[i], true));
    if (tally && tally->confusion)
        print_confusion_json(out, tally);
    fprintf(out, ", \"samples\": %" PRIu64 "}", score->samples);
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
    const int width = 2 + (digits > 3 ? digits : 3);
    fprintf(out, "confusion matrix (a row for each label, a column for each prediction)\n%6s", "");
    for (int said = 0; said < classes; said++)
        fprintf(out, "%*d", width, said);
    fputc('\n', out);
    for (int label = 0; label < classes; label++) {
        fprintf(out, "%6d", label);
        for (int said = 0; said < classes; said++)
            fprintf(out, "%*" PRIu64, width, tally->confusion[label * classes + said]);
        fputc('\n', out);
    }
}
