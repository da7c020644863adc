#include "mnn/prepare.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/digit.h"
#include "data/resample.h"

enum { LEVELS = 256 };

/* A background or ink that is this near to black or white counts as such. */
enum { NEAR = 8 };

bool mnn_model_picture(const mnn_model *model, mnn_image *out)
{
    const int *dims = model->sample_dims;
    const int side = (int)(sqrt((double)model->sample_size) + 0.5);
    *out = (mnn_image){0};
    if (model->sample_rank == 1 && side * side == dims[0])
        *out = (mnn_image){side, side, 1, NULL};
    else if (model->sample_rank == 2)
        *out = (mnn_image){dims[1], dims[0], 1, NULL};
    else if (model->sample_rank == 3 && (dims[2] == 1 || dims[2] == 3))
        *out = (mnn_image){dims[1], dims[0], dims[2], NULL};
    return out->channels != 0;
}

/* --- what is told ----------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void tell(char done[MNN_PREPARED_TEXT], const char *format, ...)
{
    size_t length = strlen(done);
    if (length > 0 && length < MNN_PREPARED_TEXT - 2)
        length += (size_t)snprintf(done + length, MNN_PREPARED_TEXT - length, ", ");
    va_list args;
    va_start(args, format);
    vsnprintf(done + length, MNN_PREPARED_TEXT - length, format, args);
    va_end(args);
}

/* --- light and dark --------------------------------------------------------------------------------- */

static size_t size_of(const mnn_image *image)
{
    return (size_t)image->width * (size_t)image->height * (size_t)image->channels;
}

static void invert(mnn_image *image)
{
    const size_t size = size_of(image);
    for (size_t i = 0; i < size; i++)
        image->pixels[i] = (uint8_t)(255 - image->pixels[i]);
}

/* The median of the pixels along the four edges of a grey picture. */
static int border_level(const mnn_image *image)
{
    size_t seen[LEVELS] = {0}, count = 0;
    const size_t width = (size_t)image->width, height = (size_t)image->height;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x += y == 0 || y == height - 1 || width == 1 ? 1 : width - 1, count++)
            seen[image->pixels[y * width + x]]++;
    int level = 0;
    for (size_t below = seen[0]; 2 * below < count; below += seen[++level])
        continue;
    return level;
}

static void invert_light(mnn_image *in, mnn_inversion inversion, char *done)
{
    if (inversion == MNN_INVERT_ALWAYS || (inversion == MNN_INVERT_LIGHT && border_level(in) >= 128)) {
        invert(in);
        tell(done, inversion == MNN_INVERT_ALWAYS ? "inverted" : "inverted (light background)");
    }
}

/* The level between background and ink that parts them best: the largest variance between both (Otsu 1979).
 * @param dark, light  the means of both parts */
static int part(const size_t seen[LEVELS], double *dark, double *light)
{
    double count = 0, sum = 0, below = 0, sum_below = 0, best = -1;
    int level = 0;
    for (int i = 0; i < LEVELS; i++) {
        count += (double)seen[i];
        sum += (double)seen[i] * i;
    }
    *dark = *light = sum / count;
    for (int i = 0; i < LEVELS - 1; i++) {
        below += (double)seen[i];
        sum_below += (double)seen[i] * i;
        if (below == 0 || below == count)
            continue;
        const double a = sum_below / below, b = (sum - sum_below) / (count - below);
        const double between = below * (count - below) * (b - a) * (b - a);
        if (between > best) {
            best = between;
            level = i;
            *dark = a;
            *light = b;
        }
    }
    return level;
}

/* Make the background black and the ink white, where they are grey as on a photograph.
 * @return false when there is nothing but background */
static bool stretch(mnn_image *in, char *done)
{
    size_t seen[LEVELS] = {0};
    const size_t size = size_of(in);
    double dark, light;
    for (size_t i = 0; i < size; i++)
        seen[in->pixels[i]]++;
    const int level = part(seen, &dark, &light);
    if (light - dark < NEAR)
        return false;
    /* shadows and noise of a grey background reach up towards the level between */
    const double from = dark < NEAR ? 0 : (dark + level) / 2;
    const double to = light > 255 - 4 * NEAR ? 255 : light;
    if (from == 0 && to == 255)
        return true;
    for (size_t i = 0; i < size; i++) {
        const double x = (in->pixels[i] - from) / (to - from);
        in->pixels[i] = (uint8_t)(x <= 0 ? 0 : x >= 1 ? 255 : 255 * x + 0.5);
    }
    tell(done, "contrast stretched (%.0f..%.0f to 0..255)", from, to);
    return true;
}

/* --- a digit in its field --------------------------------------------------------------------------- */

static mnn_status make_digit(mnn_image *in, mnn_image *out, char *done, mnn_error *err)
{
    mnn_box box = {0};
    out->pixels = calloc(size_of(out), 1);
    if (!out->pixels)
        return mnn_fail(err, MNN_ENOMEM, "out of memory for a picture");
    if (!stretch(in, done) || !mnn_find_drawing(in, &box)) {
        tell(done, "nothing is drawn on it");
        return MNN_OK;
    }
    mnn_image digit = mnn_digit_size(box);
    const mnn_status status = mnn_resample(in, box, &digit, err);
    if (status) {
        mnn_image_free(out);
        return status;
    }
    mnn_place_digit(&digit, out);
    tell(done, "cropped to %dx%d at (%d, %d), scaled to %dx%d, centred by mass in %dx%d", box.width, box.height,
         box.left, box.top, digit.width, digit.height, out->width, out->height);
    mnn_image_free(&digit);
    return MNN_OK;
}

/* --- all of it -------------------------------------------------------------------------------------- */

static mnn_status copy(const mnn_image *in, mnn_image *out, mnn_error *err)
{
    out->pixels = malloc(size_of(in));
    if (!out->pixels)
        return mnn_fail(err, MNN_ENOMEM, "out of memory for a picture");
    memcpy(out->pixels, in->pixels, size_of(in));
    return MNN_OK;
}

static mnn_status scale_whole(const mnn_image *in, mnn_image *out, char *done, mnn_error *err)
{
    const bool same = (int64_t)in->width * out->height == (int64_t)in->height * out->width;
    tell(done, "scaled to %dx%d%s", out->width, out->height, same ? "" : " (its proportions are not kept)");
    return mnn_resample(in, (mnn_box){0, 0, in->width, in->height}, out, err);
}

mnn_status mnn_prepare(mnn_image *in, const mnn_preparation *how, mnn_image *out, char done[MNN_PREPARED_TEXT],
                       mnn_error *err)
{
    const bool same = in->width == out->width && in->height == out->height;
    const bool is_digit = out->width == MNN_DIGIT_FIELD && out->height == MNN_DIGIT_FIELD && out->channels == 1;
    mnn_status status;
    done[0] = '\0';
    if (how->raw && !same)
        return mnn_fail(err, MNN_EFORMAT,
                        "with --raw the picture must have the model's size (got %dx%d, expected %dx%d)", in->width,
                        in->height, out->width, out->height);
    if (!how->raw && (is_digit || how->inversion == MNN_INVERT_ALWAYS))
        invert_light(in, how->inversion, done);
    if (same)
        status = copy(in, out, err);
    else if (is_digit && !how->whole)
        status = make_digit(in, out, done, err);
    else
        status = scale_whole(in, out, done, err);
    if (!status && !*done)
        tell(done, "taken as it is");
    return status;
}
