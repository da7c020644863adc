/* dropout: zeroes a random fraction of the values in training and scales the rest. */
#include "emit/ops.h"

/** Uniform random numbers, a function of (seed, layer, step, row, element).
 *  @param each  a statement for element j + k, whose random value is mnn_uniform(bits[k]) */
static void emit_random(emitter *e, const ir_op *op, const char *row, const char *each)
{
    const long long size = ir_elements(op->output[0]->shape), blocks = (size + 3) / 4;
    cw_line(&e->w, "const uint64_t block = (batch->step * %lld + (uint64_t)(batch->first_row + %s)) * %lld;",
            (long long)e->plan->program->train.batch_size, row, blocks);
    cw_open(&e->w, "for (int j = 0; j < %lld; j += MNN_RANDOM_WORDS)", size);
    cw_line(&e->w, "uint32_t bits[MNN_RANDOM_WORDS];");
    cw_line(&e->w, "mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + %d, 0, block + (uint64_t)(j / 4), bits);",
            op->attr.stream);
    cw_line(&e->w, "for (int k = 0; k < %s; k++)",
            size % 64 ? emit_text(e, "mnn_min(MNN_RANDOM_WORDS, %lld - j)", size) : "MNN_RANDOM_WORDS");
    cw_line(&e->w, "    %s", each);
    cw_close(&e->w, "");
}

/** out = in * mask */
static void emit_mask(emitter *e, const ir_op *op)
{
    emit_random(e, op, "i",
                emit_text(e, "out[j + k] = mnn_uniform(bits[k]) < %s ? 0.0f : in[j + k] * %s;",
                          cw_f32(&e->w, op->attr.rate), cw_f32(&e->w, 1.0 / (1.0 - op->attr.rate))));
}

static void emit_rows(emitter *e, const plan_step *s, const ir_value *from, const ir_value *to)
{
    const long long size = ir_elements(to->shape);
    emit_open_rows(e);
    cw_open(&e->w, "for (int i = first; i < first + n; i++)");
    cw_line(&e->w, "const float *in = %s + i * %lld;", emit_name_of(e, from), size);
    cw_line(&e->w, "float *out = %s + i * %lld;", emit_name_of(e, to), size);
    emit_mask(e, s->op);
    if (s->part == PLAN_BACKWARD)
        emit_fused_derivative(e, s, emit_text(e, "i * %lld", size), emit_text(e, "%lld", size));
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

void emit_dropout_forward(emitter *e, const plan_step *s)
{
    emit_open_function(e, s, "out%s = 0 with probability %s, else in * %s", emit_dims_of(e, s->op->output[0]),
                       cw_f64(&e->w, s->op->attr.rate), cw_f64(&e->w, 1.0 / (1.0 - s->op->attr.rate)));
    emit_rows(e, s, s->op->input[0], s->op->output[0]);
}

void emit_dropout_backward(emitter *e, const plan_step *s)
{
    emit_open_function(e, s, "dx%s = dy with the same mask as forward", emit_dims_of(e, s->op->output[0]));
    emit_rows(e, s, s->op->input[0], s->op->output[0]);
}

void emit_dropout_predict(emitter *e, const plan_step *s)
{
    const ir_value *in = s->op->input[0], *out = s->op->output[0];
    const long long size = ir_elements(out->shape);
    emit_open_function(e, s, "out%s = in: nothing is dropped", emit_dims_of(e, out));
    emit_open_rows(e);
    cw_line(&e->w, "memcpy(%s, %s, (size_t)n * %lld * sizeof(float));", emit_rows_of(e, out), emit_rows_of(e, in),
            size);
    cw_close(&e->w, "");
}

void emit_dropout_extern(emitter *e, const ir_op *op, const char *array)
{
    cw_line(&e->w, "double *uniform = (double *)%s[row];", array);
    emit_random(e, op, "row", "uniform[j + k] = (double)mnn_uniform(bits[k]);");
}
