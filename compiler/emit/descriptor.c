/* The model descriptor of a program, and main(). */
#include "emit/ops.h"

#include <string.h>

#include "lang/lang.h"

static const char *dims_list(emitter *e, ir_shape s)
{
    str out = str_new(e->plan->arena);
    str_add_char(&out, '{');
    for (int i = 0; i < s.rank; i++)
        str_printf(&out, "%s%lld", i ? ", " : "", (long long)s.dim[i]);
    str_add(&out, s.rank ? "}" : "0}");
    return out.text;
}

static void emit_metrics(emitter *e)
{
    static const char *const kinds[] = {
#define METRIC(id, ...) "MNN_METRIC_" #id,
#include "lang/metrics.def"
#undef METRIC
    };
    const ir_train *t = &e->plan->program->train;
    if (t->metric_count == 0)
        return;
    cw_blank(&e->w);
    cw_open(&e->w, "static const mnn_metric metrics[] =");
    for (int i = 0; i < t->metric_count; i++)
        cw_line(&e->w, "{%s, \"%s\", %lld},", kinds[t->metrics[i].kind], t->metrics[i].name,
                (long long)t->metrics[i].k);
    cw_close(&e->w, ";");
}

static const char *flag(bool value)
{
    return value ? "true" : "false";
}

/** Only what the callback has is written: ".patience = 3". */
static void emit_callback(emitter *e, const ir_callback *c)
{
    static const char *const kinds[] = {
#define CALLBACK(id, ...) "MNN_CALLBACK_" #id,
#include "lang/callbacks.def"
#undef CALLBACK
    };
    cw_body(&e->w);
    cw_line(&e->w, ".kind = %s,", kinds[c->kind]);
    if (c->path != NULL) {
        cw_line(&e->w, ".path = %s,", cw_str(&e->w, c->path));
    } else {
        cw_line(&e->w, ".metric = %d, /* %s%s */", c->metric, c->validation ? "val_" : "",
                c->metric < 0 ? "loss" : e->plan->program->train.metrics[c->metric].name);
        cw_line(&e->w, ".validation = %s,", flag(c->validation));
        cw_line(&e->w, ".more_is_better = %s,", flag(c->more_is_better));
        cw_line(&e->w, ".min_delta = %s,", cw_f64(&e->w, c->min_delta));
        cw_line(&e->w, ".patience = %lld,", (long long)c->patience);
    }
    if (c->kind == LANG_CALLBACK_EARLY_STOPPING) {
        cw_line(&e->w, ".restore_best_weights = %s,", flag(c->restore_best_weights));
        cw_line(&e->w, ".start_from_epoch = %lld,", (long long)c->start_from_epoch);
    } else if (c->kind == LANG_CALLBACK_REDUCE_LR_ON_PLATEAU) {
        cw_line(&e->w, ".factor = %s,", cw_f64(&e->w, c->factor));
        cw_line(&e->w, ".min_lr = %s,", cw_f64(&e->w, c->min_lr));
        cw_line(&e->w, ".cooldown = %lld,", (long long)c->cooldown);
    } else if (c->kind == LANG_CALLBACK_CHECKPOINT) {
        cw_line(&e->w, ".every = %lld,", (long long)c->every);
    }
    cw_close(&e->w, ",");
}

static void emit_callbacks(emitter *e)
{
    const ir_train *t = &e->plan->program->train;
    if (t->callback_count == 0)
        return;
    cw_blank(&e->w);
    cw_open(&e->w, "static const mnn_callback callbacks[] =");
    for (int i = 0; i < t->callback_count; i++)
        emit_callback(e, &t->callbacks[i]);
    cw_close(&e->w, ";");
}

static bool reads(const ir_op *op, const ir_value *v)
{
    for (int i = 0; i < op->input_count; i++)
        if (op->input[i] == v)
            return true;
    return false;
}

/** The image that becomes a flat value, perhaps through operations that keep the order of its elements; NULL: none. */
static const ir_value *flattened_image(const ir_value *v)
{
    for (; v->shape.rank == 1; v = v->written_producer->input[0])
        if (ir_has(v->written_producer->code, IR_RESHAPES)) {
            v = v->written_producer->input[0];
            return v->shape.rank == 3 ? v : NULL;
        } else if (!ir_has(v->written_producer->code, IR_KEEPS_PLACES)) {
            return NULL;
        }
    return NULL;
}

/** The order of a parameter's elements where other programs have another one. */
static const char *layout_of(emitter *e, const ir_value *parameter)
{
    const ir_op *op = e->plan->program->graph->written;
    while (!reads(op, parameter))
        op = op->next;
    if (ir_is_convolution(op) && !ir_has(op->code, IR_MIXES) && parameter->shape.rank == 4)
        return ".depthwise = true";
    const bool by_input = ir_has(op->code, IR_CONNECTS) && parameter->shape.rank == 2;
    const bool by_place = ir_has(op->code, IR_NORMALISES);
    const ir_value *image = by_input || by_place ? flattened_image(op->input[0]) : NULL;
    return image ? emit_text(e, ".image = %s", dims_list(e, image->shape)) : "0";
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
        cw_line(&e->w, "{%s, %d, %s, %lld, %lld, %s, %s, %s, %s, {%s}},", cw_str(&e->w, b->value->name),
                b->value->shape.rank, dims_list(e, b->value->shape), (long long)b->offset, (long long)b->elements,
                b->array == PLAN_PARAMS ? "true" : "false", i.kind, cw_f64(&e->w, i.a), cw_f64(&e->w, i.b),
                layout_of(e, b->value));
    }
    cw_close(&e->w, ";");
    if (p->slot_count) {
        cw_blank(&e->w);
        cw_open(&e->w, "static const mnn_slot slots[] =");
        for (int i = 0; i < p->slot_count; i++)
            cw_line(&e->w, "{\"%s\", %s, %s},", optimizer_slot(e, i), optimizer_array(e, i),
                    cw_f32(&e->w, optimizer_initial(e, i)));
        cw_close(&e->w, ";");
    }
    if (p->program->train.shards > 1)
        emit_gradient_steps(e);
    emit_metrics(e);
    emit_callbacks(e);
}

static const char *const order_names[LANG_ORDER_COUNT] = {[LANG_ORDER_STRATIFIED] = "MNN_SPLIT_STRATIFIED",
                                                          [LANG_ORDER_SHUFFLED] = "MNN_SPLIT_SHUFFLED",
                                                          [LANG_ORDER_LAST] = "MNN_SPLIT_LAST"};

/** Names of columns or classes. */
static void emit_names(emitter *e, const char *array, const char *const *names, int64_t count)
{
    if (names == NULL)
        return;
    cw_blank(&e->w);
    cw_open(&e->w, "static const char *const %s[] =", array);
    for (int64_t i = 0; i < count; i++)
        cw_line(&e->w, "%s,", cw_str(&e->w, names[i]));
    cw_close(&e->w, ";");
}

/** A set of samples that the description has. */
static void emit_source(emitter *e, const char *set, const ir_source *from)
{
    str s = str_new(e->plan->arena);
    if (from->reader == NULL)
        return;
    str_printf(&s, ".reader = \"%s\", .samples = %s", from->reader, cw_str(&e->w, from->samples));
    if (from->labels != NULL)
        str_printf(&s, ", .labels = %s", cw_str(&e->w, from->labels));
    if (from->options[0] != NULL) {
        str_add(&s, ", .options = (const char *const[]){");
        for (const char *const *o = from->options; *o != NULL; o++)
            str_printf(&s, "%s, ", cw_str(&e->w, *o));
        str_add(&s, "NULL}");
    }
    cw_line(&e->w, ".%s = {%s},", set, s.text);
}

static void emit_limit(emitter *e, const char *set, int64_t limit)
{
    if (limit)
        cw_line(&e->w, ".%s_limit = %lld,", set, (long long)limit);
}

static void emit_name_fields(emitter *e)
{
    const ir_data *d = &e->plan->program->data;
    if (d->column_names != NULL)
        cw_line(&e->w, ".column_names = column_names,");
    if (d->class_names != NULL)
        cw_line(&e->w, ".class_names = class_names,");
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
    emit_source(e, "train", &d->train);
    emit_source(e, "test", &d->test);
    emit_source(e, "validation", &d->validation);
    cw_line(&e->w, ".sample_rank = %d,", input->shape.rank);
    cw_line(&e->w, ".sample_dims = %s,", dims_list(e, input->shape));
    cw_line(&e->w, ".sample_size = %lld,", (long long)ir_elements(input->shape));
    if (d->reshape.rank > 0)
        cw_line(&e->w, ".reshapes = true,");
    cw_line(&e->w, ".scale = %s,", cw_f32(&e->w, d->scale));
    if (d->shift != 0)
        cw_line(&e->w, ".shift = %s,", cw_f32(&e->w, d->shift));
    if (ir_normalises_input(p->program->graph))
        cw_line(&e->w, ".normalises = true,");
    cw_line(&e->w, ".label_kind = %s,",
            loss->attr.classes     ? "MNN_LABEL_CLASS"
            : ir_loss_target(loss) ? "MNN_LABEL_INPUT"
                                   : "MNN_LABEL_VALUE");
    cw_line(&e->w, ".classes = %lld,", (long long)loss->attr.classes);
    if (ir_loss_labels(loss->attr.loss.kind) == IR_LABELS_BINARY && d->one_hot == 0)
        cw_line(&e->w, ".threshold = %s,", cw_f64(&e->w, ir_loss_threshold(loss->attr.loss.kind)));
    if (d->validation_split > 0) {
        cw_line(&e->w, ".validation_split = %s,", cw_f64(&e->w, d->validation_split));
        cw_line(&e->w, ".validation_order = %s,", order_names[d->validation_order]);
    }
    emit_limit(e, "train", d->train_limit);
    emit_limit(e, "test", d->test_limit);
    emit_limit(e, "validation", d->validation_limit);
    cw_line(&e->w, ".shuffle = %s,", d->shuffle ? "true" : "false");
    if (d->augment.picture.rank > 0)
        cw_line(&e->w, ".motion = &%s_motion,", plan_c_name(p, p->program->graph->input->layer));
    if (d->augment.noise > 0)
        cw_line(&e->w, ".noise = %s,", cw_f32(&e->w, d->augment.noise));
}

static void emit_train_fields(emitter *e)
{
    const ir_train *t = &e->plan->program->train;
    cw_line(&e->w, ".epochs = %lld,", (long long)t->epochs);
    if (t->shards > 1)
        cw_line(&e->w, ".batch_size = %lld, .shards = %lld,", (long long)t->batch_size, (long long)t->shards);
    else
        cw_line(&e->w, ".batch_size = BATCH,");
    cw_line(&e->w, ".seed = %lluu,", (unsigned long long)t->seed);
    cw_line(&e->w, ".loss_name = %s,", cw_str(&e->w, ir_loss_name(t->loss.kind)));
    cw_line(&e->w, ".optimizer_name = %s,", cw_str(&e->w, optimizer_name(e)));
    cw_line(&e->w, ".learning_rate = %s,", cw_f64(&e->w, t->optimizer.learning_rate));
    if (t->optimizer.schedule.used) {
        cw_line(&e->w, ".schedule_name = \"%s\",", lang_schedules.entries[t->optimizer.schedule.kind].name);
        cw_line(&e->w, ".schedule = schedule,");
        if (t->optimizer.schedule.per_epoch)
            cw_line(&e->w, ".schedule_per_epoch = true,");
    }
    cw_line(&e->w, ".metric_count = %d,", t->metric_count);
    cw_line(&e->w, ".metrics = %s,", t->metric_count ? "metrics" : "NULL");
    if (t->callback_count) {
        cw_line(&e->w, ".callback_count = %d,", t->callback_count);
        cw_line(&e->w, ".callbacks = callbacks,");
    }
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
    if (e->plan->scratch)
        cw_line(&e->w, ".scratch = %lld,", (long long)e->plan->scratch);
    cw_line(&e->w, ".max_workers = MAX_WORKERS,");
    cw_line(&e->w, ".param_count = PARAM_COUNT,");
    if (p->state_count)
        cw_line(&e->w, ".state_count = STATE_COUNT,");
    cw_line(&e->w, ".params = params,");
    cw_line(&e->w, ".grads = grads,");
    if (p->keeps_best)
        cw_line(&e->w, ".best_params = best_params,");
    cw_line(&e->w, ".output_size = %lld,", (long long)ir_elements(output->shape));
    cw_line(&e->w, ".output = workspace + %lld,", (long long)plan_buffer_of(p, output)->offset);
    cw_line(&e->w, ".row_loss = row_loss,");
    if (p->norm_pieces)
        cw_line(&e->w, ".square_count = %lld, .squares = piece_squares,", (long long)p->norm_pieces);
}

void emit_descriptor(emitter *e)
{
    emit_section(e, "model descriptor");
    emit_tables(e);
    emit_names(e, "column_names", e->plan->program->data.column_names, e->plan->program->data.columns);
    emit_names(e, "class_names", e->plan->program->data.class_names, e->plan->program->data.class_count);
    cw_blank(&e->w);
    cw_open(&e->w, "static const mnn_model model =");
    cw_line(&e->w, ".abi = MNN_ABI,");
    cw_line(&e->w, ".name = %s,", cw_str(&e->w, e->plan->program->model_name));
    cw_line(&e->w, ".source = %s,", cw_str(&e->w, e->options->source_name));
    cw_line(&e->w, ".description = \"%s\",", e->options->description);
    emit_data_fields(e);
    emit_name_fields(e);
    emit_train_fields(e);
    emit_memory_fields(e);
    cw_line(&e->w, ".step_count = sizeof steps / sizeof steps[0],");
    cw_line(&e->w, ".steps = steps,");
    if (e->plan->program->train.shards > 1)
        cw_line(&e->w, ".gradient_steps = gradient_steps,");
    cw_line(&e->w, ".lanes = MNN_LANES,");
    cw_line(&e->w, ".peak = mnn_profile_peak,");
    if (e->plan->options.with_reference)
        cw_line(&e->w, ".reference = reference,");
    cw_close(&e->w, ";");
    cw_blank(&e->w);
    cw_line(&e->w, "int main(int argc, char **argv)");
    cw_body(&e->w);
    cw_line(&e->w, "return mnn_main(&model, argc, argv);");
    cw_close(&e->w, "");
}
