/* SHA-256 of a text. */
#ifndef MNNC_DRIVER_HASH_H
#define MNNC_DRIVER_HASH_H

#include "support/arena.h"

/** @return 64 hexadecimal digits */
const char *hash_hex(arena *a, const char *text, size_t length);

#endif
