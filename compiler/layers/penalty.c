/* penalty: the regularizers of all parameters, added to the loss of every sample; its cost is per step and not per
 * sample */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/shape.h"

/** The sum over one parameter. */
static nest_tensor *penalty_of(layer_nests *b, const ir_value *v)
{
    nest *t = nest_begin(b->graph, NEST_SUM);
    const int64_t size = ir_elements(v->shape);
    NEST_LOAD(t, "w", nests_as(b, v, 1, &size), nest_reduced(t, "j", size));
    nest_name(t, "l1", v->regularizer.l1);
    nest_name(t, "l2", v->regularizer.l2);
    return nest_end(t, "penalty",
                    v->regularizer.l1 == 0   ? "l2 * w * w"
                    : v->regularizer.l2 == 0 ? "l1 * abs(w)"
                                             : "l1 * abs(w) + l2 * w * w");
}

static void nests(layer_nests *b, const ir_op *op)
{
    (void)op;
    nest_tensor *total = NULL;
    for (const ir_value *v = b->program->graph->values; v; v = v->next) {
        if (v->kind != IR_VALUE_PARAMETER || !ir_is_penalty(v->regularizer))
            continue;
        nest_tensor *one = penalty_of(b, v);
        if (total) {
            nest *t = nest_begin(b->graph, NEST_MAP);
            nest_load_at(t, "total", total, NULL);
            nest_load_at(t, "penalty", one, NULL);
            one = nest_end(t, "total", "total + penalty");
        }
        total = one;
    }
    nest *t = nest_begin(b->graph, NEST_MAP);
    const nest_index n = nest_free(t, "n", NEST_ROWS);
    NEST_LOAD(t, "loss", b->losses, n);
    nest_load_at(t, "penalty", total, NULL);
    b->losses = nest_end(t, "out", "loss + penalty");
}

const layer_kind layer_penalty = {.shape = shape_scalar, .nests = nests};
