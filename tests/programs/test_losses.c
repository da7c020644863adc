/* losses() of a generated program, for a prediction that is known.
 *
 * Compiled with -DGENERATED='"FILE.c"', a model of one dense layer; run by losses.sh as
 *   test_losses LOGIT,... LOSS ...
 * with what the layer gives before its activation, and the loss of a row with label 0, 1, ... */
int generated_main(int argc, char **argv);
#define main generated_main
#include GENERATED
#undef main

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 3 };

static void work(const mnn_worker *worker, void *argument)
{
    const mnn_walk walk = {.model = &model, .batch = argument};
    mnn_run_steps(worker, &walk, MNN_FORWARD, MNN_LOSS);
}

/* The kernel is 0, so that the bias is what the layer gives. */
static void set_logits(char *list)
{
    memset(model.params, 0, PARAM_COUNT * sizeof(float));
    float *bias = model.params + model.tensors[1].offset;
    for (char *logit = strtok(list, ","); logit; logit = strtok(NULL, ","))
        *bias++ = strtof(logit, NULL);
}

int main(int argc, char **argv)
{
    static uint8_t images[ROWS * 64];
    static const uint8_t labels[ROWS] = {0, 1, 2};
    static const float targets[ROWS] = {0, 1, 2};
    static const uint32_t index[ROWS] = {0, 1, 2};
    const mnn_batch batch = {.images = images, .labels = labels, .targets = targets, .index = index, .rows = argc - 2};
    mnn_pool *pool = NULL;
    int wrong = 0;
    if (argc < 3 || batch.rows > ROWS || mnn_pool_new(&pool, 1, NULL) != MNN_OK ||
        mnn_pool_scratch(pool, model.scratch, NULL) != MNN_OK)
        return 2;
    set_logits(argv[1]);
    mnn_pool_run(pool, work, (void *)&batch);
    for (int r = 0; r < batch.rows; r++) {
        const double expected = strtod(argv[2 + r], NULL), got = (double)model.row_loss[r];
        if (fabs(got - expected) > 1e-6 * fmax(1, fabs(expected))) {
            printf("label %d: got %.9g, expected %.9g\n", r, got, expected);
            wrong++;
        }
    }
    mnn_pool_free(pool);
    return wrong ? 1 : 0;
}
