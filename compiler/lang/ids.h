/* Names for the rows of the language's tables: one enumeration a table, made from its .def file. */
#ifndef MNNC_LANG_IDS_H
#define MNNC_LANG_IDS_H

#define PARAM(...)
#define LAYER(id, ...) LANG_LAYER_##id,
typedef enum lang_layer {
#include "lang/layers.def"
    LANG_LAYER_COUNT
} lang_layer;
#undef LAYER

#define ACTIVATION(id, ...) LANG_ACTIVATION_##id,
typedef enum lang_activation {
#include "lang/activations.def"
    LANG_ACTIVATION_COUNT
} lang_activation;
#undef ACTIVATION

#define INITIALIZER(id, ...) LANG_INITIALIZER_##id,
typedef enum lang_initializer {
#include "lang/initializers.def"
    LANG_INITIALIZER_COUNT
} lang_initializer;
#undef INITIALIZER

#define REGULARIZER(id, ...) LANG_REGULARIZER_##id,
typedef enum lang_regularizer {
#include "lang/regularizers.def"
    LANG_REGULARIZER_COUNT
} lang_regularizer;
#undef REGULARIZER

#define LOSS(id, ...) LANG_LOSS_##id,
typedef enum lang_loss {
#include "lang/losses.def"
    LANG_LOSS_COUNT
} lang_loss;
#undef LOSS

#define OPTIMIZER(id, ...) LANG_OPTIMIZER_##id,
typedef enum lang_optimizer {
#include "lang/optimizers.def"
    LANG_OPTIMIZER_COUNT
} lang_optimizer;
#undef OPTIMIZER

#define SCHEDULE(id, ...) LANG_SCHEDULE_##id,
typedef enum lang_schedule {
#include "lang/schedules.def"
    LANG_SCHEDULE_COUNT
} lang_schedule;
#undef SCHEDULE

#define CALLBACK(id, ...) LANG_CALLBACK_##id,
typedef enum lang_callback {
#include "lang/callbacks.def"
    LANG_CALLBACK_COUNT
} lang_callback;
#undef CALLBACK

#define MODE(id, ...) LANG_MODE_##id,
typedef enum lang_mode {
#include "lang/modes.def"
    LANG_MODE_COUNT
} lang_mode;
#undef MODE

#define METRIC(id, ...) LANG_METRIC_##id,
typedef enum lang_metric {
#include "lang/metrics.def"
    LANG_METRIC_COUNT
} lang_metric;
#undef METRIC

#define STEP(id, ...) LANG_STEP_##id,
typedef enum lang_step {
#include "lang/steps.def"
    LANG_STEP_COUNT
} lang_step;
#undef STEP

#define COLUMN(id, ...) LANG_COLUMN_##id,
typedef enum lang_column {
#include "lang/columns.def"
    LANG_COLUMN_COUNT
} lang_column;
#undef COLUMN

#define SOURCE(id, ...) LANG_SOURCE_##id,
typedef enum lang_source {
#include "lang/sources.def"
    LANG_SOURCE_COUNT
} lang_source;
#undef SOURCE

#define VALIDATION(id, ...) LANG_VALIDATION_##id,
typedef enum lang_validation {
#include "lang/validations.def"
    LANG_VALIDATION_COUNT
} lang_validation;
#undef VALIDATION

#define SET(id, ...) LANG_SET_##id,
typedef enum lang_set {
#include "lang/sets.def"
    LANG_SET_COUNT
} lang_set;
#undef SET

#define ORDER(id, ...) LANG_ORDER_##id,
typedef enum lang_order {
#include "lang/orders.def"
    LANG_ORDER_COUNT
} lang_order;
#undef ORDER

#define PADDING(id, ...) LANG_PADDING_##id,
typedef enum lang_padding {
#include "lang/paddings.def"
    LANG_PADDING_COUNT
} lang_padding;
#undef PADDING

#define STRUCTURE(id, ...) LANG_STRUCTURE_##id,
typedef enum lang_structure {
#include "lang/structures.def"
    LANG_STRUCTURE_COUNT
} lang_structure;
#undef STRUCTURE

#define BLOCK(id, ...) LANG_BLOCK_##id,
typedef enum lang_block {
#include "lang/blocks.def"
    LANG_BLOCK_COUNT
} lang_block;
#undef BLOCK

/* Names of settings ("loss", "epochs", "train") are rows too, one table a block. */
#define SETTING(id, ...) LANG_DATA_##id,
typedef enum lang_data_setting {
#include "lang/data_settings.def"
    LANG_DATA_SETTING_COUNT
} lang_data_setting;
#undef SETTING

#define SETTING(id, ...) LANG_TRAIN_##id,
typedef enum lang_train_setting {
#include "lang/train_settings.def"
    LANG_TRAIN_SETTING_COUNT
} lang_train_setting;
#undef SETTING
#undef PARAM

#endif
