/* Where every value lies: in the caller's memory, or in the working memory, where what is not needed at the same
 * time shares its place. */
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

/** The list of inputs that are not 0 is needed by one operation at a time; its last entry is its end. */
static void count_places(network *n)
{
    for (const net_op *op = n->ops; op && !n->options.quantized; op = op->next)
        if (ir_has(op->code, IR_CONNECTS) && op->input[0]->has_zeros && op->input[0]->elements + 1 > n->places)
            n->places = op->input[0]->elements + 1;
}

void net_memory(network *n)
{
    place_ends(n);
    find_lives(n);
    count_places(n);
    plan_places places = plan_places_new(n->arena, (size_t)n->op_count);
    for (net_op *op = n->ops; op; op = op->next) {
        net_value *v = op->output;
        if (v->place != NET_WORK)
            continue;
        const int64_t size = aligned(v->elements);
        v->offset = plan_first_fit(&places, size, v->first, v->last);
        plan_place(&places, (plan_interval){v->offset, size, v->first, v->last});
        /* behind the last one nobody needs the room of its alignment */
        if (v->offset + v->elements > n->work)
            n->work = v->offset + v->elements;
    }
}
