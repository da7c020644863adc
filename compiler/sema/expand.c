/* The model block to a flat list of layers: user blocks and repeat are written out, a residual becomes a
 * pair of marks around what is inside. */
#include "base/words.h"
#include "sema/stages.h"
#include "support/list.h"

#include <string.h>

/* A description that writes out to more than this is an error, or hostile: repeats of repeats. */
enum { MAX_LAYERS = 4096, MAX_STATEMENTS = 100000, MAX_DEPTH = 64 };

/** An argument of a block that names a result: its text stays that result, whatever has the same name in the block. */
typedef struct pin {
    const char *text; /* this copy of it */
    sema_layer *result;
    const struct pin *next;
} pin;

/** Names of results, of a body and of what is around it. */
typedef struct results {
    name_map map; /* of sema_layer */
    const pin *pins;
    const ast_stmt *body;
    const struct results *outer;
} results;

typedef struct expansion {
    sema_context *cx;
    sema_layer *first, *last;
    results *results;          /* in sight */
    const ast_stmt *statement; /* that is being expanded */
    int layers, statements, depth;
    bool complete;
    bool stopped; /* a limit was reached and reported */
} expansion;

static void expand_body(expansion *x, const sema_scope *scope, const ast_stmt *body);

static void stop(expansion *x, span at, const char *what, int limit)
{
    if (!x->stopped)
        diag_error(x->cx->diag, at, "the model %s (expected at most %d)", what, limit);
    x->stopped = true;
    x->complete = false;
}

/** Words that can be a layer. */
static sema_words layer_words(sema_context *cx)
{
    sema_words w = sema_words_new(cx);
    sema_words_add_table(&w, &lang_layers);
    sema_words_add_table(&w, &lang_structures);
    for (size_t i = 0; i < cx->blocks.capacity && !sema_words_full(&w); i++)
        if (cx->blocks.slots[i].name != NULL)
            sema_words_add(&w, cx->blocks.slots[i].name, cx->blocks.slots[i].name);
    return w;
}

/** Whether a word is known to be wrong, however much of the file could not be read. */
static bool is_near_layer(sema_context *cx, const char *name)
{
    const sema_words w = layer_words(cx);
    return lang_find_absent("layer", name) != NULL || mnn_nearest(name, w.spelling, w.count) != NULL;
}

static void unknown_layer(expansion *x, const ast_stmt *s)
{
    sema_context *cx = x->cx;
    const ast_name *name = &s->call.callee;
    const lang_entry *block = lang_find(&lang_blocks, name->text);
    if (cx->incomplete && (block != NULL || !is_near_layer(cx, name->text)))
        return; /* the model block before it was not closed, or its block was not read, as the parser has said */
    const lang_absent *layer = lang_find_absent("layer", name->text);
    const bool is_layer = layer != NULL && strcmp(layer->what, "layer") == 0;
    const lang_entry *step = is_layer ? NULL : lang_find(&lang_steps, name->text);
    if (block != NULL || step != NULL) {
        diag_error(cx->diag, name->at, "unknown layer \"%s\"", sema_quote(cx, name->text));
        if (block != NULL)
            diag_hint(cx->diag, "\"%s\" is a block of its own, outside the model", block->name);
        else
            diag_hint(cx->diag, "\"%s\" is a step of the data block", step->name);
        return;
    }
    const lang_absent *activation = lang_find_absent("activation", name->text);
    const bool is_activation = activation != NULL && strcmp(activation->what, "activation") == 0;
    if (sema_unknown_word(cx, name->at, name->text, is_activation && !is_layer ? "activation" : "layer"))
        return;
    const sema_words w = layer_words(cx);
    sema_hint_words(&w, name->text, "layers");
}

static sema_layer *append(expansion *x, sema_kind kind, const lang_entry *entry, const sema_args *args, span at)
{
    sema_layer *layer = ARENA_NEW(x->cx->arena, sema_layer);
    *layer = (sema_layer){.kind = kind, .entry = entry, .args = args, .at = at};
    LIST_APPEND(x->first, x->last, layer);
    return layer;
}

/* --- inputs ------------------------------------------------------------------------------------------- */

static const ast_stmt *find_statement(const ast_stmt *body, const char *name)
{
    for (const ast_stmt *s = body; s != NULL; s = s->next)
        if (s->name.text != NULL && strcmp(s->name.text, name) == 0)
            return s;
    return NULL;
}

static bool depends_on(const ast_stmt *body, const ast_stmt *s, const ast_stmt *on, int left);

static bool any_depends_on(const ast_stmt *body, const ast_arg *args, const ast_stmt *on, int left)
{
    for (const ast_arg *arg = args; arg != NULL; arg = arg->next) {
        const ast_stmt *input = arg->value->kind == AST_NAME ? find_statement(body, arg->value->name) : NULL;
        if (input != NULL && depends_on(body, input, on, left))
            return true;
    }
    return false;
}

/** Whether the result of a statement of a body depends on that of another one, over no more than so many others. */
static bool depends_on(const ast_stmt *body, const ast_stmt *s, const ast_stmt *on, int left)
{
    const ast_stmt *before = NULL;
    if (s == on || left == 0)
        return s == on;
    if (any_depends_on(body, s->call.inputs, on, left - 1) || any_depends_on(body, s->call.args, on, left - 1))
        return true;
    for (const ast_stmt *other = body; other != s && other != NULL; other = other->next)
        before = other;
    return s->call.inputs == NULL && before != NULL && depends_on(body, before, on, left - 1);
}

/** Report a name that is given to a later result: maybe of layers that depend on each other. */
static bool report_later(const expansion *x, const char *name, span at)
{
    enum { MOST_STEPS = 12 }; /* of a cycle */
    diag_list *list = x->cx->diag;
    for (const results *r = x->results; r != NULL; r = r->outer) {
        const ast_stmt *later = find_statement(r->body, name);
        const ast_stmt *s = x->statement;
        if (later == NULL)
            continue;
        const bool is_cycle = depends_on(r->body, later, s, MOST_STEPS);
        if (later == s)
            diag_error(list, at, "\"%s\" takes its own result", sema_quote(x->cx, name));
        else if (is_cycle)
            diag_error(list, at, "\"%s\" and \"%s\" depend on each other",
                       sema_quote(x->cx, s->name.text != NULL ? s->name.text : s->call.callee.text),
                       sema_quote(x->cx, name));
        else
            diag_error(list, at, "result \"%s\" is used before its layer", sema_quote(x->cx, name));
        diag_note(list, later->name.at, "\"%s\" is here", sema_quote(x->cx, name));
        if (!is_cycle)
            diag_hint(list, "move this line after it");
        return true;
    }
    return false;
}

/** The layer with a result of that name in sight, or NULL. */
static sema_layer *look_up(const results *r, const char *name)
{
    for (; r != NULL; r = r->outer) {
        for (const pin *p = r->pins; p != NULL; p = p->next)
            if (p->text == name)
                return p->result;
        sema_layer *found = name_map_get(&r->map, name);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/** The layer with a result of that name; NULL after reporting. */
static sema_layer *find_result(expansion *x, const char *name, span at)
{
    sema_words w = sema_words_new(x->cx);
    sema_layer *found = look_up(x->results, name);
    if (found != NULL)
        return found;
    for (const results *r = x->results; r != NULL; r = r->outer) {
        for (size_t i = 0; i < r->map.capacity && !sema_words_full(&w); i++)
            if (r->map.slots[i].name != NULL)
                sema_words_add(&w, r->map.slots[i].name, r->map.slots[i].name);
    }
    x->complete = false;
    if (x->cx->incomplete || report_later(x, name, at))
        return NULL;
    diag_error(x->cx->diag, at, "unknown result \"%s\"", sema_quote(x->cx, name));
    if (w.count > 0)
        sema_hint_words(&w, name, "results");
    else
        diag_hint(x->cx->diag, "name the result of a layer before it is used: %s = dense(10)", sema_quote(x->cx, name));
    return NULL;
}

/** Append to the list of inputs that a layer will have. */
static void add_input(expansion *x, sema_layer *layer, sema_layer *input)
{
    if (input == NULL)
        return;
    sema_layer **more = arena_array(x->cx->arena, (size_t)layer->input_count + 1, sizeof *more);
    for (int i = 0; i < layer->input_count; i++)
        more[i] = layer->inputs[i];
    more[layer->input_count++] = input;
    layer->inputs = more;
}

/** One input of conv2d(8, 1)(b). The first is taken by what is appended next; layers of several inputs and blocks have
 *  others. */
static void take_input(expansion *x, const ast_name *taker, const sema_value *v, int nth, sema_layer *others)
{
    const bool is_name = v->kind == SEMA_WORD;
    if (!is_name && v->kind != SEMA_ERROR)
        diag_error(x->cx->diag, v->at, "an input of \"%s\" must be the name of a result (got %s)",
                   sema_quote(x->cx, taker->text), sema_describe(x->cx, v));
    sema_layer *input = is_name ? find_result(x, v->word, v->at) : NULL;
    x->complete = x->complete && input != NULL;
    if (nth == 0)
        add_input(x, append(x, SEMA_TAKE, NULL, NULL, v->at), input);
    else if (others != NULL)
        add_input(x, others, input);
}

/** The inputs of conv2d(8, 1)(b), or of concat()(a, b), which may be a list. */
static void take_inputs(expansion *x, const sema_scope *scope, const ast_stmt *s, sema_layer *others)
{
    sema_context *cx = x->cx;
    const ast_call *call = &s->call;
    int count = 0;
    for (const ast_arg *arg = call->inputs; arg != NULL; arg = arg->next) {
        const sema_value v = sema_evaluate(cx, scope, arg->value);
        const bool list = v.kind == SEMA_LIST || v.kind == SEMA_TUPLE;
        for (int i = 0; i < (list ? v.items.count : 1); i++)
            take_input(x, &call->callee, list ? &v.items.item[i] : &v, count++, others);
    }
    if (call->inputs_at.source != NULL && (count == 0 || (count > 1 && others == NULL)))
        diag_error(cx->diag, call->inputs_at, "\"%s\" takes one input (got %d)", sema_quote(cx, call->callee.text),
                   count);
}

/** The call without its inputs. */
static const sema_call *evaluate_arguments(expansion *x, const sema_scope *scope, const ast_stmt *s)
{
    ast_call call = s->call;
    call.inputs_at = (span){0};
    return sema_evaluate_call(x->cx, scope, &call);
}

static void add_layer(expansion *x, const sema_scope *scope, const ast_stmt *s, const lang_entry *entry)
{
    if (s->has_body)
        diag_error(x->cx->diag, s->braces, "layer \"%s\" takes no { ... }", entry->name);
    const sema_args *args = sema_bind(x->cx, entry, "layer", evaluate_arguments(x, scope, s));
    if (!args->ok)
        x->complete = false;
    if (++x->layers > MAX_LAYERS) {
        stop(x, s->at, "has too many layers", MAX_LAYERS);
        return;
    }
    const bool merges = entry->params[0].name != NULL && entry->params[0].type == LANG_TYPE_VALUES;
    sema_layer inputs = {0};
    take_inputs(x, scope, s, merges ? &inputs : NULL);
    for (int i = 0; merges && args->ok && i < args->bound[0].count; i++)
        add_input(x, &inputs, find_result(x, args->bound[0].items[i].text, args->bound[0].items[i].at));
    sema_layer *layer = append(x, SEMA_LAYER, entry, args, s->at);
    layer->inputs = inputs.inputs;
    layer->input_count = inputs.input_count;
    if (!merges || inputs.input_count > 0 || !x->complete)
        return;
    x->complete = false;
    diag_error(x->cx->diag, s->at, "%s needs another input than the layer before it", entry->name);
    diag_hint(x->cx->diag, "name the result of a layer, a = dense(10), and write %s(a)", entry->name);
}

/* --- repeat ----------------------------------------------------------------------------------------- */

static void repeat(expansion *x, const sema_scope *scope, const ast_stmt *s, const lang_entry *entry)
{
    sema_context *cx = x->cx;
    if (!s->has_body) {
        diag_error(cx->diag, s->at, "repeat needs the layers to repeat (expected repeat(n) { ... })");
        x->complete = false;
        return;
    }
    const sema_args *args = sema_bind(cx, entry, "statement", sema_evaluate_call(cx, scope, &s->call));
    if (!args->ok)
        x->complete = false;
    const int64_t times = args->ok ? sema_get(args, "n")->integer : 1;
    const int errors = cx->diag->errors;
    for (int64_t i = 0; i < times && !x->stopped && cx->diag->errors == errors; i++) {
        const int before = x->layers;
        expand_body(x, scope, s->body);
        if (x->layers == before)
            break; /* it holds nothing, however often */
    }
}

/* --- residual --------------------------------------------------------------------------------------- */

static void residual(expansion *x, const sema_scope *scope, const ast_stmt *s, const lang_entry *entry)
{
    sema_context *cx = x->cx;
    const span at = s->call.callee.at;
    if (!s->has_body) {
        diag_error(cx->diag, at, "residual needs the layers inside (expected residual { ... })");
        x->complete = false;
        return;
    }
    const sema_args *args = sema_bind(cx, entry, "statement", sema_evaluate_call(cx, scope, &s->call));
    const int before = x->layers, errors = cx->diag->errors;
    append(x, SEMA_FORK, entry, args, at);
    expand_body(x, scope, s->body);
    if (s->has_else || (args->ok && sema_get(args, "project")->boolean))
        append(x, SEMA_ELSE, entry, args, at);
    if (s->has_else)
        expand_body(x, scope, s->otherwise);
    else if (args->ok && sema_get(args, "project")->boolean)
        append(x, SEMA_PROJECT, entry, args, at);
    append(x, SEMA_ADD, entry, args, at);
    if (x->layers == before && cx->diag->errors == errors && !cx->incomplete)
        diag_error(cx->diag, at, "residual without layers only doubles its input");
    x->complete = x->complete && args->ok && x->layers != before;
}

/* --- user blocks ------------------------------------------------------------------------------------ */

/** A block's parameters by name; each must be a name (else the parser has reported it), given once. */
static bool read_parameters(sema_context *cx, const ast_block *b, name_map *parameters)
{
    *parameters = name_map_new(cx->arena);
    for (ast_arg *p = b->params; p != NULL; p = p->next) {
        if (p->name.text == NULL)
            return false;
        const ast_arg *first = name_map_get(parameters, p->name.text);
        if (first != NULL) {
            diag_error(cx->diag, p->name.at, "parameter \"%s\" is given twice", sema_quote(cx, p->name.text));
            diag_note(cx->diag, first->name.at, "the first one is here");
            return false;
        }
        name_map_put(parameters, p->name.text, p);
    }
    return true;
}

static bool bind_positional(sema_context *cx, sema_scope *scope, const ast_block *b, const sema_call *call)
{
    const ast_arg *param = b->params;
    bool named = false;
    for (int i = 0; i < call->count; i++) {
        const sema_arg *arg = &call->args[i];
        if (arg->name.text != NULL) {
            named = true;
            continue;
        }
        if (named)
            return false; /* reported by the parser */
        if (param == NULL) {
            diag_error(cx->diag, arg->at, "too many arguments for block \"%s\"", sema_quote(cx, b->title.text));
            diag_note(cx->diag, b->at, "the block is here");
            return false;
        }
        sema_scope_add(cx, scope, (ast_name){param->name.text, arg->at}, arg->value);
        param = param->next;
    }
    return true;
}

static bool bind_named(sema_context *cx, sema_scope *scope, const ast_block *b, const name_map *parameters,
                       const sema_call *call)
{
    bool ok = true;
    for (int i = 0; i < call->count; i++) {
        const sema_arg *arg = &call->args[i];
        if (arg->name.text == NULL)
            continue;
        if (name_map_get(parameters, arg->name.text) == NULL) {
            diag_error(cx->diag, arg->name.at, "unknown argument \"%s\" of block \"%s\"",
                       sema_quote(cx, arg->name.text), sema_quote(cx, b->title.text));
            diag_note(cx->diag, b->at, "the block is here");
            ok = false;
        } else if (name_map_get(&scope->constants, arg->name.text) != NULL) {
            diag_error(cx->diag, arg->at, "argument \"%s\" of block \"%s\" is given twice",
                       sema_quote(cx, arg->name.text), sema_quote(cx, b->title.text));
            ok = false;
        } else {
            sema_scope_add(cx, scope, (ast_name){arg->name.text, arg->at}, arg->value);
        }
    }
    return ok;
}

static bool bind_defaults(sema_context *cx, sema_scope *scope, const ast_block *b, const sema_call *call)
{
    for (const ast_arg *p = b->params; p != NULL; p = p->next) {
        const ast_name name = p->name;
        if (name_map_get(&scope->constants, name.text) != NULL)
            continue;
        if (p->value == NULL) {
            diag_error(cx->diag, span_join(call->callee.at, call->parens), "missing argument \"%s\" of block \"%s\"",
                       sema_quote(cx, name.text), sema_quote(cx, b->title.text));
            diag_note(cx->diag, name.at, "the parameter is here");
            return false;
        }
        sema_scope_add(cx, scope, name, sema_evaluate(cx, &cx->constants, p->value));
    }
    return true;
}

/** All of a block's expressions have been evaluated once: those that were never read are not used. */
static void warn_of_unused(sema_context *cx, const sema_block *block, const sema_scope *scope)
{
    for (const ast_arg *p = block->ast->params; p != NULL && cx->diag->errors == 0; p = p->next) {
        const sema_constant *c = name_map_get(&scope->constants, p->name.text);
        if (c == NULL || c->used)
            continue;
        diag_warning(cx->diag, DIAG_UNUSED_PARAMETER, p->name.at, "parameter \"%s\" of block \"%s\" is not used",
                     sema_quote(cx, p->name.text), sema_quote(cx, block->ast->title.text));
    }
}

/** Whether a call gives a parameter, the nth, a value. */
static bool is_given(const sema_call *call, const ast_arg *p, int nth)
{
    for (int i = 0; i < call->count; i++)
        if (call->args[i].name.text == NULL ? i == nth
                                            : p->name.text && strcmp(call->args[i].name.text, p->name.text) == 0)
            return true;
    return false;
}

/** f(heads=2)(a, b): the inputs become arguments of the parameters that have no other value, in order. A single input
 *  may be for the layers alone.
 *  @return NULL after reporting */
static const sema_call *give_inputs(expansion *x, const sema_scope *scope, const ast_stmt *s, const ast_block *b,
                                    const sema_call *call)
{
    int inputs = 0, given = 0;
    const ast_arg *input = s->call.inputs;
    for (const ast_arg *arg = input; arg != NULL; arg = arg->next)
        inputs++;
    sema_arg *args = arena_array(x->cx->arena, (size_t)(call->count + inputs), sizeof *args);
    for (int i = 0; i < call->count; i++)
        args[i] = call->args[i];
    const ast_arg *p = b->params;
    for (int nth = 0; p != NULL && input != NULL; p = p->next, nth++) {
        if (p->value != NULL || is_given(call, p, nth))
            continue;
        args[call->count + given++] = (sema_arg){p->name, sema_evaluate(x->cx, scope, input->value), input->at};
        input = input->next;
    }
    if (inputs > 1 && given < inputs) {
        diag_error(x->cx->diag, s->call.inputs_at, "block \"%s\" takes %d inputs (got %d)",
                   sema_quote(x->cx, b->title.text), given, inputs);
        diag_note(x->cx->diag, b->at, "the block is here");
        return NULL;
    }
    sema_call *full = ARENA_NEW(x->cx->arena, sema_call);
    *full = (sema_call){call->callee, call->parens, call->count + given, args};
    return full;
}

/** The arguments, those that name results with texts of their own. */
static const sema_call *pin_results(const expansion *x, const sema_call *call, const pin **pins)
{
    arena *a = x->cx->arena;
    for (int i = 0; call != NULL && i < call->count; i++) {
        sema_value *v = (sema_value *)(uintptr_t)&call->args[i].value; /* of give_inputs() */
        sema_layer *result = v->kind == SEMA_WORD ? look_up(x->results, v->word) : NULL;
        if (result == NULL)
            continue;
        v->word = arena_printf(a, "%s", v->word);
        pin *p = ARENA_NEW(a, pin);
        *p = (pin){v->word, result, *pins};
        *pins = p;
    }
    return call;
}

static void expand_block(expansion *x, const sema_scope *scope, const ast_stmt *s, sema_block *block)
{
    sema_context *cx = x->cx;
    x->complete = x->complete && !block->faulty;
    if (block->faulty)
        return;
    if (block->open) {
        diag_error(cx->diag, s->at, "block \"%s\" uses itself", sema_quote(cx, block->ast->title.text));
        x->complete = false;
        return;
    }
    if (s->has_body)
        diag_error(cx->diag, s->braces, "block \"%s\" takes no { ... }", sema_quote(cx, block->ast->title.text));
    sema_scope inner = sema_scope_new(cx, &cx->constants);
    const pin *pins = NULL;
    const sema_call *call =
        pin_results(x, give_inputs(x, scope, s, block->ast, evaluate_arguments(x, scope, s)), &pins);
    if (call == NULL) {
        x->complete = false;
        return;
    }
    name_map parameters;
    block->faulty = !read_parameters(cx, block->ast, &parameters);
    if (block->faulty || !bind_positional(cx, &inner, block->ast, call) ||
        !bind_named(cx, &inner, block->ast, &parameters, call) || !bind_defaults(cx, &inner, block->ast, call)) {
        x->complete = false;
        return;
    }
    const int errors = cx->diag->errors;
    take_inputs(x, scope, s, &(sema_layer){0});
    results named = {name_map_new(cx->arena), pins, block->ast->body, x->results};
    x->results = &named;
    block->open = true;
    expand_body(x, &inner, block->ast->body);
    block->open = false;
    x->results = (results *)(uintptr_t)named.outer;
    if (!block->used)
        warn_of_unused(cx, block, &inner);
    block->used = true;
    block->faulty = cx->diag->errors != errors;
    if (block->faulty)
        diag_note(cx->diag, s->at, "in block \"%s\" as used here", sema_quote(cx, block->ast->title.text));
}

/* --- statements ------------------------------------------------------------------------------------- */

/** a = dense(10) */
static void name_result(expansion *x, const ast_stmt *s, const sema_layer *before)
{
    const sema_constant *constant = sema_scope_find(&x->cx->constants, s->name.text);
    if (constant != NULL) {
        diag_error(x->cx->diag, s->name.at, "\"%s\" is a constant", sema_quote(x->cx, s->name.text));
        diag_note(x->cx->diag, constant->name.at, "the constant is here");
    }
    x->complete = x->complete && x->last != before;
    name_map_put(&x->results->map, s->name.text, x->last != NULL ? x->last : append(x, SEMA_TAKE, NULL, NULL, s->at));
}

static void expand_step(expansion *x, const sema_scope *scope, const ast_stmt *s)
{
    const char *name = s->call.callee.text;
    sema_block *block = name_map_get(&x->cx->blocks, name);
    const lang_entry *layer = lang_find(&lang_layers, name);
    const lang_entry *structure = lang_find(&lang_structures, name);
    sema_layer *before = x->last;
    x->statement = s;
    if (block != NULL) {
        expand_block(x, scope, s, block);
    } else if (layer != NULL) {
        add_layer(x, scope, s, layer);
    } else if (structure != NULL && structure->id == LANG_STRUCTURE_REPEAT) {
        repeat(x, scope, s, structure);
    } else if (structure != NULL) {
        residual(x, scope, s, structure);
    } else {
        unknown_layer(x, s);
        x->complete = false;
    }
    if (s->name.text != NULL)
        name_result(x, s, before);
}

static void expand_body(expansion *x, const sema_scope *scope, const ast_stmt *body)
{
    if (++x->depth > MAX_DEPTH && body != NULL)
        stop(x, body->at, "is nested too deep", MAX_DEPTH);
    for (const ast_stmt *s = body; s != NULL && !x->stopped; s = s->next) {
        if (++x->statements > MAX_STATEMENTS) {
            stop(x, s->at, "expands to too many statements", MAX_STATEMENTS);
        } else if (s->kind == AST_SET) {
            x->complete = false;
            if (x->cx->incomplete && lang_find(&lang_layers, s->name.text) != NULL)
                continue; /* "dense 10", as the parser has said */
            diag_error(x->cx->diag, s->name.at, "the model block has no settings (got \"%s\", expected a layer)",
                       sema_quote(x->cx, s->name.text));
            diag_hint(x->cx->diag, "constants are set at the top of the file, settings of training in the train block");
        } else {
            expand_step(x, scope, s);
        }
    }
    x->depth--;
}

bool sema_has_name(const sema_layer *l)
{
    return l->kind == SEMA_LAYER || l->kind == SEMA_PROJECT || l->kind == SEMA_ADD;
}

bool sema_is_input(const sema_layer *l)
{
    return l->kind == SEMA_LAYER && ir_has((ir_opcode)l->entry->id, IR_STARTS);
}

sema_layer *sema_expand(sema_context *cx, bool *complete)
{
    results named = {.map = name_map_new(cx->arena), .body = cx->model->body};
    expansion x = {.cx = cx, .results = &named, .complete = true};
    expand_body(&x, &cx->constants, cx->model->body);
    *complete = x.complete;
    return x.first;
}
