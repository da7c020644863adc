/* update: rmsprop
 *     s = rho s + (1 - rho) g^2
 *     v = momentum v + learning_rate g / sqrt(s + epsilon)
 *     p -= v
 *     with rho = 0.95, momentum = 0.5, epsilon = 1e-06 */
static void update(const mnn_task *task)
{
    const mnn_update *step = task->update;
    const float rate = (float)step->learning_rate;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float g = grads[i];
        const float s = mnn_fma(0.95f, rmsprop_velocity[i], 0.05f * (g * g));
        const float change = rate * g / sqrtf(s + 1e-06f);
        const float v = mnn_fma(0.5f, rmsprop_momentum[i], change);
        params[i] -= v;
        rmsprop_velocity[i] = s;
        rmsprop_momentum[i] = v;
    }
}

static const mnn_slot slots[] = {
    {"velocity", rmsprop_velocity, 0.0f},
    {"momentum", rmsprop_momentum, 0.0f},
};
