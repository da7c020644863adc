/* The matrix products against a triple loop in double, on random shapes. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "mnn/gemm.h"
#include "mnn/rng.h"

typedef enum form { PLAIN, NT, TN } form;

typedef void gemm(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);

static gemm *const products[] = {[PLAIN] = mnn_gemm, [NT] = mnn_gemm_nt, [TN] = mnn_gemm_tn};

enum { MAX = 70, PAD = 9, AREA = MAX * (MAX + PAD) };

typedef struct problem {
    form form;
    int m, n, k, lda, ldb, ldc;
    float beta;
    float a[AREA], b[AREA], c[AREA], before[AREA];
} problem;

static problem p;

static void fill(float *out, uint32_t which, uint64_t seed)
{
    for (int i = 0; i < AREA; i++)
        out[i] = 2.0f * mnn_uniform(mnn_random(seed, which, 0, (uint64_t)i).word[0]) - 1.0f;
}

/** A problem that is a function of the seed; rows are longer than the matrix is wide. */
static void make(form f, float beta, uint64_t seed)
{
    const mnn_random4 shape = mnn_random(seed, 100, 0, 0), extra = mnn_random(seed, 101, 0, 0);
    p.form = f;
    p.beta = beta;
    p.m = 1 + (int)(shape.word[0] % MAX);
    p.n = 1 + (int)(shape.word[1] % MAX);
    p.k = 1 + (int)(shape.word[2] % MAX);
    p.lda = (f == TN ? p.m : p.k) + (int)(extra.word[0] % (PAD + 1));
    p.ldb = (f == NT ? p.k : p.n) + (int)(extra.word[1] % (PAD + 1));
    p.ldc = p.n + (int)(extra.word[2] % (PAD + 1));
    fill(p.a, 1, seed);
    fill(p.b, 2, seed);
    fill(p.c, 3, seed);
}

static double a_at(int i, int l)
{
    return (double)(p.form == TN ? p.a[l * p.lda + i] : p.a[i * p.lda + l]);
}

static double b_at(int l, int j)
{
    return (double)(p.form == NT ? p.b[j * p.ldb + l] : p.b[l * p.ldb + j]);
}

/** Multiply and compare; what lies between the rows must not be touched. */
static void multiply_and_compare(void)
{
    for (int i = 0; i < AREA; i++)
        p.before[i] = p.c[i];
    products[p.form](p.m, p.n, p.k, p.a, p.lda, p.b, p.ldb, p.beta, p.c, p.ldc);
    for (int i = 0; i < p.m; i++) {
        for (int j = 0; j < p.ldc; j++) {
            const int at = i * p.ldc + j;
            if (j >= p.n) {
                ck_assert_mem_eq(&p.c[at], &p.before[at], sizeof(float));
                continue;
            }
            double expected = p.beta != 0.0f ? (double)p.beta * (double)p.before[at] : 0.0;
            for (int l = 0; l < p.k; l++)
                expected += a_at(i, l) * b_at(l, j);
            ck_assert_double_eq_tol((double)p.c[at], expected, 2e-5);
        }
    }
    ck_assert_mem_eq(&p.c[p.m * p.ldc], &p.before[p.m * p.ldc], sizeof(float) * (size_t)(AREA - p.m * p.ldc));
}

START_TEST(beta_one_adds)
{
    for (uint64_t seed = 0; seed < 60; seed++) {
        make((form)_i, 1.0f, seed);
        multiply_and_compare();
    }
}
END_TEST

START_TEST(beta_zero_does_not_read_c)
{
    for (uint64_t seed = 100; seed < 160; seed++) {
        make((form)_i, 0.0f, seed);
        for (int i = 0; i < AREA; i++)
            p.c[i] = NAN;
        multiply_and_compare();
    }
}
END_TEST

START_TEST(single_rows_and_columns)
{
    static const int shapes[][3] = {{1, 1, 1}, {1, 64, 33}, {64, 1, 33}, {64, 33, 1}, {1, 10, 1}, {2, 1, 1}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        make((form)_i, s % 2 ? 1.0f : 0.0f, 200 + s);
        p.m = shapes[s][0];
        p.n = shapes[s][1];
        p.k = shapes[s][2];
        p.lda = p.ldb = p.ldc = MAX + 3;
        multiply_and_compare();
    }
}
END_TEST

START_TEST(the_same_product_has_the_same_bits)
{
    static float first[AREA];
    make((form)_i, 0.0f, 300);
    multiply_and_compare();
    for (int i = 0; i < AREA; i++)
        first[i] = p.c[i];
    fill(p.c, 3, 300);
    multiply_and_compare();
    ck_assert_mem_eq(first, p.c, sizeof first);
}
END_TEST

int main(void)
{
    mnn_gemm_setup(stderr);
    Suite *s = suite_create("gemm");
    TCase *tc = tcase_create("gemm");
    tcase_add_loop_test(tc, beta_one_adds, PLAIN, TN + 1);
    tcase_add_loop_test(tc, beta_zero_does_not_read_c, PLAIN, TN + 1);
    tcase_add_loop_test(tc, single_rows_and_columns, PLAIN, TN + 1);
    tcase_add_loop_test(tc, the_same_product_has_the_same_bits, PLAIN, TN + 1);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    const int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
