/* The gradients of the generated code against central differences in double precision. */
#ifndef MNN_TRAIN_GRADCHECK_H
#define MNN_TRAIN_GRADCHECK_H

#include "mnn/model.h"
#include "mnn/status.h"

enum {
    MNN_GRADCHECK_DRAWN = 20,  /* parameters per tensor chosen at random ... */
    MNN_GRADCHECK_LARGEST = 4, /* ... in addition to those with the largest gradient */
    MNN_GRADCHECK_ROWS = MNN_REFERENCE_ROWS
};

/* Relative errors are relative to the larger value, but to at least 1% of the model's largest gradient, so that
 * float rounding, 1e-5 of the largest, is below the tolerance, even if large terms cancel, as in a bias before a
 * batchnorm. The denominator is also at least 1e-3, or 1e-3 of the loss if that is above 1: values near 1 are
 * rounded by 6e-8, so after a tanh or softmax close to 1 a gradient has an error of about 1e-7, however small it
 * is. It is also at least the measured effect of rounding on the tensor's gradients, found by moving every weight
 * by one unit in the last place: larger if sums cancel or a normalisation divides by a small value. */
#define MNN_GRADCHECK_TOLERANCE 1e-3
/* Between the loss of a row in float and in double precision. */
#define MNN_GRADCHECK_LOSS_TOLERANCE 1e-4

typedef struct mnn_gradcheck_tensor {
    int checked;
    int kinks;       /* parameters not checked: the loss has a kink (relu, max pooling) too near, or many of them */
    double largest;  /* relative error */
    int worst;       /* element with the largest error ... */
    double analytic; /* ... its gradient by the generated code ... */
    double numeric;  /* ... and by differences */
    bool passed;     /* all that was checked is within the tolerance */
} mnn_gradcheck_tensor;

typedef struct mnn_gradcheck {
    mnn_gradcheck_tensor *tensors; /* [model->tensor_count]; non-trainable tensors are not checked */
    double loss_error;             /* largest relative difference of a row's loss, of at least 1 */
    int unchecked;                 /* parameters with kinks only: zero biases before relu on constant images */
    bool passed;                   /* all tensors, the losses, and something was checked */
} mnn_gradcheck;

/** Receives the progress of a check, from 0 to 1; tell may be NULL. */
typedef struct mnn_gradcheck_watch {
    void (*tell)(void *context, double done);
    void *context;
} mnn_gradcheck_watch;

/** Check at the current weights, which are unchanged afterwards.
 *  @param batch  images, labels, index, rows (MNN_GRADCHECK_ROWS at most), seed and step as in training
 *  @param seed   selects the parameters at random
 *  @param out    filled on MNN_OK, also if gradients differ; release with mnn_gradcheck_free()
 *  @return MNN_OK; MNN_ENOMEM; MNN_EDIVERGED if the loss or a gradient is not finite */
mnn_status mnn_gradcheck_run(const mnn_model *model, mnn_pool *pool, const mnn_batch *batch, uint64_t seed,
                             mnn_gradcheck_watch watch, mnn_gradcheck *out, mnn_error *err);
void mnn_gradcheck_free(mnn_gradcheck *g);

#endif
