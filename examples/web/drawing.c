/* What the page calls: a drawing becomes a picture as MNIST has them, and the picture probabilities. */
#include "data/digit.h"
#include "digits.h"

enum { SIDE = 560, PICTURE = MNN_DIGIT_FIELD * MNN_DIGIT_FIELD };

_Static_assert((int)DIGITS_INPUTS == (int)PICTURE, "the model must take pictures of 28x28");

/* What mnn_scale() works with when the drawing fills its field. */
enum { ROOM = SIDE + MNN_DIGIT_BOX * SIDE + MNN_DIGIT_BOX };

static uint8_t drawing_pixels[SIDE * SIDE], picture_pixels[PICTURE];
static float probability[DIGITS_OUTPUTS];

#define EXPORT(name) __attribute__((export_name(#name)))

/** The drawing is side() x side() bytes, 0 where nothing is drawn to 255, row by row. The caller writes them. */
EXPORT(side) int side(void)
{
    return SIDE;
}

EXPORT(drawing) uint8_t *drawing(void)
{
    return drawing_pixels;
}

/** The picture, 28x28 bytes: what prepare() writes and predict() reads. */
EXPORT(picture) uint8_t *picture(void)
{
    return picture_pixels;
}

EXPORT(outputs) int outputs(void)
{
    return DIGITS_OUTPUTS;
}

/** Make the picture of the drawing.
 *  @return 0 when nothing is drawn; the picture is black then */
EXPORT(prepare) int prepare(void)
{
    static uint8_t pixels[MNN_DIGIT_BOX * MNN_DIGIT_BOX];
    static float room[ROOM];
    const mnn_image in = {SIDE, SIDE, 1, drawing_pixels};
    mnn_image field = {MNN_DIGIT_FIELD, MNN_DIGIT_FIELD, 1, picture_pixels};
    mnn_box box;
    for (int i = 0; i < PICTURE; i++)
        picture_pixels[i] = 0;
    if (!mnn_find_drawing(&in, &box))
        return 0;
    mnn_image digit = mnn_digit_size(box);
    digit.pixels = pixels;
    mnn_scale(&in, box, &digit, room);
    mnn_place_digit(&digit, &field);
    return 1;
}

/** @return [outputs()], for the picture */
EXPORT(predict) const float *predict(void)
{
    digits_predict(picture_pixels, probability);
    return probability;
}
