/* Forms in which files have samples and labels: options of a source that apply to every reader. */
#ifndef MNN_DATA_FORMS_H
#define MNN_DATA_FORMS_H

#include "data/readers.h"

/** Swap rows and columns of the samples, [n, height, width] or [n, height, width, channels], if the source has the
 * option transpose=true.
 *  @param path  for messages
 *  @return MNN_OK; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_form_samples(const mnn_source *source, const char *path, mnn_array *samples, mnn_error *err);

/** Make labels of a file one class number per sample, from 0: the option label_column selects one of several columns,
 *  label_first is the number of the first class. Without label_column, 8 columns are those of QMNIST, with the class
 * first, unless there are as many classes.
 *  @param path     for messages
 *  @param classes  0: the labels are values, and only label_column applies
 *  @return MNN_OK; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_form_labels(const mnn_source *source, const char *path, int classes, mnn_array *labels, mnn_error *err);

#endif
