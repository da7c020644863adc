/* Values of nests in double, computed without a C compiler: for tests and calibration. */
#ifndef MNNC_LOOPS_INTERPRET_H
#define MNNC_LOOPS_INTERPRET_H

#include "graph/nest.h"

/** Compute all results of a graph, in order.
 *  @param rows  of the batch
 *  @param data  by the tensor's id, row-major: parameters and externs are read, results written; those of views are
 *               their tensor's */
void interpret_nests(const nest_graph *g, int rows, double *const *data);

#endif
