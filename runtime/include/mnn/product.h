/* Matrix products of compile-time shapes, inlined into generated code.
 *
 * One tile of the result, TILE rows by two vectors, is kept in registers while a loop runs over the inner dimension:
 * each iteration loads two vectors of b, broadcasts one element of a per row, multiplies and adds. This reaches the
 * peak of the processor: on AVX-512, 24 accumulators hide the latency of the multiply-add units. The code uses GNU
 * vector extensions, which gcc and clang map to the registers of the target.
 *
 * Of a vector at the end of a row, only the elements of that row are loaded and stored: the elements after it may
 * belong to another worker. */
#ifndef MNN_PRODUCT_H
#define MNN_PRODUCT_H

#include <string.h>

#if defined(__AVX__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "mnn/fma.h"
#include "mnn/gemm.h"

#if defined(__AVX512F__)
enum { MNN_LANES = 16, MNN_TILE = 12 }; /* 32 registers: 24 accumulators, 2 of b, 1 of a */
#elif defined(__AVX__)
enum { MNN_LANES = 8, MNN_TILE = 6 }; /* 16 registers: 12 accumulators, 2 of b, 1 of a */
#elif defined(__aarch64__)
enum { MNN_LANES = 4, MNN_TILE = 12 }; /* 32 registers */
#else
enum { MNN_LANES = 4, MNN_TILE = 4 }; /* 16 registers, and a multiply that overwrites its operand */
#endif

/* Loops over the registers of a tile must be unrolled, or the accumulators are stored in memory. */
#if defined(__clang__)
#define MNN_UNROLL _Pragma("clang loop unroll(full)")
#define MNN_INLINE static inline __attribute__((always_inline, min_vector_width(512)))
#else
#define MNN_UNROLL _Pragma("GCC unroll 24")
#define MNN_INLINE static inline __attribute__((always_inline))
#endif

#if defined(__clang__)
#define MNN_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define MNN_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (pick){__VA_ARGS__})
#endif

/* Unaligned, and may alias any float. */
typedef float mnn_vector __attribute__((vector_size(MNN_LANES * 4), aligned(4), may_alias));
typedef int32_t mnn_mask __attribute__((vector_size(MNN_LANES * 4), aligned(4)));

MNN_INLINE mnn_vector mnn_load(const float *from)
{
    return *(const mnn_vector *)from;
}

/** a * b + c in every lane, as mnn_fma(). */
MNN_INLINE mnn_vector mnn_fma_vector(float a, mnn_vector b, mnn_vector c)
{
#if defined(__AVX512F__)
    return (mnn_vector)_mm512_fmadd_ps(_mm512_set1_ps(a), (__m512)b, (__m512)c);
#elif defined(__AVX__) && defined(__FMA__)
    return (mnn_vector)_mm256_fmadd_ps(_mm256_set1_ps(a), (__m256)b, (__m256)c);
#elif defined(__aarch64__)
    return (mnn_vector)vfmaq_n_f32((float32x4_t)c, (float32x4_t)b, a);
#elif !MNN_HAS_FMA
    return a * b + c;
#else
    for (int i = 0; i < MNN_LANES; i++)
        c[i] = mnn_fma(a, b[i], c[i]);
    return c;
#endif
}

/** Load the first count lanes and no memory after them; the other lanes are 0. For speed, count must be a
 *  compile-time constant. */
MNN_INLINE mnn_vector mnn_load_first(const float *from, int count)
{
    if (count >= MNN_LANES)
        return mnn_load(from);
#if defined(__AVX512F__)
    return (mnn_vector)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
#elif defined(__AVX__)
    const mnn_mask lane = {0, 1, 2, 3, 4, 5, 6, 7};
    return (mnn_vector)_mm256_maskload_ps(from, (__m256i)(lane < count));
#else
    mnn_vector v = {0};
    MNN_UNROLL
    for (int i = 0; i < count; i++)
        v[i] = from[i];
    return v;
#endif
}

/** Store the first count lanes; with count MNN_LANES this is one store. Lane by lane, since a vector whose address
 *  is taken is kept in memory throughout the loop that accumulates it. */
MNN_INLINE void mnn_store(float *to, mnn_vector v, int count)
{
    if (count >= MNN_LANES) {
        *(mnn_vector *)to = v;
        return;
    }
    MNN_UNROLL
    for (int i = 0; i < count; i++)
        to[i] = v[i];
}

/** c[rows, n] = a . b, or += with add: one tile. At most MNN_TILE rows and n at most 2 * MNN_LANES, or twice as many
 *  rows with n at most MNN_LANES; both compile-time constants. The sum has `outer` times `inner` terms:
 *      c(i, j) = sum over q < outer, p < inner of a[at(i) + p a_step + q a_jump] b[p b_step + q b_jump + j]
 *  A matrix product has outer 1; with two loops a convolution is computed without a copy of its patches. The rows are
 *  the positions of an image, `wide` per line: at(i) is i / wide * a_line + i % wide * a_row; the same holds for c. */
MNN_INLINE void mnn_grid_tile(int rows, int wide, int n, int inner, int outer, const float *a, int a_line, int a_row,
                              int a_step, int a_jump, const float *b, int b_step, int b_jump, float *c, int c_line,
                              int c_row, int add)
{
    const int vectors = n > MNN_LANES ? 2 : 1, last = n - (vectors - 1) * MNN_LANES;
    const int lanes = vectors == 2 ? MNN_LANES : last; /* of the first vector */
    mnn_vector sum[2 * MNN_TILE][2];
    MNN_UNROLL
    for (int i = 0; i < rows; i++) {
        const float *from = c + i / wide * c_line + i % wide * c_row;
        sum[i][0] = add ? mnn_load_first(from, lanes) : (mnn_vector){0};
        sum[i][1] = add && vectors == 2 ? mnn_load_first(from + MNN_LANES, last) : (mnn_vector){0};
    }
    for (int q = 0; q < outer; q++) {
        const float *aq = a + q * a_jump, *bq = b + q * b_jump;
        for (int p = 0; p < inner; p++) {
            const mnn_vector b0 = mnn_load_first(bq + p * b_step, lanes);
            const mnn_vector b1 = vectors == 2 ? mnn_load_first(bq + p * b_step + MNN_LANES, last) : b0;
            MNN_UNROLL
            for (int i = 0; i < rows; i++) {
                const float x = aq[i / wide * a_line + i % wide * a_row + p * a_step];
                sum[i][0] = mnn_fma_vector(x, b0, sum[i][0]);
                if (vectors == 2)
                    sum[i][1] = mnn_fma_vector(x, b1, sum[i][1]);
            }
        }
    }
    MNN_UNROLL
    for (int i = 0; i < rows; i++) {
        float *to = c + i / wide * c_line + i % wide * c_row;
        mnn_store(to, sum[i][0], lanes);
        if (vectors == 2)
            mnn_store(to + MNN_LANES, sum[i][1], last);
    }
}

/** As mnn_grid_tile(), for rows at a constant stride. */
MNN_INLINE void mnn_tile(int rows, int n, int inner, int outer, const float *a, int a_row, int a_step, int a_jump,
                         const float *b, int b_step, int b_jump, float *c, int c_row, int add)
{
    mnn_grid_tile(rows, rows, n, inner, outer, a, 0, a_row, a_step, a_jump, b, b_step, b_jump, c, 0, c_row, add);
}

/** As mnn_tile(), for a compile-time number of rows: the minimum number of tiles, of nearly equal height, since a
 *  tile with few accumulators waits for each of them. */
MNN_INLINE void mnn_even_strip(int m, int n, int inner, int outer, const float *a, int a_row, int a_step, int a_jump,
                               const float *b, int b_step, int b_jump, float *c, int c_row, int add)
{
    const int most = n > MNN_LANES ? MNN_TILE : 2 * MNN_TILE, tiles = (m + most - 1) / most;
    const int rows = (m + tiles - 1) / tiles;
    int i = 0;
    for (; i + rows <= m; i += rows)
        mnn_tile(rows, n, inner, outer, a + i * a_row, a_row, a_step, a_jump, b, b_step, b_jump, c + i * c_row, c_row,
                 add);
    if (m % rows != 0)
        mnn_tile(m % rows, n, inner, outer, a + i * a_row, a_row, a_step, a_jump, b, b_step, b_jump, c + i * c_row,
                 c_row, add);
}

/** As mnn_tile(), for any number of rows: full tiles, then halves for the remainder. */
MNN_INLINE void mnn_strip(int m, int n, int inner, int outer, const float *a, int a_row, int a_step, int a_jump,
                          const float *b, int b_step, int b_jump, float *c, int c_row, int add)
{
    if (__builtin_constant_p(m)) {
        mnn_even_strip(m, n, inner, outer, a, a_row, a_step, a_jump, b, b_step, b_jump, c, c_row, add);
        return;
    }
    int i = 0;
    for (; i + MNN_TILE <= m; i += MNN_TILE)
        mnn_tile(MNN_TILE, n, inner, outer, a + i * a_row, a_row, a_step, a_jump, b, b_step, b_jump, c + i * c_row,
                 c_row, add);
    if (MNN_TILE > 8 && m - i >= 8) {
        mnn_tile(8, n, inner, outer, a + i * a_row, a_row, a_step, a_jump, b, b_step, b_jump, c + i * c_row, c_row,
                 add);
        i += 8;
    }
    if (MNN_TILE > 4 && m - i >= 4) {
        mnn_tile(4, n, inner, outer, a + i * a_row, a_row, a_step, a_jump, b, b_step, b_jump, c + i * c_row, c_row,
                 add);
        i += 4;
    }
    if (MNN_TILE > 8) { /* of a last batch at most: not worth tiles of their own */
        for (; i < m; i++)
            mnn_tile(1, n, inner, outer, a + i * a_row, a_row, a_step, a_jump, b, b_step, b_jump, c + i * c_row, c_row,
                     add);
        return;
    }
    if (m - i == 3)
        mnn_tile(3, n, inner, outer, a + i * a_row, a_row, a_step, a_jump, b, b_step, b_jump, c + i * c_row, c_row,
                 add);
    else if (m - i == 2)
        mnn_tile(2, n, inner, outer, a + i * a_row, a_row, a_step, a_jump, b, b_step, b_jump, c + i * c_row, c_row,
                 add);
    else if (m - i == 1)
        mnn_tile(1, n, inner, outer, a + i * a_row, a_row, a_step, a_jump, b, b_step, b_jump, c + i * c_row, c_row,
                 add);
}

/** c[m, n] as defined for mnn_tile(), for any m and n; n, the counts and the strides must be compile-time
 *  constants. */
MNN_INLINE void mnn_nested_product(int m, int n, int inner, int outer, const float *a, int a_row, int a_step,
                                   int a_jump, const float *b, int b_step, int b_jump, float *c, int c_row, int add)
{
    int j = 0;
    for (; j + 2 * MNN_LANES <= n; j += 2 * MNN_LANES)
        mnn_strip(m, 2 * MNN_LANES, inner, outer, a, a_row, a_step, a_jump, b + j, b_step, b_jump, c + j, c_row, add);
    if (n % (2 * MNN_LANES) != 0)
        mnn_strip(m, n % (2 * MNN_LANES), inner, outer, a, a_row, a_step, a_jump, b + j, b_step, b_jump, c + j, c_row,
                  add);
}

/** Some lines of an image with n at most 2 * MNN_LANES: as many lines per tile as fit. */
MNN_INLINE void mnn_grid_strip(int high, int wide, int n, int inner, int outer, const float *a, int a_line, int a_row,
                               int a_jump, const float *b, int b_step, int b_jump, float *c, int c_line, int c_row)
{
    const int most = (n > MNN_LANES ? MNN_TILE : 2 * MNN_TILE) / wide;
    if (most < 2) {
        for (int y = 0; y < high; y++)
            mnn_strip(wide, n, inner, outer, a + y * a_line, a_row, 1, a_jump, b, b_step, b_jump, c + y * c_line, c_row,
                      0);
        return;
    }
    const int tiles = (high + most - 1) / most, lines = (high + tiles - 1) / tiles;
    int y = 0;
    for (; y + lines <= high; y += lines)
        mnn_grid_tile(lines * wide, wide, n, inner, outer, a + y * a_line, a_line, a_row, 1, a_jump, b, b_step, b_jump,
                      c + y * c_line, c_line, c_row, 0);
    if (high % lines != 0)
        mnn_grid_tile(high % lines * wide, wide, n, inner, outer, a + y * a_line, a_line, a_row, 1, a_jump, b, b_step,
                      b_jump, c + y * c_line, c_line, c_row, 0);
}

/** A convolution of one image: c(y, x, j) for y < high, x < wide, j < n is
 *      sum over q < outer, p < inner of a[y a_line + x a_row + q a_jump + p] b[q b_jump + p b_step + j]
 *  and is stored at c[y c_line + x c_row + j]. All sizes must be compile-time constants. A long line is one product;
 *  several short lines share a tile. */
MNN_INLINE void mnn_grid_product(int high, int wide, int n, int inner, int outer, const float *a, int a_line, int a_row,
                                 int a_jump, const float *b, int b_step, int b_jump, float *c, int c_line, int c_row)
{
    if (2 * wide > MNN_TILE) {
        for (int y = 0; y < high; y++)
            mnn_nested_product(wide, n, inner, outer, a + y * a_line, a_row, 1, a_jump, b, b_step, b_jump,
                               c + y * c_line, c_row, 0);
        return;
    }
    int j = 0;
    for (; j + 2 * MNN_LANES <= n; j += 2 * MNN_LANES)
        mnn_grid_strip(high, wide, 2 * MNN_LANES, inner, outer, a, a_line, a_row, a_jump, b + j, b_step, b_jump, c + j,
                       c_line, c_row);
    if (n % (2 * MNN_LANES) != 0)
        mnn_grid_strip(high, wide, n % (2 * MNN_LANES), inner, outer, a, a_line, a_row, a_jump, b + j, b_step, b_jump,
                       c + j, c_line, c_row);
}

enum { MNN_PANEL = 256 }; /* rows of b that are copied at a time: with 2 vectors each they stay in L1 */

/** A matrix product with panels of b copied to contiguous memory; the reduction order is the same. */
MNN_INLINE void mnn_packed_product(int m, int n, int k, const float *a, int a_row, int a_step, const float *b,
                                   int b_row, float *c, int c_row, int add)
{
    enum { WIDTH = 2 * MNN_LANES };
    _Alignas(64) float panel[MNN_PANEL * WIDTH];
    int j = 0;
    for (; j + WIDTH <= n; j += WIDTH)
        for (int p = 0; p < k; p += MNN_PANEL) {
            const int steps = k - p < MNN_PANEL ? k - p : MNN_PANEL;
            for (int q = 0; q < steps; q++) {
                const float *from = b + (p + q) * b_row + j;
                *(mnn_vector *)(panel + q * WIDTH) = mnn_load(from);
                *(mnn_vector *)(panel + q * WIDTH + MNN_LANES) = mnn_load(from + MNN_LANES);
            }
            mnn_strip(m, WIDTH, steps, 1, a + p * a_step, a_row, a_step, 0, panel, WIDTH, 0, c + j, c_row,
                      add || p > 0);
        }
    if (n % WIDTH != 0)
        mnn_strip(m, n % WIDTH, k, 1, a, a_row, a_step, 0, b + j, b_row, 0, c + j, c_row, add);
}

/** The product through OpenBLAS, which detects the processor at run time. */
MNN_INLINE void mnn_blas_product(int m, int n, int k, const float *a, int a_row, int a_step, const float *b, int b_row,
                                 float *c, int c_row, int add)
{
    if (a_step == 1 && a_row >= k)
        mnn_gemm(m, n, k, a, a_row, b, b_row, add ? 1.0f : 0.0f, c, c_row);
    else
        mnn_gemm_tn(m, n, k, a, a_step, b, b_row, add ? 1.0f : 0.0f, c, c_row);
}

/** c[m, n] = a . b, or += with add, where a(i, p) = a[i * a_row + p * a_step] for p < k: with a_step 1 a is
 *  row-major, with a_row 1 it is transposed. For speed, n, k and the strides must be compile-time constants.
 *  Without AVX, OpenBLAS is faster. */
MNN_INLINE void mnn_product(int m, int n, int k, const float *a, int a_row, int a_step, const float *b, int b_row,
                            float *c, int c_row, int add)
{
#if defined(__x86_64__) && !defined(__AVX__)
    mnn_blas_product(m, n, k, a, a_row, a_step, b, b_row, c, c_row, add);
#else
    mnn_nested_product(m, n, k, 1, a, a_row, a_step, 0, b, b_row, 0, c, c_row, add);
#endif
}

/** The same for a b whose rows are a multiple of a page apart, and so map to the same few cache sets and evict each
 *  other before the next tile reads them, or that is larger than the caches and would be read from memory for every
 *  tile: parts of it are copied. */
MNN_INLINE void mnn_spread_product(int m, int n, int k, const float *a, int a_row, int a_step, const float *b,
                                   int b_row, float *c, int c_row, int add)
{
#if defined(__x86_64__) && !defined(__AVX__)
    mnn_blas_product(m, n, k, a, a_row, a_step, b, b_row, c, c_row, add);
#else
    if (m >= 4 * MNN_TILE && k >= MNN_PANEL)
        mnn_packed_product(m, n, k, a, a_row, a_step, b, b_row, c, c_row, add);
    else
        mnn_nested_product(m, n, k, 1, a, a_row, a_step, 0, b, b_row, 0, c, c_row, add);
#endif
}

/** to[n, m] = transpose(from[m, n]), in blocks of 4 x 4 that stay in registers. */
MNN_INLINE void mnn_transpose(int m, int n, const float *from, int from_row, float *to, int to_row)
{
    typedef float four __attribute__((vector_size(16), aligned(4), may_alias));
#if !defined(__clang__)
    typedef int pick __attribute__((vector_size(16)));
#endif
    int i = 0;
    for (; i + 4 <= m; i += 4) {
        int j = 0;
        for (; j + 4 <= n; j += 4) {
            const float *f = from + i * from_row + j;
            const four a = *(const four *)f, b = *(const four *)(f + from_row);
            const four c = *(const four *)(f + 2 * from_row), d = *(const four *)(f + 3 * from_row);
            const four ab_low = MNN_SHUFFLE(a, b, 0, 4, 1, 5), ab_high = MNN_SHUFFLE(a, b, 2, 6, 3, 7);
            const four cd_low = MNN_SHUFFLE(c, d, 0, 4, 1, 5), cd_high = MNN_SHUFFLE(c, d, 2, 6, 3, 7);
            float *t = to + j * to_row + i;
            *(four *)t = MNN_SHUFFLE(ab_low, cd_low, 0, 1, 4, 5);
            *(four *)(t + to_row) = MNN_SHUFFLE(ab_low, cd_low, 2, 3, 6, 7);
            *(four *)(t + 2 * to_row) = MNN_SHUFFLE(ab_high, cd_high, 0, 1, 4, 5);
            *(four *)(t + 3 * to_row) = MNN_SHUFFLE(ab_high, cd_high, 2, 3, 6, 7);
        }
        for (; j < n; j++)
            for (int r = 0; r < 4; r++)
                to[j * to_row + i + r] = from[(i + r) * from_row + j];
    }
    for (int r = 0; r < 3 && r < m - i; r++)
        for (int j = 0; j < n; j++)
            to[j * to_row + i + r] = from[(i + r) * from_row + j];
}

#endif
