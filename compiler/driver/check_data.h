/* --check: the data files beside the description. */
#ifndef MNNC_DRIVER_CHECK_DATA_H
#define MNNC_DRIVER_CHECK_DATA_H

#include "ir/ir.h"
#include "support/diag.h"

/** Read the files that a description names, where they are there, as its program would, and report at their
 *  place in the description what is wrong with them.
 *  @return MNN_OK, or the status of the first faulty one: MNN_EFORMAT, MNN_EIO, MNN_ENOMEM */
int check_data(diag_list *d, const ir_program *p);

#endif
