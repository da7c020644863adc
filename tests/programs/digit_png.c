/* Write an image of an IDX file enlarged and dark on white paper:  digit_png FILE.idx NUMBER SIDES OUT.png
 * SIDES are letters of the sides along which a dark line runs: t, b, l, r. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mnn/idx.h"
#include "mnn/image.h"

enum { DIGIT = 28, TIMES = 5, SIDE = DIGIT * TIMES, LINE = 3 };

int main(int argc, char **argv)
{
    static uint8_t pixels[SIDE * SIDE];
    mnn_array idx;
    mnn_error err = {"usage: digit_png FILE.idx NUMBER SIDES OUT.png"};
    if (argc != 5 || mnn_idx_load(argv[1], 3, &idx, &err) != MNN_OK) {
        fprintf(stderr, "error: %s\n", err.text);
        return 2;
    }
    const uint8_t *digit = idx.data + strtoul(argv[2], NULL, 10) * DIGIT * DIGIT;
    const char *sides = argv[3];
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const int is_line = (strchr(sides, 't') && y < LINE) || (strchr(sides, 'b') && y >= SIDE - LINE) ||
                                (strchr(sides, 'l') && x < LINE) || (strchr(sides, 'r') && x >= SIDE - LINE);
            pixels[y * SIDE + x] = is_line ? 0 : (uint8_t)(255 - digit[y / TIMES * DIGIT + x / TIMES]);
        }
    const mnn_status status = mnn_png_save(argv[4], &(mnn_image){SIDE, SIDE, 1, pixels}, &err);
    if (status != MNN_OK)
        fprintf(stderr, "error: %s\n", err.text);
    mnn_array_free(&idx);
    return (int)status;
}
