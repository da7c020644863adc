/* The products of mnn/gemm.h as plain loops, where OpenBLAS is not there for the processor. */
#include "mnn/gemm.h"

void mnn_gemm_setup(FILE *log)
{
    (void)log;
}

/* a(i, p) = a[i * a_row + p * a_step], b likewise */
static void product(int m, int n, int k, const float *a, int a_row, int a_step, const float *b, int b_row, int b_step,
                    float beta, float *c, int ldc)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            float sum = 0.0f;
            for (int p = 0; p < k; p++)
                sum += a[i * a_row + p * a_step] * b[p * b_row + j * b_step];
            c[i * ldc + j] = beta == 0.0f ? sum : sum + beta * c[i * ldc + j];
        }
}

void mnn_gemm(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
    product(m, n, k, a, lda, 1, b, ldb, 1, beta, c, ldc);
}

void mnn_gemm_nt(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
    product(m, n, k, a, lda, 1, b, 1, ldb, beta, c, ldc);
}

void mnn_gemm_tn(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
    product(m, n, k, a, 1, lda, b, ldb, 1, beta, c, ldc);
}
