/* Windows of images: of convolutions, and the pooling after one. */
#include "emit/ops.h"

#include <string.h>

static bool reaches_over(int64_t in, int64_t out, int64_t length, int64_t stride, int64_t pad)
{
    return pad > 0 || (out - 1) * stride + length > in;
}

window emit_window_of(const ir_op *op, ir_shape in, ir_shape out)
{
    window v = {in, out, op->attr.window, op->attr.strides, op->attr.dilation, op->attr.pad, false};
    const ir_pair reach = ir_window_span(&op->attr);
    v.padded = reaches_over(in.dim[0], out.dim[0], reach.h, v.strides.h, v.pad.h) ||
               reaches_over(in.dim[1], out.dim[1], reach.w, v.strides.w, v.pad.w);
    return v;
}

/** "(y * 2 - 1)" */
static const char *corner(emitter *e, const char *index, int64_t stride, int64_t pad)
{
    const char *s = stride == 1 ? index : emit_text(e, "%s * %lld", index, (long long)stride);
    return pad ? emit_text(e, "%s - %lld", s, (long long)pad) : s;
}

/** Loops over places y, x; declares top and left, and, if asked for and windows can reach over an edge, the
 *  ranges of rows [r0, r1) and columns [c0, c1) of the window that lie inside. */
static void open_places(emitter *e, const window *v, bool ranges)
{
    cw_line(&e->w, "for (int y = 0; y < %lld; y++)", (long long)v->out.dim[0]);
    cw_indent(&e->w);
    cw_open(&e->w, "for (int x = 0; x < %lld; x++)", (long long)v->out.dim[1]);
    cw_line(&e->w, "const int top = %s, left = %s;", corner(e, "y", v->strides.h, v->pad.h),
            corner(e, "x", v->strides.w, v->pad.w));
    if (!v->padded || !ranges)
        return;
    const long long h = v->in.dim[0], w = v->in.dim[1], sh = v->size.h, sw = v->size.w;
    cw_line(&e->w, "const int r0 = top < 0 ? -top : 0, r1 = top + %lld > %lld ? %lld - top : %lld;", sh, h, h, sh);
    cw_line(&e->w, "const int c0 = left < 0 ? -left : 0, c1 = left + %lld > %lld ? %lld - left : %lld;", sw, w, w, sw);
}

static void close_places(emitter *e)
{
    cw_close(&e->w, "");
    cw_outdent(&e->w);
}

/** Loops over the elements r, c of a window. */
static void open_window(emitter *e, const window *v)
{
    if (v->padded) {
        cw_line(&e->w, "for (int r = r0; r < r1; r++)");
        cw_indent(&e->w);
        cw_open(&e->w, "for (int c = c0; c < c1; c++)");
    } else {
        cw_line(&e->w, "for (int r = 0; r < %lld; r++)", (long long)v->size.h);
        cw_indent(&e->w);
        cw_open(&e->w, "for (int c = 0; c < %lld; c++)", (long long)v->size.w);
    }
}

static void close_window(emitter *e)
{
    cw_close(&e->w, "");
    cw_outdent(&e->w);
}

/** "top + r", or only "top" for r = "0". */
static const char *plus(emitter *e, const char *a, const char *b)
{
    return strcmp(b, "0") == 0 ? a : emit_text(e, "%s + %s", a, b);
}

/** "((top + r) * 26 + left + c) * 32 + k" */
static const char *place(emitter *e, const window *v, const char *r, const char *c)
{
    const char *row = plus(e, "top", r);
    if (strchr(row, '+'))
        row = emit_text(e, "(%s)", row);
    return emit_text(e, "(%s * %lld + %s) * %lld + k", row, (long long)v->in.dim[1], plus(e, "left", c),
                     (long long)v->in.dim[2]);
}

static const char *pooled_place(emitter *e, const window *v)
{
    return emit_text(e, "(y * %lld + x) * %lld + k", (long long)v->out.dim[1], (long long)v->out.dim[2]);
}

/** The loop over the elements of a window from the last to the first. */
static void open_window_backwards(emitter *e, const window *v)
{
    if (v->padded) {
        cw_line(&e->w, "for (int r = r1 - 1; r >= r0; r--)");
        cw_indent(&e->w);
        cw_open(&e->w, "for (int c = c1 - 1; c >= c0; c--)");
    } else {
        cw_line(&e->w, "for (int r = %lld; r >= 0; r--)", (long long)v->size.h - 1);
        cw_indent(&e->w);
        cw_open(&e->w, "for (int c = %lld; c >= 0; c--)", (long long)v->size.w - 1);
    }
}

/** "z + ((top + r) * 26 + left + c) * 32": the channels at a place */
static const char *channels_at(emitter *e, const window *v, const char *z, const char *r, const char *c)
{
    const char *row = plus(e, "top", r);
    if (strchr(row, '+'))
        row = emit_text(e, "(%s)", row);
    return emit_text(e, "%s + (%s * %lld + %s) * %lld", z, row, (long long)v->in.dim[1], plus(e, "left", c),
                     (long long)v->in.dim[2]);
}

/** Two passes over a window, each a loop over the channels that becomes vectors: what is the largest, and
 *  which is it (backwards, so that the first of equals stays). */
void emit_largest(emitter *e, const window *v, const char *z, const char *out, const char *index,
                  const char *index_type, const char *value)
{
    const long long channels = v->out.dim[2];
    const char *at = channels_at(e, v, z, "r", "c");
    open_places(e, v, true);
    cw_line(&e->w, "float best[%lld];", channels);
    cw_line(&e->w, "int where[%lld] = {0};", channels);
    cw_line(&e->w, "memcpy(best, %s, sizeof best);",
            channels_at(e, v, z, v->padded ? "r0" : "0", v->padded ? "c0" : "0"));
    open_window(e, v);
    cw_line(&e->w, "const float *z_rc = %s;", at);
    cw_line(&e->w, "for (int k = 0; k < %lld; k++)", channels);
    cw_line(&e->w, "    best[k] = z_rc[k] > best[k] ? z_rc[k] : best[k];");
    close_window(e);
    open_window_backwards(e, v);
    cw_line(&e->w, "const float *z_rc = %s;", at);
    cw_line(&e->w, "for (int k = 0; k < %lld; k++)", channels);
    cw_line(&e->w, "    where[k] = z_rc[k] == best[k] ? r * %lld + c : where[k];", (long long)v->size.w);
    close_window(e);
    cw_line(&e->w, "for (int k = 0; k < %lld; k++)", channels);
    cw_line(&e->w, "    %s[%s] = %s;", out, pooled_place(e, v), value);
    cw_line(&e->w, "for (int k = 0; k < %lld; k++)", channels);
    cw_line(&e->w, "    %s[%s] = (%s)where[k];", index, pooled_place(e, v), index_type);
    close_places(e);
}

void emit_scatter(emitter *e, const window *v, const char *dy, const char *index, const char *dz)
{
    open_places(e, v, false);
    cw_open(&e->w, "for (int k = 0; k < %lld; k++)", (long long)v->out.dim[2]);
    cw_line(&e->w, "const int where = %s[%s];", index, pooled_place(e, v));
    cw_line(&e->w, "%s[%s] += %s[%s];", dz,
            place(e, v, emit_text(e, "where / %lld", (long long)v->size.w),
                  emit_text(e, "where %% %lld", (long long)v->size.w)),
            dy, pooled_place(e, v));
    cw_close(&e->w, "");
    close_places(e);
}
