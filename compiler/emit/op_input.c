/* input: converts values of the data set to floats of the batch; in training also applies the augmentation. */
#include "emit/ops.h"

/* Samples lie anywhere in memory: so many rows before it is needed, one is fetched into the cache. */
enum { ROWS_AHEAD = 4 };

static const ir_data *data_of(const emitter *e)
{
    return &e->plan->program->data;
}

/** "x * scale + shift" with what is not needed left out. */
static const char *scaled(emitter *e, const char *x)
{
    const ir_data *data = data_of(e);
    const bool scales = (float)data->scale != 1.0f, shifts = (float)data->shift != 0.0f;
    const char *scale = cw_f32(&e->w, data->scale), *shift = cw_f32(&e->w, data->shift);
    if (scales && shifts)
        return emit_text(e, "mnn_fma(%s, %s, %s)", x, scale, shift);
    return scales ? emit_text(e, "%s * %s", x, scale) : shifts ? emit_text(e, "%s + %s", x, shift) : x;
}

/* --- a sample ----------------------------------------------------------------------------------------- */

/** The function that both forms of the forward step call for every row. */
static void emit_sample(emitter *e, const ir_op *op)
{
    const long long size = ir_elements(op->output[0]->shape);
    const char *name = plan_c_name(e->plan, op->layer);
    cw_blank(&e->w);
    cw_comment(&e->w,
               "%s: the sample of a row, x * scale + shift: out[%s]\n"
               "The data set is stored as bytes, as in the file, or as floats",
               op->layer, emit_size_text(e, op->output[0]->shape));
    cw_line(&e->w, "static void %s_sample(const mnn_batch *batch, int row, float *out)", name);
    cw_body(&e->w);
    cw_line(&e->w, "const size_t at = (size_t)batch->index[row] * %lld;", size);
    cw_open(&e->w, "if (batch->images)");
    cw_line(&e->w, "const uint8_t *pixel = batch->images + at;");
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", size);
    cw_line(&e->w, "    out[j] = %s;", scaled(e, "(float)pixel[j]"));
    cw_close(&e->w, " else {");
    cw_indent(&e->w);
    cw_line(&e->w, "const float *value = batch->inputs + at;");
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", size);
    cw_line(&e->w, "    out[j] = %s;", scaled(e, "value[j]"));
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

static bool moves(const emitter *e)
{
    return data_of(e)->augment.picture.rank > 0;
}

static const char *const flip_words[] = {NULL, "horizontally", "vertically", "horizontally and vertically"};

/** "rotated by up to 10 degrees, zoomed by up to 0.1, shifted by up to 2 pixels, with noise of 0.05" */
static const char *changes(emitter *e)
{
    const ir_augment *a = &data_of(e)->augment;
    str s = str_new(e->plan->arena);
    if (a->flip)
        str_printf(&s, ", mirrored %s", flip_words[a->flip]);
    if (a->rotate > 0)
        str_printf(&s, ", rotated by up to %s degrees", cw_f64(&e->w, a->rotate));
    if (a->zoom > 0)
        str_printf(&s, ", zoomed by up to %s", cw_f64(&e->w, a->zoom));
    if (a->shift > 0)
        str_printf(&s, ", shifted by up to %s pixels", cw_f64(&e->w, a->shift));
    if (a->noise > 0)
        str_printf(&s, "%s with noise of standard deviation %s", moves(e) ? ",\n   " : ",", cw_f64(&e->w, a->noise));
    return s.text + 2;
}

static void emit_motion(emitter *e, const ir_op *op)
{
    static const char *const fills[] = {"MNN_FILL_CONSTANT", "MNN_FILL_NEAREST", "MNN_FILL_REFLECT"};
    const ir_augment *a = &data_of(e)->augment;
    cw_blank(&e->w);
    cw_comment(&e->w, "%s: limits of the random motion of an image in training", op->layer);
    cw_open(&e->w, "static const mnn_motion %s_motion =", plan_c_name(e->plan, op->layer));
    cw_line(&e->w, ".height = %lld, .width = %lld, .channels = %lld,", (long long)a->picture.dim[0],
            (long long)a->picture.dim[1], (long long)a->picture.dim[2]);
    cw_line(&e->w, ".rotate = %s, /* degrees */", cw_f32(&e->w, a->rotate));
    cw_line(&e->w, ".zoom = %s,", cw_f32(&e->w, a->zoom));
    cw_line(&e->w, ".shift = %s, /* pixels */", cw_f32(&e->w, a->shift));
    cw_line(&e->w, ".outside = %s,", cw_f32(&e->w, a->outside));
    if (a->fill)
        cw_line(&e->w, ".fill = %s,", fills[a->fill]);
    if (a->flip)
        cw_line(&e->w, ".flip = %u, /* %s */", a->flip, flip_words[a->flip]);
    cw_close(&e->w, ";");
}

/** What comes between the sample and the network: from `in` (moved) to `out`. */
static void emit_changes(emitter *e, const ir_op *op, const char *row, const char *in, const char *out)
{
    if (moves(e))
        cw_line(&e->w, "mnn_augment_move(&%s_motion, batch, %s, %s, %s);", plan_c_name(e->plan, op->layer), row, in,
                out);
    if (data_of(e)->augment.noise > 0)
        cw_line(&e->w, "mnn_augment_noise(%s, batch, %s, %lld, %s);", cw_f32(&e->w, data_of(e)->augment.noise), row,
                (long long)ir_elements(op->output[0]->shape), out);
}

/* --- forward ------------------------------------------------------------------------------------------ */

/** Note where the rows of a piece are not 0. */
static void emit_lists(emitter *e, const ir_op *op)
{
    const long long size = ir_elements(op->output[0]->shape);
    const char *lists = emit_lists_of(e);
    cw_line(&e->w, "for (int i = first; mnn_skips(batch) && i < first + n; i += %d)", PLAN_SKIP_ROWS);
    cw_line(&e->w, "    %s[i / %d * %lld] = (uint16_t)mnn_list_columns(mnn_min(%d, first + n - i), %lld,", lists,
            PLAN_SKIP_ROWS, size + 2, PLAN_SKIP_ROWS, size);
    cw_line(&e->w, "        %s + i * %lld, %lld, %s + i / %d * %lld + 1);", emit_name_of(e, op->output[0]), size, size,
            lists, PLAN_SKIP_ROWS, size + 2);
}

static void emit_rows(emitter *e, const plan_step *s, bool training)
{
    const ir_op *op = s->op;
    const bool moved = training && moves(e);
    emit_open_rows(e);
    if (moved)
        cw_line(&e->w, "float *sample = task->scratch;");
    cw_open(&e->w, "for (int i = first; i < first + n; i++)");
    cw_line(&e->w, "mnn_prefetch(batch, i + %d, %lld);", ROWS_AHEAD, (long long)ir_elements(op->output[0]->shape));
    cw_line(&e->w, "float *out = %s + i * %lld;", emit_name_of(e, op->output[0]),
            (long long)ir_elements(op->output[0]->shape));
    cw_line(&e->w, "%s_sample(batch, i, %s);", plan_c_name(e->plan, op->layer), moved ? "sample" : "out");
    if (training)
        emit_changes(e, op, "i", "sample", "out");
    cw_close(&e->w, "");
    if (s->skips)
        emit_lists(e, op);
    cw_close(&e->w, "");
}

void emit_input_forward(emitter *e, const plan_step *s)
{
    const char *out = emit_dims_of(e, s->op->output[0]);
    const bool augments = ir_augments(data_of(e));
    emit_sample(e, s->op);
    if (moves(e))
        emit_motion(e, s->op);
    if (augments)
        emit_open_function(e, s, "out%s = the samples of the batch,\n    %s", out, changes(e));
    else
        emit_open_function(e, s, "out%s = the samples of the batch", out);
    emit_rows(e, s, augments);
}

void emit_input_predict(emitter *e, const plan_step *s)
{
    emit_open_function(e, s, "out%s = the samples unchanged", emit_dims_of(e, s->op->output[0]));
    emit_rows(e, s, false);
}

/* --- the double reference ----------------------------------------------------------------------------- */

void emit_input_extern(emitter *e, const ir_op *op, const char *array)
{
    const long long size = ir_elements(op->output[0]->shape);
    const char *changed = moves(e) ? "changed" : "sample";
    cw_line(&e->w, moves(e) ? "static float sample[%lld], changed[%lld];" : "static float sample[%lld];", size, size);
    cw_line(&e->w, "double *out = (double *)%s[row];", array);
    cw_line(&e->w, "%s_sample(batch, row, sample);", plan_c_name(e->plan, op->layer));
    if (ir_augments(data_of(e)))
        emit_changes(e, op, "row", "sample", changed);
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", size);
    cw_line(&e->w, "    out[j] = (double)%s[j];", changed);
}
