/* The passes between sema and plan/. */
#ifndef MNNC_PASSES_PASSES_H
#define MNNC_PASSES_PASSES_H

#include "ir/context.h"

/** Infer the shape of every value and add the parameters, whose shapes follow.
 *  needs   IR_RESOLVED
 *  leaves  IR_SHAPED: shapes on every value, graph->layers, graph->written
 *  errors  at the first operation that does not fit its input (later operations cannot be checked)
 *  @return false if anything was reported */
bool infer_shapes(ir_context *cx);

/** Report the errors of infer_shapes() in the layers, not in the loss, of a program whose train block has errors. */
void check_shapes(ir_context *cx);

/** Report layers that have no effect or spoil others as warnings.
 *  needs   IR_SHAPED, the operations as written
 *  leaves  the graph unchanged */
bool advise(ir_context *cx);

/** Reorder and lower operations to the cheapest equivalent, without changing any result.
 *  needs   IR_SHAPED
 *  leaves  IR_SIMPLIFIED: maxpool2d precedes the activation that it followed; a conv2d with one group per channel is a
 *  depthwise_conv2d (graph->written keeps the conv2d) */
bool simplify(ir_context *cx);

/** Append the backward operations.
 *  needs   IR_SIMPLIFIED
 *  leaves  IR_DIFFERENTIATED: value->gradient on every parameter and on every activation between a
 *          parameter and the loss; op->backward. An addition has no backward operation, its inputs share
 *          its gradient; the gradients of a value with several readers are added up by a backward "add" */
bool differentiate(ir_context *cx);

/** Count the arithmetic (a multiply and an add are two flops; a comparison or exp is one).
 *  needs   IR_DIFFERENTIATED
 *  leaves  IR_COSTED: op->flops, layer->flops, layer->backward_flops */
bool count_cost(ir_context *cx);

/** Fuse operations that are faster in one function: an activation into the operation before it, its derivative into
 *  the operation that computes the gradient, maxpool2d into conv2d, softmax or sigmoid into its crossentropy.
 *  needs   IR_COSTED
 *  leaves  IR_FUSED */
bool fuse(ir_context *cx);

/** Run all passes in order, with the verifier between them.
 *  @param fault  set if the verifier found a fault of the compiler; else NULL
 *  @return false if anything was reported or a fault was found */
bool run_passes(ir_context *cx, const char **fault);

#endif
