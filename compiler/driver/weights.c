/* See weights.h. */
#include "driver/weights.h"

#include <stdio.h>

#include "mnn/safetensors.h"

/** The dimensions of a shape as the runtime takes them. */
static const int *dims_of(arena *a, ir_shape shape)
{
    int *dims = arena_array(a, (size_t)shape.rank, sizeof *dims);
    for (int i = 0; i < shape.rank; i++)
        dims[i] = (int)shape.dim[i];
    return dims;
}

int weights_load(arena *a, const ir_program *p, const char *path, float ***weights)
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
    const mnn_status status = mnn_safetensors_load(path, tensors, count, NULL, 0, NULL, &err);
    if (status)
        fprintf(stderr, "mnnc: error: %s\n", err.text);
    return (int)status;
}
