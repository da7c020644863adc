/* Matrix products through OpenBLAS: the only file that knows of it. Some versions compute wrongly on processors that
 * they do not know well: before the first product a few with a known result are tried, and where one is wrong, plain
 * loops take the place of OpenBLAS. */
#include "mnn/gemm.h"

#include <cblas.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* One product: op(a)[m,k] . op(b)[k,n]. */
typedef struct product {
    CBLAS_TRANSPOSE a_form, b_form;
    int m, n, k;
    const float *a;
    int lda;
    const float *b;
    int ldb;
    float beta;
    float *c;
    int ldc;
} product;

static void multiply_by_openblas(const product *p)
{
    cblas_sgemm(CblasRowMajor, p->a_form, p->b_form, p->m, p->n, p->k, 1.0f, p->a, p->lda, p->b, p->ldb, p->beta, p->c,
                p->ldc);
}

/* Element i of a row of c, of n, gets the sum over l of a(l) b(l, i). */
static void multiply_row(const product *p, const float *a, int a_step, float *c)
{
    for (int j = 0; j < p->n; j++)
        c[j] = p->beta == 0.0f ? 0.0f : p->beta * c[j];
    if (p->b_form == CblasNoTrans) {
        for (int l = 0; l < p->k; l++)
            for (int j = 0; j < p->n; j++)
                c[j] += a[(size_t)l * (size_t)a_step] * p->b[(size_t)l * (size_t)p->ldb + (size_t)j];
        return;
    }
    for (int j = 0; j < p->n; j++) {
        float sum = 0.0f;
        for (int l = 0; l < p->k; l++)
            sum += a[(size_t)l * (size_t)a_step] * p->b[(size_t)j * (size_t)p->ldb + (size_t)l];
        c[j] += sum;
    }
}

static void multiply_plainly(const product *p)
{
    const bool transposed = p->a_form == CblasTrans;
    for (int i = 0; i < p->m; i++)
        multiply_row(p, transposed ? p->a + i : p->a + (size_t)i * (size_t)p->lda, transposed ? p->lda : 1,
                     p->c + (size_t)i * (size_t)p->ldc);
}

/* --- whether OpenBLAS is right ---------------------------------------------------------------------- */

/* Sizes of the largest matrix and of the longest side. */
enum { MOST_ELEMENTS = 16 * 1024, MOST_SIDE = 448, SMALLEST = -3, VALUES = 7, PAD = 3 };

/* A matrix of integers, with which every order of additions gives the same sum, exactly, also in float. */
static void fill(float *x, uint32_t state)
{
    for (int i = 0; i < MOST_ELEMENTS; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (float)((int)(state >> 16) % VALUES + SMALLEST);
    }
}

/* out[rows] = x . w; element (i, j) of x is x[i * row + j * step]. */
static void multiply_vector(int rows, int columns, const float *x, int row, int step, const double *w, double *out)
{
    for (int i = 0; i < rows; i++) {
        double sum = 0.0;
        for (int j = 0; j < columns; j++)
            sum += (double)x[i * row + j * step] * w[j];
        out[i] = sum;
    }
}

/* Whether c = op(a) op(b) + beta before. Both sides are multiplied by a vector without zeros, which shows one wrong
 * element for certain, and takes far fewer operations than the product does. */
static bool is_right(const product *p, const float *before)
{
    double w[MOST_SIDE], bw[MOST_SIDE], abw[MOST_SIDE], before_w[MOST_SIDE], cw[MOST_SIDE];
    const bool a_plain = p->a_form == CblasNoTrans, b_plain = p->b_form == CblasNoTrans;
    for (int j = 0; j < p->n; j++)
        w[j] = 1 + j * j % 251;
    multiply_vector(p->k, p->n, p->b, b_plain ? p->ldb : 1, b_plain ? 1 : p->ldb, w, bw);
    multiply_vector(p->m, p->k, p->a, a_plain ? p->lda : 1, a_plain ? 1 : p->lda, bw, abw);
    multiply_vector(p->m, p->n, before, p->ldc, 1, w, before_w);
    multiply_vector(p->m, p->n, p->c, p->ldc, 1, w, cw);
    for (int i = 0; i < p->m; i++)
        if (!(cw[i] == abw[i] + (double)p->beta * before_w[i]))
            return false; /* also what is not a number */
    return true;
}

/* Shapes for the kernels of OpenBLAS: without packing and with, less than a tile, its edges, more than one panel. Rows
 * are longer than the matrices are wide.
 * @param memory  four matrices */
static bool is_right_for_all_shapes(float *memory)
{
    static const int shapes[][3] = {{1, 10, 64}, {7, 5, 9}, {33, 17, 65}, {100, 96, 101}, {34, 21, 435}};
    static const CBLAS_TRANSPOSE forms[][2] = {
        {CblasNoTrans, CblasNoTrans}, {CblasNoTrans, CblasTrans}, {CblasTrans, CblasNoTrans}};
    float *a = memory, *b = a + MOST_ELEMENTS, *c = b + MOST_ELEMENTS, *before = c + MOST_ELEMENTS;
    fill(a, 1);
    fill(b, 2);
    fill(before, 3);
    for (int i = 0; i < (int)(sizeof shapes / sizeof *shapes); i++)
        for (int f = 0; f < (int)(sizeof forms / sizeof *forms); f++) {
            const int m = shapes[i][0], n = shapes[i][1], k = shapes[i][2];
            const product p = {.a_form = forms[f][0],
                               .b_form = forms[f][1],
                               .m = m,
                               .n = n,
                               .k = k,
                               .a = a,
                               .lda = (forms[f][0] == CblasNoTrans ? k : m) + PAD,
                               .b = b,
                               .ldb = (forms[f][1] == CblasNoTrans ? n : k) + PAD,
                               .beta = (float)((i + f) % 2),
                               .c = c,
                               .ldc = n + PAD};
            memcpy(c, before, (size_t)(m * (n + PAD)) * sizeof *c);
            multiply_by_openblas(&p);
            if (!is_right(&p, before))
                return false;
        }
    return true;
}

static pthread_once_t tried = PTHREAD_ONCE_INIT;
static bool is_wrong; /* or has no room: plain loops are used */
static FILE *log_file;

/* OpenBLAS asks for a buffer at its first product, and where there is no address space for it (ulimit -v) it asks again
 * without end. */
static bool has_room_for_buffer(void)
{
    const size_t size = (size_t)129 << 20; /* 128 MiB for x86-64 */
    void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        return false;
    munmap(room, size);
    return true;
}

static void try_openblas(void)
{
    is_wrong = !has_room_for_buffer();
    if (is_wrong) {
        if (log_file)
            fputs("warning: there is no memory for the buffer of OpenBLAS: plain loops are used instead, which are "
                  "slower\n",
                  log_file);
        return;
    }
    float *memory = malloc(4 * MOST_ELEMENTS * sizeof *memory);
    is_wrong = memory && !is_right_for_all_shapes(memory);
    free(memory);
    if (is_wrong && log_file)
        fprintf(log_file,
                "warning: OpenBLAS computes wrong matrix products on this processor (%s): plain loops are used "
                "instead, which are slower\n",
                openblas_get_corename());
}

static void multiply(const product *p)
{
    pthread_once(&tried, try_openblas);
    if (is_wrong)
        multiply_plainly(p);
    else
        multiply_by_openblas(p);
}

/* --- mnn/gemm.h ------------------------------------------------------------------------------------- */

void mnn_gemm_setup(FILE *log)
{
    openblas_set_num_threads(1);
    log_file = log;
}

const char *mnn_gemm_processor(void)
{
    return openblas_get_corename();
}

void mnn_gemm(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
    multiply(&(product){CblasNoTrans, CblasNoTrans, m, n, k, a, lda, b, ldb, beta, c, ldc});
}

void mnn_gemm_nt(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
    multiply(&(product){CblasNoTrans, CblasTrans, m, n, k, a, lda, b, ldb, beta, c, ldc});
}

void mnn_gemm_tn(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
    multiply(&(product){CblasTrans, CblasNoTrans, m, n, k, a, lda, b, ldb, beta, c, ldc});
}
