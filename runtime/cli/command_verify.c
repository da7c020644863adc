/* verify: whether inference code says of every sample of the test set what this program says. */
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/inference_code.h"
#include "cli/output.h"
#include "cli/session.h"
#include "train/evaluate.h"

/* Two classes that the program itself rates this near to each other are a tie: the order of a sum decides. */
static const double TIE = 1e-5;

/* Outputs may be so far apart, relative to the larger of 1 and the output. */
static const double NEAR = 1e-3;

/* Points, as a fraction, that 8-bit integers may lose of the accuracy or of the outputs' variance without a warning. */
static const double POINT = 0.01;

/* A variance below this fraction of the squares is rounding. */
static const double NEGLIGIBLE = 1e-6;

/* As many outputs, or fewer, are judged each by its own variance: they are columns of a table, with units of their own.
 */
enum { COLUMNS = 32 };

/* An output of this program, where outputs are not classes, and the difference of the code's. */
typedef struct spread {
    double sum, squares, distance;
} spread;

/* The findings. */
typedef struct findings {
    uint32_t samples;
    uint32_t equal, ties, different; /* of the classes */
    uint32_t right, right_here;      /* of the code, of this program */
    double largest;                  /* difference of an output */
    double squares, squares_here;    /* sums of the squared errors, if the outputs are not classes */
    spread *spread;                  /* of each output */
    bool is_near;
} findings;

static void compare_classes(const mnn_model *model, const mnn_batch *batch, int row, const float *expected, int class,
                            findings *f)
{
    const int here = mnn_predicted_class(model, expected);
    const double gap = model->output_size == 1
                           ? fabs((double)expected[0] - model->threshold)
                           : (double)expected[here] - (double)expected[class < model->output_size ? class : 0];
    if (class == here)
        f->equal++;
    else if (gap <= TIE)
        f->ties++;
    else
        f->different++;
    if (batch->labels) {
        f->right += class == batch->labels[batch->index[row]];
        f->right_here += here == batch->labels[batch->index[row]];
    }
}

static void compare_outputs(const mnn_model *model, const float *expected, const float *output, findings *f)
{
    for (int i = 0; i < model->output_size; i++) {
        const double difference = fabs((double)output[i] - (double)expected[i]);
        const bool same = difference <= NEAR * fmax(1.0, fabs((double)expected[i]));
        f->is_near = f->is_near && same; /* a NaN is not near */
        if (!(difference <= f->largest))
            f->largest = difference;
    }
}

/* The target of output i of a row: the description's values, or the input as the model sees it. */
static double target_of(const mnn_model *model, const mnn_batch *batch, int row, int i)
{
    const size_t at = batch->index[row] * (size_t)model->output_size + (size_t)i;
    if (model->label_kind == MNN_LABEL_VALUE)
        return (double)batch->targets[at];
    return (double)((batch->images ? (float)batch->images[at] : batch->inputs[at]) * model->scale + model->shift);
}

static void compare_errors(const mnn_model *model, const mnn_batch *batch, int row, const float *expected,
                           const float *output, findings *f)
{
    for (int i = 0; i < model->output_size; i++) {
        const double target = target_of(model, batch, row, i);
        f->squares += ((double)output[i] - target) * ((double)output[i] - target);
        f->squares_here += ((double)expected[i] - target) * ((double)expected[i] - target);
        f->spread[i].sum += (double)expected[i];
        f->spread[i].squares += (double)expected[i] * (double)expected[i];
        f->spread[i].distance += ((double)output[i] - (double)expected[i]) * ((double)output[i] - (double)expected[i]);
    }
}

/* The sample of a row in the form that the code takes; room is for one of floats. */
static const void *sample_of(const mnn_inference_code *code, const mnn_batch *batch, int row, float *room)
{
    const size_t size = (size_t)code->form.inputs, at = batch->index[row] * size;
    if (code->form.takes_bytes)
        return batch->images + at;
    if (batch->inputs)
        return batch->inputs + at;
    for (size_t i = 0; i < size; i++)
        room[i] = (float)batch->images[at + i];
    return room;
}

static void compare_batch(const mnn_session *s, const mnn_inference_code *code, const mnn_batch *batch, float *room,
                          findings *f)
{
    const mnn_model *model = s->model;
    float *output = room + code->form.inputs;
    mnn_run_forward(model, s->pool, batch, false);
    for (int row = 0; row < batch->rows; row++) {
        const float *expected = model->output + (size_t)row * (size_t)model->output_size;
        int class = mnn_inference_predict(code, sample_of(code, batch, row, room), output);
        if (!code->form.gives_class) {
            compare_outputs(model, expected, output, f);
            class = mnn_predicted_class(model, output);
        }
        if (model->label_kind == MNN_LABEL_CLASS)
            compare_classes(model, batch, row, expected, class, f);
        else
            compare_errors(model, batch, row, expected, output, f);
    }
    f->samples += (uint32_t)batch->rows;
}

static mnn_status compare(const mnn_session *s, const mnn_inference_code *code, const mnn_dataset *set, findings *f,
                          mnn_error *err)
{
    const mnn_model *model = s->model;
    const mnn_samples samples = mnn_dataset_all(set);
    const int most = model->batch_size;
    uint32_t *index = malloc((size_t)most * sizeof *index);
    float *room = malloc((size_t)(code->form.inputs + code->form.outputs) * sizeof *room);
    mnn_batch batch = mnn_dataset_batch(set);
    batch.index = index;
    f->spread = calloc((size_t)model->output_size, sizeof *f->spread);
    while (index && room && f->spread && f->samples < samples.count) {
        const uint32_t left = samples.count - f->samples;
        batch.rows = left < (uint32_t)most ? (int)left : most;
        for (int r = 0; r < batch.rows; r++)
            index[r] = mnn_sample_number(&samples, f->samples + (uint32_t)r);
        compare_batch(s, code, &batch, room, f);
    }
    const bool done = index && room && f->spread;
    free(index);
    free(room);
    return done ? MNN_OK : mnn_fail(err, MNN_ENOMEM, "out of memory");
}

/* Of all outputs of all samples, from the sum of their squared errors. */
static double mean_of(const mnn_model *model, const findings *f, double squares)
{
    return squares / ((double)f->samples * (double)model->output_size);
}

/* The fraction of the variance of this program's outputs over the samples that count outputs lose together. */
static double variance_lost(const spread *outputs, int count, uint32_t samples)
{
    double means = 0, squares = 0, distance = 0;
    for (int i = 0; i < count; i++) {
        means += outputs[i].sum * outputs[i].sum / (double)samples;
        squares += outputs[i].squares;
        distance += outputs[i].distance;
    }
    const double variance = squares - means;
    return variance > NEGLIGIBLE * squares ? distance / variance : 0;
}

/* The loss: points of accuracy, or of variance; of a few outputs that of the one that loses most.
 * @param output  set to that one, or -1 */
static double points_lost(const mnn_model *model, const findings *f, int *output)
{
    *output = -1;
    if (model->label_kind == MNN_LABEL_CLASS)
        return ((double)f->right_here - (double)f->right) / (double)f->samples;
    if (model->output_size == 1 || model->output_size > COLUMNS)
        return variance_lost(f->spread, model->output_size, f->samples);
    double most = 0;
    for (int i = 0; i < model->output_size; i++) {
        const double lost = variance_lost(&f->spread[i], 1, f->samples);
        if (*output < 0 || lost > most) {
            most = lost;
            *output = i;
        }
    }
    return most;
}

/* --- result --------------------------------------------------------------------------------------- */

static void print_text(const mnn_session *s, const char *path, const mnn_inference_form *form, const findings *f)
{
    char shown[256], count[32];
    fprintf(s->out, "%s: %s samples", mnn_printable(shown, sizeof shown, path), mnn_count_text(count, f->samples));
    if (s->model->label_kind == MNN_LABEL_CLASS)
        fprintf(s->out, ", %s predictions equal, %u ties, %u different", mnn_count_text(count, f->equal),
                (unsigned)f->ties, (unsigned)f->different);
    if (!form->gives_class)
        fprintf(s->out, "; largest output difference %.3g", f->largest);
    fputc('\n', s->out);
    if (s->model->label_kind == MNN_LABEL_CLASS)
        fprintf(s->out, "accuracy: %.4f, this program: %.4f\n", (double)f->right / (double)f->samples,
                (double)f->right_here / (double)f->samples);
    else
        fprintf(s->out, "mean squared error: %.4g, this program: %.4g\n", mean_of(s->model, f, f->squares),
                mean_of(s->model, f, f->squares_here));
}

static void print_json(const mnn_session *s, const char *path, const mnn_inference_form *form, const findings *f)
{
    mnn_json(s->out, "{'event': 'result', 'command': 'verify', 'file': %s, 'samples': %u", path, (unsigned)f->samples);
    if (s->model->label_kind == MNN_LABEL_CLASS)
        mnn_json(s->out, ", 'equal': %u, 'ties': %u, 'different': %u, 'accuracy': %g, 'program': {'accuracy': %g}",
                 (unsigned)f->equal, (unsigned)f->ties, (unsigned)f->different, (double)f->right / (double)f->samples,
                 (double)f->right_here / (double)f->samples);
    else
        mnn_json(s->out, ", 'mse': %g, 'program': {'mse': %g}", mean_of(s->model, f, f->squares),
                 mean_of(s->model, f, f->squares_here));
    if (!form->gives_class)
        mnn_json(s->out, ", 'largest_difference': %g", f->largest);
    fputs("}\n", s->out);
}

/* Integers need not compute the same; what they lose is reported. */
static void warn_of_loss(const mnn_session *s, const char *path, const findings *f)
{
    int output;
    const double lost = points_lost(s->model, f, &output);
    char shown[256], of[48] = "the outputs' variance";
    if (lost <= POINT || s->options->quiet)
        return;
    if (output >= 0)
        snprintf(of, sizeof of, "the variance of output %d", output);
    fprintf(s->log, "warning: %s: int8 loses %.1f points of %s\n", mnn_printable(shown, sizeof shown, path), 100 * lost,
            s->model->label_kind == MNN_LABEL_CLASS ? "accuracy" : of);
    fputs("hint: mnnc --emit=inference prints the error of each layer; calibrate with samples like those of this set\n",
          s->log);
}

/* --- the command ---------------------------------------------------------------------------------- */

static mnn_status check_form(const mnn_model *model, const char *path, const mnn_inference_form *form,
                             const mnn_dataset *set, mnn_error *err)
{
    char shown[256];
    mnn_printable(shown, sizeof shown, path);
    if (form->inputs != model->sample_size || form->outputs != model->output_size)
        return mnn_fail(err, MNN_EFORMAT,
                        "%s: code of another model (got %ld inputs and %ld outputs, expected %d and %d)", shown,
                        form->inputs, form->outputs, model->sample_size, model->output_size);
    if (form->takes_bytes && !mnn_dataset_batch(set).images)
        return mnn_fail(err, MNN_EFORMAT,
                        "%s: the code takes bytes, but the data set has float values\n"
                        "hint: mnnc --emit=inference --input=float32",
                        shown);
    return MNN_OK;
}

static mnn_status verify(const mnn_session *s, const char *path, const mnn_dataset *set, mnn_error *err)
{
    mnn_inference_code code;
    findings f = {.is_near = true};
    char shown[256];
    mnn_status status = mnn_inference_open(path, s->log, &code, err);
    if (status)
        return status;
    status = check_form(s->model, path, &code.form, set, err);
    if (!status)
        status = compare(s, &code, set, &f, err);
    if (!status && s->options->json)
        print_json(s, path, &code.form, &f);
    else if (!status)
        print_text(s, path, &code.form, &f);
    const bool must_agree = !code.form.is_quantized;
    mnn_inference_close(&code);
    if (!status && !must_agree)
        warn_of_loss(s, path, &f);
    free(f.spread);
    if (!status && must_agree && (f.different > 0 || !f.is_near))
        return mnn_fail(err, MNN_EINTERNAL, "%s: the code does not compute what this program computes",
                        mnn_printable(shown, sizeof shown, path));
    return status;
}

mnn_status mnn_command_verify(mnn_session *s, mnn_error *err)
{
    const mnn_model *model = s->model;
    const bool has_test = model->test.reader != NULL;
    mnn_dataset set;
    if (s->has_other_weights && !s->options->quiet) {
        char shown[256];
        fprintf(s->log,
                "warning: %s: these weights were trained with another description, or before this one was changed\n",
                mnn_printable(shown, sizeof shown, s->options->weights));
    }
    if (!has_test && !s->options->quiet)
        fputs("note: the description has no test set, so the training set is used\n", s->log);
    mnn_status status = mnn_session_load(s, has_test ? &model->test : &model->train,
                                         has_test ? model->test_limit : model->train_limit, &set, NULL, err);
    if (status)
        return status;
    for (int i = 0; i < s->options->file_count && !status; i++)
        status = verify(s, s->options->files[i], &set, err);
    mnn_dataset_free(&set);
    return status;
}
