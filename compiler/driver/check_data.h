/* --check: the data files beside the description. */
#ifndef MNNC_DRIVER_CHECK_DATA_H
#define MNNC_DRIVER_CHECK_DATA_H

#include "ir/ir.h"
#include "support/diag.h"

/** Read the files that a description names, where they are there, as its program would, and report at their position in
 * the description what is wrong with them.
 *  @return MNN_OK, or the status of the first faulty one: MNN_EFORMAT, MNN_EIO, MNN_ENOMEM */
int check_data(diag_list *d, const ir_program *p);

/** Fill the columns, their names and the names of classes of a table, if it is there; a sema_look. */
int check_data_look(arena *a, diag_list *d, ir_data *data);

/** Compare the names of the classes with the model's classes, after the passes. Names that are class numbers, and those
 * of targets that are not classes, are dropped. */
void check_data_classes(diag_list *d, ir_program *p);

#endif
