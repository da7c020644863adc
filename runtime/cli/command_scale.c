/* scale: how fast a training would be on many machines, and, if there are ranks, whether that is so for these. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/session.h"
#include "report/page.h"
#include "train/benchmark.h"
#include "train/ranks.h"
#include "train/scaling.h"
#include "transport/transport.h"

enum { MOST_NODES = 1024, MOST_POWERS = 11, NETWORKS = 3, BAR = 20 };

/* A table, by powers of two of nodes and by network. */
typedef struct forecast {
    const mnn_session *s;
    mnn_node node;
    mnn_network network[NETWORKS];
    int networks, nodes;
    double alone; /* a step on one node */
} forecast;

static const double bits[NETWORKS] = {1e9, 1e10, 1e11};

/* "10G": bits per second. */
static mnn_status read_rate(const char *text, double *out, mnn_error *err)
{
    char *end, shown[64];
    const double value = strtod(text, &end);
    const double unit = *end == 'k' || *end == 'K' ? 1e3 : *end == 'M' ? 1e6 : *end == 'G' ? 1e9 : 1;
    if (end > text && value > 0 && value <= 1e6 && unit > 1 && end[1] == '\0') {
        *out = value * unit;
        return MNN_OK;
    }
    return mnn_fail(err, MNN_EUSAGE, "--bandwidth needs bits per second with K, M or G, such as 10G (got \"%s\")",
                    mnn_printable(shown, sizeof shown, text));
}

static mnn_status choose_networks(forecast *f, mnn_error *err)
{
    const mnn_options *o = f->s->options;
    const double latency = 1e-6 * (o->latency.given ? (double)o->latency.value : 20), message = 1e-6;
    double rate = 0;
    f->nodes = o->nodes.given ? (int)o->nodes.value : MOST_NODES;
    f->networks = o->bandwidth ? 1 : NETWORKS;
    const mnn_status status = o->bandwidth ? read_rate(o->bandwidth, &rate, err) : MNN_OK;
    for (int i = 0; i < f->networks; i++)
        f->network[i] = (mnn_network){latency, message, (o->bandwidth ? rate : bits[i]) / 8};
    return status;
}

static const char *rate_text(char out[32], double bandwidth)
{
    const double rate = 8 * bandwidth;
    snprintf(out, 32, "%.3g %s", rate >= 1e9 ? rate / 1e9 : rate / 1e6, rate >= 1e9 ? "Gbit/s" : "Mbit/s");
    return out;
}

/* The fraction of the time of N nodes in which they do what one would.
 * @param grows  every node has a whole batch; otherwise the nodes divide one, and NAN if there are not so many shards
 */
static double efficiency(const forecast *f, const mnn_network *n, int nodes, bool grows)
{
    const int shards = mnn_max(f->s->model->shards, 1), most = (shards + nodes - 1) / nodes;
    if (!grows && nodes > shards)
        return (double)NAN;
    const double total = mnn_predict_step(&f->node, n, nodes, grows ? shards : most).total;
    return grows ? f->alone / total : f->alone / (nodes * total);
}

static void print_cell(FILE *out, double value)
{
    if (isfinite(value))
        fprintf(out, " %6.1f%%", 100 * value);
    else
        fprintf(out, " %7s", "-");
}

static void print_table(const forecast *f)
{
    FILE *out = f->s->out;
    char text[32];
    fprintf(out, "%-8s", "nodes");
    for (int i = 0; i < f->networks; i++)
        fprintf(out, "%16s", rate_text(text, f->network[i].bandwidth));
    fprintf(out, "   efficiency: a batch per node, and one batch for all\n");
    for (int nodes = 2; nodes <= f->nodes; nodes *= 2) {
        fprintf(out, "%-8d", nodes);
        for (int i = 0; i < f->networks; i++) {
            print_cell(out, efficiency(f, &f->network[i], nodes, true));
            print_cell(out, efficiency(f, &f->network[i], nodes, false));
        }
        const double last = efficiency(f, &f->network[f->networks - 1], nodes, true);
        fprintf(out, "   %.*s\n", (int)(last * BAR + 0.5), "####################");
    }
}

static void print_networks_json(const forecast *f)
{
    FILE *out = f->s->out;
    char a[32], b[32], c[32];
    for (int i = 0; i < f->networks; i++)
        for (int nodes = 2; nodes <= f->nodes; nodes *= 2) {
            const double one = efficiency(f, &f->network[i], nodes, false);
            fprintf(out, "{\"event\": \"efficiency\", \"nodes\": %d, \"bandwidth\": %s, \"batch_per_node\": %s", nodes,
                    mnn_json_number(a, 8 * f->network[i].bandwidth, true),
                    mnn_json_number(b, efficiency(f, &f->network[i], nodes, true), true));
            fprintf(out, ", \"one_batch\": %s}\n", mnn_json_number(c, one, isfinite(one)));
        }
}

/* The efficiency over the nodes as a page with a chart. */
static void draw_plot(const forecast *f, FILE *out)
{
    double x[MOST_POWERS], y[NETWORKS][MOST_POWERS];
    char name[NETWORKS][32], title[128];
    mnn_series series[NETWORKS];
    int count = 0;
    for (int nodes = 2; nodes <= f->nodes; nodes *= 2, count++) {
        x[count] = count + 1;
        for (int i = 0; i < f->networks; i++)
            y[i][count] = efficiency(f, &f->network[i], nodes, true);
    }
    for (int i = 0; i < f->networks; i++)
        series[i] = (mnn_series){rate_text(name[i], f->network[i].bandwidth), x, y[i], count};
    snprintf(title, sizeof title, "%s: efficiency of many nodes", f->s->model->name);
    const mnn_chart chart = {.title = "efficiency, a batch per node",
                             .x_name = "nodes, as a power of two",
                             .series = series,
                             .count = f->networks,
                             .from_zero = true,
                             .whole = true};
    mnn_page_begin(out, title, 0);
    mnn_page_chart(out, &chart);
    mnn_page_end(out);
}

static mnn_status write_plot(const forecast *f, mnn_error *err)
{
    char *text = NULL;
    size_t size = 0;
    mnn_atomic a;
    FILE *page = open_memstream(&text, &size);
    if (page)
        draw_plot(f, page);
    mnn_status status = page && fclose(page) == 0 ? mnn_atomic_begin(&a, f->s->options->plot, err)
                                                  : mnn_fail(err, MNN_ENOMEM, "out of memory");
    if (!status) {
        mnn_atomic_write(&a, text, size, err);
        status = mnn_atomic_commit(&a, err);
    }
    free(text);
    return status;
}

/* --- ranks ------------------------------------------------------------------------------------------ */

static void print_ranks(const forecast *f, const mnn_network *n, double measured)
{
    const int ranks = mnn_transport_size(), shards = mnn_max(f->s->model->shards, 1);
    const int most = (shards + ranks - 1) / ranks; /* shards of a rank */
    const mnn_prediction_of_step p = mnn_predict_step(&f->node, n, ranks, most);
    FILE *out = f->s->out;
    char a[32], b[32], c[32], d[32];
    if (f->s->options->json) {
        fprintf(out, "{\"event\": \"ranks\", \"ranks\": %d, \"latency\": %s, \"bandwidth\": %s, \"predicted\": %s",
                ranks, mnn_json_number(a, n->latency, true), mnn_json_number(b, 8 * n->bandwidth, true),
                mnn_json_number(c, p.total, true));
        fprintf(out, ", \"measured\": %s, \"hidden\": %s}\n", mnn_json_number(a, measured, true),
                mnn_json_number(b, p.gradients > 0 ? p.hidden / p.gradients : 0, true));
        return;
    }
    fprintf(out, "between the %d ranks: latency %s, %s per message, %s\n", ranks, mnn_time_text(a, n->latency),
            mnn_time_text(b, n->message), rate_text(c, n->bandwidth));
    fprintf(out, "predicted step: %s (computation %s, gradients %s of which backward hides %.0f%%",
            mnn_time_text(a, p.total), mnn_time_text(b, p.compute), mnn_time_text(c, p.gradients),
            p.gradients > 0 ? 100 * p.hidden / p.gradients : 0);
    fprintf(out, ", weights %s)\nmeasured step:  %s; the prediction is off by %.1f%%\n\n", mnn_time_text(d, p.weights),
            mnn_time_text(a, measured), 100 * (p.total / measured - 1));
}

static mnn_status measure_ranks(const forecast *f, const mnn_dataset *set, double seconds, mnn_error *err)
{
    const mnn_session *s = f->s;
    mnn_network network;
    mnn_benchmark b;
    if (mnn_transport_size() == 1)
        return MNN_OK;
    mnn_status status = mnn_network_measure(s->model, &network, err);
    if (!status)
        status = mnn_benchmark_steps(s->model, s->pool, s->threads, set, seconds, false, false, &b, err);
    if (!status)
        print_ranks(f, &network, b.step.median);
    return status;
}

/* --- the command ------------------------------------------------------------------------------------ */

static mnn_status print_forecast(const forecast *f, mnn_error *err)
{
    const mnn_options *o = f->s->options;
    if (o->json)
        print_networks_json(f);
    else
        print_table(f);
    if (!o->plot || mnn_transport_rank() > 0)
        return MNN_OK;
    return write_plot(f, err);
}

mnn_status mnn_command_scale(mnn_session *s, mnn_error *err)
{
    const mnn_options *o = s->options;
    const double seconds = o->seconds.given ? (double)o->seconds.value : 1;
    forecast f = {.s = s};
    mnn_dataset set;
    mnn_benchmark b;
    char text[32];
    mnn_status status = choose_networks(&f, err);
    if (!status)
        status = mnn_dataset_draw(s->model, s->seed, 8 * (uint32_t)s->model->batch_size, &set, err);
    if (status)
        return status;
    status = mnn_benchmark_steps(s->model, s->pool, s->threads, &set, seconds, true, true, &b, err);
    if (!status) {
        status = mnn_node_new(s->model, b.laps, b.step.median, &f.node, err);
        f.alone = b.step.median;
        mnn_benchmark_free(&b);
    }
    status = mnn_ranks_agree(status, err);
    if (!status && !o->json)
        fprintf(s->out, "%s: %d parameters, %d shard%s, a step of %d samples takes %s with %d thread%s\n\n",
                s->model->name, s->model->param_count, mnn_max(s->model->shards, 1), s->model->shards > 1 ? "s" : "",
                s->model->batch_size, mnn_time_text(text, f.alone), s->threads, s->threads == 1 ? "" : "s");
    if (!status)
        status = measure_ranks(&f, &set, seconds, err);
    if (!status)
        status = print_forecast(&f, err);
    mnn_node_free(&f.node);
    mnn_dataset_free(&set);
    return status;
}
