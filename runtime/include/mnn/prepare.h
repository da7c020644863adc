/* Any picture in the form in which a model has seen its own. */
#ifndef MNN_PREPARE_H
#define MNN_PREPARE_H

#include <stdbool.h>

#include "mnn/image.h"
#include "mnn/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mnn_inversion { MNN_INVERT_LIGHT, MNN_INVERT_NEVER, MNN_INVERT_ALWAYS } mnn_inversion;

/** What the user says of a picture. */
typedef struct mnn_preparation {
    bool raw;                /* nothing is changed: the picture must have the model's size */
    bool whole;              /* the whole picture is scaled, not only what is drawn on it */
    mnn_inversion inversion; /* MNN_INVERT_LIGHT: digits with a light background are inverted */
} mnn_preparation;

enum { MNN_PREPARED_TEXT = 320 };

/** The last words of done for a blank image. */
#define MNN_BLANK_TEXT "nothing is drawn on it"

/** The model's pictures: height, width and channels (1 or 3) without pixels. A flat sample is a square grey picture.
 *  @return false when the samples are no pictures */
bool mnn_model_picture(const mnn_model *model, mnn_image *out);

/** Bring an image to a form.
 *
 *  A grey one of 28x28 is made as MNIST's were (LeCun et al. 1998): inverted if its background is light, a frame along
 * its sides erased, the contrast stretched to 0..255, the drawing scaled to fit 20x20 with its proportions kept, and
 * placed so that its centre of mass is at row and column 14 of 28x28. The background is that of the border or, inside a
 * frame, of the middle. An image that has 28x28 pixels already is at most inverted and freed from a frame. For every
 * other form the whole image is scaled to it, whatever its proportions, and inverted only on demand.
 *  @param in   may be changed
 *  @param out  width, height, channels (those of in) are given; pixels are malloc'ed, release with mnn_image_free()
 *  @param is_blank  nothing is drawn: a grey image for 28x28 shows paper, noise or a gradient, another has one level
 *  @param done the steps, for the user: "inverted (light background), cropped to 110x160 at (25, 30), ..."
 *  @return MNN_OK; MNN_ENOMEM; MNN_EFORMAT with raw and another size */
mnn_status mnn_prepare(mnn_image *in, const mnn_preparation *how, mnn_image *out, bool *is_blank,
                       char done[MNN_PREPARED_TEXT], mnn_error *err);

#ifdef __cplusplus
}
#endif

#endif
