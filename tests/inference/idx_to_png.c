/* Write a picture of an IDX file of bytes as a PNG:  idx_to_png FILE.idx NUMBER OUT.png */
#include <png.h>
#include <stdio.h>
#include <stdlib.h>

#include "mnn/idx.h"

int main(int argc, char **argv)
{
    mnn_array idx;
    mnn_error err;
    if (argc != 4)
        return 2;
    if (mnn_idx_load(argv[1], 0, &idx, &err) || !idx.data || idx.rank != 3) {
        fprintf(stderr, "%s: %s\n", argv[1], err.text);
        return 3;
    }
    png_image png = {.version = PNG_IMAGE_VERSION, .width = idx.dims[2], .height = idx.dims[1]};
    png.format = PNG_FORMAT_GRAY;
    const size_t size = (size_t)idx.dims[1] * idx.dims[2];
    const int written =
        png_image_write_to_file(&png, argv[3], 0, idx.data + strtoul(argv[2], NULL, 10) * size, 0, NULL);
    mnn_array_free(&idx);
    return written ? 0 : 5;
}
