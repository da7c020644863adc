/* The progress of a long work: a line that is updated in place on a terminal. */
#ifndef MNN_BASE_METER_H
#define MNN_BASE_METER_H

#include <stdbool.h>
#include <stdio.h>

enum { MNN_LINE_SIZE = 1536 }; /* 16 metrics twice, with long names */

typedef struct mnn_meter {
    FILE *out;
    bool terminal;
    int width;    /* of the terminal in columns, at the last drawing */
    int shown;    /* columns that the line on the screen takes */
    double drawn; /* seconds at the last drawing */
} mnn_meter;

/** @param out  examined for being a terminal */
mnn_meter mnn_meter_new(FILE *out);

/** Show the progress: on a terminal a line that is updated in place, "gradients [===>....] 2.1s, 3.0s left"; elsewhere
 *  one of these after 5 seconds and whenever the time has doubled. End with mnn_meter_end() or mnn_meter_erase().
 *  @param done     0 to 1
 *  @param seconds  since the work began */
void mnn_meter_work(mnn_meter *m, const char *what, double done, double seconds);

/** Draw a line over the one on the screen. */
void mnn_meter_draw(mnn_meter *m, const char *line);

/** Remove the line; the cursor is at its beginning. */
void mnn_meter_erase(mnn_meter *m);

/** Leave the line as it is and begin the next one. */
void mnn_meter_end(mnn_meter *m);

/** "1200/1875 [============>.......] rest": the bar is as long as the width allows.
 *  @param width  of the line; if nothing is left for a bar, as for 0, there is none */
void mnn_meter_line(char line[MNN_LINE_SIZE], const char *count, double done, const char *rest, int width);

#endif
