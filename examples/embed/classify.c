/* Classifies the digit in a PNG of 28 x 28 pixels, white on black as in MNIST. */
#include <png.h>
#include <stdio.h>

#include "digits.h"

int main(int argc, char **argv)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    uint8_t pixels[DIGITS_INPUTS];
    float probability[DIGITS_OUTPUTS];
    int best = 0;
    if (argc != 2) {
        fprintf(stderr, "usage: %s IMAGE.png\n", argv[0]);
        return 2;
    }
    if (!png_image_begin_read_from_file(&png, argv[1])) {
        fprintf(stderr, "%s: error: %s\n", argv[1], png.message);
        return 3;
    }
    png.format = PNG_FORMAT_GRAY;
    if ((uint64_t)png.width * png.height != DIGITS_INPUTS || !png_image_finish_read(&png, NULL, pixels, 0, NULL)) {
        fprintf(stderr, "%s: error: %s (got %u x %u pixels, expected 28 x 28)\n", argv[1],
                png.warning_or_error ? png.message : "the image has the wrong size", png.width, png.height);
        png_image_free(&png);
        return 3;
    }
    digits_predict(pixels, probability);
    for (int i = 1; i < DIGITS_OUTPUTS; i++)
        best = probability[i] > probability[best] ? i : best;
    printf("%d  %.4f\n", best, (double)probability[best]);
    return 0;
}
