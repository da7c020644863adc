/* The value of an expression. */
#ifndef MNNC_SEMA_VALUE_H
#define MNNC_SEMA_VALUE_H

#include "syntax/ast.h"

typedef enum sema_value_kind {
    SEMA_ERROR, /* has been reported */
    SEMA_INT,
    SEMA_REAL,
    SEMA_BOOL,
    SEMA_NONE,
    SEMA_STRING,
    SEMA_WORD, /* a name that is not a constant: "relu" */
    SEMA_TUPLE,
    SEMA_LIST,
    SEMA_CALL /* "adam(0.01)" */
} sema_value_kind;

typedef struct sema_value sema_value;
typedef struct sema_call sema_call;

struct sema_value {
    sema_value_kind kind;
    span at;     /* where it is used */
    span origin; /* the constant that it comes from; zero span: it is written where it is used */
    union {
        int64_t integer;
        double real;
        bool boolean;
        struct {
            const char *text;
            size_t length;
        } string;
        const char *word;
        struct {
            const sema_value *item;
            int count;
        } items; /* tuple, list */
        const sema_call *call;
    };
};

/** One argument; name.text is NULL for a positional one. */
typedef struct sema_arg {
    ast_name name;
    sema_value value;
    span at;
} sema_arg;

/** A call whose arguments have been evaluated, not yet looked up in a table. */
struct sema_call {
    ast_name callee;
    span parens;
    int count;
    const sema_arg *args;
};

struct sema_context;
struct sema_scope;

/** Evaluate an expression; errors are reported and give SEMA_ERROR. Chains of operators may be of any
 *  length (no recursion); tuples, lists and calls nest no deeper than the parser allows. */
sema_value sema_evaluate(struct sema_context *cx, const struct sema_scope *scope, const ast_expr *e);

/** Evaluate the arguments of a call. */
sema_call *sema_evaluate_call(struct sema_context *cx, const struct sema_scope *scope, const ast_call *call);

/** A value for a message: 'the word "relu"', "a tuple of 3 values", "1.5". */
const char *sema_describe(struct sema_context *cx, const sema_value *v);

/** Whether a word is inf or nan, with a sign or without; the user has no such numbers. */
bool sema_is_not_finite(const char *word);

/** Apply an operator (left is not read for a unary one). */
sema_value sema_operate(struct sema_context *cx, const ast_expr *operation, sema_value left, sema_value right);

#endif
