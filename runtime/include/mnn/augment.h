/* Training pictures changed a little at every step, so that the model does not learn them by heart. */
#ifndef MNN_AUGMENT_H
#define MNN_AUGMENT_H

#include "mnn/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How far a picture moves at most; 0: not at all. */
typedef struct mnn_motion {
    int height, width, channels;
    float rotate;  /* degrees about the centre, to either side */
    float zoom;    /* the picture becomes 1 - zoom to 1 + zoom times as large; below 1 */
    float shift;   /* pixels down or up, and right or left */
    float outside; /* what comes in from beyond the edges */
} mnn_motion;

/** Draw a rotation, a zoom and a shift, each uniformly, and show the picture rotated, zoomed and then
 *  shifted: every pixel of out is interpolated between the four of in that it falls between (bilinear).
 *  A function of (batch->seed, batch->step, the row's sample) and in alone.
 *  @param in, out  [height, width, channels]; not the same array */
void mnn_augment_move(const mnn_motion *motion, const mnn_batch *batch, int row, const float *in, float *out);

/** Add normal noise to every value: a function of (batch->seed, batch->step, the row's sample, element).
 *  @param values  [size] */
void mnn_augment_noise(float stddev, const mnn_batch *batch, int row, int size, float *values);

#ifdef __cplusplus
}
#endif

#endif
