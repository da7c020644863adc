/* NumPy files: an NPY, or the member x_train of an NPZ. What is accepted must be whole: as many elements as the header
 * says, all finite. */
#define _GNU_SOURCE
#include "input.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "io/npy.h"

static void check(const mnn_array *a)
{
    size_t count = 1;
    for (int i = 0; i < a->rank; i++)
        count *= a->dims[i];
    must(a->rank > 0 && a->rank <= MNN_ARRAY_RANK, "the number of dimensions fits");
    must(count == a->count && count > 0, "the count is the product of the dimensions");
    must(!a->data != !a->values, "one kind of elements");
    unsigned long sum = 0;
    for (size_t i = 0; i < count; i++)
        if (a->data)
            sum += a->data[i];
        else
            must(isfinite(a->values[i]), "every element is there and finite");
    must(sum <= 255 * count, "every byte is there");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mnn_array a;
    mnn_error err = {""};
    const input_file file = input_open(data, size);
    const bool archive = size >= 2 && memcmp(data, "PK", 2) == 0;
    const mnn_status status = archive ? mnn_npz_load(file.path, "x_train", UINT32_MAX, &a, &err)
                                      : mnn_npy_load(file.path, UINT32_MAX, &a, &err);
    input_close(&file);
    must(status == MNN_OK || status == MNN_EFORMAT || status == MNN_ENOMEM, "a status that npy.h names");
    must(status == MNN_OK || strstr(err.text, file.path) != NULL, "the message names the file");
    if (status != MNN_OK)
        return 0;
    check(&a);
    mnn_array_free(&a);
    return 0;
}
