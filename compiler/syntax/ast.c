#include "syntax/ast.h"

#include <string.h>

static void dump_expr(str *out, int level, const char *before, const ast_expr *e);
static void dump_args(str *out, int level, const ast_arg *args, const char *word);
static void dump_stmts(str *out, int level, const ast_stmt *stmts);

const char *ast_operator_text(ast_operator op)
{
    switch (op) {
    case AST_ADD:
    case AST_PLUS:
        return "+";
    case AST_SUBTRACT:
    case AST_NEGATE:
        return "-";
    case AST_MULTIPLY:
        return "*";
    case AST_DIVIDE:
        return "/";
    case AST_LESS:
        return "<";
    case AST_LESS_EQUAL:
        return "<=";
    case AST_GREATER:
        return ">";
    case AST_GREATER_EQUAL:
        return ">=";
    case AST_POWER:
        return "**";
    }
    return "?";
}

static void indent(str *out, int level)
{
    for (int i = 0; i < level; i++)
        str_add(out, "  ");
}

/* Quoted so that different strings never look the same. */
static void dump_string(str *out, const char *text, size_t length)
{
    str_add_char(out, '"');
    size_t begin = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '"' && text[i] != '\\')
            continue;
        str_add_escaped(out, text + begin, i - begin);
        str_add_char(out, '\\');
        str_add_char(out, text[i]);
        begin = i + 1;
    }
    str_add_escaped(out, text + begin, length - begin);
    str_add(out, "\"\n");
}

static void dump_items(str *out, int level, const char *word, const ast_expr *e)
{
    str_printf(out, "%s %d\n", word, e->items.count);
    for (const ast_expr *item = e->items.first; item != NULL; item = item->next)
        dump_expr(out, level + 1, "", item);
}

ast_chain ast_chain_of(arena *a, const ast_expr *e)
{
    ast_chain c = {.first = e};
    for (; c.first->kind == AST_BINARY; c.first = c.first->operation.left)
        c.count++;
    c.links = arena_array(a, c.count, sizeof *c.links);
    size_t i = c.count;
    for (const ast_expr *link = e; link->kind == AST_BINARY; link = link->operation.left)
        c.links[--i] = link;
    return c;
}

/* a + b - c as one flat node: its first operand, then a line for each operator with what it is applied to. */
static void dump_chain(str *out, int level, const ast_expr *e)
{
    const ast_chain c = ast_chain_of(out->arena, e);
    str_add(out, "chain\n");
    dump_expr(out, level + 1, "", c.first);
    for (size_t i = 0; i < c.count; i++)
        dump_expr(out, level + 1, ast_operator_text(c.links[i]->operation.op), c.links[i]->operation.right);
}

static void dump_call(str *out, int level, const ast_call *call)
{
    dump_args(out, level, call->args, "argument");
    dump_args(out, level, call->inputs, "input");
}

static void dump_expr(str *out, int level, const char *before, const ast_expr *e)
{
    indent(out, level);
    if (before[0] != '\0')
        str_printf(out, "%s ", before);
    switch (e->kind) {
    case AST_NUMBER:
        str_printf(out, "number %s\n", e->number.text);
        break;
    case AST_STRING:
        str_add(out, "string ");
        dump_string(out, e->string.text, e->string.length);
        break;
    case AST_BOOL:
        str_add(out, e->boolean ? "true\n" : "false\n");
        break;
    case AST_NONE:
        str_add(out, "none\n");
        break;
    case AST_NAME:
        str_printf(out, "name %s\n", e->name);
        break;
    case AST_TUPLE:
        dump_items(out, level, "tuple", e);
        break;
    case AST_LIST:
        dump_items(out, level, "list", e);
        break;
    case AST_CALL:
        str_printf(out, "call %s\n", e->call.callee.text);
        dump_call(out, level + 1, &e->call);
        break;
    case AST_UNARY:
        str_printf(out, "sign %s\n", ast_operator_text(e->operation.op));
        dump_expr(out, level + 1, "", e->operation.right);
        break;
    case AST_BINARY:
        dump_chain(out, level, e);
        break;
    }
}

/* A positional argument is its value alone; a parameter may have no value. */
static void dump_args(str *out, int level, const ast_arg *args, const char *word)
{
    for (const ast_arg *arg = args; arg != NULL; arg = arg->next) {
        int value_level = level;
        if (arg->name.text != NULL) {
            indent(out, level);
            str_printf(out, "%s %s\n", word, arg->name.text);
            value_level++;
        }
        if (arg->value != NULL)
            dump_expr(out, value_level, "", arg->value);
    }
}

static void dump_stmt(str *out, int level, const ast_stmt *s)
{
    indent(out, level);
    if (s->kind == AST_SET) {
        str_printf(out, "set %s\n", s->name.text);
        dump_expr(out, level + 1, "", s->value);
        return;
    }
    str_printf(out, "step %s\n", s->call.callee.text);
    dump_call(out, level + 1, &s->call);
    if (s->has_body) {
        indent(out, level + 1);
        str_add(out, "body\n");
        dump_stmts(out, level + 2, s->body);
    }
    if (s->has_else) {
        indent(out, level + 1);
        str_add(out, "else\n");
        dump_stmts(out, level + 2, s->otherwise);
    }
}

static void dump_stmts(str *out, int level, const ast_stmt *stmts)
{
    for (const ast_stmt *s = stmts; s != NULL; s = s->next)
        dump_stmt(out, level, s);
}

void ast_dump(str *out, const ast_file *file)
{
    str_add(out, "file\n");
    dump_stmts(out, 1, file->constants);
    for (const ast_block *b = file->blocks; b != NULL; b = b->next) {
        str_printf(out, "  block %s", b->keyword.text);
        if (b->title.text != NULL)
            str_printf(out, " %s", b->title.text);
        str_add_char(out, '\n');
        dump_args(out, 2, b->params, "parameter");
        dump_stmts(out, 2, b->body);
    }
}
