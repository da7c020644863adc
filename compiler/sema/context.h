/* State that all parts of the analysis share. */
#ifndef MNNC_SEMA_CONTEXT_H
#define MNNC_SEMA_CONTEXT_H

#include "ir/ir.h"
#include "lang/lang.h"
#include "sema/sema.h"
#include "sema/value.h"
#include "support/diag.h"
#include "support/name_map.h"
#include "syntax/ast.h"

/** A named value: a constant of the file or an argument of a user's block. */
typedef struct sema_constant {
    ast_name name;
    sema_value value;
    bool used; /* by an expression */
} sema_constant;

/** Names that an expression may use: those of the file, or of a block and then those of the file. */
typedef struct sema_scope {
    const struct sema_scope *parent;
    name_map constants; /* of sema_constant */
    const sema_constant **order;
    int count, capacity;
} sema_scope;

/** A default value of lang/, evaluated once. */
typedef struct sema_default {
    const lang_param *param;
    sema_value value;
    struct sema_default *next;
} sema_default;

typedef struct sema_context {
    arena *arena;
    diag_list *diag;
    const ast_file *file;
    const ast_block *data, *model, *train; /* NULL: absent */
    name_map blocks;                       /* user blocks: of sema_block */
    name_map definitions;                  /* all top-level "name = value": of ast_stmt */
    sema_scope constants;                  /* those whose turn has come */
    sema_default *defaults;
    ir_program *program;
    sema_look *look;      /* NULL: the data are not looked at */
    int *look_status;     /* of sema_options */
    bool unknown_steps;   /* the data block has some: one may be a misspelt one_hot or reshape */
    bool unknown_metrics; /* some metric had errors: it may be the one that is monitored */
    bool incomplete;      /* there were syntax errors: what seems to be missing may be there */
} sema_context;

/* --- words ------------------------------------------------------------------------------------------ */

/** Words that are listed or searched at most, and errors that get a hint: a file may have a million of both. */
enum { SEMA_MAX_WORDS = 256, SEMA_MAX_HINTED = 1000 };

/** The words that could have been meant. */
typedef struct sema_words {
    sema_context *cx;
    const char **spelling; /* what the user may have had in mind */
    const char **shown;    /* how it is written in this language */
    int count, capacity;
} sema_words;

sema_words sema_words_new(sema_context *cx);
/** Whether more words would be omitted. */
bool sema_words_full(const sema_words *w);
void sema_words_add(sema_words *w, const char *spelling, const char *shown);
void sema_words_add_table(sema_words *w, const lang_table *table);
void sema_words_add_params(sema_words *w, const lang_entry *entry);

/** After an error about an unknown name: "did you mean", or else all that there is.
 *  @param plural  "layers" */
void sema_hint_words(const sema_words *w, const char *name, const char *plural);

/** Report: unknown WHAT "name", or that it is not supported. The hint says the way round, what the word is instead, or
 *  which word may be meant.
 *  @return whether the hint is given; false: the caller has more words to offer */
bool sema_unknown_word(sema_context *cx, span at, const char *name, const char *what);

/** The same among the words of a table. */
void sema_unknown(sema_context *cx, span at, const char *name, const lang_table *table);

/** After an error about a missing argument or setting: what it is, and the words that it takes. */
void sema_hint_param(sema_context *cx, const lang_param *p);

/** User text for a message. */
const char *sema_quote(sema_context *cx, const char *text);

/* --- constants -------------------------------------------------------------------------------------- */

sema_scope sema_scope_new(sema_context *cx, const sema_scope *parent);

/** Add a name; a second one of the same name is reported.
 *  @return false after reporting */
bool sema_scope_add(sema_context *cx, sema_scope *scope, ast_name name, sema_value value);

/** Look a name up in the scope and its parents; NULL when it is not a constant. */
sema_constant *sema_scope_find(const sema_scope *scope, const char *name);

/** Report a word where a number should be: it can only be meant as the name of a constant. */
void sema_unknown_constant(sema_context *cx, const sema_value *word);

/** After an error about a value that comes from a constant: a note at the constant. */
void sema_note_origin(sema_context *cx, const sema_value *v);

/** Evaluate the top-level constants of the file, replaced by those of -D. */
void sema_constants(sema_context *cx, const sema_options *options);

#endif
