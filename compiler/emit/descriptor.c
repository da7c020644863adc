/* The descriptor: what the runtime needs to know of a program, and main(). */
#include "emit/ops.h"

static const char *dims_list(emitter *e, ir_shape s)
{
    str out = str_new(e->plan->arena);
    str_add_char(&out, '{');
    for (int i = 0; i < s.rank; i++)
        str_printf(&out, "%s%lld", i ? ", " : "", (long long)s.dim[i]);
    str_add(&out, s.rank ? "}" : "0}");
    return out.text;
}

static void emit_tables(emitter *e)
{
    const plan *p = e->plan;
    cw_blank(&e->w);
    cw_open(&e->w, "static const mnn_layer layers[] =");
    for (const ir_layer *l = p->program->graph->layers; l; l = l->next)
        cw_line(&e->w, "{%s, %s, %d, %s, %lld, %lld},", cw_str(&e->w, l->name), cw_str(&e->w, l->type), l->shape.rank,
                dims_list(e, l->shape), (long long)l->parameters, (long long)l->flops);
    cw_close(&e->w, ";");
    cw_blank(&e->w);
    cw_open(&e->w, "static const mnn_tensor tensors[] =");
    for (const plan_buffer *b = p->buffers; b; b = b->next) {
        if (b->array != PLAN_PARAMS && b->array != PLAN_STATE)
            continue;
        const plan_initial i = plan_initial_of(b->value);
        cw_line(&e->w, "{%s, %d, %s, %lld, %lld, %s, %s, %s, %s},", cw_str(&e->w, b->value->name), b->value->shape.rank,
                dims_list(e, b->value->shape), (long long)b->offset, (long long)b->elements,
                b->array == PLAN_PARAMS ? "true" : "false", i.kind, cw_f64(&e->w, i.a), cw_f64(&e->w, i.b));
    }
    cw_close(&e->w, ";");
    if (p->slot_count) {
        cw_blank(&e->w);
        cw_open(&e->w, "static const mnn_slot slots[] =");
        for (int i = 0; i < p->slot_count; i++)
            cw_line(&e->w, "{\"%s\", %s},", optimizer_slot(e, i), optimizer_array(e, i));
        cw_close(&e->w, ";");
    }
    if (p->program->train.metric_count) {
        cw_blank(&e->w);
        cw_line(&e->w, "static const mnn_metric metrics[] = {MNN_METRIC_ACCURACY};");
    }
}

static const char *loss_name(lang_loss loss)
{
    static const char *const names[] = {
#define LOSS(id, name, ...) name,
#include "lang/losses.def"
#undef LOSS
    };
    return names[loss];
}

static void emit_data_fields(emitter *e)
{
    const plan *p = e->plan;
    const ir_data *d = &p->program->data;
    const ir_value *input = p->program->graph->input->output[0];
    const ir_op *loss = p->program->graph->written;
    while (loss->code != IR_LOSS)
        loss = loss->next;
    cw_line(&e->w, ".data_name = %s,", cw_str(&e->w, d->name));
    cw_line(&e->w, ".train = {%s, %s},", cw_str(&e->w, d->train.images), cw_str(&e->w, d->train.labels));
    cw_line(&e->w, ".test = {%s, %s},", cw_str(&e->w, d->test.images), cw_str(&e->w, d->test.labels));
    cw_line(&e->w, ".sample_rank = %d,", input->shape.rank);
    cw_line(&e->w, ".sample_dims = %s,", dims_list(e, input->shape));
    cw_line(&e->w, ".sample_size = %lld,", (long long)ir_elements(input->shape));
    cw_line(&e->w, ".scale = %s,", cw_f32(&e->w, d->scale));
    cw_line(&e->w, ".shift = %s,", cw_f32(&e->w, d->shift));
    cw_line(&e->w, ".label_kind = %s,", loss->attr.classes ? "MNN_LABEL_CLASS" : "MNN_LABEL_VALUE");
    cw_line(&e->w, ".classes = %lld,", (long long)loss->attr.classes);
    cw_line(&e->w, ".validation_split = %s,", cw_f64(&e->w, d->validation_split));
    cw_line(&e->w, ".train_limit = %lld,", (long long)d->train_limit);
    cw_line(&e->w, ".test_limit = %lld,", (long long)d->test_limit);
    cw_line(&e->w, ".shuffle = %s,", d->shuffle ? "true" : "false");
}

static void emit_train_fields(emitter *e)
{
    const ir_train *t = &e->plan->program->train;
    cw_line(&e->w, ".epochs = %lld,", (long long)t->epochs);
    cw_line(&e->w, ".batch_size = BATCH,");
    cw_line(&e->w, ".seed = %lluu,", (unsigned long long)t->seed);
    cw_line(&e->w, ".loss_name = %s,", cw_str(&e->w, loss_name(t->loss)));
    cw_line(&e->w, ".optimizer_name = %s,", cw_str(&e->w, optimizer_name(e)));
    cw_line(&e->w, ".learning_rate = %s,", cw_f64(&e->w, t->optimizer.learning_rate));
    cw_line(&e->w, ".metric_count = %d,", t->metric_count);
    cw_line(&e->w, ".metrics = %s,", t->metric_count ? "metrics" : "NULL");
}

static void emit_memory_fields(emitter *e)
{
    const plan *p = e->plan;
    const ir_value *output = p->program->graph->output;
    cw_line(&e->w, ".layer_count = sizeof layers / sizeof layers[0],");
    cw_line(&e->w, ".layers = layers,");
    cw_line(&e->w, ".tensor_count = sizeof tensors / sizeof tensors[0],");
    cw_line(&e->w, ".tensors = tensors,");
    cw_line(&e->w, ".slot_count = %d,", p->slot_count);
    cw_line(&e->w, ".slots = %s,", p->slot_count ? "slots" : "NULL");
    cw_line(&e->w, ".static_bytes = %lld,", (long long)p->static_bytes);
    cw_line(&e->w, ".max_workers = MAX_WORKERS,");
    cw_line(&e->w, ".param_count = PARAM_COUNT,");
    if (p->state_count)
        cw_line(&e->w, ".state_count = STATE_COUNT,");
    cw_line(&e->w, ".params = params,");
    cw_line(&e->w, ".grads = grads,");
    cw_line(&e->w, ".output_size = %lld,", (long long)ir_elements(output->shape));
    cw_line(&e->w, ".output = workspace + %lld,", (long long)plan_buffer_of(p, output)->offset);
    cw_line(&e->w, ".row_loss = row_loss,");
}

void emit_descriptor(emitter *e)
{
    static const char *const functions[] = {"forward", "losses", "gradients", "update", "reference"};
    emit_section(e, "what the runtime needs to know");
    emit_tables(e);
    cw_blank(&e->w);
    cw_open(&e->w, "static const mnn_model model =");
    cw_line(&e->w, ".abi = MNN_ABI,");
    cw_line(&e->w, ".name = %s,", cw_str(&e->w, e->plan->program->model_name));
    cw_line(&e->w, ".description = \"%s\",", e->options->description);
    emit_data_fields(e);
    emit_train_fields(e);
    emit_memory_fields(e);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        cw_line(&e->w, ".%s = %s,", functions[i], functions[i]);
    if (e->plan->state_count)
        cw_line(&e->w, ".update_state = update_state,");
    cw_close(&e->w, ";");
    cw_blank(&e->w);
    cw_line(&e->w, "int main(int argc, char **argv)");
    cw_body(&e->w);
    cw_line(&e->w, "return mnn_main(&model, argc, argv);");
    cw_close(&e->w, "");
}
