/* Operations that belong into one function: see fuse() in passes.h. */
#include "passes/passes.h"

static void replace_output(ir_op *op, const ir_value *old, ir_value *new)
{
    for (int i = 0; i < op->output_count; i++)
        if (op->output[i] == old) {
            op->output[i] = new;
            new->producer = op;
        }
}

/** Take the index that the backward pooling read into the convolution's backward operation. */
static void join_pool_backward(ir_graph *g, ir_op *conv, const ir_op *pool)
{
    ir_op *back = conv->backward;
    for (int i = 0; i < back->input_count; i++)
        if (back->input[i] == pool->backward->output[0])
            ir_set_input(back, i, pool->backward->input[0]);
    ir_add_input(back, ir_output_of_kind(pool, IR_VALUE_INDEX, 0));
    back->attr.fused_pool = true;
    back->attr.pool = conv->attr.pool;
    ir_remove(g, pool->backward);
}

/** conv2d -> maxpool2d: the full-size result and its gradient exist for one image at a time only. */
static void join_pool(ir_graph *g, ir_op *conv, ir_op *pool)
{
    conv->attr.fused_pool = true;
    conv->attr.pool = pool;
    replace_output(conv, conv->output[0], pool->output[0]);
    ir_value *index = ir_output_of_kind(pool, IR_VALUE_INDEX, 0);
    ir_add_output(conv, index);
    join_pool_backward(g, conv, pool);
    ir_remove(g, pool);
}

/** An operation -> f: applied as its result is stored. Its argument is kept beside the result if the derivative is a
 * function of it. */
static void join_activation(ir_graph *g, ir_op *op, ir_op *activation)
{
    ir_value *z = op->output[0];
    op->attr.activation = activation->attr.activation;
    replace_output(op, z, activation->output[0]);
    if (ir_derivative_takes_input(activation->attr.activation))
        ir_add_output(op, z);
    ir_remove(g, activation);
}

/** The derivative of f goes to the operation that computes the gradient of f's result (seen through views). */
static void join_derivative(ir_graph *g, ir_op *maker, ir_op *derivative)
{
    maker->attr.gradient_activation = derivative->attr.activation;
    maker->attr.gradient_point = derivative->input[1];
    replace_output(derivative->input[0]->producer, derivative->input[0], derivative->output[0]);
    ir_add_input(maker, maker->attr.gradient_point);
    ir_remove(g, derivative);
}

/** softmax or sigmoid -> its crossentropy: the gradient of the logits is p - y, without the derivative of
 *  either. */
static void join_probabilities(ir_graph *g, ir_op *activation, ir_op *loss)
{
    loss->attr.from_logits = loss->backward->attr.from_logits = true;
    ir_set_input(loss, 0, activation->input[0]);
    replace_output(loss->backward, activation->output[0]->gradient, activation->backward->output[0]);
    ir_remove(g, activation->backward);
}

/** Whether an activation makes the probabilities of the crossentropy that follows it. */
static bool makes_probabilities(const ir_op *op)
{
    const ir_op *loss = ir_only_reader(op, op->output[0]);
    return ir_is_map(op) && op->backward && loss && loss->code == IR_LOSS && loss->input[0] == op->output[0] &&
           ir_loss_activation(loss->attr.loss.kind) == op->attr.activation.kind;
}

static bool is_elementwise(const ir_op *op)
{
    return ir_is_map(op) && op->attr.activation.kind != LANG_ACTIVATION_SOFTMAX;
}

static void fuse_forward(ir_graph *g)
{
    for (ir_op *op = g->first; op; op = op->next) {
        ir_op *next = op->direction == IR_FORWARD ? ir_only_reader(op, op->output[0]) : NULL;
        if (!next)
            continue;
        if (ir_takes_pool(op->code, op->attr.activation, next) && op->backward && next->backward) {
            join_pool(g, op, next);
            next = ir_only_reader(op, op->output[0]);
        }
        if (ir_has(op->code, IR_TAKES_ACTIVATION) && next && is_elementwise(next) &&
            (ir_has(op->code, IR_KEEPS_ARGUMENT) || !ir_derivative_takes_input(next->attr.activation)) &&
            !makes_probabilities(next))
            join_activation(g, op, next);
        else if (makes_probabilities(op))
            join_probabilities(g, op, next);
    }
}

/** The operation that computes the gradient (views seen through), or NULL if others read it too. */
static ir_op *only_maker(const ir_value *gradient)
{
    while (ir_consumers(gradient, IR_BACKWARD) == 1) {
        if (!ir_is_view(gradient->producer))
            return gradient->producer;
        gradient = gradient->producer->input[0];
    }
    return NULL;
}

static void fuse_backward(ir_graph *g)
{
    ir_op *after;
    for (ir_op *op = g->first; op; op = after) {
        after = op->next;
        if (op->direction != IR_BACKWARD || !is_elementwise(op))
            continue;
        ir_op *maker = only_maker(op->input[0]);
        if (maker && maker->attr.gradient_activation.kind == LANG_ACTIVATION_LINEAR &&
            !ir_output_of_kind(maker, IR_VALUE_GRADIENT, 1))
            join_derivative(g, maker, op);
    }
}

bool fuse(ir_context *cx)
{
    fuse_forward(cx->program->graph);
    fuse_backward(cx->program->graph);
    return true;
}
