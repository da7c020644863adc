/* Arguments of a call to the parameters of a word of the language. */
#ifndef MNNC_SEMA_BIND_H
#define MNNC_SEMA_BIND_H

#include "sema/context.h"

typedef struct sema_args sema_args;

/** A parameter's value in its type; the members that the type uses are set. */
typedef struct sema_bound {
    bool given;    /* by the user; else the default */
    bool valid;    /* false: missing or reported */
    bool misspelt; /* a setting that seems to be there under an unknown name */
    span at;
    span origin;                    /* of the constant that it comes from, if it does */
    span name_at;                   /* of a named argument */
    bool none;                      /* PAIR_OR_NONE, LAYER_NAME, SOURCE, VALIDATION */
    int64_t integer;                /* INT */
    double real;                    /* REAL, RATE when it is a number */
    bool boolean;                   /* BOOL */
    const char *text;               /* PATH, TEXT, LAYER_NAME, MONITOR */
    ir_pair pair;                   /* PAIR, PAIR_OR_NONE */
    ir_shape shape;                 /* SHAPE; MARGINS: top, bottom, left, right */
    int word;                       /* a type with a table: the row's id; RATE: -1 for a number; CHOICE: its number */
    const sema_args *args;          /* ... and its arguments */
    const double *numbers;          /* INTS, REALS */
    const struct sema_bound *items; /* METRICS: word, args and place of each; VALUES: text and place */
    const char *const *names;       /* NAMES: names, and indices as "#-1" */
    int count;                      /* INTS, REALS, METRICS, NAMES, VALUES */
} sema_bound;

struct sema_args {
    const lang_entry *entry;
    sema_bound *bound; /* one a parameter, in the table's order */
    bool ok;           /* nothing was reported */
};

/** Give every parameter of entry its value: the user's, converted and checked, or the default.
 *  @param what  the kind of word for messages: "layer"
 *  @return never NULL; look at ok */
const sema_args *sema_bind(sema_context *cx, const lang_entry *entry, const char *what, const sema_call *call);

/** The value of a parameter, which must be one of the entry's. */
const sema_bound *sema_get(const sema_args *args, const char *param);

/** Convert a value to the type of a parameter and check its range; reports.
 *  @param owner  whose parameter it is, for messages: "layer \"dense\"" */
bool sema_convert(sema_context *cx, const lang_param *p, const char *owner, const sema_value *v, sema_bound *out);

/** Whether a 32-bit float holds a number, rounded: it is 0, or neither too large nor so small that digits are lost. */
bool sema_is_float(double x);

/** Whether a float holds what the program computes from an argument; reports it at the argument.
 *  @param what  the value, for the message: "2 l2" */
bool sema_check_derived(sema_context *cx, const sema_bound *from, const char *what, double value);

/** Evaluate and convert the default of a parameter. */
void sema_default_value(sema_context *cx, const lang_param *p, sema_bound *out);

/* --- settings --------------------------------------------------------------------------------------- */

/** Read all "name = value" of a block by its table; unknown and repeated ones are reported, missing ones
 *  take their default or are reported. Steps are left to the caller.
 *  @param steps  words that are steps or callbacks of this block, so that "scale = 2" gets a good hint
 *  @return one sema_bound a row of the table, by id */
sema_bound *sema_settings(sema_context *cx, const ast_block *block, const lang_table *table, const lang_table *steps);

#endif
