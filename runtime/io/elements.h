/* The types of elements in files of arrays, and their conversion to float. */
#ifndef MNN_IO_ELEMENTS_H
#define MNN_IO_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MNN_MAX_ELEMENT = 8 }; /* bytes */

typedef enum mnn_element {
    MNN_ELEMENT_NONE, /* no type */
    MNN_BOOL,
    MNN_UINT8,
    MNN_INT8,
    MNN_UINT16,
    MNN_INT16,
    MNN_UINT32,
    MNN_INT32,
    MNN_UINT64,
    MNN_INT64,
    MNN_FLOAT16,
    MNN_BFLOAT16,
    MNN_FLOAT32,
    MNN_FLOAT64,
    MNN_ELEMENTS
} mnn_element;

/** Bytes of an element; 0 for MNN_ELEMENT_NONE. */
size_t mnn_element_size(mnn_element type);

/** "float32" */
const char *mnn_element_name(mnn_element type);

/** Whether elements of a type are kept as unsigned bytes: MNN_UINT8 and MNN_BOOL. */
bool mnn_element_is_byte(mnn_element type);

/** The value of an element. */
double mnn_element_value(mnn_element type, bool big_endian, const unsigned char *bytes);

/** Convert elements; what a float cannot hold exactly is rounded to nearest.
 *  @param bytes  [count] elements of the type
 *  @param out    [count]
 *  @return the index of the first element that is not a finite float, or count */
size_t mnn_elements_to_float(mnn_element type, bool big_endian, const unsigned char *bytes, size_t count, float *out);

#endif
