/* The gradients of the generated code against central differences in double precision. */
#ifndef MNN_TRAIN_GRADCHECK_H
#define MNN_TRAIN_GRADCHECK_H

#include "mnn/model.h"
#include "mnn/status.h"

enum {
    MNN_GRADCHECK_DRAWN = 20,  /* parameters a tensor that are drawn at random ... */
    MNN_GRADCHECK_LARGEST = 4, /* ... besides those with the largest gradient */
    MNN_GRADCHECK_ROWS = MNN_REFERENCE_ROWS
};

/* Relative errors are taken of the larger number, but at least of 1% of the model's largest gradient: so float
 * rounding, 1e-5 of the largest, stays below the tolerance, also where large ones cancel to 0, as in a bias before a
 * batchnorm. And at least of 1e-3, or as much of the loss where that is above 1: numbers near 1 are rounded by 6e-8, so
 * behind a tanh or softmax that is nearly 1 a gradient is wrong by some 1e-7, however small it is. And at least of what
 * rounding is seen to do to the tensor's gradients, measured by moving every weight by a last place:
 * where sums cancel or a normalisation divides by little, that is more. */
#define MNN_GRADCHECK_TOLERANCE 1e-3
/* Between the loss of a row in float and in double. */
#define MNN_GRADCHECK_LOSS_TOLERANCE 1e-4

typedef struct mnn_gradcheck_tensor {
    int checked;
    int kinks;       /* parameters left out: the loss has a kink (relu, max pooling) too near, or many of them */
    double largest;  /* relative error */
    int worst;       /* element with the largest error ... */
    double analytic; /* ... its gradient by the generated code ... */
    double numeric;  /* ... and by differences */
    bool passed;     /* all that was checked is within the tolerance */
} mnn_gradcheck_tensor;

typedef struct mnn_gradcheck {
    mnn_gradcheck_tensor *tensors; /* [model->tensor_count]; of state nothing is checked */
    double loss_error;             /* largest relative difference of a row's loss, of at least 1 */
    int unchecked;                 /* parameters with kinks alone: zero biases before relu on flat pictures */
    bool passed;                   /* all tensors, the losses, and something was checked */
} mnn_gradcheck;

/** Is told how far a check is, from 0 to 1; tell may be NULL. */
typedef struct mnn_gradcheck_watch {
    void (*tell)(void *context, double done);
    void *context;
} mnn_gradcheck_watch;

/** Check at the current weights, which stay as they are.
 *  @param batch  images, labels, index, rows (MNN_GRADCHECK_ROWS at most), seed and step as in training
 *  @param seed   which parameters are drawn
 *  @param out    filled on MNN_OK, also when gradients differ; release with mnn_gradcheck_free()
 *  @return MNN_OK; MNN_ENOMEM; MNN_EDIVERGED when the loss or a gradient is not finite */
mnn_status mnn_gradcheck_run(const mnn_model *model, mnn_pool *pool, const mnn_batch *batch, uint64_t seed,
                             mnn_gradcheck_watch watch, mnn_gradcheck *out, mnn_error *err);
void mnn_gradcheck_free(mnn_gradcheck *g);

#endif
