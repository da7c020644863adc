/* standardize: out = (in - center) * scale for each channel, both learnt from the training set: standardize(), minmax()
 */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    const ir_data *data = &cx->program->data;
    const ir_shape shape = data->rescales_all ? (ir_shape){1, {1}} : shape_channels(op);
    ir_initializer scale = data->rescale, center = data->rescale;
    scale.kind = LANG_INITIALIZER_ONES;
    center.kind = LANG_INITIALIZER_ZEROS;
    shape_add_state(cx, op, "scale", shape, scale);
    shape_add_state(cx, op, "center", shape, center);
    return shape_same(cx, op);
}

static void keras(py_call *c, const ir_op *op)
{
    (void)op;
    py_argument(c, "scale");
    py_argument(c, "offset=-center * scale");
}

static void onnx(onnx_graph *x)
{
    static const char *const types[] = {"Sub", "Mul"}, *const roles[] = {"center", "scale"};
    const char *name = onnx_operand(x, 0, ONNX_CHANNELS_LAST);
    for (int i = 0; i < 2; i++) {
        Onnx__NodeProto *node = onnx_node(x, types[i], name);
        onnx_parameter(x, node, roles[i]);
        name = onnx_end(x, node, NULL);
    }
    onnx_set_result(x, name, ONNX_CHANNELS_LAST);
}

/** No product meets an addition, so that every compiler computes the same bits. */
static void nests(layer_nests *b, const ir_op *op)
{
    static const char *const roles[] = {"center", "scale"};
    nest_index at[NEST_MAX_RANK];
    nest_tensor *in = nests_of(b, op->input[0]);
    nest *t = nests_begin_map(b, "in", in, at);
    for (int i = 0; i < 2; i++) {
        const ir_value *v = ir_parameter(op, roles[i]);
        const nest_index all = nest_constant(0);
        nest_load_at(t, roles[i], nests_of(b, v), ir_elements(v->shape) == 1 ? &all : &at[in->rank - 1]);
    }
    nests_result(b, op, nest_end(t, "out", "(in - center) * scale"));
}

const layer_kind layer_standardize = {
    .shape = shape, .keras_class = "Rescaling", .keras = keras, .onnx = onnx, .nests = nests};
