/* Samples to calibrate a network of integers with. */
#ifndef MNNC_DRIVER_CALIBRATE_H
#define MNNC_DRIVER_CALIBRATE_H

#include "deploy/quantize.h"
#include "support/diag.h"

/** More samples tell nothing new about ranges. */
enum { CALIBRATION_SAMPLES = 256 };

/** The file with the samples: path, or in a folder the one with the base name that the description gives it, plain
 *  or with ".gz". */
const char *calibrate_file(arena *a, const ir_program *p, const char *path);

/** Read the first CALIBRATION_SAMPLES samples; what is wrong is reported on stderr.
 *  @param path  an IDX file, plain or gzipped, or a folder that holds the description's training images; of bytes
 *      where the network takes these
 *  @return MNN_OK, or the exit code */
int calibrate_load(arena *a, const network *n, const char *path, net_samples *samples);

/** Warn of samples from which no ranges can be seen: few, blank, dark or without motion.
 *  @param path  as for calibrate_load()
 *  @return whether there was something to say, other than that they are few */
bool calibrate_judge(diag_list *d, const network *n, const char *path, const net_samples *samples);

/** Warn of samples of one class, as the network sees them, and of layers that they leave at 0. */
void calibrate_judge_results(diag_list *d, const network *n, const char *path, const net_samples *samples,
                             const net_loss *loss);

#endif
