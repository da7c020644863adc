/* Rewriting of a description as Keras users write it into the canonical form.
 *
 * Every form that is accepted besides the canonical one is rewritten here, before any other pass reads the tree, so
 * that --format and the analysis agree: quoted words, other spellings, callbacks in a list, settings of
 * another block, activations as layers, input_shape, from_logits. All else is kept, and reported by the
 * analysis. The rewriting is idempotent. */
#ifndef MNNC_SEMA_CANONICAL_H
#define MNNC_SEMA_CANONICAL_H

#include "support/diag.h"
#include "syntax/ast.h"

/** Rewrite a tree into its canonical form, in place. Changes that may surprise are reported as notes. */
void sema_canonical(arena *a, diag_list *d, ast_file *file);

#endif
