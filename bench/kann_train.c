/* The benchmark's models in kann (github.com/attractivechaos/kann), trained as its examples do: a graph, kann_cost()
 * for a batch, RMSprop, the only optimizer that it has. bench/training.sh compiles this with kann's own sources. Usage:
 * kann_train MODEL DATA_DIR THREADS EPOCHS LIMIT [test] THREADS: kann's own (kann_mt). Prints "epoch SECONDS" per
 * epoch, which ends after LIMIT steps (0: never); with "test" also "test VALUE": accuracy or mean squared error over
 * the test set. Exit code 2: a model that kann cannot express. */
#define _POSIX_C_SOURCE 200809L
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kann.h"
#include "mnn/idx.h"

enum { PIXELS = 784, CLASSES = 10 };

typedef struct model {
    const char *name;
    int batch;
    bool image, regression; /* the input is [1, 28, 28]; the target is the input itself */
    kad_node_t *(*build)(kad_node_t *x);
} model;

static kad_node_t *relu_dense(kad_node_t *x, int units)
{
    return kad_relu(kann_layer_dense(x, units));
}

static kad_node_t *build_mlp(kad_node_t *x)
{
    return kann_layer_cost(relu_dense(relu_dense(x, 32), 64), CLASSES, KANN_C_CEM);
}

static kad_node_t *build_wide(kad_node_t *x)
{
    return kann_layer_cost(relu_dense(x, 512), CLASSES, KANN_C_CEM);
}

static kad_node_t *build_mlp_large(kad_node_t *x)
{
    return kann_layer_cost(relu_dense(relu_dense(x, 2048), 2048), CLASSES, KANN_C_CEM);
}

static kad_node_t *build_logistic(kad_node_t *x)
{
    return kann_layer_cost(x, CLASSES, KANN_C_CEM);
}

static kad_node_t *build_mlp_dropout(kad_node_t *x)
{
    x = kann_layer_dropout(relu_dense(x, 512), 0.2F);
    x = kann_layer_dropout(relu_dense(x, 512), 0.2F);
    return kann_layer_cost(x, CLASSES, KANN_C_CEM);
}

static kad_node_t *relu_conv2d(kad_node_t *x, int filters, int kernel, int padding)
{
    return kad_relu(kann_layer_conv2d(x, filters, kernel, kernel, 1, 1, padding, padding));
}

static kad_node_t *halve(kad_node_t *x)
{
    return kad_max2d(x, 2, 2, 2, 2, 0, 0);
}

static kad_node_t *build_cnn(kad_node_t *x)
{
    return kann_layer_cost(relu_dense(halve(relu_conv2d(x, 32, 3, 0)), 100), CLASSES, KANN_C_CEM);
}

static kad_node_t *build_lenet5(kad_node_t *x)
{
    x = halve(relu_conv2d(halve(relu_conv2d(x, 6, 5, 2)), 16, 5, 0));
    return kann_layer_cost(relu_dense(relu_dense(x, 120), 84), CLASSES, KANN_C_CEM);
}

static kad_node_t *build_vgg(kad_node_t *x)
{
    for (int filters = 32; filters <= 128; filters *= 2)
        x = halve(relu_conv2d(relu_conv2d(x, filters, 3, 1), filters, 3, 1));
    return kann_layer_cost(relu_dense(x, 256), CLASSES, KANN_C_CEM);
}

static kad_node_t *build_autoencoder(kad_node_t *x)
{
    kad_node_t *y = kad_sigm(kann_layer_dense(relu_dense(relu_dense(relu_dense(x, 128), 32), 128), PIXELS));
    y->ext_flag |= KANN_F_OUT;
    kad_node_t *truth = kad_feed(2, 1, PIXELS);
    truth->ext_flag |= KANN_F_TRUTH;
    kad_node_t *cost = kad_mse(y, truth);
    cost->ext_flag |= KANN_F_COST;
    return cost;
}

static const model models[] = {
    {"mlp", 100, false, false, build_mlp},
    {"wide", 128, false, false, build_wide},
    {"mlp_large", 256, false, false, build_mlp_large},
    {"logistic", 100, false, false, build_logistic},
    {"mlp_dropout", 128, false, false, build_mlp_dropout},
    {"autoencoder", 100, false, true, build_autoencoder},
    {"cnn", 32, true, false, build_cnn},
    {"lenet5", 64, true, false, build_lenet5},
    {"vgg", 64, true, false, build_vgg},
};

typedef struct set {
    int count;
    float *x; /* [count, PIXELS], 0 to 1 */
    const uint8_t *labels;
} set;

static void load(const char *folder, const char *name, int rank, mnn_array *out)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *plain = fopen(path, "rb");
    if (plain)
        fclose(plain);
    else
        snprintf(path, sizeof path, "%s/%s.gz", folder, name);
    mnn_error err;
    const mnn_status status = mnn_idx_load(path, rank, out, &err);
    if (status) {
        fprintf(stderr, "%s\n", err.text);
        exit((int)status);
    }
}

static set load_set(const char *folder, const char *part)
{
    char name[64];
    mnn_array images, labels;
    snprintf(name, sizeof name, "%s-images-idx3-ubyte", part);
    load(folder, name, 3, &images);
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", part);
    load(folder, name, 1, &labels);
    set s = {.count = (int)images.dims[0], .x = malloc(images.count * sizeof(float)), .labels = labels.data};
    if (!s.x)
        exit(4);
    for (size_t i = 0; i < images.count; i++)
        s.x[i] = (float)images.data[i] / 255;
    mnn_array_free(&images);
    return s;
}

/* [batch, PIXELS] and [batch, CLASSES or PIXELS], which the graph reads */
typedef struct feeds {
    float *x, *y;
} feeds;

static void gather(const model *m, const set *s, const int *order, int first, int rows, feeds *f)
{
    for (int n = 0; n < rows; n++) {
        const int i = order ? order[first + n] : first + n;
        memcpy(f->x + (size_t)n * PIXELS, s->x + (size_t)i * PIXELS, PIXELS * sizeof(float));
        for (int u = 0; u < CLASSES && !m->regression; u++)
            f->y[n * CLASSES + u] = s->labels[i] == u;
    }
    if (m->regression)
        memcpy(f->y, f->x, (size_t)rows * PIXELS * sizeof(float));
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void train_epoch(kann_t *net, const model *m, const set *s, int *order, int limit, feeds *f, float *moment)
{
    const int size = (int)kann_size_var(net);
    kann_shuffle(s->count, order);
    for (int step = 0, first = 0; first < s->count && (limit == 0 || step < limit); step++, first += m->batch) {
        const int rows = s->count - first < m->batch ? s->count - first : m->batch;
        gather(m, s, order, first, rows, f);
        kann_set_batch_size(net, rows);
        kann_cost(net, 0, 1);
        kann_RMSprop(size, 0.001F, NULL, 0.9F, net->g, net->x, moment);
    }
}

/* accuracy, or mean squared error */
static double score(kann_t *net, const model *m, const set *s, feeds *f)
{
    kann_switch(net, 0);
    const int out = kann_find(net, KANN_F_OUT, 0);
    double total = 0;
    for (int first = 0; first < s->count; first += m->batch) {
        const int rows = s->count - first < m->batch ? s->count - first : m->batch;
        gather(m, s, NULL, first, rows, f);
        kann_set_batch_size(net, rows);
        const double cost = (double)kann_cost(net, 0, 0);
        if (net->mt && !m->regression)
            kann_copy_mt(net, rows, out);
        if (m->regression) {
            total += cost * rows;
            continue;
        }
        const float *y = net->v[out]->x;
        for (int n = 0; n < rows; n++, y += CLASSES) {
            int best = 0;
            for (int u = 1; u < CLASSES; u++)
                best = y[u] > y[best] ? u : best;
            total += best == s->labels[first + n];
        }
    }
    return total / s->count;
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: %s MODEL DATA_DIR THREADS EPOCHS LIMIT [test]\n", argv[0]);
        return 2;
    }
    const model *m = NULL;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (strcmp(models[i].name, argv[1]) == 0)
            m = &models[i];
    if (!m)
        return 2;
    const int threads = atoi(argv[3]), epochs = atoi(argv[4]), limit = atoi(argv[5]);
    const set train = load_set(argv[2], "train");
    kann_srand(1);
    kad_node_t *x = m->image ? kad_feed(4, 1, 1, 28, 28) : kad_feed(2, 1, PIXELS);
    x->ext_flag |= KANN_F_IN;
    kann_t *net = kann_new(m->build(x), 0);
    float *moment = calloc((size_t)kann_size_var(net), sizeof *moment);
    int *order = malloc((size_t)train.count * sizeof *order);
    feeds f = {malloc((size_t)m->batch * PIXELS * sizeof(float)), malloc((size_t)m->batch * PIXELS * sizeof(float))};
    if (!moment || !order || !f.x || !f.y)
        return 4;
    kann_set_batch_size(net, m->batch);
    if (threads > 1)
        kann_mt(net, threads, m->batch);
    kann_switch(net, 1);
    kann_feed_bind(net, KANN_F_IN, 0, &f.x);
    kann_feed_bind(net, KANN_F_TRUTH, 0, &f.y);
    for (int e = 0; e < epochs; e++) {
        const double begun = now();
        train_epoch(net, m, &train, order, limit, &f, moment);
        printf("epoch %.6f\n", now() - begun);
        fflush(stdout);
    }
    if (argc > 6) {
        const set test = load_set(argv[2], "t10k");
        printf("test %.6f\n", score(net, m, &test, &f));
    }
    return 0;
}
