/* What small says of a sample: inference code that mnnc made from int8.mnn.
 * Change the description and not this file. */
#ifndef INT8_H
#define INT8_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    INT8_INPUTS = 64,
    INT8_OUTPUTS = 3,
    INT8_WORK_BYTES = 128, /* working memory, static */
    INT8_WEIGHT_BYTES = 359 /* constants */
};

/* Working memory of a prediction; what it holds before and after does not matter. */
typedef struct int8_work {
    uint8_t values[128];
} int8_work;

/* The outputs of the model "small", for one sample.
 * @param image  [8, 8, 1], row by row: bytes as in the data files, 0 to 255;
 *     image * 0.015625f - 2.0f, as the description says, is done inside
 * @param probability  [3], filled: of each class, 0 to 1
 * Not for two threads at once: the working memory is static. */
void int8_predict(const uint8_t image[64], float probability[3]);

#ifdef __cplusplus
}
#endif

#endif
