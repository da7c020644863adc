/* Data files looked at before there is a program: what mnnc --check does with them. */
#ifndef MNN_CHECK_H
#define MNN_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "mnn/model.h"
#include "mnn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MNN_CHECK_CLASSES = 256, MNN_ADVICE = 640 };

/** What was seen of a pair of files. */
typedef struct mnn_checked {
    bool found;
    uint32_t samples; /* in use, after the limit */
    int classes;      /* for class labels: the largest label + 1; else 0 */
    bool counted;     /* whether there are classes, also as two values of a single target; then ... */
    uint32_t training[MNN_CHECK_CLASSES]; /* ... samples of every class, ... */
    uint32_t held_out[MNN_CHECK_CLASSES]; /* ... without those that a split in the order of the file holds out */
    char values[MNN_ADVICE];  /* what is likely wrong with the values that reach the model, "...\nhint: ..." */
    char reshape[MNN_ADVICE]; /* ... and with the reshape; empty: nothing */
} mnn_checked;

/** Compare the classes of a set with those of the training set: some may be new to the model. Of what a split holds
 * out, also whether a class is missing that should be there.
 *  @param set    "validation"
 *  @param split  the set is held out from the training set
 *  @param text   filled with a warning, "...\nhint: ..."
 *  @return false: nothing is to be said */
bool mnn_advise_classes(const uint32_t training[MNN_CHECK_CLASSES], const uint32_t other[MNN_CHECK_CLASSES],
                        const char *set, bool split, char text[MNN_ADVICE]);

/** Whether there is a single class to learn.
 *  @param text  as mnn_advise_classes() */
bool mnn_advise_single_class(const uint32_t training[MNN_CHECK_CLASSES], char text[MNN_ADVICE]);

/** Look for a set's files as a generated program would (beside the current folder, then along
 *  MNN_DATA_PATH), and check them as it would: magic, size, counts, shape against the model's, labels against
 *  its classes.
 *  @param model  only its name, sample_*, reshapes, scale, shift, label_kind, classes, output_size, validation_split,
 *                validation_order and, to see whether the first layer normalises, nodes are read
 *  @param limit  use only the first samples; 0: all
 *  @param out    filled on success; nothing found is a success, too
 *  @param err    on failure a line ready to print
 *  @return MNN_OK; MNN_EIO one of them is missing, or could not be read; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_check_files(const mnn_model *model, const mnn_files *files, int limit, mnn_checked *out, mnn_error *err);

#ifdef __cplusplus
}
#endif

#endif
