/* Self-contained HTML pages: text, tables, images and charts without scripts or other files.
 * Charts are SVG, images PNG in data URLs (RFC 2397); colours are those of the style in page.c, light or dark. */
#ifndef MNN_REPORT_PAGE_H
#define MNN_REPORT_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "mnn/image.h"

/** Text with everything escaped that HTML could take for markup. */
void mnn_page_text(FILE *out, const char *text);

/** The head of a page, up to its title.
 *  @param refresh  seconds after which a browser reads the page again; 0: it is final */
void mnn_page_begin(FILE *out, const char *title, int refresh);
void mnn_page_end(FILE *out);

/** A section with a heading. */
void mnn_page_section(FILE *out, const char *heading);

/** An image, magnified to at least 84 pixels.
 *  @param caption  below the image, also its description for readers who cannot see it
 *  @return bytes that it takes; 0: out of memory, nothing was written */
size_t mnn_page_image(FILE *out, const mnn_image *image, const char *caption);

/** A line, or a cloud of points, of a chart; what is not finite is omitted. */
typedef struct mnn_series {
    const char *name;
    const double *x, *y;
    int count;
} mnn_series;

typedef struct mnn_chart {
    const char *title, *x_name;
    const mnn_series *series;
    int count;
    bool points;    /* not connected */
    bool unit;      /* both axes from 0 to 1 */
    bool from_zero; /* the vertical axis */
    bool whole;     /* no ticks between whole numbers of x */
} mnn_chart;

/** A chart with axes, a legend if there are several series, and a table of the figures for readers who cannot see it.
 */
void mnn_page_chart(FILE *out, const mnn_chart *chart);

#endif
