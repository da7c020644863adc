/* One scale per channel, for values whose readers multiply along the channels: their weights take the scales in. A
 * network whose channels differ much in range (sensors of different units, filters of different strength) then keeps
 * the narrow ones. Zero points stay common, as padding is a zero of all channels. */
#include <math.h>

#include "deploy/quantize.h"

/* A narrow channel gets room above what calibration saw, as fewer samples touch its ends. One that is nearly as wide as
 * the widest gets the scale of that. */
static const double ROOM = 1.25, NEARLY_WIDEST = 0.25;

/* A channel has a middle of its own if that is this many times half its range away from 0. */
static const double FAR = 2;

/* Below it a channel is as good as one that is 0. */
static const double LEAST_RATIO = 1e-6;

static bool is_relu_or_linear(const net_op *op)
{
    return op->activation.kind == LANG_ACTIVATION_LINEAR || ir_is_relu(op->activation);
}

static bool selects(const net_op *op)
{
    return op->form->kind == NET_PICK && op->form->core && op->form->core->reducer == NEST_MAX;
}

/** Whether the operation leaves each channel as it is, so that scales of its input are scales of its result. */
static bool passes_channels(const network *n, const net_op *op)
{
    return (selects(op) || op->form->kind == NET_MEAN) && op->output != n->output && is_relu_or_linear(op);
}

/** Whether each channel of the result is multiplied by a number of its own when it is stored. */
static bool stores_channels(const network *n, const net_op *op)
{
    const net_form_kind kind = op->form->kind;
    return op->output != n->output && is_relu_or_linear(op) &&
           (kind == NET_ENTRY || kind == NET_PRODUCT || kind == NET_NORM);
}

/** The load of the input in a sum of products, or of the kernel. */
static const nest_load *factor_of(const net_op *op, bool kernel)
{
    const nest *t = op->form->core;
    for (int i = 0; i < t->load_count; i++) {
        const nest_tensor *from = t->load[i].from;
        if ((nest_whole(from) == op->form->kernel) == kernel)
            return &t->load[i];
    }
    return NULL;
}

/** Channels as an operation counts those of its input; 0: any number serves a sum over all of it. */
static int64_t channels_read(const net_op *op)
{
    const ir_shape in = op->op->input[0]->shape;
    const bool is_flat = op->form->kind == NET_PRODUCT && factor_of(op, false)->from->rank == 2;
    return is_flat ? 0 : in.dim[in.rank - 1];
}

void net_count_channels(network *n)
{
    for (net_op *op = n->ops; op; op = op->next) {
        net_value *v = op->output;
        net_channels *c = &v->channels;
        c->count = v->shape.dim[v->shape.rank - 1];
        /* a reshape may be between them */
        for (const net_op *reader = op->next; reader; reader = reader->next)
            if (reader->input_count == 1 && reader->input[0] == v && channels_read(reader) > 0)
                c->count = channels_read(reader);
        c->low = arena_array(n->arena, (size_t)c->count, sizeof *c->low);
        c->high = arena_array(n->arena, (size_t)c->count, sizeof *c->high);
        for (int64_t k = 0; k < c->count; k++) {
            c->low[k] = INFINITY;
            c->high[k] = -INFINITY;
        }
    }
}

double net_channel_spread(const net_value *v)
{
    const net_channels *c = &v->channels;
    double widest = 0, narrowest = INFINITY;
    for (int64_t k = 0; k < c->count; k++) {
        const double range = fmax(c->high[k], 0) - fmin(c->low[k], 0);
        widest = fmax(widest, range);
        narrowest = range > 0 ? fmin(narrowest, range) : narrowest;
    }
    return widest > 0 ? widest / narrowest : 1;
}

double net_scale_at(const net_value *v, int64_t j)
{
    return v->channels.ratio ? v->range.scale * v->channels.ratio[j % v->channels.count] : v->range.scale;
}

double net_number_of(const net_value *v, int64_t j, double integer)
{
    const double middle = v->channels.middle ? v->channels.middle[j % v->channels.count] : 0;
    return net_scale_at(v, j) * (integer - v->range.zero) + middle;
}

/* --- readers -------------------------------------------------------------------------------------- */

static bool reads(const net_op *op, const net_value *v)
{
    for (int i = 0; i < op->input_count; i++)
        if (op->input[i] == v)
            return true;
    return false;
}

static bool takes_scales(const network *n, const net_op *reader, int64_t channels);

/** Whether all who read v take a scale per channel. */
static bool all_take_scales(const network *n, const net_op *maker, int64_t channels)
{
    for (const net_op *op = maker->next; op; op = op->next)
        if (reads(op, maker->output) && !takes_scales(n, op, channels))
            return false;
    return true;
}

/** The offset in the memory of the input, without the start. */
static nest_index input_place(const net_op *op)
{
    const nest_load *in = factor_of(op, false);
    nest_index sum = nest_constant(0);
    for (int d = 0; d < in->from->rank; d++)
        sum = nest_affine(sum, in->from->dim[d] == NEST_ROWS ? 1 : in->from->dim[d], in->at[d]);
    return sum;
}

/** Whether a weight always meets the same one of the channels. */
static bool meets_one_channel(const net_op *op, int64_t channels)
{
    const nest *t = op->form->core;
    const nest_load *kernel = factor_of(op, true);
    const nest_index place = input_place(op);
    for (int a = 0; a < t->axis_count; a++) {
        bool is_of_kernel = false;
        for (int d = 0; d < kernel->from->rank; d++)
            is_of_kernel = is_of_kernel || kernel->at[d].step[a] != 0;
        if (!is_of_kernel && t->axis[a].extent != NEST_ROWS && t->axis[a].extent != 1 && place.step[a] % channels != 0)
            return false;
    }
    return place.start % channels == 0 && op->input[0]->elements % channels == 0;
}

static bool takes_scales(const network *n, const net_op *reader, int64_t channels)
{
    if (reader->input_count != 1)
        return false;
    if (channels_read(reader) != 0 && channels_read(reader) != channels)
        return false;
    if (reader->form->kind == NET_PRODUCT)
        return meets_one_channel(reader, channels);
    return passes_channels(n, reader) && reader->output->channels.count == channels &&
           all_take_scales(n, reader, channels);
}

/** Whether the channels may lie around a middle of their own: what that adds to a sum is always the same. */
static bool takes_middle(const network *n, const net_op *maker)
{
    if (maker->form->kind != NET_ENTRY)
        return false;
    for (const net_op *op = n->ops; op; op = op->next)
        if (reads(op, maker->output) && (op->form->kind != NET_PRODUCT || op->form->core->guard_count > 0))
            return false; /* it reaches over an edge */
    return true;
}

int64_t net_input_channel(const net_op *op, int64_t i)
{
    const nest_load *kernel = factor_of(op, true);
    const nest_index place = input_place(op);
    int64_t channel = 0;
    for (int d = kernel->from->rank - 1; d >= 0; d--) {
        int axis;
        if (nest_is_axis(&kernel->at[d], &axis))
            channel += place.step[axis] * (i % kernel->from->dim[d]);
        i /= kernel->from->dim[d];
    }
    return channel % (channels_read(op) ? channels_read(op) : op->input[0]->elements);
}

/* --- scales --------------------------------------------------------------------------------------- */

/** The zero point with which the channel that fares worst loses least. */
static int common_zero(const net_channels *c)
{
    const int lowest = 1, highest = UINT8_MAX - 1; /* where there are numbers on both sides */
    double least = 1, most = 0;
    for (int64_t k = 0; k < c->count; k++) {
        const double low = fmin(c->low[k], 0), high = fmax(c->high[k], 0);
        if (!(high - low > 0))
            continue;
        least = fmin(least, -low / (high - low));
        most = fmax(most, -low / (high - low));
    }
    if (most == 0 || least == 1)
        return most == 0 ? 0 : UINT8_MAX;
    const int zero = (int)lround(UINT8_MAX * most / (1 - least + most));
    return zero < lowest ? lowest : zero > highest ? highest : zero;
}

/** The scale that channel k needs. */
static double needed(const net_channels *c, const net_range *r, int64_t k)
{
    const double middle = c->middle ? c->middle[k] : 0, low = c->low[k] - middle, high = c->high[k] - middle;
    const double up = high > 0 ? high / (UINT8_MAX - r->zero) : 0;
    return fmax(up, low < 0 ? -low / r->zero : 0);
}

/** Middles of the channels that are far from 0, if there are any. */
static void set_middle(const network *n, net_channels *c)
{
    double *middle = arena_array(n->arena, (size_t)c->count, sizeof *middle);
    for (int64_t k = 0; k < c->count; k++) {
        const double half = (c->high[k] - c->low[k]) / 2, m = c->low[k] + half;
        if (fabs(m) > FAR * half && half > 0) {
            middle[k] = m;
            c->middle = middle;
        }
    }
}

static void set_ratios(const network *n, net_channels *c, net_range *r)
{
    double most = 0;
    for (int64_t k = 0; k < c->count; k++)
        most = fmax(most, needed(c, r, k));
    r->scale = most > 0 ? most : 1;
    c->ratio = arena_array(n->arena, (size_t)c->count, sizeof *c->ratio);
    for (int64_t k = 0; k < c->count; k++) {
        const double ratio = needed(c, r, k) / r->scale * ROOM;
        c->ratio[k] = ratio > LEAST_RATIO && ratio < NEARLY_WIDEST ? ratio : 1;
    }
}

/** The ratios are those of the input: the scale is what the channel needs that fares worst. */
static void take_ratios(net_channels *c, net_range *r, double *ratio)
{
    c->ratio = ratio;
    r->scale = 0;
    for (int64_t k = 0; k < c->count; k++)
        r->scale = fmax(r->scale, needed(c, r, k) / ratio[k]);
    r->scale = r->scale > 0 ? r->scale : 1;
}

/** Whether what is done to the channels before they are stored counts them as its readers do. */
static bool counts_alike(const net_op *op)
{
    const int64_t count = op->output->channels.count;
    if (op->norm && op->norm->input[0]->shape.dim[op->norm->input[0]->shape.rank - 1] != count)
        return false;
    return op->output->elements % count == 0 && (!op->bias || op->bias->elements % count == 0);
}

bool net_scale_channels(const network *n, net_op *op)
{
    net_channels *c = &op->output->channels;
    net_range *r = &op->output->range;
    double *const passed = passes_channels(n, op) ? op->input[0]->channels.ratio : NULL;
    if (passed && selects(op)) {
        *r = (net_range){r->low, r->high, op->input[0]->range.scale, op->input[0]->range.zero};
        c->ratio = op->input[0]->channels.ratio;
        return true;
    }
    if (!passed && !(stores_channels(n, op) && c->count > 1 && counts_alike(op) && all_take_scales(n, op, c->count)))
        return false;
    if (!passed && takes_middle(n, op))
        set_middle(n, c);
    r->zero = c->middle ? UINT8_MAX / 2 : common_zero(c);
    if (passed)
        take_ratios(c, r, passed);
    else
        set_ratios(n, c, r);
    return true;
}
