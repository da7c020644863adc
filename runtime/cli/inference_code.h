/* Inference code that mnnc has written, compiled and called. */
#ifndef MNN_CLI_INFERENCE_CODE_H
#define MNN_CLI_INFERENCE_CODE_H

#include <stdbool.h>
#include <stdio.h>

#include "mnn/status.h"

enum { MNN_INFERENCE_NAME = 256 };

/** The contents of the line "mnn-inference" of the code's banner. */
typedef struct mnn_inference_form {
    char prefix[320];
    bool takes_bytes;  /* else floats */
    bool gives_class;  /* else outputs */
    bool is_quantized; /* integer arithmetic: the outputs are near those of the floats and not the same */
    bool callers_work; /* the working memory is handed over */
    long inputs, outputs, work_bytes;
    char weights[MNN_INFERENCE_NAME]; /* file name of the weights beside the code; empty: they are inside */
} mnn_inference_form;

/** Code that is ready to be called. */
typedef struct mnn_inference_code {
    mnn_inference_form form;
    void *library;
    void *work;    /* what it takes as working memory, or NULL */
    char *weights; /* what it loaded, or NULL */
    void *predict; /* the function, of the type that its form says */
} mnn_inference_code;

/** Compile a C file, with CC of the environment or cc, into a temporary library, and load that.
 *  @param log   gets what the compiler prints, made printable
 *  @param code  filled on success, release with mnn_inference_close()
 *  @return MNN_OK; MNN_EIO, MNN_ENOMEM; MNN_EFORMAT no inference code of this version of mnnc, or its weights do not
 *          fit; MNN_EINTERNAL the compiler is missing or rejects the code */
mnn_status mnn_inference_open(const char *path, FILE *log, mnn_inference_code *code, mnn_error *err);
void mnn_inference_close(mnn_inference_code *code);

/** One sample.
 *  @param input   [inputs] bytes or floats, as the form says
 *  @param output  [outputs], filled unless the code gives a class
 *  @return the class, where the code gives one; else -1 */
int mnn_inference_predict(const mnn_inference_code *code, const void *input, float *output);

#endif
