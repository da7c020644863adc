/* Data augmentation: random changes of the training images at every step. */
#ifndef MNN_AUGMENT_H
#define MNN_AUGMENT_H

#include "mnn/model.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MNN_FLIP_HORIZONTAL = 1, MNN_FLIP_VERTICAL = 2 };

/** The pixels outside the image. */
typedef enum mnn_fill {
    MNN_FILL_CONSTANT,
    MNN_FILL_NEAREST, /* those of the border */
    MNN_FILL_REFLECT  /* the image mirrored at its edges, the border's pixels twice */
} mnn_fill;

/** Limits of the random motion; 0 disables a component. */
typedef struct mnn_motion {
    int height, width, channels;
    float rotate;  /* degrees about the centre, in both directions */
    float zoom;    /* the scale is sampled from 1 - zoom to 1 + zoom; below 1 */
    float shift;   /* pixels, vertically and horizontally, in both directions */
    float outside; /* the value of pixels outside the image, if fill is MNN_FILL_CONSTANT */
    mnn_fill fill;
    unsigned flip; /* directions in which the image is mirrored in half of the cases */
} mnn_motion;

/** Sample flips, a rotation, a zoom and a shift, each uniformly, and apply them to the image in that order, with
 * bilinear interpolation. The result depends only on in and (batch->seed, batch->step, the row's sample).
 *  @param in, out  [height, width, channels]; must not be the same array */
void mnn_augment_move(const mnn_motion *motion, const mnn_batch *batch, int row, const float *in, float *out);

/** Add normal noise to every value: a function of (batch->seed, batch->step, the row's sample, element).
 *  @param values  [size] */
void mnn_augment_noise(float stddev, const mnn_batch *batch, int row, int size, float *values);

#ifdef __cplusplus
}
#endif

#endif
