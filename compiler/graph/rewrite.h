/* Rewrites of graphs of nests, for loops that do no work twice. */
#ifndef MNNC_GRAPH_REWRITE_H
#define MNNC_GRAPH_REWRITE_H

#include "graph/nest.h"

/** Leave only the nests that others or the target read: results that are not local, and what they need. */
void nest_drop_unused(nest_graph *g);

/** Apply the factors of a sum that are the same for all its terms to the sum: sum(in / count) becomes sum(in) / count.
 */
void nest_split_factors(nest_graph *g);

/** Compute a map where its only reader needs it, as a part of the reader's expression. */
void nest_inline_maps(nest_graph *g);

/** Let additions be made where the map that reads them, element by element, has its result. */
void nest_add_in_place(nest_graph *g);

/** Bring nests into the loop over the rows: those without rows come first, and counts are made where they are read. */
void nest_gather_rows(nest_graph *g);

/** Make the first axes, which all nests go through together, one axis over the rows.
 *  @return how many steps it has per row of the batch */
int64_t nest_join_axes(nest_graph *g);

#endif
