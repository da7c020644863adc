/* Zip archives of stored files. Format: PKWARE's APPNOTE 6.3, sections 4.3 and 4.4. */
#ifndef MNN_EXCHANGE_ZIP_H
#define MNN_EXCHANGE_ZIP_H

#include "base/atomic.h"

/** The entry of a file in the directory at an archive's end. */
typedef struct mnn_zip_entry {
    char *name;
    uint32_t crc, size, offset;
} mnn_zip_entry;

/** An archive that is being written. The files have no dates: the same contents give the same bytes. */
typedef struct mnn_zip {
    mnn_atomic file;
    const char *path;
    mnn_zip_entry *entries;
    int count;
    uint64_t at; /* bytes written */
} mnn_zip;

/** Begin; end with mnn_zip_commit() or mnn_zip_abort(). */
mnn_status mnn_zip_begin(mnn_zip *z, const char *path, mnn_error *err);

/** Add a file made of two pieces.
 *  @return MNN_OK; MNN_EIO; MNN_ENOMEM, also when the archive would have 4 GiB or more, which the format without
 *          its extensions cannot hold */
mnn_status mnn_zip_add(mnn_zip *z, const char *name, const void *head, size_t head_size, const void *body,
                       size_t body_size, mnn_error *err);

/** Write the directory and put the file in place. */
mnn_status mnn_zip_commit(mnn_zip *z, mnn_error *err);

/** Remove the unfinished file. Harmless after a commit. */
void mnn_zip_abort(mnn_zip *z);

#endif
