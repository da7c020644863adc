/* Parameters. */
static float *const encoder_layer_1_a_kernel = params + 0; /* [16, 5] */
static float *const encoder_layer_1_a_bias = params + 80; /* [5] */
static float *const encoder_layer_1_a_n2_kernel = params + 85; /* [5, 5] */
static float *const encoder_layer_1_a_n2_bias = params + 110; /* [5] */
static float *const layer_2nd_kernel = params + 115; /* [5, 5] */
static float *const layer_2nd_bias = params + 140; /* [5] */
static float *const int_kernel = params + 145; /* [5, 5] */
static float *const int_bias = params + 170; /* [5] */
static float *const main_kernel = params + 175; /* [5, 4] */
static float *const main_bias = params + 195; /* [4] */

/* encoder_layer_1_a (names_odd.mnn:11): forward
 *     out[rows, 5] = relu(in[rows, 5] . kernel[5, 5] + bias)
 * tiles in registers; split by rows: the kernel fits the cache */
static void encoder_layer_1_a_n2_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    const float *in = encoder_layer_1_a_out + first * 5;
    float *out = encoder_layer_1_a_n2_out + first * 5;
    mnn_rows_product(n, 5, 5, in, 5, encoder_layer_1_a_n2_kernel, 5, out, 5);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < 5; j++) {
            const float z = out[i * 5 + j] + encoder_layer_1_a_n2_bias[j];
            out[i * 5 + j] = z < 0.0f ? 0.0f : z;
        }
}

/* 2nd (names_odd.mnn:12): forward
 *     out[rows, 5] = in[rows, 5] . kernel[5, 5] + bias
 * tiles in registers; split by rows: the kernel fits the cache */
static void layer_2nd_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    const float *in = encoder_layer_1_a_n2_out + first * 5;
    float *out = layer_2nd_out + first * 5;
    mnn_rows_product(n, 5, 5, in, 5, layer_2nd_kernel, 5, out, 5);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < 5; j++)
            out[i * 5 + j] += layer_2nd_bias[j];
}

/* int (names_odd.mnn:13): forward
 *     out[rows, 5] = in[rows, 5] . kernel[5, 5] + bias
 * tiles in registers; split by rows: the kernel fits the cache */
static void int_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    const float *in = layer_2nd_out + first * 5;
    float *out = int_out + first * 5;
    mnn_rows_product(n, 5, 5, in, 5, int_kernel, 5, out, 5);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < 5; j++)
            out[i * 5 + j] += int_bias[j];
}

/* main (names_odd.mnn:14): forward
 *     out[rows, 4] = in[rows, 5] . kernel[5, 4] + bias
 * tiles in registers; split by rows: the kernel fits the cache */
static void main_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    const float *in = int_out + first * 5;
    float *out = main_out + first * 4;
    mnn_rows_product(n, 4, 5, in, 5, main_kernel, 4, out, 4);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < 4; j++)
            out[i * 4 + j] += main_bias[j];
}

static const mnn_layer layers[] = {
    {"input", "input", 1, {16}, 0, 32},
    {"Encoder/layer-1.a", "dense", 1, {5}, 85, 170},
    {"encoder_layer_1_a", "dense", 1, {5}, 30, 60},
    {"2nd", "dense", 1, {5}, 30, 55},
    {"int", "dense", 1, {5}, 30, 55},
    {"main", "dense", 1, {4}, 24, 60},
};

static const mnn_tensor tensors[] = {
    {"Encoder/layer-1.a.kernel", 2, {16, 5}, 0, 80, true, MNN_INIT_UNIFORM, -0.5345224838248488,
            0.5345224838248488, {0}},
    {"Encoder/layer-1.a.bias", 1, {5}, 80, 5, true, MNN_INIT_ZEROS, 0.0, 0.0, {0}},
    {"encoder_layer_1_a.kernel", 2, {5, 5}, 85, 25, true, MNN_INIT_UNIFORM, -0.7745966692414834,
            0.7745966692414834, {0}},
    {"encoder_layer_1_a.bias", 1, {5}, 110, 5, true, MNN_INIT_ZEROS, 0.0, 0.0, {0}},
    {"2nd.kernel", 2, {5, 5}, 115, 25, true, MNN_INIT_UNIFORM, -0.7745966692414834,
            0.7745966692414834, {0}},
    {"2nd.bias", 1, {5}, 140, 5, true, MNN_INIT_ZEROS, 0.0, 0.0, {0}},
    {"int.kernel", 2, {5, 5}, 145, 25, true, MNN_INIT_UNIFORM, -0.7745966692414834,
            0.7745966692414834, {0}},
    {"int.bias", 1, {5}, 170, 5, true, MNN_INIT_ZEROS, 0.0, 0.0, {0}},
    {"main.kernel", 2, {5, 4}, 175, 20, true, MNN_INIT_UNIFORM, -0.816496580927726,
            0.816496580927726, {0}},
    {"main.bias", 1, {4}, 195, 4, true, MNN_INIT_ZEROS, 0.0, 0.0, {0}},
};
