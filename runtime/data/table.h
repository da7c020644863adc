/* CSV tables as samples: numeric columns are inputs, one is the label, or several are targets. */
#ifndef MNN_DATA_TABLE_H
#define MNN_DATA_TABLE_H

#include "data/readers.h"
#include "mnn/check.h"

/** The reader "csv". Options of the source: target and target_index (names and indices of the columns of labels; each
 * may be given several times), ignore and ignore_index, header ("false": the first row is data), separator ("auto"),
 *  decimal, missing (a value for missing cells; without it they are errors).
 *
 *  Inputs are the remaining columns: of a file with a header those that the reading knows by name, in that order.
 * Labels are the names of the reading's classes; without names, class numbers or values. */
mnn_status mnn_table_read(const mnn_reading *r, mnn_array *samples, mnn_array *labels, mnn_error *err);

/** Whether a file looks like a table: two lines of text with as many separators each. */
bool mnn_table_is(const mnn_head *head);

/** Read the header of a table and its labels.
 *  @param r    labels and classes: whether there are labels
 *  @param out  filled on success; release with mnn_looked_free() */
mnn_status mnn_table_look(const mnn_reading *r, mnn_looked *out, mnn_error *err);

#endif
