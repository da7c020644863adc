/* Numbers from a matched file into the model. */
#include "exchange/import.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/report.h"

/* --- the model's side ------------------------------------------------------------------------------- */

int mnn_their_shape(const mnn_model *model, int tensor, bool transpose, int64_t dims[MNN_FOREIGN_RANK])
{
    const mnn_tensor *t = &model->tensors[tensor];
    for (int i = 0; i < t->rank; i++)
        dims[i] = t->dims[i];
    if (!transpose || t->rank < 2)
        return t->rank;
    if (t->rank == 2) {
        dims[0] = t->dims[1];
        dims[1] = t->dims[0];
    } else if (t->rank == 4) {
        dims[0] = t->layout.depthwise ? (int64_t)t->dims[2] * t->dims[3] : t->dims[3];
        dims[1] = t->layout.depthwise ? 1 : t->dims[2];
        dims[2] = t->dims[0];
        dims[3] = t->dims[1];
    }
    return t->rank;
}

/* --- numbers ---------------------------------------------------------------------------------------- */

/* The index of our element in theirs, which is transposed: the last dimensions of ours, together the columns,
 * come first there. A depthwise kernel's columns are [channels, multiplier], a convolution's the filters. */
static size_t transposed_place(const mnn_tensor *t, size_t i)
{
    if (t->rank == 2)
        return i % (size_t)t->dims[1] * (size_t)t->dims[0] + i / (size_t)t->dims[1];
    const size_t places = (size_t)t->dims[0] * (size_t)t->dims[1];
    const size_t in = t->layout.depthwise ? 1 : (size_t)t->dims[2];
    const size_t columns = (size_t)t->dims[2] * (size_t)t->dims[3] / in;
    const size_t column = i % columns, channel = i / columns % in, place = i / columns / in;
    return (column * in + channel) * places + place;
}

/* The position of an element of a flattened image when channels come first. */
static size_t place_of_row(const int image[3], size_t row)
{
    const size_t channels = (size_t)image[2], places = (size_t)image[0] * (size_t)image[1];
    return row % channels * places + row / channels;
}

static void arrange(const mnn_matches *m, int tensor, const float *from, float *to)
{
    const mnn_tensor *t = &m->model->tensors[tensor];
    const mnn_match *match = &m->of[tensor];
    const size_t width = t->rank > 1 ? (size_t)t->size / (size_t)t->dims[0] : 1;
    for (size_t i = 0; i < (size_t)t->size; i++) {
        size_t at = i;
        if (match->chw)
            at = place_of_row(t->layout.image, i / width) * width + i % width;
        if (match->transpose && t->rank > 1)
            at = transposed_place(t, at);
        to[i] = from[at];
    }
}

/* --- checks ----------------------------------------------------------------------------------------- */

static bool has_shape(const mnn_foreign_tensor *theirs, const int64_t *dims, int rank)
{
    bool same = theirs->rank == rank;
    for (int i = 0; i < rank && same; i++)
        same = theirs->dims[i] == dims[i];
    return same;
}

const char *mnn_expected_shape(const mnn_model *model, int tensor, bool transpose, char text[MNN_EXPECTED_TEXT])
{
    int64_t theirs[MNN_FOREIGN_RANK], own[MNN_FOREIGN_RANK];
    char own_text[128];
    const int rank = mnn_their_shape(model, tensor, transpose, theirs);
    mnn_their_shape(model, tensor, false, own);
    mnn_foreign_shape(text, theirs, rank);
    if (memcmp(theirs, own, (size_t)rank * sizeof *own) != 0)
        snprintf(text + strlen(text), MNN_EXPECTED_TEXT - strlen(text), ", transposed to %s",
                 mnn_foreign_shape(own_text, own, rank));
    return text;
}

static mnn_status check_shape(const mnn_matches *m, int tensor, mnn_error *err)
{
    const mnn_tensor *ours = &m->model->tensors[tensor];
    const mnn_match *match = &m->of[tensor];
    char name[MNN_NAME_SHOWN], got[128], expected[MNN_EXPECTED_TEXT];
    int64_t dims[MNN_FOREIGN_RANK];
    const int rank = mnn_their_shape(m->model, tensor, match->transpose, dims);
    if (has_shape(match->theirs, dims, rank))
        return MNN_OK;
    mnn_expected_shape(m->model, tensor, match->transpose, expected);
    mnn_their_shape(m->model, tensor, !match->transpose, dims);
    const bool other_way = has_shape(match->theirs, dims, rank);
    return mnn_fail_file(err, MNN_EFORMAT, m->file->path,
                         "tensor \"%s\" does not fit \"%s\" (got %s, expected %s; matched by --map)%s",
                         mnn_printable(name, sizeof name, match->theirs->name), ours->name,
                         mnn_foreign_shape(got, match->theirs->dims, match->theirs->rank), expected,
                         !other_way         ? ""
                         : match->transpose ? "\nhint: remove \"transpose\""
                                            : "\nhint: add \"transpose\" after it");
}

/* "chw" on a tensor that does not follow a flatten would do nothing. */
static mnn_status check_order(const mnn_matches *m, int tensor, mnn_error *err)
{
    if (!m->of[tensor].chw || m->model->tensors[tensor].layout.image[0])
        return MNN_OK;
    return mnn_fail_file(err, MNN_EFORMAT, m->file->path,
                         "\"%s\" does not follow a flatten of images: \"chw\" does not apply",
                         m->model->tensors[tensor].name);
}

mnn_status mnn_import(const mnn_matches *m, mnn_error *err)
{
    const mnn_model *model = m->model;
    const size_t count = (size_t)model->param_count + (size_t)model->state_count;
    mnn_status status = MNN_OK;
    size_t largest = 1;
    for (int i = 0; i < model->tensor_count && !status; i++) {
        largest = (size_t)model->tensors[i].size > largest ? (size_t)model->tensors[i].size : largest;
        if (!m->of[i].theirs)
            return mnn_fail_file(err, MNN_EFORMAT, m->file->path,
                                 "no tensor is matched with \"%s\" of the model \"%s\"", model->tensors[i].name,
                                 model->name);
        status = check_shape(m, i, err);
        if (!status)
            status = check_order(m, i, err);
    }
    if (status)
        return status;
    float *from = malloc(largest * sizeof *from), *params = malloc((count ? count : 1) * sizeof *params);
    if (!from || !params)
        status = mnn_fail(err, MNN_ENOMEM, "out of memory for the weights");
    for (int i = 0; i < model->tensor_count && !status; i++) {
        status = mnn_foreign_floats(m->file, m->of[i].theirs, from, err);
        if (!status)
            arrange(m, i, from, params + model->tensors[i].offset);
    }
    if (!status)
        memcpy(model->params, params, count * sizeof *params);
    free(from);
    free(params);
    return status;
}
