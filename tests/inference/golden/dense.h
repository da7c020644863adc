/* What two_layers says of a sample: inference code that mnnc made from dense.mnn.
 * Change the description and not this file. */
#ifndef DENSE_H
#define DENSE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    DENSE_INPUTS = 4,
    DENSE_OUTPUTS = 3,
    DENSE_WORK_BYTES = 88, /* working memory, static */
    DENSE_WEIGHT_BYTES = 156 /* constants */
};

/* Working memory of a prediction; what it holds before and after does not matter. */
typedef struct dense_work {
    float values[19];
    uint16_t places[5];
} dense_work;

/* The outputs of the model "two_layers", for one sample.
 * @param image  [4], row by row: bytes as in the data files, 0 to 255;
 *     image * 0.003921569f, as the description says, is done inside
 * @param probability  [3], filled: of each class, 0 to 1
 * Not for two threads at once: the working memory is static. */
void dense_predict(const uint8_t image[4], float probability[3]);

#ifdef __cplusplus
}
#endif

#endif
