/* How a camera was held: the orientation in the EXIF data of an image file. */
#ifndef MNN_IO_EXIF_H
#define MNN_IO_EXIF_H

#include <stddef.h>

/** The orientation in EXIF data (CIPA DC-008: a TIFF header and its first directory), which are not trusted. "Exif" and
 *  two NULs may come first, as in a JPEG's APP1 marker.
 *  @return 1 to 8; 0: none is given, or it cannot be read */
int mnn_exif_orientation(const unsigned char *data, size_t size);

#endif
