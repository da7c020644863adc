/* Names that nobody uses, and names that hide others. */
#include "sema/stages.h"

/** A name that is also a word of the language: where the word was meant, the value is taken. */
static bool check_hidden_word(sema_context *cx, const ast_name *name, const char *what)
{
    for (const lang_named_table *t = lang_tables; t->name != NULL; t++) {
        const lang_entry *e = t->values ? lang_find_exact(t->table, name->text) : NULL;
        if (e != NULL) {
            diag_warning(cx->diag, DIAG_SHADOW, name->at, "%s \"%s\" hides the %s of that name", what,
                         sema_quote(cx, name->text), t->table->what);
            return true;
        }
    }
    return false;
}

static void check_constants(sema_context *cx)
{
    for (int i = 0; i < cx->constants.count; i++) {
        const sema_constant *c = cx->constants.order[i];
        check_hidden_word(cx, &c->name, "constant");
        if (!c->used)
            diag_warning(cx->diag, DIAG_UNUSED_CONSTANT, c->name.at, "constant \"%s\" is not used",
                         sema_quote(cx, c->name.text));
    }
}

static void check_parameters(sema_context *cx, const ast_block *b)
{
    for (const ast_arg *p = b->params; p != NULL; p = p->next) {
        const ast_stmt *constant = name_map_get(&cx->definitions, p->name.text);
        if (check_hidden_word(cx, &p->name, "parameter") || constant == NULL)
            continue;
        diag_warning(cx->diag, DIAG_SHADOW, p->name.at, "parameter \"%s\" hides the constant of that name",
                     sema_quote(cx, p->name.text));
        diag_note(cx->diag, constant->name.at, "the constant is here");
    }
}

void sema_names(sema_context *cx)
{
    check_constants(cx);
    for (const ast_block *b = cx->file->blocks; b != NULL; b = b->next) {
        const sema_block *block = b->title.text != NULL ? name_map_get(&cx->blocks, b->title.text) : NULL;
        if (block == NULL || block->ast != b)
            continue;
        check_parameters(cx, b);
        if (!block->used)
            diag_warning(cx->diag, DIAG_UNUSED_BLOCK, b->title.at, "block \"%s\" is not used",
                         sema_quote(cx, b->title.text));
    }
}
