/* Lines along the sides of an image that are no part of the drawing: the edge of a scanner's glass, the box of a form.
 */
#ifndef MNN_DATA_FRAME_H
#define MNN_DATA_FRAME_H

#include <stdbool.h>

#include "mnn/image.h"

enum { MNN_TOP, MNN_BOTTOM, MNN_LEFT, MNN_RIGHT, MNN_SIDES };

/** How deep a frame reaches into an image from each position of its sides. */
typedef struct mnn_frame {
    int sides;         /* of them are lines; 0: no frame */
    int whole;         /* of them are lines from one end to the other, at the very edge of the image */
    bool makes_border; /* the border, but for the sides that are lines, is mostly on the other side of the threshold */
    int *end[MNN_SIDES]; /* [width or height]; malloc'ed as one block, or NULL */
} mnn_frame;

/** Find lines of pixels on one side of a threshold along the sides of a grey image. A line is at most a tenth of the
 *  image thick and begins in its outer tenth; it is followed by clear background, or at least three sides have one.
 *  @param is_light  lines are above the level
 *  @param out       filled on success; release with mnn_frame_free()
 *  @return MNN_OK; MNN_ENOMEM */
mnn_status mnn_frame_find(const mnn_image *grey, int level, bool is_light, mnn_frame *out, mnn_error *err);
void mnn_frame_free(mnn_frame *frame);

/** Whether something on the lines' side of the threshold is drawn inside the frame. */
bool mnn_frame_holds(const mnn_frame *frame, const mnn_image *grey, int level, bool is_light);

/** Set the pixels of a frame to a level. */
void mnn_frame_erase(const mnn_frame *frame, mnn_image *grey, int background);

#endif
