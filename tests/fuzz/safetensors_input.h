/* Changes to inputs that hold a safetensors file: the length in front of its header stays right in half of them, or
 * nothing behind the length would ever be tried. */
#ifndef TESTS_FUZZ_SAFETENSORS_INPUT_H
#define TESTS_FUZZ_SAFETENSORS_INPUT_H

#include "input.h"

#include <string.h>

/** @param at  where the file begins in the data */
static inline void safetensors_set_length(uint8_t *data, size_t size, size_t at)
{
    enum { LENGTH = 8 };
    if (size < at + LENGTH)
        return;
    uint8_t *header = data + at + LENGTH;
    const uint8_t *end = memrchr(header, '}', size - at - LENGTH);
    if (!end)
        return;
    const uint64_t length = (uint64_t)(end + 1 - header);
    for (int i = 0; i < LENGTH; i++)
        data[at + (size_t)i] = (uint8_t)(length >> (8 * i));
}

#endif
