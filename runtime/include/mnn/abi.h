/* The version of the interface between generated C and the runtime. */
#ifndef MNN_ABI_H
#define MNN_ABI_H

/* Incremented when mnn_model, or a function that generated code calls, changes its meaning. The compiler writes it
 * into generated code, which refuses to compile against any other version. */
#define MNN_ABI 14

/* Maximum number of rows in a batch passed to mnn_model.reference(). */
enum { MNN_REFERENCE_ROWS = 8 };

/* Parameters per sum of squares of gradients (mnn_model.squares). */
enum { MNN_NORM_PIECE = 8192 };

#define MNN_VERSION "0.1.0"

#endif
