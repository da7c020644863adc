#include "mnn/prepare.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/digit.h"
#include "data/frame.h"
#include "data/levels.h"
#include "data/resample.h"

enum { WHITE = 255 };

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

/* --- messages -------------------------------------------------------------------------------------- */

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
        image->pixels[i] = (uint8_t)(WHITE - image->pixels[i]);
}

static void say_inverted(mnn_image *in, const char *why, char *done)
{
    invert(in);
    tell(done, "inverted%s", why);
}

/* --- frames ----------------------------------------------------------------------------------------- */

/* Whether most pixels inside the outer tenth are above a level. */
static bool is_light_inside(const mnn_image *grey, int level)
{
    const int margin_x = grey->width / 10, margin_y = grey->height / 10;
    size_t count = 0, light = 0;
    for (int y = margin_y; y < grey->height - margin_y; y++)
        for (int x = margin_x; x < grey->width - margin_x; x++, count++)
            light += grey->pixels[(size_t)y * (size_t)grey->width + (size_t)x] > level;
    return 2 * light > count;
}

/* Whether the background is light: as the border is, unless a frame runs along it whose inside is the opposite. */
static mnn_status see_background(const mnn_image *in, bool same, bool *is_light, char *done, mnn_error *err)
{
    double dark, light;
    mnn_frame frame;
    const int border = mnn_border_level(in), level = mnn_otsu_level(in, &dark, &light);
    if (light - dark < MNN_LEVELS_NEAR) {
        *is_light = border >= WHITE / 2;
        return MNN_OK;
    }
    *is_light = same ? border >= WHITE / 2 : border > level;
    const bool is_line_light = border > level;
    if (is_light_inside(in, level) == is_line_light)
        return MNN_OK;
    const mnn_status status = mnn_frame_find(in, level, is_line_light, &frame, err);
    if (status)
        return status;
    if (same ? frame.whole == MNN_SIDES : frame.makes_border)
        *is_light = !is_line_light;
    else if (!same)
        tell(done, "border and middle differ in brightness (see --invert and --no-invert)");
    mnn_frame_free(&frame);
    return MNN_OK;
}

/* Paint a frame, which is light on dark here as the drawing is, with the background. Lines around nothing are a frame
 * only if they close the image. */
static mnn_status erase_frame(mnn_image *in, bool same, char *done, mnn_error *err)
{
    double dark, light;
    mnn_frame frame;
    const int level = mnn_otsu_level(in, &dark, &light);
    if (light - dark < MNN_LEVELS_NEAR)
        return MNN_OK;
    const mnn_status status = mnn_frame_find(in, level, true, &frame, err);
    if (status)
        return status;
    const bool is_closed = frame.whole == MNN_SIDES;
    if (frame.sides > 0 && (is_closed || !same) && (is_closed || mnn_frame_holds(&frame, in, level, true))) {
        mnn_frame_erase(&frame, in, (int)(dark + 0.5));
        tell(done, "frame erased on %d side%s", frame.sides, frame.sides == 1 ? "" : "s");
    }
    mnn_frame_free(&frame);
    return MNN_OK;
}

/* A digit becomes light on a dark background without a frame. */
static mnn_status make_light_on_dark(mnn_image *in, mnn_inversion inversion, bool same, char *done, mnn_error *err)
{
    bool is_light = false;
    mnn_status status = MNN_OK;
    if (inversion == MNN_INVERT_ALWAYS)
        say_inverted(in, "", done);
    if (inversion == MNN_INVERT_LIGHT)
        status = see_background(in, same, &is_light, done, err);
    if (is_light)
        say_inverted(in, " (light background)", done);
    return status ? status : erase_frame(in, same, done, err);
}

/* Make the background black and the ink white, where they are grey as on a photograph.
 * @return false if there is only background */
static bool stretch(mnn_image *in, char *done)
{
    const size_t size = size_of(in);
    double dark, light;
    const int level = mnn_otsu_level(in, &dark, &light);
    if (light - dark < MNN_LEVELS_NEAR)
        return false;
    /* shadows and noise of a grey background reach up towards the level between */
    const double from = dark < MNN_LEVELS_NEAR ? 0 : (dark + level) / 2;
    const double to = light > WHITE - 4 * MNN_LEVELS_NEAR ? WHITE : light;
    if (from == 0 && to == WHITE)
        return true;
    for (size_t i = 0; i < size; i++) {
        const double x = (in->pixels[i] - from) / (to - from);
        in->pixels[i] = (uint8_t)(x <= 0 ? 0 : x >= 1 ? WHITE : WHITE * x + 0.5);
    }
    tell(done, "contrast stretched (%.0f..%.0f to 0..255)", from, to);
    return true;
}

/* Whether most pixels of a square in a corner are nearer to white. */
static bool is_light_corner(const mnn_image *grey, bool right, bool bottom)
{
    const int side = (grey->width < grey->height ? grey->width : grey->height) / 10 + 1;
    const int left = right ? grey->width - side : 0, top = bottom ? grey->height - side : 0;
    int light = 0;
    for (int y = top; y < top + side; y++)
        for (int x = left; x < left + side; x++)
            light += grey->pixels[(size_t)y * (size_t)grey->width + (size_t)x] > WHITE / 2;
    return 2 * light > side * side;
}

/* A digit that fills its image reaches two corners; ink in more of them is a shadow. */
static void doubt_corners(const mnn_image *in, char *done)
{
    int corners = 0;
    for (int i = 0; i < 4; i++)
        corners += is_light_corner(in, i & 1, i & 2);
    if (corners >= 3)
        tell(done, "%d corners are as dark as the ink (shadows are treated as ink)", corners);
}

/* --- a digit in its field --------------------------------------------------------------------------- */

static mnn_status make_digit(mnn_image *in, mnn_image *out, bool *is_blank, char *done, mnn_error *err)
{
    mnn_box box = {0};
    out->pixels = calloc(size_of(out), 1);
    if (!out->pixels)
        return mnn_fail(err, MNN_ENOMEM, "out of memory for an image");
    *is_blank = *is_blank || !stretch(in, done) || !mnn_find_drawing(in, &box);
    if (*is_blank)
        return MNN_OK;
    doubt_corners(in, done);
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
        return mnn_fail(err, MNN_ENOMEM, "out of memory for an image");
    memcpy(out->pixels, in->pixels, size_of(in));
    return MNN_OK;
}

static mnn_status scale_whole(const mnn_image *in, mnn_image *out, char *done, mnn_error *err)
{
    const bool same = (int64_t)in->width * out->height == (int64_t)in->height * out->width;
    tell(done, "scaled to %dx%d%s", out->width, out->height, same ? "" : " (aspect ratio not kept)");
    return mnn_resample(in, (mnn_box){0, 0, in->width, in->height}, out, err);
}

/* As mnn_prepare(), without the text for what is done to no image. */
static mnn_status prepare(mnn_image *in, const mnn_preparation *how, mnn_image *out, bool *is_blank, char *done,
                          mnn_error *err)
{
    const bool same = in->width == out->width && in->height == out->height;
    const bool is_digit = out->width == MNN_DIGIT_FIELD && out->height == MNN_DIGIT_FIELD && out->channels == 1;
    mnn_status status = MNN_OK;
    if (how->raw && !same)
        return mnn_fail(err, MNN_EFORMAT,
                        "with --raw, the image must have the model's size (got %dx%d, expected %dx%d)", in->width,
                        in->height, out->width, out->height);
    if (!how->raw && is_digit)
        status = make_light_on_dark(in, how->inversion, same, done, err);
    else if (!how->raw && how->inversion == MNN_INVERT_ALWAYS)
        say_inverted(in, "", done);
    if (status)
        return status;
    *is_blank = is_digit ? mnn_is_blank(in) : mnn_is_uniform(in);
    if (same)
        return copy(in, out, err);
    return is_digit && !how->whole ? make_digit(in, out, is_blank, done, err) : scale_whole(in, out, done, err);
}

mnn_status mnn_prepare(mnn_image *in, const mnn_preparation *how, mnn_image *out, bool *is_blank,
                       char done[MNN_PREPARED_TEXT], mnn_error *err)
{
    done[0] = '\0';
    *is_blank = false;
    const mnn_status status = prepare(in, how, out, is_blank, done, err);
    if (!status && !*done && in->width == out->width && in->height == out->height)
        tell(done, "used unchanged");
    if (!status && *is_blank)
        tell(done, MNN_BLANK_TEXT);
    return status;
}
