/* The number that ties generated C to the runtime it was made for. */
#ifndef MNN_ABI_H
#define MNN_ABI_H

/* Raised whenever mnn_model or a function that generated code calls changes its meaning. The compiler
 * writes it into generated code, which refuses to compile against another one. */
#define MNN_ABI 7

/* Rows of a batch that mnn_model.reference() takes at most. */
enum { MNN_REFERENCE_ROWS = 8 };

#define MNN_VERSION "0.1.0"

#endif
