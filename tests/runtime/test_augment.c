/* Pictures that move: known movements, what is outside, limits, channels, and what a movement depends on. */
#define _GNU_SOURCE
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mnn/augment.h"
#include "mnn/rng.h"

enum { SIDE = 9, PIXELS = SIDE * SIDE, SAMPLES = 4 };

static const uint32_t index_of[SAMPLES] = {0, 1, 2, 3};

static mnn_batch batch_of(uint64_t seed, uint64_t step)
{
    return (mnn_batch){.index = index_of, .rows = SAMPLES, .seed = seed, .step = step};
}

static float value(int y, int x)
{
    return (float)((y * 31 + x * 17) % 23) + 1.0f;
}

static void fill(float *picture)
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            picture[y * SIDE + x] = value(y, x);
}

/* Sum, and the first moments about the centre divided by it. */
typedef struct blob {
    double mass, y, x;
} blob;

static blob measure(const float *picture)
{
    blob b = {0, 0, 0};
    for (int i = 0; i < PIXELS; i++) {
        b.mass += (double)picture[i];
        b.y += (double)picture[i] * (i / SIDE - SIDE / 2);
        b.x += (double)picture[i] * (i % SIDE - SIDE / 2);
    }
    b.y /= b.mass;
    b.x /= b.mass;
    return b;
}

START_TEST(nothing_moves_by_nothing)
{
    const mnn_motion still = {.height = SIDE, .width = SIDE, .channels = 1, .outside = 7};
    const mnn_batch batch = batch_of(1, 1);
    float in[PIXELS], out[PIXELS];
    fill(in);
    mnn_augment_move(&still, &batch, 0, in, out);
    ck_assert_mem_eq(in, out, sizeof in);
}
END_TEST

/* A plane z = y + 10 x moves to a plane: the same shift everywhere, at most as large as asked. */
START_TEST(shift_is_the_same_everywhere)
{
    const mnn_motion shift = {.height = SIDE, .width = SIDE, .channels = 1, .shift = 2};
    float in[PIXELS], out[PIXELS];
    double largest = 0;
    for (int i = 0; i < PIXELS; i++)
        in[i] = (float)(i / SIDE) + 10.0f * (float)(i % SIDE);
    for (uint64_t step = 1; step <= 200; step++) {
        const mnn_batch batch = batch_of(3, step);
        mnn_augment_move(&shift, &batch, 1, in, out);
        const int middle = PIXELS / 2;
        const double dx = (double)(out[middle] - out[middle - SIDE]); /* 1: one row on is 1 more */
        ck_assert_double_eq_tol(dx, 1, 1e-4);
        ck_assert_double_eq_tol((double)(out[middle + 1] - out[middle]), 10, 1e-3);
        const double moved = fabs((double)(out[middle] - in[middle]));
        ck_assert_double_le(moved, 22 + 1e-3);
        largest = fmax(largest, moved);
    }
    ck_assert_double_ge(largest, 15); /* it does go far */
}
END_TEST

/* Rotation and zoom keep the centre where it is; a zoom changes a blob's mass by its square. */
START_TEST(rotation_and_zoom_are_about_the_centre)
{
    const mnn_motion turn = {.height = SIDE, .width = SIDE, .channels = 1, .rotate = 90};
    const mnn_motion zoom = {.height = SIDE, .width = SIDE, .channels = 1, .zoom = 0.5f};
    float in[PIXELS], out[PIXELS];
    for (int i = 0; i < PIXELS; i++) {
        const double y = i / SIDE - SIDE / 2, x = i % SIDE - SIDE / 2;
        in[i] = (float)exp(-(y * y + x * x) / 2); /* a round blob */
    }
    const blob before = measure(in);
    for (uint64_t step = 1; step <= 100; step++) {
        const mnn_batch batch = batch_of(5, step);
        mnn_augment_move(&turn, &batch, 0, in, out);
        blob after = measure(out);
        ck_assert_double_eq_tol(after.mass, before.mass, 0.05 * before.mass);
        ck_assert_double_eq_tol(after.y, 0, 1e-5);
        ck_assert_double_eq_tol(after.x, 0, 1e-5);
        mnn_augment_move(&zoom, &batch, 0, in, out);
        after = measure(out);
        ck_assert_double_ge(after.mass, 0.20 * before.mass);
        ck_assert_double_le(after.mass, 2.30 * before.mass);
        ck_assert_double_eq_tol(after.y, 0, 1e-5);
        ck_assert_double_eq_tol(after.x, 0, 1e-5);
    }
}
END_TEST

/* A coordinate outside, one pixel of a mirrored image after the other. */
static double fold(mnn_fill fill, double at, int size)
{
    while (fill == MNN_FILL_REFLECT && (at < -0.5 || at > size - 0.5))
        at = at < -0.5 ? -1 - at : 2 * size - 1 - at;
    return fill == MNN_FILL_CONSTANT ? at : fmin(fmax(at, 0), size - 1);
}

/* The documented movement, worked out pixel by pixel in double: undo the shift, the zoom, the rotation and the flips.
 */
START_TEST(moves_as_documented)
{
    enum { H = 7, W = 5, C = 3 };
    const mnn_motion m = {.height = H,
                          .width = W,
                          .channels = C,
                          .rotate = 40,
                          .zoom = 0.4f,
                          .shift = 1.5f,
                          .outside = -2,
                          .fill = (mnn_fill)(_i / 4),
                          .flip = (unsigned)_i % 4};
    int flipped = 0;
    float in[H * W * C], out[H * W * C];
    for (int i = 0; i < H * W * C; i++)
        in[i] = (float)((i * 37) % 19);
    for (uint64_t step = 0; step < 50; step++) {
        const mnn_batch batch = batch_of(11, step);
        const mnn_random4 r = mnn_random(11, MNN_STREAM_AUGMENT, 2, step);
        double u[4];
        for (int i = 0; i < 4; i++)
            u[i] = 2 * (double)mnn_uniform(r.word[i]) - 1;
        const mnn_random4 f = mnn_random(11, MNN_STREAM_AUGMENT + 2, 2, step);
        const bool mirrored = (m.flip & MNN_FLIP_HORIZONTAL) && (f.word[1] & 1);
        const bool turned = (m.flip & MNN_FLIP_VERTICAL) && (f.word[0] & 1);
        flipped += mirrored + turned;
        const double angle = u[0] * 40 * acos(-1.0) / 180, size = 1 + u[1] * (double)0.4f;
        mnn_augment_move(&m, &batch, 2, in, out);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                const double v = (y - 3 - u[2] * 1.5) / size, h = (x - 2 - u[3] * 1.5) / size;
                double sy = 3 + v * cos(angle) + h * sin(angle), sx = 2 - v * sin(angle) + h * cos(angle);
                sy = fold(m.fill, turned ? H - 1 - sy : sy, H);
                sx = fold(m.fill, mirrored ? W - 1 - sx : sx, W);
                for (int k = 0; k < C; k++) {
                    double sum = 0;
                    for (int p = (int)floor(sy); p <= (int)floor(sy) + 1; p++)
                        for (int q = (int)floor(sx); q <= (int)floor(sx) + 1; q++) {
                            const bool inside = p >= 0 && p < H && q >= 0 && q < W;
                            const double pixel = inside ? (double)in[(p * W + q) * C + k] : -2;
                            sum += pixel * (1 - fabs(sy - p)) * (1 - fabs(sx - q));
                        }
                    ck_assert_double_eq_tol((double)out[(y * W + x) * C + k], sum, 1e-3);
                }
            }
    }
    ck_assert(m.flip ? flipped > 15 && flipped < 70 : flipped == 0);
}
END_TEST

START_TEST(depends_on_seed_step_and_sample_alone)
{
    const mnn_motion m = {.height = SIDE, .width = SIDE, .channels = 1, .rotate = 20, .zoom = 0.1f, .shift = 2};
    static const uint32_t reversed[SAMPLES] = {3, 2, 1, 0};
    float in[PIXELS], a[PIXELS], b[PIXELS];
    fill(in);
    mnn_batch first = batch_of(1, 1), other = batch_of(1, 1);
    other.index = reversed;
    mnn_augment_move(&m, &first, 0, in, a);
    mnn_augment_move(&m, &other, 3, in, b);
    ck_assert_mem_eq(a, b, sizeof a);
    mnn_augment_move(&m, &first, 1, in, b);
    ck_assert_mem_ne(a, b, sizeof a);
    other = batch_of(2, 1);
    mnn_augment_move(&m, &other, 0, in, b);
    ck_assert_mem_ne(a, b, sizeof a);
    other = batch_of(1, 2);
    mnn_augment_move(&m, &other, 0, in, b);
    ck_assert_mem_ne(a, b, sizeof a);
}
END_TEST

START_TEST(noise_is_normal)
{
    enum { SIZE = 4999 };
    static float a[SIZE], b[SIZE];
    double sum = 0, squares = 0, fourth = 0;
    const mnn_batch batch = batch_of(1, 3), next = batch_of(1, 4);
    mnn_augment_noise(0.5f, &batch, 0, SIZE, a);
    mnn_augment_noise(0.5f, &next, 0, SIZE, b);
    ck_assert_mem_ne(a, b, sizeof a);
    for (int i = 0; i < SIZE; i++) {
        const double x = (double)a[i] / 0.5;
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
    }
    ck_assert_double_eq_tol(sum / SIZE, 0, 0.05);
    ck_assert_double_eq_tol(squares / SIZE, 1, 0.07);
    ck_assert_double_eq_tol(fourth / SIZE, 3, 0.5);
    mnn_augment_noise(-0.5f, &batch, 0, SIZE, a); /* takes away what it added */
    for (int i = 0; i < SIZE; i++)
        ck_assert(a[i] == 0.0f);
}
END_TEST

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum { LARGEST_SIDE = 112 };

/** Microseconds that an image of so many rows and columns takes to be moved and to get noise. */
static void time_augmentation(int side, double *moving, double *noise)
{
    enum { COUNT = 1000 };
    const mnn_motion m = {.height = side, .width = side, .channels = 1, .rotate = 15, .zoom = 0.1f, .shift = 2};
    static float in[LARGEST_SIDE * LARGEST_SIDE], out[LARGEST_SIDE * LARGEST_SIDE];
    double start = now();
    for (uint64_t step = 0; step < COUNT; step++) {
        const mnn_batch batch = batch_of(1, step);
        mnn_augment_move(&m, &batch, 0, in, out);
    }
    *moving = (now() - start) / COUNT * 1e6;
    start = now();
    for (uint64_t step = 0; step < COUNT; step++) {
        const mnn_batch batch = batch_of(1, step);
        mnn_augment_noise(0.1f, &batch, 0, side * side, out);
    }
    *noise = (now() - start) / COUNT * 1e6;
    printf("%d x %d: moved in %.1f us, noise in %.1f us\n", side, side, *moving, *noise);
}

/* Of sixteen times as many pixels, time that grows with the square would be 256 times as much, in each of the tries;
 * what disturbs one of them does not count. */
START_TEST(costs_as_much_as_there_are_pixels)
{
    enum { TRIES = 5 };
    double moving = 0, noise = 0, more_moving = 1, more_noise = 1;
    for (int i = 0; i < TRIES && (more_moving > 64 * moving || more_noise > 64 * noise); i++) {
        time_augmentation(LARGEST_SIDE / 4, &moving, &noise);
        time_augmentation(LARGEST_SIDE, &more_moving, &more_noise);
    }
    ck_assert_double_le(more_moving, 64 * moving);
    ck_assert_double_le(more_noise, 64 * noise);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("augment");
    TCase *c = tcase_create("augment");
    tcase_add_test(c, nothing_moves_by_nothing);
    tcase_add_test(c, shift_is_the_same_everywhere);
    tcase_add_test(c, rotation_and_zoom_are_about_the_centre);
    tcase_add_loop_test(c, moves_as_documented, 0, 12);
    tcase_add_test(c, depends_on_seed_step_and_sample_alone);
    tcase_add_test(c, noise_is_normal);
    tcase_add_test(c, costs_as_much_as_there_are_pixels);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
