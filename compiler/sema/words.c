/* Unknown names: what could have been meant, or what there is. */
#include <string.h>

#include "base/words.h"
#include "sema/context.h"

sema_words sema_words_new(sema_context *cx)
{
    return (sema_words){.cx = cx};
}

bool sema_words_full(const sema_words *w)
{
    return w->count == SEMA_MAX_WORDS || w->cx->diag->errors > SEMA_MAX_HINTED;
}

void sema_words_add(sema_words *w, const char *spelling, const char *shown)
{
    if (sema_words_full(w))
        return;
    if (w->count == w->capacity) {
        const int capacity = w->capacity == 0 ? 32 : 2 * w->capacity;
        const char **spellings = arena_array(w->cx->arena, (size_t)capacity, sizeof *spellings);
        const char **shown_forms = arena_array(w->cx->arena, (size_t)capacity, sizeof *shown_forms);
        for (int i = 0; i < w->count; i++) {
            spellings[i] = w->spelling[i];
            shown_forms[i] = w->shown[i];
        }
        w->spelling = spellings;
        w->shown = shown_forms;
        w->capacity = capacity;
    }
    w->spelling[w->count] = spelling;
    w->shown[w->count] = shown;
    w->count++;
}

static void add_spelling(void *context, const char *spelling, const lang_entry *entry)
{
    sema_words *w = context;
    sema_words_add(w, arena_strdup(w->cx->arena, spelling), entry->name);
}

void sema_words_add_table(sema_words *w, const lang_table *table)
{
    lang_each_spelling(table, add_spelling, w);
}

void sema_words_add_params(sema_words *w, const lang_entry *entry)
{
    for (const lang_param *p = entry->params; p->name != NULL; p++)
        sema_words_add(w, p->name, p->name);
}

void sema_hint_words(const sema_words *w, const char *name, const char *plural)
{
    if (w->count == 0)
        return;
    const char *nearest = mnn_nearest(name, w->spelling, w->count);
    if (nearest != NULL) {
        for (int i = 0; i < w->count; i++)
            if (strcmp(w->spelling[i], nearest) == 0) {
                diag_hint(w->cx->diag, "did you mean \"%s\"?", sema_quote(w->cx, w->shown[i]));
                return;
            }
    }
    str list = str_new(w->cx->arena);
    for (int i = 0; i < w->count; i++) {
        if (i > 0 && strcmp(w->shown[i], w->shown[i - 1]) == 0)
            continue; /* the aliases of one row are adjacent */
        if (i > 0)
            str_add(&list, ", ");
        str_add(&list, sema_quote(w->cx, w->shown[i]));
    }
    diag_hint(w->cx->diag, "known %s: %s", plural, list.text);
}

static const char *article(const char *noun)
{
    return strchr("aeiou", noun[0]) != NULL ? "an" : "a";
}

/** The kind of a word of the language that is in the wrong position. */
static bool hint_other_kind(sema_context *cx, const char *name, const char *what)
{
    for (const lang_named_table *t = lang_tables; t->name != NULL; t++) {
        const lang_entry *e = strcmp(t->table->what, what) != 0 ? lang_find(t->table, name) : NULL;
        if (e == NULL)
            continue;
        diag_hint(cx->diag, "\"%s\" is %s %s", e->name, article(t->table->what), t->table->what);
        return true;
    }
    return false;
}

bool sema_unknown_word(sema_context *cx, span at, const char *name, const char *what)
{
    const lang_absent *absent = lang_find_absent(what, name);
    if (absent != NULL && strcmp(absent->what, what) == 0) {
        diag_error(cx->diag, at, "%s \"%s\" is not supported", what, sema_quote(cx, name));
        if (absent->way != NULL)
            diag_hint(cx->diag, "%s", absent->way);
        return true;
    }
    diag_error(cx->diag, at, "unknown %s \"%s\"", what, sema_quote(cx, name));
    if (hint_other_kind(cx, name, what))
        return true;
    if (absent == NULL || strcmp(what, "mode") == 0 || strcmp(what, "padding") == 0 || strcmp(what, "set") == 0)
        return false;
    diag_hint(cx->diag, "\"%s\" is %s %s of Keras, and not supported%s%s", sema_quote(cx, name), article(absent->what),
              absent->what, absent->way != NULL ? ": " : "", absent->way != NULL ? absent->way : "");
    return true;
}

void sema_unknown(sema_context *cx, span at, const char *name, const lang_table *table)
{
    if (sema_unknown_word(cx, at, name, table->what))
        return;
    sema_words w = sema_words_new(cx);
    sema_words_add_table(&w, table);
    sema_hint_words(&w, name, table->plural);
}

void sema_hint_param(sema_context *cx, const lang_param *p)
{
    const lang_table *table = lang_type_table(p->type);
    str words = str_new(cx->arena);
    for (int i = 0; table != NULL && i < table->count; i++)
        str_printf(&words, "%s%s", i == 0 ? "; one of " : ", ", table->entries[i].name);
    diag_hint(cx->diag, "%s: %s%s", p->name, p->doc, table != NULL && table->count > 1 ? words.text : "");
}

const char *sema_quote(sema_context *cx, const char *text)
{
    return str_printable(cx->arena, text, strlen(text));
}
