/* The loss of integers: both forms of the network on the calibration samples. */
#include <math.h>

#include "deploy/quantize.h"

/** Squares of an operation's results, and of what they differ from the floats. */
typedef struct squares {
    double signal, noise;
} squares;

/** Statistics of the outputs over the samples so far. */
typedef struct output_sums {
    double *sum;        /* of each */
    squares *squares;   /* of each */
    int64_t *frequency; /* of each class, as the floats have it */
} output_sums;

/* A variance below this fraction of the squares is rounding. */
static const double NEGLIGIBLE = 1e-9;

static void add_squares(squares *sum, const net_value *v, const double *floats, const double *integers)
{
    for (int64_t i = 0; i < v->elements; i++) {
        const double got = net_number_of(v, i, integers[i]);
        sum->signal += floats[i] * floats[i];
        sum->noise += (floats[i] - got) * (floats[i] - got);
    }
}

/** The index of the largest value, the first of equals. */
static int64_t place_of_largest(const double *v, int64_t count)
{
    int64_t best = 0;
    for (int64_t i = 1; i < count; i++)
        best = v[i] > v[best] ? i : best;
    return best;
}

static int64_t class_of(const network *n, const double *outputs)
{
    const int64_t count = n->output->elements;
    return count == 1 ? outputs[0] > n->threshold : place_of_largest(outputs, count);
}

/** Whether the floats prefer their class clearly to that of the integers. */
static bool differ_clearly(const network *n, const double *floats, const double *integers)
{
    const int64_t count = n->output->elements, class = class_of(n, floats), other = class_of(n, integers);
    if (class == other)
        return false;
    double most = 0;
    for (int64_t i = 0; i < count; i++)
        most = fmax(most, fabs(floats[i]));
    const double gap = count == 1 ? fabs(floats[0] - n->threshold) : floats[class] - floats[other];
    return gap > NET_LOSS_LIMIT * (n->is_probability ? 1 : most);
}

/** The outputs of one sample; both are converted to the values that the caller gets. */
static void compare_outputs(const network *n, double *floats, double *integers, output_sums *o, net_loss *loss)
{
    const int64_t count = n->output->elements;
    for (int64_t i = 0; i < count; i++)
        integers[i] *= n->output->range.scale;
    if (count > 1)
        loss->same += place_of_largest(floats, count) == place_of_largest(integers, count);
    net_activate(n->last, floats);
    net_activate(n->last, integers);
    if (count == 1)
        loss->same += class_of(n, floats) == class_of(n, integers);
    if (n->classes) {
        loss->different += differ_clearly(n, floats, integers);
        o->frequency[class_of(n, floats)]++;
    }
    for (int64_t i = 0; i < count; i++) {
        loss->largest = fmax(loss->largest, fabs(floats[i] - integers[i]));
        o->sum[i] += floats[i];
        o->squares[i].signal += floats[i] * floats[i];
        o->squares[i].noise += (floats[i] - integers[i]) * (floats[i] - integers[i]);
    }
}

/** The fraction of their variance that count outputs from first on lose together. Outputs that are constant give no
 * scale for their differences. */
static double variance_lost(const output_sums *o, int64_t first, int64_t count, int64_t samples)
{
    double means = 0, signal = 0, noise = 0;
    for (int64_t i = first; i < first + count; i++) {
        means += o->sum[i] * o->sum[i] / (double)samples;
        signal += o->squares[i].signal;
        noise += o->squares[i].noise;
    }
    const double variation = signal - means;
    return variation > NEGLIGIBLE * signal ? noise / variation : 0;
}

/** The loss of the score. A few outputs may have units of their own: the one that loses most counts. Many are
 *  values of one kind, as those of an image. */
static void set_share(const network *n, const output_sums *o, int64_t samples, net_loss *loss)
{
    const int64_t count = n->output->elements;
    loss->output = -1;
    if (n->classes)
        loss->share = (double)loss->different / (double)samples;
    else if (count == 1 || count > NET_COLUMNS)
        loss->share = variance_lost(o, 0, count, samples);
    else
        for (int64_t i = 0; i < count; i++) {
            const double lost = variance_lost(o, i, 1, samples);
            if (loss->output < 0 || lost > loss->share) {
                loss->share = lost;
                loss->output = i;
            }
        }
}

static output_sums new_outputs(const network *n)
{
    const int64_t elements = n->output->elements, classes = elements > 2 ? elements : 2;
    return (output_sums){.sum = arena_array(n->arena, (size_t)elements, sizeof(double)),
                         .squares = arena_array(n->arena, (size_t)elements, sizeof(squares)),
                         .frequency = arena_array(n->arena, (size_t)classes, sizeof(int64_t))};
}

net_loss net_measure(network *n, const net_samples *samples, const net_progress *progress, int64_t done, int64_t total)
{
    const net_run floats = net_run_new(n, false), integers = net_run_new(n, true);
    squares *sums = arena_array(n->arena, (size_t)n->op_count, sizeof *sums);
    output_sums o = new_outputs(n);
    const int last = n->op_count - 1;
    net_loss loss = {0};
    int number = 0;
    for (int64_t s = 0; s < samples->count; s++) {
        if (progress)
            progress->report(progress->of, done + s, total);
        net_run_sample(&floats, samples, s);
        net_run_sample(&integers, samples, s);
        number = 0;
        for (const net_op *op = n->ops; op; op = op->next, number++)
            add_squares(&sums[number], op->output, floats.values[number], integers.values[number]);
        compare_outputs(n, floats.values[last], integers.values[last], &o, &loss);
    }
    number = 0;
    for (net_op *op = n->ops; op; op = op->next, number++)
        op->error = sums[number].signal > 0 ? sqrt(sums[number].noise / sums[number].signal) : 0.0;
    set_share(n, &o, samples->count, &loss);
    for (int64_t k = 0; n->classes && k < (n->output->elements > 2 ? n->output->elements : 2); k++)
        loss.most_frequent = o.frequency[k] > loss.most_frequent ? o.frequency[k] : loss.most_frequent;
    return loss;
}

static double error_before(const network *n, const net_op *op)
{
    double error = 0;
    for (const net_op *maker = n->ops; maker != op; maker = maker->next)
        for (int i = 0; i < op->input_count; i++)
            if (op->input[i] == maker->output)
                error = fmax(error, maker->error);
    return error;
}

const net_op *net_worst(const network *n)
{
    const net_op *worst = n->ops;
    double most = -INFINITY;
    for (const net_op *op = n->ops; op; op = op->next) {
        const double own = op->error - error_before(n, op);
        if (own > most) {
            most = own;
            worst = op;
        }
    }
    return worst;
}
