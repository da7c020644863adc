/* input: limits of the random motion of an image in training */
static const mnn_motion input_motion = {
    .height = 16, .width = 12, .channels = 3,
    .rotate = 10.0f, /* degrees */
    .zoom = 0.0f,
    .shift = 2.0f, /* pixels */
    .outside = 0.0f,
    .fill = MNN_FILL_REFLECT,
    .flip = 1, /* horizontally */
};

/* input (augment_flip.mnn:4): forward; loop; row by row; new random motion at every step
 *     out[rows, 16, 12, 3] = the samples of the batch,
 *     mirrored horizontally, rotated by up to 10.0 degrees, shifted by up to 2.0 pixels */
static void input_forward(const mnn_task *task, float *restrict output)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    float *sample = task->scratch;
    for (int i = first; i < first + n; i++) {
        mnn_prefetch(batch, i + 4, 576);
        float *out = output + i * 576;
        input_sample(batch, i, sample);
        mnn_augment_move(&input_motion, batch, i, sample, out);
    }
}
MNN_TASK(input_forward, workspace + at[0])
