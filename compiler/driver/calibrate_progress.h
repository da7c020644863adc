/* How far calibration is, on a terminal, where it takes long. */
#ifndef MNNC_DRIVER_CALIBRATE_PROGRESS_H
#define MNNC_DRIVER_CALIBRATE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct calibrate_progress {
    FILE *out;             /* NULL: no terminal that shows lines updated in place */
    double started, shown; /* seconds; shown is 0 until there is a line */
} calibrate_progress;

calibrate_progress calibrate_progress_new(FILE *out);

/** Update the line, at most a few times per second and not before calibration has taken a second.
 *  @param of  a calibrate_progress */
void calibrate_progress_report(void *of, int64_t done, int64_t total);

/** Remove the line. */
void calibrate_progress_end(calibrate_progress *p);

#endif
