/* The address of every value: in the caller's memory, or in the working memory, where values that are not needed at the
 * same time share offsets. */
#include "deploy/network.h"

#include "plan/place.h"

enum { ALIGNMENT = 16 }; /* floats: a cache line of the caller's buffer, if that begins at one */

/** The output is made in the caller's array, where there is one. */
static void place_ends(network *n)
{
    n->output->place = n->options.argmax_only && !n->options.quantized ? NET_WORK : NET_OUTPUT;
    if (!ir_has(n->ops->code, IR_STARTS))
        n->input->place = NET_INPUT;
    if (n->options.argmax_only && n->options.quantized)
        n->scores = n->output->elements;
}

static void find_lives(network *n)
{
    int number = 0;
    for (net_op *op = n->ops; op; op = op->next, number++) {
        op->output->first = op->output->last = number;
        for (int i = 0; i < op->input_count; i++)
            op->input[i]->last = number;
    }
    n->output->last = number;
    n->op_count = number;
}

static int64_t aligned(int64_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void place(network *n, plan_places *places, net_value *v)
{
    const int64_t size = aligned(v->elements);
    v->offset = plan_first_fit(places, size, v->first, v->last);
    plan_place(places, (plan_interval){v->offset, size, v->first, v->last});
    /* after the last one nobody needs the room of its alignment */
    if (v->offset + v->elements > n->work)
        n->work = v->offset + v->elements;
}

void net_memory(network *n)
{
    place_ends(n);
    find_lives(n);
    size_t values = 0;
    for (const net_op *op = n->ops; op; op = op->next)
        values += 1 + (size_t)op->scratch_count;
    plan_places places = plan_places_new(n->arena, values);
    for (net_op *op = n->ops; op; op = op->next) {
        if (op->output->place == NET_WORK)
            place(n, &places, op->output);
        for (int i = 0; i < op->scratch_count; i++) {
            op->scratch[i].first = op->scratch[i].last = op->output->first;
            place(n, &places, &op->scratch[i]);
        }
    }
}
