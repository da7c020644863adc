/* The interface between the emitters of conv2d. */
#ifndef MNNC_EMIT_CONV2D_H
#define MNNC_EMIT_CONV2D_H

#include "emit/ops.h"

typedef struct conv {
    const ir_value *x, *y, *kernel, *bias;
    window v;         /* from the input to the result before any pooling */
    long long places; /* of the kernel over the image */
    long long patch;  /* elements under it, of one group */
    long long filters;
    long long groups, group_channels, group_filters;
    bool pooled;
    window pool;
} conv;

/** Declare the scratch areas of a step's function. */
void emit_conv2d_scratch(emitter *e, const plan_step *s, const conv *c);

/** Declare dy and index of one image after a pooling. */
void emit_conv2d_pooled_gradient(emitter *e, const plan_step *s);

/* --- PLAN_DIRECT: straight from the image; conv2d_direct.c ------------------------------------------- */

void emit_direct_scratch(emitter *e, const plan_step *s, const conv *c);

/** One image: out, or z before a pooling. */
void emit_direct_product(emitter *e, const plan_step *s, const conv *c);

/** One image: dkernel += ..., and the gradient of the input if it is wanted; declares dy. */
void emit_direct_gradients(emitter *e, const plan_step *s, const conv *c);

/** Declare an image in scratch memory, at an offset in floats; optionally filled with zeros. */
void emit_area(emitter *e, const char *name, int64_t offset, const plan_canvas *c);
void emit_zero_area(emitter *e, const char *name, const plan_canvas *c);

/** "in", as the kernel sees it: a copy with its padding, or a pointer to the image. */
void emit_direct_image(emitter *e, const plan_step *s, const conv *c);

/* --- PLAN_WINDOWS: the pooling in registers; conv2d_windows.c ---------------------------------------- */

/** One image: out, where the largest was, bias and activation. */
void emit_windows_product(emitter *e, const plan_step *s, const conv *c);

/** One image: dkernel += ...; declares dy. */
void emit_windows_gradient(emitter *e, const plan_step *s, const conv *c);

/* --- PLAN_SPREAD: its gradients filter by filter; conv2d_windows.c ----------------------------------- */

void emit_spread_scratch(emitter *e, const plan_step *s, const conv *c);

/** Before and after the images of a piece, and one image. */
void emit_spread_begin(emitter *e, const plan_step *s, const conv *c);
void emit_spread_gradients(emitter *e, const plan_step *s, const conv *c);
void emit_spread_end(emitter *e, const plan_step *s, const conv *c);

#endif
