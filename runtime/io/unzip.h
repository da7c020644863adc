/* Members of ZIP archives. Format: PKWARE's APPNOTE 6.3, sections 4.3 and 4.4. */
#ifndef MNN_IO_UNZIP_H
#define MNN_IO_UNZIP_H

#include "io/stream.h"

/** Signatures of headers. */
enum { MNN_ZIP_LOCAL = 0x04034b50, MNN_ZIP_CENTRAL = 0x02014b50, MNN_ZIP_END = 0x06054b50 };

/** Open a member of an archive as a stream, which ends with the member; its CRC is checked when the end is read. The
 *  last directory of the archive counts; archives of several disks and encrypted members are refused.
 *  @param name     of the member: "x_train.npy"
 *  @param s        its path is ARCHIVE/NAME; close with mnn_stream_close()
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_unzip_open(mnn_stream *s, const char *archive, const char *name, mnn_error *err);

#endif
