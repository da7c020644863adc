/* See canonical.h: settings of the data and the train block, moved to the block that they belong to. */
#include <stdlib.h>
#include <string.h>

#include "ir/ir.h"
#include "sema/canonical_parts.h"

/* --- moving ------------------------------------------------------------------------------------------- */

/** Insert a setting after the last one of a block. */
static void put_setting(ast_block *block, ast_stmt *s)
{
    ast_stmt **place = &block->body;
    for (ast_stmt **link = &block->body; *link != NULL; link = &(*link)->next)
        if ((*link)->kind == AST_SET)
            place = &(*link)->next;
    s->next = *place;
    *place = s;
}

static ast_stmt *new_setting(const canonical *c, ast_name name, ast_expr *value)
{
    ast_stmt *s = ARENA_NEW(c->arena, ast_stmt);
    *s = (ast_stmt){.kind = AST_SET, .at = span_join(name.at, value->at), .moved = true, .name = name, .value = value};
    return s;
}

/** The block that a setting belongs to, or NULL. */
static ast_block *home_of(const canonical *c, const char *name)
{
    if (lang_find(&lang_train_settings, name) != NULL)
        return c->train;
    return lang_find(&lang_data_settings, name) != NULL ? c->data : NULL;
}

static bool is_zero(const ast_expr *e)
{
    return e->kind == AST_NUMBER && e->number.value == 0;
}

/** validation_split = 0.1 is validation = split(train, 0.1, order=last). */
static bool take_validation_split(canonical *c, const ast_stmt *s)
{
    if (strcmp(s->name.text, "validation_split") != 0 || c->data == NULL || c->moves++ > CANONICAL_MOST_MOVES)
        return false;
    if (is_zero(s->value))
        return true;
    const span at = s->value->at;
    const lang_entry *split = lang_find(&lang_validations, "split");
    ast_expr *value = canonical_word(c, split->name, at);
    value->kind = AST_CALL;
    value->call = (ast_call){.callee = {split->name, at}, .parens = at};
    ast_arg **link = &value->call.args;
    ast_expr *const arguments[] = {canonical_word(c, "train", at), s->value, canonical_word(c, "last", at)};
    for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++) {
        ast_arg *arg = canonical_argument(c, "order", arguments[i]);
        if (i < 2)
            arg->name = (ast_name){0};
        link = canonical_append(&value->call, link, arg);
    }
    put_setting(c->data, new_setting(c, (ast_name){"validation", s->name.at}, value));
    return true;
}

bool canonical_take_setting(canonical *c, const ast_stmt *s)
{
    ast_block *home = home_of(c, s->name.text);
    if (take_validation_split(c, s))
        return true;
    if (home == NULL || c->moves++ > CANONICAL_MOST_MOVES)
        return false;
    if (strcmp(s->name.text, "shuffle") != 0) /* an argument of fit(), as others of the train block are */
        diag_remark(c->diag, s->name.at, "\"%s\" is a setting of the %s block, and is used there",
                    str_printable(c->arena, s->name.text, strlen(s->name.text)), home->keyword.text);
    put_setting(home, new_setting(c, s->name, s->value));
    return true;
}

/* --- the data block ----------------------------------------------------------------------------------- */

static void canonical_setting(const canonical *c, const lang_entry *entry, ast_stmt *s)
{
    s->name.text = entry->name;
    canonical_value(c, entry->params->type, s->value);
}

void canonical_data(canonical *c)
{
    ast_stmt **link = c->data != NULL ? &c->data->body : NULL;
    while (link != NULL && *link != NULL) {
        ast_stmt *s = *link;
        const lang_entry *step = s->kind == AST_STEP ? lang_find(&lang_steps, s->call.callee.text) : NULL;
        const lang_entry *setting = s->kind == AST_SET ? lang_find(&lang_data_settings, s->name.text) : NULL;
        if (setting != NULL) {
            canonical_setting(c, setting, s);
        } else if (step != NULL) {
            s->call.callee.text = step->name;
            canonical_arguments(c, step, &s->call);
        } else if (s->kind == AST_SET && canonical_take_setting(c, s)) {
            /* the setting that replaces it follows, and is read next */
            *link = s->next;
            continue;
        }
        link = &s->next;
    }
}

/* --- the train block ---------------------------------------------------------------------------------- */

static bool is_callback(const canonical *c, const ast_expr *e)
{
    return e->kind == AST_CALL || (e->kind == AST_NAME && !canonical_is_own(c, e->name));
}

/** callbacks = [early_stopping(patience=3)]: one statement for each.
 *  @return false if the value is something else */
static bool spread_callbacks(const canonical *c, ast_stmt **link)
{
    const ast_stmt *s = *link;
    ast_stmt **next = link;
    const ast_expr *list = s->value;
    const bool several = list->kind == AST_LIST || list->kind == AST_TUPLE;
    const ast_expr *first = several ? list->items.first : list;
    for (const ast_expr *e = first; e != NULL; e = several ? e->next : NULL)
        if (!is_callback(c, e))
            return false;
    for (const ast_expr *e = first; e != NULL; e = several ? e->next : NULL) {
        *next = ARENA_NEW(c->arena, ast_stmt);
        **next = (ast_stmt){.kind = AST_STEP, .at = e->at, .moved = s->moved};
        (*next)->call = e->kind == AST_CALL ? e->call : (ast_call){.callee = {e->name, e->at}, .parens = e->at};
        next = &(*next)->next;
    }
    *next = s->next;
    return true;
}

/** compile(optimizer="adam", loss="mse") and fit(epochs=5): one setting for each argument. */
static bool spread_call(const canonical *c, ast_stmt **link)
{
    ast_stmt *s = *link, **next = link;
    if ((strcmp(s->call.callee.text, "compile") != 0 && strcmp(s->call.callee.text, "fit") != 0) || s->has_body)
        return false;
    for (const ast_arg *arg = s->call.args; arg != NULL; arg = arg->next)
        if (arg->name.text == NULL)
            return false;
    for (const ast_arg *arg = s->call.args; arg != NULL; arg = arg->next) {
        *next = ARENA_NEW(c->arena, ast_stmt);
        **next = (ast_stmt){.kind = AST_SET, .at = arg->at, .name = arg->name, .value = arg->value};
        next = &(*next)->next;
    }
    *next = s->next;
    return true;
}

static bool is_verbose(const canonical *c, const ast_name *name)
{
    if (name->text == NULL || strcmp(name->text, "verbose") != 0)
        return false;
    diag_remark(c->diag, name->at, "\"verbose\" is an option of the generated program: --quiet");
    return true;
}

/** Drop verbose of a callback. */
static void drop_verbose(const canonical *c, ast_call *call)
{
    for (ast_arg **link = &call->args; *link != NULL; link = &(*link)->next)
        if (is_verbose(c, &(*link)->name)) {
            *link = (*link)->next;
            call->count--;
            return;
        }
}

/** The value of the setting optimizer in canonical form, or NULL. */
static ast_expr *optimizer_of(const canonical *c)
{
    for (ast_stmt *s = c->train->body; s != NULL; s = s->next) {
        const lang_entry *setting = s->kind == AST_SET ? lang_find(&lang_train_settings, s->name.text) : NULL;
        if (setting == NULL || setting->id != LANG_TRAIN_OPTIMIZER)
            continue;
        canonical_setting(c, setting, s);
        return s->value;
    }
    return NULL;
}

/** lr = 0.1 in the train block is an argument of the optimizer. */
static bool take_learning_rate(canonical *c, const ast_stmt *rate)
{
    const bool is_rate = strcmp(rate->name.text, "lr") == 0 || strcmp(rate->name.text, "learning_rate") == 0;
    if (!is_rate || c->rate_seen)
        return false;
    c->rate_seen = true;
    ast_expr *e = optimizer_of(c);
    if (e == NULL || (e->kind != AST_NAME && e->kind != AST_CALL))
        return false;
    if (e->kind == AST_NAME) {
        const char *name = e->name;
        if (canonical_is_own(c, name) || lang_find(&lang_optimizers, name) == NULL)
            return false;
        e->kind = AST_CALL;
        e->call = (ast_call){.callee = {name, e->at}, .parens = e->at};
    }
    if ((e->call.args != NULL && e->call.args->name.text == NULL) || canonical_named(&e->call, "learning_rate") != NULL)
        return false;
    ast_arg *arg = canonical_argument(c, "learning_rate", rate->value);
    arg->name.at = rate->name.at;
    arg->next = e->call.args;
    e->call.args = arg;
    e->call.count++;
    return true;
}

/** @return whether the statement has gone elsewhere */
static bool canonical_train_set(canonical *c, ast_stmt **link)
{
    ast_stmt *s = *link;
    const lang_entry *setting = lang_find(&lang_train_settings, s->name.text);
    if (setting != NULL) {
        canonical_setting(c, setting, s);
        return false;
    }
    if (strcmp(s->name.text, "callbacks") == 0)
        return spread_callbacks(c, link);
    return is_verbose(c, &s->name) || take_learning_rate(c, s) || canonical_take_setting(c, s);
}

void canonical_train(canonical *c)
{
    ast_stmt **link = c->train != NULL ? &c->train->body : NULL;
    while (link != NULL && *link != NULL) {
        ast_stmt *s = *link;
        const lang_entry *callback = s->kind == AST_STEP ? lang_find(&lang_callbacks, s->call.callee.text) : NULL;
        if (callback != NULL) {
            s->call.callee.text = callback->name;
            drop_verbose(c, &s->call);
            canonical_arguments(c, callback, &s->call);
        } else if (s->kind == AST_STEP && spread_call(c, link)) {
            continue;
        } else if (s->kind == AST_SET && canonical_train_set(c, link)) {
            if (*link == s)
                *link = s->next;
            continue;
        }
        link = &s->next;
    }
}

/* --- from_logits -------------------------------------------------------------------------------------- */

/** The call of the loss, in the train block or in the constant that it names; NULL if it is a word. */
static ast_call *loss_call(const canonical *c)
{
    ast_expr *e = NULL;
    for (const ast_stmt *s = c->train != NULL ? c->train->body : NULL; s != NULL && e == NULL; s = s->next)
        if (s->kind == AST_SET && strcmp(s->name.text, "loss") == 0)
            e = s->value;
    for (const ast_stmt *s = c->file->constants; s != NULL && e != NULL && e->kind == AST_NAME; s = s->next)
        if (strcmp(s->name.text, e->name) == 0)
            e = s->value;
    return e != NULL && e->kind == AST_CALL ? &e->call : NULL;
}

/** Give the last layer of the model the activation, or append an activation layer.
 *  @return false: it has one, which is reported */
static bool end_model(const canonical *c, const char *activation, span at)
{
    ast_stmt **link = &c->model->body;
    while (*link != NULL && (*link)->next != NULL)
        link = &(*link)->next;
    ast_stmt *last = *link;
    const lang_entry *layer = last != NULL && last->kind == AST_STEP && !canonical_is_own(c, last->call.callee.text)
                                  ? lang_find(&lang_layers, last->call.callee.text)
                                  : NULL;
    const int param = layer != NULL ? lang_find_activation(layer) : -1;
    ast_arg *given = layer != NULL ? canonical_named(&last->call, "activation") : NULL;
    int place = 0;
    for (ast_arg *arg = layer != NULL ? last->call.args : NULL; arg != NULL && arg->name.text == NULL; arg = arg->next)
        given = place++ == param ? arg : given;
    const bool linear = given != NULL && given->value->kind == AST_NAME && strcmp(given->value->name, "linear") == 0;
    ast_expr *word = canonical_word(c, activation, at);
    if (param >= 0 && (given == NULL || linear)) {
        if (given != NULL)
            given->value = word;
        else
            canonical_append(&last->call, &last->call.args, canonical_argument(c, "activation", word));
        return true;
    }
    if (given != NULL) {
        diag_error(c->diag, at, "from_logits=true, but the last layer has an activation already");
        diag_note(c->diag, given->at, "the activation is here");
        diag_hint(c->diag, "remove one of them");
        return false;
    }
    ast_stmt *s = ARENA_NEW(c->arena, ast_stmt);
    *s = (ast_stmt){.kind = AST_STEP, .at = at, .moved = true, .call = {.callee = {"activation", at}, .parens = at}};
    ast_arg *arg = canonical_argument(c, NULL, word);
    arg->name = (ast_name){0};
    canonical_append(&s->call, &s->call.args, arg);
    *(last != NULL ? &last->next : link) = s;
    return true;
}

void canonical_logits(canonical *c)
{
    ast_call *call = loss_call(c);
    const lang_entry *loss = call != NULL ? lang_find(&lang_losses, call->callee.text) : NULL;
    const ast_arg *arg = loss != NULL ? canonical_named(call, "from_logits") : NULL;
    if (arg == NULL || arg->value->kind != AST_BOOL || c->model == NULL)
        return;
    const lang_activation kind = ir_loss_activation((lang_loss)loss->id);
    if (kind == LANG_ACTIVATION_LINEAR)
        return;
    ast_arg **link = &call->args;
    while (*link != arg)
        link = &(*link)->next;
    *link = arg->next;
    call->count--;
    if (!arg->value->boolean)
        return;
    const char *activation = lang_activations.entries[kind].name;
    if (end_model(c, activation, arg->at))
        diag_remark(c->diag, arg->at,
                    "from_logits=true: %s is added at the end of the model, so its outputs are probabilities",
                    activation);
}
