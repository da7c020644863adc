/* One function an optimizer, one element at a time, as the formulas are printed in
 * https://keras.io/api/optimizers/ (sgd, rmsprop, adam, nadam, adagrad) and in its source: base_optimizer.py for
 * clipping and weight decay. */
#include "optimizers.h"

#include <math.h>

/* velocity = momentum * velocity - lr * g
 * w += velocity, or with nesterov: w += momentum * velocity - lr * g */
void ref_sgd_step(double *w, double *velocity, const double *g, int n, double lr, double momentum, bool nesterov)
{
    for (int i = 0; i < n; i++) {
        if (momentum == 0.0) {
            w[i] -= lr * g[i];
            continue;
        }
        velocity[i] = momentum * velocity[i] - lr * g[i];
        if (nesterov)
            w[i] += momentum * velocity[i] - lr * g[i];
        else
            w[i] += velocity[i];
    }
}

/* v = rho * v + (1 - rho) * g^2
 * increment = lr * g / sqrt(v + epsilon)
 * w -= increment, or with momentum: mom = momentum * mom + increment; w -= mom */
void ref_rmsprop_step(double *w, double *v, double *mom, const double *g, int n, double lr, double rho, double momentum,
                      double epsilon)
{
    for (int i = 0; i < n; i++) {
        v[i] = rho * v[i] + (1.0 - rho) * g[i] * g[i];
        const double increment = lr * g[i] / sqrt(v[i] + epsilon);
        if (momentum == 0.0) {
            w[i] -= increment;
            continue;
        }
        mom[i] = momentum * mom[i] + increment;
        w[i] -= mom[i];
    }
}

/* m = beta_1 * m + (1 - beta_1) * g
 * v = beta_2 * v + (1 - beta_2) * g^2
 * alpha = lr * sqrt(1 - beta_2^step) / (1 - beta_1^step)
 * w -= alpha * m / (sqrt(v) + epsilon) */
void ref_adam_step(double *w, double *m, double *v, const double *g, int n, double lr, double beta_1, double beta_2,
                   double epsilon, unsigned long step)
{
    const double t = (double)step;
    const double alpha = lr * sqrt(1.0 - pow(beta_2, t)) / (1.0 - pow(beta_1, t));
    for (int i = 0; i < n; i++) {
        m[i] = beta_1 * m[i] + (1.0 - beta_1) * g[i];
        v[i] = beta_2 * v[i] + (1.0 - beta_2) * g[i] * g[i];
        w[i] -= alpha * m[i] / (sqrt(v[i]) + epsilon);
    }
}

/* u(k) = beta_1 * (1 - 0.5 * 0.96^k)
 * m_hat = u(t+1) * m / (1 - u(1)...u(t+1)) + (1 - u(t)) * g / (1 - u(1)...u(t))
 * v_hat = v / (1 - beta_2^t)
 * w -= lr * m_hat / (sqrt(v_hat) + epsilon) */
void ref_nadam_step(double *w, double *m, double *v, double *u_product, const double *g, int n, double lr,
                    double beta_1, double beta_2, double epsilon, unsigned long step)
{
    const double t = (double)step;
    const double u_t = beta_1 * (1.0 - 0.5 * pow(0.96, t));
    const double u_t_1 = beta_1 * (1.0 - 0.5 * pow(0.96, t + 1.0));
    *u_product *= u_t;
    const double u_product_t_1 = *u_product * u_t_1;
    for (int i = 0; i < n; i++) {
        m[i] = beta_1 * m[i] + (1.0 - beta_1) * g[i];
        v[i] = beta_2 * v[i] + (1.0 - beta_2) * g[i] * g[i];
        const double m_hat = u_t_1 * m[i] / (1.0 - u_product_t_1) + (1.0 - u_t) * g[i] / (1.0 - *u_product);
        const double v_hat = v[i] / (1.0 - pow(beta_2, t));
        w[i] -= lr * m_hat / (sqrt(v_hat) + epsilon);
    }
}

/* accumulator += g^2; w -= lr * g / sqrt(accumulator + epsilon) */
void ref_adagrad_step(double *w, double *accumulator, const double *g, int n, double lr, double epsilon)
{
    for (int i = 0; i < n; i++) {
        accumulator[i] += g[i] * g[i];
        w[i] -= lr * g[i] / sqrt(accumulator[i] + epsilon);
    }
}

void ref_clip_by_value(double *g, int n, double limit)
{
    for (int i = 0; i < n; i++)
        g[i] = fmin(fmax(g[i], -limit), limit);
}

/* g * limit / max(norm, limit) */
void ref_clip_by_norm(double *g, int n, double limit)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++)
        sum += g[i] * g[i];
    for (int i = 0; i < n; i++)
        g[i] = g[i] * limit / fmax(sqrt(sum), limit);
}

/* w -= w * weight_decay * lr */
void ref_decay_weights(double *w, int n, double lr, double weight_decay)
{
    for (int i = 0; i < n; i++)
        w[i] -= w[i] * weight_decay * lr;
}
