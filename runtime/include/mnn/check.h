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

/** What was seen of a pair of files. */
typedef struct mnn_checked {
    bool found;
    uint32_t samples; /* in use, after the limit */
    int classes;      /* for class labels: the largest label + 1; else 0 */
} mnn_checked;

/** Look for a set's files as a generated program would (beside the current folder, then along
 *  MNN_DATA_PATH), and check them as it would: magic, size, counts, shape against the model's, labels against
 *  its classes.
 *  @param model  only its name, sample_*, label_kind, classes and output_size are read
 *  @param limit  use only the first samples; 0: all
 *  @param out    filled on success; nothing found is a success, too
 *  @param err    on failure a line ready to print
 *  @return MNN_OK; MNN_EIO one of them is missing, or could not be read; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_check_files(const mnn_model *model, const mnn_files *files, int limit, mnn_checked *out, mnn_error *err);

#ifdef __cplusplus
}
#endif

#endif
