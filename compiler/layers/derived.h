/* The nests of one operation of the trainer's graph. An operation without a writer of its own gets its functions from
 * them, its gradients included. */
#ifndef MNNC_LAYERS_DERIVED_H
#define MNNC_LAYERS_DERIVED_H

#include "graph/nest.h"
#include "ir/ir.h"

/** Forward: the result, with the activation that is fused. Backward: the gradients, with the derivative that is fused.
 *  A tensor that is an operand or a result of the operation has it as its value; others are local. */
nest_graph *derived_nests(arena *a, const ir_op *op);

/** Whether a backward operation reads a value of its forward operation. */
bool derived_reads(const ir_op *back, const ir_value *v);

#endif
