/* concat (layers_by_name.mnn:21): forward; loop; row by row
 *     part[n, i, j, k] = in[n, i, j, k]
 *     part_2[n, i, j, k] = in_2[n, i, j, k - 4]
 *     out[n, i, j, k] = part[n, i, j, k] + part_2[n, i, j, k] */
static void concat_forward(const mnn_task *task, const float *restrict input, const float *restrict input_2,
        float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[4] = (const float (*)[4])input;
    const float (*restrict in_2)[4] = (const float (*)[4])input_2;
    float (*restrict out)[8] = (float (*)[8])output;
    for (int place = first * 64; place < (first + n) * 64; place++) {
        float part[8];
        for (int k = 0; k < 8; k++)
            part[k] = 0.0f;
        for (int k = 0; k < 4; k++)
            part[k] += in[place][k];
        float part_2[8];
        for (int k = 0; k < 8; k++)
            part_2[k] = 0.0f;
        for (int k = 4; k < 8; k++)
            part_2[k] += in_2[place][k - 4];
        for (int k = 0; k < 8; k++)
            out[place][k] = part[k] + part_2[k];
    }
}
MNN_TASK(concat_forward, workspace + at[0], workspace + at[1], workspace + at[2])
