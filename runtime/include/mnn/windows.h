/* A convolution and the max pooling behind it, window by window: inlined into generated code, where the compiler knows
 * every size.
 *
 * The places of a few windows are summed up at once in registers and the largest is found there: the full-size picture
 * never exists. Backward, each filter of a window has a gradient at one place only; the others are masked to 0 in
 * registers, and the sums of dkernel stay there for a whole picture. Windows lie side by side, and what is under the
 * kernel is read straight from the picture.
 *
 * Where rows of the kernel fill vectors, filters whose largest was at the same place are taken together instead, and
 * those with no gradient left out: a fourth of the arithmetic, and half of that behind a relu.
 *
 * Over a picture that is mostly 0 the windows with anything under them are listed first. The others add nothing, and
 * leaving them out changes no bit (see mnn/skip.h). */
#ifndef MNN_WINDOWS_H
#define MNN_WINDOWS_H

#include "mnn/product.h"
#include "mnn/skip.h"

/** Where what lies; distances are floats of the picture. The width under all windows is at most MNN_LIST_BLOCK. */
typedef struct mnn_windows {
    int high, wide;    /* windows, one below the other and side by side; at most 65535 in all */
    int down, right;   /* from a window to the one below it, to the next one */
    int rows, columns; /* places of a window, in all at most 4 */
    int row, column;   /* from a place to the one below it, to the next one */
    int taps;          /* of the kernel: its rows times ... */
    int side, line;    /* ... what lies side by side under one; from there to what lies under the next row */
    int filters;
} mnn_windows;

enum { MNN_WINDOW_SUMS = 2 * MNN_TILE }; /* vectors of sums that registers hold */

typedef uint8_t mnn_bytes __attribute__((vector_size(MNN_LANES), aligned(1)));

/** As mnn_load_first(), of bytes, each in a lane of its own. */
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

/** Where the picture begins under a window. */
MNN_INLINE int mnn_window_at(const mnn_windows *v, int window)
{
    return window / v->wide * v->down + window % v->wide * v->right;
}

/** From there to what lies under one tap of the kernel at one place of the window. */
MNN_INLINE int mnn_tap_at(const mnn_windows *v, int place, int tap)
{
    return place / v->columns * v->row + place % v->columns * v->column + tap / v->side * v->line + tap % v->side;
}

/** The windows with anything but zeros under them, in order; all, unless some are to be skipped.
 *  @param list  [high * wide + 1], one place more than there can be
 *  @return their number */
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

/** best[] = the largest of the places' sums, with bias and relu; where[] = which place it was, the first of equals. */
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
 *  @param at    [windows], their numbers
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
                sum[i][0] += x * b0;
                if (vectors == 2)
                    sum[i][1] += x * b1;
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

/** The windows of a list, for n filters. In the last tile some may be done twice. */
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

/** One picture: out[high, wide, filters] = f(maxpool(picture * kernel) + bias), f being relu or nothing, and where in
 *  its window the largest was.
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

/** dkernel += for some taps from `first` on and n filters, at most two vectors of them. */
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
                sum[i][0] += x * z0;
                if (vectors == 2)
                    sum[i][1] += x * z1;
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

/** The same for all taps: in as few parts as there can be, of nearly equal size. */
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

/** One picture: dkernel[taps, filters] += the sum over all places of what lies there times the gradient before the
 *  pooling.
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

/** Of one window: the filters that have a gradient at each of its places. */
typedef struct mnn_window_lists {
    int count[MNN_WINDOW_PLACES];
    uint16_t filter[MNN_WINDOW_PLACES][MNN_WINDOW_FILTERS + 1];
} mnn_window_lists;

/** Floats that a row of a turned kernel takes: whole vectors of any processor. */
MNN_INLINE int mnn_turned_row(const mnn_windows *v)
{
    return (v->side + 15) / 16 * 16;
}

/** Floats of one filter in a turned kernel. */
MNN_INLINE int mnn_turned_size(const mnn_windows *v)
{
    return v->taps / v->side * mnn_turned_row(v);
}

/** turned[filters][rows of the kernel][mnn_turned_row()] = kernel[taps, filters], filled up with zeros. */
MNN_INLINE void mnn_turn_kernel(const mnn_windows *v, const float *kernel, float *turned)
{
    memset(turned, 0, (size_t)(v->filters * mnn_turned_size(v)) * sizeof *turned);
    for (int r = 0; r < v->taps / v->side; r++)
        mnn_transpose(v->side, v->filters, kernel + r * v->side * v->filters, v->filters,
                      turned + r * mnn_turned_row(v), mnn_turned_size(v));
}

/** The reverse. */
MNN_INLINE void mnn_turn_back(const mnn_windows *v, const float *turned, float *kernel)
{
    for (int r = 0; r < v->taps / v->side; r++)
        mnn_transpose(v->filters, v->side, turned + r * mnn_turned_row(v), mnn_turned_size(v),
                      kernel + r * v->side * v->filters, v->filters);
}

/** A gradient of 0 adds nothing. */
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

/** Some rows of the kernel, some vectors of each: dx += the sum over the filters of dy times the turned kernel.
 *  @param row  floats from one row to the next, of what is turned
 *  @param size, line  the same from a filter to the next, and of dx from one row to the next */
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
            sum[i] += d * mnn_load(t + i / vectors * row + i % vectors * MNN_LANES);
    }
    MNN_UNROLL
    for (int i = 0; i < rows * vectors; i++)
        mnn_store(dx + i / vectors * line + i % vectors * MNN_LANES, sum[i], MNN_LANES);
}

/** The same of the other gradient: dturned += dy times the picture, for each filter.
 *  @param n  floats of the picture side by side */
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
            mnn_store(to, mnn_load(to) + d * x[i], MNN_LANES);
        }
    }
}

/** Both for one part of the kernel.
 *  @param turned, dx  NULL when the gradient of the input is not wanted */
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

/** Both for the filters that have a gradient at one place: as many rows at a time as registers hold. */
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

/** One picture: dturned += the gradient of the turned kernel, dx += that of the picture. Behind dx up to MNN_OVERRUN
 *  floats are written with what was there.
 *  @param dy       [high, wide, filters]; at most MNN_WINDOW_FILTERS
 *  @param turned   of mnn_turn_kernel(), and dx [like picture]; NULL when that gradient is not wanted
 *  @param dturned  [filters * mnn_turned_size()]; behind the rows of the kernel stands what was there */
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
