/* Orthonormal rows or columns from a matrix of independent normal numbers. */
#include "math/orthogonal.h"

#include <math.h>

enum { BLOCK = 64 }; /* projections that are computed at once */

/* Element e of vector v. */
static float *element(const mnn_vectors *m, int e, int v)
{
    return m->first + (long)e * m->element_step + (long)v * m->vector_step;
}

/* Take the parts along the vectors first .. first + count - 1, which are orthonormal, out of vector v. */
static void project_out(const mnn_vectors *m, int v, int first, int count)
{
    double dot[BLOCK] = {0};
    for (int e = 0; e < m->length; e++) {
        const double x = (double)*element(m, e, v);
        for (int k = 0; k < count; k++)
            dot[k] += x * (double)*element(m, e, first + k);
    }
    for (int e = 0; e < m->length; e++) {
        double x = (double)*element(m, e, v);
        for (int k = 0; k < count; k++)
            x -= dot[k] * (double)*element(m, e, first + k);
        *element(m, e, v) = (float)x;
    }
}

static void scale_to_length(const mnn_vectors *m, int v, double length)
{
    double squares = 0;
    for (int e = 0; e < m->length; e++)
        squares += (double)*element(m, e, v) * (double)*element(m, e, v);
    const double factor = squares > 0 ? length / sqrt(squares) : 0;
    for (int e = 0; e < m->length; e++)
        *element(m, e, v) = (float)(factor * (double)*element(m, e, v));
}

void mnn_orthonormalize(const mnn_vectors *m, double gain)
{
    for (int v = 0; v < m->count; v++) {
        for (int pass = 0; pass < 2; pass++)
            for (int first = 0; first < v; first += BLOCK)
                project_out(m, v, first, v - first < BLOCK ? v - first : BLOCK);
        scale_to_length(m, v, 1.0);
    }
    for (int v = 0; gain != 1.0 && v < m->count; v++)
        for (int e = 0; e < m->length; e++)
            *element(m, e, v) = (float)(gain * (double)*element(m, e, v));
}
