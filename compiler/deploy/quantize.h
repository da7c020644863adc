/* A network in 8-bit integers: weights int8, one scale for each output; values uint8, one scale and zero point each,
 * from the ranges that calibration samples have; sums int32. After Jacob et al. 2018. */
#ifndef MNNC_DEPLOY_QUANTIZE_H
#define MNNC_DEPLOY_QUANTIZE_H

#include "deploy/network.h"
#include "loops/interpret.h"

/* The last layer's results are numbers up to 2^NET_SCORE_BITS, for the largest that calibration saw. */
enum { NET_SCORE_BITS = 20 };

/* Deviations of a layernorm are in fixed point, 2^-NET_NORM_BITS; its roots have NET_ROOT_BITS after the point. */
enum { NET_NORM_BITS = 12, NET_ROOT_BITS = 8 };

/** How integers compute an operation: what its nests are like. */
typedef enum net_form_kind {
    NET_NO_FORM, /* they cannot */
    NET_ENTRY,   /* bytes of the caller's floats */
    NET_PRODUCT, /* sums of products with parameters, of which each output has its own, plus a bias */
    NET_SUM,     /* sums of elements of the inputs, in a common scale; elements outside of them are 0 */
    NET_TIMES,   /* products of elements of the inputs */
    NET_MEAN,    /* sums divided by their number, which is in the multiplier */
    NET_PICK,    /* bytes of the input: the largest, or all of them */
    NET_NORM     /* rows to mean 0 and variance 1, then times gamma plus beta */
} net_form_kind;

struct net_form {
    net_form_kind kind;
    nest **nest; /* in order ... */
    int sums;    /* ... that many values of what the activation takes */
    int count;   /* ... and all of them */
    nest_tensor **in, *sum, *out;
    nest_tensor *kernel, *bias; /* the parameters in integers, or NULL */
    const nest *core;           /* the sum, largest or map over the inputs, without the division of a mean; or NULL */
    double divisor;             /* of a mean ... */
    nest_tensor *sizes;         /* ... or how many elements each window has, where that differs; else NULL */
};

/** Samples to calibrate with: count times as many numbers as the network takes. */
typedef struct net_samples {
    const uint8_t *bytes; /* with NET_BYTES ... */
    const float *floats;  /* ... and with NET_FLOATS */
    bool are_bytes;       /* the file holds bytes, of which floats may have been made */
    int64_t count;
} net_samples;

/** Called with the progress of calibration: runs of a sample through the network. */
typedef struct net_progress {
    void (*report)(void *of, int64_t done, int64_t total);
    void *of;
} net_progress;

/** The loss of integers over the calibration samples, besides the error of every operation. */
typedef struct net_loss {
    int64_t same;      /* samples whose class, or largest output, is that of the floats */
    int64_t different; /* of classes: samples that get another class than one that the floats prefer to it clearly */
    double largest;    /* difference of an output, after the last activation */
    double share; /* of classes: those samples; else: squared difference of the outputs, as a fraction of their variance
                     over the samples */
    int64_t output;        /* whose variance that is: the one that loses most; -1: all outputs together, or classes */
    int64_t most_frequent; /* of classes: samples of the class that the floats give most often */
} net_loss;

/* One point: of net_loss.share, of the squares of a layer's results, and between two classes that are clearly not
 * equal, in probability or of the largest output. */
#define NET_LOSS_LIMIT 0.01

/* As many outputs, or fewer, are judged each by its own variance: they are columns of a table, with units of their own.
 */
#define NET_COLUMNS 32

/** Whether a network has a form in integers.
 *  @return NULL, or the operation that has none, with *why set; the first one where it is about the input */
const net_op *net_not_quantizable(const network *n, const char **why);

/** Bring the network to integers.
 *  needs   net_make() with options.quantized, net_not_quantizable() NULL, at least one sample
 *  leaves  range and channels of every value; integers, entry, table, inner and error of every operation
 *  If one scale per value loses much, values whose readers allow it get one per channel, if that is better.
 *  @param progress  NULL: nobody needs to know
 *  @return whether that can be: no sample makes a number that no float holds */
bool net_quantize(network *n, const net_samples *samples, const net_progress *progress, net_loss *loss);

/** The scale of element j of a value. */
double net_scale_at(const net_value *v, int64_t j);

/** The value of an integer at element j of a value. */
double net_number_of(const net_value *v, int64_t j, double integer);

/** The operation where most is lost: whose error exceeds that of its inputs by most. */
const net_op *net_worst(const network *n);

/** How many times wider the range of the widest channel is than that of the narrowest that is not 0. */
double net_channel_spread(const net_value *v);

/** Whether the operation's activation takes bytes: it is no relu or clip, which are the ends of the bytes, and not the
 * last one, which works on floats. */
bool net_takes_bytes(const network *n, const net_op *op);

/** The range before the activation: that of the sums. */
const net_range *net_before_activation(const net_op *op);

/* --- nests.c, form.c -------------------------------------------------------------------------------- */

/** The form of its nests; sets kind, core and sizes. */
void net_find_form(net_op *op);

/** Elements that each output of the core is made of. */
int64_t net_reduced(const net_op *op);

/* --- integers.c ------------------------------------------------------------------------------------- */

/** The constants of an operation; the ranges of its inputs and of its result are known. */
void net_make_integers(network *n, net_op *op);

/** Whether a sum of the operation exceeds every multiplier of steps of its result: the largest one is used.
 */
bool net_is_beyond_multipliers(const net_op *op);

/* --- channels.c ------------------------------------------------------------------------------------- */

/** How many channels every value has; needed before ranges are measured. */
void net_count_channels(network *n);

/** Give the operation's result one scale per channel, if its readers multiply along its channels and it can store
 *  each channel by a multiplier of its own.
 *  needs   ranges of the channels; the same done for the operations before
 *  leaves  range.scale, range.zero, channels.ratio, channels.middle
 *  @return whether it could */
bool net_scale_channels(const network *n, net_op *op);

/** The channel of its input that element i of an operation's kernel multiplies. */
int64_t net_input_channel(const net_op *op, int64_t i);

/* --- loss.c ----------------------------------------------------------------------------------------- */

/** Run both forms over the samples: sets the error of every operation. */
net_loss net_measure(network *n, const net_samples *samples, const net_progress *progress, int64_t done, int64_t total);

/* --- activation.c ----------------------------------------------------------------------------------- */

/** f(x), for all but softmax. */
/** The operation's activation, of all its results. */
void net_activate(const net_op *op, double *numbers);

/** The softmax of bytes in integers, as generated code has it. */
void net_softmax_bytes(const net_op *op, double *bytes);

/* --- run.c: the network on one sample, through its nests -------------------------------------------- */

/** Values of all operations. */
typedef struct net_run {
    const network *n;
    bool integers;
    double **data;        /* by the tensor's id; integers: sums, and values less their zeros */
    double **values;      /* by number of the operation: [elements]; after them the network's input */
    double **before;      /* likewise, what activations take */
    interpreted ***ready; /* likewise, its nests */
} net_run;

/** @param integers  after net_make_integers() of every operation */
net_run net_run_new(const network *n, bool integers);
void net_run_sample(const net_run *r, const net_samples *samples, int64_t number);

/** One operation, by its number; its inputs are in values. */
void net_run_operation(const net_run *r, const net_op *op, int number);

/** round(sum * multiplier / 2^shift), halves away from 0: what generated code does. */
int64_t net_scaled(int64_t sum, int32_t multiplier, int shift);

/** The largest number whose square is not above square: likewise. */
uint32_t net_root(uint64_t square);

#endif
