/* JPEG images: baseline, progressive, grey and colour, turned as EXIF says; damaged ones. */
#define _GNU_SOURCE

#include "io_helpers.h"

#include <stdint.h>

#include <jpeglib.h>
#include <png.h>

#include "io/exif.h"
#include "io/picture.h"
#include "mnn/image.h"

static mnn_error err;

/* --- files ---------------------------------------------------------------------------------------- */

typedef struct jpeg_form {
    int width, height;
    int channels; /* of the pixels: 1, 3, or 4 for CMYK */
    bool is_progressive, is_arithmetic, is_rgb;
    int orientation; /* in EXIF data; 0: none */
    const jpeg_scan_info *scans;
    int scan_count; /* 0: as the library does it */
} jpeg_form;

/* EXIF data with an entry before the orientation; offset is that of the directory. */
static size_t make_exif(unsigned char exif[64], bool is_big_endian, int orientation, int offset)
{
    size_t size = 14;
    memset(exif, 0, 64);
    memcpy(exif, is_big_endian ? "Exif\0\0MM\0*" : "Exif\0\0II*", 10);
    exif[is_big_endian ? 13 : 10] = (unsigned char)offset;
    const unsigned words_be[] = {2, 0x0100, 4, 0, 1, 0, 99, 0x0112, 3, 0, 1, (unsigned)orientation, 0};
    const unsigned words_le[] = {2, 0x0100, 4, 1, 0, 99, 0, 0x0112, 3, 1, 0, (unsigned)orientation, 0};
    for (size_t i = 0; i < sizeof words_be / sizeof *words_be; i++) {
        const unsigned word = is_big_endian ? words_be[i] : words_le[i];
        exif[size++] = (unsigned char)(is_big_endian ? word >> 8 : word);
        exif[size++] = (unsigned char)(is_big_endian ? word : word >> 8);
    }
    return size;
}

static void set_form(struct jpeg_compress_struct *jpeg, const jpeg_form *form)
{
    jpeg->image_width = (JDIMENSION)form->width;
    jpeg->image_height = (JDIMENSION)form->height;
    jpeg->input_components = form->channels;
    jpeg->in_color_space = form->channels == 1 ? JCS_GRAYSCALE : form->channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(jpeg);
    if (form->is_rgb)
        jpeg_set_colorspace(jpeg, JCS_RGB);
    jpeg_set_quality(jpeg, 100, TRUE);
    if (form->is_progressive)
        jpeg_simple_progression(jpeg);
    jpeg->arith_code = form->is_arithmetic;
    if (form->scan_count > 0) {
        jpeg->scan_info = form->scans;
        jpeg->num_scans = form->scan_count;
    }
}

/* Write a JPEG.
 * @param pixels  [height, width, channels]
 * @return the file, malloc'ed */
static unsigned char *make_jpeg(const jpeg_form *form, uint8_t *pixels, size_t *size)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *made = NULL, exif[64];
    unsigned long length = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &made, &length);
    set_form(&jpeg, form);
    jpeg_start_compress(&jpeg, TRUE);
    if (form->orientation)
        jpeg_write_marker(&jpeg, JPEG_APP0 + 1, exif,
                          (unsigned)make_exif(exif, form->orientation % 2 == 0, form->orientation, 8));
    while (jpeg.next_scanline < jpeg.image_height) {
        JSAMPROW row = pixels + (size_t)jpeg.next_scanline * (size_t)form->width * (size_t)form->channels;
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    unsigned char *copy = malloc(length + 16);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, made, length);
    free(made);
    *size = length;
    return copy;
}

/* A smooth image, whose pixels JPEG keeps nearly. */
static uint8_t *make_pixels(int width, int height, int channels)
{
    uint8_t *pixels = malloc((size_t)(width * height * channels));
    ck_assert_ptr_nonnull(pixels);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int k = 0; k < channels; k++)
                pixels[(y * width + x) * channels + k] = (uint8_t)(20 + 3 * x + 2 * y + 40 * k);
    return pixels;
}

static mnn_status load(const char *path, int channels, mnn_image *image)
{
    mnn_image before;
    memset(image, 0x5A, sizeof *image);
    before = *image;
    const mnn_status status = mnn_image_load(path, channels, image, &err);
    if (status != MNN_OK)
        ck_assert_int_eq(memcmp(image, &before, sizeof *image), 0);
    return status;
}

static void refuse(const void *bytes, size_t size, const char *part)
{
    mnn_image image;
    const char *path = put_file("f", bytes, size);
    EXPECT_REFUSED(load(path, 1, &image), MNN_EFORMAT, path, err, part);
}

static mnn_image accept(const void *bytes, size_t size, int channels)
{
    mnn_image image;
    ck_assert_msg(load(put_file("f", bytes, size), channels, &image) == MNN_OK, "%s", err.text);
    ck_assert_int_eq(image.channels, channels);
    return image;
}

static mnn_image round_trip(const jpeg_form *form, uint8_t *pixels, int channels)
{
    size_t size;
    unsigned char *bytes = make_jpeg(form, pixels, &size);
    const mnn_image image = accept(bytes, size, channels);
    free(bytes);
    return image;
}

/* --- good files ----------------------------------------------------------------------------------- */

static void expect_near(const mnn_image *image, const uint8_t *expected, int most)
{
    for (int i = 0; i < image->width * image->height * image->channels; i++)
        ck_assert_msg(abs(image->pixels[i] - expected[i]) <= most, "value %d: got %d, expected %d", i, image->pixels[i],
                      expected[i]);
}

START_TEST(grey)
{
    uint8_t *pixels = make_pixels(29, 13, 1);
    mnn_image image = round_trip(&(jpeg_form){.width = 29, .height = 13, .channels = 1}, pixels, 1);
    ck_assert_int_eq(image.width, 29);
    ck_assert_int_eq(image.height, 13);
    expect_near(&image, pixels, 2);
    mnn_image colour = round_trip(&(jpeg_form){.width = 29, .height = 13, .channels = 1}, pixels, 3);
    for (int i = 0; i < 29 * 13; i++)
        for (int k = 0; k < 3; k++)
            ck_assert_int_eq(colour.pixels[3 * i + k], image.pixels[i]);
    mnn_image_free(&image);
    mnn_image_free(&colour);
    free(pixels);
}
END_TEST

START_TEST(colour)
{
    uint8_t *pixels = make_pixels(21, 18, 3), luma[21 * 18];
    for (int i = 0; i < 21 * 18; i++)
        luma[i] = (uint8_t)((299 * pixels[3 * i] + 587 * pixels[3 * i + 1] + 114 * pixels[3 * i + 2]) / 1000);
    for (int is_rgb = 0; is_rgb < 2; is_rgb++) {
        const jpeg_form form = {.width = 21, .height = 18, .channels = 3, .is_rgb = is_rgb};
        mnn_image image = round_trip(&form, pixels, 3);
        expect_near(&image, pixels, 4);
        mnn_image_free(&image);
        image = round_trip(&form, pixels, 1);
        expect_near(&image, luma, 3);
        mnn_image_free(&image);
    }
    free(pixels);
}
END_TEST

/* The same coefficients in another order. */
START_TEST(progressive)
{
    uint8_t *pixels = make_pixels(40, 33, 3);
    mnn_image baseline = round_trip(&(jpeg_form){.width = 40, .height = 33, .channels = 3}, pixels, 3);
    mnn_image image =
        round_trip(&(jpeg_form){.width = 40, .height = 33, .channels = 3, .is_progressive = true}, pixels, 3);
    ck_assert_mem_eq(image.pixels, baseline.pixels, 40 * 33 * 3);
    mnn_image_free(&image);
    mnn_image_free(&baseline);
    free(pixels);
}
END_TEST

/* Cameras append data of their own. */
START_TEST(followed)
{
    size_t size;
    uint8_t *pixels = make_pixels(8, 8, 1);
    unsigned char *bytes = make_jpeg(&(jpeg_form){.width = 8, .height = 8, .channels = 1}, pixels, &size);
    memcpy(bytes + size, "trailer", 7);
    mnn_image image = accept(bytes, size + 7, 1);
    mnn_image_free(&image);
    free(bytes);
    free(pixels);
}
END_TEST

/* --- orientation ---------------------------------------------------------------------------------- */

/* A letter F on its side, in blocks of 8 x 8 pixels, as the eight orientations store it (CIPA DC-008, 4.6.4). */
static const char *const stored[9][3] = {
    [1] = {"##", "# ", "# "}, [2] = {"##", " #", " #"}, [3] = {" #", " #", "##"}, [4] = {"# ", "# ", "##"},
    [5] = {"###", "#  "},     [6] = {"#  ", "###"},     [7] = {"  #", "###"},     [8] = {"###", "  #"},
};

static void draw_blocks(const char *const rows[3], uint8_t *pixels, int *width, int *height)
{
    *width = 8 * (int)strlen(rows[0]);
    *height = rows[2] ? 24 : 16;
    for (int y = 0; y < *height; y++)
        for (int x = 0; x < *width; x++)
            pixels[y * *width + x] = rows[y / 8][x / 8] == '#' ? 255 : 0;
}

static void expect_upright(const mnn_image *image)
{
    ck_assert_int_eq(image->width, 16);
    ck_assert_int_eq(image->height, 24);
    for (int y = 0; y < 24; y++)
        for (int x = 0; x < 16; x++)
            for (int k = 0; k < image->channels; k++)
                ck_assert_msg(image->pixels[(y * 16 + x) * image->channels + k] / 128 ==
                                  (stored[1][y / 8][x / 8] == '#'),
                              "pixel (%d, %d)", x, y);
}

START_TEST(turned_as_exif_says)
{
    uint8_t pixels[24 * 24];
    for (int orientation = 1; orientation <= 8; orientation++) {
        jpeg_form form = {.channels = 1, .orientation = orientation};
        draw_blocks(stored[orientation], pixels, &form.width, &form.height);
        for (int channels = 1; channels <= 3; channels += 2) {
            mnn_image image = round_trip(&form, pixels, channels);
            expect_upright(&image);
            mnn_image_free(&image);
        }
    }
}
END_TEST

START_TEST(turned_png)
{
    uint8_t pixels[24 * 24];
    unsigned char exif[64];
    int width, height;
    draw_blocks(stored[6], pixels, &width, &height);
    const char *path = in_folder("f");
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, f);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 8, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    const size_t size = make_exif(exif, true, 6, 8);
    png_set_eXIf_1(png, info, (png_uint_32)size - 6, exif + 6);
    png_write_info(png, info);
    for (int y = 0; y < height; y++)
        png_write_row(png, pixels + y * width);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    ck_assert_int_eq(fclose(f), 0);
    mnn_image image;
    ck_assert_msg(load(path, 1, &image) == MNN_OK, "%s", err.text);
    expect_upright(&image);
    mnn_image_free(&image);
}
END_TEST

START_TEST(exif_is_not_trusted)
{
    unsigned char exif[64];
    const size_t size = make_exif(exif, true, 6, 8);
    ck_assert_int_eq(mnn_exif_orientation(exif, size), 6);
    ck_assert_int_eq(mnn_exif_orientation(exif + 6, size - 6), 6);
    for (size_t left = 0; left < size - 4; left++) { /* read up to its end and not beyond */
        unsigned char *cut = malloc(left ? left : 1);
        memcpy(cut, exif, left);
        ck_assert_int_eq(mnn_exif_orientation(cut, left), 0);
        free(cut);
    }
    make_exif(exif, true, 9, 8);
    ck_assert_int_eq(mnn_exif_orientation(exif, size), 0);
    make_exif(exif, true, 6, 200); /* a directory outside the data */
    ck_assert_int_eq(mnn_exif_orientation(exif, size), 0);
    memset(exif + 10, 0xFF, 4);
    ck_assert_int_eq(mnn_exif_orientation(exif, size), 0);
    make_exif(exif, false, 3, 8);
    ck_assert_int_eq(mnn_exif_orientation(exif, size), 3);
    exif[14 + 2 + 12 + 2] = 4; /* the type of the entry: a long */
    ck_assert_int_eq(mnn_exif_orientation(exif, size), 0);
}
END_TEST

/* --- files that are refused ----------------------------------------------------------------------- */

START_TEST(cut)
{
    size_t size;
    uint8_t *pixels = make_pixels(20, 20, 3);
    for (int is_progressive = 0; is_progressive < 2; is_progressive++) {
        const jpeg_form form = {.width = 20, .height = 20, .channels = 3, .is_progressive = is_progressive};
        unsigned char *bytes = make_jpeg(&form, pixels, &size);
        for (size_t left = 1; left < size; left++)
            refuse(bytes, left, ": at byte ");
        refuse(bytes, size - 1, "JPEG is cut off (expected its data up to the end marker)");
        refuse(bytes, size / 2, "JPEG is cut off");
        free(bytes);
    }
    free(pixels);
}
END_TEST

/* @return the frame header's place: its height and width are at 5 and 7 */
static unsigned char *find_frame(unsigned char *bytes, size_t size)
{
    for (size_t i = 2; i + 9 < size; i++)
        if (bytes[i] == 0xFF && (bytes[i + 1] == 0xC0 || bytes[i + 1] == 0xC2))
            return bytes + i;
    ck_abort_msg("no frame header");
}

static void set_size(unsigned char *frame, int width, int height)
{
    const int values[4] = {height >> 8, height & 255, width >> 8, width & 255};
    for (int i = 0; i < 4; i++)
        frame[5 + i] = (unsigned char)values[i];
}

START_TEST(sizes)
{
    size_t size;
    uint8_t *pixels = make_pixels(16, 16, 3);
    unsigned char *bytes = make_jpeg(&(jpeg_form){.width = 16, .height = 16, .channels = 3}, pixels, &size);
    unsigned char *frame = find_frame(bytes, size);
    set_size(frame, 65000, 65000);
    refuse(bytes, size, "width and height (got 65000 x 65000, expected 1 to 16384)");
    set_size(frame, 16384, 16384);
    refuse(bytes, size, "bytes of JPEG cannot hold 16384 x 16384 pixels");
    set_size(frame, 16, 0);
    refuse(bytes, size, "JPEG cannot be read (Empty JPEG image");
    set_size(frame, 16, 64); /* more than its data */
    refuse(bytes, size, "JPEG cannot be read (");
    set_size(frame, 16, 16);
    frame[4] = 12;
    refuse(bytes, size, "JPEG cannot be read (Unsupported JPEG data precision 12)");
    frame[4] = 8;
    frame[1] = 0xC3;
    refuse(bytes, size, "JPEG cannot be read (Unsupported JPEG process: SOF type 0xc3)");
    free(bytes);
    free(pixels);
}
END_TEST

/* Damage that libjpeg itself only warns of, and fills with grey. */
START_TEST(damaged)
{
    size_t size;
    uint8_t *pixels = make_pixels(64, 64, 1);
    unsigned char *bytes = make_jpeg(&(jpeg_form){.width = 64, .height = 64, .channels = 1}, pixels, &size);
    unsigned char *shorter = malloc(size);
    const size_t left = size / 2;
    ck_assert_ptr_nonnull(shorter);
    memcpy(shorter, bytes, left);
    memcpy(shorter + left, "\xFF\xD9", 2); /* ends too early, but well */
    refuse(shorter, left + 2, "JPEG cannot be read (Corrupt JPEG data: premature end of data segment)");
    int refused = 0;
    for (size_t i = 0; i < size; i++) { /* no sums: not every change is seen, but each is survived */
        bytes[i] ^= 0x11;
        mnn_image image;
        if (load(put_file("f", bytes, size), 3, &image) == MNN_OK)
            mnn_image_free(&image);
        else
            refused++;
        bytes[i] ^= 0x11;
    }
    ck_assert_int_gt(refused, 100);
    free(shorter);
    free(bytes);
    free(pixels);
}
END_TEST

START_TEST(kinds_that_cannot_be_read)
{
    size_t size;
    uint8_t *pixels = make_pixels(16, 16, 4);
    unsigned char *bytes = make_jpeg(&(jpeg_form){.width = 16, .height = 16, .channels = 4}, pixels, &size);
    refuse(bytes, size, "colours of the JPEG (got CMYK, expected grey or RGB)");
    free(bytes);
    bytes = make_jpeg(&(jpeg_form){.width = 16, .height = 16, .channels = 1, .is_arithmetic = true}, pixels, &size);
    refuse(bytes, size, "coding of the JPEG (got arithmetic coding, expected Huffman coding)");
    free(bytes);
    free(pixels);
}
END_TEST

/* Many scans are much work for few bytes. */
START_TEST(too_many_scans)
{
    enum { BANDS = 63 };
    jpeg_scan_info scans[1 + 2 * BANDS] = {{.comps_in_scan = 1}};
    for (int i = 0; i < 2 * BANDS; i++)
        scans[1 + i] = (jpeg_scan_info){.comps_in_scan = 1,
                                        .Ss = 1 + i % BANDS,
                                        .Se = 1 + i % BANDS,
                                        .Ah = i < BANDS ? 0 : 1,
                                        .Al = i < BANDS ? 1 : 0};
    jpeg_form form = {.width = 16, .height = 16, .channels = 1, .scans = scans, .scan_count = 1 + 2 * BANDS};
    size_t size;
    uint8_t *pixels = make_pixels(16, 16, 1);
    unsigned char *bytes = make_jpeg(&form, pixels, &size);
    refuse(bytes, size, "JPEG has more than 100 scans");
    free(bytes);
    form.scan_count = 1 + BANDS;
    mnn_image image = round_trip(&form, pixels, 1);
    mnn_image_free(&image);
    free(pixels);
}
END_TEST

/* A progressive image of which only the first component came. */
START_TEST(missing_component)
{
    const jpeg_scan_info scans[] = {{.comps_in_scan = 1, .component_index = {0}, .Se = 0},
                                    {.comps_in_scan = 2, .component_index = {1, 2}, .Se = 0}};
    const jpeg_form form = {.width = 16, .height = 16, .channels = 3, .scans = scans, .scan_count = 2};
    size_t size;
    uint8_t *pixels = make_pixels(16, 16, 3);
    unsigned char *bytes = make_jpeg(&form, pixels, &size);
    mnn_image image = accept(bytes, size, 3);
    mnn_image_free(&image);
    size_t last = 0;
    for (size_t i = 0; i + 1 < size; i++)
        if (bytes[i] == 0xFF && (bytes[i + 1] == 0xC4 || (bytes[i + 1] == 0xDA && bytes[last + 1] != 0xC4)))
            last = i; /* the tables of the last scan, or the scan */
    memcpy(bytes + last, "\xFF\xD9", 2);
    refuse(bytes, last + 2, "JPEG is cut off (expected a scan of component 2)");
    free(bytes);
    free(pixels);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &grey,
        &colour,
        &progressive,
        &followed,
        &turned_as_exif_says,
        &turned_png,
        &cut,
        &sizes,
        &damaged,
        &kinds_that_cannot_be_read,
        &too_many_scans,
        &missing_component,
        &exif_is_not_trusted,
    };
    return run_tests("jpeg", NULL, tests, (int)(sizeof tests / sizeof tests[0]));
}
