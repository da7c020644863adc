/* Matrix products, row-major, float32, one thread. The only part of the runtime that calls OpenBLAS. */
#ifndef MNN_GEMM_H
#define MNN_GEMM_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* c[m,n] = a . b + beta * c. Each matrix is followed by its leading dimension (stride between rows, in elements).
 * With beta 0, c is not read. */

/** a[m,k], b[k,n] */
void mnn_gemm(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);

/** a[m,k], b[n,k]: c = a . transpose(b) + beta * c */
void mnn_gemm_nt(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);

/** a[k,m], b[k,n]: c = transpose(a) . b + beta * c */
void mnn_gemm_tn(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);

/** Make OpenBLAS single-threaded; called once before the first matrix product (threads of OpenBLAS would change the
 *  bits). The first matrix product checks that OpenBLAS computes correctly on this processor; if it does not, plain
 *  loops are used instead.
 *  @param log  stream for the one-line report of this; NULL: none */
void mnn_gemm_setup(FILE *log);

/** The kind of processor that OpenBLAS computes for: another may compute other bits. */
const char *mnn_gemm_processor(void);

#ifdef __cplusplus
}
#endif

#endif
