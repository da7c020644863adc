/* Locating the files of a data set. */
#ifndef MNN_DATA_FIND_H
#define MNN_DATA_FIND_H

#include <stdbool.h>

#include "mnn/model.h"
#include "mnn/status.h"

/** The folders to search. */
typedef struct mnn_places {
    const char *folder; /* the only folder, for the file's base name; NULL: as written, then along search */
    const char *search; /* folders separated by colons */
    bool no_option;     /* without a --data option to mention in hints: mnnc asks */
} mnn_places;

/** A data set's files, as found. */
typedef struct mnn_found {
    char *samples;
    char *labels; /* NULL if the description names no file of labels */
} mnn_found;

/** The value of MNN_DATA_PATH, or "data:/usr/share/datasets". */
const char *mnn_search_path(void);

/** Find one file as the description writes it, plain or with ".gz"; "-idx3-ubyte" at the end of its name may be spelled
 *  ".idx3-ubyte" or "_idx3-ubyte". An absolute path is not searched for.
 *  @param found  malloc'ed; untouched on failure
 *  @return MNN_OK; MNN_EIO with the paths tried and hints, or with the system's message for one of them; MNN_ENOMEM
 */
mnn_status mnn_find(const mnn_places *places, const char *path, char **found, mnn_error *err);

/** Find the samples and, where the description names them, the labels of a set; all are there or none.
 *  @param out  release with mnn_found_free() */
mnn_status mnn_find_pair(const mnn_places *places, const mnn_source *source, mnn_found *out, mnn_error *err);
void mnn_found_free(mnn_found *found);

#endif
