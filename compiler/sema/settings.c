/* The settings of a block. */
#include <string.h>

#include "base/words.h"
#include "sema/bind.h"

/** The word that a block gives to a setting, "adam" of "optimizer = adam(0.1)", or NULL. */
static const lang_entry *chosen_word(const ast_block *block, const lang_table *table, const lang_entry *setting)
{
    const lang_table *words = lang_type_table(setting->params->type);
    for (const ast_stmt *s = block->body; s != NULL && words != NULL; s = s->next)
        if (s->kind == AST_SET && s->value != NULL && lang_find(table, s->name.text) == setting) {
            if (s->value->kind == AST_CALL)
                return lang_find(words, s->value->call.callee.text);
            if (s->value->kind == AST_NAME)
                return lang_find(words, s->value->name);
        }
    return NULL;
}

/** Where a word takes an argument of that name: "optimizer = sgd(learning_rate=...)", of the word that the block has
 *  if it takes one; or "early_stopping(patience=...)"; or NULL. */
static const char *argument_of(sema_context *cx, const ast_block *block, const lang_table *table,
                               const lang_table *steps, const char *name)
{
    for (int i = 0; i < table->count; i++) {
        const lang_entry *setting = &table->entries[i], *chosen = chosen_word(block, table, setting);
        const lang_table *words = lang_type_table(setting->params->type);
        for (int k = chosen != NULL ? -1 : 0; words != NULL && k < words->count; k++) {
            const lang_entry *word = k < 0 ? chosen : &words->entries[k];
            const int param = lang_find_param(word, name);
            if (param >= 0)
                return arena_printf(cx->arena, "%s = %s(%s=...)", setting->name, word->name, word->params[param].name);
        }
    }
    for (int i = 0; steps != NULL && i < steps->count; i++) {
        const int param = lang_find_param(&steps->entries[i], name);
        if (param >= 0)
            return arena_printf(cx->arena, "%s(%s=...)", steps->entries[i].name, steps->entries[i].params[param].name);
    }
    return NULL;
}

/** A setting that an absent word means, "write train = ...", is not missing too. */
static void mark_meant(sema_context *cx, const lang_absent *absent, const lang_table *table, sema_bound *settings)
{
    static const char write[] = "write ";
    if (absent->way == NULL || strncmp(absent->way, write, strlen(write)) != 0)
        return;
    const char *word = absent->way + strlen(write);
    const lang_entry *meant = lang_find(table, arena_strndup(cx->arena, word, strcspn(word, " ")));
    if (meant != NULL)
        settings[meant->id].misspelt = true;
}

static void unknown_setting(sema_context *cx, const ast_stmt *s, const ast_block *block, const lang_table *table,
                            const lang_table *steps, sema_bound *settings)
{
    const char *name = s->name.text;
    if (steps != NULL && lang_find(steps, name) != NULL) {
        diag_error(cx->diag, s->name.at, "\"%s\" is a %s, not a setting", sema_quote(cx, name), steps->what);
        diag_hint(cx->diag, "write it with parentheses: %s(...)", lang_find(steps, name)->name);
        return;
    }
    const lang_absent *absent = lang_find_absent("setting", name);
    if (absent != NULL && strcmp(absent->what, "setting") == 0) {
        sema_unknown_word(cx, s->name.at, name, "setting");
        mark_meant(cx, absent, table, settings);
        return;
    }
    diag_error(cx->diag, s->name.at, "unknown setting \"%s\" of the %s block", sema_quote(cx, name),
               sema_quote(cx, block->keyword.text));
    if (diag_is_full(cx->diag))
        return; /* the search for a hint is as long as the block */
    sema_words w = sema_words_new(cx);
    sema_words_add_table(&w, table);
    if (steps != NULL)
        sema_words_add_table(&w, steps);
    const char *nearest = mnn_nearest(name, w.spelling, w.count);
    const char *place = nearest == NULL ? argument_of(cx, block, table, steps, name) : NULL;
    const bool is_call = steps != NULL && s->value != NULL && s->value->kind == AST_CALL;
    const lang_entry *step = is_call ? lang_find(steps, s->value->call.callee.text) : NULL;
    if (step != NULL)
        diag_hint(cx->diag, "write it without \"%s =\": %s(...)", sema_quote(cx, name), step->name);
    else if (place != NULL)
        diag_hint(cx->diag, "\"%s\" is an argument: %s", sema_quote(cx, name), place);
    else
        sema_hint_words(&w, name, table->plural);
    const lang_entry *meant = nearest != NULL ? lang_find(table, nearest) : NULL;
    if (meant != NULL)
        settings[meant->id].misspelt = true;
}

static void missing_setting(sema_context *cx, const ast_block *block, const lang_param *p)
{
    diag_error(cx->diag, block->at, "missing setting \"%s\" in the %s block (expected %s)", p->name,
               block->keyword.text, lang_type_text(p->type));
    sema_hint_param(cx, p);
}

/** A step that looks like a setting, "epochs(10)" or "adam(0.001)", is reported by the caller. */
static void mark_misspelt(const lang_table *table, const char *callee, sema_bound *settings)
{
    for (int i = 0; i < table->count; i++) {
        const lang_entry *e = &table->entries[i];
        const lang_table *words = lang_type_table(e->params->type);
        if (lang_find(table, callee) == e || (words != NULL && lang_find(words, callee) != NULL))
            settings[e->id].misspelt = true;
    }
}

static void read_setting(sema_context *cx, const ast_stmt *s, const lang_entry *entry, const char *owner,
                         sema_bound *bound)
{
    if (bound->given) {
        diag_error(cx->diag, s->name.at, "setting \"%s\" is given twice", entry->name);
        diag_note(cx->diag, bound->name_at, "the first one is here");
        return;
    }
    const sema_value v = sema_evaluate(cx, &cx->constants, s->value);
    bound->given = true;
    bound->name_at = s->name.at;
    bound->at = v.at;
    bound->valid = sema_convert(cx, entry->params, owner, &v, bound);
}

sema_bound *sema_settings(sema_context *cx, const ast_block *block, const lang_table *table, const lang_table *steps)
{
    sema_bound *settings = arena_array(cx->arena, (size_t)table->count, sizeof *settings);
    const char *owner = arena_printf(cx->arena, "the %s block", block->keyword.text);
    for (const ast_stmt *s = block->body; s != NULL; s = s->next) {
        if (s->kind != AST_SET) {
            mark_misspelt(table, s->call.callee.text, settings);
            continue;
        }
        const lang_entry *entry = lang_find(table, s->name.text);
        if (entry == NULL)
            unknown_setting(cx, s, block, table, steps, settings);
        else
            read_setting(cx, s, entry, owner, &settings[entry->id]);
    }
    for (int i = 0; i < table->count; i++) {
        const lang_param *p = table->entries[i].params;
        sema_bound *bound = &settings[table->entries[i].id];
        if (bound->given)
            continue;
        if (p->initial != NULL)
            sema_default_value(cx, p, bound);
        else if (!cx->incomplete && !bound->misspelt)
            missing_setting(cx, block, p);
    }
    return settings;
}
