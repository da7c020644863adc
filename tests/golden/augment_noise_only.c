/* input (augment_noise_only.mnn:10): forward
 *     out[rows, 6] = the samples of the batch,
 *     with noise of standard deviation 0.5
 * loop; row by row; new random motion at every step */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 6);
            float *out = input_out + i * 6;
            input_sample(batch, i, out);
            mnn_augment_noise(0.5f, batch, i, 6, out);
        }
    }
}

/* input (augment_noise_only.mnn:10): prediction
 *     out[rows, 6] = the samples unchanged */
static void input_predict(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 6);
            float *out = input_out + i * 6;
            input_sample(batch, i, out);
        }
    }
}

/* input (augment_noise_only.mnn:10): out = x * scale + shift, the input of the network, changed likewise */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 6;
    static float changed[6];
    for (size_t j = 0; j < 6; j++)
        changed[j] = ((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.0625f);
    mnn_augment_noise(0.5f, batch, row, 6, changed);
    for (int j = 0; j < 6; j++)
        out[j] = (double)changed[j];
}
