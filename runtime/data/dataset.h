/* Samples with their labels, in memory, checked against the model. */
#ifndef MNN_DATA_DATASET_H
#define MNN_DATA_DATASET_H

#include "data/find.h"
#include "mnn/array.h"
#include "mnn/model.h"

typedef struct mnn_dataset {
    mnn_array images; /* [samples, sample shape]: data of bytes, values of all other types */
    mnn_array labels; /* [samples]: data, for MNN_LABEL_CLASS; [samples, outputs]: values, for MNN_LABEL_VALUE;
                       empty for MNN_LABEL_INPUT */
    uint32_t count;   /* samples */
    bool many_zeros;  /* whether matrix products should skip zeros of the samples */
    uint32_t *order;  /* [count] of a split: the training samples, then those held out; NULL: file order */
} mnn_dataset;

enum { MNN_CLASSES = 256 /* labels are bytes */ };

/** How the labels of a set encode classes. */
typedef struct mnn_class_labels {
    const uint8_t *numbers; /* NULL: values */
    const float *values;
    float high; /* of two values the one that is class 1 */
} mnn_class_labels;

/** Classes are class numbers, or the two values of a single target.
 *  @return false: the set has no classes */
bool mnn_dataset_classes(const mnn_dataset *set, mnn_class_labels *out);

static inline int mnn_class_of(const mnn_class_labels *labels, uint32_t sample)
{
    return labels->numbers ? labels->numbers[sample] : labels->values[sample] == labels->high;
}

/** Samples of a data set. */
typedef struct mnn_samples {
    const mnn_dataset *set;
    uint32_t first, count;
    const uint32_t *order; /* of the set; NULL: they are consecutive */
} mnn_samples;

/** The index in the set of one of the samples. */
static inline uint32_t mnn_sample_number(const mnn_samples *samples, uint32_t i)
{
    return samples->order ? samples->order[samples->first + i] : samples->first + i;
}

/** Whether the model can take the samples of an IDX file. Shapes are compared without trailing ones; a flat
 *  shape, on either side, fits every shape with as many elements, and so does every shape where the model reshapes.
 *  @return MNN_OK; MNN_EFORMAT with both shapes */
mnn_status mnn_check_samples(const mnn_model *model, const mnn_array *images, const char *path, mnn_error *err);

/** Read a pair of files: shapes, counts and the range of the labels are checked. Labels come in the type that the model
 * needs, whatever the file's: whole numbers as class numbers, bytes as floats.
 *  @param limit  read only the first samples; 0: all
 *  @param out    filled on success, untouched on failure; release with mnn_dataset_free()
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_dataset_load(const mnn_model *model, const mnn_source *source, const mnn_found *files, int limit,
                            mnn_dataset *out, mnn_error *err);
void mnn_dataset_free(mnn_dataset *set);

/** Random samples and labels of the model's shapes, a function of the seed alone.
 *  @param out  filled on success, untouched on failure; release with mnn_dataset_free()
 *  @return MNN_OK; MNN_ENOMEM */
mnn_status mnn_dataset_draw(const mnn_model *model, uint64_t seed, uint32_t count, mnn_dataset *out, mnn_error *err);

/** All samples in use. */
mnn_samples mnn_dataset_all(const mnn_dataset *set);

/** A batch of the set's samples, without rows yet. */
mnn_batch mnn_dataset_batch(const mnn_dataset *set);

/** Hold out the model's fraction of the samples for validation, in the model's order; floor(count * (1 - share)) are
 *  left for training, as in Keras. The choice is a function of the model's own seed, the labels and the count, so
 *  that runs with other seeds and resumed ones validate on the same samples. Training has them in the order of the
 *  file, validation as they are chosen. Stratified: of every class its proportion, rounded; the last sample of a
 *  class (mnn_dataset_classes()) stays in training.
 *  @param set  keeps the order; split once
 *  @return MNN_OK; MNN_EFORMAT when nothing is left to train on; MNN_ENOMEM */
mnn_status mnn_dataset_split(mnn_dataset *set, const mnn_model *model, mnn_samples *training, mnn_samples *validation,
                             mnn_error *err);

enum { MNN_FINGERPRINT_SIZE = 33 };

/** The identity of a data set: samples in use, elements per sample, and the checksums of images and
 *  labels, in hexadecimal. */
void mnn_dataset_fingerprint(const mnn_dataset *set, char out[MNN_FINGERPRINT_SIZE]);

#endif
