/* update: stochastic gradient descent with Nesterov momentum
 *     v = 0.9 v - rate g;  w += 0.9 v - rate g */
static void update(const mnn_task *task)
{
    const mnn_update *step = task->update;
    const float rate = (float)step->learning_rate;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float g = grads[i];
        const float v = mnn_fma(0.9f, sgd_velocity[i], -rate * g);
        sgd_velocity[i] = v;
        params[i] += mnn_fma(0.9f, v, -rate * g);
    }
}

static const mnn_slot slots[] = {
    {"velocity", sgd_velocity, 0.0f},
};
