/* A convolution followed by max pooling, computed per pooling window: inlined into generated code, with compile-time
 * sizes.
 *
 * The convolution is computed in registers for all positions of a few windows and their maximum is taken there: the
 * full-size result is never stored. In the backward pass each filter of a window has a gradient at one position only;
 * the others are masked to 0 in registers, and the accumulators of dkernel stay there for a whole image. Windows do
 * not overlap, and the receptive field is read directly from the image.
 *
 * If the rows of the kernel fill vectors, filters whose maximum is at the same position are processed together
 * instead, and filters without a gradient are skipped: a quarter of the arithmetic, and half of that after a relu.
 *
 * For an image that is mostly 0, the windows whose receptive field is not all 0 are listed first. The others
 * contribute nothing, and skipping them changes no bit (see mnn/skip.h). */
#ifndef MNN_WINDOWS_H
#define MNN_WINDOWS_H

#include "mnn/product.h"
#include "mnn/skip.h"

/** Geometry of a fused convolution and max pooling; strides in floats of the image. The receptive fields of all
 *  windows are at most MNN_LIST_BLOCK wide. */
typedef struct mnn_windows {
    int high, wide;    /* number of windows, vertically and horizontally; at most 65535 in total */
    int down, right;   /* strides between windows, vertically and horizontally */
    int rows, columns; /* positions of a window, at most 4 in total */
    int row, column;   /* strides between positions, vertically and horizontally */
    int taps;          /* of the kernel: the number of its rows times ... */
    int side, line;    /* ... the contiguous floats under a row; stride between rows under the kernel */
    int filters;
} mnn_windows;

enum { MNN_WINDOW_SUMS = 2 * MNN_TILE }; /* accumulators, in vectors, that fit the registers */

typedef uint8_t mnn_bytes __attribute__((vector_size(MNN_LANES), aligned(1)));

/** As mnn_load_first(), for bytes, each widened to a lane. */
MNN_INLINE mnn_mask mnn_load_places(const uint8_t *from, int count)
{
    if (count >= MNN_LANES)
        return __builtin_convertvector(*(const mnn_bytes *)from, mnn_mask);
#if defined(__AVX512BW__) && defined(__AVX512VL__)
    const mnn_bytes bytes = (mnn_bytes)_mm_maskz_loadu_epi8((__mmask16)((1u << count) - 1), from);
#else
    mnn_bytes bytes = {0};
    MNN_UNROLL
    for (int i = 0; i < count; i++)
        bytes[i] = from[i];
#endif
    return __builtin_convertvector(bytes, mnn_mask);
}

/** Offset of a window's receptive field in the image. */
MNN_INLINE int mnn_window_at(const mnn_windows *v, int window)
{
    return window / v->wide * v->down + window % v->wide * v->right;
}

/** Offset of a kernel tap for one pooling position, from mnn_window_at(). */
MNN_INLINE int mnn_tap_at(const mnn_windows *v, int place, int tap)
{
    return place / v->columns * v->row + place % v->columns * v->column + tap / v->side * v->line + tap % v->side;
}

/** List the windows whose receptive field is not all 0, in order; without skip, all windows.
 *  @param list  [high * wide + 1], one element more than the maximum
 *  @return the length of the list */
MNN_INLINE int mnn_list_windows(const mnn_windows *v, int skip, const float *picture, uint16_t *list)
{
    const int rows = (v->rows - 1) * v->row / v->line + v->taps / v->side;
    const int under = (v->columns - 1) * v->column + v->side, width = (v->wide - 1) * v->right + under;
    int count = 0;
    for (int window = 0; !skip && window < v->high * v->wide; window++)
        list[count++] = (uint16_t)window;
    for (int y = 0; skip && y < v->high; y++) {
        uint32_t bits[MNN_LIST_BLOCK];
        memcpy(bits, picture + y * v->down, (size_t)width * sizeof *bits);
        for (int r = 1; r < rows; r++)
            for (int j = 0; j < width; j++) {
                uint32_t more;
                memcpy(&more, picture + y * v->down + r * v->line + j, sizeof more);
                bits[j] |= more;
            }
        for (int x = 0; x < v->wide; x++) {
            uint32_t any = 0;
            for (int j = 0; j < under; j++)
                any |= bits[x * v->right + j];
            list[count] = (uint16_t)(y * v->wide + x);
            count += any != 0;
        }
    }
    return count;
}

/** best[] = the maximum of the sums at the positions, with bias and relu; where[] = its position, the first of
 *  equals. */
MNN_INLINE void mnn_window_largest(int places, mnn_vector sum[][2], int half, const float *bias, int relu, int count,
                                   float *out, uint8_t *where)
{
    mnn_vector best = sum[0][half];
    mnn_mask at = {0};
    MNN_UNROLL
    for (int p = 1; p < places; p++) {
        const mnn_vector z = sum[p][half];
        const mnn_mask more = z > best;
        best = (mnn_vector)(((mnn_mask)z & more) | ((mnn_mask)best & ~more));
        at = (p & more) | (at & ~more);
    }
    if (bias)
        best += mnn_load_first(bias, count);
    if (relu)
        best = (mnn_vector)((mnn_mask)best & ~(mnn_mask)(best < (mnn_vector){0}));
    mnn_store(out, best, count);
    const mnn_bytes bytes = __builtin_convertvector(at, mnn_bytes);
    memcpy(where, &bytes, (size_t)count);
}

/** One tile: out and where of some windows for n filters, at most two vectors of them.
 *  @param at    [windows], their indices
 *  @param bias  of these filters, or NULL */
MNN_INLINE void mnn_window_tile(const mnn_windows *v, int windows, int n, const int *at, const float *picture,
                                const float *kernel, const float *bias, int relu, float *out, uint8_t *where)
{
    const int places = v->rows * v->columns, vectors = n > MNN_LANES ? 2 : 1, last = n - (vectors - 1) * MNN_LANES;
    const int lanes = vectors == 2 ? MNN_LANES : last; /* of the first vector */
    const float *under[MNN_WINDOW_SUMS];
    mnn_vector sum[MNN_WINDOW_SUMS][2];
    MNN_UNROLL
    for (int w = 0; w < windows; w++)
        under[w] = picture + mnn_window_at(v, at[w]);
    MNN_UNROLL
    for (int i = 0; i < windows * places; i++)
        sum[i][0] = sum[i][1] = (mnn_vector){0};
    for (int r = 0; r < v->taps / v->side; r++)
        for (int t = 0; t < v->side; t++) {
            const float *b = kernel + (r * v->side + t) * v->filters;
            const mnn_vector b0 = mnn_load_first(b, lanes);
            const mnn_vector b1 = vectors == 2 ? mnn_load_first(b + MNN_LANES, last) : b0;
            MNN_UNROLL
            for (int i = 0; i < windows * places; i++) {
                const float x = under[i / places][mnn_tap_at(v, i % places, 0) + r * v->line + t];
                sum[i][0] = mnn_fma_vector(x, b0, sum[i][0]);
                if (vectors == 2)
                    sum[i][1] = mnn_fma_vector(x, b1, sum[i][1]);
            }
        }
    MNN_UNROLL
    for (int w = 0; w < windows; w++) {
        float *to = out + at[w] * v->filters;
        uint8_t *place = where + at[w] * v->filters;
        mnn_window_largest(places, sum + w * places, 0, bias, relu, lanes, to, place);
        if (vectors == 2)
            mnn_window_largest(places, sum + w * places, 1, bias ? bias + MNN_LANES : bias, relu, last, to + MNN_LANES,
                               place + MNN_LANES);
    }
}

/** The windows of a list, for n filters. The last tile may compute some of them twice. */
MNN_INLINE void mnn_window_strip(const mnn_windows *v, int n, const uint16_t *list, int count, const float *picture,
                                 const float *kernel, const float *bias, int relu, float *out, uint8_t *where)
{
    const int sums = v->rows * v->columns * (n > MNN_LANES ? 2 : 1), most = MNN_WINDOW_SUMS / sums;
    for (int i = 0; i < count; i += most) {
        int at[MNN_WINDOW_SUMS];
        MNN_UNROLL
        for (int w = 0; w < most; w++)
            at[w] = list[i + w < count ? i + w : count - 1];
        mnn_window_tile(v, most, n, at, picture, kernel, bias, relu, out, where);
    }
}

/** One image: out[high, wide, filters] = f(maxpool(image * kernel) + bias), with f relu or the identity, and the
 *  position of the maximum in each window.
 *  @param list    of mnn_list_windows()
 *  @param kernel  [taps, filters]
 *  @param bias    [filters], or NULL
 *  @param where   [high, wide, filters] */
MNN_INLINE void mnn_windows_forward(const mnn_windows *v, const uint16_t *list, int count, const float *picture,
                                    const float *kernel, const float *bias, int relu, float *out, uint8_t *where)
{
    const int n = v->filters, rest = n % (2 * MNN_LANES), windows = v->high * v->wide;
    int j = 0;
    if (count < windows) {
        for (int k = 0; k < n; k++)
            out[k] = !bias || (relu && bias[k] < 0.0f) ? 0.0f : bias[k];
        for (int w = 1; w < windows; w++)
            memcpy(out + w * n, out, (size_t)n * sizeof *out);
        memset(where, 0, (size_t)windows * (size_t)n);
    }
    for (; j + 2 * MNN_LANES <= n; j += 2 * MNN_LANES)
        mnn_window_strip(v, 2 * MNN_LANES, list, count, picture, kernel + j, bias ? bias + j : bias, relu, out + j,
                         where + j);
    if (rest)
        mnn_window_strip(v, rest, list, count, picture, kernel + j, bias ? bias + j : bias, relu, out + j, where + j);
}

/** dkernel += for `taps` taps from `first` on and n filters, at most two vectors of them. */
MNN_INLINE void mnn_window_sums(const mnn_windows *v, int first, int taps, int n, const uint16_t *list, int count,
                                const float *picture, const float *dy, const uint8_t *where, float *dkernel)
{
    const int vectors = n > MNN_LANES ? 2 : 1, last = n - (vectors - 1) * MNN_LANES;
    const int lanes = vectors == 2 ? MNN_LANES : last; /* of the first vector */
    float *to = dkernel + first * v->filters;
    mnn_vector sum[MNN_WINDOW_SUMS][2];
    MNN_UNROLL
    for (int i = 0; i < taps; i++) {
        sum[i][0] = mnn_load_first(to + i * v->filters, lanes);
        sum[i][1] = vectors == 2 ? mnn_load_first(to + i * v->filters + MNN_LANES, last) : sum[i][0];
    }
    for (int w = 0; w < count; w++) {
        const float *under = picture + mnn_window_at(v, list[w]);
        const float *d = dy + list[w] * v->filters;
        const uint8_t *at = where + list[w] * v->filters;
        const mnn_vector d0 = mnn_load_first(d, lanes), d1 = vectors == 2 ? mnn_load_first(d + MNN_LANES, last) : d0;
        const mnn_mask at0 = mnn_load_places(at, lanes);
        const mnn_mask at1 = vectors == 2 ? mnn_load_places(at + MNN_LANES, last) : at0;
        MNN_UNROLL
        for (int p = 0; p < v->rows * v->columns; p++) {
            const mnn_vector z0 = (mnn_vector)((mnn_mask)d0 & (at0 == p)), z1 = (mnn_vector)((mnn_mask)d1 & (at1 == p));
            MNN_UNROLL
            for (int i = 0; i < taps; i++) {
                const float x = under[mnn_tap_at(v, p, first + i)];
                sum[i][0] = mnn_fma_vector(x, z0, sum[i][0]);
                if (vectors == 2)
                    sum[i][1] = mnn_fma_vector(x, z1, sum[i][1]);
            }
        }
    }
    MNN_UNROLL
    for (int i = 0; i < taps; i++) {
        mnn_store(to + i * v->filters, sum[i][0], lanes);
        if (vectors == 2)
            mnn_store(to + i * v->filters + MNN_LANES, sum[i][1], last);
    }
}

/** As mnn_window_sums(), for all taps: in the minimum number of parts, of nearly equal size. */
MNN_INLINE void mnn_window_taps(const mnn_windows *v, int n, const uint16_t *list, int count, const float *picture,
                                const float *dy, const uint8_t *where, float *dkernel)
{
    const int most = MNN_WINDOW_SUMS / (n > MNN_LANES ? 2 : 1), parts = (v->taps + most - 1) / most;
    const int size = (v->taps + parts - 1) / parts, full = v->taps / size;
    MNN_UNROLL
    for (int p = 0; p < full; p++)
        mnn_window_sums(v, p * size, size, n, list, count, picture, dy, where, dkernel);
    if (v->taps % size)
        mnn_window_sums(v, full * size, v->taps % size, n, list, count, picture, dy, where, dkernel);
}

/** One image: dkernel[taps, filters] += the sum over all positions of the image under the tap times the gradient
 *  before the pooling.
 *  @param dy     [high, wide, filters], of the pooled result before bias and activation
 *  @param where  [high, wide, filters] */
MNN_INLINE void mnn_windows_backward(const mnn_windows *v, const uint16_t *list, int count, const float *picture,
                                     const float *dy, const uint8_t *where, float *dkernel)
{
    const int n = v->filters, rest = n % (2 * MNN_LANES);
    int j = 0;
    for (; j + 2 * MNN_LANES <= n; j += 2 * MNN_LANES)
        mnn_window_taps(v, 2 * MNN_LANES, list, count, picture, dy + j, where + j, dkernel + j);
    if (rest)
        mnn_window_taps(v, rest, list, count, picture, dy + j, where + j, dkernel + j);
}

/* --- backward by filters --------------------------------------------------------------------------- */

enum { MNN_WINDOW_FILTERS = 256, MNN_WINDOW_PLACES = 4, MNN_OVERRUN = 16 };

/** For one window: the filters that have a gradient at each of its positions. */
typedef struct mnn_window_lists {
    int count[MNN_WINDOW_PLACES];
    uint16_t filter[MNN_WINDOW_PLACES][MNN_WINDOW_FILTERS + 1];
} mnn_window_lists;

/** Floats per row of a transposed kernel: whole vectors on any processor. */
MNN_INLINE int mnn_turned_row(const mnn_windows *v)
{
    return (v->side + 15) / 16 * 16;
}

/** Floats per filter of a transposed kernel. */
MNN_INLINE int mnn_turned_size(const mnn_windows *v)
{
    return v->taps / v->side * mnn_turned_row(v);
}

/** turned[filters][rows of the kernel][mnn_turned_row()] = transpose(kernel[taps, filters]), padded with zeros. */
MNN_INLINE void mnn_turn_kernel(const mnn_windows *v, const float *kernel, float *turned)
{
    memset(turned, 0, (size_t)(v->filters * mnn_turned_size(v)) * sizeof *turned);
    for (int r = 0; r < v->taps / v->side; r++)
        mnn_transpose(v->side, v->filters, kernel + r * v->side * v->filters, v->filters,
                      turned + r * mnn_turned_row(v), mnn_turned_size(v));
}

/** The inverse of mnn_turn_kernel(); the padding is ignored. */
MNN_INLINE void mnn_turn_back(const mnn_windows *v, const float *turned, float *kernel)
{
    for (int r = 0; r < v->taps / v->side; r++)
        mnn_transpose(v->filters, v->side, turned + r * mnn_turned_row(v), mnn_turned_size(v),
                      kernel + r * v->side * v->filters, v->filters);
}

/** Fill the lists of one window; filters with a gradient of 0 are skipped. */
MNN_INLINE void mnn_list_filters(int n, const float *dy, const uint8_t *where, mnn_window_lists *lists)
{
    for (int p = 0; p < MNN_WINDOW_PLACES; p++)
        lists->count[p] = 0;
    for (int k = 0; k < n; k++) {
        int *count = &lists->count[where[k]];
        lists->filter[where[k]][*count] = (uint16_t)k;
        *count += dy[k] != 0.0f;
    }
}

/** Some rows of the kernel, some vectors of each: dx += the sum over the filters of dy times the transposed kernel.
 *  @param row  stride between rows of the transposed kernel, in floats
 *  @param size, line  strides between its filters, and between rows of dx */
MNN_INLINE void mnn_spread_input(int rows, int vectors, int row, int size, int line, const uint16_t *filter, int count,
                                 const float *dy, const float *turned, float *dx)
{
    mnn_vector sum[MNN_WINDOW_SUMS];
    MNN_UNROLL
    for (int i = 0; i < rows * vectors; i++)
        sum[i] = mnn_load(dx + i / vectors * line + i % vectors * MNN_LANES);
    for (int q = 0; q < count; q++) {
        const float *t = turned + filter[q] * size, d = dy[filter[q]];
        MNN_UNROLL
        for (int i = 0; i < rows * vectors; i++)
            sum[i] = mnn_fma_vector(d, mnn_load(t + i / vectors * row + i % vectors * MNN_LANES), sum[i]);
    }
    MNN_UNROLL
    for (int i = 0; i < rows * vectors; i++)
        mnn_store(dx + i / vectors * line + i % vectors * MNN_LANES, sum[i], MNN_LANES);
}

/** The gradient of the kernel for the same part: dturned += dy times the image, for each filter.
 *  @param n  contiguous floats of the image */
MNN_INLINE void mnn_spread_kernel(int rows, int vectors, int n, int row, int size, int line, const uint16_t *filter,
                                  int count, const float *dy, const float *picture, float *dturned)
{
    mnn_vector x[MNN_WINDOW_SUMS];
    MNN_UNROLL
    for (int i = 0; i < rows * vectors; i++)
        x[i] = mnn_load_first(picture + i / vectors * line + i % vectors * MNN_LANES, n - i % vectors * MNN_LANES);
    for (int q = 0; q < count; q++) {
        float *t = dturned + filter[q] * size;
        const float d = dy[filter[q]];
        MNN_UNROLL
        for (int i = 0; i < rows * vectors; i++) {
            float *to = t + i / vectors * row + i % vectors * MNN_LANES;
            mnn_store(to, mnn_fma_vector(d, x[i], mnn_load(to)), MNN_LANES);
        }
    }
}

/** Both gradients for one part of the kernel.
 *  @param turned, dx  NULL if the gradient of the input is not needed */
MNN_INLINE void mnn_spread_part(const mnn_windows *v, int first, int rows, int begin, int vectors,
                                const uint16_t *filter, int count, const float *dy, const float *picture,
                                const float *turned, float *dturned, float *dx)
{
    const int row = mnn_turned_row(v), size = mnn_turned_size(v), skip = first * row + begin * MNN_LANES;
    const int under = first * v->line + begin * MNN_LANES;
    if (dx)
        mnn_spread_input(rows, vectors, row, size, v->line, filter, count, dy, turned + skip, dx + under);
    mnn_spread_kernel(rows, vectors, v->side - begin * MNN_LANES, row, size, v->line, filter, count, dy,
                      picture + under, dturned + skip);
}

/** Both gradients for the filters that have a gradient at one position: as many rows at a time as fit the
 *  registers. */
MNN_INLINE void mnn_spread_place(const mnn_windows *v, const uint16_t *filter, int count, const float *dy,
                                 const float *picture, const float *turned, float *dturned, float *dx)
{
    const int high = v->taps / v->side, wide = (v->side + MNN_LANES - 1) / MNN_LANES;
    const int vectors = wide < MNN_WINDOW_SUMS ? wide : MNN_WINDOW_SUMS, fit = MNN_WINDOW_SUMS / vectors;
    const int rows = fit < high ? fit : high;
    for (int j = 0; j + vectors <= wide; j += vectors) {
        int r = 0;
        for (; r + rows <= high; r += rows)
            mnn_spread_part(v, r, rows, j, vectors, filter, count, dy, picture, turned, dturned, dx);
        if (high % rows)
            mnn_spread_part(v, r, high % rows, j, vectors, filter, count, dy, picture, turned, dturned, dx);
    }
    if (wide % vectors)
        for (int r = 0; r < high; r++)
            mnn_spread_part(v, r, 1, wide - wide % vectors, wide % vectors, filter, count, dy, picture, turned, dturned,
                            dx);
}

/** One image: dturned += the gradient of the transposed kernel, dx += that of the image. Up to MNN_OVERRUN floats
 *  after dx are read and written back unchanged.
 *  @param dy       [high, wide, filters]; at most MNN_WINDOW_FILTERS
 *  @param turned   from mnn_turn_kernel(), and dx, of the size of the image; NULL if that gradient is not needed
 *  @param dturned  [filters * mnn_turned_size()]; the padding of its rows is unchanged */
MNN_INLINE void mnn_windows_spread(const mnn_windows *v, const float *picture, const float *dy, const uint8_t *where,
                                   const float *turned, float *dturned, float *dx)
{
    for (int w = 0; w < v->high * v->wide; w++) {
        mnn_window_lists lists;
        mnn_list_filters(v->filters, dy + w * v->filters, where + w * v->filters, &lists);
        for (int p = 0; p < v->rows * v->columns; p++) {
            const int at = mnn_window_at(v, w) + mnn_tap_at(v, p, 0);
            if (lists.count[p])
                mnn_spread_place(v, lists.filter[p], lists.count[p], dy + w * v->filters, picture + at, turned, dturned,
                                 dx ? dx + at : dx);
        }
    }
}

#endif
