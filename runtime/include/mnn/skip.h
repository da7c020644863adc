/* Matrix products that skip terms multiplied by 0. Most pixels of MNIST are 0. Adding 0 * w changes no bit of a sum if
 * w is finite (training ends at a weight that is not), so these functions produce the same bits as those in
 * mnn/product.h, with the same reduction order.
 *
 * Four rows share a list of the columns where at least one of them is not 0, so that a tile of four rows still uses
 * every loaded vector of b four times. */
#ifndef MNN_SKIP_H
#define MNN_SKIP_H

#include "mnn/model.h"
#include "mnn/product.h"

enum {
    MNN_SKIP_ROWS = 4,
    MNN_SKIP_VECTORS = MNN_LANES == 16 ? 4 : 2, /* per tile; with four rows they and b fit the registers */
    MNN_LIST_BLOCK = 1024
};

/** Whether zeros are skipped. OpenBLAS has another reduction order, so skipping is off where it computes the
 *  products. A program compiled with MNN_NO_SKIP never skips, for comparisons. */
static inline int mnn_skips(const mnn_batch *batch)
{
#if defined(MNN_NO_SKIP) || (defined(__x86_64__) && !defined(__AVX__))
    (void)batch;
    return 0;
#else
    return batch->many_zeros;
#endif
}

/** List the columns p < k in which at least one of `rows` (at most 4) rows of a[rows, a_row] is not 0, in order.
 *  @param list  [k + 1], one element more than the maximum
 *  @return the length of the list */
static inline int mnn_list_columns(int rows, int k, const float *a, int a_row, uint16_t *list)
{
    int count = 0;
    for (int begin = 0; begin < k; begin += MNN_LIST_BLOCK) {
        const int n = k - begin < MNN_LIST_BLOCK ? k - begin : MNN_LIST_BLOCK;
        uint8_t marks[MNN_LIST_BLOCK + 8];
        memset(marks + n, 0, 8);
        if (rows == 4) {
            const float *r = a + begin, *s = r + a_row, *t = s + a_row, *u = t + a_row;
            for (int p = 0; p < n; p++)
                marks[p] = (r[p] != 0.0f) | (s[p] != 0.0f) | (t[p] != 0.0f) | (u[p] != 0.0f);
        } else {
            for (int p = 0; p < n; p++)
                marks[p] = a[begin + p] != 0.0f;
            for (int i = 1; i < rows; i++)
                for (int p = 0; p < n; p++)
                    marks[p] |= a[i * a_row + begin + p] != 0.0f;
        }
        for (int p = 0; p < n; p += 8) {
            uint64_t eight;
            memcpy(&eight, marks + p, sizeof eight);
            if (eight == 0)
                continue;
            for (int q = p; q < p + 8; q++) {
                list[count] = (uint16_t)(begin + q);
                count += marks[q];
            }
        }
    }
    return count;
}

/** List the rows i < rows in which at least one of `columns` (at most 4) elements a[i a_row] ... is not 0, in order.
 *  @param list  [rows + 1]
 *  @return the length of the list */
static inline int mnn_list_rows(int rows, int columns, const float *a, int a_row, uint16_t *list)
{
    int count = 0;
    for (int i = 0; i < rows; i++) {
        uint32_t bits[4] = {0};
        memcpy(bits, a + i * a_row, columns == 4 ? sizeof bits : (size_t)columns * sizeof *bits);
        list[count] = (uint16_t)i;
        count += (bits[0] | bits[1] | bits[2] | bits[3]) != 0;
    }
    return count;
}

/** One tile, c[rows, n] = sum over the elements p of a list of a[i a_row + p a_step] b[p b_row + j], or += with
 *  add; rows at most 4, n at most 8 vectors, both compile-time constants. */
MNN_INLINE void mnn_skip_tile(int rows, int n, int count, const uint16_t *list, const float *a, int a_row, int a_step,
                              const float *b, int b_row, float *c, int c_row, int add)
{
    const int vectors = (n + MNN_LANES - 1) / MNN_LANES;
    mnn_vector sum[MNN_SKIP_ROWS][8];
    MNN_UNROLL
    for (int i = 0; i < rows; i++) {
        MNN_UNROLL
        for (int v = 0; v < vectors; v++)
            sum[i][v] = add ? mnn_load_first(c + i * c_row + v * MNN_LANES, n - v * MNN_LANES) : (mnn_vector){0};
    }
    for (int q = 0; q < count; q++) {
        const int p = list[q];
        mnn_vector part[8];
        MNN_UNROLL
        for (int v = 0; v < vectors; v++)
            part[v] = mnn_load_first(b + p * b_row + v * MNN_LANES, n - v * MNN_LANES);
        MNN_UNROLL
        for (int i = 0; i < rows; i++) {
            const float x = a[i * a_row + p * a_step];
            MNN_UNROLL
            for (int v = 0; v < vectors; v++)
                sum[i][v] = mnn_fma_vector(x, part[v], sum[i][v]);
        }
    }
    MNN_UNROLL
    for (int i = 0; i < rows; i++) {
        MNN_UNROLL
        for (int v = 0; v < vectors; v++)
            mnn_store(c + i * c_row + v * MNN_LANES, sum[i][v], n - v * MNN_LANES);
    }
}

/** As mnn_skip_tile(), for any n, in tiles of `most` vectors. */
MNN_INLINE void mnn_skip_strip(int rows, int n, int most, int count, const uint16_t *list, const float *a, int a_row,
                               int a_step, const float *b, int b_row, float *c, int c_row, int add)
{
    const int width = most * MNN_LANES;
    int j = 0;
    for (; j + width <= n; j += width)
        mnn_skip_tile(rows, width, count, list, a, a_row, a_step, b + j, b_row, c + j, c_row, add);
    if (n % width != 0)
        mnn_skip_tile(rows, n % width, count, list, a, a_row, a_step, b + j, b_row, c + j, c_row, add);
}

/** c[m, n] = a[m, k] . b[k, n] from the lists of mnn_list_columns(), one per four rows: lists[(m + 3) / 4][k + 2],
 *  each preceded by its length. */
MNN_INLINE void mnn_skip_product(int m, int n, int k, const uint16_t *lists, const float *a, int a_row, const float *b,
                                 int b_row, float *c, int c_row)
{
    int i = 0;
    for (; i + MNN_SKIP_ROWS <= m; i += MNN_SKIP_ROWS, lists += k + 2)
        mnn_skip_strip(MNN_SKIP_ROWS, n, MNN_SKIP_VECTORS, lists[0], lists + 1, a + i * a_row, a_row, 1, b, b_row,
                       c + i * c_row, c_row, 0);
    for (; i < m; i++)
        mnn_skip_strip(1, n, MNN_SKIP_VECTORS, lists[0], lists + 1, a + i * a_row, a_row, 1, b, b_row, c + i * c_row,
                       c_row, 0);
}

/** c[m, n] = transpose(a[rows, m]) . b[rows, n]; a_row is the stride between rows of a.
 *  @param list  [rows + 1], for the rows that are not skipped */
MNN_INLINE void mnn_skip_product_tn(int m, int n, int rows, uint16_t *list, const float *a, int a_row, const float *b,
                                    int b_row, float *c, int c_row)
{
    int i = 0;
    for (; i + MNN_SKIP_ROWS <= m; i += MNN_SKIP_ROWS) {
        const int count = mnn_list_rows(rows, MNN_SKIP_ROWS, a + i, a_row, list);
        mnn_skip_strip(MNN_SKIP_ROWS, n, MNN_SKIP_VECTORS, count, list, a + i, 1, a_row, b, b_row, c + i * c_row, c_row,
                       0);
    }
    for (; i < m; i++) {
        const int count = mnn_list_rows(rows, 1, a + i, a_row, list);
        mnn_skip_strip(1, n, MNN_SKIP_VECTORS, count, list, a + i, 1, a_row, b, b_row, c + i * c_row, c_row, 0);
    }
}

/** c[n] = a[k] . b[k, n]: one sample, where reading b takes most of the time. Rows of b that are multiplied by 0
 *  are not read. */
MNN_INLINE void mnn_row_product(int n, int k, const float *a, const float *b, int b_row, float *c)
{
    uint16_t list[MNN_LIST_BLOCK + 1];
    for (int begin = 0; begin < k; begin += MNN_LIST_BLOCK) {
        const int count = mnn_list_columns(1, mnn_min(MNN_LIST_BLOCK, k - begin), a + begin, 0, list);
        if (begin == 0)
            mnn_skip_strip(1, n, 8, count, list, a, 0, 1, b, b_row, c, 0, 0);
        else
            mnn_skip_strip(1, n, 8, count, list, a + begin, 0, 1, b + begin * b_row, b_row, c, 0, 1);
    }
}

/** mnn_product() for rows of a layer's input, or a range of their columns; a single row is allowed. */
MNN_INLINE void mnn_rows_product(int m, int n, int k, const float *a, int a_row, const float *b, int b_row, float *c,
                                 int c_row)
{
#if !defined(__x86_64__) || defined(__AVX__)
    if (__builtin_expect(m == 1, 0)) {
        mnn_row_product(n, k, a, b, b_row, c);
        return;
    }
#endif
    mnn_product(m, n, k, a, a_row, 1, b, b_row, c, c_row, 0);
}

/** mnn_spread_product() likewise. */
MNN_INLINE void mnn_spread_rows_product(int m, int n, int k, const float *a, int a_row, const float *b, int b_row,
                                        float *c, int c_row)
{
    if (__builtin_expect(m == 1, 0))
        mnn_rows_product(1, n, k, a, a_row, b, b_row, c, c_row);
    else
        mnn_spread_product(m, n, k, a, a_row, 1, b, b_row, c, c_row, 0);
}

#endif
