/* Preprocessing: converts any image to the form of the model's training images. */
#ifndef MNN_PREPARE_H
#define MNN_PREPARE_H

#include <stdbool.h>

#include "mnn/image.h"
#include "mnn/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mnn_inversion { MNN_INVERT_LIGHT, MNN_INVERT_NEVER, MNN_INVERT_ALWAYS } mnn_inversion;

/** The user's options for an image. */
typedef struct mnn_preparation {
    bool raw;                /* no changes: the image must have the model's size */
    bool whole;              /* scale the whole image, not only the drawing on it */
    mnn_inversion inversion; /* MNN_INVERT_LIGHT: invert digits with a light background */
} mnn_preparation;

enum { MNN_PREPARED_TEXT = 320 };

/** The last words of "done" for a blank image. */
#define MNN_BLANK_TEXT "nothing is drawn on it"

/** The model's image format: height, width and channels (1 or 3) without pixels. A flat sample is a square grey image.
 *  @return false if the samples are not images */
bool mnn_model_picture(const mnn_model *model, mnn_image *out);

/** Convert an image to a given form.
 *
 *  A grey image for 28x28 is prepared as MNIST's images were (LeCun et al. 1998): inverted if its background is light,
 *  a frame along its sides erased, the contrast stretched to 0..255, the drawing scaled to fit 20x20 with its
 *  proportions kept, and shifted so that its centre of mass is at row and column 14 of 28x28. The background level is
 *  taken from the border or, inside a frame, from the middle. An image that has 28x28 pixels already is at most
 *  inverted and freed from a frame. For every other form the whole image is scaled to it, regardless of its
 *  proportions, and inverted only on request.
 *  @param in   may be changed
 *  @param out  width, height, channels (those of in) are given; pixels are malloc'ed, release with mnn_image_free()
 *  @param is_blank  nothing is drawn: a grey image for 28x28 shows paper, noise or a gradient, any other has one level
 *  @param done  the steps, for the user: "inverted (light background), cropped to 110x160 at (25, 30), ..."
 *  @return MNN_OK; MNN_ENOMEM; MNN_EFORMAT with raw and another size */
mnn_status mnn_prepare(mnn_image *in, const mnn_preparation *how, mnn_image *out, bool *is_blank,
                       char done[MNN_PREPARED_TEXT], mnn_error *err);

#ifdef __cplusplus
}
#endif

#endif
