/* Checks of data files before a program is generated: mnnc --check. */
#ifndef MNN_CHECK_H
#define MNN_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "mnn/array.h"
#include "mnn/model.h"
#include "mnn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MNN_CHECK_CLASSES = 256, MNN_ADVICE = 640 };

/** The result for a pair of files. */
typedef struct mnn_checked {
    bool found;
    uint32_t samples; /* used, after the limit */
    int classes;      /* for class labels: the largest label + 1; else 0 */
    bool counted;     /* whether classes are known, also as the two values of a single target; then ... */
    uint32_t training[MNN_CHECK_CLASSES]; /* ... the number of samples per class, ... */
    uint32_t held_out[MNN_CHECK_CLASSES]; /* ... and the number without those that a split in file order holds out */
    char values[MNN_ADVICE];              /* the likely error in the values that reach the model, "...\nhint: ..." */
    char reshape[MNN_ADVICE];             /* ... and in the reshape; empty: none */
} mnn_checked;

/** Compare the classes of a set with those of the training set, and report classes that the training set does not
 *  have. For a set held out by a split, report missing classes as well.
 *  @param set    "validation"
 *  @param split  the set is held out from the training set
 *  @param text   filled with a warning, "...
 *  hint: ..."
 *  @return false if there is nothing to report */
bool mnn_advise_classes(const uint32_t training[MNN_CHECK_CLASSES], const uint32_t other[MNN_CHECK_CLASSES],
                        const char *set, bool split, char text[MNN_ADVICE]);

/** Whether the training set has one class only.
 *  @param text  as in mnn_advise_classes() */
bool mnn_advise_single_class(const uint32_t training[MNN_CHECK_CLASSES], char text[MNN_ADVICE]);

/** Find the files of a set as a generated program does (in the current folder, then along MNN_DATA_PATH) and run its
 *  checks: magic, size, counts, shape against the model's, labels against its classes.
 *  @param model  only its name, sample_*, reshapes, scale, shift, label_kind, classes, output_size, validation_split,
 *                validation_order and nodes (whether the first layer normalises) are read
 *  @param limit  use only the first samples; 0: all
 *  @param out    filled on success; it is a success, too, if no file is found
 *  @param err    on failure a line ready to print
 *  @return MNN_OK; MNN_EIO one of the files is missing or cannot be read; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_check_files(const mnn_model *model, const mnn_source *source, int limit, mnn_checked *out,
                           mnn_error *err);

/** Read samples without labels from a file of any kind that has a reader, with the options of the training set where
 *  that has the same reader: columns of a table are found by the model's names.
 *  @param model  only train, sample_size and column_names are read
 *  @param first  the most samples to read
 *  @param out    filled on success; release with mnn_array_free()
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_read_samples(const mnn_model *model, const char *path, uint32_t first, mnn_array *out, mnn_error *err);

/** The contents of a table, before a model is known. */
typedef struct mnn_looked {
    bool found;
    int columns;        /* inputs */
    char **names;       /* [columns] of them; NULL: the file has no header */
    int classes;        /* distinct labels: by value if all are integers, else by bytes; 0: none, several targets, or
                           more than MNN_CHECK_CLASSES */
    char **class_names; /* [classes] */
    bool are_numbers;   /* all of them are integers, as class numbers are */
    int option_count;
    char **options; /* [option_count] to be added to the source: the means and medians of its columns */
} mnn_looked;

/** Find a table as mnn_check_files() does, and read its header and labels. A source of another kind counts as not
 * found.
 *  @param out  filled on success, also if the file is not found; release with mnn_looked_free()
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_look(const mnn_source *source, bool has_labels, mnn_looked *out, mnn_error *err);
void mnn_looked_free(mnn_looked *looked);

#ifdef __cplusplus
}
#endif

#endif
