/* update: stochastic gradient descent with Nesterov momentum
 *     v = 0.9 v - rate g;  w += 0.9 v - rate g */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const float rate = (float)step->learning_rate;
    for (int piece = mnn_part_begin(worker, 1); piece < mnn_part_end(worker, 1); piece++) {
        const int first = piece * 8192, end = mnn_min(first + 8192, PARAM_COUNT);
        for (int i = first; i < end; i++) {
            const float g = grads[i];
            const float v = mnn_fma(0.9f, sgd_velocity[i], -rate * g);
            sgd_velocity[i] = v;
            params[i] += mnn_fma(0.9f, v, -rate * g);
        }
    }
}

static const mnn_slot slots[] = {
    {"velocity", sgd_velocity, 0.0f},
};
