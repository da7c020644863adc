/* Initializers with fan-in and fan-out put in: what the runtime needs to draw numbers. */
#include "plan/plan.h"

#include <math.h>

/* The standard deviation of a standard normal distribution that is cut at two standard deviations: Keras
 * divides by it, so that the variance after the cut is the requested one. */
static const double TRUNCATED_STDDEV = 0.87962566103423978;

static plan_initial uniform(double limit)
{
    return (plan_initial){"MNN_INIT_UNIFORM", -limit, limit};
}

static plan_initial truncated(double variance)
{
    return (plan_initial){"MNN_INIT_TRUNCATED_NORMAL", 0.0, sqrt(variance) / TRUNCATED_STDDEV};
}

static plan_initial learnt(ir_initializer i)
{
    const bool scale = i.kind == LANG_INITIALIZER_ONES;
    if (i.learnt == IR_LEARNT_STANDARDIZE)
        return (plan_initial){scale ? "MNN_INIT_STANDARDIZE_SCALE" : "MNN_INIT_STANDARDIZE_CENTER", 0, 0};
    return (plan_initial){scale ? "MNN_INIT_MINMAX_SCALE" : "MNN_INIT_MINMAX_CENTER", i.a, i.b};
}

plan_initial plan_initial_of(const ir_value *v)
{
    /* Keras: for a bias, fan-in and fan-out are both its length */
    const double in = v->fan_in ? (double)v->fan_in : (double)ir_elements(v->shape);
    const double out = v->fan_out ? (double)v->fan_out : (double)ir_elements(v->shape);
    const ir_initializer i = v->initializer;
    if (i.learnt != IR_LEARNT_NOT)
        return learnt(i);
    switch (i.kind) {
    case LANG_INITIALIZER_ONES:
        return (plan_initial){"MNN_INIT_ONES", 0, 0};
    case LANG_INITIALIZER_CONSTANT:
        return (plan_initial){"MNN_INIT_CONSTANT", i.a, 0};
    case LANG_INITIALIZER_GLOROT_UNIFORM:
        return uniform(sqrt(6.0 / (in + out)));
    case LANG_INITIALIZER_GLOROT_NORMAL:
        return truncated(2.0 / (in + out));
    case LANG_INITIALIZER_HE_UNIFORM:
        return uniform(sqrt(6.0 / in));
    case LANG_INITIALIZER_HE_NORMAL:
        return truncated(2.0 / in);
    case LANG_INITIALIZER_LECUN_UNIFORM:
        return uniform(sqrt(3.0 / in));
    case LANG_INITIALIZER_LECUN_NORMAL:
        return truncated(1.0 / in);
    case LANG_INITIALIZER_ORTHOGONAL:
        return (plan_initial){"MNN_INIT_ORTHOGONAL", i.a, 0};
    case LANG_INITIALIZER_UNIT_FORGET:
        return (plan_initial){"MNN_INIT_UNIT_FORGET", 0, 0};
    case LANG_INITIALIZER_RANDOM_UNIFORM:
        return (plan_initial){"MNN_INIT_UNIFORM", i.a, i.b};
    case LANG_INITIALIZER_RANDOM_NORMAL:
        return (plan_initial){"MNN_INIT_NORMAL", i.a, i.b};
    case LANG_INITIALIZER_ZEROS:
    case LANG_INITIALIZER_COUNT:
        break;
    }
    return (plan_initial){"MNN_INIT_ZEROS", 0, 0};
}
