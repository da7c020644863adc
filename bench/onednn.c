/* Time oneDNN (version 2, C API) on layers, each primitive alone: forward, gradient of the input, gradient of the
 * weights. Usage: onednn SECONDS <LAYERS; a line per layer: NAME BATCH H W C KERNEL_H KERNEL_W FILTERS OUT_H OUT_W
 * STRIDE_H STRIDE_W PADDING_TOP PADDING_LEFT with H = W = 1 and a kernel of 1 x 1 for a dense layer, which is also
 * tried as an inner product. Layouts are oneDNN's choice (format_tag any), reordering is not timed; every algorithm
 * that it offers is tried, and the fastest counts. Prints a line per layer: NAME FORWARD_US INPUT_US WEIGHTS_US
 * FORWARD_ALGORITHM INPUT_ALGORITHM WEIGHTS_ALGORITHM. Times are medians. 100 elements of each result are compared with
 * sums in double precision; a wrong one ends the program with exit code 70. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <oneapi/dnnl/dnnl.h>

#if DNNL_VERSION_MAJOR != 2
#error "written for the C API of oneDNN 2"
#endif

typedef struct layer {
    char name[64];
    int batch, in[2], channels, kernel[2], filters, out[2], stride[2], padding[2];
} layer;

typedef enum direction { FORWARD, INPUT, WEIGHTS, DIRECTIONS } direction;
enum { X, W, Y, TENSORS };                 /* NHWC, HWIO, NHWC when they are plain */
enum { RUNS_MOST = 20000, SAMPLES = 100 }; /* timed runs; elements of a result that are checked */

static dnnl_engine_t engine;
static dnnl_stream_t stream;

static void check(dnnl_status_t status, const char *what)
{
    if (status == dnnl_success)
        return;
    fprintf(stderr, "onednn: %s: status %d\n", what, (int)status);
    exit(70);
}

/* --- tensors -------------------------------------------------------------------------------------- */

static float *plain[TENSORS]; /* in the layouts that formulas have */
static size_t sizes[TENSORS];

static void size_tensors(const layer *l)
{
    sizes[X] = (size_t)l->batch * (size_t)l->in[0] * (size_t)l->in[1] * (size_t)l->channels;
    sizes[W] = (size_t)l->kernel[0] * (size_t)l->kernel[1] * (size_t)l->channels * (size_t)l->filters;
    sizes[Y] = (size_t)l->batch * (size_t)l->out[0] * (size_t)l->out[1] * (size_t)l->filters;
    for (int t = 0; t < TENSORS; t++) {
        free(plain[t]);
        plain[t] = malloc(sizes[t] * sizeof(float));
        if (!plain[t])
            exit(4);
        for (size_t i = 0; i < sizes[t]; i++)
            plain[t][i] = (float)((double)rand() / RAND_MAX - 0.5);
    }
}

/* @param inner  of an inner product: two dimensions */
static dnnl_memory_desc_t description(const layer *l, int tensor, bool inner, bool any)
{
    const dnnl_dims_t dims[TENSORS] = {{l->batch, l->channels, l->in[0], l->in[1]},
                                       {l->filters, l->channels, l->kernel[0], l->kernel[1]},
                                       {l->batch, l->filters, l->out[0], l->out[1]}};
    static const dnnl_format_tag_t tags[TENSORS] = {dnnl_nhwc, dnnl_hwio, dnnl_nhwc};
    static const dnnl_format_tag_t inner_tags[TENSORS] = {dnnl_nc, dnnl_io, dnnl_nc};
    const dnnl_format_tag_t tag = any ? dnnl_format_tag_any : inner ? inner_tags[tensor] : tags[tensor];
    dnnl_memory_desc_t d;
    check(dnnl_memory_desc_init_by_tag(&d, inner ? 2 : 4, dims[tensor], dnnl_f32, tag), "memory description");
    return d;
}

static dnnl_memory_t memory(const dnnl_memory_desc_t *d, void *data)
{
    dnnl_memory_t m;
    check(dnnl_memory_create(&m, d, engine, data), "memory");
    return m;
}

static void reorder(dnnl_memory_t from, dnnl_memory_t to)
{
    const dnnl_memory_desc_t *a, *b;
    dnnl_primitive_desc_t d;
    dnnl_primitive_t p;
    check(dnnl_memory_get_memory_desc(from, &a), "reorder");
    check(dnnl_memory_get_memory_desc(to, &b), "reorder");
    check(dnnl_reorder_primitive_desc_create(&d, a, engine, b, engine, NULL), "reorder");
    check(dnnl_primitive_create(&p, d), "reorder");
    const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    check(dnnl_primitive_execute(p, stream, 2, args), "reorder");
    check(dnnl_stream_wait(stream), "reorder");
    dnnl_primitive_destroy(p);
    dnnl_primitive_desc_destroy(d);
}

/* --- primitives ----------------------------------------------------------------------------------- */

/* @return whether oneDNN has one; it is described in d
 * @param forward  described already, which the other directions need; unused for FORWARD */
static bool describe(const layer *l, direction way, bool inner, dnnl_alg_kind_t algorithm,
                     const_dnnl_primitive_desc_t forward, dnnl_primitive_desc_t *d)
{
    dnnl_memory_desc_t m[TENSORS];
    for (int t = 0; t < TENSORS; t++)
        m[t] = description(l, t, inner, true);
    const dnnl_dims_t strides = {l->stride[0], l->stride[1]}, begin = {l->padding[0], l->padding[1]};
    dnnl_dims_t end;
    for (int a = 0; a < 2; a++)
        end[a] = (l->out[a] - 1) * l->stride[a] + l->kernel[a] - l->in[a] - l->padding[a];
    dnnl_convolution_desc_t c;
    dnnl_inner_product_desc_t p;
    dnnl_status_t status;
    if (way == FORWARD)
        status = inner ? dnnl_inner_product_forward_desc_init(&p, dnnl_forward_training, &m[X], &m[W], NULL, &m[Y])
                       : dnnl_convolution_forward_desc_init(&c, dnnl_forward_training, algorithm, &m[X], &m[W], NULL,
                                                            &m[Y], strides, begin, end);
    else if (way == INPUT)
        status =
            inner ? dnnl_inner_product_backward_data_desc_init(&p, &m[X], &m[W], &m[Y])
                  : dnnl_convolution_backward_data_desc_init(&c, algorithm, &m[X], &m[W], &m[Y], strides, begin, end);
    else
        status = inner ? dnnl_inner_product_backward_weights_desc_init(&p, &m[X], &m[W], NULL, &m[Y])
                       : dnnl_convolution_backward_weights_desc_init(&c, algorithm, &m[X], &m[W], NULL, &m[Y], strides,
                                                                     begin, end);
    return status == dnnl_success &&
           dnnl_primitive_desc_create(d, inner ? (void *)&p : (void *)&c, NULL, engine, forward) == dnnl_success;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_run(dnnl_primitive_t p, int count, const dnnl_exec_arg_t *args, double seconds)
{
    static double times[RUNS_MOST];
    int runs = -2; /* the first two warm up */
    const double begun = now();
    while (runs < 3 || (runs < RUNS_MOST && now() - begun < seconds)) {
        const double start = now();
        check(dnnl_primitive_execute(p, stream, count, args), "execution");
        check(dnnl_stream_wait(stream), "execution");
        if (runs++ >= 0)
            times[runs - 1] = now() - start;
    }
    qsort(times, (size_t)runs, sizeof *times, compare);
    return times[runs / 2];
}

/* The roles of x, w and y in a direction; the last is the result. */
static const int roles[DIRECTIONS][TENSORS] = {{X, W, Y}, {W, Y, X}, {X, Y, W}};
static const int arguments[DIRECTIONS][TENSORS] = {
    {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
    {DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_SRC},
    {DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS},
};

/* Seconds of one run; its result is left in result, in the plain layout. */
static double run(const layer *l, direction way, bool inner, dnnl_primitive_desc_t d, double seconds, float *result)
{
    static const dnnl_query_t queries[DIRECTIONS][TENSORS] = {
        {dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md},
        {dnnl_query_weights_md, dnnl_query_diff_dst_md, dnnl_query_diff_src_md},
        {dnnl_query_src_md, dnnl_query_diff_dst_md, dnnl_query_diff_weights_md},
    };
    dnnl_exec_arg_t args[TENSORS];
    dnnl_memory_t outside[TENSORS];
    for (int i = 0; i < TENSORS; i++) {
        const int tensor = roles[way][i];
        const dnnl_memory_desc_t own = description(l, tensor, inner, false);
        args[i].arg = arguments[way][i];
        args[i].memory = memory(dnnl_primitive_desc_query_md(d, queries[way][i], 0), DNNL_MEMORY_ALLOCATE);
        outside[i] = memory(&own, i == TENSORS - 1 ? result : plain[tensor]);
        if (i < TENSORS - 1)
            reorder(outside[i], args[i].memory);
    }
    dnnl_primitive_t p;
    check(dnnl_primitive_create(&p, d), "primitive");
    const double time = median_run(p, TENSORS, args, seconds);
    reorder(args[TENSORS - 1].memory, outside[TENSORS - 1]);
    dnnl_primitive_destroy(p);
    for (int i = 0; i < TENSORS; i++) {
        dnnl_memory_destroy(args[i].memory);
        dnnl_memory_destroy(outside[i]);
    }
    return time;
}

/* --- the results in double precision -------------------------------------------------------------- */

/* The element of the input under kernel element (r, s) at output (i, j); -1: padding. */
static int64_t input_at(const layer *l, int n, int i, int j, int r, int s)
{
    const int y = i * l->stride[0] + r - l->padding[0], x = j * l->stride[1] + s - l->padding[1];
    if (y < 0 || y >= l->in[0] || x < 0 || x >= l->in[1])
        return -1;
    return (((int64_t)n * l->in[0] + y) * l->in[1] + x) * l->channels;
}

/* Visit every product of the layer that involves one element of the result:
 * y[n, i, j, k] = sum over (r, s, c) of x[n, i*stride + r - padding, j*stride + s - padding, c] w[r, s, c, k] */
static double element(const layer *l, direction way, int64_t target)
{
    int n0 = 0, n1 = l->batch, i0 = 0, i1 = l->out[0], j0 = 0, j1 = l->out[1], k0 = 0, k1 = l->filters;
    int c0 = 0, c1 = l->channels, r0 = 0, r1 = l->kernel[0], s0 = 0, s1 = l->kernel[1];
    const int last = way == INPUT ? l->channels : l->filters;
    const int low = (int)(target % last);
    const int64_t rest = target / last;
    if (way == FORWARD) {
        k1 = (k0 = low) + 1;
        j1 = (j0 = (int)(rest % l->out[1])) + 1;
        i1 = (i0 = (int)(rest / l->out[1] % l->out[0])) + 1;
        n1 = (n0 = (int)(rest / l->out[1] / l->out[0])) + 1;
    } else if (way == INPUT) {
        c1 = (c0 = low) + 1;
        n1 = (n0 = (int)(rest / l->in[1] / l->in[0])) + 1;
    } else {
        k1 = (k0 = low) + 1;
        c1 = (c0 = (int)(rest % l->channels)) + 1;
        s1 = (s0 = (int)(rest / l->channels % l->kernel[1])) + 1;
        r1 = (r0 = (int)(rest / l->channels / l->kernel[1])) + 1;
    }
    double sum = 0;
    for (int n = n0; n < n1; n++)
        for (int i = i0; i < i1; i++)
            for (int j = j0; j < j1; j++)
                for (int r = r0; r < r1; r++)
                    for (int s = s0; s < s1; s++) {
                        const int64_t at = input_at(l, n, i, j, r, s);
                        if (at < 0 || (way == INPUT && at != target - c0))
                            continue;
                        for (int c = c0; c < c1; c++)
                            for (int k = k0; k < k1; k++) {
                                const int64_t w = (((int64_t)r * l->kernel[1] + s) * l->channels + c) * l->filters + k;
                                const int64_t y = (((int64_t)n * l->out[0] + i) * l->out[1] + j) * l->filters + k;
                                const double a = way == INPUT ? (double)plain[Y][y] : (double)plain[X][at + c];
                                sum += a * (double)(way == WEIGHTS ? plain[Y][y] : plain[W][w]);
                            }
                    }
    return sum;
}

static void verify(const layer *l, direction way, const float *result)
{
    const size_t size = sizes[roles[way][TENSORS - 1]];
    for (int i = 0; i < SAMPLES; i++) {
        const int64_t at = (int64_t)((size_t)rand() % size);
        const double expected = element(l, way, at), got = (double)result[at];
        if (!(fabs(got - expected) <= 1e-3 * (1 + fabs(expected)))) {
            fprintf(stderr, "onednn: %s: direction %d: wrong result (got %g, expected %g)\n", l->name, (int)way, got,
                    expected);
            exit(70);
        }
    }
}

/* --- a layer -------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    dnnl_alg_kind_t kind;
} algorithms[] = {
    {"direct", dnnl_convolution_direct},
    {"winograd", dnnl_convolution_winograd},
    {"auto", dnnl_convolution_auto},
    {"inner", dnnl_convolution_auto}, /* an inner product, for dense layers */
};

enum { ALGORITHMS = sizeof algorithms / sizeof *algorithms, INNER = ALGORITHMS - 1 };

static bool is_dense(const layer *l)
{
    return l->in[0] * l->in[1] * l->kernel[0] * l->kernel[1] == 1;
}

static double fastest(const layer *l, direction way, double seconds, const char **name)
{
    float *result = malloc(sizes[roles[way][TENSORS - 1]] * sizeof *result);
    if (!result)
        exit(4);
    double best = 0;
    for (int a = is_dense(l) ? INNER : 0; a < (is_dense(l) ? ALGORITHMS : INNER); a++) {
        dnnl_primitive_desc_t forward, d;
        const bool inner = a == INNER;
        if (!describe(l, FORWARD, inner, algorithms[a].kind, NULL, &forward))
            continue;
        if (way == FORWARD || describe(l, way, inner, algorithms[a].kind, forward, &d)) {
            const double time = run(l, way, inner, way == FORWARD ? forward : d, seconds, result);
            verify(l, way, result);
            if (best <= 0 || time < best) {
                best = time;
                *name = algorithms[a].name;
            }
            if (way != FORWARD)
                dnnl_primitive_desc_destroy(d);
        }
        dnnl_primitive_desc_destroy(forward);
    }
    free(result);
    if (best <= 0) {
        fprintf(stderr, "onednn: %s: no primitive\n", l->name);
        exit(70);
    }
    return best;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s SECONDS <LAYERS\n", argv[0]);
        return 2;
    }
    const double seconds = atof(argv[1]);
    check(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine");
    check(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "stream");
    layer l;
    while (scanf("%63s %d %d %d %d %d %d %d %d %d %d %d %d %d", l.name, &l.batch, &l.in[0], &l.in[1], &l.channels,
                 &l.kernel[0], &l.kernel[1], &l.filters, &l.out[0], &l.out[1], &l.stride[0], &l.stride[1],
                 &l.padding[0], &l.padding[1]) == 14) {
        double times[DIRECTIONS];
        const char *names[DIRECTIONS] = {"", "", ""};
        size_tensors(&l);
        for (direction way = FORWARD; way < DIRECTIONS; way++)
            times[way] = fastest(&l, way, seconds, &names[way]);
        printf("%s %.2f %.2f %.2f %s %s %s\n", l.name, 1e6 * times[FORWARD], 1e6 * times[INPUT], 1e6 * times[WEIGHTS],
               names[FORWARD], names[INPUT], names[WEIGHTS]);
        fflush(stdout);
    }
    return 0;
}
