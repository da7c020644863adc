/* Arrays of a data file in memory. */
#ifndef MNN_ARRAY_H
#define MNN_ARRAY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { MNN_ARRAY_RANK = 8 };

/** The contents of a file of samples or labels, row-major: unsigned bytes unchanged, all other types converted to
 *  float. */
typedef struct mnn_array {
    int rank;
    uint32_t dims[MNN_ARRAY_RANK];
    uint32_t total;    /* the file's first dimension; dims[0] is the part that was read */
    size_t count;      /* product of dims */
    uint8_t *data;     /* [count]; NULL: the values are floats */
    float *values;     /* [count], finite; NULL: the values are bytes */
    uint32_t checksum; /* CRC-32 of the data that were read: part of a data set's fingerprint */
} mnn_array;

/** Release the memory; a zeroed struct is allowed. */
void mnn_array_free(mnn_array *array);

#ifdef __cplusplus
}
#endif

#endif
