/* Internal declarations of this folder. */
#ifndef MNNC_SCALAR_PARTS_H
#define MNNC_SCALAR_PARTS_H

#include "scalar/scalar.h"

arena *scalar_arena(const scalar_set *s);

/** "exp", "+" */
const char *scalar_op_name(scalar_op op);

#endif
