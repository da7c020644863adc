/* The phases, and questions about a network. */
#include "deploy/network.h"

#include <math.h>

#include "support/checked.h"

static const ir_op *loss_of(const ir_program *p)
{
    const ir_op *op = p->graph->written;
    while (op->code != IR_LOSS)
        op = op->next;
    return op;
}

net_input net_input_of(const ir_program *p)
{
    return (float)p->data.scale != 1.0f || (float)p->data.shift != 0.0f ? NET_BYTES : NET_FLOATS;
}

bool net_has_classes(const ir_program *p)
{
    return loss_of(p)->attr.classes > 0;
}

network *net_make(arena *a, const plan *p, float *const *weights, const net_options *options)
{
    network *n = ARENA_NEW(a, network);
    const ir_op *loss = loss_of(p->program);
    n->arena = a;
    n->plan = p;
    n->options = *options;
    n->weights = weights;
    n->classes = loss->attr.classes;
    n->threshold = ir_loss_threshold(loss->attr.loss.kind);
    net_build(n, weights);
    net_add_nests(n);
    if (!options->quantized)
        net_add_functions(n);
    net_memory(n);
    if (options->quantized)
        net_add_nests(n);
    return n;
}

float net_norm_epsilon(const ir_data *data, const ir_op *norm)
{
    return (float)(norm->attr.epsilon / (data->scale * data->scale));
}

const net_tensor *net_not_finite(const network *n, int64_t *element)
{
    for (const net_tensor *t = n->tensors; t; t = t->next)
        for (*element = 0; *element < t->elements; ++*element)
            if (!isfinite(t->data[*element]))
                return t;
    return NULL;
}

int net_place_bytes(const network *n)
{
    return n->places - 1 <= UINT16_MAX ? 2 : 4;
}

int64_t net_work_bytes(const network *n)
{
    /* int32 precede the bytes in one struct */
    if (n->options.quantized)
        return n->scores ? 4 * n->scores + (n->work + 3) / 4 * 4 : n->work;
    /* the list follows the floats in one struct */
    const int64_t places = n->places * net_place_bytes(n);
    return 4 * n->work + (places + 3) / 4 * 4;
}

int64_t net_integer_bytes(const net_op *op)
{
    const net_integers *q = op->integers;
    int64_t bytes = op->table ? NET_TABLE : op->power ? NET_TABLE * (int64_t)sizeof *op->power : 0;
    if (q && q->kernel) /* a layernorm without gamma has one weight an output too */
        bytes += (op->kernel ? op->kernel->elements : q->outputs) + q->outputs * (int64_t)sizeof *q->bias;
    /* one pair alone is in the code */
    if (q && (q->kernel || q->outputs > 1))
        bytes += q->outputs * (int64_t)(sizeof *q->multiplier + sizeof *q->shift);
    if (op->entry && op->entry->count > 1)
        bytes += op->entry->count * (int64_t)(sizeof *op->entry->factor + sizeof *op->entry->offset);
    return bytes;
}

int64_t net_weight_bytes(const network *n)
{
    int64_t bytes = 0;
    for (const net_op *op = n->ops; op && n->options.quantized; op = op->next)
        bytes += net_integer_bytes(op);
    for (const net_tensor *t = n->tensors; t && !n->options.quantized; t = t->next)
        bytes = saturating_add(bytes, 4 * t->elements);
    return bytes;
}
