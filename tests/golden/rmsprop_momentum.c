/* update: RMSprop (Tieleman, Hinton 2012), epsilon inside the root as in Keras
 *     v = 0.95 v + 0.050000000000000044 g^2;  s = rate g / sqrt(v + 1e-06);  m = 0.5 m + s;  w -= m */
static void update(const mnn_task *task)
{
    const mnn_update *step = task->update;
    const float rate = (float)step->learning_rate;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float g = grads[i];
        const float v = mnn_fma(0.95f, rmsprop_velocity[i], 0.05f * (g * g));
        rmsprop_velocity[i] = v;
        rmsprop_momentum[i] = mnn_fma(0.5f, rmsprop_momentum[i], rate * g / sqrtf(v + 1e-06f));
        params[i] -= rmsprop_momentum[i];
    }
}

static const mnn_slot slots[] = {
    {"velocity", rmsprop_velocity, 0.0f},
    {"momentum", rmsprop_momentum, 0.0f},
};
