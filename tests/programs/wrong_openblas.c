/* A cblas_sgemm that is wrong, to be put before that of OpenBLAS with LD_PRELOAD. WRONG in the environment says how:
 *   first       the first element, always
 *   last        the last element of products that are large enough for packing
 *   transposed  where the second matrix is transposed
 *   beta        what c held is forgotten
 *   nan         one element of a row is no number
 *   none        it is right */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

typedef void sgemm(OPENBLAS_CONST enum CBLAS_ORDER, OPENBLAS_CONST enum CBLAS_TRANSPOSE,
                   OPENBLAS_CONST enum CBLAS_TRANSPOSE, OPENBLAS_CONST blasint, OPENBLAS_CONST blasint,
                   OPENBLAS_CONST blasint, OPENBLAS_CONST float, OPENBLAS_CONST float *, OPENBLAS_CONST blasint,
                   OPENBLAS_CONST float *, OPENBLAS_CONST blasint, OPENBLAS_CONST float, float *,
                   OPENBLAS_CONST blasint);

void cblas_sgemm(OPENBLAS_CONST enum CBLAS_ORDER order, OPENBLAS_CONST enum CBLAS_TRANSPOSE a_form,
                 OPENBLAS_CONST enum CBLAS_TRANSPOSE b_form, OPENBLAS_CONST blasint m, OPENBLAS_CONST blasint n,
                 OPENBLAS_CONST blasint k, OPENBLAS_CONST float alpha, OPENBLAS_CONST float *a,
                 OPENBLAS_CONST blasint lda, OPENBLAS_CONST float *b, OPENBLAS_CONST blasint ldb,
                 OPENBLAS_CONST float beta, float *c, OPENBLAS_CONST blasint ldc)
{
    const char *wrong = getenv("WRONG");
    void *found = dlsym(RTLD_NEXT, "cblas_sgemm");
    sgemm *right;
    memcpy(&right, &found, sizeof right);
    right(order, a_form, b_form, m, n, k, alpha, a, lda, b, ldb, strcmp(wrong, "beta") == 0 ? 0.0f : beta, c, ldc);
    float *last = c + (long)(m - 1) * ldc + n - 1;
    if (strcmp(wrong, "first") == 0)
        c[0] += 1.0f;
    if (strcmp(wrong, "last") == 0 && (long)m * n * k > 500000)
        *last += 1.0f;
    if (strcmp(wrong, "transposed") == 0 && b_form == CblasTrans)
        *last -= 2.0f;
    if (strcmp(wrong, "nan") == 0)
        *last = NAN;
}
