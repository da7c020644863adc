/* Numbers as the commands print them. */
#ifndef MNN_CLI_OUTPUT_H
#define MNN_CLI_OUTPUT_H

#include <stdint.h>
#include <stdio.h>

#include "mnn/model.h"
#include "train/observer.h"

/** A loss or metric as Keras shows it: four decimals, or with an exponent where these would say too little.
 *  @return buffer */
const char *mnn_value_text(char buffer[32], double value);

/** A number with commas between groups of three digits.
 *  @return buffer */
const char *mnn_count_text(char buffer[32], int64_t value);

/** "13.4 MB"
 *  @return buffer */
const char *mnn_bytes_text(char buffer[32], int64_t bytes);

/** "(None, 28, 28, 1)" for a layer, "(784, 10)" for a tensor.
 *  @return buffer */
const char *mnn_shape_text(char buffer[64], bool batch, const int *dims, int rank);

/** "loss 0.0412, accuracy 0.9868", the accuracy only where the model measures it. */
void mnn_print_score(FILE *out, const mnn_model *model, const mnn_score *score);

/** {"loss": 0.0412, "accuracy": 0.9868, "samples": 10000} */
void mnn_print_score_json(FILE *out, const mnn_model *model, const mnn_score *score);

#endif
