/* How long a training step takes on several nodes, from the measured times of one and a network's latency, time per
 * message and bandwidth. It follows the messages of train/reduction.h. */
#ifndef MNN_TRAIN_SCALING_H
#define MNN_TRAIN_SCALING_H

#include "mnn/model.h"
#include "mnn/status.h"
#include "train/reduction.h"

typedef struct mnn_network {
    double latency;   /* seconds from one node to another */
    double message;   /* seconds of a node per message */
    double bandwidth; /* bytes per second of a node, in each direction */
} mnn_network;

/** Measured times of one node, in seconds. */
typedef struct mnn_node {
    const mnn_model *model;
    double shard;     /* forward and backward of a shard, with the addition of its gradient */
    double update;    /* of all parameters, with the checks before it */
    double add;       /* the gradients of two subtrees */
    double *left;     /* [step_count]: from the end of a step to the end of backward, of one shard */
    mnn_group *group; /* [group_count] */
    int group_count;
} mnn_node;

/** Times of a training step. */
typedef struct mnn_prediction_of_step {
    double compute;           /* shards, additions and update */
    double gradients, hidden; /* messages of the gradients, and what backward hides of them */
    double weights;           /* messages of findings and weights */
    double total;
} mnn_prediction_of_step;

/** From the laps of mnn_benchmark_steps().
 *  @param out  release with mnn_node_free()
 *  @return MNN_OK; MNN_ENOMEM */
mnn_status mnn_node_new(const mnn_model *model, const double *laps, double step, mnn_node *out, mnn_error *err);
void mnn_node_free(mnn_node *node);

/** @param shards  per node */
mnn_prediction_of_step mnn_predict_step(const mnn_node *node, const mnn_network *network, int nodes, double shards);

/** Measure the network between the ranks with messages as large as those of a model. All ranks call it.
 *  @return MNN_OK; MNN_ENOMEM; MNN_EIO */
mnn_status mnn_network_measure(const mnn_model *model, mnn_network *out, mnn_error *err);

#endif
