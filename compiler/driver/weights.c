/* See weights.h. */
#include "driver/weights.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mnn/safetensors.h"

/** The dimensions of a shape as the runtime takes them. */
static const int *dims_of(arena *a, ir_shape shape)
{
    int *dims = arena_array(a, (size_t)shape.rank, sizeof *dims);
    for (int i = 0; i < shape.rank; i++)
        dims[i] = (int)shape.dim[i];
    return dims;
}

static bool has(const mnn_st_tensor *tensors, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(tensors[i].name, name) == 0)
            return true;
    return false;
}

/** Other tensors of a checkpoint are checked by the reader like the weights, and skipped (data NULL).
 *  @param found  of the file: names and shapes are used until the file has been read */
static mnn_st_tensor *with_rest(arena *a, const mnn_st_tensor *weights, int *count, const mnn_st_tensor *found,
                                int found_count)
{
    const int own = *count;
    mnn_st_tensor *all = arena_array(a, (size_t)(own + found_count), sizeof *all);
    memcpy(all, weights, (size_t)own * sizeof *all);
    for (int i = 0; i < found_count; i++)
        if (!has(weights, own, found[i].name))
            all[(*count)++] = found[i];
    return all;
}

/** @param of  set to the description that the file names, malloc'ed, or NULL */
static mnn_status read_file(arena *a, const char *path, const mnn_st_tensor *tensors, int count, char **of,
                            mnn_error *err)
{
    static const char *const keys[] = {MNN_CHECKPOINT_KEY, "description"};
    char *values[2] = {NULL, NULL};
    mnn_st_tensor *found = NULL;
    int found_count = 0;
    mnn_status status = mnn_safetensors_list(path, &found, &found_count, keys, 2, values, err);
    if (!status && values[0]) {
        const mnn_st_tensor *all = with_rest(a, tensors, &count, found, found_count);
        status = mnn_safetensors_load(path, all, count, NULL, 0, NULL, err);
    } else if (!status) {
        status = mnn_safetensors_load(path, tensors, count, NULL, 0, NULL, err);
    }
    free(found);
    free(values[0]);
    *of = values[1];
    return status;
}

int weights_load(arena *a, const ir_program *p, const char *path, const char *description, float ***weights)
{
    const ir_graph *g = p->graph;
    mnn_st_tensor *tensors = arena_array(a, (size_t)g->value_count, sizeof *tensors);
    int count = 0;
    *weights = arena_array(a, (size_t)g->value_count, sizeof **weights);
    for (const ir_value *v = g->values; v; v = v->next) {
        if (!ir_is_kept(v))
            continue;
        (*weights)[v->id] = arena_array(a, (size_t)ir_elements(v->shape), sizeof(float));
        tensors[count++] = (mnn_st_tensor){v->name, v->shape.rank, dims_of(a, v->shape), (*weights)[v->id]};
    }
    mnn_error err;
    char *of = NULL;
    const mnn_status status = read_file(a, path, tensors, count, &of, &err);
    if (status)
        fprintf(stderr, "mnnc: error: %s\n", err.text);
    else if (of && strcmp(of, description) != 0)
        fprintf(
            stderr,
            "mnnc: warning: %s: these weights were trained with another description, or before this one was changed\n",
            str_printable(a, path, strlen(path)));
    free(of);
    return (int)status;
}
