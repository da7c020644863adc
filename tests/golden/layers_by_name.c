/* concat (layers_by_name.mnn:21): forward; loop; row by row
 *     part[n, i, j, k] = in[n, i, j, k]
 *     part[n, i, j, k] = in[n, i, j, k - 4]
 *     out[n, i, j, k] = part[n, i, j, k] + part[n, i, j, k] */
MNN_KEEP_CONDITIONS
static void concat_forward(const mnn_task *task, const float *restrict input, const float *restrict input_2,
        float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[4] = (const float (*)[4])input;
    const float (*restrict in_2)[4] = (const float (*)[4])input_2;
    float (*restrict out)[8] = (float (*)[8])output;
    for (int place = first * 64; place < (first + n) * 64; place++)
        for (int k = 0; k < 8; k++) {
            float part = 0.0f;
            if (k < 4)
                part += in[place][k];
            float part_2 = 0.0f;
            if (k - 4 >= 0)
                part_2 += in_2[place][k - 4];
            out[place][k] = part + part_2;
        }
}
MNN_TASK(concat_forward, workspace + at[0], workspace + at[1], workspace + at[2])
