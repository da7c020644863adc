#include "train/scaling.h"

#include <stdlib.h>
#include <string.h>

#include "mnn/clock.h"
#include "mnn/profile.h"
#include "transport/transport.h"

/* --- one node ------------------------------------------------------------------------------------- */

/* The time to add two arrays of gradients: the least of some tries. */
static mnn_status measure_add(mnn_node *node, mnn_error *err)
{
    enum { TRIES = 5 };
    const size_t count = (size_t)node->model->param_count;
    float *sum = calloc(count, sizeof *sum), *other = calloc(count, sizeof *other);
    node->add = 1e9;
    for (int try = 0; try < TRIES && sum && other; try++) {
        const uint64_t begun = mnn_clock();
        for (size_t i = 0; i < count; i++)
            sum[i] += other[i];
        const double seconds = 1e-9 * (double)(mnn_clock() - begun);
        node->add = seconds < node->add ? seconds : node->add;
        *(volatile float *)other = sum[count - 1]; /* which is read by the next */
    }
    const bool good = sum && other;
    free(sum);
    free(other);
    return good ? MNN_OK : mnn_fail(err, MNN_ENOMEM, "out of memory for the gradients");
}

mnn_status mnn_node_new(const mnn_model *model, const double *laps, double step, mnn_node *out, mnn_error *err)
{
    const int shards = mnn_max(model->shards, 1);
    mnn_node node = {.model = model};
    node.left = calloc((size_t)model->step_count + 1, sizeof *node.left);
    node.group = calloc((size_t)model->tensor_count + 1, sizeof *node.group);
    if (!node.left || !node.group) {
        mnn_node_free(&node);
        return mnn_fail(err, MNN_ENOMEM, "out of memory for the times of the steps");
    }
    for (int i = 0; i < model->step_count; i++)
        if (model->steps[i].phase >= MNN_NORMS)
            node.update += laps[MNN_LAP_FIRST + i];
    for (int i = model->step_count - 1; i > 0; i--)
        node.left[i - 1] =
            node.left[i] + (model->steps[i].phase == MNN_BACKWARD ? laps[MNN_LAP_FIRST + i] / shards : 0);
    node.shard = (step - node.update) / shards;
    node.group_count = mnn_reduction_groups(model, node.group);
    const mnn_status status = measure_add(&node, err);
    if (status)
        mnn_node_free(&node);
    else
        *out = node;
    return status;
}

void mnn_node_free(mnn_node *node)
{
    free(node->left);
    free(node->group);
    node->left = NULL;
    node->group = NULL;
}

/* --- many nodes ----------------------------------------------------------------------------------- */

/* The time until all messages of an exchange have left: one for every other node, with their part of so many bytes. */
static double leave(const mnn_network *n, int nodes, double bytes)
{
    return (nodes - 1) * n->message + bytes * (nodes - 1) / nodes / n->bandwidth;
}

mnn_prediction_of_step mnn_predict_step(const mnn_node *node, const mnn_network *network, int nodes, double shards)
{
    const mnn_model *model = node->model;
    const double bytes = 4.0 * model->param_count;
    mnn_prediction_of_step p = {.compute = shards * node->shard + node->update / nodes};
    double end = 0, busy = 0; /* of the link: the time after backward, and what it works */
    if (nodes > 1) {
        p.compute += node->add * (nodes - 1) / nodes; /* an owner adds the subtrees of all to its block */
        for (int g = 0; g < node->group_count; g++) {
            const double ready = node->group[g].step < model->step_count ? -node->left[node->group[g].step] : 0;
            const double time = leave(network, nodes, 4.0 * (node->group[g].end - node->group[g].begin));
            end = g == 0 || end < ready ? ready + time : end + time;
            busy += time;
        }
        const double sums = leave(network, nodes, 0) + network->latency; /* loss and metrics, after backward */
        const double exposed = (end > 0 ? end : 0) + sums;
        p.gradients = busy + sums;
        p.hidden = p.gradients - exposed;
        p.weights = 2 * network->latency + 2 * leave(network, nodes, 0) + leave(network, nodes, bytes);
    }
    p.total = p.compute + p.gradients - p.hidden + p.weights;
    return p;
}

/* --- the network between the ranks ------------------------------------------------------------------- */

/* Exchange messages of a size with all other ranks, and wait.
 * @param each  messages from one rank to another
 * @return seconds: the median of some tries */
static mnn_status time_exchange(char *memory, size_t bytes, int each, double *out, mnn_error *err)
{
    enum { TRIES = 21 };
    const int ranks = mnn_transport_size(), own = mnn_transport_rank();
    double seconds[TRIES] = {0};
    mnn_status status = MNN_OK;
    for (int try = 0; try < TRIES && !status; try++) {
        const uint64_t begun = mnn_clock();
        for (int r = 0; r < ranks; r++)
            for (int i = 0; i < each && r != own; i++) {
                mnn_transport_receive(r, memory + bytes * (size_t)(each * (r + 1) + i), bytes);
                mnn_transport_send(r, memory + bytes * (size_t)i, bytes);
            }
        status = mnn_transport_wait(err);
        double now = 1e-9 * (double)(mnn_clock() - begun);
        int i = try;
        for (; i > 0 && seconds[i - 1] > now; i--)
            seconds[i] = seconds[i - 1];
        seconds[i] = now;
    }
    *out = status ? 0 : seconds[TRIES / 2];
    return status;
}

mnn_status mnn_network_measure(const mnn_model *model, mnn_network *out, mnn_error *err)
{
    enum { SMALL = 64, MANY = 32, LARGE = 65536 };
    const int ranks = mnn_transport_size(), others = ranks - 1;
    const size_t block = (size_t)model->param_count * sizeof(float) / (size_t)ranks;
    const size_t large = block > LARGE ? block : LARGE; /* as the messages of a step are */
    const size_t size = large * (size_t)(ranks + 1) > (size_t)SMALL * MANY * (size_t)(ranks + 1)
                            ? large * (size_t)(ranks + 1)
                            : (size_t)SMALL * MANY * (size_t)(ranks + 1);
    double one = 0, many = 0, all = 0;
    char *memory = calloc(size, 1);
    if (!memory)
        return mnn_fail(err, MNN_ENOMEM, "out of memory for messages");
    mnn_status status = time_exchange(memory, SMALL, 1, &one, err);
    if (!status)
        status = time_exchange(memory, SMALL, MANY, &many, err);
    if (!status)
        status = time_exchange(memory, large, 1, &all, err);
    free(memory);
    if (status)
        return status;
    out->message = many > one ? (many - one) / ((MANY - 1) * others) : 0;
    out->latency = one > others * out->message ? one - others * out->message : 0;
    out->bandwidth = (double)large * others / (all > one ? all - one : all);
    return MNN_OK;
}
