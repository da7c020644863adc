#include "mnn/sums.h"

#include <math.h>

/* Element i belongs to lane i % LANES; the lanes are added up in order at the end. One chain of additions would
 * have to wait for each of them. */
enum { LANES = 16 };

static double total(const double lane[LANES])
{
    double sum = 0.0;
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

double mnn_sum_of_magnitudes(const float *x, int n)
{
    double lane[LANES] = {0};
    const int whole = n - n % LANES;
    for (int i = 0; i < whole; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += fabs((double)x[i + k]);
    for (int i = whole; i < n; i++)
        lane[i - whole] += fabs((double)x[i]);
    return total(lane);
}

double mnn_sum_of_squares(const float *x, int n)
{
    double lane[LANES] = {0};
    const int whole = n - n % LANES;
    for (int i = 0; i < whole; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += (double)x[i + k] * (double)x[i + k];
    for (int i = whole; i < n; i++)
        lane[i - whole] += (double)x[i] * (double)x[i];
    return total(lane);
}
