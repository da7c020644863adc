/* The network of a generated program as a graph, as written in its description: the input of the exporters. */
#ifndef MNN_GRAPH_H
#define MNN_GRAPH_H

#ifdef __cplusplus
extern "C" {
#endif

enum { MNN_MAX_NODE_INPUTS = 8, MNN_MAX_NODE_TENSORS = 4, MNN_MAX_NODE_RANK = 4 };

/** Operations; values are NHWC without the batch. */
typedef enum mnn_op {
    MNN_OP_INPUT,            /* the sample, x * scale + shift */
    MNN_OP_DENSE,            /* tensors kernel [in, units], bias [units] */
    MNN_OP_CONV2D,           /* kernel [height, width, in_channels / groups, filters], bias; window and groups */
    MNN_OP_DEPTHWISE_CONV2D, /* kernel [height, width, in_channels, multiplier], bias; window */
    MNN_OP_MAXPOOL2D,        /* window */
    MNN_OP_AVGPOOL2D,        /* window; the mean of the elements inside the image */
    MNN_OP_GLOBAL_AVGPOOL2D,
    MNN_OP_ACTIVATION, /* activation, a */
    MNN_OP_ADD,
    MNN_OP_BATCHNORM, /* gamma, beta, moving_mean, moving_variance; epsilon */
    MNN_OP_LAYERNORM, /* gamma, beta; epsilon; along the last dimension */
    MNN_OP_DROPOUT,   /* identity in inference */
    MNN_OP_RESHAPE
} mnn_op;

typedef enum mnn_activation {
    MNN_ACTIVATION_LINEAR,
    MNN_ACTIVATION_RELU,
    MNN_ACTIVATION_LEAKY_RELU, /* a: slope below 0 */
    MNN_ACTIVATION_ELU,        /* a: alpha */
    MNN_ACTIVATION_GELU,       /* a: 1 for the form with tanh */
    MNN_ACTIVATION_SILU,
    MNN_ACTIVATION_SIGMOID,
    MNN_ACTIVATION_TANH,
    MNN_ACTIVATION_SOFTMAX /* along the last dimension */
} mnn_activation;

/** An operation and its result; unused members are 0. Pairs are (height, width). */
typedef struct mnn_node {
    mnn_op op;
    const char *layer; /* consecutive nodes may belong to one layer: a dense layer and its activation */
    int input_count;
    int inputs[MNN_MAX_NODE_INPUTS]; /* indices of earlier nodes */
    int tensor_count;
    int tensors[MNN_MAX_NODE_TENSORS]; /* indices into mnn_model.tensors, in the order above; some may be absent */
    int rank;                          /* of the result */
    int dims[MNN_MAX_NODE_RANK];
    int window[2], strides[2], dilation[2];
    int pad[2]; /* padding: rows at the top and columns on the left; bottom and right follow from the shapes */
    int groups;
    mnn_activation activation;
    double a, epsilon;
} mnn_node;

#ifdef __cplusplus
}
#endif

#endif
