/* The trainer: one C file, from the banner to main(). */
#include "emit/ops.h"

#include <string.h>

#include "mnn/abi.h"

static void add_table(emitter *e, str *s)
{
    str_printf(s, "%-26s %-14s %11s %15s %5s\n", "layer", "output", "parameters", "flops a sample", "line");
    for (const ir_layer *l = e->plan->program->graph->layers; l; l = l->next) {
        const char *f = l->activation == LANG_ACTIVATION_LINEAR || strcmp(l->type, "activation") == 0
                            ? ""
                            : text(e, ", %s", ir_activation_name(l->activation));
        const char *line = l->at.source ? text(e, "%d", source_locate(l->at.source, l->at.begin).line) : "";
        str_printf(s, "%-26s %-14s %11s %15s %5s\n", text(e, "%s (%s%s)", l->name, l->type, f), size_text(e, l->shape),
                   thousands(e, l->parameters), thousands(e, l->flops), line);
    }
}

static void emit_banner(emitter *e)
{
    const plan *p = e->plan;
    str s = str_new(p->arena);
    const char *model = p->program->model_name;
    str_printf(&s, "%s: a training program that mnnc %s made from %s.\n", str_printable(p->arena, model, strlen(model)),
               MNN_VERSION, e->options->source_name);
    str_add(&s, "Change the description and not this file.\n\n");
    add_table(e, &s);
    str_printf(&s, "\n%s parameters%s, batches of %s; ", thousands(e, p->param_count),
               p->state_count ? text(e, " and %s numbers of state", thousands(e, p->state_count)) : "",
               thousands(e, p->program->train.batch_size));
    str_printf(&s, "static memory %s bytes (checked below).\n", thousands(e, p->static_bytes));
    str_printf(&s, "gradcheck takes another %s bytes.\n\n", thousands(e, p->reference_bytes));
    str_add(&s, "Every worker runs the functions below side by side. Work is cut into pieces by the shapes,\n"
                "each done by one worker, and sums run in a fixed order: any number of workers\n"
                "computes the same bits. Images are NHWC, matrices row-major.");
    cw_comment(&e->w, "%s", s.text);
}

static void emit_includes(emitter *e)
{
    cw_line(&e->w, "#include <math.h>");
    cw_line(&e->w, "#include <string.h>");
    cw_blank(&e->w);
    cw_line(&e->w, "#include <mnn/mnn.h>");
    if (e->options->profile)
        cw_line(&e->w, "#include <mnn/profile.h>");
    cw_blank(&e->w);
    cw_line(&e->w, "#if MNN_ABI != %d", MNN_ABI);
    cw_line(&e->w, "#error \"this file was made for another version of libmnn: run mnnc again\"");
    cw_line(&e->w, "#endif");
}

static void emit_sizes(emitter *e)
{
    const plan *p = e->plan;
    cw_blank(&e->w);
    cw_open(&e->w, "enum");
    cw_line(&e->w, "BATCH = %lld, /* rows of a full batch */", (long long)p->program->train.batch_size);
    cw_line(&e->w, "PARAM_COUNT = %lld,", (long long)p->param_count);
    if (p->state_count)
        cw_line(&e->w, "STATE_COUNT = %lld, /* behind the parameters: what is kept but not trained */",
                (long long)p->state_count);
    cw_line(&e->w, "WORKSPACE = %lld, /* floats */", (long long)p->workspace);
    if (p->scratch)
        cw_line(&e->w, "SCRATCH = %lld, /* floats a worker */", (long long)p->scratch);
    cw_line(&e->w, "MAX_WORKERS = %d", p->max_workers);
    cw_close(&e->w, ";");
}

/** What an array of whole numbers holds. */
static const char *index_comment(emitter *e, const plan_buffer *b)
{
    if (b != e->plan->lists)
        return text(e, "%s: which of its window was the largest", dims_of(e, b->value));
    return text(e, "of every %d rows: how many inputs are not all 0, and which", PLAN_SKIP_ROWS);
}

static void emit_arrays(emitter *e)
{
    const plan *p = e->plan;
    str sum = str_new(p->arena);
    cw_blank(&e->w);
    cw_comment(&e->w, "All the memory there is.");
    cw_line(&e->w, "static _Alignas(64) float params[PARAM_COUNT%s];", p->state_count ? " + STATE_COUNT" : "");
    cw_line(&e->w, "static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */");
    str_add(&sum, "sizeof params + sizeof grads");
    for (int i = 0; i < p->slot_count; i++) {
        cw_line(&e->w, "static _Alignas(64) float %s[PARAM_COUNT];", optimizer_array(e, i));
        str_printf(&sum, " + sizeof %s", optimizer_array(e, i));
    }
    if (p->keeps_best) {
        cw_line(&e->w, "static _Alignas(64) float best_params[PARAM_COUNT%s]; /* early_stopping: of the best epoch */",
                p->state_count ? " + STATE_COUNT" : "");
        str_add(&sum, " + sizeof best_params");
    }
    cw_line(&e->w, "static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */");
    str_add(&sum, " + sizeof workspace");
    if (p->scratch) {
        cw_line(&e->w, "static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];");
        str_add(&sum, " + sizeof scratch");
    }
    for (const plan_buffer *b = p->buffers; b; b = b->next)
        if (b->used && b->array == PLAN_INDEX) {
            cw_line(&e->w, "static %s %s[%lld]; /* %s */", b->c_type, b->c_name, (long long)plan_elements(p, b),
                    index_comment(e, b));
            str_printf(&sum, " + sizeof %s", b->c_name);
        }
    cw_line(&e->w, "static float row_loss[BATCH];");
    str_add(&sum, " + sizeof row_loss");
    if (p->norm_pieces) {
        cw_line(&e->w, "static double piece_squares[%lld]; /* of the gradients, to clip them */",
                (long long)p->norm_pieces);
        str_add(&sum, " + sizeof piece_squares");
    }
    cw_blank(&e->w);
    cw_line(&e->w, "_Static_assert(%s == %lld, \"the memory that the banner names\");", sum.text,
            (long long)p->static_bytes);
}

static void emit_name(emitter *e, const plan_buffer *b, const char *base)
{
    cw_line(&e->w, "static float *const %s = %s + %lld; /* %s */", b->c_name, base, (long long)b->offset,
            b->value ? dims_of(e, b->value) : "partial sums");
}

static void emit_names(emitter *e, plan_array array, const char *base)
{
    for (const plan_buffer *b = e->plan->buffers; b; b = b->next)
        if (b->used && b->array == array)
            emit_name(e, b, base);
}

static void emit_storage(emitter *e)
{
    emit_arrays(e);
    cw_blank(&e->w);
    cw_comment(&e->w, "Parameters.");
    emit_names(e, PLAN_PARAMS, "params");
    if (e->plan->state_count) {
        cw_blank(&e->w);
        cw_comment(&e->w, "State, which follows the batches and is used in prediction.");
        emit_names(e, PLAN_STATE, "params");
    }
    cw_blank(&e->w);
    cw_comment(&e->w, "Gradients of the mean loss with respect to them.");
    for (const plan_buffer *b = e->plan->buffers; b; b = b->next)
        if (b->array == PLAN_PARAMS)
            emit_name(e, plan_buffer_of(e->plan, b->value->gradient), "grads");
    cw_blank(&e->w);
    cw_comment(&e->w, "What a step computes, one row a sample. A gradient is taken before the layer's activation.");
    emit_names(e, PLAN_WORKSPACE, "workspace");
    emit_profile_storage(e);
}

static emit_step *writer_of(const plan_step *s)
{
    const emit_op *op = &emit_ops[s->op->code];
    emit_step *const writers[] = {[PLAN_FORWARD_SUMS] = op->forward_sums,
                                  [PLAN_FORWARD_TOTALS] = op->forward_totals,
                                  [PLAN_FORWARD_PRODUCTS] = op->forward_products,
                                  [PLAN_FORWARD] = op->forward,
                                  [PLAN_BACKWARD_SUMS] = op->backward_sums,
                                  [PLAN_BACKWARD_TOTALS] = op->backward_totals,
                                  [PLAN_BACKWARD] = op->backward,
                                  [PLAN_BACKWARD_PARAMETERS] = op->gradients};
    return writers[s->part];
}

static void emit_functions(emitter *e)
{
    const char *title = NULL;
    for (const plan_step *s = e->plan->steps; s; s = s->next) {
        const char *section = s->op->direction == IR_FORWARD        ? "forward"
                              : s->part == PLAN_BACKWARD_PARAMETERS ? "gradients of the parameters"
                                                                    : "backward";
        if (!title || strcmp(title, section) != 0)
            emit_section(e, section);
        title = section;
        writer_of(s)(e, s);
        if (emit_predicts(e, s))
            emit_ops[s->op->code].predict(e, s);
    }
}

static void emit_calls(emitter *e, bool training, bool loss_only)
{
    bool first = true, barrier = false;
    if (training)
        emit_profile_lap(e, "MNN_LAP_OTHER");
    for (const plan_step *s = e->plan->steps; s; s = s->next) {
        const bool is_loss = ir_is_row_loss(s->op);
        /* memory is shared by stretches between barriers, so one before a step that is left out counts */
        barrier = barrier || s->barrier;
        const bool predicts = s->part == PLAN_FORWARD || s->part == PLAN_FORWARD_PRODUCTS;
        if (!training && (!predicts || is_loss != loss_only))
            continue;
        if (barrier && !first) {
            cw_line(&e->w, "mnn_barrier(worker);");
            if (training)
                emit_profile_lap(e, "MNN_LAP_BARRIER");
        }
        first = barrier = false;
        if (!training && emit_predicts(e, s))
            cw_line(&e->w, "%s(worker, %s);", prediction_name(e, s), s->op->code == IR_INPUT ? "batch" : "batch->rows");
        else
            cw_line(&e->w, "%s(worker, %s);", s->c_name, s->needs_batch ? "batch" : "batch->rows");
        if (training)
            emit_profile_lap(e, profile_place(e, s));
    }
}

static void emit_line(emitter *e, const char *name, const char *comment, bool training, bool loss_only)
{
    cw_blank(&e->w);
    cw_comment(&e->w, "%s", comment);
    cw_line(&e->w, "static void %s(const mnn_worker *worker, const mnn_batch *batch)", name);
    cw_body(&e->w);
    emit_calls(e, training, loss_only);
    cw_close(&e->w, "");
}

/** update_state(): nothing to write where there is no state. */
static void emit_state(emitter *e)
{
    if (!e->plan->state_count)
        return;
    cw_blank(&e->w);
    cw_comment(&e->w, "The state follows what gradients() has left of the batch.");
    cw_line(&e->w, "static void update_state(const mnn_worker *worker)");
    cw_body(&e->w);
    cw_line(&e->w, "if (worker->index != 0)");
    cw_line(&e->w, "    return;");
    for (const plan_step *s = e->plan->steps; s; s = s->next)
        if (s->part == PLAN_FORWARD && emit_ops[s->op->code].update_state)
            emit_ops[s->op->code].update_state(e, s);
    cw_close(&e->w, "");
}

static void emit_straight_line(emitter *e)
{
    emit_section(e, "the straight line");
    emit_line(e, "forward", "Prediction.", false, false);
    emit_line(e, "losses", "The loss of every row, after forward().", false, true);
    emit_line(e, "gradients", "A training step but for the update. Workers wait where one reads what another wrote.",
              true, false);
    emit_schedule(e);
    emit_update(e);
    emit_state(e);
}

const char *emit_trainer(const plan *p, const emit_options *options)
{
    emitter e = {cw_new(p->arena), p, options};
    emit_banner(&e);
    emit_includes(&e);
    emit_sizes(&e);
    emit_storage(&e);
    emit_functions(&e);
    emit_straight_line(&e);
    emit_section(&e, "the same network once more, to check the gradients against");
    emit_reference_network(&e);
    emit_descriptor(&e);
    return e.w.unwritable ? NULL : e.w.out.text;
}
