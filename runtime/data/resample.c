#include "data/resample.h"

#include <stdlib.h>

mnn_status mnn_resample(const mnn_image *in, mnn_box box, mnn_image *out, mnn_error *err)
{
    float *room = malloc(mnn_scale_room(box, out) * sizeof *room);
    out->pixels = malloc((size_t)out->width * (size_t)out->height * (size_t)out->channels);
    const mnn_status status = room && out->pixels ? MNN_OK : mnn_fail(err, MNN_ENOMEM, "out of memory for an image");
    if (status)
        mnn_image_free(out);
    else
        mnn_scale(in, box, out, room);
    free(room);
    return status;
}
