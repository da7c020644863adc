/* The parts of the analysis, one a block of the file, in the order in which sema.c runs them. */
#ifndef MNNC_SEMA_STAGES_H
#define MNNC_SEMA_STAGES_H

#include "sema/bind.h"

/** Find the blocks: cx->data, model, train and the user's own; unknown, repeated and missing ones are
 *  reported. */
void sema_blocks(sema_context *cx);

/** Read the data block into program->data. */
void sema_data(sema_context *cx);

/** columns { ... } of the data block: options of the tables. */
void sema_columns(sema_context *cx);

/** Add options to the sources of a reader. @param reader  NULL: to all */
void sema_add_source_options(sema_context *cx, const char *reader, const char *const *options, int count);

/** Read the train block into program->train. */
void sema_train(sema_context *cx);

/* --- parts of the train block ------------------------------------------------------------------------- */

/** The optimizer of a call without errors; its arguments are checked against each other here. */
ir_optimizer sema_optimizer(sema_context *cx, const sema_args *args);

/** Read the list of metrics into program->train. */
void sema_metrics(sema_context *cx, const sema_bound *metrics);

/** Read the callbacks into program->train.
 *  needs  program->data, the optimizer and the metrics */
void sema_callbacks(sema_context *cx);

/** Metrics against the labels.
 *  @param classes  what to write in one_hot() */
void sema_check_metrics(sema_context *cx, const char *classes);

/* --- the model ---------------------------------------------------------------------------------------- */

/** Read the model block into program->graph, the loss at its end.
 *  needs  program->data and program->train */
void sema_model(sema_context *cx);

/** The shape that augment steps move, data.augment, of rank 3; any other is reported. */
void sema_pictures(sema_context *cx);

/** Whether sets have labels, and the loss needs them; reports.
 *  @return false when there is no point in looking at what kind of labels they are */
bool sema_labels(sema_context *cx);

/** Checks that need all three blocks: loss against labels. */
void sema_agreement(sema_context *cx);

/** Warn of names that are not used, or that hide others.
 *  needs  everything else analysed without an error */
void sema_names(sema_context *cx);

/* --- blocks and layers ------------------------------------------------------------------------------ */

/** block NAME(params) { ... } */
typedef struct sema_block {
    const ast_block *ast;
    bool open;   /* being expanded: using it again would not end */
    bool used;   /* by the model */
    bool faulty; /* its inside has been reported; not again at every use */
} sema_block;

/** An entry of the list of layers. */
typedef enum sema_kind {
    SEMA_LAYER,
    SEMA_TAKE,    /* what follows takes the result of another layer, not that of the one before */
    SEMA_FORK,    /* a residual begins: what comes in here is kept ... */
    SEMA_ELSE,    /* ... what follows takes it ... */
    SEMA_PROJECT, /* ... and makes the shape of the result of it ... */
    SEMA_ADD      /* ... and it is added to the result at its end */
} sema_kind;

/** A layer of the model after blocks and repeats were expanded, or an end of a residual. */
typedef struct sema_layer {
    sema_kind kind;
    const lang_entry *entry; /* of a layer, or of the residual */
    const sema_args *args;
    const char *name; /* "dense_1"; a fork has none */
    span at;
    struct sema_layer **inputs; /* of a layer: those besides the one before; SEMA_TAKE: the one */
    int input_count;
    ir_value *result; /* set while the graph is built */
    struct sema_layer *next;
} sema_layer;

/** Whether it is a layer, or the addition or projection of a residual. */
bool sema_has_name(const sema_layer *l);

/** Whether it is an input layer. */
bool sema_is_input(const sema_layer *l);

/** Expand the model block to a list of layers, in order. Layers with errors are omitted; the ends of
 *  residuals are always in pairs.
 *  @param complete  set to false if a layer was omitted */
sema_layer *sema_expand(sema_context *cx, bool *complete);

/** Give every layer its name: the user's, or as in Keras "dense", "dense_1", ... Repeated ones are reported. */
void sema_name_layers(sema_context *cx, sema_layer *layers);

#endif
