/* Derivatives by the rules of the operations. The derivative of an expression without the leaf is NULL, not a zero:
 * nothing is added to it or multiplied with it. */
#include <math.h>

#include "scalar/scalar.h"

typedef struct derivation {
    scalar_set *s;
    int leaf;
} derivation;

static const scalar *constant(const derivation *d, double value)
{
    return scalar_constant(d->s, value);
}

static const scalar *unary(const derivation *d, scalar_op op, const scalar *a)
{
    return scalar_make(d->s, op, a, NULL, NULL);
}

static const scalar *binary(const derivation *d, scalar_op op, const scalar *a, const scalar *b)
{
    return scalar_make(d->s, op, a, b, NULL);
}

/** factor * da, with NULL for what is 0. */
static const scalar *times(const derivation *d, const scalar *da, const scalar *factor)
{
    return da ? scalar_scale(d->s, da, factor) : NULL;
}

static const scalar *sum(const derivation *d, const scalar *a, const scalar *b)
{
    return a && b ? binary(d, SCALAR_ADD, a, b) : a ? a : b;
}

static const scalar *negative(const derivation *d, const scalar *a)
{
    return a ? unary(d, SCALAR_NEGATE, a) : NULL;
}

static const scalar *choice(const derivation *d, const scalar *condition, const scalar *a, const scalar *b)
{
    const scalar *zero = constant(d, 0);
    return a || b ? scalar_make(d->s, SCALAR_SELECT, condition, a ? a : zero, b ? b : zero) : NULL;
}

static const scalar *of_quotient(const derivation *d, const scalar *e, const scalar *da, const scalar *db)
{
    const scalar *b = e->arg[1];
    const scalar *change = sum(d, da, negative(d, times(d, db, e)));
    return change ? binary(d, SCALAR_DIVIDE, change, b) : NULL;
}

/** x**n with a constant n has no logarithm, which negative x have not either. */
static const scalar *of_power(const derivation *d, const scalar *e, const scalar *da, const scalar *db)
{
    const scalar *x = e->arg[0], *n = e->arg[1];
    const scalar *less = binary(d, SCALAR_SUBTRACT, n, constant(d, 1));
    const scalar *by_base = da ? times(d, da, binary(d, SCALAR_MULTIPLY, n, binary(d, SCALAR_POWER, x, less))) : NULL;
    return sum(d, by_base, db ? times(d, db, binary(d, SCALAR_MULTIPLY, e, unary(d, SCALAR_LOG, x))) : NULL);
}

/** The derivative of a function of one argument by it, or NULL where it has steps only. */
static const scalar *slope(const derivation *d, const scalar *e)
{
    const scalar *a = e->arg[0], *one = constant(d, 1);
    switch (e->op) {
    case SCALAR_SQRT:
        return binary(d, SCALAR_DIVIDE, constant(d, 0.5), e);
    case SCALAR_EXP:
        return e;
    case SCALAR_EXPM1:
        return unary(d, SCALAR_EXP, a);
    case SCALAR_LOG:
        return binary(d, SCALAR_DIVIDE, one, a);
    case SCALAR_LOG1P:
        return binary(d, SCALAR_DIVIDE, one, binary(d, SCALAR_ADD, one, a));
    case SCALAR_SIN:
        return unary(d, SCALAR_COS, a);
    case SCALAR_COS:
        return unary(d, SCALAR_NEGATE, unary(d, SCALAR_SIN, a));
    case SCALAR_TANH:
        return binary(d, SCALAR_SUBTRACT, one, binary(d, SCALAR_MULTIPLY, e, e));
    case SCALAR_ERF:
        return binary(d, SCALAR_MULTIPLY, constant(d, 2 / sqrt(acos(-1.0))),
                      unary(d, SCALAR_EXP, binary(d, SCALAR_MULTIPLY, unary(d, SCALAR_NEGATE, a), a)));
    default:
        return NULL;
    }
}

/** @return NULL: 0 everywhere */
static const scalar *derive(const derivation *d, const scalar *e)
{
    if (e->op == SCALAR_LEAF)
        return e->leaf == d->leaf ? constant(d, 1) : NULL;
    const int arity = scalar_arity(e->op);
    const scalar *a = e->arg[0], *b = e->arg[1], *zero = constant(d, 0);
    const scalar *da = arity > 0 ? derive(d, a) : NULL, *db = arity > 1 ? derive(d, b) : NULL;
    switch (e->op) {
    case SCALAR_NEGATE:
        return negative(d, da);
    case SCALAR_ADD:
        return sum(d, da, db);
    case SCALAR_SUBTRACT:
        return sum(d, da, negative(d, db));
    case SCALAR_MULTIPLY:
        return sum(d, times(d, da, b), times(d, db, a));
    case SCALAR_DIVIDE:
        return of_quotient(d, e, da, db);
    case SCALAR_POWER:
        return of_power(d, e, da, db);
    case SCALAR_SELECT:
        return choice(d, a, db, derive(d, e->arg[2]));
    case SCALAR_MIN:
    case SCALAR_MAX:
        return choice(d, binary(d, e->op == SCALAR_MIN ? SCALAR_LESS : SCALAR_GREATER, b, a), db, da);
    case SCALAR_ABS:
        return da ? choice(d, binary(d, SCALAR_GREATER, a, zero), da,
                           choice(d, binary(d, SCALAR_LESS, a, zero), negative(d, da), NULL))
                  : NULL;
    default: {
        const scalar *by_argument = da && arity == 1 ? slope(d, e) : NULL;
        return by_argument ? times(d, da, by_argument) : NULL;
    }
    }
}

const scalar *scalar_derive(scalar_set *s, const scalar *e, int leaf)
{
    const derivation d = {s, leaf};
    const scalar *result = derive(&d, e);
    return result ? result : scalar_constant(s, 0);
}
