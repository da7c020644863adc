/* dropout, where its nest says nothing: prediction, and the random values of the double reference. */
#include "emit/ops.h"

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
    const long long size = ir_elements(op->output[0]->shape);
    cw_line(&e->w, "double *uniform = (double *)%s[row];", array);
    cw_line(&e->w, "const uint64_t block = (batch->step * %lld + (uint64_t)(batch->first_row + row)) * %lld;",
            (long long)e->plan->program->train.batch_size, (size + 3) / 4);
    cw_open(&e->w, "for (int j = 0; j < %lld; j += MNN_RANDOM_WORDS)", size);
    cw_line(&e->w, "uint32_t bits[MNN_RANDOM_WORDS];");
    cw_line(&e->w, "mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + %d, 0, block + (uint64_t)(j / 4), bits);",
            op->attr.stream);
    cw_line(&e->w, "for (int k = 0; k < mnn_min(MNN_RANDOM_WORDS, %lld - j); k++)", size);
    cw_line(&e->w, "    uniform[j + k] = (double)mnn_uniform(bits[k]);");
    cw_close(&e->w, "");
}
