/* See canonical.h: layers. */
#include <string.h>

#include "ir/ir.h"

#include "sema/canonical_parts.h"

/* --- activations as layers ---------------------------------------------------------------------------- */

/** LeakyReLU(0.2, name="x") is activation(leaky_relu(0.2), name="x"). */
static void to_activation(const canonical *c, const lang_entry *entry, ast_stmt *s)
{
    ast_call inner = {.callee = {entry->name, s->call.callee.at}, .parens = s->call.parens};
    ast_call outer = {.callee = {"activation", s->call.callee.at}, .parens = s->call.parens};
    ast_arg *next, *name = NULL, **link = &inner.args;
    for (ast_arg *arg = s->call.args; arg != NULL; arg = next) {
        next = arg->next;
        if (arg->name.text != NULL && strcmp(arg->name.text, "name") == 0 && name == NULL) {
            name = arg;
            canonical_value(c, LANG_TYPE_LAYER_NAME, arg->value);
        } else {
            link = canonical_append(&inner, link, arg);
        }
    }
    canonical_arguments(c, entry, &inner);
    ast_expr *value = canonical_word(c, entry->name, span_join(s->call.callee.at, s->call.parens));
    if (inner.count > 0) {
        value->kind = AST_CALL;
        value->call = inner;
    }
    ast_arg *function = canonical_argument(c, NULL, value);
    function->name = (ast_name){0};
    canonical_append(&outer, &outer.args, function);
    if (name != NULL)
        canonical_append(&outer, &outer.args, name);
    s->call = outer;
}

/* --- input_shape -------------------------------------------------------------------------------------- */

/** The shape of a batch, (None, 28, 28, 1), without the batch. */
static void leave_batch_out(ast_expr *shape)
{
    const bool several = shape->kind == AST_TUPLE || shape->kind == AST_LIST;
    if (!several || shape->items.first == NULL || shape->items.first->kind != AST_NONE)
        return;
    shape->items.first = shape->items.first->next;
    shape->items.count--;
}

/** The argument of a first layer that gives the input's shape, taken out of the call, or NULL. */
static ast_arg *take_input_shape(ast_call *call)
{
    static const char *const names[] = {"input_shape", "input_dim", "batch_input_shape", "batch_shape"};
    for (ast_arg **link = &call->args; *link != NULL; link = &(*link)->next)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            ast_arg *arg = *link;
            if (arg->name.text == NULL || strcmp(arg->name.text, names[i]) != 0)
                continue;
            *link = arg->next;
            call->count--;
            if (strncmp(names[i], "batch_", strlen("batch_")) == 0)
                leave_batch_out(arg->value);
            return arg;
        }
    return NULL;
}

/** input(28, 28, 1) for input_shape=(28, 28, 1). */
static ast_stmt *input_stmt(const canonical *c, const ast_arg *shape)
{
    ast_stmt *s = ARENA_NEW(c->arena, ast_stmt);
    *s = (ast_stmt){.kind = AST_STEP, .at = shape->at, .moved = true};
    s->call.callee = (ast_name){"input", shape->at};
    s->call.parens = shape->at;
    ast_expr *value = shape->value, *next;
    ast_arg **link = &s->call.args;
    const bool several = value->kind == AST_TUPLE || value->kind == AST_LIST;
    for (ast_expr *item = several ? value->items.first : value; item != NULL; item = next) {
        next = several ? item->next : NULL;
        item->next = NULL;
        ast_arg *arg = canonical_argument(c, NULL, item);
        arg->name = (ast_name){0};
        link = canonical_append(&s->call, link, arg);
    }
    return s;
}

/* --- layers ------------------------------------------------------------------------------------------- */

/** @param first  it is the first statement of the model */
static void canonical_step(canonical *c, ast_stmt **link, bool first)
{
    ast_stmt *s = *link;
    const char *name = s->call.callee.text;
    const lang_entry *layer = lang_find(&lang_layers, name), *structure = lang_find(&lang_structures, name);
    const lang_entry *function = lang_find(&lang_activations, name);
    if (canonical_is_own(c, name))
        return;
    if (layer != NULL) {
        s->call.callee.text = layer->name;
        ast_arg *shape = first ? take_input_shape(&s->call) : NULL;
        const bool is_input = ir_has((ir_opcode)layer->id, IR_STARTS);
        if (shape != NULL && is_input) {
            shape->name.text = "shape";
            canonical_append(&s->call, &s->call.args, shape);
        }
        canonical_arguments(c, layer, &s->call);
        if (shape != NULL && !is_input) {
            *link = input_stmt(c, shape);
            (*link)->next = s;
        }
    } else if (structure != NULL) {
        s->call.callee.text = structure->name;
        canonical_arguments(c, structure, &s->call);
        canonical_layers(c, &s->body, false);
        canonical_layers(c, &s->otherwise, false);
    } else if (function != NULL && s->call.parens.source != NULL && !s->has_body) {
        to_activation(c, function, s);
    }
}

bool canonical_names_result(const canonical *c, const ast_stmt *s)
{
    if (s->kind != AST_SET || s->value == NULL || s->value->kind != AST_CALL)
        return false;
    const char *callee = s->value->call.callee.text;
    return lang_find(&lang_layers, callee) != NULL || lang_find_absent("layer", callee) != NULL ||
           lang_find(&lang_activations, callee) != NULL || canonical_is_own(c, callee);
}

void canonical_layers(canonical *c, ast_stmt **body, bool first)
{
    ast_stmt **link = body;
    while (*link != NULL) {
        ast_stmt *s = *link;
        if (s->kind == AST_SET && first && canonical_take_setting(c, s)) {
            *link = s->next;
            continue;
        }
        if (canonical_names_result(c, s)) {
            s->kind = AST_STEP;
            s->call = s->value->call;
        }
        if (s->kind == AST_STEP)
            canonical_step(c, link, first && link == body);
        link = &s->next;
    }
}
