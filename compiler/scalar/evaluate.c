/* Values in double, and what is known of them without one. */
#include <math.h>

#include "scalar/scalar.h"

static double apply(scalar_op op, double a, double b, double c)
{
    switch (op) {
#define SCALAR_OP(id, name, arity, value)                                                                              \
    case SCALAR_##id:                                                                                                  \
        return value;
#include "scalar/ops.def"
#undef SCALAR_OP
    default:
        return NAN;
    }
}

void scalar_evaluate_lanes(scalar_op op, int count, const double *first, const double *second, const double *third,
                           double *out)
{
    switch (op) {
#define SCALAR_OP(id, name, arity, value)                                                                              \
    case SCALAR_##id:                                                                                                  \
        for (int l = 0; l < count; l++) {                                                                              \
            const double a = first[l], b = second[l], c = third[l];                                                    \
            (void)a, (void)b, (void)c;                                                                                 \
            out[l] = value;                                                                                            \
        }                                                                                                              \
        return;
#include "scalar/ops.def"
#undef SCALAR_OP
    default:
        return;
    }
}

double scalar_evaluate(const scalar *e, const double *leaves)
{
    if (e->op == SCALAR_CONSTANT)
        return e->value;
    if (e->op == SCALAR_LEAF)
        return leaves[e->leaf];
    double of[3] = {0};
    for (int i = 0; i < scalar_arity(e->op); i++)
        of[i] = scalar_evaluate(e->arg[i], leaves);
    return apply(e->op, of[0], of[1], of[2]);
}

/* --- ranges and directions ---------------------------------------------------------------------------- */

enum { UNKNOWN = SCALAR_RISES | SCALAR_FALLS | SCALAR_STAYS };

static const scalar_facts anything = {-INFINITY, INFINITY, UNKNOWN};

static unsigned turned(unsigned moves)
{
    return (moves & SCALAR_STAYS) | (moves & SCALAR_RISES ? SCALAR_FALLS : 0u) |
           (moves & SCALAR_FALLS ? SCALAR_RISES : 0u);
}

/** Of a sum: it stays only where both do. */
static unsigned together(unsigned a, unsigned b)
{
    const unsigned both = (a | b) & (SCALAR_RISES | SCALAR_FALLS);
    return both == (SCALAR_RISES | SCALAR_FALLS) ? UNKNOWN : both | (a & b & SCALAR_STAYS);
}

/** How x moves when it is multiplied with values of one sign. */
static unsigned scaled(unsigned x, const scalar_facts *by)
{
    if (x == SCALAR_STAYS)
        return x;
    if (by->low >= 0)
        return x | (by->low > 0 ? 0u : SCALAR_STAYS);
    if (by->high <= 0)
        return turned(x) | (by->high < 0 ? 0u : SCALAR_STAYS);
    return UNKNOWN;
}

static scalar_facts of_product(scalar_facts a, scalar_facts b)
{
    const double corners[] = {a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high};
    scalar_facts f = {INFINITY, -INFINITY, together(scaled(a.moves, &b), scaled(b.moves, &a))};
    for (int i = 0; i < 4; i++) {
        const double corner = isnan(corners[i]) ? 0 : corners[i]; /* 0 * infinity: an end that is not reached */
        f.low = fmin(f.low, corner);
        f.high = fmax(f.high, corner);
    }
    return f;
}

static scalar_facts of_quotient(scalar_facts a, scalar_facts b)
{
    if (b.low <= 0 && b.high >= 0)
        return anything;
    return of_product(a, (scalar_facts){1 / b.high, 1 / b.low, turned(b.moves)});
}

/** Of a function that never falls. */
static scalar_facts of_rising(scalar_op op, scalar_facts a)
{
    const double low = apply(op, a.low, 0, 0), high = apply(op, a.high, 0, 0);
    return (scalar_facts){isnan(low) ? -INFINITY : low, isnan(high) ? INFINITY : high,
                          a.moves | (op == SCALAR_FLOOR || op == SCALAR_CEIL ? SCALAR_STAYS : 0u)};
}

static scalar_facts of_abs(scalar_facts a)
{
    if (a.low >= 0)
        return a;
    if (a.high <= 0)
        return (scalar_facts){-a.high, -a.low, turned(a.moves)};
    return (scalar_facts){0, fmax(-a.low, a.high), a.moves == SCALAR_STAYS ? SCALAR_STAYS : UNKNOWN};
}

static scalar_facts of_choice(scalar_op op, scalar_facts a, scalar_facts b)
{
    const unsigned moves = a.moves | b.moves;
    return op == SCALAR_MIN ? (scalar_facts){fmin(a.low, b.low), fmin(a.high, b.high), moves}
                            : (scalar_facts){fmax(a.low, b.low), fmax(a.high, b.high), moves};
}

/** select(leaf < limit, ...): what each branch is in its part, and the jump between them. */
static scalar_facts of_select(const scalar *e, int leaf, double low, double high)
{
    const scalar *condition = e->arg[0];
    const bool is_split = condition->op >= SCALAR_LESS && condition->op <= SCALAR_GREATER_EQUAL &&
                          condition->arg[0]->op == SCALAR_LEAF && condition->arg[0]->leaf == leaf &&
                          condition->arg[1]->op == SCALAR_CONSTANT;
    if (!is_split) {
        const scalar_facts a = scalar_analyse(e->arg[1], leaf, low, high);
        const scalar_facts b = scalar_analyse(e->arg[2], leaf, low, high);
        return (scalar_facts){fmin(a.low, b.low), fmax(a.high, b.high), UNKNOWN};
    }
    const bool first_is_low = condition->op == SCALAR_LESS || condition->op == SCALAR_LESS_EQUAL;
    const scalar *below = e->arg[first_is_low ? 1 : 2], *above = e->arg[first_is_low ? 2 : 1];
    const double limit = condition->arg[1]->value;
    if (high < limit || low > limit)
        return scalar_analyse(high < limit ? below : above, leaf, low, high);
    const scalar_facts a = scalar_analyse(below, leaf, low, limit), b = scalar_analyse(above, leaf, limit, high);
    scalar_facts f = {fmin(a.low, b.low), fmax(a.high, b.high), a.moves | b.moves};
    const scalar_facts before = scalar_analyse(below, leaf, limit, limit);
    const scalar_facts after = scalar_analyse(above, leaf, limit, limit);
    if (before.low != before.high || after.low != after.high)
        f.moves = UNKNOWN;
    else if (before.low != after.low)
        f.moves |= before.low < after.low ? SCALAR_RISES : SCALAR_FALLS;
    return f;
}

scalar_facts scalar_analyse(const scalar *e, int leaf, double low, double high)
{
    if (e->op == SCALAR_CONSTANT)
        return (scalar_facts){e->value, e->value, SCALAR_STAYS};
    if (e->op == SCALAR_LEAF)
        return e->leaf == leaf ? (scalar_facts){low, high, SCALAR_RISES}
                               : (scalar_facts){-INFINITY, INFINITY, SCALAR_STAYS};
    if (e->op == SCALAR_SELECT)
        return of_select(e, leaf, low, high);
    const scalar_facts a = scalar_analyse(e->arg[0], leaf, low, high);
    const scalar_facts b = e->arg[1] ? scalar_analyse(e->arg[1], leaf, low, high) : anything;
    switch (e->op) {
    case SCALAR_NEGATE:
        return (scalar_facts){-a.high, -a.low, turned(a.moves)};
    case SCALAR_ADD:
        return (scalar_facts){a.low + b.low, a.high + b.high, together(a.moves, b.moves)};
    case SCALAR_SUBTRACT:
        return (scalar_facts){a.low - b.high, a.high - b.low, together(a.moves, turned(b.moves))};
    case SCALAR_MULTIPLY: {
        scalar_facts product = of_product(a, b);
        product.low = e->arg[0] == e->arg[1] ? fmax(product.low, 0) : product.low;
        return product;
    }
    case SCALAR_DIVIDE:
        return of_quotient(a, b);
    case SCALAR_MIN:
    case SCALAR_MAX:
        return of_choice(e->op, a, b);
    case SCALAR_ABS:
        return of_abs(a);
    case SCALAR_FLOOR:
    case SCALAR_CEIL:
    case SCALAR_SQRT:
    case SCALAR_EXP:
    case SCALAR_EXPM1:
    case SCALAR_LOG:
    case SCALAR_LOG1P:
    case SCALAR_TANH:
    case SCALAR_ERF:
        return of_rising(e->op, a);
    default:
        return anything;
    }
}
