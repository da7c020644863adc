/* The prediction for a sample, as text, JSON, or an image with bars. */
#ifndef MNN_CLI_PREDICTION_H
#define MNN_CLI_PREDICTION_H

#include <stdint.h>
#include <stdio.h>

#include "cli/options.h"
#include "mnn/image.h"
#include "mnn/model.h"

typedef struct mnn_prediction {
    const mnn_model *model;
    const char *path;         /* the file that the sample is from */
    uint32_t sample;          /* its number there */
    const float *output;      /* [output_size] */
    float error;              /* loss against its own input, for MNN_LABEL_INPUT */
    const mnn_image *picture; /* as the model saw it; NULL: it was not in a file of its own */
    const char *done;         /* what was done to it */
    bool is_blank;            /* nothing is drawn on the image: the prediction means nothing */
} mnn_prediction;

/** As --json, --quiet and --top want it. An image is drawn, with a bar for every class, or beside the output of an
 * autoencoder; all else is a line.
 *  @return MNN_OK; MNN_ENOMEM */
mnn_status mnn_print_prediction(FILE *out, const mnn_options *options, const mnn_prediction *p, mnn_error *err);

#endif
