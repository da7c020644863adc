/* update: sgd, nesterov
 *     v = momentum v - learning_rate g
 *     p += v (nesterov: p += momentum v - learning_rate g)
 *     with momentum = 0.9 */
static void update(const mnn_task *task)
{
    const mnn_update *step = task->update;
    const float rate = (float)step->learning_rate;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float g = grads[i];
        const float t1 = rate * g;
        const float v = mnn_fma(0.9f, sgd_velocity[i], -t1);
        params[i] += mnn_fma(0.9f, v, -t1);
        sgd_velocity[i] = v;
    }
}

static const mnn_slot slots[] = {
    {"velocity", sgd_velocity, 0.0f},
};
