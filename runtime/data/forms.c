/* See forms.h. */
#include "data/forms.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/report.h"

enum { QMNIST_COLUMNS = 8 };

static size_t element_size(const mnn_array *a)
{
    return a->data ? sizeof *a->data : sizeof *a->values;
}

static char *elements_of(const mnn_array *a)
{
    return a->data ? (char *)a->data : (char *)a->values;
}

/* --- samples ---------------------------------------------------------------------------------------- */

static void transpose(const char *from, char *to, size_t rows, size_t columns, size_t pixel)
{
    for (size_t y = 0; y < rows; y++)
        for (size_t x = 0; x < columns; x++)
            memcpy(to + (x * rows + y) * pixel, from + (y * columns + x) * pixel, pixel);
}

mnn_status mnn_form_samples(const mnn_source *source, const char *path, mnn_array *samples, mnn_error *err)
{
    if (!mnn_source_option(source, "transpose", 0))
        return MNN_OK;
    if (samples->rank != 3 && samples->rank != 4)
        return mnn_fail_file(err, MNN_EFORMAT, path,
                             "transpose needs images (got samples of %d dimension%s, expected 2 or 3)",
                             samples->rank - 1, samples->rank == 2 ? "" : "s");
    const size_t rows = samples->dims[1], columns = samples->dims[2], count = samples->dims[0];
    const size_t pixel = element_size(samples) * (samples->rank == 4 ? samples->dims[3] : 1);
    const size_t size = rows * columns * pixel;
    char *copy = malloc(size + 1);
    if (!copy)
        return mnn_fail_file(err, MNN_ENOMEM, path, "not enough memory to transpose images");
    for (size_t i = 0; i < count; i++) {
        char *sample = elements_of(samples) + i * size;
        memcpy(copy, sample, size);
        transpose(copy, sample, rows, columns, pixel);
    }
    free(copy);
    samples->dims[1] = (uint32_t)columns;
    samples->dims[2] = (uint32_t)rows;
    return MNN_OK;
}

/* --- labels ----------------------------------------------------------------------------------------- */

/* Keep one of the columns. */
static void keep_column(mnn_array *labels, size_t columns, size_t column)
{
    const size_t size = element_size(labels);
    char *elements = elements_of(labels);
    for (size_t i = 0; i < labels->dims[0]; i++)
        memmove(elements + i * size, elements + (i * columns + column) * size, size);
    labels->rank = 1;
    labels->count = labels->dims[0];
}

static mnn_status subtract(const char *path, int first, mnn_array *labels, mnn_error *err)
{
    for (size_t i = 0; i < labels->count; i++) {
        if (labels->values)
            labels->values[i] -= (float)first;
        else if (labels->data[i] >= first)
            labels->data[i] = (uint8_t)(labels->data[i] - first);
        else
            return mnn_fail_file(err, MNN_EFORMAT, path,
                                 "label of sample %zu is below the first class (got %d, expected %d or more)", i,
                                 labels->data[i], first);
    }
    return MNN_OK;
}

mnn_status mnn_form_labels(const mnn_source *source, const char *path, int classes, mnn_array *labels, mnn_error *err)
{
    const char *column = mnn_source_option(source, "label_column", 0),
               *first = mnn_source_option(source, "label_first", 0);
    const size_t columns = labels->dims[0] ? labels->count / labels->dims[0] : 1;
    const long k = column ? strtol(column, NULL, 10) : 0;
    if (column && (size_t)k >= columns)
        return mnn_fail_file(err, MNN_EFORMAT, path, "the labels have no column %ld (got %zu column%s)", k, columns,
                             columns == 1 ? "" : "s");
    if (column || (classes > 0 && columns == QMNIST_COLUMNS && classes != QMNIST_COLUMNS))
        keep_column(labels, columns, (size_t)k);
    return first && classes > 0 ? subtract(path, (int)strtol(first, NULL, 10), labels, err) : MNN_OK;
}
