/* Write an image as a JPEG:  to_jpeg IN OUT KIND
 * KIND is grey, colour, progressive, cmyk, or a digit: the EXIF orientation of a grey one whose pixels stay as they
 * are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "mnn/image.h"

int main(int argc, char **argv)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    mnn_image image;
    mnn_error err;
    if (argc != 4)
        return 2;
    const char *kind = argv[3];
    const int is_colour = strcmp(kind, "colour") == 0 || strcmp(kind, "progressive") == 0;
    FILE *f = fopen(argv[2], "wb");
    if (!f || mnn_image_load(argv[1], is_colour ? 3 : 1, &image, &err) != MNN_OK)
        return 1;
    const int is_cmyk = strcmp(kind, "cmyk") == 0;
    const size_t row_bytes = (size_t)image.width * (size_t)(is_colour ? 3 : is_cmyk ? 4 : 1);
    unsigned char *row = calloc(row_bytes, 1);
    unsigned char exif[] = "Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\1\0";
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, f);
    jpeg.image_width = (JDIMENSION)image.width;
    jpeg.image_height = (JDIMENSION)image.height;
    jpeg.input_components = is_colour ? 3 : is_cmyk ? 4 : 1;
    jpeg.in_color_space = is_colour ? JCS_RGB : is_cmyk ? JCS_CMYK : JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 95, TRUE);
    if (strcmp(kind, "progressive") == 0)
        jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    if (kind[0] >= '1' && kind[0] <= '8') {
        exif[25] = (unsigned char)(kind[0] - '0');
        jpeg_write_marker(&jpeg, JPEG_APP0 + 1, exif, sizeof exif - 1);
    }
    for (int y = 0; y < image.height && row; y++) {
        if (!is_cmyk)
            memcpy(row, image.pixels + (size_t)y * row_bytes, row_bytes);
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    mnn_image_free(&image);
    free(row);
    return fclose(f) != 0;
}
