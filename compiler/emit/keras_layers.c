/* The layers of the Keras script, from the operations as written in the description. Every layer maps x to x; the
 * input of a residual connection is kept as skip_1, skip_2 ... */
#include "emit/keras.h"

#include <string.h>

#include "layers/keras.h"
#include "layers/layer.h"

static const char *f(keras *k, double value)
{
    return py_float(k->plan->arena, value);
}

/** Names are those of the C: Keras takes no "/" in a name. */
static const char *name_of_layer(keras *k, const ir_op *op)
{
    return arena_printf(k->plan->arena, "\"%s\"", plan_c_name(k->plan, op->layer));
}

/** Number the values that something else than the next operation reads. The loss of an autoencoder does not count. */
static void number_skips(keras *k)
{
    const ir_graph *g = k->plan->program->graph;
    int *skips = arena_array(k->plan->arena, (size_t)g->value_count, sizeof *skips);
    int count = 0;
    for (const ir_op *op = g->written; op; op = op->next)
        for (int i = 0; i < op->input_count; i++) {
            const ir_op *maker = op->input[i]->written_producer;
            if (maker && maker->next != op && op->code != IR_LOSS)
                skips[op->input[i]->id] = 1;
        }
    for (const ir_op *op = g->written; op; op = op->next)
        if (skips[op->output[0]->id])
            skips[op->output[0]->id] = ++count;
    k->skips = skips;
}

static int skip_of(const keras *k, const ir_value *v)
{
    return k->skips[v->id];
}

/** The inputs of the layer: "(x)", or "([x, skip_1])". */
static const char *operands(keras *k, const ir_op *op, const ir_op *before)
{
    str s = str_new(k->plan->arena);
    int count = 0;
    for (int i = 0; i < op->input_count; i++) {
        if (!ir_is_per_row(op->input[i]))
            continue;
        str_add(&s, count++ ? ", " : "");
        if (op->input[i] == before->output[0])
            str_add(&s, "x");
        else
            str_printf(&s, "skip_%d", skip_of(k, op->input[i]));
    }
    return arena_printf(k->plan->arena, count > 1 ? "([%s])" : "(%s)", s.text);
}

/** An activation that was written as an argument of the layer before it. */
static bool is_argument(const keras *k, const ir_op *op, const ir_op *next)
{
    return next && ir_has(next->code, IR_MAPS) && strcmp(op->layer, next->layer) == 0 && !skip_of(k, op->output[0]);
}

static void keep(keras *k, const ir_op *op)
{
    if (skip_of(k, op->output[0]))
        py_line(&k->w, "skip_%d = x", skip_of(k, op->output[0]));
}

/** @return the last operation that was written */
static const ir_op *write_layer(keras *k, const ir_op *op, const ir_op *before)
{
    const ir_op *last = op;
    py_call c = layer_keras(k->plan->arena, op);
    if (is_argument(k, op, op->next)) {
        last = op->next;
        py_argument(&c, "activation=%s", keras_activation(k->plan->arena, last->attr.activation));
    }
    /* an activation that could not be an argument has its layer's name once more */
    if (strcmp(op->layer, before->layer) != 0)
        py_argument(&c, "name=%s", name_of_layer(k, op));
    py_call_line(&k->w, "x = ", &c, operands(k, op, before));
    keep(k, last);
    return last;
}

static void write_augmentation(keras *k)
{
    const ir_augment *a = &k->plan->program->data.augment;
    const ir_shape picture = a->picture;
    if (!ir_augments(&k->plan->program->data))
        return;
    py_comment(&k->w, "augmentation; here each layer interpolates separately, mnnc combines all in one motion");
    static const char *const fills[] = {"constant", "nearest", "reflect"};
    static const char *const flips[] = {NULL, "horizontal", "vertical", "horizontal_and_vertical"};
    const char *fill =
        arena_printf(k->plan->arena, "fill_mode=\"%s\", fill_value=%s", fills[a->fill], f(k, a->outside));
    if (a->flip)
        py_line(&k->w, "x = keras.layers.RandomFlip(\"%s\")(x)", flips[a->flip]);
    if (a->rotate > 0)
        py_line(&k->w, "x = keras.layers.RandomRotation(%s / 360, %s)(x)", f(k, a->rotate), fill);
    if (a->zoom > 0)
        py_line(&k->w, "x = keras.layers.RandomZoom(%s, %s)(x)", f(k, a->zoom), fill);
    if (a->shift > 0)
        py_line(&k->w, "x = keras.layers.RandomTranslation(%s / %lld, %s / %lld, %s)(x)", f(k, a->shift),
                (long long)picture.dim[0], f(k, a->shift), (long long)picture.dim[1], fill);
    if (a->noise > 0)
        py_line(&k->w, "x = keras.layers.GaussianNoise(%s)(x)", f(k, a->noise));
}

static void write_input(keras *k, const ir_op *op)
{
    py_call c = py_call_new(k->plan->arena, "keras.Input");
    py_argument(&c, "%s", keras_tuple(k->plan->arena, op->output[0]->shape));
    py_argument(&c, "name=%s", name_of_layer(k, op));
    py_call_line(&k->w, "inputs = ", &c, "");
    py_line(&k->w, "x = inputs");
    write_augmentation(k);
    keep(k, op);
}

void keras_layers(keras *k)
{
    const ir_program *p = k->plan->program;
    const ir_op *before = p->graph->written;
    number_skips(k);
    write_input(k, before);
    for (const ir_op *op = before->next; op; op = before->next) {
        if (ir_has(op->code, IR_ROW_LOSS))
            break;
        before = write_layer(k, op, before);
    }
    py_line(&k->w, "model = keras.Model(inputs, x, name=%s)", py_str(k->plan->arena, p->model_name));
    py_line(&k->w, "model.summary()");
    py_text(&k->w, "\n");
}
