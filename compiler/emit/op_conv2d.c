/* conv2d: a matrix product, one image at a time, so that its data stay in the cache. Either the patches under the
 * kernel are copied to the rows of a matrix first ("im2col", here), or the product reads the image directly
 * (conv2d_direct.c). */
#include "emit/conv2d.h"

static conv conv_of(const ir_op *op)
{
    const ir_op *forward = op->direction == IR_FORWARD ? op : op->forward;
    conv c = {.x = forward->input[0],
              .y = forward->output[0],
              .kernel = ir_parameter(forward, "kernel"),
              .bias = ir_parameter(forward, "bias"),
              .pooled = forward->attr.fused_pool};
    const ir_op *pool = forward->attr.pool;
    const ir_shape full = c.pooled ? pool->input[0]->shape : c.y->shape;
    c.v = emit_window_of(forward, c.x->shape, full);
    c.places = full.dim[0] * full.dim[1];
    c.filters = full.dim[2];
    c.groups = forward->attr.groups;
    c.group_channels = c.x->shape.dim[2] / c.groups;
    c.group_filters = c.filters / c.groups;
    c.patch = ir_elements(c.kernel->shape) / c.filters;
    if (c.pooled)
        c.pool = emit_window_of(pool, full, c.y->shape);
    return c;
}

/** Move `count` elements between a patch and the image: to the columns, or added back to the image. */
static void emit_move(emitter *e, const conv *c, bool spread, long long count, const char *column)
{
    const char *place = emit_text(e, "row * %lld + %s", (long long)c->v.in.dim[1], column);
    if (c->v.in.dim[2] != 1)
        place = emit_text(e, "(%s) * %lld", place, (long long)c->v.in.dim[2]);
    const char *pixel = emit_text(e, "image[%s + j]", place);
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", count);
    if (spread)
        cw_line(&e->w, "    %s += columns[j];", pixel);
    else
        cw_line(&e->w, "    columns[j] = %s;", pixel);
}

/** The same pixel by pixel; pixels outside count as 0. */
static void emit_pixel_moves(emitter *e, const conv *c, bool spread)
{
    const long long channels = c->group_channels;
    cw_open(&e->w, "for (int s = 0; s < %lld; s++)", (long long)c->v.size.w);
    cw_line(&e->w, "const int column = %s;", emit_position(e, "left", 1, "s", c->v.dilation.w, 0));
    if (c->v.padded)
        cw_open(&e->w, "if (row >= 0 && row < %lld && column >= 0 && column < %lld)", (long long)c->v.in.dim[0],
                (long long)c->v.in.dim[1]);
    emit_move(e, c, spread, channels, "column");
    if (c->v.padded)
        cw_close(&e->w, spread ? "" : " else {");
    if (c->v.padded && !spread) {
        cw_indent(&e->w);
        cw_line(&e->w, "for (int j = 0; j < %lld; j++)", channels);
        cw_line(&e->w, "    columns[j] = 0.0f;");
        cw_close(&e->w, "");
    }
    cw_line(&e->w, "columns += %lld;", channels);
    cw_close(&e->w, "");
}

/** The loops that both directions of im2col share. */
static void emit_patches(emitter *e, const conv *c, bool spread)
{
    cw_line(&e->w, "for (int y = 0; y < %lld; y++)", (long long)c->v.out.dim[0]);
    cw_indent(&e->w);
    cw_line(&e->w, "for (int x = 0; x < %lld; x++)", (long long)c->v.out.dim[1]);
    cw_indent(&e->w);
    cw_open(&e->w, "for (int r = 0; r < %lld; r++)", (long long)c->v.size.h);
    cw_line(&e->w, "const int row = %s, left = %s;",
            emit_position(e, "y", c->v.strides.h, "r", c->v.dilation.h, c->v.pad.h),
            emit_position(e, "x", c->v.strides.w, "", 1, c->v.pad.w));
    if (c->v.padded || c->v.dilation.w > 1 || c->groups > 1) {
        emit_pixel_moves(e, c, spread);
    } else {
        const long long count = c->v.size.w * c->v.in.dim[2];
        emit_move(e, c, spread, count, "left");
        cw_line(&e->w, "columns += %lld;", count);
    }
    cw_close(&e->w, "");
    cw_outdent(&e->w);
    cw_outdent(&e->w);
}

/** The function that copies the patches of an image; returns its name. */
static const char *columns_function(emitter *e, const plan_step *s, const conv *c)
{
    emit_open_helper(e);
    emit_patches(e, c, false);
    return emit_close_helper(
        e, emit_text(e, "%s_columns", plan_c_name(e->plan, s->op->layer)),
        emit_text(e, "The %lld patches of [%lld, %lld, %lld] under the kernel, as rows: columns[%lld, %lld]%s",
                  c->places, (long long)c->v.size.h, (long long)c->v.size.w, c->group_channels, c->places, c->patch,
                  c->groups > 1 ? "\nimage points to the first channel of the group" : ""),
        "static void", "(const float *image, float *columns)\n{");
}

static const char *spread_function(emitter *e, const plan_step *s, const conv *c)
{
    emit_open_helper(e);
    emit_patches(e, c, true);
    return emit_close_helper(
        e, emit_text(e, "%s_spread", plan_c_name(e->plan, s->op->layer)),
        emit_text(e, "Add every element of the patches to its pixel of image[%s]", emit_size_text(e, c->v.in)),
        "static void", "(const float *columns, float *image)\n{");
}

/** The loop over the groups, when there are several. */
static void open_groups(emitter *e, const conv *c)
{
    if (c->groups > 1)
        cw_open(&e->w, "for (int g = 0; g < %lld; g++)", c->groups);
}

static void close_groups(emitter *e, const conv *c)
{
    if (c->groups > 1)
        cw_close(&e->w, "");
}

/** The address of the channels or filters of a group: "image + g * 4". */
static const char *group_of(emitter *e, const conv *c, const char *image, long long width)
{
    return c->groups > 1 ? emit_text(e, "%s + g * %lld", image, width) : image;
}

/** The product of one image: out (or z, before a pooling) = in * kernel. */
static void emit_im2col_product(emitter *e, const plan_step *s, const conv *c)
{
    open_groups(e, c);
    cw_line(&e->w, "%s(%s, columns);", columns_function(e, s, c),
            group_of(e, c, emit_image_at(e, c->x), c->group_channels));
    cw_line(&e->w, "mnn_gemm(%lld, %lld, %lld, columns, %lld, %s, %lld, 0.0f, %s, %lld);", c->places, c->group_filters,
            c->patch, c->patch, group_of(e, c, emit_name_of(e, c->kernel), c->group_filters), c->filters,
            group_of(e, c, c->pooled ? "z" : "out", c->group_filters), c->filters);
    close_groups(e, c);
}

/** Bias and activation of one image, after the pooling where there is one. */
static void emit_finish(emitter *e, const plan_step *s, const conv *c)
{
    if (c->pooled) {
        const ir_value *index = ir_output_of_kind(s->op, IR_VALUE_INDEX, 0);
        const char *type = plan_buffer_of(e->plan, index)->c_type;
        cw_line(&e->w, "%s *index = %s;", type, emit_image_at(e, index));
        emit_largest(e, &c->pool, "z", "out", "index", type,
                     c->bias ? emit_text(e, "best[k] + %s[k]", emit_name_of(e, c->bias)) : "best[k]");
    }
    emit_image_activation(e, s, c->pooled ? NULL : c->bias);
}

void emit_conv2d_forward(emitter *e, const plan_step *s)
{
    const conv c = conv_of(s->op);
    const char *product = emit_text(e, "%sin%s * kernel%s%s%s", c.pooled ? "maxpool2d(" : "", emit_dims_of(e, c.x),
                                    emit_dims_of(e, c.kernel), c.pooled ? ")" : "", c.bias ? " + bias" : "");
    emit_open_function(e, s, "out%s = %s", emit_dims_of(e, c.y), emit_equation_of(e, s->op->attr.activation, product));
    emit_conv2d_scratch(e, s, &c);
    emit_open_rows(e);
    cw_open(&e->w, "for (int i = first; i < first + n; i++)");
    cw_line(&e->w, "float *out = %s;", emit_image_at(e, c.y));
    if (s->kernel == PLAN_WINDOWS) {
        emit_windows_product(e, s, &c);
    } else {
        if (s->kernel == PLAN_DIRECT)
            emit_direct_product(e, s, &c);
        else
            emit_im2col_product(e, s, &c);
        emit_finish(e, s, &c);
    }
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

/** The gradient before the pooling of one image: dz. */
static void emit_full_gradient(emitter *e, const plan_step *s, const conv *c)
{
    if (!c->pooled) {
        cw_line(&e->w, "const float *dz = %s;", emit_image_at(e, s->op->input[0]));
        return;
    }
    emit_conv2d_pooled_gradient(e, s);
    cw_line(&e->w, "memset(dz, 0, %lld * sizeof *dz);", c->places * c->filters);
    emit_scatter(e, &c->pool, "dy", "index", "dz");
}

void emit_conv2d_pooled_gradient(emitter *e, const plan_step *s)
{
    const ir_value *index = ir_input_of_kind(s->op, IR_VALUE_INDEX, 0);
    cw_line(&e->w, "const float *dy = %s;", emit_image_at(e, s->op->input[0]));
    cw_line(&e->w, "const %s *index = %s;", plan_buffer_of(e->plan, index)->c_type, emit_image_at(e, index));
}

static void emit_im2col_gradients(emitter *e, const plan_step *s, const conv *c, const ir_value *dx)
{
    const char *dz = group_of(e, c, "dz", c->group_filters);
    emit_full_gradient(e, s, c);
    if (dx) {
        cw_line(&e->w, "float *dx = %s;", emit_image_at(e, dx));
        cw_line(&e->w, "memset(dx, 0, %lld * sizeof *dx);", (long long)ir_elements(dx->shape));
    }
    open_groups(e, c);
    cw_line(&e->w, "%s(%s, columns);", columns_function(e, s, c),
            group_of(e, c, emit_image_at(e, c->x), c->group_channels));
    cw_line(&e->w, "mnn_gemm_tn(%lld, %lld, %lld, columns, %lld, %s, %lld, 1.0f, %s, %lld);", c->patch,
            c->group_filters, c->places, c->patch, dz, c->filters, group_of(e, c, "dkernel", c->group_filters),
            c->filters);
    if (dx) {
        cw_line(&e->w, "mnn_gemm_nt(%lld, %lld, %lld, %s, %lld, %s, %lld, 0.0f, columns, %lld);", c->places, c->patch,
                c->group_filters, dz, c->filters, group_of(e, c, emit_name_of(e, c->kernel), c->group_filters),
                c->filters, c->patch);
        cw_line(&e->w, "%s(columns, %s);", spread_function(e, s, c), group_of(e, c, "dx", c->group_channels));
    }
    close_groups(e, c);
}

/** dbias += the sums over one image; after a pooling, dy holds all gradients. */
static void emit_bias_sums(emitter *e, const plan_step *s, const conv *c)
{
    const ir_value *dy = s->op->input[0];
    if (!c->bias)
        return;
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", (long long)(ir_elements(dy->shape) / c->filters));
    cw_line(&e->w, "    for (int k = 0; k < %lld; k++)", c->filters);
    cw_line(&e->w, "        dbias[k] += %s[j * %lld + k];", c->pooled || s->kernel == PLAN_DIRECT ? "dy" : "dz",
            c->filters);
}

/** One image: dkernel += ..., and dx where it is wanted. */
static void emit_image_gradients(emitter *e, const plan_step *s, const conv *c, const ir_value *dx)
{
    if (s->kernel == PLAN_WINDOWS)
        emit_windows_gradient(e, s, c);
    else if (s->kernel == PLAN_SPREAD)
        emit_spread_gradients(e, s, c);
    else if (s->kernel == PLAN_DIRECT)
        emit_direct_gradients(e, s, c);
    else
        emit_im2col_gradients(e, s, c, dx);
}

void emit_conv2d_backward(emitter *e, const plan_step *s)
{
    const conv c = conv_of(s->op);
    const ir_value *dx = ir_output_of_kind(s->op, IR_VALUE_GRADIENT, 0);
    const long long kernel = c.patch * c.filters, set = kernel + (c.bias ? c.filters : 0);
    emit_open_function(
        e, s,
        "partial sums, one per piece%s:\n    dkernel[%lld, %lld] = transpose(patches[%lld, %lld]) . dz[%lld, %lld]%s%s",
        c.groups > 1 ? ", in every group" : "", c.patch, c.group_filters, c.places, c.patch, c.places, c.group_filters,
        c.bias ? ", dbias = sum of dz" : "", dx ? ",\n    dx = dz * turned kernel" : "");
    emit_conv2d_scratch(e, s, &c);
    emit_open_rows(e);
    cw_line(&e->w, "float *dkernel = %s + task->piece * %lld;", emit_partials_of(e, s), set);
    if (c.bias)
        cw_line(&e->w, "float *dbias = dkernel + %lld;", kernel);
    cw_line(&e->w, "memset(dkernel, 0, %lld * sizeof *dkernel);", set);
    if (s->kernel == PLAN_SPREAD)
        emit_spread_begin(e, s, &c);
    cw_open(&e->w, "for (int i = first; i < first + n; i++)");
    emit_image_gradients(e, s, &c, dx);
    emit_bias_sums(e, s, &c);
    if (dx) {
        const long long size = ir_elements(dx->shape);
        emit_fused_derivative(e, s, emit_text(e, "i * %lld", size), emit_text(e, "%lld", size));
    }
    cw_close(&e->w, "");
    if (s->kernel == PLAN_SPREAD)
        emit_spread_end(e, s, &c);
    cw_close(&e->w, "");
}

void emit_conv2d_scratch(emitter *e, const plan_step *s, const conv *c)
{
    const bool backward = s->part == PLAN_BACKWARD;
    if (s->kernel == PLAN_SPREAD)
        emit_spread_scratch(e, s, c);
    else if (s->kernel != PLAN_IM2COL)
        emit_direct_scratch(e, s, c);
    if (s->kernel != PLAN_IM2COL)
        return;
    cw_line(&e->w, "float *columns = task->scratch;");
    if (c->pooled)
        cw_line(&e->w, "float *%s = columns + %lld;", backward ? "dz" : "z", (long long)s->scratch[0]);
}
