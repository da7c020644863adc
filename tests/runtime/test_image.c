/* Pictures: every kind of PNG and PGM, and damaged ones. */
#define _GNU_SOURCE

#include "io_helpers.h"

#include <png.h>
#include <stdint.h>

#include "mnn/image.h"

static mnn_error err;

static mnn_status load(const char *path)
{
    mnn_image image, before;
    memset(&image, 0x5A, sizeof image);
    before = image;
    const mnn_status status = mnn_image_load(path, 1, &image, &err);
    if (status == MNN_OK)
        mnn_image_free(&image);
    else
        ck_assert_int_eq(memcmp(&image, &before, sizeof image), 0);
    return status;
}

static void refuse(const void *bytes, size_t size, const char *part)
{
    const char *path = put_file("f", bytes, size);
    EXPECT_REFUSED(load(path), MNN_EFORMAT, path, err, part);
}

/* @param expected  [height, width, channels] */
static void accept_channels(const char *path, int channels, int width, int height, const uint8_t *expected)
{
    mnn_image image;
    ck_assert_msg(mnn_image_load(path, channels, &image, &err) == MNN_OK, "%s", err.text);
    ck_assert_int_eq(image.width, width);
    ck_assert_int_eq(image.height, height);
    ck_assert_int_eq(image.channels, channels);
    for (int i = 0; i < width * height * channels; i++)
        ck_assert_msg(image.pixels[i] == expected[i], "pixel %d: got %d, expected %d", i, image.pixels[i], expected[i]);
    mnn_image_free(&image);
    ck_assert_ptr_null(image.pixels);
}

static void accept(const char *path, int width, int height, const uint8_t *expected)
{
    accept_channels(path, 1, width, height, expected);
}

/* --- PGM ------------------------------------------------------------------------------------------ */

#define TEXT(s) (s), sizeof(s) - 1

START_TEST(pgm_good)
{
    accept(put_file("f", TEXT("P5 3 2 255\n\x00\x01\x7F\x80\xFE\xFF")), 3, 2,
           (const uint8_t[]){0, 1, 127, 128, 254, 255});
    accept(put_file("f", TEXT("P5\n# a comment 9 9\n3#another\n 2\n# and\n15\r\x00\x01\x07\x08\x0E\x0F")), 3, 2,
           (const uint8_t[]){0, 17, 119, 136, 238, 255});
    accept(put_file("f", TEXT("P5 2 1 1 \x00\x01")), 2, 1, (const uint8_t[]){0, 255});
    accept(put_file("f", TEXT("P2\n3 2\n100\n0 1  50\n99 100 # all\n20\n# end\n")), 3, 2,
           (const uint8_t[]){0, 3, 128, 252, 255, 51});
    accept(put_file("f", TEXT("P2 1 1 65535 32768")), 1, 1, (const uint8_t[]){128});
    accept(put_file("f", TEXT("P5 1 1 255 \n")), 1, 1, (const uint8_t[]){10}); /* a white space that is a value */
}
END_TEST

START_TEST(pgm_16_bit)
{
    accept(put_file("f", TEXT("P5 3 1 65535\n\x00\x00\x80\x00\xFF\xFF")), 3, 1, (const uint8_t[]){0, 128, 255});
    accept(put_file("f", TEXT("P5 2 1 256\n\x01\x00\x00\x80")), 2, 1, (const uint8_t[]){255, 128});
    refuse(TEXT("P5 2 1 256\n\x01\x01\x00\x80"),
           ": at byte 11: value of a pixel (got 257, expected at most maxval, 256");
}
END_TEST

START_TEST(pgm_refused)
{
    refuse(TEXT("P5 2 2 0\n\0\0\0\0"), ": at byte 7: maxval (got 0, expected 1 to 65535)");
    refuse(TEXT("P5 2 2 65536\n\0\0\0\0"), ": at byte 7: maxval (got 65536, expected 1 to 65535)");
    refuse(TEXT("P5 65536 65536 255\n"), ": at byte 3: width and height (got 65536 x 65536, expected 1 to 16384)");
    refuse(TEXT("P5 0 2 255\n"), "width and height (got 0 x 2, expected 1 to 16384)");
    refuse(TEXT("P5 100000000 1 255\nx"), "width and height (got 100000000 x 1, expected 1 to 16384)");
    refuse(TEXT("P5 4294967297 1 255\nx"), /* does not wrap to 1 x 1 */
           ": at byte 3: width: the number is too large (expected at most 16384)");
    refuse(TEXT("P5 1 100000000000000000000 255\nx"), ": at byte 5: height: the number is too large");
    refuse(TEXT("P5 1 1 4294967551\nx"), ": at byte 7: maxval: the number is too large (expected at most 65535)");
    refuse(TEXT("P2 1 1 255\n4294967297"), ": at byte 11: value of a pixel: the number is too large (expected at most "
                                           "255)");
    refuse(TEXT("P5 16384 16384 255\nx"), "image is cut off (got 1 bytes of values, expected 268435456 for 16384 x");
    refuse(TEXT("P2 16384 16384 255\n1"), "image is cut off (got 1 bytes of values, expected at least 536870911");
    refuse(TEXT("P5 2 2 255\nabc"), ": at byte 14: image is cut off (got 3 bytes of values, expected 4 for 2 x 2)");
    refuse(TEXT("P5 2 2 255\nabcde"), ": at byte 15: 1 bytes follow the image");
    refuse(TEXT("P5 2 2 15\n\x00\x10\x00\x00"), ": at byte 11: value of a pixel (got 16, expected at most maxval, 15)");
    refuse(TEXT("P5 -2 2 255\n"), ": at byte 3: width (got 0x2D, expected a number)");
    refuse(TEXT("P5 2 2 255"), ": at byte 10: image is cut off (expected a white space and the values)");
    refuse(TEXT("P5 2 2 255#"), ": at byte 10: after maxval (got 0x23, expected a white space)");
    refuse(TEXT("P5 2 # no end"), ": at byte 13: image is cut off (expected height)");
    refuse(TEXT("P2 2 1 255\n1   "), ": at byte 15: image is cut off (expected value of a pixel)");
    refuse(TEXT("P2 2 1 255\n1 x2"), ": at byte 13: value of a pixel (got 0x78, expected a number)");
    refuse(TEXT("P2 2 1 255\n1 256"), ": at byte 13: value of a pixel (got 256, expected at most maxval, 255)");
    refuse(TEXT("P2 2 1 255\n1 2 3"), ": at byte 15: 1 bytes follow the image");
    refuse(TEXT("P6 1 1 255\nabc"), ": at byte 0: not a PNG, JPEG or PGM image (got a PPM image)");
}
END_TEST

/* --- PNG ------------------------------------------------------------------------------------------ */

typedef enum exif_place { NO_EXIF, EXIF_FIRST, EXIF_LAST } exif_place;

typedef struct png_form {
    int type, depth, interlace;
    png_color *palette;
    int palette_size;
    bool text;       /* with a text chunk, which is no pixel's business */
    exif_place exif; /* before or after the pixels: turned by 90 degrees */
} png_form;

/* EXIF data of a single entry: the image is to be turned clockwise (6). */
static void write_exif(png_structp png)
{
    static const unsigned char tiff[] = "MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0";
    png_write_chunk(png, (png_const_bytep) "eXIf", tiff, sizeof tiff);
}

/* Write width x height pixels; rows are given as PNG has them (packed, big-endian).
 * @return the file, malloc'ed */
static unsigned char *make_png(const char *name, const png_form *form, int width, int height, unsigned char *rows,
                               size_t row_bytes, size_t *size)
{
    const char *path = in_folder(name);
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, f);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, form->depth, form->type, form->interlace,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (form->palette)
        png_set_PLTE(png, info, form->palette, form->palette_size);
    char key[] = "Comment", value[] = "hello";
    const png_text text = {.compression = PNG_TEXT_COMPRESSION_NONE, .key = key, .text = value, .text_length = 5};
    if (form->text)
        png_set_text(png, info, &text, 1);
    png_write_info(png, info);
    if (form->exif == EXIF_FIRST)
        write_exif(png);
    const int passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < height; y++)
            png_write_row(png, rows + (size_t)y * row_bytes);
    if (form->exif == EXIF_LAST)
        write_exif(png);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    ck_assert_int_eq(fclose(f), 0);
    return get_file(path, size);
}

static void accept_png(const png_form *form, int width, int height, unsigned char *rows, size_t row_bytes,
                       const uint8_t *expected)
{
    size_t size;
    free(make_png("f", form, width, height, rows, row_bytes, &size));
    accept(in_folder("f"), width, height, expected);
}

START_TEST(png_grey)
{
    const png_form form = {.type = PNG_COLOR_TYPE_GRAY, .depth = 8};
    unsigned char rows[] = {0, 1, 127, 128, 254, 255};
    accept_png(&form, 3, 2, rows, 3, rows);
}
END_TEST

START_TEST(png_turned)
{
    const exif_place places[] = {EXIF_FIRST, EXIF_LAST};
    unsigned char rows[] = {1, 2, 3, 4, 5, 6};
    const uint8_t expected[] = {4, 1, 5, 2, 6, 3};
    for (int i = 0; i < 2; i++) {
        const png_form form = {.type = PNG_COLOR_TYPE_GRAY, .depth = 8, .text = true, .exif = places[i]};
        size_t size;
        free(make_png("f", &form, 3, 2, rows, 3, &size));
        accept(in_folder("f"), 2, 3, expected);
    }
}
END_TEST

START_TEST(png_1_bit)
{
    const png_form form = {.type = PNG_COLOR_TYPE_GRAY, .depth = 1};
    unsigned char rows[] = {0xA0, 0x80, 0x40, 0x00};
    const uint8_t expected[] = {255, 0, 255, 0, 0, 0, 0, 0, 255, 0, 255, 0, 0, 0, 0, 0, 0, 0};
    accept_png(&form, 9, 2, rows, 2, expected);
}
END_TEST

START_TEST(png_16_bit)
{
    const png_form form = {.type = PNG_COLOR_TYPE_GRAY, .depth = 16};
    unsigned char rows[] = {0, 0, 0x80, 0x00, 0xFF, 0xFF};
    accept_png(&form, 3, 1, rows, 6, (const uint8_t[]){0, 128, 255});
}
END_TEST

START_TEST(png_colour)
{
    const png_form form = {.type = PNG_COLOR_TYPE_RGB, .depth = 8};
    unsigned char rows[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 10, 20, 30};
    accept_png(&form, 5, 1, rows, 15, (const uint8_t[]){76, 150, 29, 255, 18}); /* 0.299 R + 0.587 G + 0.114 B */
}
END_TEST

START_TEST(png_palette)
{
    png_color palette[] = {{0, 0, 0}, {255, 0, 0}, {255, 255, 255}, {0, 0, 255}};
    const png_form form = {.type = PNG_COLOR_TYPE_PALETTE, .depth = 2, .palette = palette, .palette_size = 4};
    unsigned char rows[] = {0x1B}; /* 0 1 2 3 */
    accept_png(&form, 4, 1, rows, 1, (const uint8_t[]){0, 76, 255, 29});
}
END_TEST

START_TEST(png_alpha)
{
    const png_form grey = {.type = PNG_COLOR_TYPE_GRAY_ALPHA, .depth = 8};
    unsigned char rows[] = {200, 255, 200, 0, 200, 128};
    accept_png(&grey, 3, 1, rows, 6, (const uint8_t[]){200, 0, 100});
    const png_form colour = {.type = PNG_COLOR_TYPE_RGB_ALPHA, .depth = 8};
    unsigned char rgba[] = {255, 255, 255, 51, 0, 255, 0, 255};
    accept_png(&colour, 2, 1, rgba, 8, (const uint8_t[]){51, 150});
}
END_TEST

/* What is drawn in dark on nothing lies on white, or it would be lost. */
START_TEST(png_dark_alpha)
{
    const png_form grey = {.type = PNG_COLOR_TYPE_GRAY_ALPHA, .depth = 8};
    unsigned char rows[] = {40, 255, 200, 0, 40, 128};
    accept_png(&grey, 3, 1, rows, 6, (const uint8_t[]){40, 255, 147});
    const png_form colour = {.type = PNG_COLOR_TYPE_RGB_ALPHA, .depth = 8};
    unsigned char rgba[] = {255, 0, 0, 255, 0, 255, 0, 0};
    size_t size;
    free(make_png("f", &colour, 2, 1, rgba, 8, &size));
    accept_channels(in_folder("f"), 3, 2, 1, (const uint8_t[]){255, 0, 0, 255, 255, 255});
}
END_TEST

START_TEST(three_channels)
{
    const png_form colour = {.type = PNG_COLOR_TYPE_RGB, .depth = 8};
    unsigned char rows[] = {255, 0, 7, 0, 255, 0};
    size_t size;
    free(make_png("f", &colour, 2, 1, rows, 6, &size));
    accept_channels(in_folder("f"), 3, 2, 1, rows);
    const png_form grey = {.type = PNG_COLOR_TYPE_GRAY, .depth = 8};
    free(make_png("f", &grey, 2, 1, rows, 2, &size));
    accept_channels(in_folder("f"), 3, 2, 1, (const uint8_t[]){255, 255, 255, 0, 0, 0});
    accept_channels(put_file("f", TEXT("P2 2 1 15\n15 0")), 3, 2, 1, (const uint8_t[]){255, 255, 255, 0, 0, 0});
}
END_TEST

START_TEST(png_saved)
{
    uint8_t pixels[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const char *path = in_folder("saved.png");
    ck_assert_msg(mnn_png_save(path, &(mnn_image){4, 3, 1, pixels}, &err) == MNN_OK, "%s", err.text);
    accept(path, 4, 3, pixels);
    ck_assert_msg(mnn_png_save(path, &(mnn_image){2, 2, 3, pixels}, &err) == MNN_OK, "%s", err.text);
    accept_channels(path, 3, 2, 2, pixels);
    ck_assert_int_eq(mnn_png_save(folder, &(mnn_image){2, 2, 3, pixels}, &err), MNN_EIO);
    ck_assert_int_eq(mnn_png_save("/dev/full", &(mnn_image){2, 2, 3, pixels}, &err), MNN_EIO);
}
END_TEST

/* All sizes around Adam7's 8 x 8 pattern, where some of its passes are empty. */
START_TEST(png_interlaced)
{
    const png_form form = {.type = PNG_COLOR_TYPE_GRAY, .depth = 8, .interlace = PNG_INTERLACE_ADAM7};
    unsigned char rows[17 * 17];
    for (size_t i = 0; i < sizeof rows; i++)
        rows[i] = (unsigned char)(i * 7 + i / 3);
    for (int width = 1; width <= 17; width++)
        for (int height = 1; height <= 17; height++)
            accept_png(&form, width, height, rows, (size_t)width, rows);
}
END_TEST

/* A grey picture of 28 x 28, with a text chunk. */
static unsigned char *make_digit(size_t *size)
{
    const png_form form = {.type = PNG_COLOR_TYPE_GRAY, .depth = 8, .text = true};
    unsigned char rows[28 * 28];
    for (size_t i = 0; i < sizeof rows; i++)
        rows[i] = (unsigned char)(i * i % 253);
    return make_png("digit", &form, 28, 28, rows, 28, size);
}

START_TEST(png_cut)
{
    size_t size;
    unsigned char *bytes = make_digit(&size);
    refuse(bytes, size - 1, "PNG is cut off (expected chunks up to IEND)");
    refuse(bytes, size - 12, "PNG is cut off (expected chunks up to IEND)"); /* all but IEND */
    for (size_t left = 4; left < size; left++)
        refuse(bytes, left, ": at byte ");
    free(bytes);
}
END_TEST

START_TEST(png_damaged)
{
    size_t size;
    unsigned char *bytes = make_digit(&size);
    ck_assert_mem_eq(bytes + 33 + 4, "tEXtComment", 11);
    ck_assert_int_eq(load(put_file("f", bytes, size)), MNN_OK);
    bytes[29] ^= 1; /* CRC of IHDR, which ends at byte 33 */
    refuse(bytes, size, "PNG cannot be read (IHDR: CRC error)");
    bytes[29] ^= 1;
    bytes[size - 13] ^= 1; /* CRC of the last IDAT, before the 12 bytes of IEND */
    refuse(bytes, size, "PNG cannot be read (IDAT: CRC error)");
    bytes[size - 13] ^= 1;
    bytes[size - 1] ^= 1;
    refuse(bytes, size, "PNG cannot be read (IEND: CRC error)");
    bytes[size - 1] ^= 1;
    for (size_t i = 0; i < size; i++) { /* there is no byte that does not count */
        bytes[i] ^= 0x10;
        refuse(bytes, size, ": at byte ");
        bytes[i] ^= 0x10;
    }
    free(bytes);
}
END_TEST

START_TEST(png_followed)
{
    size_t size;
    unsigned char *bytes = make_digit(&size);
    bytes[size] = 'x'; /* get_file() leaves room for one */
    refuse(bytes, size + 1, "1 bytes follow the image (expected the end of the file)");
    free(bytes);
}
END_TEST

/* Give IHDR another size and the CRC that fits. */
static void set_size(unsigned char *bytes, uint32_t width, uint32_t height)
{
    const uint32_t values[2] = {width, height};
    for (int i = 0; i < 8; i++)
        bytes[16 + i] = (unsigned char)(values[i / 4] >> (24 - 8 * (i % 4)) & 0xFF);
    const uint32_t crc = (uint32_t)crc32(0, bytes + 12, 17);
    for (int i = 0; i < 4; i++)
        bytes[29 + i] = (unsigned char)(crc >> (24 - 8 * i) & 0xFF);
}

START_TEST(png_sizes)
{
    size_t size;
    unsigned char *bytes = make_digit(&size);
    set_size(bytes, 65536, 65536);
    refuse(bytes, size, ": at byte 16: width and height (got 65536 x 65536, expected 1 to 16384)");
    set_size(bytes, 16385, 1);
    refuse(bytes, size, "width and height (got 16385 x 1, expected 1 to 16384)");
    set_size(bytes, 16384, 16384);
    refuse(bytes, size, "bytes of PNG cannot hold 16384 x 16384 pixels");
    set_size(bytes, 0, 28);
    refuse(bytes, size, "PNG cannot be read (");
    set_size(bytes, 28, 29);
    refuse(bytes, size, "PNG cannot be read (");
    set_size(bytes, 28, 27);
    refuse(bytes, size, "PNG cannot be read (");
    set_size(bytes, 28, 28);
    ck_assert_int_eq(load(put_file("f", bytes, size)), MNN_OK);
    free(bytes);
}
END_TEST

START_TEST(refuses_other_files)
{
    refuse("", 0, ": empty file (expected PNG, JPEG or PGM)");
    refuse("P", 1, ": at byte 0: not a PNG, JPEG or PGM image (got a text file)");
    refuse("GIF89a", 6, "not a PNG, JPEG or PGM image (got a GIF image");
    refuse("RIFF\x10\0\0\0WEBPVP8 ", 16, "(got a WebP image)");
    refuse("\0\0\0\x18"
           "ftypheic",
           12, "(got a HEIC image)");
    refuse("MM\0*\0\0\0\x08", 8, "(got a TIFF image)");
    refuse("\x89PN", 3, "not a PNG, JPEG or PGM image (got 0x89 0x50");
    EXPECT_REFUSED(load(folder), MNN_EFORMAT, folder, err, "(got a directory, expected a regular file)");
    EXPECT_REFUSED(load("/dev/zero"), MNN_EFORMAT, "/dev/zero", err, "(got a device");
    const char *missing = in_folder("missing");
    EXPECT_REFUSED(load(missing), MNN_EIO, missing, err, ": could not open: No such file or directory");
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &pgm_good,   &pgm_16_bit,          &pgm_refused,    &png_grey,       &png_turned, &png_1_bit,   &png_16_bit,
        &png_colour, &png_palette,         &png_alpha,      &png_interlaced, &png_cut,    &png_damaged, &png_followed,
        &png_sizes,  &refuses_other_files, &png_dark_alpha, &three_channels, &png_saved,
    };
    return run_tests("image", NULL, tests, (int)(sizeof tests / sizeof tests[0]));
}
