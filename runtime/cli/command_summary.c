/* summary: the table that Keras prints. */
#include <inttypes.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/session.h"

enum { WIDTH = 78 };

static void rule(FILE *out, char c)
{
    for (int i = 0; i < WIDTH; i++)
        fputc(c, out);
    fputc('\n', out);
}

static int64_t total_flops(const mnn_model *model)
{
    int64_t sum = 0;
    for (int i = 0; i < model->layer_count; i++)
        sum += model->layers[i].flops;
    return sum;
}

static void print_layer(FILE *out, const mnn_layer *layer)
{
    char text[160], title[34], shape[64], params[32];
    snprintf(text, sizeof text, "%s (%s)", layer->name, layer->type);
    fprintf(out, " %-33s %-27s %15s\n", mnn_printable(title, sizeof title, text),
            mnn_shape_text(shape, true, layer->dims, layer->rank), mnn_count_text(params, layer->params));
}

static void print_text(const mnn_model *model, FILE *out)
{
    char a[32], b[32];
    fprintf(out, "Model: \"%s\"\n", model->name);
    rule(out, '_');
    fprintf(out, " %-33s %-27s %15s\n", "Layer (type)", "Output Shape", "Param #");
    rule(out, '=');
    for (int i = 0; i < model->layer_count; i++)
        print_layer(out, &model->layers[i]);
    rule(out, '=');
    const int64_t total = (int64_t)model->param_count + model->state_count;
    fprintf(out, " Total params: %s (%s)\n", mnn_count_text(a, total),
            mnn_bytes_text(b, total * (int64_t)sizeof(float)));
    if (model->state_count)
        fprintf(out, " Trainable params: %s, non-trainable: %s\n", mnn_count_text(a, model->param_count),
                mnn_count_text(b, model->state_count));
    fprintf(out, " Static memory: %s for batches of %d\n", mnn_bytes_text(a, model->static_bytes), model->batch_size);
    fprintf(out, " Forward pass: %s floating-point operations per sample\n", mnn_count_text(a, total_flops(model)));
    fprintf(out, " Optimizer: %s, learning rate %g\n", model->optimizer_name, model->learning_rate);
    fprintf(out, " Loss: %s\n", model->loss_name);
    rule(out, '_');
}

static void print_json(const mnn_model *model, FILE *out)
{
    mnn_json(out, "{'event': 'summary', 'model': %s, 'layers': [", model->name);
    for (int i = 0; i < model->layer_count; i++) {
        const mnn_layer *layer = &model->layers[i];
        fputs(i ? ", " : "", out);
        mnn_json(out, "{'name': %s, 'type': %s, 'output_shape': [null", layer->name, layer->type);
        for (int d = 0; d < layer->rank; d++)
            fprintf(out, ", %d", layer->dims[d]);
        mnn_json(out, "], 'params': %" PRId64 ", 'flops': %" PRId64 "}", layer->params, layer->flops);
    }
    mnn_json(out,
             "], 'params': %d, 'state': %d, 'static_bytes': %" PRId64
             ", 'batch_size': %d, 'optimizer': %s, 'learning_rate': %g, 'loss': %s}\n",
             model->param_count, model->state_count, model->static_bytes, model->batch_size, model->optimizer_name,
             model->learning_rate, model->loss_name);
}

void mnn_command_summary(const mnn_model *model, const mnn_options *options, FILE *out)
{
    if (options->json)
        print_json(model, out);
    else
        print_text(model, out);
}
