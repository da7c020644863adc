/* Rewrites of graphs of nests, for loops that do no work twice. Values stay what they are; those of split factors and
 * begun sums may differ in their last bits. */
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

/** sum + b, where nothing else reads the sum, becomes a sum that begins with b. */
void nest_begin_sums(nest_graph *g);

/** Let additions, and maps that stay apart, be made where the map that reads them, element by element, has its result.
 */
void nest_add_in_place(nest_graph *g);

/** Bring nests into the loop over the rows: those without rows come first, or
 *  last if they read sums over the rows, and counts are made where they are read. */
void nest_gather_rows(nest_graph *g);

/** Make the first axes, which all nests go through together, one axis.
 *  @param with_rows  whether the axis of the rows is one of them
 *  @return how many steps these axes have per row of the batch */
int64_t nest_join_axes(nest_graph *g, bool with_rows);

/* --- axes.c ------------------------------------------------------------------------------------------ */

/** Make it the graph of a single row, without axes and dimensions of one element. */
void nest_squeeze(nest_graph *g);

/** Make one axis of neighbouring free axes, where all loads of these nests walk them as one.
 *  @param first, end  the nests from first to the one before end (NULL: to the last) */
void nest_merge_axes(nest *first, const nest *end);

/** Make one axis of neighbouring reduced axes, where all loads walk them as one, as they do the columns and channels of
 *  a window. */
void nest_merge_reduced(nest_graph *g);

/** Make two axes of the one of a map that is two dimensions of a result of the same operation. */
void nest_split_axes(nest_graph *g);

#endif
