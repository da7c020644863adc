#include "syntax/format_expr.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

const char *format_name(const format_names *names, const char *name)
{
    const char *canonical = names->canonical == NULL ? name : names->canonical(name);
    if (strcmp(canonical, name) == 0 || names->own_count == 0)
        return canonical;
    const bool own = bsearch(&name, names->own, names->own_count, sizeof *names->own, compare_names) != NULL ||
                     bsearch(&canonical, names->own, names->own_count, sizeof *names->own, compare_names) != NULL;
    return own ? name : canonical;
}

/* ---- parentheses: how strongly a value holds together, as in the grammar */

enum { HOLD_SUM = 1, HOLD_PRODUCT, HOLD_SIGN, HOLD_POWER, HOLD_ATOM };

static int operator_hold(ast_operator op)
{
    return op == AST_POWER ? HOLD_POWER : op == AST_MULTIPLY || op == AST_DIVIDE ? HOLD_PRODUCT : HOLD_SUM;
}

static int hold(const ast_expr *e)
{
    if (e->kind == AST_BINARY)
        return operator_hold(e->operation.op);
    return e->kind == AST_UNARY ? HOLD_SIGN : HOLD_ATOM;
}

static bool left_needs_parens(const ast_expr *e)
{
    int own = hold(e);
    int left = hold(e->operation.left);
    return own == HOLD_POWER ? left <= HOLD_POWER : left < own;
}

static bool right_needs_parens(const ast_expr *e)
{
    int own = hold(e);
    int right = hold(e->operation.right);
    if (e->kind == AST_UNARY)
        return right < HOLD_SIGN;
    if (own == HOLD_POWER)
        return right < HOLD_SIGN;
    return right <= own;
}

static bool has_blanks(const ast_expr *e)
{
    return hold(e) == HOLD_SUM;
}

/* ---- widths: stop counting as soon as it is too wide, so that nothing is measured twice in full */

static int expr_width(const format_names *names, const ast_expr *e, int most);

static int text_width(const char *text, size_t length, int most)
{
    if (length / MNN_UTF8_BYTES > (size_t)most)
        return most + 1;
    return (int)mnn_utf8_length(text, length);
}

static int items_width(const format_names *names, const ast_expr *e, int most)
{
    int width = 2 + (e->kind == AST_TUPLE && e->items.count == 1);
    for (const ast_expr *item = e->items.first; item != NULL && width <= most; item = item->next)
        width += expr_width(names, item, most - width) + (item->next != NULL ? 2 : 0);
    return width;
}

static int args_width(const format_names *names, const ast_arg *args, int most)
{
    int width = 2;
    for (const ast_arg *arg = args; arg != NULL && width <= most; arg = arg->next) {
        if (arg->name.text != NULL)
            width += text_width(arg->name.text, strlen(arg->name.text), most);
        width += arg->name.text != NULL && arg->value != NULL;
        if (arg->value != NULL && width <= most)
            width += expr_width(names, arg->value, most - width);
        width += arg->next != NULL ? 2 : 0;
    }
    return width;
}

/* From the last operator to the first: the sum does not depend on the order. */
static int chain_width(const format_names *names, const ast_expr *e, int most)
{
    int width = 0;
    while (e->kind == AST_BINARY && width <= most) {
        width += (int)strlen(ast_operator_text(e->operation.op)) + (has_blanks(e) ? 2 : 0);
        width += left_needs_parens(e) ? 2 : 0;
        width += right_needs_parens(e) ? 2 : 0;
        width += expr_width(names, e->operation.right, most);
        e = e->operation.left;
    }
    return width <= most ? width + expr_width(names, e, most - width) : width;
}

/* The columns of a value on one line, or anything above most. */
static int expr_width(const format_names *names, const ast_expr *e, int most)
{
    switch (e->kind) {
    case AST_NUMBER:
        return text_width(e->number.text, strlen(e->number.text), most);
    case AST_STRING:
        return text_width(e->string.written, strlen(e->string.written), most);
    case AST_BOOL:
        return e->boolean ? 4 : 5;
    case AST_NONE:
        return 4;
    case AST_NAME:
        return text_width(e->name, strlen(e->name), most);
    case AST_TUPLE:
    case AST_LIST:
        return items_width(names, e, most);
    case AST_CALL: {
        const char *callee = format_name(names, e->call.callee.text);
        int width = text_width(callee, strlen(callee), most);
        if (width <= most)
            width += args_width(names, e->call.args, most - width);
        if (width <= most && e->call.inputs_at.source != NULL)
            width += args_width(names, e->call.inputs, most - width);
        return width;
    }
    case AST_UNARY:
        return 1 + (right_needs_parens(e) ? 2 : 0) + expr_width(names, e->operation.right, most);
    case AST_BINARY:
        return chain_width(names, e, most);
    }
    return 0;
}

/* ---- writing */

static int room(int column, int after)
{
    int left = FORMAT_WIDTH - column - after;
    return left > 0 ? left : 0;
}

/* The columns on the line that is written now, counted from a point where the column was known. */
static int column_now(const str *out, size_t from, int column)
{
    for (size_t i = out->length; i > from; i--) {
        if (out->text[i - 1] == '\n')
            return (int)mnn_utf8_length(out->text + i, out->length - i);
    }
    return column + (int)mnn_utf8_length(out->text + from, out->length - from);
}

static void new_line(str *out, int indent)
{
    str_printf(out, "\n%*s", indent, "");
}

static void write_items(str *out, const format_names *names, const ast_expr *e, int indent, int column, int after)
{
    bool tuple = e->kind == AST_TUPLE;
    bool broken = e->items.count > 0 && items_width(names, e, room(column, after)) > room(column, after);
    str_add_char(out, tuple ? '(' : '[');
    for (const ast_expr *item = e->items.first; item != NULL; item = item->next) {
        if (broken) {
            new_line(out, indent + FORMAT_INDENT);
            format_expr(out, names, item, indent + FORMAT_INDENT, indent + FORMAT_INDENT, 1);
            str_add_char(out, ',');
        } else {
            format_expr(out, names, item, indent, 0, 0); /* it fits: its column does not matter */
            str_add(out, item->next != NULL ? ", " : tuple && e->items.count == 1 ? "," : "");
        }
    }
    if (broken)
        new_line(out, indent);
    str_add_char(out, tuple ? ')' : ']');
}

static void write_arg(str *out, const format_names *names, const ast_arg *arg, int indent, int column, int after)
{
    size_t from = out->length;
    if (arg->name.text != NULL)
        str_add(out, arg->name.text);
    if (arg->name.text != NULL && arg->value != NULL)
        str_add_char(out, '=');
    if (arg->value != NULL)
        format_expr(out, names, arg->value, indent, column_now(out, from, column), after);
}

void format_args(str *out, const format_names *names, const ast_arg *args, int indent, int column, int after)
{
    bool broken = args != NULL && args_width(names, args, room(column, after)) > room(column, after);
    str_add_char(out, '(');
    for (const ast_arg *arg = args; arg != NULL; arg = arg->next) {
        if (broken) {
            new_line(out, indent + FORMAT_INDENT);
            write_arg(out, names, arg, indent + FORMAT_INDENT, indent + FORMAT_INDENT, 1);
            str_add_char(out, ',');
        } else {
            write_arg(out, names, arg, indent, 0, 0);
            str_add(out, arg->next != NULL ? ", " : "");
        }
    }
    if (broken)
        new_line(out, indent);
    str_add_char(out, ')');
}

void format_call(str *out, const format_names *names, const ast_call *call, int indent, int column, int after)
{
    const size_t from = out->length;
    const bool is_applied = call->inputs_at.source != NULL;
    str_add(out, format_name(names, call->callee.text));
    if (call->parens.source == NULL)
        return;
    const int inputs = is_applied ? args_width(names, call->inputs, FORMAT_WIDTH) : 0;
    format_args(out, names, call->args, indent, column_now(out, from, column), after + inputs);
    if (is_applied)
        format_args(out, names, call->inputs, indent, column_now(out, from, column), after);
}

static void write_operand(str *out, const format_names *names, const ast_expr *e, bool parens, int indent, int column,
                          int after)
{
    if (parens)
        str_add_char(out, '(');
    format_expr(out, names, e, indent, column + parens, after + parens);
    if (parens)
        str_add_char(out, ')');
}

/* a + b - c: from the first operand on, with no recursion on the left side. */
static void write_chain(str *out, const format_names *names, const ast_expr *e, int indent, int column, int after)
{
    const ast_chain c = ast_chain_of(out->arena, e);
    int opened = 0;
    for (size_t i = 0; i < c.count; i++)
        opened += left_needs_parens(c.links[i]);
    /* A line holds what it can: a chain is broken inside of the calls in it only. */
    bool fits = chain_width(names, e, room(column, after)) <= room(column, after);
    size_t from = out->length;
    int now = column;
    for (int n = 0; n < opened; n++)
        str_add_char(out, '(');
    format_expr(out, names, c.first, indent, fits ? 0 : column + opened, after);
    for (size_t i = 0; i < c.count; i++) {
        const ast_expr *link = c.links[i];
        const char *blank = has_blanks(link) ? " " : "";
        if (left_needs_parens(link))
            str_add_char(out, ')');
        str_printf(out, "%s%s%s", blank, ast_operator_text(link->operation.op), blank);
        if (!fits) {
            now = column_now(out, from, now);
            from = out->length;
        }
        write_operand(out, names, link->operation.right, right_needs_parens(link), indent, fits ? 0 : now, after);
    }
}

void format_expr(str *out, const format_names *names, const ast_expr *e, int indent, int column, int after)
{
    switch (e->kind) {
    case AST_NUMBER:
        str_add(out, e->number.text);
        break;
    case AST_STRING:
        str_add(out, e->string.written);
        break;
    case AST_BOOL:
        str_add(out, e->boolean ? "true" : "false");
        break;
    case AST_NONE:
        str_add(out, "none");
        break;
    case AST_NAME:
        str_add(out, e->name); /* a word among the values is canonical already: sema_canonical() knows its table */
        break;
    case AST_TUPLE:
    case AST_LIST:
        write_items(out, names, e, indent, column, after);
        break;
    case AST_CALL:
        format_call(out, names, &e->call, indent, column, after);
        break;
    case AST_UNARY:
        str_add(out, ast_operator_text(e->operation.op));
        write_operand(out, names, e->operation.right, right_needs_parens(e), indent, column + 1, after);
        break;
    case AST_BINARY:
        write_chain(out, names, e, indent, column, after);
        break;
    }
}
