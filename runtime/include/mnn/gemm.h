/* Matrix products, row-major, float32, one thread. The only user of OpenBLAS stands behind these. */
#ifndef MNN_GEMM_H
#define MNN_GEMM_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* c[m,n] = a . b + beta * c, with the leading dimension (elements from one row to the next) behind each
 * matrix. beta 0 does not read c. */

/** a[m,k], b[k,n] */
void mnn_gemm(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);

/** a[m,k], b[n,k]: c = a . transpose(b) + beta * c */
void mnn_gemm_nt(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);

/** a[k,m], b[k,n]: c = transpose(a) . b + beta * c */
void mnn_gemm_tn(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);

/** Make OpenBLAS single-threaded; called once before any product (its own threads would change the bits). The first
 *  product checks that OpenBLAS computes rightly on this processor; if it does not, all products are plain loops.
 *  @param log  where that is reported, in one line; NULL: nowhere */
void mnn_gemm_setup(FILE *log);

#ifdef __cplusplus
}
#endif

#endif
