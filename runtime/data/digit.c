#include "data/digit.h"

#include <math.h>

bool mnn_find_drawing(const mnn_image *image, mnn_box *box)
{
    int left = image->width, right = -1, top = image->height, bottom = -1;
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            if (image->pixels[(size_t)y * (size_t)image->width + (size_t)x] >= 128) {
                left = x < left ? x : left;
                right = x > right ? x : right;
                top = y < top ? y : top;
                bottom = y;
            }
    *box = (mnn_box){left, top, right - left + 1, bottom - top + 1};
    return right >= 0;
}

static int scaled_side(int side, int longest)
{
    const int scaled = (int)((double)side * MNN_DIGIT_BOX / longest + 0.5);
    return scaled > 0 ? scaled : 1;
}

mnn_image mnn_digit_size(mnn_box drawing)
{
    const int longest = drawing.width > drawing.height ? drawing.width : drawing.height;
    return (mnn_image){scaled_side(drawing.width, longest), scaled_side(drawing.height, longest), 1, NULL};
}

/* The position along an axis at which the digit begins, so that its centre of mass comes to the middle of the field, as
 * far as the digit stays inside. */
static int begin_at(double centre, int side)
{
    const int begin = (int)floor(MNN_DIGIT_FIELD / 2 - centre + 0.5), last = MNN_DIGIT_FIELD - side;
    return begin < 0 ? 0 : begin > last ? last : begin;
}

void mnn_place_digit(const mnn_image *digit, mnn_image *field)
{
    double sum = 0, sum_x = 0, sum_y = 0;
    for (int y = 0; y < digit->height; y++)
        for (int x = 0; x < digit->width; x++) {
            const double mass = digit->pixels[y * digit->width + x];
            sum += mass;
            sum_x += mass * x;
            sum_y += mass * y;
        }
    const int left = begin_at(sum > 0 ? sum_x / sum : digit->width / 2.0, digit->width);
    const int top = begin_at(sum > 0 ? sum_y / sum : digit->height / 2.0, digit->height);
    for (int y = 0; y < digit->height; y++)
        for (int x = 0; x < digit->width; x++)
            field->pixels[(top + y) * MNN_DIGIT_FIELD + left + x] = digit->pixels[y * digit->width + x];
}
