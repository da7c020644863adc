/* The nodes: making, finding and simplifying. */
#include "scalar/scalar.h"

#include <stdint.h>
#include <string.h>

#include "scalar/parts.h"

enum { FIRST_BUCKETS = 64 };

struct scalar_set {
    arena *arena;
    scalar **buckets; /* a power of two */
    int bucket_count, count;
};

scalar_set *scalar_set_new(arena *a)
{
    scalar_set *s = ARENA_NEW(a, scalar_set);
    *s = (scalar_set){a, arena_array(a, FIRST_BUCKETS, sizeof(scalar *)), FIRST_BUCKETS, 0};
    return s;
}

arena *scalar_arena(const scalar_set *s)
{
    return s->arena;
}

int scalar_arity(scalar_op op)
{
    static const int arities[] = {
        0,
        0,
#define SCALAR_OP(id, name, arity, value) arity,
#include "scalar/ops.def"
#undef SCALAR_OP
    };
    return arities[op];
}

const char *scalar_op_name(scalar_op op)
{
    static const char *const names[] = {
        "",
        "",
#define SCALAR_OP(id, name, arity, value) name,
#include "scalar/ops.def"
#undef SCALAR_OP
    };
    return names[op];
}

/* --- one node for equal expressions ------------------------------------------------------------------- */

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static size_t hash(const scalar *e)
{
    uint64_t h = (uint64_t)e->op * 31 + (uint64_t)e->leaf + bits_of(e->value);
    for (int i = 0; i < scalar_arity(e->op); i++)
        h = (h ^ (uint64_t)e->arg[i]->id) * 0x9e3779b97f4a7c15u;
    return (size_t)(h ^ h >> 29);
}

static bool is_alike(const scalar *a, const scalar *b)
{
    return a->op == b->op && a->leaf == b->leaf && bits_of(a->value) == bits_of(b->value) && a->arg[0] == b->arg[0] &&
           a->arg[1] == b->arg[1] && a->arg[2] == b->arg[2];
}

static void insert(scalar_set *s, scalar *e)
{
    scalar **bucket = &s->buckets[hash(e) & (size_t)(s->bucket_count - 1)];
    e->next_alike = *bucket;
    *bucket = e;
}

static void grow(scalar_set *s)
{
    scalar **old = s->buckets;
    const int count = s->bucket_count;
    s->bucket_count *= 2;
    s->buckets = arena_array(s->arena, (size_t)s->bucket_count, sizeof(scalar *));
    for (int i = 0; i < count; i++)
        for (scalar *e = old[i], *next; e; e = next) {
            next = e->next_alike;
            insert(s, e);
        }
}

static const scalar *find(scalar_set *s, const scalar *wanted)
{
    for (scalar *e = s->buckets[hash(wanted) & (size_t)(s->bucket_count - 1)]; e; e = e->next_alike)
        if (is_alike(e, wanted))
            return e;
    if (s->count == s->bucket_count)
        grow(s);
    scalar *e = ARENA_NEW(s->arena, scalar);
    *e = *wanted;
    e->id = s->count++;
    insert(s, e);
    return e;
}

const scalar *scalar_constant(scalar_set *s, double value)
{
    return find(s, &(scalar){.op = SCALAR_CONSTANT, .value = value});
}

const scalar *scalar_leaf(scalar_set *s, int leaf)
{
    return find(s, &(scalar){.op = SCALAR_LEAF, .leaf = leaf});
}

/* --- rewrites that keep every bit --------------------------------------------------------------------- */

/** Whether e is that constant, to the bit. */
static bool is_constant(const scalar *e, double value)
{
    return e->op == SCALAR_CONSTANT && bits_of(e->value) == bits_of(value);
}

static const scalar *simpler_sum(scalar_set *s, scalar_op op, const scalar *a, const scalar *b)
{
    const scalar_op other = op == SCALAR_ADD ? SCALAR_SUBTRACT : SCALAR_ADD;
    if (b->op == SCALAR_NEGATE)
        return scalar_make(s, other, a, b->arg[0], NULL);
    if (is_constant(b, op == SCALAR_ADD ? -0.0 : 0.0))
        return a;
    return NULL;
}

static const scalar *simpler_product(scalar_set *s, scalar_op op, const scalar *a, const scalar *b)
{
    if (is_constant(b, 1))
        return a;
    if (op == SCALAR_MULTIPLY && is_constant(a, 1))
        return b;
    if (op == SCALAR_MULTIPLY && is_constant(a, -1))
        return scalar_make(s, SCALAR_NEGATE, b, NULL, NULL);
    if (is_constant(b, -1))
        return scalar_make(s, SCALAR_NEGATE, a, NULL, NULL);
    return NULL;
}

static const scalar *simpler(scalar_set *s, scalar_op op, const scalar *a, const scalar *b, const scalar *c)
{
    switch (op) {
    case SCALAR_NEGATE:
        return a->op == SCALAR_NEGATE ? a->arg[0] : NULL;
    case SCALAR_ADD:
    case SCALAR_SUBTRACT:
        return simpler_sum(s, op, a, b);
    case SCALAR_MULTIPLY:
    case SCALAR_DIVIDE:
        return simpler_product(s, op, a, b);
    case SCALAR_SELECT:
        return a->op == SCALAR_CONSTANT ? (a->value != 0 ? b : c) : b == c ? b : NULL;
    case SCALAR_MIN:
    case SCALAR_MAX:
        return a == b ? a : NULL;
    default:
        return NULL;
    }
}

const scalar *scalar_make(scalar_set *s, scalar_op op, const scalar *a, const scalar *b, const scalar *c)
{
    const scalar made = {.op = op, .arg = {a, b, c}};
    const bool is_constant =
        a->op == SCALAR_CONSTANT && (!b || b->op == SCALAR_CONSTANT) && (!c || c->op == SCALAR_CONSTANT);
    if (is_constant)
        return scalar_constant(s, scalar_evaluate(&made, NULL));
    const scalar *better = simpler(s, op, a, b, c);
    return better ? better : find(s, &made);
}

/* --- with whole expressions --------------------------------------------------------------------------- */

const scalar *scalar_scale(scalar_set *s, const scalar *a, const scalar *b)
{
    if (b->op == SCALAR_SELECT)
        return scalar_make(s, SCALAR_SELECT, b->arg[0], scalar_scale(s, a, b->arg[1]), scalar_scale(s, a, b->arg[2]));
    if (a->op == SCALAR_SELECT)
        return scalar_make(s, SCALAR_SELECT, a->arg[0], scalar_scale(s, a->arg[1], b), scalar_scale(s, a->arg[2], b));
    if (is_constant(b, 0) || is_constant(a, 0))
        return scalar_constant(s, 0);
    if ((b->op == SCALAR_MULTIPLY || b->op == SCALAR_DIVIDE) && !b->name && !is_constant(a, 1)) {
        const scalar *first = scalar_scale(s, a, b->arg[0]);
        return b->op == SCALAR_MULTIPLY && first->op == SCALAR_SELECT ? scalar_scale(s, first, b->arg[1])
                                                                      : scalar_make(s, b->op, first, b->arg[1], NULL);
    }
    if (b->op == SCALAR_NEGATE)
        return scalar_make(s, SCALAR_NEGATE, scalar_scale(s, a, b->arg[0]), NULL, NULL);
    return scalar_make(s, SCALAR_MULTIPLY, a, b, NULL);
}

int scalar_operations(const scalar *e)
{
    int count = scalar_arity(e->op) > 0 && e->op != SCALAR_SELECT;
    for (int i = 0; i < scalar_arity(e->op); i++)
        count += scalar_operations(e->arg[i]);
    return count;
}

bool scalar_calls(const scalar *e)
{
    bool calls = e->op >= SCALAR_POWER;
    for (int i = 0; i < scalar_arity(e->op); i++)
        calls = calls || scalar_calls(e->arg[i]);
    return calls;
}

bool scalar_chooses(const scalar *e)
{
    bool chooses = e->op == SCALAR_SELECT;
    for (int i = 0; i < scalar_arity(e->op); i++)
        chooses = chooses || scalar_chooses(e->arg[i]);
    return chooses;
}

bool scalar_uses(const scalar *e, int leaf)
{
    if (e->op == SCALAR_LEAF)
        return e->leaf == leaf;
    for (int i = 0; i < scalar_arity(e->op); i++)
        if (scalar_uses(e->arg[i], leaf))
            return true;
    return false;
}

const scalar *scalar_replace(scalar_set *s, const scalar *e, const scalar *from, const scalar *to)
{
    if (e == from)
        return to;
    const scalar *arg[3] = {NULL};
    bool is_same = true;
    for (int i = 0; i < scalar_arity(e->op); i++) {
        arg[i] = scalar_replace(s, e->arg[i], from, to);
        is_same = is_same && arg[i] == e->arg[i];
    }
    return is_same ? e : scalar_make(s, e->op, arg[0], arg[1], arg[2]);
}

void scalar_give_name(const scalar *e, const char *name)
{
    scalar *node = (scalar *)(uintptr_t)e; /* nodes are made here, and constant for all others */
    if (!node->name && scalar_arity(node->op) > 0)
        node->name = name;
}
