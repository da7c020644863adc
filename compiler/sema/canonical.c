/* See canonical.h: values and arguments, and the order of the parts. */
#include "sema/canonical.h"

#include <string.h>

#include "sema/canonical_parts.h"

/* --- names and nodes ---------------------------------------------------------------------------------- */

bool canonical_is_own(const canonical *c, const char *name)
{
    return name_map_get(&c->own, name) != NULL;
}

static void own(canonical *c, const ast_name *name)
{
    if (name->text != NULL && name_map_get(&c->own, name->text) == NULL)
        name_map_put(&c->own, name->text, (void *)(uintptr_t)name);
}

static void to_string(const canonical *c, ast_expr *e)
{
    const char *text = e->name;
    e->kind = AST_STRING;
    e->string.text = text;
    e->string.length = strlen(text);
    e->string.written = arena_printf(c->arena, "\"%s\"", text);
}

ast_expr *canonical_word(const canonical *c, const char *text, span at)
{
    ast_expr *e = ARENA_NEW(c->arena, ast_expr);
    *e = (ast_expr){.kind = AST_NAME, .at = at, .name = text};
    if (canonical_is_own(c, text))
        to_string(c, e);
    return e;
}

ast_arg *canonical_argument(const canonical *c, const char *name, ast_expr *value)
{
    ast_arg *arg = ARENA_NEW(c->arena, ast_arg);
    *arg = (ast_arg){.name = {name, value->at}, .value = value, .at = value->at};
    return arg;
}

ast_arg **canonical_append(ast_call *call, ast_arg **link, ast_arg *arg)
{
    while (*link != NULL)
        link = &(*link)->next;
    *link = arg;
    arg->next = NULL;
    call->count++;
    return &arg->next;
}

ast_arg *canonical_named(const ast_call *call, const char *name)
{
    for (ast_arg *arg = call->args; arg != NULL; arg = arg->next)
        if (arg->name.text != NULL && strcmp(arg->name.text, name) == 0)
            return arg;
    return NULL;
}

/* --- values ------------------------------------------------------------------------------------------- */

/** Whether a string can only be a word in quotes. */
static bool is_quoted_word(const canonical *c, lang_type type, const ast_expr *e)
{
    return e->kind == AST_STRING && type != LANG_TYPE_SOURCE && type != LANG_TYPE_VALIDATION &&
           str_is_word(e->string.text, e->string.length) && !canonical_is_own(c, e->string.text);
}

static void to_word(const canonical *c, const lang_table *table, ast_expr *e)
{
    const char *text = e->kind == AST_CALL ? e->call.callee.text : e->name;
    const lang_entry *entry = lang_find(table, text);
    if (entry == NULL || canonical_is_own(c, text))
        return;
    if (e->kind == AST_NAME) {
        if (!canonical_is_own(c, entry->name))
            e->name = entry->name;
        return;
    }
    e->call.callee.text = entry->name;
    canonical_arguments(c, entry, &e->call);
}

/** A word where a list of words is meant. */
static void to_list(const canonical *c, ast_expr *e)
{
    ast_expr *item = ARENA_NEW(c->arena, ast_expr);
    *item = *e;
    item->next = NULL;
    *e = (ast_expr){.kind = AST_LIST, .at = e->at, .next = e->next, .items = {item, 1}};
}

void canonical_value(const canonical *c, lang_type type, ast_expr *e)
{
    const lang_table *table = lang_type_table(type);
    const bool list = type == LANG_TYPE_METRICS && (e->kind == AST_LIST || e->kind == AST_TUPLE);
    if (type == LANG_TYPE_LAYER_NAME && e->kind == AST_NAME && !canonical_is_own(c, e->name))
        to_string(c, e);
    if (type == LANG_TYPE_CHOICE && is_quoted_word(c, type, e)) {
        e->name = e->string.text;
        e->kind = AST_NAME;
    }
    if (table == NULL)
        return;
    if (list) {
        e->kind = AST_LIST;
        for (ast_expr *item = e->items.first; item != NULL; item = item->next)
            canonical_value(c, LANG_TYPE_METRIC, item);
        return;
    }
    if (is_quoted_word(c, type, e) && (type != LANG_TYPE_RATE || lang_find(table, e->string.text) != NULL)) {
        e->name = e->string.text;
        e->kind = AST_NAME;
    } else if (e->kind == AST_NONE && type == LANG_TYPE_ACTIVATION) {
        ast_expr *next = e->next;
        *e = *canonical_word(c, "linear", e->at);
        e->next = next;
    }
    if (e->kind != AST_NAME && e->kind != AST_CALL)
        return;
    to_word(c, table, e);
    if (type == LANG_TYPE_METRICS && (e->kind == AST_CALL || !canonical_is_own(c, e->name)))
        to_list(c, e);
}

/* --- arguments ---------------------------------------------------------------------------------------- */

/** A value as the tables spell it; NULL for what is no literal. */
static const char *literal_text(const canonical *c, const ast_expr *e)
{
    switch (e->kind) {
    case AST_NUMBER:
        return e->number.text;
    case AST_STRING:
        return e->string.text;
    case AST_BOOL:
        return e->boolean ? "true" : "false";
    case AST_NONE:
        return "none";
    case AST_NAME:
        return e->name;
    case AST_UNARY:
        if (e->operation.op == AST_NEGATE && e->operation.right->kind == AST_NUMBER)
            return arena_printf(c->arena, "-%s", e->operation.right->number.text);
        return NULL;
    default:
        return NULL;
    }
}

/** Whether an argument can be dropped: Keras has it, and its value describes the only behaviour there is. */
static bool says_nothing(const canonical *c, const lang_entry *entry, const ast_arg *arg)
{
    if (arg->name.text == NULL || lang_find_param(entry, arg->name.text) >= 0)
        return false;
    const char *value = literal_text(c, arg->value);
    return value != NULL && lang_says_nothing(arg->name.text, value);
}

/** The number of a parameter, -1 for none. */
static int parameter_of(const lang_entry *entry, const ast_arg *arg, int place)
{
    if (arg->name.text != NULL)
        return lang_find_param(entry, arg->name.text);
    return place < lang_param_count(entry) && !lang_takes_all(entry) ? place : -1;
}

void canonical_arguments(const canonical *c, const lang_entry *entry, ast_call *call)
{
    int place = 0;
    ast_arg **link = &call->args;
    while (*link != NULL) {
        ast_arg *arg = *link;
        if (says_nothing(c, entry, arg)) {
            *link = arg->next;
            call->count--;
            continue;
        }
        const int param = parameter_of(entry, arg, place++);
        if (param >= 0) {
            if (arg->name.text != NULL)
                arg->name.text = entry->params[param].name;
            canonical_value(c, entry->params[param].type, arg->value);
        }
        link = &arg->next;
    }
}

/* --- model = Sequential([...]) ------------------------------------------------------------------------ */

/** The layers of a Sequential, or NULL. */
static const ast_expr *sequential_layers(const ast_stmt *s)
{
    const ast_expr *e = s->value;
    if (e == NULL || e->kind != AST_CALL || strcmp(e->call.callee.text, "Sequential") != 0 || e->call.count != 1)
        return NULL;
    const ast_arg *arg = e->call.args;
    if (arg->value->kind != AST_LIST || (arg->name.text != NULL && strcmp(arg->name.text, "layers") != 0))
        return NULL;
    for (const ast_expr *layer = arg->value->items.first; layer != NULL; layer = layer->next)
        if (layer->kind != AST_CALL)
            return NULL;
    return arg->value;
}

static ast_block *sequential_block(const canonical *c, const ast_stmt *s, const ast_expr *layers)
{
    ast_block *block = ARENA_NEW(c->arena, ast_block);
    ast_stmt **link = &block->body;
    block->keyword = (ast_name){"model", s->name.at};
    if (strcmp(s->name.text, "model") != 0)
        block->title = s->name;
    block->at = s->name.at;
    block->braces = (span){s->at.source, layers->at.begin, s->at.end};
    for (const ast_expr *layer = layers->items.first; layer != NULL; layer = layer->next) {
        *link = ARENA_NEW(c->arena, ast_stmt);
        **link = (ast_stmt){.kind = AST_STEP, .at = layer->at, .call = layer->call};
        link = &(*link)->next;
    }
    return block;
}

static void add_block(ast_file *file, ast_block *block)
{
    ast_block **link = &file->blocks;
    while (*link != NULL && (*link)->at.begin < block->at.begin)
        link = &(*link)->next;
    block->next = *link;
    *link = block;
}

static void take_sequentials(canonical *c)
{
    ast_stmt **link = &c->file->constants;
    while (*link != NULL) {
        const ast_expr *layers = sequential_layers(*link);
        if (layers != NULL && c->moves++ < CANONICAL_MOST_MOVES) {
            add_block(c->file, sequential_block(c, *link, layers));
            *link = (*link)->next;
        } else {
            link = &(*link)->next;
        }
    }
}

/* --- the file ----------------------------------------------------------------------------------------- */

/** Names of results: those of statements that canonical_layers() makes steps of. */
static void own_results(canonical *c, const ast_stmt *body)
{
    for (const ast_stmt *s = body; s != NULL; s = s->next) {
        if (canonical_names_result(c, s) || (s->has_body && s->name.text != NULL))
            own(c, &s->name);
        own_results(c, s->body);
        own_results(c, s->otherwise);
    }
}

static void collect_own(canonical *c)
{
    c->own = name_map_new(c->arena);
    for (const ast_stmt *s = c->file->constants; s != NULL; s = s->next)
        own(c, &s->name);
    for (const ast_block *b = c->file->blocks; b != NULL; b = b->next) {
        const lang_entry *keyword = lang_find(&lang_blocks, b->keyword.text);
        if (keyword != NULL && keyword->id == LANG_BLOCK_BLOCK)
            own(c, &b->title);
        for (const ast_arg *p = b->params; p != NULL; p = p->next)
            own(c, &p->name);
    }
    for (const ast_block *b = c->file->blocks; b != NULL; b = b->next)
        own_results(c, b->body);
}

static void find_block(canonical *c, ast_block *b)
{
    const lang_entry *keyword = lang_find(&lang_blocks, b->keyword.text);
    if (keyword == NULL)
        return;
    b->keyword.text = keyword->name;
    ast_block **const places[LANG_BLOCK_COUNT] = {
        [LANG_BLOCK_DATA] = &c->data, [LANG_BLOCK_MODEL] = &c->model, [LANG_BLOCK_TRAIN] = &c->train};
    ast_block **place = places[keyword->id];
    if (place != NULL && *place == NULL)
        *place = b;
}

void sema_canonical(arena *a, diag_list *d, ast_file *file)
{
    canonical *c = ARENA_NEW(a, canonical);
    *c = (canonical){.arena = a, .diag = d, .file = file};
    take_sequentials(c);
    collect_own(c);
    for (ast_block *b = file->blocks; b != NULL; b = b->next)
        find_block(c, b);
    for (ast_block *b = file->blocks; b != NULL; b = b->next) {
        const lang_entry *keyword = lang_find(&lang_blocks, b->keyword.text);
        if (b == c->model || (keyword != NULL && keyword->id == LANG_BLOCK_BLOCK))
            canonical_layers(c, &b->body, b == c->model);
    }
    canonical_data(c);
    canonical_train(c);
    canonical_data(c); /* what came from the other blocks */
    canonical_logits(c);
}
