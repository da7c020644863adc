/* A network in 8-bit integers: weights int8, one scale for each output; values uint8, one scale and zero point each,
 * from the ranges that calibration samples have; sums int32. After Jacob et al. 2018. */
#ifndef MNNC_DEPLOY_QUANTIZE_H
#define MNNC_DEPLOY_QUANTIZE_H

#include "deploy/network.h"

/** Samples to calibrate with: count times as many bytes as the network takes. */
typedef struct net_samples {
    const uint8_t *bytes;
    int64_t count;
} net_samples;

/** Whether a network has a form in integers: a chain of dense, conv2d and maxpool2d with relu or without an
 *  activation, of which the last may have any, over bytes.
 *  @return NULL, or the operation that has none, with *why set; the first one where it is about the input */
const net_op *net_not_quantizable(const network *n, const char **why);

/** Bring the network to integers.
 *  needs   net_make() with options.quantized, net_not_quantizable() NULL, at least one sample
 *  leaves  integers on every dense and conv2d, scale and zero on every value
 *  @return of how many samples the class, or the largest output, is that of the floats; -1, and nothing is done, when
 *          a sample makes a number that no float holds */
int64_t net_quantize(network *n, const net_samples *samples);

/* --- run.c: the network on one sample, in plain loops ----------------------------------------------- */

/** Values of all operations, in floats or in integers. */
typedef struct net_run {
    const network *n;
    float **floats;    /* by number of the operation: [elements] */
    int32_t **numbers; /* likewise */
    float *input;      /* what the network sees: floats[op_count] */
} net_run;

net_run net_run_new(const network *n);
void net_run_floats(net_run *r, const uint8_t *sample);
void net_run_integers(net_run *r, const uint8_t *sample);

/** round(sum * multiplier / 2^shift), halves away from 0: what generated code does. */
int64_t net_scaled(int64_t sum, int32_t multiplier, int shift);

#endif
