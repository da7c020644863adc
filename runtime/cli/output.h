/* Numbers as the commands print them. */
#ifndef MNN_CLI_OUTPUT_H
#define MNN_CLI_OUTPUT_H

#include <stdint.h>
#include <stdio.h>

#include "mnn/model.h"
#include "train/metrics.h"

enum { MNN_CLASS_TEXT = 80 };

/** The name of a class, printable, or its number.
 *  @return buffer */
const char *mnn_class_text(char buffer[MNN_CLASS_TEXT], const mnn_model *model, int class);

/** Characters of the longest of these texts. */
int mnn_class_width(const mnn_model *model);

/** A loss or metric as Keras shows it: four decimals, or with an exponent where these would say too little.
 *  @return buffer */
const char *mnn_value_text(char buffer[32], double value);

/** "(None, 28, 28, 1)" for a layer, "(784, 10)" for a tensor.
 *  @return buffer */
const char *mnn_shape_text(char buffer[64], bool batch, const int *dims, int rank);

/** "loss 0.0412, accuracy 0.9868": the loss and the model's metrics. */
void mnn_print_score(FILE *out, const mnn_model *model, const mnn_score *score);

/** {"loss": 0.0412, "accuracy": 0.9868, "samples": 10000}
 *  @param tally  NULL, or what the score was made of: its confusion matrix is then written too */
void mnn_print_score_json(FILE *out, const mnn_model *model, const mnn_score *score, const mnn_tally *tally);

/** The confusion matrix as a table, or nothing when the model has no such metric. */
void mnn_print_confusion(FILE *out, const mnn_tally *tally);

#endif
