/* Samples of a data set as images. */
#ifndef MNN_DATA_SAMPLE_PICTURE_H
#define MNN_DATA_SAMPLE_PICTURE_H

#include <stdbool.h>

#include "data/dataset.h"
#include "mnn/image.h"

/** The shape of the set's images, without pixels: that of the file, or for files of flat samples the model's.
 *  @return false if the samples are not images: rows of a table, or not 1 or 3 channels */
bool mnn_dataset_picture(const mnn_model *model, const mnn_dataset *set, mnn_image *form);

/** A sample as bytes. Floats are scaled so that the sample's smallest is 0 and its largest 255.
 *  @param pixels  [sample_size] */
void mnn_sample_pixels(const mnn_model *model, const mnn_dataset *set, uint32_t sample, uint8_t *pixels);

/** The same, changed as in the training step of this number: see the steps augment_* of a description.
 *  @param step     from 0
 *  @param scratch  [2, sample_size] */
void mnn_augmented_pixels(const mnn_model *model, const mnn_dataset *set, uint32_t sample, uint64_t seed, uint64_t step,
                          float *scratch, uint8_t *pixels);

#endif
