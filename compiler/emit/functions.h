/* The functions of the steps, while they are written and in the table of steps. */
#ifndef MNNC_EMIT_FUNCTIONS_H
#define MNNC_EMIT_FUNCTIONS_H

#include "emit/ops.h"

/** The purpose of a call of a step's function. */
typedef enum function_use {
    FUNCTION_STEP,
    FUNCTION_PREDICTION, /* in inference in place of the step's */
    FUNCTION_STATE,      /* the update of the step's state */
    FUNCTION_USES
} function_use;

/** A parameter of a function: a tensor, or a size. */
typedef struct operand {
    const plan_buffer *buffer; /* NULL: a size */
    const char *role;          /* its name */
    int64_t size;
    bool is_written;
    int64_t shard_stride; /* between the tensors of two shards; 0: there is one */
} operand;

/** A step that calls a function. */
typedef struct function_user {
    const plan_step *step;
    struct function_user *next;
} function_user;

typedef struct step_function {
    const char *name;
    function_use use;
    const plan_step *first; /* the step it was written for */
    function_user *users, *last_user;
    operand *operand; /* those of the first step */
    int operand_count, capacity;
    const char *comment;       /* without its users */
    const char *before, *body; /* helpers, and the text from the first brace */
    struct step_function *next;
} step_function;

/** A call of a function by a step: with its tensors in the order of the parameters. */
typedef struct step_call {
    const step_function *function; /* NULL: none */
    const operand *operand;
} step_call;

typedef struct step_functions {
    step_function *first, *last;
    step_call *calls[FUNCTION_USES]; /* by the step's number */
    name_map texts;                  /* of step_function by parameters and body */
    name_map helpers;                /* names by text */
    name_map names;
    /* the one that is being written */
    step_function *current;
    bool is_open;    /* its body has begun ... */
    cwriter before;  /* ... and this is what comes before it */
    cwriter outside; /* of a helper that is being written */
} step_functions;

/** "MNN_CALL(dense_forward, input_out, ...)" of a row of the table of steps; NULL: no call. */
const char *emit_call_of(emitter *e, const plan_step *s, function_use use);

#endif
