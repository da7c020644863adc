/* Gradients of nests, as nests. */
#ifndef MNNC_GRAPH_GRADIENT_H
#define MNNC_GRAPH_GRADIENT_H

#include "graph/nest.h"

/** Append the nests of the gradients of a function of a result.
 *  @param dof     its gradient with respect to `of`, in the same shape
 *  @param wanted  by the tensor's id: which externs and parameters need a gradient
 *  leaves         the gradients of all tensors between these and `of`, those of several readers summed
 *  @return by the tensor's id: its gradient in its shape, or NULL if `of` does not depend on it or none is wanted */
nest_tensor **nest_gradients(nest_graph *g, const nest_tensor *of, nest_tensor *dof, const bool *wanted);

/** For the first maximum in the graph, how many elements come before the first of the largest.
 *  @return a tensor in the shape of the maximum, or NULL: there is none */
nest_tensor *nest_places(nest_graph *g);

#endif
