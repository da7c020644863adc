/* The operators on numbers. Integers stay integers but for "/"; what does not fit is reported. */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "sema/context.h"
#include "support/checked.h"

static sema_value failed(const ast_expr *e)
{
    return (sema_value){.kind = SEMA_ERROR, .at = e->at};
}

static sema_value integer(const ast_expr *e, int64_t value)
{
    return (sema_value){.kind = SEMA_INT, .at = e->at, .integer = value};
}

/** base ** exponent by squaring; false when it does not fit. */
static bool integer_power(int64_t base, int64_t exponent, int64_t *out)
{
    int64_t result = 1;
    while (exponent > 0) {
        if ((exponent & 1) != 0 && !checked_mul(result, base, &result))
            return false;
        exponent >>= 1;
        if (exponent > 0 && !checked_mul(base, base, &base))
            return false;
    }
    *out = result;
    return true;
}

/** Whether the operator gives an integer for these integers. */
static bool stays_integer(ast_operator op, int64_t right)
{
    return op != AST_DIVIDE && (op != AST_POWER || right >= 0);
}

static sema_value operate_integers(sema_context *cx, const ast_expr *e, int64_t a, int64_t b)
{
    int64_t result = 0;
    bool fits = true;
    switch (e->operation.op) {
    case AST_ADD:
        fits = checked_add(a, b, &result);
        break;
    case AST_SUBTRACT:
        fits = !__builtin_sub_overflow(a, b, &result);
        break;
    case AST_MULTIPLY:
        fits = checked_mul(a, b, &result);
        break;
    case AST_POWER:
        fits = integer_power(a, b, &result);
        break;
    case AST_NEGATE:
        fits = !__builtin_sub_overflow((int64_t)0, b, &result);
        break;
    default: /* AST_PLUS; a quotient is never an integer */
        result = b;
        break;
    }
    if (fits)
        return integer(e, result);
    diag_error(cx->diag, e->operation.op_at, "the result of \"%s\" does not fit a 64-bit integer",
               ast_operator_text(e->operation.op));
    diag_hint(cx->diag, "write a decimal point to compute with real numbers");
    return failed(e);
}

static double compute(ast_operator op, double a, double b)
{
    switch (op) {
    case AST_ADD:
        return a + b;
    case AST_SUBTRACT:
        return a - b;
    case AST_MULTIPLY:
        return a * b;
    case AST_DIVIDE:
        return a / b;
    case AST_POWER:
        return pow(a, b);
    case AST_NEGATE:
        return -b;
    default: /* AST_PLUS */
        return b;
    }
}

static sema_value operate_reals(sema_context *cx, const ast_expr *e, double a, double b)
{
    const ast_operator op = e->operation.op;
    if ((op == AST_DIVIDE && b == 0) || (op == AST_POWER && a == 0 && b < 0)) {
        diag_error(cx->diag, span_join(e->operation.op_at, e->operation.right->at), "division by zero");
        return failed(e);
    }
    const double result = compute(op, a, b);
    if (result == 0 && a != 0 && b != 0 && (op == AST_MULTIPLY || op == AST_DIVIDE || op == AST_POWER)) {
        diag_error(cx->diag, e->operation.op_at, "the result of \"%s\" is too small for a number (got 0)",
                   ast_operator_text(op));
        return failed(e);
    }
    if (isfinite(result))
        return (sema_value){.kind = SEMA_REAL, .at = e->at, .real = result};
    diag_error(cx->diag, e->operation.op_at, "the result of \"%s\" is not finite (got %s)", ast_operator_text(op),
               isnan(result) ? "nan"
               : result > 0  ? "inf"
                             : "-inf");
    return failed(e);
}

static bool is_number(const sema_value *v)
{
    return v->kind == SEMA_INT || v->kind == SEMA_REAL;
}

static double as_real(const sema_value *v)
{
    return v->kind == SEMA_INT ? (double)v->integer : v->real;
}

/** Report an operand that is not a number, once. */
static bool check_operand(sema_context *cx, ast_operator op, const sema_value *v)
{
    if (is_number(v))
        return true;
    if (v->kind == SEMA_WORD)
        sema_unknown_constant(cx, v);
    else if (v->kind != SEMA_ERROR)
        diag_error(cx->diag, v->at, "\"%s\" works on numbers (got %s)", ast_operator_text(op), sema_describe(cx, v));
    return false;
}

bool sema_is_not_finite(const char *word)
{
    word += *word == '-' || *word == '+';
    return strcmp(word, "nan") == 0 || strcmp(word, "inf") == 0 || strcmp(word, "infinity") == 0;
}

sema_value sema_operate(sema_context *cx, const ast_expr *e, sema_value left, sema_value right)
{
    const ast_operator op = e->operation.op;
    const bool unary = e->kind == AST_UNARY;
    if (unary && right.kind == SEMA_WORD && isalpha((unsigned char)*right.word) && sema_is_not_finite(right.word)) {
        /* a word still, so that whoever needs a number says the same of "-inf" as of "inf" */
        right.word = arena_printf(cx->arena, "%s%s", ast_operator_text(op), right.word);
        right.at = e->at;
        return right;
    }
    const bool left_ok = unary || check_operand(cx, op, &left);
    if (!check_operand(cx, op, &right) || !left_ok)
        return failed(e);
    if (unary)
        left = right;
    if (left.kind == SEMA_INT && right.kind == SEMA_INT && stays_integer(op, right.integer))
        return operate_integers(cx, e, left.integer, right.integer);
    return operate_reals(cx, e, as_real(&left), as_real(&right));
}

const char *sema_describe(sema_context *cx, const sema_value *v)
{
    switch (v->kind) {
    case SEMA_INT:
        return arena_printf(cx->arena, "%" PRId64, v->integer);
    case SEMA_REAL: {
        /* 2.0 and not 2: that it is no integer may be the point */
        const char *text = str_double(cx->arena, v->real);
        return strpbrk(text, ".en") != NULL ? text : arena_printf(cx->arena, "%s.0", text);
    }
    case SEMA_BOOL:
        return v->boolean ? "true" : "false";
    case SEMA_NONE:
        return "none";
    case SEMA_STRING:
        return arena_printf(cx->arena, "the string \"%s\"", str_printable(cx->arena, v->string.text, v->string.length));
    case SEMA_WORD:
        return arena_printf(cx->arena, "the word \"%s\"", sema_quote(cx, v->word));
    case SEMA_TUPLE:
    case SEMA_LIST:
        return arena_printf(cx->arena, "a %s of %d value%s", v->kind == SEMA_TUPLE ? "tuple" : "list", v->items.count,
                            v->items.count == 1 ? "" : "s");
    case SEMA_CALL:
        return arena_printf(cx->arena, "a call of \"%s\"", sema_quote(cx, v->call->callee.text));
    case SEMA_ERROR:
        break;
    }
    return "a faulty expression";
}
