/* The types of an IDX file's elements, and their way to float. */
#ifndef MNN_IO_ELEMENTS_H
#define MNN_IO_ELEMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "mnn/idx.h"

enum { MNN_MAX_ELEMENT = 8 }; /* bytes */

/** Bytes of an element; 0 when there is no such type. */
size_t mnn_element_size(unsigned type);

/** "float"; "unknown" when there is no such type. */
const char *mnn_element_name(unsigned type);

/** Convert big-endian elements; what a float cannot hold exactly is rounded to nearest.
 *  @param bytes  [count] elements of the type
 *  @param out    [count]
 *  @return the number of the first element that is not a finite float, or count */
size_t mnn_elements_to_float(unsigned type, const unsigned char *bytes, size_t count, float *out);

/** The number whose IEEE 754 binary32 the low half of the word is. */
double mnn_float_of_bits(uint64_t word);

/** The number whose IEEE 754 binary64 the word is. */
double mnn_double_of_bits(uint64_t word);

#endif
