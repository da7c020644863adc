/* Images and the windows that slide over them: convolutions and pooling. */
#include "lang/lang.h"
#include "layers/shape.h"
#include "support/checked.h"

/* Rows and columns of windows that extend beyond the border, with space for the image beside them. */
enum { MAX_SPAN = 1 << 30 };

bool shape_needs_image(ir_context *cx, const ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    if (in.rank == 3)
        return true;
    diag_error(cx->diag, op->at, "%s layer \"%s\" needs an image (got %s, expected (height, width, channels))",
               ir_op_name(op->code), op->layer, shape_text(cx, in));
    shape_note(cx, op);
    const ir_op *from = op->input[0]->producer;
    if ((from->code == IR_RESHAPE || from->code == IR_FLATTEN) && from->input[0]->shape.rank == 3) {
        diag_hint(cx->diag, "remove \"%s\", or put it after the layers that need an image", from->layer);
    } else if (in.rank == 2) {
        const char *step =
            arena_printf(cx->arena, "reshape(%lld, %lld, 1)", (long long)in.dim[0], (long long)in.dim[1]);
        diag_hint(cx->diag, "put %s before it", step);
        diag_insert(cx->diag, op->at, step);
    } else {
        diag_hint(cx->diag, "put reshape(height, width, channels) before it");
    }
    return false;
}

bool shape_needs_sequence(ir_context *cx, const ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    if (in.rank == 2)
        return true;
    diag_error(cx->diag, op->at, "%s layer \"%s\" needs a sequence (got %s, expected (length, channels))",
               ir_op_name(op->code), op->layer, shape_text(cx, in));
    shape_note(cx, op);
    return false;
}

bool shape_crop(ir_context *cx, ir_op *op, const int64_t *margin)
{
    const ir_shape in = op->input[0]->shape;
    op->output[0]->shape = in;
    for (int d = 0; d < in.rank - 1; d++) {
        const int64_t cropped = margin[2 * d] + margin[2 * d + 1];
        if (cropped >= in.dim[d]) {
            diag_error(cx->diag, op->at, "the cropping of \"%s\" leaves nothing (got %lld of %lld)", op->layer,
                       (long long)cropped, (long long)in.dim[d]);
            shape_note(cx, op);
            return false;
        }
        op->output[0]->shape.dim[d] -= cropped;
    }
    return true;
}

void shape_take_lengths(ir_op *op, const char *size)
{
    ir_attributes *a = &op->attr;
    const lang_entry *entry = &lang_layers.entries[op->code];
    const int64_t strides = ir_argument_named(op, "strides")->integer;
    a->window = (ir_pair){ir_argument_named(op, size)->integer, 1};
    a->strides = (ir_pair){strides ? strides : a->window.h, 1};
    if (lang_find_param(entry, "dilation_rate") >= 0)
        a->dilation = (ir_pair){ir_argument_named(op, "dilation_rate")->integer, 1};
}

/** Length of one side of the output of a sliding window; sets *pad to the padding before the first element.
 *  Formulas: Keras, padding "valid" and "same".
 *  @return 0 if the window does not fit */
static int64_t slide(int64_t in, int64_t window, int64_t stride, lang_padding padding, int64_t *pad)
{
    *pad = 0;
    if (padding == LANG_PADDING_VALID)
        return window > in ? 0 : (in - window) / stride + 1;
    const int64_t out = (in - 1) / stride + 1;
    const int64_t total = (out - 1) * stride + window - in;
    *pad = total > 0 ? total / 2 : 0;
    return out;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool window_too_large(ir_context *cx, const ir_op *op, ir_shape in, ir_pair reach)
{
    diag_error(cx->diag, op->at, "the window of \"%s\" is larger than its input (got %lld x %lld over %lld x %lld)",
               op->layer, (long long)reach.h, (long long)reach.w, (long long)in.dim[0], (long long)in.dim[1]);
    shape_note(cx, op);
    if (in.dim[0] < op->attr.window.h && in.dim[0] <= 4 && in.dim[2] > in.dim[0])
        diag_hint(cx->diag, "images are (height, width, channels): channels come last");
    else
        diag_hint(cx->diag, "use a smaller window, or padding=same");
    return false;
}

bool shape_window(ir_context *cx, ir_op *op, int64_t channels)
{
    ir_shape in = op->input[0]->shape;
    const bool is_sequence = in.rank == 2;
    if (is_sequence)
        in = (ir_shape){3, {in.dim[0], 1, in.dim[1]}};
    ir_attributes *a = &op->attr;
    const ir_pair reach = ir_window_span(a);
    /* a stride longer than the input leaves one window, as a stride of the input's size does: loops over strides stay
     * short */
    a->strides = (ir_pair){smaller(a->strides.h, in.dim[0]), smaller(a->strides.w, in.dim[1])};
    if (reach.h > MAX_SPAN || reach.w > MAX_SPAN) {
        diag_error(cx->diag, op->at, "the window of \"%s\" is too large (got %lld x %lld, expected at most %d each)",
                   op->layer, (long long)reach.h, (long long)reach.w, (int)MAX_SPAN);
        return false;
    }
    const int64_t h = slide(in.dim[0], reach.h, a->strides.h, a->padding, &a->pad.h);
    const int64_t w = slide(in.dim[1], reach.w, a->strides.w, a->padding, &a->pad.w);
    if (h == 0 || w == 0)
        return window_too_large(cx, op, in, reach);
    op->output[0]->shape = is_sequence ? (ir_shape){2, {h, channels}} : (ir_shape){3, {h, w, channels}};
    return shape_fits(op->output[0]->shape) || shape_too_large(cx, op, "output", op->output[0]->shape);
}

/** Length of one side of a transposed convolution's output: "valid" has all elements that the kernel reaches, "same"
 * stride times those of the input; *pad of those that the kernel reaches before it are cut off. */
static int64_t spread(int64_t in, int64_t window, int64_t stride, lang_padding padding, int64_t *pad)
{
    const int64_t more = window > stride ? window - stride : 0;
    *pad = padding == LANG_PADDING_SAME ? more / 2 : 0;
    return saturating_add(saturating_mul(in, stride), padding == LANG_PADDING_SAME ? 0 : more);
}

bool shape_transposed(ir_context *cx, ir_op *op)
{
    ir_attributes *a = &op->attr;
    const ir_shape in = op->input[0]->shape;
    const bool is_image = in.rank == 3;
    const int64_t channels = in.dim[in.rank - 1], window = saturating_mul(a->window.h, a->window.w);
    ir_shape *out = &op->output[0]->shape;
    *out = in;
    out->dim[in.rank - 1] = a->filters;
    out->dim[0] = spread(in.dim[0], a->window.h, a->strides.h, a->padding, &a->pad.h);
    if (is_image)
        out->dim[1] = spread(in.dim[1], a->window.w, a->strides.w, a->padding, &a->pad.w);
    const ir_shape kernel = is_image ? (ir_shape){4, {a->window.h, a->window.w, a->filters, channels}}
                                     : (ir_shape){3, {a->window.h, a->filters, channels}};
    if (!shape_fits(*out))
        return shape_too_large(cx, op, "output", *out);
    if (!shape_fits(kernel))
        return shape_too_large(cx, op, "kernel", kernel);
    shape_add_kernel_and_bias(cx, op, kernel, window * a->filters, window * channels, a->filters);
    return true;
}

int64_t window_flops(const ir_op *op)
{
    const int64_t n = ir_elements(op->output[0]->shape);
    return saturating_mul(n, saturating_mul(op->attr.window.h, op->attr.window.w));
}

bool shape_check_groups(ir_context *cx, const ir_op *op)
{
    const int64_t groups = op->attr.groups, channels = shape_channels(op).dim[0];
    const bool channels_fit = channels % groups == 0;
    if (channels_fit && op->attr.filters % groups == 0)
        return true;
    diag_error(
        cx->diag, op->at, "the %s of \"%s\" cannot be divided evenly among its groups (got %lld %s, %lld groups)",
        channels_fit ? "filters" : "input channels", op->layer, (long long)(channels_fit ? op->attr.filters : channels),
        channels_fit ? "filters" : "channels", (long long)groups);
    if (!channels_fit)
        shape_note(cx, op);
    diag_hint(cx->diag, "groups must divide both the number of input channels and filters");
    return false;
}
