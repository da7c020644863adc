/* Weights of other programs: a safetensors file of any names, shapes and kinds of floats, matched by the names that a
 * library gives or by a map that the user writes. What is taken must be finite, and nothing may be touched by what is
 * refused.
 *
 * An input is a byte that says how to match, the map up to a byte 0xFF, and the file. */
#define _GNU_SOURCE
#include "safetensors_input.h"

#include <math.h>

#include "exchange/import.h"

enum { BY_MAP, BY_PYTORCH, BY_KERAS, WAYS };
enum { PARAMS = 125, STATE = 12, TENSORS = 9, MAP_ENDS = 0xFF };

/* What can lie otherwise elsewhere: kernels, a depthwise one, a batchnorm, and a dense layer behind pictures. */
static const mnn_tensor tensors[TENSORS] = {
    {.name = "conv.kernel", .rank = 4, .dims = {3, 3, 2, 3}, .offset = 0, .size = 54},
    {.name = "conv.bias", .rank = 1, .dims = {3}, .offset = 54, .size = 3},
    {.name = "deep.kernel", .rank = 4, .dims = {1, 1, 3, 2}, .offset = 57, .size = 6, .layout.depthwise = true},
    {.name = "norm.gamma", .rank = 1, .dims = {6}, .offset = 63, .size = 6},
    {.name = "norm.beta", .rank = 1, .dims = {6}, .offset = 69, .size = 6},
    {.name = "head.kernel", .rank = 2, .dims = {24, 2}, .offset = 75, .size = 48, .layout.image = {2, 2, 6}},
    {.name = "head.bias", .rank = 1, .dims = {2}, .offset = 123, .size = 2},
    {.name = "norm.moving_mean", .rank = 1, .dims = {6}, .offset = 125, .size = 6},
    {.name = "norm.moving_variance", .rank = 1, .dims = {6}, .offset = 131, .size = 6},
};
static mnn_status match(mnn_matches *m, int way, const char *map, mnn_error *err)
{
    if (way == BY_MAP)
        return mnn_match_by_map(m, map, err);
    return mnn_match_by_names(m, way == BY_KERAS ? MNN_FROM_KERAS : MNN_FROM_PYTORCH, err);
}

static mnn_status take(const mnn_model *model, int way, const char *map, const char *path, mnn_error *err)
{
    mnn_foreign file;
    mnn_match of[TENSORS] = {{NULL, false, false}};
    mnn_status status = mnn_foreign_load(path, &file, err);
    if (status)
        return status;
    mnn_matches m = {.model = model, .file = &file, .of = of};
    status = match(&m, way, map, err);
    char list[MNN_UNUSED_TEXT];
    must(mnn_unused(&m, list, sizeof list) <= file.count && strlen(list) < sizeof list,
         "unused tensors are those of the file");
    if (!status)
        status = mnn_import(&m, err);
    mnn_foreign_free(&file);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const float untouched = -77.0f;
    if (size < 2)
        return 0;
    const uint8_t *map = data + 1, *end = memchr(map, MAP_ENDS, size - 1);
    if (!end)
        return 0;
    /* of the very size, so that a write behind it is seen */
    float *params = malloc((PARAMS + STATE) * sizeof *params);
    if (!params)
        abort();
    for (int i = 0; i < PARAMS + STATE; i++)
        params[i] = untouched;
    const mnn_model model = {.name = "m",
                             .tensor_count = TENSORS,
                             .tensors = tensors,
                             .param_count = PARAMS,
                             .state_count = STATE,
                             .params = params};
    mnn_error err = {""};
    const input_file map_file = input_open(map, (size_t)(end - map));
    const input_file file = input_open(end + 1, size - (size_t)(end + 1 - data));
    const mnn_status status = take(&model, data[0] % WAYS, map_file.path, file.path, &err);
    input_close(&file);
    input_close(&map_file);
    must(status == MNN_OK || status == MNN_EFORMAT || status == MNN_ENOMEM, "a status that import.h names");
    must(status == MNN_OK || strstr(err.text, file.path) || strstr(err.text, map_file.path),
         "the message names a file");
    for (int i = 0; i < PARAMS + STATE; i++)
        must(status == MNN_OK ? isfinite(params[i]) : params[i] == untouched, "weights finite, or as they were");
    free(params);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    const size_t changed = LLVMFuzzerMutate(data, size, room);
    const uint8_t *end = changed > 1 ? memchr(data + 1, MAP_ENDS, changed - 1) : NULL;
    if (seed % 2 && end)
        safetensors_set_length(data, changed, (size_t)(end + 1 - data));
    return changed;
}
