/* Arguments to parameters: by place and by name. */
#include "sema/bind.h"

#include <string.h>

#include "base/words.h"
#include "syntax/parse.h"

/* --- defaults --------------------------------------------------------------------------------------- */

/** A default is text in the language's own form and goes the way of the user's text. */
static const sema_value *default_of(sema_context *cx, const lang_param *p)
{
    for (const sema_default *d = cx->defaults; d != NULL; d = d->next)
        if (d->param == p)
            return &d->value;
    const char *text = arena_printf(cx->arena, "%s=%s", p->name, p->initial);
    source *s = NULL;
    span at = {0};
    const char *message = NULL;
    sema_default *d = ARENA_NEW(cx->arena, sema_default);
    d->param = p;
    d->value.kind = SEMA_NONE;
    if (source_from_text(cx->arena, "<default>", text, strlen(text), &s, &at, &message) == MNN_OK) {
        const ast_stmt *definition = parse_definition(cx->arena, cx->diag, s);
        if (definition != NULL)
            d->value = sema_evaluate(cx, NULL, definition->value);
    }
    d->next = cx->defaults;
    cx->defaults = d;
    return &d->value;
}

void sema_default_value(sema_context *cx, const lang_param *p, sema_bound *out)
{
    sema_convert(cx, p, "the language", default_of(cx, p), out);
    out->given = false;
}

/* --- arguments -------------------------------------------------------------------------------------- */

/** The state of one call of sema_bind(). */
typedef struct binding {
    sema_context *cx;
    const lang_entry *entry;
    const char *what;  /* "layer" */
    const char *owner; /* "layer \"dense\"" */
    const sema_call *call;
    sema_args *args;
} binding;

static void set(binding *b, int param, const sema_value *v, const sema_arg *arg)
{
    sema_bound *bound = &b->args->bound[param];
    if (bound->given) {
        diag_error(b->cx->diag, arg->at, "argument \"%s\" of %s is given twice", b->entry->params[param].name,
                   b->owner);
        diag_note(b->cx->diag, bound->at, "the first one is here");
        b->args->ok = false;
        return;
    }
    bound->given = true;
    bound->at = v->at;
    bound->origin = v->origin;
    bound->name_at = arg->name.at;
    bound->valid = sema_convert(b->cx, &b->entry->params[param], b->owner, v, bound);
    b->args->ok = b->args->ok && bound->valid;
}

/** Another word of the same kind that takes an argument, or NULL. */
static const lang_entry *owner_of(const char *what, const char *argument)
{
    for (const lang_named_table *t = lang_tables; t->name != NULL; t++)
        for (int i = 0; strcmp(t->table->what, what) == 0 && i < t->table->count; i++)
            if (lang_find_param(&t->table->entries[i], argument) >= 0)
                return &t->table->entries[i];
    return NULL;
}

/** An argument that Keras has: say so. */
static bool is_absent(const binding *b, const sema_arg *arg)
{
    const lang_absent *absent = lang_find_absent("argument", arg->name.text);
    if (absent == NULL || strcmp(absent->what, "argument") != 0 || lang_meant_param(b->entry, arg->name.text) != NULL)
        return false;
    diag_error(b->cx->diag, arg->name.at, "argument \"%s\" of %s is not supported", sema_quote(b->cx, arg->name.text),
               b->owner);
    if (absent->way != NULL)
        diag_hint(b->cx->diag, "%s", absent->way);
    return true;
}

static void set_named(binding *b, const sema_arg *arg)
{
    const int param = lang_find_param(b->entry, arg->name.text);
    if (param >= 0) {
        set(b, param, &arg->value, arg);
        return;
    }
    b->args->ok = false;
    if (is_absent(b, arg))
        return;
    diag_error(b->cx->diag, arg->name.at, "unknown argument \"%s\" of %s", sema_quote(b->cx, arg->name.text), b->owner);
    const char *meant = lang_meant_param(b->entry, arg->name.text);
    if (meant != NULL) {
        diag_hint(b->cx->diag, "did you mean \"%s\"?", meant);
        return;
    }
    const lang_entry *other = owner_of(b->what, arg->name.text);
    sema_words w = sema_words_new(b->cx);
    sema_words_add_params(&w, b->entry);
    if (lang_param_count(b->entry) == 0)
        diag_hint(b->cx->diag, "\"%s\" takes no arguments", b->entry->name);
    if (other != NULL && mnn_nearest(arg->name.text, w.spelling, w.count) == NULL)
        diag_hint(b->cx->diag, "\"%s\" is an argument of %s", sema_quote(b->cx, arg->name.text), other->name);
    else
        sema_hint_words(&w, arg->name.text, "arguments");
}

/** Conv2D(32, 3, "relu"): the third place is that of the strides. */
static bool hint_activation(const binding *b, const sema_value *v)
{
    const char *text = v->kind == SEMA_WORD ? v->word : v->kind == SEMA_STRING ? v->string.text : NULL;
    const lang_entry *meant = text != NULL ? lang_find(&lang_activations, text) : NULL;
    if (meant == NULL || lang_find_param(b->entry, "activation") < 0)
        return false;
    diag_hint(b->cx->diag, "write activation=%s", meant->name);
    return true;
}

/** How many parameters may be given by place: a layer's name may not. */
static int positional_count(const lang_entry *entry)
{
    int count = 0;
    while (entry->params[count].name != NULL && entry->params[count].type != LANG_TYPE_LAYER_NAME)
        count++;
    return count;
}

static int required_count(const lang_entry *entry)
{
    int count = 0;
    for (const lang_param *p = entry->params; p->name != NULL; p++)
        count += p->initial == NULL;
    return count;
}

/** input(28, 28, 1) is input((28, 28, 1)): all arguments by place make one tuple. */
static void set_first(binding *b)
{
    const sema_call *call = b->call;
    sema_value *items = arena_array(b->cx->arena, (size_t)call->count, sizeof *items);
    int count = 0;
    sema_arg whole = {0};
    bool valid = true;
    for (int i = 0; i < call->count; i++)
        if (call->args[i].name.text == NULL) {
            whole.at = count == 0 ? call->args[i].at : span_join(whole.at, call->args[i].at);
            valid = valid && call->args[i].value.kind != SEMA_ERROR;
            items[count++] = call->args[i].value;
        }
    if (count == 0)
        return;
    whole.value = count == 1 ? items[0] : (sema_value){.kind = SEMA_TUPLE, .at = whole.at, .items = {items, count}};
    if (!valid)
        whole.value.kind = SEMA_ERROR;
    set(b, 0, &whole.value, &whole);
}

/** The arguments in the order in which they are taken without names. */
static void hint_order(binding *b)
{
    str list = str_new(b->cx->arena);
    const int positional = positional_count(b->entry);
    for (int i = 0; i < positional; i++)
        str_printf(&list, "%s%s", i == 0 ? "" : ", ", b->entry->params[i].name);
    diag_hint(b->cx->diag, "they are %s(%s)", b->entry->name, list.text);
}

static void too_many(binding *b, const sema_arg *arg, int positional)
{
    b->args->ok = false;
    if (positional == 0) {
        diag_error(b->cx->diag, arg->at, "too many arguments for %s (expected none)", b->owner);
        return;
    }
    diag_error(b->cx->diag, arg->at, "too many arguments for %s (expected at most %d without a name)", b->owner,
               positional);
    hint_order(b);
}

static void set_all(binding *b)
{
    const int positional = positional_count(b->entry);
    const bool takes_all = lang_takes_all(b->entry);
    int place = 0;
    bool named = false;
    if (takes_all)
        set_first(b);
    for (int i = 0; i < b->call->count; i++) {
        const sema_arg *arg = &b->call->args[i];
        if (arg->name.text != NULL) {
            named = true;
            set_named(b, arg);
        } else if (named) {
            b->args->ok = false; /* reported by the parser */
        } else if (!takes_all) {
            if (place == positional) {
                too_many(b, arg, positional);
                return;
            }
            set(b, place++, &arg->value, arg);
            if (!b->args->bound[place - 1].valid && !hint_activation(b, &arg->value) &&
                b->call->count < required_count(b->entry))
                hint_order(b); /* it may be meant for the next one */
        }
    }
}

static void fill_defaults(binding *b)
{
    for (int i = 0; b->entry->params[i].name != NULL; i++) {
        const lang_param *p = &b->entry->params[i];
        sema_bound *bound = &b->args->bound[i];
        if (bound->given)
            continue;
        if (p->initial != NULL) {
            sema_default_value(b->cx, p, bound);
        } else if (b->args->ok) { /* after another error it may only be misspelt */
            b->args->ok = false;
            const span at =
                b->call->parens.source != NULL ? span_join(b->call->callee.at, b->call->parens) : b->call->callee.at;
            diag_error(b->cx->diag, at, "missing argument \"%s\" of %s (expected %s)", p->name, b->owner,
                       lang_type_text(p->type));
            sema_hint_param(b->cx, p);
        }
    }
}

const sema_args *sema_bind(sema_context *cx, const lang_entry *entry, const char *what, const sema_call *call)
{
    sema_args *args = ARENA_NEW(cx->arena, sema_args);
    args->entry = entry;
    args->ok = true;
    args->bound = arena_array(cx->arena, (size_t)lang_param_count(entry), sizeof *args->bound);
    binding b = {cx, entry, what, arena_printf(cx->arena, "%s \"%s\"", what, entry->name), call, args};
    set_all(&b);
    fill_defaults(&b);
    return args;
}

const sema_bound *sema_get(const sema_args *args, const char *param)
{
    return &args->bound[lang_find_param(args->entry, param)];
}
