/* Values of nests in double, computed without a C compiler: for tests and calibration. */
#ifndef MNNC_LOOPS_INTERPRET_H
#define MNNC_LOOPS_INTERPRET_H

#include "graph/nest.h"

/** A nest that is ready to be computed often. */
typedef struct interpreted interpreted;

/** @param t     may be a copy of a nest with another expression of its loads
 *  @param rows  of the batch */
interpreted *interpret_prepare(arena *a, const nest *t, int rows);

/** Compute the results of nests, in order, those of a scan together.
 *  @param data  by the tensor's id, row-major: what the nests read, and their results; those of views are their
 *               tensor's */
void interpret_sequence(interpreted *const *list, int count, double *const *data);

/** Compute all results of a graph, in order: parameters and externs are read. */
void interpret_nests(const nest_graph *g, int rows, double *const *data);

#endif
