/* Sums over the rows of a batch that is cut into shards: the sum of each shard in the order of its rows, and these
 * added by the tree that mnn_task.cuts describes. The sums that wait for their right neighbour are kept per tile, in
 * L1: the whole gradient is written once. */
#ifndef MNN_TREE_H
#define MNN_TREE_H

#include <string.h>

#include "mnn/product.h"
#include "mnn/skip.h"
#include "mnn/step.h"

enum {
    MNN_TREE_DEPTH = 9, /* sums that exist at a time: of 256 shards, one per level */
    MNN_TREE_BLOCK = 256
};

/** Whether the first rows of the batch are among those that are summed. */
static inline int mnn_starts_batch(const mnn_task *task)
{
    return task->batch->first_row == 0 && task->cuts->first == 0;
}

/** out[n] = the sum of the rows of from[rows, stride]; with `starts`, the sum of the first shard starts with out.
 *  @param piece   0; or the rows are partial sums of pieces of `piece` rows ...
 *  @param places  ... and this is the number of the pieces of a full shard */
static inline void mnn_tree_sum(const mnn_task *task, float *out, const float *from, int n, int stride, int piece,
                                int places, int starts)
{
    float sum[MNN_TREE_DEPTH][MNN_TREE_BLOCK];
    for (int begin = 0; begin < n; begin += MNN_TREE_BLOCK) {
        const int width = mnn_min(MNN_TREE_BLOCK, n - begin);
        int top = 0;
        for (int c = 0; c < task->cut_count; c++, top++) {
            const mnn_cut *cut = &task->cuts[c];
            const int first = piece ? cut->shard * places : cut->first;
            const int count = piece ? (cut->rows + piece - 1) / piece : cut->rows;
            const float *row = from + first * stride + begin;
            memcpy(sum[top], row, (size_t)width * sizeof **sum);
            for (int i = 0; i < width && c == 0 && starts; i++)
                sum[top][i] += out[begin + i];
            for (int r = 1; r < count; r++)
                for (int i = 0; i < width; i++)
                    sum[top][i] += row[r * stride + i];
            for (int adds = cut->adds; adds > 0; adds--, top--)
                for (int i = 0; i < width; i++)
                    sum[top - 1][i] += sum[top][i];
        }
        memcpy(out + begin, sum[0], (size_t)width * sizeof **sum);
    }
}

/** The sums of a tile, in registers: up to four vectors per row. */
typedef mnn_vector mnn_tile_sums[MNN_TILE][4];

MNN_INLINE void mnn_tile_set(int rows, int n, mnn_tile_sums sum, const float *c, int c_row, int starts)
{
    MNN_UNROLL
    for (int i = 0; i < rows; i++) {
        MNN_UNROLL
        for (int v = 0; v * MNN_LANES < n; v++)
            sum[i][v] = starts ? mnn_load_first(c + i * c_row + v * MNN_LANES, n - v * MNN_LANES) : (mnn_vector){0};
    }
}

/** Add the products of a row of a with one of b. */
MNN_INLINE void mnn_tile_row(int rows, int n, mnn_tile_sums sum, const float *a, const float *b)
{
    mnn_vector part[4];
    MNN_UNROLL
    for (int v = 0; v * MNN_LANES < n; v++)
        part[v] = mnn_load_first(b + v * MNN_LANES, n - v * MNN_LANES);
    MNN_UNROLL
    for (int i = 0; i < rows; i++) {
        MNN_UNROLL
        for (int v = 0; v * MNN_LANES < n; v++)
            sum[i][v] = mnn_fma_vector(a[i], part[v], sum[i][v]);
    }
}

MNN_INLINE void mnn_tile_keep(int rows, int n, mnn_tile_sums left, mnn_tile_sums sum)
{
    MNN_UNROLL
    for (int i = 0; i < rows; i++) {
        MNN_UNROLL
        for (int v = 0; v * MNN_LANES < n; v++)
            left[i][v] = sum[i][v];
    }
}

MNN_INLINE void mnn_tile_add(int rows, int n, mnn_tile_sums left, mnn_tile_sums sum)
{
    MNN_UNROLL
    for (int i = 0; i < rows; i++) {
        MNN_UNROLL
        for (int v = 0; v * MNN_LANES < n; v++)
            sum[i][v] += left[i][v];
    }
}

MNN_INLINE void mnn_tile_store(int rows, int n, mnn_tile_sums sum, float *c, int c_row)
{
    MNN_UNROLL
    for (int i = 0; i < rows; i++) {
        MNN_UNROLL
        for (int v = 0; v * MNN_LANES < n; v++)
            mnn_store(c + i * c_row + v * MNN_LANES, sum[i][v], n - v * MNN_LANES);
    }
}

/** One tile of mnn_tree_product(): rows times n, compile-time constants that fit the registers.
 *  @param list  NULL; or the `length` rows of a and b that are not skipped, in order */
MNN_INLINE void mnn_tree_tile(int rows, int n, const mnn_task *task, const uint16_t *list, int length, const float *a,
                              int a_step, const float *b, int b_step, float *c, int c_row, int starts)
{
    mnn_tile_sums sum, left[MNN_TREE_DEPTH - 1];
    int top = 0, at = task->cuts->first, q = 0;
    mnn_tile_set(rows, n, sum, c, c_row, starts);
    for (const mnn_cut *cut = task->cuts, *last = cut + task->cut_count - 1;; cut++) {
        const int end = cut->first + cut->rows;
        if (list)
            for (; q < length && list[q] < end; q++)
                mnn_tile_row(rows, n, sum, a + list[q] * a_step, b + list[q] * b_step);
        else
            for (; at < end; at++)
                mnn_tile_row(rows, n, sum, a + at * a_step, b + at * b_step);
        for (int adds = cut->adds; adds > 0; adds--)
            mnn_tile_add(rows, n, left[--top], sum);
        if (cut == last)
            break;
        mnn_tile_keep(rows, n, left[top++], sum);
        mnn_tile_set(rows, n, sum, c, c_row, 0);
    }
    mnn_tile_store(rows, n, sum, c, c_row);
}

/** m rows of the result and n columns, at most two vectors. */
MNN_INLINE void mnn_tree_strip(int m, int n, const mnn_task *task, const float *a, int a_step, const float *b,
                               int b_step, float *c, int c_row, int starts)
{
    const int tiles = m / MNN_TILE * MNN_TILE, fours = MNN_TILE > 4 ? tiles + (m - tiles) / 4 * 4 : tiles;
    for (int i = 0; i < tiles; i += MNN_TILE)
        mnn_tree_tile(MNN_TILE, n, task, NULL, 0, a + i, a_step, b, b_step, c + i * c_row, c_row, starts);
    for (int i = tiles; i < fours; i += 4)
        mnn_tree_tile(4, n, task, NULL, 0, a + i, a_step, b, b_step, c + i * c_row, c_row, starts);
    for (int i = fours; i < m; i++)
        mnn_tree_tile(1, n, task, NULL, 0, a + i, a_step, b, b_step, c + i * c_row, c_row, starts);
}

/** c[m, n] = transpose(a[rows, m]) . b[rows, n], the sum over rows as mnn_tree_sum(); a_step is the stride between rows
 * of a. For speed, n and the strides must be compile-time constants. */
MNN_INLINE void mnn_tree_product(int m, int n, const mnn_task *task, const float *a, int a_step, const float *b,
                                 int b_step, float *c, int c_row, int starts)
{
    enum { WIDTH = 2 * MNN_LANES };
    int j = 0;
    for (; j + WIDTH <= n; j += WIDTH)
        mnn_tree_strip(m, WIDTH, task, a, a_step, b + j, b_step, c + j, c_row, starts);
    if (n % WIDTH != 0)
        mnn_tree_strip(m, n % WIDTH, task, a, a_step, b + j, b_step, c + j, c_row, starts);
}

/** A few columns of a: rows of the result. */
MNN_INLINE void mnn_skip_tree_strip(int columns, int n, const mnn_task *task, uint16_t *list, const float *a,
                                    int a_step, const float *b, int b_step, float *c, int c_row, int starts)
{
    enum { WIDTH = MNN_SKIP_VECTORS * MNN_LANES };
    const mnn_cut *last = &task->cuts[task->cut_count - 1];
    const int begin = task->cuts->first;
    const int count = mnn_list_rows(last->first + last->rows - begin, columns, a + begin * a_step, a_step, list);
    for (int q = 0; q < count; q++)
        list[q] = (uint16_t)(list[q] + begin);
    int j = 0;
    for (; j + WIDTH <= n; j += WIDTH)
        mnn_tree_tile(columns, WIDTH, task, list, count, a, a_step, b + j, b_step, c + j, c_row, starts);
    if (n % WIDTH != 0)
        mnn_tree_tile(columns, n % WIDTH, task, list, count, a, a_step, b + j, b_step, c + j, c_row, starts);
}

/** mnn_tree_product() that skips terms multiplied by 0 of a; the same bits.
 *  @param list  [rows + 1], for the rows that are not skipped */
MNN_INLINE void mnn_skip_tree_product(int m, int n, const mnn_task *task, uint16_t *list, const float *a, int a_step,
                                      const float *b, int b_step, float *c, int c_row, int starts)
{
    int i = 0;
    for (; i + MNN_SKIP_ROWS <= m; i += MNN_SKIP_ROWS)
        mnn_skip_tree_strip(MNN_SKIP_ROWS, n, task, list, a + i, a_step, b, b_step, c + i * c_row, c_row, starts);
    for (; i < m; i++)
        mnn_skip_tree_strip(1, n, task, list, a + i, a_step, b, b_step, c + i * c_row, c_row, starts);
}

#endif
