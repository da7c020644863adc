/* NumPy's arrays in files: NPY, alone or as members of an NPZ archive. */
#ifndef MNN_IO_NPY_H
#define MNN_IO_NPY_H

#include "mnn/array.h"
#include "mnn/status.h"

/** Read an NPY file, plain or gzipped.
 *  Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, versions 1.0 to 3.0; bool, integers
 * of 8 to 64 bits and floats of 16 to 64 bits in both byte orders, C and Fortran order. uint8 and bool become bytes,
 * all other types floats, rounded to nearest. Python objects (pickles), text and records are refused by name. The size
 *  in the header is compared with the size of the file before memory is allocated.
 *  @param most  entries along the first dimension to keep; UINT32_MAX: all
 *  @param out   filled on success, untouched on failure; release with mnn_array_free()
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_npy_load(const char *path, uint32_t most, mnn_array *out, mnn_error *err);

/** Read the array NAME.npy of an NPZ archive, stored or deflated, as numpy.savez() and savez_compressed() write it.
 *  @return as mnn_npy_load(); MNN_EFORMAT, too, with the names in the archive if NAME is not among them */
mnn_status mnn_npz_load(const char *path, const char *name, uint32_t most, mnn_array *out, mnn_error *err);

#endif
