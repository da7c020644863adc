/* Arrays while a file is read into them. */
#ifndef MNN_IO_ARRAY_H
#define MNN_IO_ARRAY_H

#include <stdbool.h>

#include "io/elements.h"
#include "io/stream.h"
#include "mnn/array.h"

enum { MNN_ARRAY_TEXT = 16 * MNN_ARRAY_RANK + 32 };

/** "60000 x 28 x 28", "1000 x 8 of type float32"
 *  @return text */
const char *mnn_array_text(char text[MNN_ARRAY_TEXT], const mnn_array *array, mnn_element type);

/** Set count, the product of the dimensions, and total. A product that no memory can hold becomes the largest count
 *  whose size in bytes can be computed. */
void mnn_array_size(mnn_array *array);

/** Keep only the first entries along the first dimension; before memory is allocated. */
void mnn_array_keep_first(mnn_array *array, uint32_t most);

/** The elements of an array in a stream, which is at the first of them. */
typedef struct mnn_array_reading {
    mnn_stream *stream;
    uint64_t at; /* offset of the first element, for messages */
    mnn_element type;
    bool big_endian;
    bool column_major; /* the first index varies fastest (Fortran's order) */
} mnn_array_reading;

/** Allocate data or values, read the elements that are kept, convert them, and set the checksum. If all are kept, the
 *  stream must end after them.
 *  @param array  shape, count and total are set; on failure release with mnn_array_free() */
mnn_status mnn_array_read(const mnn_array_reading *r, mnn_array *array, mnn_error *err);

#endif
