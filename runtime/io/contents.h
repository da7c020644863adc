/* Detection of file types by their first bytes, for the messages of readers that expect another type. */
#ifndef MNN_IO_CONTENTS_H
#define MNN_IO_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "mnn/status.h"

enum { MNN_CONTENTS_HEAD = 512, MNN_CONTENTS_TEXT = 96 };

/** The type a reader expects. */
typedef enum mnn_expected {
    MNN_EXPECT_IDX,
    MNN_EXPECT_NPY,
    MNN_EXPECT_NPZ,
    MNN_EXPECT_CSV,
    MNN_EXPECT_SAFETENSORS,
    MNN_EXPECT_IMAGE,
    MNN_EXPECT_SAMPLES
} mnn_expected;

/** The beginning of a file. */
typedef struct mnn_head {
    size_t size; /* bytes there are, at most MNN_CONTENTS_HEAD */
    unsigned char bytes[MNN_CONTENTS_HEAD];
} mnn_head;

/** Read the beginning of an open file, and seek back to its first byte.
 *  @return MNN_OK; MNN_EIO */
mnn_status mnn_head_read(mnn_head *head, int fd, const char *path, mnn_error *err);

/** "a ZIP archive", "an HTML page"; NULL: unknown. Never the type `expected`. */
const char *mnn_contents_of(const mnn_head *head, mnn_expected expected);

/** Refuse a file: "PATH: at byte 0: not a safetensors file (got an HTML page)", with a hint for some types. For an
 *  unknown type the message shows the first two bytes.
 *  @param packed  the head is from the contents of a gzip file
 *  @return MNN_EFORMAT */
mnn_status mnn_fail_contents(mnn_error *err, const char *path, const mnn_head *head, mnn_expected expected,
                             bool packed);

#endif
