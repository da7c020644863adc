#include "data/frame.h"

#include <stdlib.h>

/* A part of the image's size that a frame may take, and by which a drawing must be larger than a speck. */
enum { BAND = 10, SPECK = 8 };

/* In smaller images a stroke along a side looks like a line: three sides must have one. */
enum { SMALL = 40 };

/* Fractions of the positions along a side. */
static const double HALF = 0.5, MOST = 0.85, ALL = 0.9, CLEAR = 0.02;

typedef struct seeker {
    const mnn_image *grey;
    int level;
    bool is_light;
} seeker;

static bool is_line(const seeker *s, int x, int y)
{
    const int value = s->grey->pixels[(size_t)y * (size_t)s->grey->width + (size_t)x];
    return (value > s->level) == s->is_light;
}

static int length_of(const mnn_image *grey, int side)
{
    return side < MNN_LEFT ? grey->width : grey->height;
}

static int depth_of(const mnn_image *grey, int side)
{
    return side < MNN_LEFT ? grey->height : grey->width;
}

static int band_of(int size)
{
    return size < 2 * BAND ? 1 : size / BAND;
}

/* The pixel at a position along a side and a depth from it. */
static bool is_line_at(const seeker *s, int side, int at, int depth)
{
    const int inward = side == MNN_TOP || side == MNN_LEFT ? depth : depth_of(s->grey, side) - 1 - depth;
    return side < MNN_LEFT ? is_line(s, at, inward) : is_line(s, inward, at);
}

/* Lines that one side has; counts are of the positions outside the corners. */
typedef struct side_lines {
    int positions;
    int covered;    /* a line begins in the band ... */
    int at_edge;    /* ... at the first pixel ... */
    int thin;       /* ... and is no thicker than the band */
    int end;        /* the deepest end of a thin line */
    int usual;      /* the most frequent end of one */
    bool has_clear; /* nothing follows it */
    int edge;       /* pixels of the side's first row or column that are above or below the threshold as lines are */
} side_lines;

/* The end of the line at a position.
 * @param begin  set to its beginning
 * @return 0: no line begins in the band */
static int end_of_line(const seeker *s, int side, int at, int band, int *begin)
{
    const int depth = depth_of(s->grey, side);
    int end = 0;
    while (end < band && end < depth && !is_line_at(s, side, at, end))
        end++;
    *begin = end;
    if (end == band || end == depth)
        return 0;
    while (end < depth && end - *begin <= band && is_line_at(s, side, at, end))
        end++;
    return end;
}

/* Whether at most a fraction of the positions at a depth belongs to the lines' side of the threshold. */
static bool is_clear(const seeker *s, int side, int from, int to, int depth, double share)
{
    int found = 0;
    if (depth >= depth_of(s->grey, side))
        return false;
    for (int at = from; at < to; at++)
        found += is_line_at(s, side, at, depth);
    return found <= share * (to - from);
}

/* @param ends  set to the end of the line at each position */
static side_lines look_at(const seeker *s, int side, int *ends)
{
    const int length = length_of(s->grey, side), depth = depth_of(s->grey, side);
    const int band = band_of(depth), corner = band_of(length);
    side_lines l = {.positions = length - 2 * corner};
    int best = 0;
    for (int at = 0; at < length; at++) {
        int begin;
        const bool is_inside = at >= corner && at < length - corner;
        ends[at] = end_of_line(s, side, at, band, &begin);
        l.edge += is_line_at(s, side, at, 0);
        if (!is_inside || ends[at] == 0)
            continue;
        l.covered++;
        l.at_edge += begin == 0;
        if (ends[at] - begin > band)
            continue;
        l.thin++;
        l.end = ends[at] > l.end ? ends[at] : l.end;
    }
    for (int end = 1; end <= l.end; end++) {
        int count = 0;
        for (int at = corner; at < length - corner; at++)
            count += ends[at] == end;
        if (count > best) {
            best = count;
            l.usual = end;
        }
    }
    l.has_clear = l.positions > 0 && is_clear(s, side, corner, length - corner, l.end + 1, CLEAR);
    return l;
}

/* A line from end to end that strokes of the drawing may touch. */
static bool is_whole(const side_lines *l)
{
    return l->positions > 0 && l->covered >= ALL * l->positions && l->thin >= HALF * l->covered &&
           l->at_edge >= ALL * l->covered;
}

/* A line of its own; one that does not begin at the edge must be longer. */
static bool is_alone(const side_lines *l)
{
    const double least = l->at_edge >= ALL * l->covered ? HALF : MOST;
    return l->positions > 0 && l->covered >= least * l->positions && l->thin >= ALL * l->covered && l->has_clear;
}

/* If a stroke touches the line, or two lines meet, the line ends as it does elsewhere; one pixel more is what
 * smoothing leaves of its edge. */
static void settle_ends(int *ends, int length, const side_lines *l, int depth)
{
    for (int i = 0; i < length; i++) {
        const int end = ends[i] == 0 || ends[i] > l->end ? l->usual : ends[i];
        ends[i] = end + 1 < depth ? end + 1 : depth;
    }
}

/* The sides that meet this one. */
static int neighbour(int side, int i)
{
    return side < MNN_LEFT ? MNN_LEFT + i : MNN_TOP + i;
}

/* A stroke that continues from the end of the line, in a corner, makes it a part of the drawing; another line may meet
 * it there. */
static bool has_clear_corners(const seeker *s, int side, const side_lines lines[MNN_SIDES])
{
    const int length = length_of(s->grey, side), corner = band_of(length), depth = lines[side].end + 1;
    for (int i = 0; i < 2; i++) {
        const side_lines *met = &lines[neighbour(side, i)];
        const int from = i == 0 ? 0 : length - corner;
        if (!is_alone(met) && !is_whole(met) && !is_clear(s, side, from, from + corner, depth, 0))
            return false;
    }
    return true;
}

/* Whether the border, without the sides that are lines, is background. */
static bool has_other_rest(const mnn_image *grey, const bool is_frame[MNN_SIDES], const side_lines lines[MNN_SIDES])
{
    int edge = 0, length = 0;
    for (int side = 0; side < MNN_SIDES; side++)
        if (!is_frame[side]) {
            edge += lines[side].edge;
            length += length_of(grey, side);
        }
    return 2 * edge <= length;
}

mnn_status mnn_frame_find(const mnn_image *grey, int level, bool is_light, mnn_frame *out, mnn_error *err)
{
    const seeker s = {grey, level, is_light};
    const size_t width = (size_t)grey->width, height = (size_t)grey->height;
    const bool is_small = grey->width < SMALL || grey->height < SMALL;
    side_lines lines[MNN_SIDES];
    bool is_frame[MNN_SIDES];
    mnn_frame f = {0};
    int *block = calloc(2 * (width + height), sizeof *block);
    if (!block)
        return mnn_fail(err, MNN_ENOMEM, "out of memory for an image");
    for (int side = 0; side < MNN_SIDES; side++) {
        f.end[side] = block;
        block += length_of(grey, side);
        lines[side] = look_at(&s, side, f.end[side]);
        f.whole += is_whole(&lines[side]);
    }
    for (int side = 0; side < MNN_SIDES; side++) {
        const int length = length_of(grey, side);
        const bool is_side = !is_small && is_alone(&lines[side]) && has_clear_corners(&s, side, lines);
        is_frame[side] = is_side || (f.whole >= MNN_SIDES - 1 && is_whole(&lines[side]));
        f.sides += is_frame[side];
        if (is_frame[side])
            settle_ends(f.end[side], length, &lines[side], depth_of(grey, side));
        for (int i = 0; i < length && !is_frame[side]; i++)
            f.end[side][i] = 0;
    }
    f.makes_border = f.sides >= 2 && has_other_rest(grey, is_frame, lines);
    *out = f;
    return MNN_OK;
}

void mnn_frame_free(mnn_frame *frame)
{
    free(frame->end[0]);
    *frame = (mnn_frame){0};
}

static bool is_frame(const mnn_frame *f, const mnn_image *grey, int x, int y)
{
    return y < f->end[MNN_TOP][x] || grey->height - 1 - y < f->end[MNN_BOTTOM][x] || x < f->end[MNN_LEFT][y] ||
           grey->width - 1 - x < f->end[MNN_RIGHT][y];
}

bool mnn_frame_holds(const mnn_frame *frame, const mnn_image *grey, int level, bool is_light)
{
    const seeker s = {grey, level, is_light};
    int left = grey->width, right = -1, top = grey->height, bottom = -1;
    for (int y = 0; y < grey->height; y++)
        for (int x = 0; x < grey->width; x++)
            if (is_line(&s, x, y) && !is_frame(frame, grey, x, y)) {
                left = x < left ? x : left;
                right = x > right ? x : right;
                top = y < top ? y : top;
                bottom = y;
            }
    const int longest = right - left > bottom - top ? right - left + 1 : bottom - top + 1;
    const int shorter = grey->width < grey->height ? grey->width : grey->height;
    return right >= 0 && longest * SPECK >= shorter;
}

void mnn_frame_erase(const mnn_frame *frame, mnn_image *grey, int background)
{
    for (int y = 0; y < grey->height; y++)
        for (int x = 0; x < grey->width; x++)
            if (is_frame(frame, grey, x, y))
                grey->pixels[(size_t)y * (size_t)grey->width + (size_t)x] = (uint8_t)background;
}
