/* Files of weights. What is taken must be finite, and nothing may be touched by a file that is refused. */
#define _GNU_SOURCE
#include "safetensors_input.h"

#include <math.h>

#include "mnn/safetensors.h"

enum { IN = 4, OUT = 3, KEYS = 2 };

static const int kernel_dims[] = {IN, OUT}, bias_dims[] = {OUT};
static const char *const keys[KEYS] = {"architecture", "epoch"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    float kernel[IN * OUT], bias[OUT];
    const float untouched = -77.0f;
    for (int i = 0; i < IN * OUT; i++)
        kernel[i] = untouched;
    for (int i = 0; i < OUT; i++)
        bias[i] = untouched;
    const mnn_st_tensor tensors[] = {{"dense.kernel", 2, kernel_dims, kernel}, {"dense.bias", 1, bias_dims, bias}};
    char *values[KEYS] = {NULL, NULL};
    mnn_error err = {""};
    const input_file file = input_open(data, size);
    const mnn_status status = mnn_safetensors_load(file.path, tensors, 2, keys, KEYS, values, &err);
    input_close(&file);
    must(status == MNN_OK || status == MNN_EFORMAT || status == MNN_ENOMEM, "a status that safetensors.h names");
    must(status == MNN_OK || strstr(err.text, file.path) != NULL, "the message names the file");
    for (int i = 0; i < IN * OUT; i++)
        must(status == MNN_OK ? isfinite(kernel[i]) : kernel[i] == untouched, "weights finite, or as they were");
    for (int i = 0; i < OUT; i++)
        must(status == MNN_OK ? isfinite(bias[i]) : bias[i] == untouched, "biases finite, or as they were");
    for (int i = 0; i < KEYS; i++)
        free(values[i]);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    const size_t changed = LLVMFuzzerMutate(data, size, room);
    if (seed % 2)
        safetensors_set_length(data, changed, 0);
    return changed;
}
