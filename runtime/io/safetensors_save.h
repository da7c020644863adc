/* Writing safetensors files that replace one of a series. */
#ifndef MNN_IO_SAFETENSORS_SAVE_H
#define MNN_IO_SAFETENSORS_SAVE_H

#include "base/previous.h"
#include "mnn/safetensors.h"

/** As mnn_safetensors_save(), and as old says with the existing file. */
mnn_status mnn_safetensors_save_keeping(const char *path, const mnn_replaced *old, const mnn_st_tensor *tensors,
                                        int tensor_count, const mnn_st_entry *metadata, int metadata_count,
                                        mnn_error *err);

#endif
