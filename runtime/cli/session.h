/* The state that the commands of a program share: model, options, threads, weights, data. */
#ifndef MNN_CLI_SESSION_H
#define MNN_CLI_SESSION_H

#include <stdio.h>

#include "cli/options.h"
#include "data/dataset.h"
#include "mnn/model.h"

typedef struct mnn_session {
    const mnn_model *model;
    const mnn_options *options;
    mnn_pool *pool;
    int threads;
    uint64_t seed;
    bool has_other_weights; /* those of --weights say that they belong to another description */
    mnn_places places;
    FILE *out; /* results */
    FILE *log; /* progress and notes */
} mnn_session;

/** Check that no file overwrites another, start the threads and set the weights: those of --weights, or the initial
 *  ones.
 *  @return MNN_OK, release with mnn_session_close(); MNN_EUSAGE; MNN_ENOMEM; MNN_EIO, MNN_EFORMAT of the weights */
mnn_status mnn_session_open(mnn_session *s, const mnn_model *model, const mnn_options *options, mnn_error *err);
void mnn_session_close(mnn_session *s);

/** Find and read a data set of the description.
 *  @param found  the files' names, release with mnn_found_free(); NULL: not wanted */
mnn_status mnn_session_load(const mnn_session *s, const mnn_source *source, int limit, mnn_dataset *out,
                            mnn_found *found, mnn_error *err);

/** Print what is likely wrong with the values of a set, unless --quiet.
 *  @param name  "training" */
void mnn_session_advise(const mnn_session *s, const char *name, const mnn_array *images);

/* The commands. */
mnn_status mnn_command_train(mnn_session *s, mnn_error *err);
mnn_status mnn_command_evaluate(mnn_session *s, mnn_error *err);
mnn_status mnn_command_predict(mnn_session *s, mnn_error *err);
mnn_status mnn_command_show(mnn_session *s, mnn_error *err);
mnn_status mnn_command_export(mnn_session *s, mnn_error *err);
mnn_status mnn_command_import(mnn_session *s, mnn_error *err);
mnn_status mnn_command_gradcheck(mnn_session *s, mnn_error *err);
mnn_status mnn_command_bench(mnn_session *s, mnn_error *err);
mnn_status mnn_command_scale(mnn_session *s, mnn_error *err);
mnn_status mnn_command_verify(mnn_session *s, mnn_error *err);
void mnn_command_summary(const mnn_model *model, const mnn_options *options, FILE *out);

#endif
