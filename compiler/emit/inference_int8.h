/* The interface between the emitters of integer inference code. */
#ifndef MNNC_EMIT_INFERENCE_INT8_H
#define MNNC_EMIT_INFERENCE_INT8_H

#include "deploy/quantize.h"
#include "emit/inference_parts.h"

/* --- inference_int8.c ----------------------------------------------------------------------------- */

/** Whether the operation gives the answer: floats for the caller, or with --argmax-only scores of 32 bits. */
bool inference_is_last(const inference *i, const net_op *op);

/** "uint8_t", or of the last operation "float" or "int32_t". */
const char *inference_result_type(const inference *i, const net_op *op);

/** "const uint8_t *restrict in, uint8_t *restrict out" */
const char *inference_integer_parameters(inference *i, const net_op *op);

/** "x", or "x - 128" if 128 is the zero point of the operation's input. */
const char *inference_less_zero(inference *i, const char *x, const net_op *op);

/** Store a sum as the operation's result, with its activation: "target = ...;", between braces that are there.
 *  @param pair  C expression of the number of its multiplier and shift; NULL: there is one pair, which is written out
 */
void inference_store_sum(inference *i, const net_op *op, const char *target, const char *sum, const char *pair);

/** The same for a byte of the input's scale, as a pooling picks one. */
void inference_store_picked(inference *i, const net_op *op, const char *target, const char *byte);

/* --- inference_int8_nests.c, inference_int8_layers.c ----------------------------------------------- */

inference_layer inference_integer_nests, inference_integer_entry, inference_integer_norm;

#endif
