/* Pictures of any size in the form that a model takes. */
#define _GNU_SOURCE

#include "io_helpers.h"

#include <math.h>
#include <stdint.h>

#include "cli/draw.h"
#include "data/resample.h"
#include "mnn/prepare.h"

static mnn_error err;
static char done[MNN_PREPARED_TEXT];
static bool is_blank;

/* A picture of one level, malloc'ed. */
static mnn_image plain(int width, int height, int channels, int level)
{
    const size_t size = (size_t)width * (size_t)height * (size_t)channels;
    mnn_image image = {width, height, channels, malloc(size)};
    ck_assert_ptr_nonnull(image.pixels);
    memset(image.pixels, level, size);
    return image;
}

static void fill(mnn_image *image, mnn_box box, int level)
{
    for (int y = 0; y < box.height; y++)
        memset(image->pixels + (box.top + y) * image->width + box.left, level, (size_t)box.width);
}

/* Prepare, and release the picture. */
static mnn_image prepared(mnn_image in, mnn_preparation how, mnn_image form)
{
    ck_assert_msg(mnn_prepare(&in, &how, &form, &is_blank, done, &err) == MNN_OK, "%s", err.text);
    mnn_image_free(&in);
    return form;
}

static const mnn_image digit_form = {28, 28, 1, NULL};

/* --- another size ----------------------------------------------------------------------------------- */

START_TEST(same_size_is_the_same)
{
    mnn_image in = plain(13, 7, 3, 0), out = {13, 7, 3, NULL};
    for (int i = 0; i < 13 * 7 * 3; i++)
        in.pixels[i] = (uint8_t)(i * 37);
    ck_assert_int_eq(mnn_resample(&in, (mnn_box){0, 0, 13, 7}, &out, &err), MNN_OK);
    ck_assert_mem_eq(in.pixels, out.pixels, 13 * 7 * 3);
    mnn_image_free(&in);
    mnn_image_free(&out);
}
END_TEST

START_TEST(flat_stays_flat)
{
    static const int sizes[][2] = {{1, 1}, {3, 200}, {100, 2}, {28, 28}, {333, 1}};
    mnn_image in = plain(40, 30, 1, 93);
    fill(&in, (mnn_box){0, 0, 40, 1}, 255); /* outside the box */
    bool same = true;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        mnn_image out = {sizes[s][0], sizes[s][1], 1, NULL};
        ck_assert_int_eq(mnn_resample(&in, (mnn_box){5, 1, 30, 29}, &out, &err), MNN_OK);
        for (int i = 0; i < out.width * out.height; i++)
            same = same && out.pixels[i] == 93;
        mnn_image_free(&out);
    }
    ck_assert(same);
    mnn_image_free(&in);
}
END_TEST

/* Twice as wide: between two pixels lies what is linear between them; at half a width every pixel counts. */
START_TEST(known_values)
{
    uint8_t two[] = {0, 200}, eight[] = {0, 0, 0, 255, 0, 0, 0, 0};
    mnn_image out = {4, 1, 1, NULL};
    ck_assert_int_eq(mnn_resample(&(mnn_image){2, 1, 1, two}, (mnn_box){0, 0, 2, 1}, &out, &err), MNN_OK);
    ck_assert_mem_eq(out.pixels, ((const uint8_t[]){0, 50, 150, 200}), 4);
    mnn_image_free(&out);
    out = (mnn_image){1, 1, 1, NULL};
    ck_assert_int_eq(mnn_resample(&(mnn_image){8, 1, 1, eight}, (mnn_box){0, 0, 8, 1}, &out, &err), MNN_OK);
    ck_assert_int_gt(out.pixels[0], 255 / 8 - 1); /* near the middle: it weighs more than an eighth */
    ck_assert_int_lt(out.pixels[0], 255 / 4);
    mnn_image_free(&out);
}
END_TEST

/* --- digits ----------------------------------------------------------------------------------------- */

/* A dark bar of 40 x 80 on light paper becomes one of 10 x 20, white on black, with its centre at 14. */
START_TEST(drawn_on_paper)
{
    mnn_image in = plain(300, 200, 1, 255);
    fill(&in, (mnn_box){200, 100, 40, 80}, 0);
    mnn_image out = prepared(in, (mnn_preparation){0}, digit_form);
    ck_assert_str_eq(done,
                     "inverted (light background), cropped to 40x80 at (200, 100), scaled to 10x20, centred by mass "
                     "in 28x28");
    bool right = true;
    for (int y = 0; y < 28; y++)
        for (int x = 0; x < 28; x++)
            right = right && out.pixels[y * 28 + x] == (x >= 10 && x < 20 && y >= 5 && y < 25 ? 255 : 0);
    ck_assert(right); /* 13.5 is as near to 14 from above as from below */
    mnn_image_free(&out);
}
END_TEST

/* What is heavy at one end is moved so that its mass, not its outline, is in the middle. */
START_TEST(centre_of_mass)
{
    mnn_image in = plain(100, 100, 1, 0);
    fill(&in, (mnn_box){10, 10, 60, 8}, 255);
    fill(&in, (mnn_box){10, 10, 8, 60}, 255);
    mnn_image out = prepared(in, (mnn_preparation){0}, digit_form);
    double sum = 0, sum_x = 0, sum_y = 0;
    for (int i = 0; i < 28 * 28; i++) {
        sum += out.pixels[i];
        sum_x += out.pixels[i] * (i % 28);
        sum_y += out.pixels[i] * (i / 28);
    }
    ck_assert_double_le(fabs(sum_x / sum - 14), 0.51);
    ck_assert_double_le(fabs(sum_y / sum - 14), 0.51);
    mnn_image_free(&out);
}
END_TEST

START_TEST(thin_lines)
{
    mnn_image in = plain(500, 500, 1, 0);
    fill(&in, (mnn_box){499, 3, 1, 490}, 255);
    mnn_image out = prepared(in, (mnn_preparation){0}, digit_form);
    ck_assert_ptr_nonnull(strstr(done, "cropped to 1x490 at (499, 3), scaled to 1x20"));
    int white = 0;
    for (int i = 0; i < 28 * 28; i++)
        white += out.pixels[i] == 255;
    ck_assert_int_eq(white, 20);
    mnn_image_free(&out);
}
END_TEST

/* Grey paper with a shadow, grey ink. */
START_TEST(photograph)
{
    mnn_image in = plain(120, 90, 1, 0);
    for (int i = 0; i < 120 * 90; i++)
        in.pixels[i] = (uint8_t)(150 + i % 120 / 3 + i % 7);
    fill(&in, (mnn_box){50, 20, 20, 40}, 60);
    mnn_image out = prepared(in, (mnn_preparation){0}, digit_form);
    ck_assert_ptr_nonnull(strstr(done, "inverted (light background), contrast stretched ("));
    ck_assert_ptr_nonnull(strstr(done, "cropped to 20x40 at (50, 20), scaled to 10x20"));
    ck_assert_int_eq(out.pixels[0], 0);
    ck_assert_int_eq(out.pixels[14 * 28 + 14], 255);
    mnn_image_free(&out);
}
END_TEST

START_TEST(nothing_drawn)
{
    mnn_image out = prepared(plain(200, 100, 1, 250), (mnn_preparation){0}, digit_form);
    ck_assert_str_eq(done, "inverted (light background), nothing is drawn on it");
    for (int i = 0; i < 28 * 28; i++)
        if (out.pixels[i])
            ck_abort_msg("pixel %d is not black", i);
    mnn_image_free(&out);
    out = prepared(plain(1, 1, 1, 9), (mnn_preparation){0}, digit_form);
    ck_assert_str_eq(done, "nothing is drawn on it");
    mnn_image_free(&out);
}
END_TEST

/* --- frames ----------------------------------------------------------------------------------------- */

/* A dark "4" of bars on white paper: nothing of it is as long as a side. */
static mnn_image paper_with_digit(int width, int height)
{
    mnn_image in = plain(width, height, 1, 255);
    fill(&in, (mnn_box){60, 40, 10, 60}, 0);
    fill(&in, (mnn_box){60, 90, 50, 10}, 0);
    fill(&in, (mnn_box){95, 60, 10, 80}, 0);
    return in;
}

static void draw_frame(mnn_image *image, const char *sides, int margin, int thickness, int level)
{
    const int width = image->width - 2 * margin, height = image->height - 2 * margin;
    for (; *sides; sides++) {
        if (*sides == 't')
            fill(image, (mnn_box){margin, margin, width, thickness}, level);
        if (*sides == 'b')
            fill(image, (mnn_box){margin, margin + height - thickness, width, thickness}, level);
        if (*sides == 'l')
            fill(image, (mnn_box){margin, margin, thickness, height}, level);
        if (*sides == 'r')
            fill(image, (mnn_box){margin + width - thickness, margin, thickness, height}, level);
    }
}

static void invert_all(mnn_image *image)
{
    for (int i = 0; i < image->width * image->height; i++)
        image->pixels[i] = (uint8_t)(255 - image->pixels[i]);
}

static void expect_same_digit(mnn_image framed, int width, int height, const char *said)
{
    mnn_image out = prepared(framed, (mnn_preparation){0}, digit_form);
    if (said)
        ck_assert_msg(strstr(done, said) != NULL, "no \"%s\" in \"%s\"", said, done);
    mnn_image expected = prepared(paper_with_digit(width, height), (mnn_preparation){0}, digit_form);
    ck_assert_mem_eq(out.pixels, expected.pixels, 28 * 28);
    ck_assert(!is_blank);
    mnn_image_free(&out);
    mnn_image_free(&expected);
}

START_TEST(frames_are_erased)
{
    static const struct {
        const char *sides, *said;
        int margin, thickness;
    } rows[] = {
        {"tblr", "erased on 4 sides", 0, 1}, {"tblr", "erased on 4 sides", 0, 3}, {"tblr", "erased on 4 sides", 0, 15},
        {"tblr", "erased on 4 sides", 6, 3}, {"tlr", "erased on 3 sides", 0, 3},  {"blr", "erased on 3 sides", 0, 3},
        {"tb", "erased on 2 sides", 0, 3},   {"lr", "erased on 2 sides", 0, 3},   {"tl", "erased on 2 sides", 0, 3},
        {"l", "erased on 1 side", 0, 1},     {"t", "erased on 1 side", 0, 4},     {"b", "erased on 1 side", 0, 10},
    };
    static const int sizes[][2] = {{180, 180}, {400, 180}, {180, 400}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
            for (int inverted = 0; inverted < 2; inverted++) {
                mnn_image in = paper_with_digit(sizes[k][0], sizes[k][1]);
                draw_frame(&in, rows[i].sides, rows[i].margin, rows[i].thickness, 0);
                if (inverted)
                    invert_all(&in);
                expect_same_digit(in, sizes[k][0], sizes[k][1], rows[i].said);
            }
}
END_TEST

/* A wedge, as a sheet that lies askew leaves it; a frame that is lighter than the ink. */
START_TEST(uneven_frames)
{
    mnn_image in = paper_with_digit(180, 180);
    for (int y = 0; y < 180; y++)
        memset(in.pixels + y * 180, 0, (size_t)(y / 30));
    expect_same_digit(in, 180, 180, "erased on 1 side");
    in = paper_with_digit(180, 180);
    draw_frame(&in, "tblr", 0, 3, 80);
    expect_same_digit(in, 180, 180, "erased on 4 sides");
}
END_TEST

/* Strokes along the sides of a digit that fills its image are no frame. */
START_TEST(strokes_are_no_frame)
{
    mnn_image seven = plain(60, 100, 1, 255);
    fill(&seven, (mnn_box){0, 0, 60, 9}, 0);
    fill(&seven, (mnn_box){45, 0, 10, 100}, 0);
    mnn_image out = prepared(seven, (mnn_preparation){0}, digit_form);
    ck_assert_ptr_null(strstr(done, "frame"));
    ck_assert_ptr_nonnull(strstr(done, "cropped to 60x100 at (0, 0)"));
    mnn_image_free(&out);
    mnn_image one = plain(100, 100, 1, 255);
    fill(&one, (mnn_box){0, 0, 8, 100}, 0);
    out = prepared(one, (mnn_preparation){0}, digit_form);
    ck_assert_ptr_nonnull(strstr(done, "cropped to 8x100 at (0, 0)"));
    mnn_image_free(&out);
}
END_TEST

/* A digit that touches the frame still has the background of the middle. */
START_TEST(touched_frame)
{
    mnn_image in = plain(180, 180, 1, 255);
    fill(&in, (mnn_box){85, 0, 10, 180}, 0);
    draw_frame(&in, "tblr", 0, 3, 0);
    mnn_image out = prepared(in, (mnn_preparation){0}, digit_form);
    ck_assert_ptr_nonnull(strstr(done, "inverted (light background), frame erased on 4 sides"));
    ck_assert_ptr_nonnull(strstr(done, "cropped to 10x17"));
    mnn_image_free(&out);
}
END_TEST

/* The model's own size: MNIST's digits are surrounded by black. */
START_TEST(frame_of_the_models_size)
{
    mnn_image in = plain(28, 28, 1, 255);
    fill(&in, (mnn_box){12, 6, 3, 16}, 0);
    draw_frame(&in, "tblr", 0, 1, 0);
    mnn_image out = prepared(in, (mnn_preparation){0}, digit_form);
    ck_assert_str_eq(done, "inverted (light background), frame erased on 4 sides");
    ck_assert_int_eq(out.pixels[0], 0);
    ck_assert_int_eq(out.pixels[10 * 28 + 13], 255);
    mnn_image_free(&out);
}
END_TEST

START_TEST(doubts)
{
    mnn_image in = plain(180, 180, 1, 40); /* a border that is too broad for a frame */
    fill(&in, (mnn_box){25, 25, 130, 130}, 240);
    fill(&in, (mnn_box){85, 60, 10, 60}, 0);
    mnn_image out = prepared(in, (mnn_preparation){0}, digit_form);
    ck_assert_ptr_nonnull(strstr(done, "border and middle differ in brightness (see --invert and --no-invert)"));
    mnn_image_free(&out);
    in = plain(180, 180, 1, 240);
    for (int i = 0; i < 4; i++)
        fill(&in, (mnn_box){i % 2 * 140, i / 2 * 140, 40, 40}, 30);
    out = prepared(in, (mnn_preparation){0}, digit_form);
    ck_assert_ptr_nonnull(strstr(done, "4 corners are as dark as the ink (shadows are treated as ink)"));
    mnn_image_free(&out);
    in = plain(180, 180, 1, 240); /* a round light, as of a torch */
    for (int y = 0; y < 180; y++)
        for (int x = 0; x < 180; x++)
            if ((x - 90) * (x - 90) + (y - 90) * (y - 90) > 88 * 88)
                in.pixels[y * 180 + x] = 40;
    out = prepared(in, (mnn_preparation){0}, digit_form);
    ck_assert_ptr_nonnull(strstr(done, "4 corners are as dark as the ink"));
    mnn_image_free(&out);
}
END_TEST

/* --- blank images ----------------------------------------------------------------------------------- */

/* Noise that is nearly Gaussian: a sum of uniform numbers (the constants are those of Numerical Recipes). */
static void add_noise(mnn_image *image, double deviation)
{
    uint32_t state = 1;
    for (int i = 0; i < image->width * image->height; i++) {
        double sum = -6;
        for (int k = 0; k < 12; k++) {
            state = state * 1664525u + 1013904223u;
            sum += (double)(state >> 8) / (1 << 24);
        }
        const double value = image->pixels[i] + deviation * sum;
        image->pixels[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}

static void expect_blank(mnn_image in, mnn_image form, mnn_preparation how, bool expected)
{
    const int width = in.width, height = in.height;
    mnn_image out = prepared(in, how, form);
    const bool is_said = strstr(done, MNN_BLANK_TEXT) != NULL;
    ck_assert_msg(is_blank == expected && is_said == expected, "%dx%d: %s", width, height, done);
    mnn_image_free(&out);
}

START_TEST(blank_images)
{
    static const int sizes[][2] = {{1, 1}, {28, 28}, {200, 100}, {15, 400}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int level = 0; level <= 255; level += 51) {
            expect_blank(plain(sizes[i][0], sizes[i][1], 1, level), digit_form, (mnn_preparation){0}, true);
            expect_blank(plain(sizes[i][0], sizes[i][1], 1, level), digit_form, (mnn_preparation){.whole = true}, true);
            expect_blank(plain(sizes[i][0], sizes[i][1], 3, level), (mnn_image){8, 9, 3, NULL}, (mnn_preparation){0},
                         true);
        }
    expect_blank(plain(28, 28, 1, 7), digit_form, (mnn_preparation){.raw = true}, true);
    mnn_image in = plain(9, 8, 3, 0);
    in.pixels[100] = 90;
    expect_blank(in, (mnn_image){8, 9, 3, NULL}, (mnn_preparation){0}, false);
}
END_TEST

START_TEST(nearly_blank_images)
{
    for (int deviation = 2; deviation <= 32; deviation *= 2)
        for (int level = 0; level <= 255; level += 255 / 3) {
            mnn_image in = plain(180, 180, 1, level), small = plain(28, 28, 1, level);
            add_noise(&in, deviation);
            add_noise(&small, deviation);
            expect_blank(in, digit_form, (mnn_preparation){0}, true);
            if (deviation <= 8)
                expect_blank(small, digit_form, (mnn_preparation){0}, true);
            else
                mnn_image_free(&small);
        }
    mnn_image in = plain(180, 180, 1, 0); /* a gradient, with noise */
    for (int i = 0; i < 180 * 180; i++)
        in.pixels[i] = (uint8_t)(240 - i % 180 * 2 / 3);
    add_noise(&in, 4);
    expect_blank(in, digit_form, (mnn_preparation){0}, true);
    in = plain(180, 180, 1, 255); /* a frame around nothing */
    draw_frame(&in, "tblr", 0, 3, 0);
    expect_blank(in, digit_form, (mnn_preparation){0}, true);
    in = paper_with_digit(180, 180); /* a digit in noise is no blank image */
    add_noise(&in, 16);
    expect_blank(in, digit_form, (mnn_preparation){0}, false);
    in = plain(180, 180, 1, 200); /* nor is a faint one */
    fill(&in, (mnn_box){85, 60, 10, 60}, 175);
    expect_blank(in, digit_form, (mnn_preparation){0}, false);
    uint8_t *bitmap = malloc(35); /* nor a small one */
    ck_assert_ptr_nonnull(bitmap);
    memcpy(bitmap, "..#...##....#....#....#....#...###.", 35);
    expect_blank((mnn_image){5, 7, 1, bitmap}, digit_form, (mnn_preparation){0}, false);
}
END_TEST

START_TEST(made_like_the_models)
{
    mnn_image out = prepared(plain(28, 28, 1, 20), (mnn_preparation){0}, digit_form);
    ck_assert_str_eq(done, "used unchanged, nothing is drawn on it");
    ck_assert_int_eq(out.pixels[5], 20);
    mnn_image_free(&out);
    out = prepared(plain(28, 28, 1, 200), (mnn_preparation){0}, digit_form);
    ck_assert_str_eq(done, "inverted (light background), nothing is drawn on it");
    ck_assert_int_eq(out.pixels[5], 55);
    mnn_image_free(&out);
}
END_TEST

/* --- what the user says ----------------------------------------------------------------------------- */

START_TEST(options)
{
    const mnn_preparation never = {.inversion = MNN_INVERT_NEVER}, always = {.inversion = MNN_INVERT_ALWAYS};
    mnn_image out = prepared(plain(28, 28, 1, 200), never, digit_form);
    ck_assert_int_eq(out.pixels[0], 200);
    mnn_image_free(&out);
    out = prepared(plain(28, 28, 1, 10), always, digit_form);
    ck_assert_int_eq(out.pixels[0], 245);
    mnn_image_free(&out);
    out = prepared(plain(56, 56, 1, 10), (mnn_preparation){.whole = true}, digit_form);
    ck_assert_str_eq(done, "scaled to 28x28, nothing is drawn on it");
    ck_assert_int_eq(out.pixels[0], 10);
    mnn_image_free(&out);
    out = prepared(plain(28, 28, 1, 200), (mnn_preparation){.raw = true}, digit_form);
    ck_assert_int_eq(out.pixels[0], 200);
    mnn_image_free(&out);
    mnn_image in = plain(28, 27, 1, 0);
    out = digit_form;
    ck_assert_int_eq(mnn_prepare(&in, &(mnn_preparation){.raw = true}, &out, &is_blank, done, &err), MNN_EFORMAT);
    ck_assert_str_eq(err.text, "with --raw, the image must have the model's size (got 28x27, expected 28x28)");
    mnn_image_free(&in);
}
END_TEST

/* Other shapes, and colour, are scaled and nothing else. */
START_TEST(other_forms)
{
    mnn_image in = plain(64, 48, 3, 0);
    for (int i = 0; i < 64 * 48; i++) {
        in.pixels[3 * i] = 250;
        in.pixels[3 * i + 2] = 100;
    }
    mnn_image out = prepared(in, (mnn_preparation){0}, (mnn_image){32, 32, 3, NULL});
    ck_assert_str_eq(done, "scaled to 32x32 (aspect ratio not kept), nothing is drawn on it");
    ck_assert_mem_eq(out.pixels + 3 * 500, ((const uint8_t[]){250, 0, 100}), 3);
    mnn_image_free(&out);
    out = prepared(plain(8, 8, 1, 240), (mnn_preparation){0}, (mnn_image){4, 4, 1, NULL});
    ck_assert_str_eq(done, "scaled to 4x4, nothing is drawn on it");
    ck_assert_int_eq(out.pixels[15], 240);
    mnn_image_free(&out);
}
END_TEST

START_TEST(forms_of_models)
{
    mnn_image form;
    ck_assert(
        mnn_model_picture(&(mnn_model){.sample_rank = 3, .sample_dims = {28, 30, 3}, .sample_size = 2520}, &form));
    ck_assert(form.width == 30 && form.height == 28 && form.channels == 3);
    ck_assert(mnn_model_picture(&(mnn_model){.sample_rank = 2, .sample_dims = {5, 6}, .sample_size = 30}, &form));
    ck_assert(form.width == 6 && form.height == 5 && form.channels == 1);
    ck_assert(mnn_model_picture(&(mnn_model){.sample_rank = 1, .sample_dims = {784}, .sample_size = 784}, &form));
    ck_assert(form.width == 28 && form.height == 28 && form.channels == 1);
    ck_assert(!mnn_model_picture(&(mnn_model){.sample_rank = 1, .sample_dims = {7}, .sample_size = 7}, &form));
    ck_assert(!mnn_model_picture(&(mnn_model){.sample_rank = 3, .sample_dims = {8, 8, 2}, .sample_size = 128}, &form));
}
END_TEST

/* --- drawings --------------------------------------------------------------------------------------- */

static const char *drawn(mnn_draw_style style, const mnn_image *pictures, int count)
{
    static char text[512];
    FILE *f = fmemopen(text, sizeof text, "w");
    mnn_draw(f, style, pictures, count);
    fclose(f);
    return text;
}

START_TEST(drawings)
{
    uint8_t pixels[] = {0, 255, 255, 0, 255, 255}, colours[] = {255, 0, 0, 0, 0, 255};
    const mnn_image p[2] = {{2, 3, 1, pixels}, {2, 3, 1, pixels}};
    ck_assert_str_eq(drawn(MNN_DRAW_BLOCKS, p, 1), "▄▀\n▀▀\n");
    ck_assert_str_eq(drawn(MNN_DRAW_BLOCKS, p, 2), "▄▀  ▄▀\n▀▀  ▀▀\n");
    uint8_t dark[] = {10, 60};
    ck_assert_str_eq(drawn(MNN_DRAW_BLOCKS, &(mnn_image){2, 1, 1, dark}, 1), " ▀\n"); /* of two levels one is white */
    ck_assert_str_eq(drawn(MNN_DRAW_ASCII, p, 1), "==\n==\n");
    ck_assert_str_eq(drawn(MNN_DRAW_COLOUR, &(mnn_image){1, 2, 3, colours}, 1), "\033[38;5;196;48;5;21m▀\033[0m\n");
    ck_assert_str_eq(drawn(MNN_DRAW_COLOUR, &(mnn_image){1, 2, 1, pixels}, 1), "\033[38;5;16;48;5;231m▀\033[0m\n");
}
END_TEST

static const char *bar(mnn_draw_style style, double share)
{
    static char text[128];
    FILE *f = fmemopen(text, sizeof text, "w");
    mnn_draw_bar(f, style, share, 4);
    fclose(f);
    return text;
}

START_TEST(bars)
{
    ck_assert_str_eq(bar(MNN_DRAW_ASCII, 0), "    ");
    ck_assert_str_eq(bar(MNN_DRAW_ASCII, 0.5), "##  ");
    ck_assert_str_eq(bar(MNN_DRAW_ASCII, 7), "####");
    ck_assert_str_eq(bar(MNN_DRAW_ASCII, (double)NAN), "    ");
    ck_assert_str_eq(bar(MNN_DRAW_BLOCKS, 1), "████");
    ck_assert_str_eq(bar(MNN_DRAW_BLOCKS, 0.375), "█▌  ");
    ck_assert_str_eq(bar(MNN_DRAW_BLOCKS, 0.999), "████");
}
END_TEST

START_TEST(styles)
{
    setenv("LC_ALL", "de_DE.UTF-8", 1);
    ck_assert_int_eq(mnn_draw_style_of(stdout) == MNN_DRAW_ASCII, false);
    FILE *f = fopen("/dev/null", "w");
    ck_assert_int_eq(mnn_draw_style_of(f), MNN_DRAW_BLOCKS);
    setenv("LC_ALL", "C", 1); /* comes before the others */
    setenv("LANG", "en_GB.utf8", 1);
    ck_assert_int_eq(mnn_draw_style_of(f), MNN_DRAW_ASCII);
    unsetenv("LC_ALL");
    unsetenv("LC_CTYPE");
    ck_assert_int_eq(mnn_draw_style_of(f), MNN_DRAW_BLOCKS);
    fclose(f);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &same_size_is_the_same,
        &flat_stays_flat,
        &known_values,
        &drawn_on_paper,
        &centre_of_mass,
        &thin_lines,
        &photograph,
        &nothing_drawn,
        &frames_are_erased,
        &uneven_frames,
        &strokes_are_no_frame,
        &touched_frame,
        &frame_of_the_models_size,
        &doubts,
        &blank_images,
        &nearly_blank_images,
        &made_like_the_models,
        &options,
        &other_forms,
        &forms_of_models,
        &drawings,
        &bars,
        &styles,
    };
    return run_tests("prepare", NULL, tests, (int)(sizeof tests / sizeof tests[0]));
}
