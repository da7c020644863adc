/* A slow network between ranks, for tests: linked with --wrap for the functions below. A message
 * leaves a rank after those before it, with so many bytes per second, and arrives after a delay; a wait ends when the
 * last one has arrived. Every rank does the same, so what a rank sends stands for what it receives. As with a network
 * card, the messages are on their way while the program computes.
 *
 *   SLOW_BANDWIDTH (bytes per second), SLOW_DELAY (seconds)
 *
 * At the end each rank prints how long its messages of gradients took, and how much of this was before the end of
 * backward. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mnn/clock.h"
#include "train/reduction.h"
#include "transport/transport.h"

void __real_mnn_transport_send(int to, const void *data, size_t bytes);
mnn_status __real_mnn_transport_wait(mnn_error *err);
mnn_status __real_mnn_reduction_finish(mnn_reduction *r, int *signal, mnn_error *err);
mnn_status __real_mnn_reduction_find(mnn_reduction *r, mnn_finding *finding, mnn_error *err);
void __wrap_mnn_transport_send(int to, const void *data, size_t bytes);
mnn_status __wrap_mnn_transport_wait(mnn_error *err);
mnn_status __wrap_mnn_reduction_finish(mnn_reduction *r, int *signal, mnn_error *err);
mnn_status __wrap_mnn_reduction_find(mnn_reduction *r, mnn_finding *finding, mnn_error *err);

static double link_free;          /* the time when all messages have left */
static bool waits;                /* there are messages that a wait is for */
static double finish_begun;       /* after backward; 0: in another exchange */
static double gradients, exposed; /* seconds of the link: for gradients, and of these after backward */
static bool others;               /* the messages are not gradients */
static int steps;

static double now(void)
{
    return 1e-9 * (double)mnn_clock();
}

static double setting(const char *name)
{
    const char *text = getenv(name);
    return text ? atof(text) : 0;
}

void __wrap_mnn_transport_send(int to, const void *data, size_t bytes)
{
    const double bandwidth = setting("SLOW_BANDWIDTH"), time = bandwidth > 0 ? (double)bytes / bandwidth : 0,
                 at = now();
    link_free = (link_free > at ? link_free : at) + time;
    waits = true;
    if (!others)
        gradients += time;
    __real_mnn_transport_send(to, data, bytes);
}

mnn_status __wrap_mnn_transport_wait(mnn_error *err)
{
    if (finish_begun > 0 && link_free > finish_begun)
        exposed += link_free - finish_begun;
    finish_begun = 0;
    const mnn_status status = __real_mnn_transport_wait(err);
    const double left = link_free + setting("SLOW_DELAY") - now();
    if (left > 0 && waits)
        nanosleep(&(struct timespec){(time_t)left, (long)(1e9 * (left - (double)(time_t)left))}, NULL);
    waits = false;
    return status;
}

static void report(void)
{
    fprintf(stderr, "rank %d: %d steps, gradients %.3f s, of which backward hid %.1f%%\n", mnn_transport_rank(), steps,
            gradients, gradients > 0 ? 100 * (1 - exposed / gradients) : 0);
}

mnn_status __wrap_mnn_reduction_finish(mnn_reduction *r, int *signal, mnn_error *err)
{
    if (steps++ == 0)
        atexit(report);
    finish_begun = now();
    return __real_mnn_reduction_finish(r, signal, err);
}

mnn_status __wrap_mnn_reduction_find(mnn_reduction *r, mnn_finding *finding, mnn_error *err)
{
    others = true;
    return __real_mnn_reduction_find(r, finding, err);
}

mnn_status __real_mnn_reduction_spread(mnn_reduction *r, int *fault, mnn_error *err);
mnn_status __wrap_mnn_reduction_spread(mnn_reduction *r, int *fault, mnn_error *err);

mnn_status __wrap_mnn_reduction_spread(mnn_reduction *r, int *fault, mnn_error *err)
{
    const mnn_status status = __real_mnn_reduction_spread(r, fault, err);
    others = false;
    return status;
}
