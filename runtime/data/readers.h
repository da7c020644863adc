/* The sources of samples: one row per word of the language (compiler/lang/sources.def). */
#ifndef MNN_DATA_READERS_H
#define MNN_DATA_READERS_H

#include "data/find.h"
#include "io/contents.h"
#include "mnn/array.h"

/** The request to a reader. */
typedef struct mnn_reading {
    const mnn_source *source; /* for its options */
    const mnn_found *files;
    bool labels;    /* false: the samples only */
    bool classes;   /* labels are class numbers; else values */
    uint32_t first; /* samples to keep; UINT32_MAX: all */
    /* what is known of the training set */
    int column_count;           /* inputs per sample; 0: not known */
    const char *const *columns; /* [column_count] their names; NULL: not known */
    int class_count;
    const char *const *class_names; /* [class_count]; NULL: class numbers */
} mnn_reading;

/** A kind of source. */
typedef struct mnn_reader {
    const char *name; /* "idx" */
    /** Read samples and, where wanted, labels; what was read before a failure is released by the caller.
     *  @return MNN_OK; MNN_EIO; MNN_EFORMAT; MNN_ENOMEM */
    mnn_status (*read)(const mnn_reading *r, mnn_array *samples, mnn_array *labels, mnn_error *err);
    /** Whether a file that begins so can be read by this reader; NULL: never, as of a folder. */
    bool (*is)(const mnn_head *head);
} mnn_reader;

/** @return NULL if there is none of that name */
const mnn_reader *mnn_reader_named(const char *name);

/** The reader of a file by its contents, unpacked if it is gzip; refuses what no reader takes.
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_reader_of(const char *path, const mnn_reader **out, mnn_error *err);

/** The value of a source's option: what follows "name=".
 *  @param nth  of an option that is given several times; 0: the first
 *  @return NULL if it is not given */
const char *mnn_source_option(const mnn_source *source, const char *name, int nth);

#endif
