/* The Keras spelling of words and values: see keras.h. */
#include "layers/keras.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *keras_class(arena *a, const lang_entry *entry)
{
    for (const char *word = entry->aliases; *word; word += strspn(word, " ")) {
        const size_t length = strcspn(word, " ");
        if (isupper((unsigned char)*word))
            return arena_printf(a, "%.*s", (int)length, word);
        word += length;
    }
    return NULL;
}

const char *keras_path(arena *a, const char *module, const lang_table *table, int id)
{
    return arena_printf(a, "keras.%s.%s", module, keras_class(a, &table->entries[id]));
}

/* --- activations, initializers, regularizers --------------------------------------------------------- */

const char *keras_activation(arena *a, ir_activation f)
{
    const char *name = ir_activation_name(f.kind);
    const lang_param *argument = lang_activations.entries[f.kind].params;
    if (!argument->name || f.a == (argument->type == LANG_TYPE_BOOL ? 0 : strtod(argument->initial, NULL)))
        return arena_printf(a, "\"%s\"", name);
    return arena_printf(a, "lambda t: keras.activations.%s(t, %s=%s)", name, argument->name,
                        argument->type == LANG_TYPE_BOOL ? "True" : py_float(a, f.a));
}

static const char *initializer_text(arena *a, ir_initializer i)
{
    py_call c = py_call_new(a, keras_path(a, "initializers", &lang_initializers, (int)i.kind));
    switch (i.kind) {
    case LANG_INITIALIZER_CONSTANT:
        py_argument(&c, "%s", py_float(a, i.a));
        break;
    case LANG_INITIALIZER_RANDOM_UNIFORM:
        py_argument(&c, "minval=%s", py_float(a, i.a));
        py_argument(&c, "maxval=%s", py_float(a, i.b));
        break;
    case LANG_INITIALIZER_RANDOM_NORMAL:
        py_argument(&c, "mean=%s", py_float(a, i.a));
        py_argument(&c, "stddev=%s", py_float(a, i.b));
        break;
    case LANG_INITIALIZER_ORTHOGONAL:
        py_argument(&c, "gain=%s", py_float(a, i.a));
        break;
    case LANG_INITIALIZER_UNIT_FORGET: /* written as unit_forget_bias */
    case LANG_INITIALIZER_ZEROS:
    case LANG_INITIALIZER_ONES:
    case LANG_INITIALIZER_GLOROT_UNIFORM:
    case LANG_INITIALIZER_GLOROT_NORMAL:
    case LANG_INITIALIZER_HE_UNIFORM:
    case LANG_INITIALIZER_HE_NORMAL:
    case LANG_INITIALIZER_LECUN_UNIFORM:
    case LANG_INITIALIZER_LECUN_NORMAL:
    case LANG_INITIALIZER_COUNT:
        break;
    }
    return py_call_text(&c);
}

void keras_add_initializer(py_call *c, const char *name, ir_initializer i, lang_initializer standard)
{
    if (i.kind != standard)
        py_argument(c, "%s=%s", name, initializer_text(c->arena, i));
}

void keras_add_regularizer(py_call *c, const char *name, ir_regularizer r)
{
    if (!ir_is_penalty(r))
        return;
    py_argument(c, "%s=%s(l1=%s, l2=%s)", name,
                keras_path(c->arena, "regularizers", &lang_regularizers, LANG_REGULARIZER_L1_L2),
                py_float(c->arena, r.l1), py_float(c->arena, r.l2));
}

void keras_add_parameters(py_call *c, const ir_op *op, const char *kernel)
{
    const ir_attributes *a = &op->attr;
    if (a->groups > 1)
        py_argument(c, "groups=%lld", (long long)a->groups);
    if (!a->use_bias)
        py_argument(c, "use_bias=False");
    keras_add_initializer(c, arena_printf(c->arena, "%s_initializer", kernel), a->kernel_initializer,
                          LANG_INITIALIZER_GLOROT_UNIFORM);
    keras_add_initializer(c, "bias_initializer", a->bias_initializer, LANG_INITIALIZER_ZEROS);
    keras_add_regularizer(c, arena_printf(c->arena, "%s_regularizer", kernel), a->kernel_regularizer);
    keras_add_regularizer(c, "bias_regularizer", a->bias_regularizer);
}

/* --- arguments of several layers ---------------------------------------------------------------------- */

const char *keras_tuple(arena *a, ir_shape shape)
{
    str s = str_new(a);
    str_add_char(&s, '(');
    for (int i = 0; i < shape.rank; i++)
        str_printf(&s, "%s%lld", i ? ", " : "", (long long)shape.dim[i]);
    str_add(&s, shape.rank == 1 ? ",)" : ")");
    return s.text;
}

/** A value along the one or two dimensions in which a window slides. */
static const char *extents(arena *a, const ir_op *op, ir_pair p)
{
    return op->input[0]->shape.rank == 2 ? arena_printf(a, "%lld", (long long)p.h)
                                         : arena_printf(a, "(%lld, %lld)", (long long)p.h, (long long)p.w);
}

void keras_add_window(py_call *c, const ir_op *op)
{
    py_argument(c, "%s", extents(c->arena, op, op->attr.window));
    py_argument(c, "strides=%s", extents(c->arena, op, op->attr.strides));
    py_argument(c, op->attr.padding == LANG_PADDING_SAME ? "padding=\"same\"" : "padding=\"valid\"");
}

void keras_add_dilation(py_call *c, const ir_op *op)
{
    const ir_pair dilation = op->attr.dilation;
    if (dilation.h != 1 || dilation.w != 1)
        py_argument(c, "dilation_rate=%s", extents(c->arena, op, dilation));
}

void keras_convolution(py_call *c, const ir_op *op)
{
    py_argument(c, "%lld", (long long)op->attr.filters);
    keras_add_window(c, op);
    keras_add_dilation(c, op);
    keras_add_parameters(c, op, "kernel");
}

void keras_add_normalization(py_call *c, const ir_op *op)
{
    const ir_attributes *a = &op->attr;
    py_argument(c, "epsilon=%s", py_float(c->arena, a->epsilon));
    if (!a->center)
        py_argument(c, "center=False");
    if (!a->scale)
        py_argument(c, "scale=False");
    keras_add_initializer(c, "beta_initializer", a->beta_initializer, LANG_INITIALIZER_ZEROS);
    keras_add_initializer(c, "gamma_initializer", a->gamma_initializer, LANG_INITIALIZER_ONES);
}
