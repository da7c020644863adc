/* See inference.h. */
#include "driver/inference.h"

#include <math.h>
#include <string.h>

#include "base/meter.h"
#include "base/place.h"
#include "driver/calibrate.h"
#include "driver/output.h"
#include "driver/weights.h"
#include "emit/inference.h"
#include "mnn/clock.h"
#include "mnn/status.h"

/* Ranges of channels that differ by such a factor are worth a word. */
static const double WIDE_SPREAD = 50;

/** "out/digits.c" -> "digits" */
static const char *stem(arena *a, const char *path)
{
    const char *name = mnn_place_name(path), *dot = strrchr(name, '.');
    return dot && dot != name ? arena_strndup(a, name, (size_t)(dot - name)) : name;
}

static const char *prefix_of(arena *a, const plan *p, const driver_options *o)
{
    const char *name = o->inference.prefix ? o->inference.prefix
                       : o->output         ? stem(a, o->output)
                                           : p->program->model_name;
    return str_c_name(a, arena_strndup(a, name, strnlen(name, INFERENCE_LONGEST_PREFIX)), "model_");
}

static int check_samples(arena *a, const ir_program *p, const driver_options *o)
{
    const char *samples = o->inference.calibrate ? calibrate_file(a, p, o->inference.calibrate) : NULL;
    const char *const files[] = {samples, o->output, o->inference.header, o->inference.weights_file};
    return output_check(files, 1, 4) ? MNN_OK : MNN_EUSAGE;
}

/** A name in an #include has no escapes: only characters that need none are accepted. */
static int check_header(const char *header)
{
    for (const char *c = header ? mnn_place_name(header) : ""; *c; c++)
        if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\' || *c == '?') {
            char shown[128];
            fprintf(stderr,
                    "mnnc: error: the name of a header must be printable ASCII without \", \\ and ? (got \"%s\")\n",
                    mnn_printable(shown, sizeof shown, header));
            return MNN_EUSAGE;
        }
    return MNN_OK;
}

/** Weights are finite; what is made of them may not be: C could not write it. */
static int check_constants(const network *n, const char *path)
{
    int64_t element;
    const net_tensor *t = net_not_finite(n, &element);
    if (!t)
        return MNN_OK;
    char shown[256];
    fprintf(stderr, "mnnc: error: %s: with these weights, %s is %g at element %lld (expected finite values)\n",
            mnn_printable(shown, sizeof shown, path), t->c_name, (double)t->data[element], (long long)element);
    return MNN_EFORMAT;
}

static int over_limit(diag_list *d, const plan *p, const char *what, const char *option, int64_t bytes, int64_t limit,
                      const char *table)
{
    diag_error(d, p->program->train.at, "the %s more than %s (got %lld bytes, expected at most %lld)", what, option,
               (long long)bytes, (long long)limit);
    for (const char *line = table; *line; line += strcspn(line, "\n") + 1)
        diag_note(d, (span){0}, "%.*s", (int)strcspn(line, "\n"), line);
    return MNN_ENOMEM;
}

static int check_limits(diag_list *d, const network *n, const driver_options *o)
{
    const int64_t ram = net_work_bytes(n), flash = net_weight_bytes(n);
    int status = MNN_OK;
    if (o->max_ram && ram > o->max_ram)
        status = over_limit(d, n->plan, "inference code takes", "--max-ram", ram, o->max_ram, emit_inference_ram(n));
    if (o->inference.max_flash && flash > o->inference.max_flash)
        status = over_limit(d, n->plan, "weights take", "--max-flash", flash, o->inference.max_flash,
                            emit_inference_flash(n));
    return status;
}

int inference_write(const inference_files *files, const driver_options *o)
{
    output_file outputs[OUTPUT_FILES];
    int count = 0;
    if (files->weights)
        outputs[count++] = (output_file){o->inference.weights_file, files->weights, files->weights_length, false};
    if (o->inference.header)
        outputs[count++] = (output_file){o->inference.header, files->header, strlen(files->header), false};
    outputs[count++] = (output_file){o->output, files->code, strlen(files->code), false};
    return output_write(outputs, count);
}

/** Prints the error of each layer, one per line. */
static void print_losses(const network *n, const net_loss *loss, int64_t samples)
{
    fprintf(stderr, "int8: %-26s %12s %12s %10s\n", "layer", "lowest", "highest", "error");
    for (const net_op *op = n->ops; op; op = op->next)
        fprintf(stderr, "int8: %-26s %12.4g %12.4g %9.2f%%\n", op->c_name, op->output->range.low,
                op->output->range.high, 100 * op->error);
    fprintf(stderr, "int8: %lld samples; ", (long long)samples);
    if (n->classes && n->output->elements > 1)
        fprintf(stderr, "%lld have the same largest output as in float; ", (long long)loss->same);
    else if (n->classes)
        fprintf(stderr, "%lld have the same class as in float; ", (long long)loss->same);
    else if (loss->output >= 0)
        fprintf(stderr, "%.2g%% of the variance of output %lld lost; ", 100 * loss->share, (long long)loss->output);
    else
        fprintf(stderr, "%.2g%% of the outputs' variance lost; ", 100 * loss->share);
    fprintf(stderr, "largest output difference %.3g; %lld bytes of weights\n", loss->largest,
            (long long)net_weight_bytes(n));
}

static int unwritable(const char *weights, const char *what)
{
    char shown[256];
    fprintf(stderr, "mnnc: error: %s: with these weights, %s do not fit float32\n",
            mnn_printable(shown, sizeof shown, weights), what);
    return MNN_EFORMAT;
}

/** Advice for an operation that loses much. */
static void advise(diag_list *d, const network *n, const net_op *op)
{
    double spread = n->options.input == NET_FLOATS ? net_channel_spread(n->input) : 1;
    for (int i = 0; i < op->input_count; i++)
        if (op->input[i] != n->input)
            spread = fmax(spread, net_channel_spread(op->input[i]));
    if (spread >= WIDE_SPREAD)
        diag_hint(
            d,
            "the ranges of its input channels differ by a factor of %.0f: scale the data to similar ranges, or write "
            "batchnorm() as the first layer",
            spread);
    else
        diag_hint(d,
                  "batchnorm() after the layer or weight decay narrows its range; calibrate with samples like those in "
                  "use");
    diag_hint(d, "float code (without --quantize) has no such loss");
}

/** The score that is lost over the samples, or else the layer that loses most. */
static void judge_loss(diag_list *d, const network *n, const net_loss *loss, const net_samples *samples)
{
    const net_op *worst = net_worst(n);
    const double lost = loss->share, error = worst->error;
    if (lost > NET_LOSS_LIMIT && n->classes)
        diag_warning(
            d, DIAG_QUANTIZATION, worst->op->at,
            "int8 changes the class of %lld of %lld calibration samples; the largest error is in layer \"%s\" (%.1f%%)",
            (long long)loss->different, (long long)samples->count, worst->op->layer, 100 * error);
    else if (lost > NET_LOSS_LIMIT)
        diag_warning(d, DIAG_QUANTIZATION, worst->op->at,
                     "int8 loses %.3g%% of the variance of %s over the calibration samples; the largest error is in "
                     "layer \"%s\" (%.1f%%)",
                     100 * lost,
                     loss->output >= 0 ? arena_printf(n->arena, "output %lld", (long long)loss->output) : "the outputs",
                     worst->op->layer, 100 * error);
    else if (error * error > NET_LOSS_LIMIT)
        diag_warning(d, DIAG_QUANTIZATION, worst->op->at, "large int8 error in layer \"%s\" (%.1f%%)", worst->op->layer,
                     100 * error);
    else
        return;
    advise(d, n, worst);
}

typedef struct calibration_progress {
    mnn_meter meter;
    uint64_t began;
} calibration_progress;

/** On a terminal only: messages of a build are the same each time. */
static void show_progress(void *of, int64_t done, int64_t total)
{
    calibration_progress *p = of;
    if (p->meter.terminal)
        mnn_meter_work(&p->meter, "calibrating", (double)done / (double)total, 1e-9 * (double)(mnn_clock() - p->began));
}

static int quantize(arena *a, diag_list *d, network *n, const char *path, const char *weights)
{
    net_samples samples;
    const char *why;
    const net_op *op = net_not_quantizable(n, &why);
    if (op) {
        diag_error(d, op->op->at, "%s (layer \"%s\")", why, op->op->layer);
        if (op->form->kind == NET_NO_FORM)
            diag_hint(d, "float code (without --quantize) can have it");
        return MNN_ESOURCE;
    }
    net_loss loss;
    const int status = calibrate_load(a, n, path, &samples);
    if (status)
        return status;
    calibration_progress progress = {mnn_meter_new(stderr), mnn_clock()};
    const bool fits = net_quantize(n, &samples, &(net_progress){show_progress, &progress}, &loss);
    if (progress.meter.shown)
        mnn_meter_erase(&progress.meter);
    if (!fits)
        return unwritable(weights, "the values computed for the samples");
    print_losses(n, &loss, samples.count);
    if (!calibrate_judge(d, n, path, &samples))
        calibrate_judge_results(d, n, path, &samples, &loss);
    judge_loss(d, n, &loss, &samples);
    return diag_failed(d) ? MNN_ESOURCE : MNN_OK;
}

/** Checks of the options that need no file. */
static int check_options(arena *a, diag_list *d, const ir_program *p, const driver_options *o)
{
    int status = check_samples(a, p, o);
    if (!status)
        status = check_header(o->inference.header);
    if (status || !o->inference.argmax_only || net_has_classes(p))
        return status;
    diag_error(d, p->train.loss_at, "--argmax-only needs a classification model (got loss %s)",
               ir_loss_name(p->train.loss.kind));
    return MNN_EUSAGE;
}

/** The network with its weights, in integers with --quantize. */
static int make_network(arena *a, diag_list *d, const plan *p, const driver_options *o, const char *description,
                        network **out)
{
    float **weights;
    net_options choice = {net_input_of(p->program), o->inference.argmax_only, o->inference.quantize};
    int status = weights_load(a, p->program, o->weights, description, &weights);
    if (status)
        return status;
    if (o->inference.input)
        choice.input = strcmp(o->inference.input, "uint8") == 0 ? NET_BYTES : NET_FLOATS;
    *out = net_make(a, p, weights, &choice);
    status = check_constants(*out, o->weights);
    return status || !choice.quantized ? status : quantize(a, d, *out, o->inference.calibrate, o->weights);
}

int inference_make(arena *a, diag_list *d, const plan *p, const driver_options *o, const emit_options *options,
                   inference_files *out)
{
    network *n;
    int status = check_options(a, d, p->program, o);
    if (!status)
        status = make_network(a, d, p, o, options->description, &n);
    if (!status)
        status = check_limits(d, n, o);
    if (status)
        return status;
    const emit_inference_options emit = {
        .emit = *options,
        .prefix = prefix_of(a, p, o),
        .header = o->inference.header ? mnn_place_name(o->inference.header) : NULL,
        .reentrant = o->inference.reentrant,
        .freestanding = o->inference.freestanding,
        .weights_file = o->inference.weights_file ? mnn_place_name(o->inference.weights_file) : NULL};
    out->code = emit_inference(n, &emit);
    out->header = emit_inference_header(n, &emit);
    if (!out->code)
        return unwritable(o->weights, "constants of the code");
    if (o->inference.weights_file)
        out->weights = emit_inference_weights(n, &out->weights_length);
    return MNN_OK;
}
