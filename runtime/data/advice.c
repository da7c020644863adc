#include "data/advice.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

_Static_assert((int)MNN_CHECK_CLASSES == (int)MNN_CLASSES, "counts have a slot for each");

/* --- classes ---------------------------------------------------------------------------------------- */

bool mnn_count_classes(const mnn_samples *samples, uint32_t counts[MNN_CHECK_CLASSES])
{
    mnn_class_labels labels;
    memset(counts, 0, MNN_CHECK_CLASSES * sizeof *counts);
    if (!mnn_dataset_classes(samples->set, &labels))
        return false;
    for (uint32_t i = 0; i < samples->count; i++)
        counts[mnn_class_of(&labels, mnn_sample_number(samples, i))]++;
    return true;
}

static uint64_t sum_of(const uint32_t counts[MNN_CHECK_CLASSES])
{
    uint64_t sum = 0;
    for (int c = 0; c < MNN_CHECK_CLASSES; c++)
        sum += counts[c];
    return sum;
}

/* "3, 7 and 9", "0, 1, 2 and 7 more" */
static void list_classes(const bool listed[MNN_CHECK_CLASSES], char text[64])
{
    enum { MOST = 4 };
    int left = 0, shown = 0;
    size_t used = 0;
    for (int c = 0; c < MNN_CHECK_CLASSES; c++)
        left += listed[c];
    text[0] = '\0';
    for (int c = 0; c < MNN_CHECK_CLASSES && left > 0; c++) {
        if (!listed[c])
            continue;
        const char *before = shown == 0 ? "" : left == 1 ? " and " : ", ";
        if (shown == MOST - 1 && left > 1) {
            snprintf(text + used, 64 - used, " and %d more", left);
            return;
        }
        used += (size_t)snprintf(text + used, 64 - used, "%s%d", before, c);
        shown++;
        left--;
    }
}

static const char sorted[] =
    "\nhint: is the file sorted by class? without order=, a split holds out the same fraction of every class";

/* Samples of all classes, in training and held out. */
typedef struct comparison {
    const uint32_t *training, *other;
    double all, held;
} comparison;

/* Whether classes are missing that a set drawn at random would have: one of which 10 samples are expected, or far more
 * of the training set than is to be expected.
 * @param missing  filled: the classes that the other set does not have */
static bool is_sorted(const comparison *c, bool missing[MNN_CHECK_CLASSES])
{
    double share = 0, expected = 0; /* of the missing classes among all samples */
    bool surely = false;
    for (int k = 0; k < MNN_CHECK_CLASSES; k++) {
        const double p = ((double)c->training[k] + (double)c->other[k]) / c->all;
        missing[k] = c->other[k] == 0 && c->training[k] > 0;
        share += missing[k] ? p : 0;
        expected += p * pow(1 - p, c->held);
        surely = surely || (missing[k] && p * c->held >= 10);
    }
    return c->held > 0 && (surely || share > 0.3 + 2 * expected);
}

bool mnn_advise_classes(const uint32_t training[MNN_CHECK_CLASSES], const uint32_t other[MNN_CHECK_CLASSES],
                        const char *set, bool split, char text[MNN_ADVICE])
{
    bool listed[MNN_CHECK_CLASSES];
    const uint64_t held = sum_of(other), all = held + sum_of(training);
    uint64_t strange = 0;
    char classes[64];
    text[0] = '\0';
    for (int c = 0; c < MNN_CHECK_CLASSES; c++) {
        listed[c] = training[c] == 0 && other[c] > 0;
        strange += listed[c] ? other[c] : 0;
    }
    if (strange > 0) {
        list_classes(listed, classes);
        snprintf(text, MNN_ADVICE,
                 "the %s set has classes that training never sees: %s (%" PRIu64 " of its %" PRIu64 " samples)%s", set,
                 classes, strange, held,
                 split ? sorted : "\nhint: shuffle all samples before they are divided into sets");
    } else if (split && is_sorted(&(comparison){training, other, (double)all, (double)held}, listed)) {
        list_classes(listed, classes);
        snprintf(text, MNN_ADVICE, "the %s set has no samples of classes that training has: %s%s", set, classes,
                 sorted);
    }
    return text[0] != '\0';
}

bool mnn_advise_single_class(const uint32_t training[MNN_CHECK_CLASSES], char text[MNN_ADVICE])
{
    const uint64_t all = sum_of(training);
    int only = 0;
    text[0] = '\0';
    while (only < MNN_CHECK_CLASSES - 1 && training[only] == 0)
        only++;
    if (all > 1 && training[only] == all)
        snprintf(text, MNN_ADVICE,
                 "all %" PRIu64 " training samples are of class %d\n"
                 "hint: check the labels; of a file that is sorted by class, limit(train, n) takes the first classes",
                 all, only);
    return text[0] != '\0';
}

/* --- values ------------------------------------------------------------------------------------------ */

enum { MOST_SAMPLES = 1024, MOST_VALUES = 1 << 22 };

/* A range that is narrower, or values that are larger than this, train badly with the usual learning rates. */
static const double narrow = 0.02, large = 50;

/* Of the samples looked at. */
typedef struct values {
    double low, high;      /* as they are in the file */
    double mean, variance; /* likewise */
    uint32_t samples;
    double peaks[MOST_SAMPLES]; /* the largest |value| of every sample as the model sees it */
    bool same_samples;          /* all samples are the first one */
} values;

static double value_at(const mnn_array *idx, size_t i)
{
    return idx->data ? (double)idx->data[i] : (double)idx->values[i];
}

static void add_sample(const mnn_model *model, const mnn_array *idx, size_t at, size_t size, values *v)
{
    double peak = 0;
    for (size_t i = 0; i < size; i++) {
        const double x = value_at(idx, at + i), seen = fabs(x * (double)model->scale + (double)model->shift);
        const double before = x - v->mean, count = (double)v->samples * (double)size + (double)i + 1;
        v->low = x < v->low ? x : v->low;
        v->high = x > v->high ? x : v->high;
        v->mean += before / count;
        v->variance += before * (x - v->mean); /* Welford 1962: the sum, until all are there */
        v->same_samples = v->same_samples && x == value_at(idx, i);
        peak = seen > peak ? seen : peak;
    }
    v->peaks[v->samples++] = peak;
}

static void look(const mnn_model *model, const mnn_array *idx, values *v)
{
    const size_t size = idx->count / idx->dims[0];
    const uint32_t by_size = size < MOST_VALUES / 16 ? (uint32_t)(MOST_VALUES / size) : 16;
    const uint32_t most = by_size < MOST_SAMPLES ? by_size : MOST_SAMPLES, all = idx->dims[0];
    const uint32_t count = all < most ? all : most;
    v->low = INFINITY;
    v->high = -INFINITY;
    v->same_samples = true;
    for (uint32_t i = 0; i < count; i++)
        add_sample(model, idx, (size_t)((uint64_t)i * all / count) * size, size, v);
    v->variance /= (double)count * (double)size;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Half of the samples have values as large. */
static double median_peak(values *v)
{
    qsort(v->peaks, v->samples, sizeof *v->peaks, compare);
    return v->peaks[v->samples / 2];
}

static void hint(char text[MNN_ADVICE], const char *what)
{
    const size_t used = strlen(text);
    snprintf(text + used, MNN_ADVICE - used, "\nhint: %s", what);
}

static void hint_normalize(const values *v, char text[MNN_ADVICE])
{
    char what[128];
    snprintf(what, sizeof what, "write normalize(%.4g, %.4g) in the data block, for the values of the file", v->mean,
             sqrt(v->variance));
    hint(text, what);
}

static void hint_narrow(const mnn_model *model, const values *v, char text[MNN_ADVICE])
{
    char what[128];
    const bool small = v->low >= -8 && v->high <= 8 && v->high - v->low > narrow;
    if (!small || fabs((double)model->scale) >= 0.1) {
        hint_normalize(v, text);
        return;
    }
    snprintf(what, sizeof what, "the values of the file are already %.4g to %.4g: remove scale and normalize", v->low,
             v->high);
    hint(text, what);
}

static void hint_large(const mnn_model *model, bool bytes, const values *v, char text[MNN_ADVICE])
{
    const bool untouched = model->scale == 1 && model->shift == 0,
               pixels = v->low >= 0 && v->high <= 255 && v->high > 50;
    if (pixels && untouched && (model->sample_rank > 1 || bytes))
        hint(text, "write scale(1/255) in the data block");
    else if (pixels && !untouched && fabs((double)model->scale) >= 1)
        hint(text, "the steps of the data block expect values of 0 to 1: write scale(1/255) before them");
    else if (model->sample_rank > 1 || model->sample_size == 1 || pixels)
        hint_normalize(v, text);
    else
        hint(text, "scale every column of the file to mean 0 and standard deviation 1, or write batchnorm() as the "
                   "first layer");
}

bool mnn_advise_values(const mnn_model *model, const mnn_array *images, char text[MNN_ADVICE])
{
    values *v = calloc(1, sizeof *v); /* without memory nothing is said */
    text[0] = '\0';
    if (!v)
        return false;
    look(model, images, v);
    const double a = v->low * (double)model->scale + (double)model->shift;
    const double b = v->high * (double)model->scale + (double)model->shift;
    const double low = a < b ? a : b, high = a < b ? b : a;
    if (v->low == v->high) {
        snprintf(text, MNN_ADVICE, "all values are the same (%.4g in the file, %.4g for the model)", v->low, a);
    } else if (v->same_samples && v->samples > 1) {
        snprintf(text, MNN_ADVICE, "all samples are the same");
    } else if (high - low < narrow) {
        snprintf(text, MNN_ADVICE,
                 "the values that reach the model are all between %.4g and %.4g (%.4g to %.4g in the file)", low, high,
                 v->low, v->high);
        hint_narrow(model, v, text);
    } else if (median_peak(v) > large && !model->normalises) {
        snprintf(text, MNN_ADVICE,
                 "the values that reach the model are between %.4g and %.4g (%.4g to %.4g in the file)", low, high,
                 v->low, v->high);
        hint_large(model, images->data != NULL, v, text);
    }
    free(v);
    return text[0] != '\0';
}

/* --- shape ------------------------------------------------------------------------------------------- */

/* The dimensions that are not 1. */
static int without_ones(const uint32_t *dims, int rank, uint32_t out[MNN_ARRAY_RANK])
{
    int count = 0;
    for (int i = 0; i < rank; i++)
        if (dims[i] != 1)
            out[count++] = dims[i];
    return count;
}

static int compare_dims(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

bool mnn_advise_reshape(const mnn_model *model, const mnn_array *images, char text[MNN_ADVICE])
{
    uint32_t wanted[MNN_ARRAY_RANK] = {0}, ours[MNN_ARRAY_RANK], theirs[MNN_ARRAY_RANK];
    char from[96], to[96];
    text[0] = '\0';
    for (int i = 0; i < model->sample_rank; i++)
        wanted[i] = (uint32_t)model->sample_dims[i];
    const int count = without_ones(wanted, model->sample_rank, ours);
    if (!model->reshapes || without_ones(images->dims + 1, images->rank - 1, theirs) != count ||
        memcmp(ours, theirs, (size_t)count * sizeof *ours) == 0)
        return false;
    qsort(ours, (size_t)count, sizeof *ours, compare_dims);
    qsort(theirs, (size_t)count, sizeof *theirs, compare_dims);
    if (memcmp(ours, theirs, (size_t)count * sizeof *ours) != 0)
        return false;
    mnn_dims_text(from, sizeof from, ", ", images->dims + 1, images->rank - 1);
    mnn_dims_text(to, sizeof to, ", ", wanted, model->sample_rank);
    snprintf(text, MNN_ADVICE,
             "reshape does not swap axes: samples of (%s) become (%s) with their values in the same order\n"
             "hint: write the file with its axes in that order",
             from, to);
    return true;
}
