/* CIFAR-10 and CIFAR-100, the binary versions. */
#ifndef MNN_IO_CIFAR_H
#define MNN_IO_CIFAR_H

#include <stdbool.h>

#include "mnn/array.h"
#include "mnn/status.h"

/** A part of a data set in a folder. */
typedef struct mnn_cifar {
    const char *folder; /* "cifar-10-batches-bin" */
    bool
        hundred; /* CIFAR-100: train.bin and test.bin with two labels; else data_batch_1.bin to _5 and test_batch.bin */
    bool test;
    bool coarse; /* of CIFAR-100's labels the 20 superclasses, else the 100 classes */
} mnn_cifar;

/** Read the files of a part, each plain or as NAME.gz.
 *  Format: https://www.cs.toronto.edu/~kriz/cifar.html: records of one or two bytes of labels and 3 x 32 x 32 bytes,
 * red, green and blue planes. The images become [n, 32, 32, 3]; a file must hold whole records.
 *  @param most    samples to keep; UINT32_MAX: all
 *  @param images, labels  filled on success, untouched on failure; release with mnn_array_free(); labels [n] may be
 * NULL
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_cifar_load(const mnn_cifar *part, uint32_t most, mnn_array *images, mnn_array *labels, mnn_error *err);

#endif
