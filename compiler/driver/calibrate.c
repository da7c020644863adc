/* See calibrate.h. */
#include "driver/calibrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/place.h"
#include "mnn/check.h"
#include "mnn/idx.h"

const char *calibrate_file(arena *a, const ir_program *p, const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return path;
    const char *images = p->data.train.samples;
    char *found = mnn_idx_in_folder(path, images);
    const char *file = arena_printf(a, "%s/%s", path, mnn_place_name(images));
    if (found)
        file = arena_strdup(a, found);
    free(found);
    return file;
}

static int fail(arena *a, const char *file, const char *what)
{
    fprintf(stderr, "mnnc: error: %s: %s\n", str_printable(a, file, strlen(file)), what);
    return MNN_EFORMAT;
}

/** Bytes for a network of bytes; floats for one of floats, from a file of any type. */
static void take(arena *a, const network *n, const mnn_array *idx, size_t size, net_samples *samples)
{
    samples->count = idx->dims[0] < CALIBRATION_SAMPLES ? idx->dims[0] : CALIBRATION_SAMPLES;
    samples->are_bytes = idx->data != NULL;
    const size_t count = (size_t)samples->count * size;
    if (n->options.input == NET_BYTES) {
        uint8_t *bytes = arena_alloc(a, count);
        memcpy(bytes, idx->data, count);
        samples->bytes = bytes;
        return;
    }
    float *floats = arena_array(a, count, sizeof *floats);
    for (size_t i = 0; i < count; i++)
        floats[i] = idx->data ? (float)idx->data[i] : idx->values[i];
    samples->floats = floats;
}

int calibrate_load(arena *a, const network *n, const char *path, net_samples *samples)
{
    const size_t size = (size_t)n->input->elements;
    const char *file = calibrate_file(a, n->plan->program, path);
    const ir_data *data = &n->plan->program->data;
    const mnn_model model = {
        .train = {data->train.reader, data->train.samples, data->train.labels, data->train.options},
        .sample_size = (int)size,
        .column_names = data->column_names};
    mnn_array idx = {0};
    mnn_error err;
    int status = (int)mnn_read_samples(&model, file, CALIBRATION_SAMPLES, &idx, &err);
    if (status) {
        fprintf(stderr, "mnnc: error: %s\n", err.text);
        return status;
    }
    *samples = (net_samples){0};
    if (!idx.data && n->options.input == NET_BYTES)
        status = fail(a, file, "calibration samples must be bytes unless --input=float32 is given");
    else if (idx.dims[0] == 0 || idx.count / idx.dims[0] != size)
        status = fail(a, file,
                      arena_printf(a, "the samples do not fit the model (got %zu elements each, expected %zu)",
                                   idx.dims[0] ? idx.count / idx.dims[0] : 0, size));
    else
        take(a, n, &idx, size, samples);
    mnn_array_free(&idx);
    return status;
}
