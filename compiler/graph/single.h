/* Rewriting nests for a target. All of these keep the values; what they do to their last bits is said. */
#ifndef MNNC_GRAPH_SINGLE_H
#define MNNC_GRAPH_SINGLE_H

#include "graph/nest.h"

/** Make it the graph of a single row, without axes and dimensions of one element. */
void nest_squeeze(nest_graph *g);

/** The sum of x / y, where y is the same for all summands, becomes a sum and a map: other bits. */
void nest_divide_sums(nest_graph *g);

/** sum + b, where nothing else reads the sum, becomes a sum that begins with b: other bits. */
void nest_begin_sums(nest_graph *g);

/** Remove a nest, whose result nothing reads. */
void nest_remove(nest_graph *g, const nest *t);

/** Make one axis of neighbouring free axes, where all loads of these nests walk them as one.
 *  @param first, end  the nests from first to the one before end (NULL: to the last) */
void nest_merge_axes(nest *first, const nest *end);

/** Make one axis of neighbouring reduced axes, where all loads walk them as one, as they do the columns and channels of
 *  a window. */
void nest_merge_reduced(nest_graph *g);

/** Make two axes of the one of a map that is two dimensions of a result of the same operation. */
void nest_split_axes(nest_graph *g);

/** Whether a nest reads a tensor or a view of it. */
bool nest_reads(const nest *t, const nest_tensor *v);

/** Whether a map reads a tensor at the index of its own result only. */
bool nest_reads_in_place(const nest *t, const nest_tensor *v);

#endif
