/* Scalar expressions: one node for equal ones, formulas, values, derivatives, facts and C text. */
#include <math.h>

#include "ir/ir.h"
#include "lang/lang.h"
#include "sema_helpers.h"

enum { X, Y, LEAVES };

static scalar_set *set;
static const scalar_name *names;

static void set_up(void)
{
    test_setup();
    test_diag = diag_new(test_arena, "test.mnn");
    set = scalar_set_new(test_arena);
    scalar_name *both = arena_array(test_arena, LEAVES + 1, sizeof *both);
    both[X] = (scalar_name){"x", scalar_leaf(set, X)};
    both[Y] = (scalar_name){"y", scalar_leaf(set, Y)};
    names = both;
}

static const scalar *formula(const char *text)
{
    const scalar_formula *f = scalar_parse(set, test_diag, text, names);
    ck_assert_msg(f != NULL, "%s: %s", text, test_diag->first ? test_diag->first->text : "");
    while (f->next)
        f = f->next;
    return f->value;
}

static const char *leaf_text(void *context, int leaf)
{
    (void)context;
    return leaf == X ? "x" : "y";
}

static const char *constant_text(void *context, double value)
{
    const bool is_double = *(const bool *)context;
    return arena_printf(test_arena, "%g%s%s", value, floor(value) == value ? ".0" : "", is_double ? "" : "f");
}

static str defined;

static const char *define(void *context, const char *name, const char *text)
{
    (void)context;
    str_printf(&defined, "%s = %s; ", name, text);
    return name;
}

static const char *text_of(const scalar *e, bool is_double, bool with_variables)
{
    const scalar_printer p = {is_double,     is_double ? NULL : "mnn_fma",  &is_double, leaf_text,
                              constant_text, with_variables ? define : NULL};
    defined = str_new(test_arena);
    const char *text = scalar_text(test_arena, &p, e);
    return arena_printf(test_arena, "%s%s", defined.text ? defined.text : "", text);
}

static void expect_float(const char *text, const char *wanted)
{
    ck_assert_str_eq(text_of(formula(text), false, false), wanted);
}

static void expect_double(const char *text, const char *wanted)
{
    ck_assert_str_eq(text_of(formula(text), true, false), wanted);
}

START_TEST(equal_expressions_are_one_node)
{
    ck_assert_ptr_eq(formula("exp(x) + 1"), formula("exp(x) + 1"));
    ck_assert_ptr_ne(formula("x + y"), formula("y + x"));
    ck_assert_ptr_ne(scalar_constant(set, 0.0), scalar_constant(set, -0.0));
    const scalar *first = formula("x * 3");
    for (int i = 0; i < 1000; i++)
        scalar_constant(set, i);
    ck_assert_ptr_eq(formula("x * 3"), first);
}
END_TEST

START_TEST(rewrites_keep_every_bit)
{
    const scalar *x = scalar_leaf(set, X);
    static const char *const same[] = {
        "x * 1",     "1 * x", "x / 1", "--x",   "x - 0", "select(2 > 1, x, y)", "select(x < 1, x, x)",
        "min(x, x)", "(x)",   "+x",    "x ** 1"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        ck_assert_msg(formula(same[i]) == x, "%s", same[i]);
    /* -0 + 0 is 0, and infinity * 0 is NaN */
    static const char *const kept[] = {"x + 0", "0 * x", "x - x", "x / x", "0 - x"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        ck_assert_msg(formula(kept[i])->op > SCALAR_LEAF, "%s", kept[i]);
    ck_assert_double_eq(formula("2 ** 10 / 4 - sqrt(9)")->value, 253);
    ck_assert_double_eq(formula("pi")->value, acos(-1.0));
    expect_float("x - -y", "x + y");
    expect_float("x + -y", "x - y");
}
END_TEST

START_TEST(formulas_name_their_parts)
{
    const scalar_formula *f = scalar_parse(set, test_diag, "s = 1 / (1 + exp(-x)); s * (1 + x * (1 - s))", names);
    ck_assert_ptr_nonnull(f);
    ck_assert_str_eq(f->name, "s");
    ck_assert_ptr_null(f->next->name);
    ck_assert_ptr_null(f->next->next);
    ck_assert_str_eq(text_of(f->next->value, false, true),
                     "s = 1.0f / (1.0f + expf(-x)); s * mnn_fma(x, 1.0f - s, 1.0f)");
}
END_TEST

START_TEST(formulas_are_refused_with_a_place)
{
    static const char *const wrong[][2] = {
        {"z + 1", "unknown name \"z\" in a formula"},
        {"sinh(x)", "unknown function \"sinh\" in a formula"},
        {"exp(x, y)", "\"exp\" takes 1 arguments (got 2)"},
        {"select(x > 0, 1)", "\"select\" takes 3 arguments (got 2)"},
        {"x + \"a\"", "a formula has only numbers, names, operators and functions"},
        {"x +", "expected a value after \"+\", got end of file"},
        {"x < y < 1", "expected end of line after \"y\", got \"<\""},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        test_diag = diag_new(test_arena, "test.mnn");
        ck_assert_ptr_null(scalar_parse(set, test_diag, wrong[i][0], names));
        ck_assert_int_eq(test_diag->errors, 1);
        ck_assert_str_eq(test_diag->first->text, wrong[i][1]);
        ck_assert_ptr_nonnull(test_diag->first->at.source);
    }
}
END_TEST

START_TEST(text_has_the_parentheses_it_needs)
{
    expect_double("(x + y) * x - x / (y * x)", "(x + y) * x - x / (y * x)");
    expect_double("x - (y - x)", "x - (y - x)");
    expect_double("-(x + y)", "-(x + y)");
    expect_double("(x ** 3 + abs(y)) ** y", "pow(x * x * x + fabs(y), y)");
    expect_double("select(x >= y, -1, select(x < 0, x, y)) + 1", "(x >= y ? -1.0 : x < 0.0 ? x : y) + 1.0");
    expect_double("select(x > 0, select(y > 0, x, 0), 2)", "x > 0.0 ? (y > 0.0 ? x : 0.0) : 2.0");
    expect_double("x * -2 - -3", "x * -2.0 - -3.0");
    expect_double("max(x, 0)", "0.0 > x ? 0.0 : x");
    expect_double("1 - min(x, y)", "1.0 - (y < x ? y : x)");
}
END_TEST

START_TEST(a_product_in_one_sum_is_contracted)
{
    expect_float("x * y + 1", "mnn_fma(x, y, 1.0f)");
    expect_float("1 + x * y", "mnn_fma(x, y, 1.0f)");
    expect_float("1 - x * y", "mnn_fma(-x, y, 1.0f)");
    expect_float("x * y - 1", "mnn_fma(x, y, -1.0f)");
    expect_float("x * y + y * 2", "mnn_fma(x, y, y * 2.0f)");
    expect_float("x * y - y * 2", "mnn_fma(x, y, -(y * 2.0f))");
    expect_float("x + 3 * x * x * x", "mnn_fma(3.0f * x * x, x, x)");
    expect_float("1 - (x + y) * x", "mnn_fma(-(x + y), x, 1.0f)");
    expect_float("exp(x * y) + 1", "expf(x * y) + 1.0f");
    /* what is used twice is rounded once */
    expect_float("(x * y + 1) * (x * y + 2)", "(x * y + 1.0f) * (x * y + 2.0f)");
    ck_assert_str_eq(text_of(formula("(x * y + 1) * (x * y + 2)"), false, true),
                     "t1 = x * y; (t1 + 1.0f) * (t1 + 2.0f)");
    ck_assert_str_eq(text_of(formula("p = x * y; p + 1"), false, true), "p = x * y; p + 1.0f");
}
END_TEST

/** The derivative by x against a difference, at 1,000 points of both leaves. */
static void expect_derivative(const char *text)
{
    const scalar *e = formula(text), *derivative = scalar_derive(set, e, X);
    const double step = 1e-5;
    for (int i = 0; i < 1000; i++) {
        const double x = 0.1 + 0.00397 * i, y = 0.5 + 0.0011 * ((i * 7) % 1000);
        const double below = scalar_evaluate(e, (double[]){x - step, y}),
                     above = scalar_evaluate(e, (double[]){x + step, y});
        const double wanted = (above - below) / (2 * step), got = scalar_evaluate(derivative, (double[]){x, y});
        ck_assert_msg(fabs(got - wanted) <= 1e-6 * (1 + fabs(wanted)), "%s at %g, %g: got %g, expected %g", text, x, y,
                      got, wanted);
    }
}

START_TEST(derivatives_agree_with_differences)
{
    static const char *const formulas[] = {
        "x",
        "y",
        "-x * y",
        "x + y - x * x",
        "x / (y + x)",
        "y / x",
        "x ** 2.5",
        "x ** -1",
        "y ** x",
        "x ** x",
        "exp(-x)",
        "expm1(x * y)",
        "log(x)",
        "log1p(x * x)",
        "sin(x) * cos(x)",
        "tanh(x / 2)",
        "sqrt(x + y)",
        "erf(x - 1)",
        "abs(x - 20)",
        "abs(20 - x)",
        "select(x > 20, 1 / x, x * x)",
        "min(x, 20) * max(x, 20)",
        "1 / (1 + exp(-x))",
        "x * tanh(log(1 + exp(x)))",
        "select(y > 9, x, 2 * x) * select(y < 9, x, y)",
    };
    for (size_t i = 0; i < sizeof formulas / sizeof formulas[0]; i++)
        expect_derivative(formulas[i]);
}
END_TEST

START_TEST(derivatives_have_no_needless_parts)
{
    ck_assert_str_eq(text_of(scalar_derive(set, formula("y + 3"), X), true, false), "0.0");
    ck_assert_str_eq(text_of(scalar_derive(set, formula("y * x + 3"), X), true, false), "y");
    ck_assert_str_eq(text_of(scalar_derive(set, formula("x ** 2.5"), X), true, false), "2.5 * pow(x, 1.5)");
    ck_assert_str_eq(text_of(scalar_derive(set, formula("tanh(x)"), X), true, true), "t1 = tanh(x); 1.0 - t1 * t1");
    ck_assert_str_eq(text_of(scalar_derive(set, formula("max(0, x)"), X), true, false), "x > 0.0 ? 1.0 : 0.0");
    ck_assert_str_eq(text_of(scalar_derive(set, formula("abs(x)"), X), true, false),
                     "x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : 0.0");
    /* never a product with 0 or 1 */
    ck_assert_str_eq(text_of(scalar_derive(set, formula("y * max(0, x * 2)"), X), true, false),
                     "x * 2.0 > 0.0 ? 2.0 * y : 0.0");
}
END_TEST

START_TEST(a_factor_goes_to_the_left)
{
    const scalar *y = scalar_leaf(set, Y);
    static const char *const cases[][2] = {
        {"x * (1 - x)", "y * x * (1.0f - x)"},
        {"select(x > 0, 1, x + 2)", "x > 0.0f ? y : y * (x + 2.0f)"},
        {"select(x > 0, 1, 0) * x", "x > 0.0f ? y * x : 0.0f"},
        {"-x", "-(y * x)"},
        {"0.5 * (x + 1) / x", "y * 0.5f * (x + 1.0f) / x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_str_eq(text_of(scalar_scale(set, y, formula(cases[i][0])), false, false), cases[i][1]);
}
END_TEST

START_TEST(parts_are_found_and_replaced)
{
    const scalar *e = formula("exp(x) * (1 + exp(x))");
    ck_assert(scalar_uses(e, X) && !scalar_uses(e, Y));
    ck_assert_ptr_eq(scalar_replace(set, e, formula("exp(x)"), scalar_leaf(set, Y)), formula("y * (1 + y)"));
    ck_assert_ptr_eq(scalar_replace(set, e, formula("exp(y)"), scalar_leaf(set, Y)), e);
}
END_TEST

START_TEST(directions_and_ranges_are_known)
{
    enum { RISES = SCALAR_RISES, FALLS = SCALAR_FALLS, STAYS = SCALAR_STAYS, UNKNOWN = RISES | FALLS | STAYS };
    static const struct {
        const char *text;
        unsigned moves;
        double low, high;
    } cases[] = {
        {"3", STAYS, 3, 3},
        {"x", RISES, -INFINITY, INFINITY},
        {"1 - 2 * x", FALLS, -INFINITY, INFINITY},
        {"1 / (1 + exp(-x))", RISES, 0, 1},
        {"tanh(x)", RISES, -1, 1},
        {"select(x < 0, 0, x)", RISES | STAYS, 0, INFINITY},
        {"select(x < 0, 0.2 * x, x)", RISES, -INFINITY, INFINITY},
        {"select(x < 0, -0.2 * x, x)", RISES | FALLS, 0, INFINITY},
        {"select(x < 0, 2 * expm1(x), x)", RISES, -2, INFINITY},
        {"select(x >= 0, x, x + 1)", RISES | FALLS, -INFINITY, INFINITY},
        {"select(x > 1, x + 1, x)", RISES, -INFINITY, INFINITY},
        {"min(max(x, 0), 6)", RISES | STAYS, 0, 6},
        {"log1p(exp(x))", RISES, 0, INFINITY},
        {"floor(x)", RISES | STAYS, -INFINITY, INFINITY},
        {"abs(x)", UNKNOWN, 0, INFINITY},
        {"x * y", UNKNOWN, -INFINITY, INFINITY},
        {"x * x", UNKNOWN, 0, INFINITY},
        {"x / (1 + exp(-x))", UNKNOWN, -INFINITY, INFINITY},
        {"sin(x)", UNKNOWN, -INFINITY, INFINITY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const scalar_facts f = scalar_analyse(formula(cases[i].text), X, -INFINITY, INFINITY);
        ck_assert_msg(f.moves == cases[i].moves, "%s: got %u, expected %u", cases[i].text, f.moves, cases[i].moves);
        ck_assert_msg(f.low == cases[i].low && f.high == cases[i].high, "%s: got %g to %g", cases[i].text, f.low,
                      f.high);
    }
    ck_assert_uint_eq(scalar_analyse(formula("x * x"), X, 1, 2).moves, RISES);
    ck_assert_uint_eq(scalar_analyse(formula("select(x < 0, -x, x)"), X, 0.5, 2).moves, RISES);
}
END_TEST

/* --- the rows of the language ------------------------------------------------------------------------- */

/** The derivative that a row gives against the one that follows from its formula, at 1,000 points. */
static void compare_derivatives(lang_activation kind, double argument)
{
    ir_graph *g = ir_graph_new(test_arena);
    const ir_activation f = ir_activation_new(g, kind, argument);
    if (!f.formula)
        return;
    const scalar *derived = ir_derived(f.formula);
    for (int i = 0; i < 1000; i++) {
        const double x = -8 + 0.01603 * i; /* never where a branch ends */
        const double leaves[IR_LEAF_COUNT] = {[IR_LEAF_X] = x, [IR_LEAF_Y] = ir_activate(f, x), [IR_LEAF_G] = 3};
        const double wanted = scalar_evaluate(derived, leaves), got = scalar_evaluate(f.formula->derivative, leaves);
        const double gradient = scalar_evaluate(f.formula->gradient, leaves);
        ck_assert_msg(fabs(got - wanted) <= 1e-11 * (1 + fabs(wanted)), "%s at %g: got %.17g, expected %.17g",
                      ir_activation_name(kind), x, got, wanted);
        ck_assert_msg(fabs(gradient - 3 * wanted) <= 1e-10 * (1 + fabs(wanted)), "%s at %g", ir_activation_name(kind),
                      x);
    }
}

START_TEST(given_derivatives_are_those_of_the_formula)
{
    for (int kind = 0; kind < LANG_ACTIVATION_COUNT; kind++)
        for (int argument = 0; argument < 3; argument++)
            compare_derivatives((lang_activation)kind, argument * 0.5);
}
END_TEST

/** At 1,000 predictions that are probabilities, and logits that give them. */
static void compare_loss_derivatives(lang_loss kind, double target)
{
    ir_loss loss = {.kind = kind, .delta = 0.3};
    ir_loss_complete(&loss, test_arena);
    const ir_loss_formula *f = loss.formula;
    const bool of_logit = f->computed != f->value;
    const scalar *derived = scalar_derive(f->set, f->computed, of_logit ? IR_LEAF_LOGIT : IR_LEAF_PREDICTION);
    for (int i = 0; i < 1000; i++) {
        const double z = -5 + 0.01003 * i, p = 1 / (1 + exp(-z));
        const double leaves[IR_LOSS_LEAVES] = {
            [IR_LEAF_PREDICTION] = p, [IR_LEAF_TARGET] = target, [IR_LEAF_LOGIT] = z};
        const double wanted = scalar_evaluate(derived, leaves), got = scalar_evaluate(f->derivative, leaves);
        const double value = scalar_evaluate(f->value, leaves), computed = scalar_evaluate(f->computed, leaves);
        ck_assert_msg(fabs(got - wanted) <= 1e-12, "%s at %g: got %.17g, expected %.17g", ir_loss_name(kind), p, got,
                      wanted);
        ck_assert_msg(fabs(value - computed) <= 1e-12, "%s at %g: of p %.17g, of z %.17g", ir_loss_name(kind), p, value,
                      computed);
        ck_assert_double_eq(f->factor * scalar_evaluate(f->slope, leaves), got);
    }
}

START_TEST(given_derivatives_are_those_of_the_loss)
{
    for (int kind = 0; kind < LANG_LOSS_COUNT; kind++)
        if (ir_loss_activation((lang_loss)kind) != LANG_ACTIVATION_SOFTMAX) /* which couples the outputs */
            for (int target = -1; target <= 1; target++)
                compare_loss_derivatives((lang_loss)kind, target);
}
END_TEST

/** An optimizer with the arguments of its row, those that are given or their defaults. */
static ir_optimizer optimizer_with(lang_optimizer kind, const char *const name[2], const double value[2])
{
    static const char *const others[] = {"learning_rate", "weight_decay", "clipnorm", "clipvalue", "global_clipnorm"};
    ir_optimizer o = {.kind = kind};
    for (const lang_param *p = lang_optimizers.entries[kind].params; p->name; p++) {
        bool is_own = true;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            is_own = is_own && strcmp(p->name, others[i]) != 0;
        if (!is_own)
            continue;
        double given = p->type == LANG_TYPE_BOOL ? strcmp(p->initial, "true") == 0 : strtod(p->initial, NULL);
        for (int i = 0; i < 2; i++)
            given = name[i] && strcmp(name[i], p->name) == 0 ? value[i] : given;
        o.argument[o.argument_count++] = (ir_optimizer_argument){p->name, given, p->type == LANG_TYPE_BOOL};
    }
    return o;
}

START_TEST(optimizers_keep_what_they_need)
{
    static const struct {
        lang_optimizer kind;
        const char *name[2];
        double value[2];
        int slots, once;
    } cases[] = {
        {LANG_OPTIMIZER_SGD, {NULL}, {0}, 0, 1},
        {LANG_OPTIMIZER_SGD, {"momentum"}, {0.9}, 1, 1},
        {LANG_OPTIMIZER_SGD, {"momentum", "nesterov"}, {0.9, 1}, 1, 1},
        {LANG_OPTIMIZER_RMSPROP, {NULL}, {0}, 1, 1},
        {LANG_OPTIMIZER_RMSPROP, {"momentum"}, {0.5}, 2, 1},
        {LANG_OPTIMIZER_RMSPROP, {"centered"}, {1}, 2, 1},
        {LANG_OPTIMIZER_ADAM, {NULL}, {0}, 2, 2},
        {LANG_OPTIMIZER_ADAM, {"amsgrad"}, {1}, 3, 2},
        {LANG_OPTIMIZER_ADAMW, {NULL}, {0}, 2, 2},
        {LANG_OPTIMIZER_NADAM, {NULL}, {0}, 2, 5},
        {LANG_OPTIMIZER_ADAGRAD, {NULL}, {0}, 1, 1},
        {LANG_OPTIMIZER_ADADELTA, {NULL}, {0}, 2, 1},
        {LANG_OPTIMIZER_ADAMAX, {NULL}, {0}, 2, 1},
        {LANG_OPTIMIZER_LION, {NULL}, {0}, 1, 1},
    };
    bool seen[LANG_OPTIMIZER_COUNT] = {false};
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const size_t nth = i / 2;
        ir_optimizer o = optimizer_with(cases[nth].kind, cases[nth].name, cases[nth].value);
        o.weight_decay = i % 2 ? 0.1 : 0;
        ir_optimizer_complete(&o, test_arena);
        ck_assert_int_eq(o.update->slot_count, cases[nth].slots);
        ck_assert_int_eq(o.update->once_count, cases[nth].once);
        ck_assert((o.update->product != NULL) == (o.kind == LANG_OPTIMIZER_NADAM));
        ck_assert(scalar_uses(o.update->parameter, IR_UPDATE_DECAY) == (o.weight_decay > 0));
        seen[o.kind] = true;
    }
    for (int kind = 0; kind < LANG_OPTIMIZER_COUNT; kind++)
        ck_assert(seen[kind]);
}
END_TEST

START_TEST(schedules_have_known_values)
{
    static const struct {
        ir_schedule schedule;
        double step, rate;
    } cases[] = {
        {{.kind = LANG_SCHEDULE_EXPONENTIAL_DECAY, .initial = 0.1, .steps = 10, .decay_rate = 0.25}, 15, 0.0125},
        {{.kind = LANG_SCHEDULE_EXPONENTIAL_DECAY, .initial = 0.1, .steps = 10, .decay_rate = 0.25, .staircase = true},
         15,
         0.025},
        {{.kind = LANG_SCHEDULE_STEP_DECAY, .initial = 0.1, .steps = 10, .decay_rate = 0.5}, 29, 0.025},
        {{.kind = LANG_SCHEDULE_COSINE_DECAY, .initial = 0.1, .steps = 10, .alpha = 0.5}, 5, 0.075},
        {{.kind = LANG_SCHEDULE_COSINE_DECAY, .initial = 0.1, .steps = 10, .warmup_target = 0.5, .warmup_steps = 4},
         2,
         0.3},
        {{.kind = LANG_SCHEDULE_POLYNOMIAL_DECAY, .initial = 0.5, .steps = 10, .end = 0.1, .power = 2}, 5, 0.2},
        {{.kind = LANG_SCHEDULE_POLYNOMIAL_DECAY, .initial = 0.5, .steps = 10, .end = 0.1, .power = 1, .cycle = true},
         15,
         0.2},
        {{.kind = LANG_SCHEDULE_ONE_CYCLE, .initial = 0.1, .highest = 1, .last = 0.01, .steps = 21, .rising = 0.5},
         30,
         0.01},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ir_schedule s = cases[i].schedule;
        ir_schedule_complete(&s, test_arena);
        const double got = scalar_evaluate(s.formula, &cases[i].step);
        ck_assert_msg(fabs(got - cases[i].rate) <= 1e-15, "case %zu: got %.17g, expected %.17g", i, got, cases[i].rate);
    }
}
END_TEST

START_TEST(activations_have_known_values)
{
    static const struct {
        lang_activation kind;
        double argument, x, value;
    } cases[] = {
        {LANG_ACTIVATION_RELU, 0, -2, 0},
        {LANG_ACTIVATION_LEAKY_RELU, 0.2, -2, -0.4},
        {LANG_ACTIVATION_ELU, 0.5, -1, -0.3160602794142788},
        {LANG_ACTIVATION_GELU, 0, 1, 0.8413447460685429},
        {LANG_ACTIVATION_GELU, 1, 1, 0.8411919906082768},
        {LANG_ACTIVATION_SILU, 0, 1, 0.7310585786300049},
        {LANG_ACTIVATION_SIGMOID, 0, 1, 0.7310585786300049},
        {LANG_ACTIVATION_TANH, 0, 1, 0.7615941559557649},
        {LANG_ACTIVATION_RELU6, 0, 7, 6},
        {LANG_ACTIVATION_RELU6, 0, 5, 5},
        {LANG_ACTIVATION_RELU6, 0, -1, 0},
        {LANG_ACTIVATION_SELU, 0, 2, 2.101401974710961},
        {LANG_ACTIVATION_SELU, 0, -1, -1.1113307378125625},
        {LANG_ACTIVATION_SOFTPLUS, 0, 1, 1.3132616875182228},
        {LANG_ACTIVATION_SOFTPLUS, 0, -1, 0.3132616875182228},
        {LANG_ACTIVATION_SOFTPLUS, 0, 1000, 1000},
        {LANG_ACTIVATION_SOFTSIGN, 0, -3, -0.75},
        {LANG_ACTIVATION_MISH, 0, 1, 0.8650983882673103},
        {LANG_ACTIVATION_MISH, 0, 1000, 1000},
        {LANG_ACTIVATION_HARD_SIGMOID, 0, 1, 2.0 / 3},
        {LANG_ACTIVATION_HARD_SIGMOID, 0, -4, 0},
        {LANG_ACTIVATION_HARD_SILU, 0, 1, 2.0 / 3},
        {LANG_ACTIVATION_HARD_SILU, 0, 4, 4},
        {LANG_ACTIVATION_EXPONENTIAL, 0, 1, 2.718281828459045},
    };
    ir_graph *g = ir_graph_new(test_arena);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const ir_activation f = ir_activation_new(g, cases[i].kind, cases[i].argument);
        const double got = ir_activate(f, cases[i].x);
        ck_assert_msg(fabs(got - cases[i].value) <= 1e-14 * fabs(cases[i].value), "%s(%g): got %.17g, expected %.17g",
                      ir_activation_name(f.kind), cases[i].x, got, cases[i].value);
    }
}
END_TEST

START_TEST(facts_of_activations)
{
    ir_graph *g = ir_graph_new(test_arena);
    static const struct {
        lang_activation kind;
        double argument;
        bool never_falls, keeps_order, is_zero_below, is_relu, takes_input;
    } cases[] = {
        {LANG_ACTIVATION_LINEAR, 0, true, true, false, false, false},
        {LANG_ACTIVATION_RELU, 0, true, false, true, true, false},
        {LANG_ACTIVATION_LEAKY_RELU, 0.2, true, true, false, false, false},
        {LANG_ACTIVATION_LEAKY_RELU, 0, true, false, true, false, false},
        {LANG_ACTIVATION_ELU, 1, true, true, false, false, false},
        {LANG_ACTIVATION_ELU, 0, true, false, true, false, false},
        {LANG_ACTIVATION_GELU, 0, false, false, false, false, true},
        {LANG_ACTIVATION_GELU, 1, false, false, false, false, true},
        {LANG_ACTIVATION_SILU, 0, false, false, false, false, true},
        {LANG_ACTIVATION_SIGMOID, 0, true, true, false, false, false},
        {LANG_ACTIVATION_TANH, 0, true, true, false, false, false},
        {LANG_ACTIVATION_RELU6, 0, true, false, true, false, false},
        {LANG_ACTIVATION_SELU, 0, true, true, false, false, false},
        {LANG_ACTIVATION_SOFTPLUS, 0, true, false, false, false, false},
        {LANG_ACTIVATION_SOFTSIGN, 0, true, false, false, false, false},
        {LANG_ACTIVATION_MISH, 0, false, false, false, false, true},
        {LANG_ACTIVATION_HARD_SIGMOID, 0, true, false, false, false, false},
        {LANG_ACTIVATION_HARD_SILU, 0, false, false, false, false, true},
        {LANG_ACTIVATION_EXPONENTIAL, 0, true, true, false, false, false},
        {LANG_ACTIVATION_SOFTMAX, 0, false, true, false, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const ir_activation f = ir_activation_new(g, cases[i].kind, cases[i].argument);
        const char *name = ir_activation_name(f.kind);
        ck_assert_msg(ir_never_falls(f) == cases[i].never_falls, "%s never falls", name);
        ck_assert_msg(ir_keeps_order(f) == cases[i].keeps_order, "%s keeps the order", name);
        ck_assert_msg(ir_is_zero_below(f) == cases[i].is_zero_below, "%s is 0 below 0", name);
        ck_assert_msg(ir_is_relu(f) == cases[i].is_relu, "%s is relu", name);
        ck_assert_msg(ir_is_clip(f) == (f.kind == LANG_ACTIVATION_RELU6), "%s is a clip", name);
        bool falls = f.kind == LANG_ACTIVATION_SOFTMAX;
        for (double x = -8; x < 8; x += 1.0 / 64)
            falls = falls || ir_activate(f, x + 1.0 / 64) < ir_activate(f, x);
        ck_assert_msg(ir_never_falls(f) == !falls, "%s falls somewhere", name);
        ck_assert_msg(ir_derivative_takes_input(f) == cases[i].takes_input, "%s takes its input", name);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scalar");
    TCase *c = tcase_create("scalar");
    tcase_add_checked_fixture(c, set_up, test_teardown);
    tcase_add_test(c, equal_expressions_are_one_node);
    tcase_add_test(c, rewrites_keep_every_bit);
    tcase_add_test(c, formulas_name_their_parts);
    tcase_add_test(c, formulas_are_refused_with_a_place);
    tcase_add_test(c, text_has_the_parentheses_it_needs);
    tcase_add_test(c, a_product_in_one_sum_is_contracted);
    tcase_add_test(c, derivatives_agree_with_differences);
    tcase_add_test(c, derivatives_have_no_needless_parts);
    tcase_add_test(c, a_factor_goes_to_the_left);
    tcase_add_test(c, parts_are_found_and_replaced);
    tcase_add_test(c, directions_and_ranges_are_known);
    tcase_add_test(c, given_derivatives_are_those_of_the_formula);
    tcase_add_test(c, given_derivatives_are_those_of_the_loss);
    tcase_add_test(c, optimizers_keep_what_they_need);
    tcase_add_test(c, schedules_have_known_values);
    tcase_add_test(c, activations_have_known_values);
    tcase_add_test(c, facts_of_activations);
    suite_add_tcase(suite, c);
    return test_run(suite);
}
