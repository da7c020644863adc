/* The parts of sema_canonical(): values and arguments, layers, settings. */
#ifndef MNNC_SEMA_CANONICAL_PARTS_H
#define MNNC_SEMA_CANONICAL_PARTS_H

#include "lang/lang.h"
#include "sema/canonical.h"
#include "support/name_map.h"

/** The most statements that are moved: each move walks through a block. */
enum { CANONICAL_MOST_MOVES = 100 };

typedef struct canonical {
    arena *arena;
    diag_list *diag;
    ast_file *file;
    name_map own;                    /* names that the file gives itself: they are no words of the language */
    ast_block *data, *model, *train; /* the first of each, or NULL */
    int moves;                       /* of statements to other blocks */
    bool rate_seen;                  /* the train block has a learning rate of its own */
} canonical;

/** Whether the file gives something this name. */
bool canonical_is_own(const canonical *c, const char *name);

/** The canonical form of a value where a type is expected. */
void canonical_value(const canonical *c, lang_type type, ast_expr *e);

/** The canonical form of the arguments of a word. */
void canonical_arguments(const canonical *c, const lang_entry *entry, ast_call *call);

/** Whether a statement gives the result of a layer or block a name. */
bool canonical_names_result(const canonical *c, const ast_stmt *s);

/** The canonical form of the layers of a body.
 *  @param first  it is the body of the model */
void canonical_layers(canonical *c, ast_stmt **body, bool first);

/** The canonical form of the settings and steps of the data block, and of the train block. */
void canonical_data(canonical *c);
void canonical_train(canonical *c);

/** from_logits=true: the activation of the loss goes to the end of the model.
 *  needs  all blocks in canonical form */
void canonical_logits(canonical *c);

/** Put a setting into the block that it belongs to.
 *  @return false where it belongs to none */
bool canonical_take_setting(canonical *c, const ast_stmt *s);

/* Nodes that the source does not contain. */
/** A word, in quotes where the file gives the same name to something else. */
ast_expr *canonical_word(const canonical *c, const char *text, span at);
ast_arg *canonical_argument(const canonical *c, const char *name, ast_expr *value);
/** Append an argument. @return the link of the next */
ast_arg **canonical_append(ast_call *call, ast_arg **link, ast_arg *arg);
ast_arg *canonical_named(const ast_call *call, const char *name);

#endif
