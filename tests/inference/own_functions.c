/* The functions that freestanding code has of its own, against those of the C library in double: every 1009th float,
 * and the ends. CODE is a file that contains all of them. Prints the largest errors in units in the last place; exit
 * code 1 if one is above what the generated comments state. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include CODE

static float from_bits(uint32_t bits)
{
    const union {
        uint32_t bits;
        float value;
    } u = {bits};
    return u.value;
}

/** The distance of a float from an exact value, in units in the last place of the value as a float. */
static double error_of(float got, double exact)
{
    const float nearest = (float)exact;
    if (isnan(exact) || isnan(got))
        return isnan(exact) && isnan(got) ? 0 : INFINITY;
    if (nearest == got)
        return signbit(got) == signbit(nearest) ? 0 : INFINITY;
    if (isinf(got) || isinf(nearest))
        return INFINITY;
    int exponent;
    frexp(exact, &exponent);
    return fabs(got - exact) / ldexp(1, exponent - 24 < -149 ? -149 : exponent - 24);
}

static int check(const char *name, float (*own)(float), double (*exact)(double), double limit)
{
    static const float ends[] = {0.0f,  -0.0f,     1.0f,     -1.0f,   INFINITY, -INFINITY, NAN,    FLT_MAX, -FLT_MAX,
                                 88.7f, 88.72284f, 88.7229f, -103.9f, -104.0f,  0.5f,      -0.25f, FLT_MIN, 3.9192059f};
    enum { ENDS = sizeof ends / sizeof *ends, STEP = 1009 };
    double worst = 0;
    float at = 0;
    for (uint64_t k = 0; k < ENDS + UINT32_MAX / STEP; k++) {
        const float x = k < ENDS ? ends[k] : from_bits((uint32_t)((k - ENDS) * STEP));
        const double error = error_of(own(x), exact((double)x));
        at = error > worst ? x : at;
        worst = error > worst ? error : worst;
    }
    printf("%s %.4f at %.9g\n", name, worst, (double)at);
    return worst > limit;
}

int main(void)
{
    int failed = check("expf", own_expf, exp, 0.51);
    failed += check("expm1f", own_expm1f, expm1, 0.51);
    failed += check("log1pf", own_log1pf, log1p, 0.51);
    failed += check("tanhf", own_tanhf, tanh, 0.51);
    failed += check("erff", own_erff, erf, 0.51);
    failed += check("sqrtf", own_sqrtf, sqrt, 0);
    failed += check("fabsf", own_fabsf, fabs, 0);
    return failed > 0;
}
