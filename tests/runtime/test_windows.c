/* mnn/windows.h against plain loops in double precision: convolution, max pooling, and the kernel's gradient. */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "guarded.h"
#include "mnn/rng.h"
#include "mnn/windows.h"

enum { PICTURE = 64 * 64 * 3, RESULT = 32 * 32 * 70 };

/* All end where their memory ends, so that nothing behind them can be read. */
static float *picture, *kernel, *bias, *dkernel, *out, *dy;
static uint8_t *where;
static float again[RESULT];
static uint8_t where_again[RESULT];
static uint16_t list[RESULT], all[RESULT];

static float drawn(uint32_t stream, int i)
{
    return mnn_uniform(mnn_random(5, stream, 0, (uint64_t)i).word[0]) - 0.5f;
}

/* Floats of the picture that anything is done with. */
static int touched(const mnn_windows *v)
{
    return mnn_window_at(v, v->high * v->wide - 1) + mnn_tap_at(v, v->rows * v->columns - 1, v->taps - 1) + 1;
}

/* `zeros` tenths of the picture's floats are 0, in patches of 8. */
static void fill(const mnn_windows *v, int zeros)
{
    for (int i = 0; i < touched(v); i++)
        picture[i] = (int)(mnn_random(5, 1, 0, (uint64_t)i / 8).word[1] % 10) < zeros ? 0.0f : drawn(1, i);
    for (int i = 0; i < v->taps * v->filters; i++)
        kernel[i] = drawn(2, i);
    for (int k = 0; k < v->filters; k++)
        bias[k] = drawn(3, k);
}

static size_t results(const mnn_windows *v)
{
    return (size_t)(v->high * v->wide * v->filters);
}

static size_t kernel_size(const mnn_windows *v)
{
    return (size_t)(v->taps * v->filters) * sizeof *kernel;
}

static void take(const mnn_windows *v)
{
    picture = guarded_new((size_t)touched(v) * sizeof *picture);
    kernel = guarded_new(kernel_size(v));
    dkernel = guarded_new(kernel_size(v));
    bias = guarded_new((size_t)v->filters * sizeof *bias);
    out = guarded_new(results(v) * sizeof *out);
    dy = guarded_new(results(v) * sizeof *dy);
    where = guarded_new(results(v));
    for (size_t i = 0; i < results(v); i++)
        dy[i] = drawn(4, (int)i);
}

static void give_back(const mnn_windows *v)
{
    guarded_free(picture, (size_t)touched(v) * sizeof *picture);
    guarded_free(kernel, kernel_size(v));
    guarded_free(dkernel, kernel_size(v));
    guarded_free(bias, (size_t)v->filters * sizeof *bias);
    guarded_free(out, results(v) * sizeof *out);
    guarded_free(dy, results(v) * sizeof *dy);
    guarded_free(where, results(v));
}

/* The sum at one place of a window, before bias. */
static double sum_at(const mnn_windows *v, int y, int x, int place, int k)
{
    const int from = y * v->down + x * v->right + place / v->columns * v->row + place % v->columns * v->column;
    double sum = 0;
    for (int t = 0; t < v->taps; t++)
        sum += (double)picture[from + t / v->side * v->line + t % v->side] * (double)kernel[t * v->filters + k];
    return sum;
}

/* Results that differ from what they should be; where two places are equal but for rounding either may be named. */
static int wrong_results(const mnn_windows *v, int with_bias, int relu)
{
    int wrong = 0;
    for (int i = 0; i < v->high * v->wide * v->filters; i++) {
        const int k = i % v->filters, x = i / v->filters % v->wide, y = i / v->filters / v->wide;
        double best = -INFINITY;
        for (int p = 0; p < v->rows * v->columns; p++)
            best = fmax(best, sum_at(v, y, x, p, k));
        const double named = where[i] < v->rows * v->columns ? sum_at(v, y, x, where[i], k) : NAN;
        const double full = best + (with_bias ? (double)bias[k] : 0), expected = relu && full < 0 ? 0 : full;
        wrong += !(fabs((double)out[i] - expected) <= 1e-5 && fabs(named - best) <= 1e-5);
    }
    return wrong;
}

static int wrong_gradients(const mnn_windows *v)
{
    int wrong = 0;
    for (int t = 0; t < v->taps; t++)
        for (int k = 0; k < v->filters; k++) {
            double sum = 1; /* what was there is added to */
            for (int w = 0; w < v->high * v->wide; w++) {
                const int place = where[w * v->filters + k];
                const int from = w / v->wide * v->down + w % v->wide * v->right + place / v->columns * v->row +
                                 place % v->columns * v->column + t / v->side * v->line + t % v->side;
                sum += (double)picture[from] * (double)dy[w * v->filters + k];
            }
            wrong += !(fabs((double)dkernel[t * v->filters + k] - sum) <= 1e-4);
        }
    return wrong;
}

/* Windows that are listed though nothing is under them, or the other way round. */
static int wrong_list(const mnn_windows *v, int count)
{
    int next = 0, wrong = 0;
    for (int w = 0; w < v->high * v->wide; w++) {
        int any = 0;
        for (int p = 0; p < v->rows * v->columns; p++)
            for (int t = 0; t < v->taps; t++)
                any |= picture[mnn_window_at(v, w) + mnn_tap_at(v, p, t)] != 0.0f;
        const int listed = next < count && list[next] == w;
        next += listed;
        wrong += any && !listed; /* what lies between the places of strided ones may list more */
        wrong += listed && !any && v->column == v->right / v->columns && v->side >= v->column && v->rows == 1;
    }
    return wrong + (next != count);
}

/* --- by filters ------------------------------------------------------------------------------------ */

static float turned[96 * 70 * 2], dturned[96 * 70 * 2];

/* Every gradient of the picture once more. */
static int wrong_picture(const mnn_windows *v, const float *dx)
{
    static double expected[PICTURE];
    int wrong = 0;
    for (int i = 0; i < PICTURE; i++)
        expected[i] = 0;
    for (int w = 0; w < v->high * v->wide; w++)
        for (int k = 0; k < v->filters; k++)
            for (int t = 0; t < v->taps; t++)
                expected[mnn_window_at(v, w) + mnn_tap_at(v, where[w * v->filters + k], t)] +=
                    (double)dy[w * v->filters + k] * (double)kernel[t * v->filters + k];
    for (int i = 0; i < touched(v); i++)
        wrong += !(fabs((double)dx[i] - expected[i]) <= 1e-4);
    return wrong;
}

MNN_INLINE void check_spread(const mnn_windows *v)
{
    const size_t dx_size = ((size_t)touched(v) + MNN_OVERRUN) * sizeof(float);
    float *dx = guarded_new(dx_size);
    ck_assert((size_t)(v->filters * mnn_turned_size(v)) <= sizeof turned / sizeof *turned);
    for (int i = 0; i < v->high * v->wide * v->filters; i += 3)
        dy[i] = 0; /* as behind a relu */
    for (int wanted = 0; wanted < 2; wanted++) {
        memset(dturned, 0, sizeof dturned);
        memset(dx, 0, dx_size);
        mnn_turn_kernel(v, kernel, turned);
        mnn_windows_spread(v, picture, dy, where, wanted ? turned : NULL, dturned, wanted ? dx : NULL);
        mnn_turn_back(v, dturned, dkernel);
        for (int i = 0; i < v->taps * v->filters; i++)
            dkernel[i] += 1.0f;
        ck_assert_int_eq(wrong_gradients(v), 0);
    }
    ck_assert_int_eq(wrong_picture(v, dx), 0);
    guarded_free(dx, dx_size);
}

static void clear_gradient(const mnn_windows *v)
{
    for (int i = 0; i < v->taps * v->filters; i++)
        dkernel[i] = 1.0f;
}

#define WINDOWS_TEST(NAME, ...)                                                                                        \
    static const mnn_windows NAME = {__VA_ARGS__};                                                                     \
    START_TEST(windows_##NAME)                                                                                         \
    {                                                                                                                  \
        const size_t size = results(&NAME);                                                                            \
        take(&NAME);                                                                                                   \
        for (int zeros = 0; zeros <= 10; zeros += 5) {                                                                 \
            fill(&NAME, zeros);                                                                                        \
            const int count = mnn_list_windows(&NAME, 1, picture, list);                                               \
            const int whole = mnn_list_windows(&NAME, 0, picture, all);                                                \
            ck_assert_int_eq(whole, NAME.high *NAME.wide);                                                             \
            ck_assert_int_eq(wrong_list(&NAME, count), 0);                                                             \
            mnn_windows_forward(&NAME, all, whole, picture, kernel, NULL, 0, out, where);                              \
            ck_assert_int_eq(wrong_results(&NAME, 0, 0), 0);                                                           \
            mnn_windows_forward(&NAME, all, whole, picture, kernel, bias, 1, out, where);                              \
            ck_assert_int_eq(wrong_results(&NAME, 1, 1), 0);                                                           \
            memcpy(again, out, size * sizeof *out);                                                                    \
            memcpy(where_again, where, size);                                                                          \
            mnn_windows_forward(&NAME, list, count, picture, kernel, bias, 1, out, where);                             \
            ck_assert_int_eq(memcmp(again, out, size * sizeof *out), 0);                                               \
            ck_assert_int_eq(memcmp(where_again, where, size), 0);                                                     \
            clear_gradient(&NAME);                                                                                     \
            mnn_windows_backward(&NAME, all, whole, picture, dy, where, dkernel);                                      \
            ck_assert_int_eq(wrong_gradients(&NAME), 0);                                                               \
            memcpy(again, dkernel, kernel_size(&NAME));                                                                \
            clear_gradient(&NAME);                                                                                     \
            mnn_windows_backward(&NAME, list, count, picture, dy, where, dkernel);                                     \
            ck_assert_int_eq(memcmp(again, dkernel, kernel_size(&NAME)), 0);                                           \
            check_spread(&NAME);                                                                                       \
        }                                                                                                              \
        give_back(&NAME);                                                                                              \
    }                                                                                                                  \
    END_TEST

/* cnn's: 28 x 28, a kernel of 3 x 3, windows of 2 x 2 */
WINDOWS_TEST(cnn, .high = 13, .wide = 13, .down = 56, .right = 2, .rows = 2, .columns = 2, .row = 28, .column = 1,
             .taps = 9, .side = 3, .line = 28, .filters = 32)
/* lenet5's: 32 x 32 with its padding, 5 x 5, few filters */
WINDOWS_TEST(lenet5, .high = 14, .wide = 14, .down = 64, .right = 2, .rows = 2, .columns = 2, .row = 32, .column = 1,
             .taps = 25, .side = 5, .line = 32, .filters = 6)
/* three channels, 20 x 11, more filters than two vectors and some */
WINDOWS_TEST(channels, .high = 9, .wide = 4, .down = 66, .right = 6, .rows = 2, .columns = 2, .row = 33, .column = 3,
             .taps = 27, .side = 9, .line = 33, .filters = 70)
/* windows of 1 x 2, of 2 x 1, of 1 x 1 and of 1 x 3 */
WINDOWS_TEST(flat, .high = 7, .wide = 5, .down = 12, .right = 2, .rows = 1, .columns = 2, .row = 12, .column = 1,
             .taps = 4, .side = 2, .line = 12, .filters = 16)
WINDOWS_TEST(tall, .high = 4, .wide = 9, .down = 24, .right = 1, .rows = 2, .columns = 1, .row = 12, .column = 1,
             .taps = 4, .side = 2, .line = 12, .filters = 17)
WINDOWS_TEST(single, .high = 6, .wide = 6, .down = 8, .right = 1, .rows = 1, .columns = 1, .row = 8, .column = 1,
             .taps = 9, .side = 3, .line = 8, .filters = 1)
WINDOWS_TEST(three, .high = 2, .wide = 3, .down = 15, .right = 3, .rows = 1, .columns = 3, .row = 15, .column = 1,
             .taps = 1, .side = 1, .line = 15, .filters = 33)
/* strides of 2 */
WINDOWS_TEST(strided, .high = 5, .wide = 6, .down = 120, .right = 4, .rows = 2, .columns = 2, .row = 60, .column = 2,
             .taps = 9, .side = 3, .line = 30, .filters = 24)

/* rows of the kernel of so many floats that few processors' registers hold one, and of two of them */
WINDOWS_TEST(long_rows, .high = 2, .wide = 2, .down = 384, .right = 32, .rows = 2, .columns = 2, .row = 192,
             .column = 16, .taps = 80, .side = 80, .line = 192, .filters = 12)
WINDOWS_TEST(deep, .high = 3, .wide = 2, .down = 320, .right = 32, .rows = 2, .columns = 2, .row = 160, .column = 16,
             .taps = 96, .side = 48, .line = 160, .filters = 40)

int main(void)
{
    Suite *s = suite_create("windows");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, windows_cnn);
    tcase_add_test(t, windows_lenet5);
    tcase_add_test(t, windows_channels);
    tcase_add_test(t, windows_flat);
    tcase_add_test(t, windows_tall);
    tcase_add_test(t, windows_single);
    tcase_add_test(t, windows_three);
    tcase_add_test(t, windows_strided);
    tcase_add_test(t, windows_long_rows);
    tcase_add_test(t, windows_deep);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    const int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
