/* Data augmentation: random changes of the training images at every step. */
#ifndef MNN_AUGMENT_H
#define MNN_AUGMENT_H

#include "mnn/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Limits of the random motion; 0 disables a component. */
typedef struct mnn_motion {
    int height, width, channels;
    float rotate;  /* degrees about the centre, in both directions */
    float zoom;    /* the scale is sampled from 1 - zoom to 1 + zoom; below 1 */
    float shift;   /* pixels, vertically and horizontally, in both directions */
    float outside; /* the value of pixels outside the image */
} mnn_motion;

/** Sample a rotation, a zoom and a shift, each uniformly, and apply them to the image in that order, with bilinear
 *  interpolation. The result depends only on in and (batch->seed, batch->step, the row's sample).
 *  @param in, out  [height, width, channels]; must not be the same array */
void mnn_augment_move(const mnn_motion *motion, const mnn_batch *batch, int row, const float *in, float *out);

/** Add normal noise to every value: a function of (batch->seed, batch->step, the row's sample, element).
 *  @param values  [size] */
void mnn_augment_noise(float stddev, const mnn_batch *batch, int row, int size, float *values);

#ifdef __cplusplus
}
#endif

#endif
