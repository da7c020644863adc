#include "cli/output.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "train/evaluate.h"
#include "train/history.h"

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
    if (mnn_measures_accuracy(model))
        fprintf(out, ", accuracy %s", mnn_value_text(text, score->accuracy));
}

void mnn_print_score_json(FILE *out, const mnn_model *model, const mnn_score *score)
{
    char text[32];
    fprintf(out, "{\"loss\": %s", mnn_json_number(text, score->loss, true));
    if (mnn_measures_accuracy(model))
        fprintf(out, ", \"accuracy\": %s", mnn_json_number(text, score->accuracy, true));
    fprintf(out, ", \"samples\": %" PRIu64 "}", score->samples);
}
