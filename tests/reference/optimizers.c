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
 * increment = lr * g / sqrt(v + epsilon), centered: v - mean^2 in the root, with mean = rho * mean + (1 - rho) * g
 * w -= increment, or with momentum: mom = momentum * mom + increment; w -= mom */
void ref_rmsprop_step(double *w, double *v, double *mean, double *mom, const double *g, int n, double lr, double rho,
                      double momentum, double epsilon)
{
    for (int i = 0; i < n; i++) {
        v[i] = rho * v[i] + (1.0 - rho) * g[i] * g[i];
        double variance = v[i];
        if (mean) {
            mean[i] = rho * mean[i] + (1.0 - rho) * g[i];
            variance -= mean[i] * mean[i];
        }
        const double increment = lr * g[i] / sqrt(variance + epsilon);
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
void ref_adam_step(double *w, double *m, double *v, double *top, const double *g, int n, double lr, double beta_1,
                   double beta_2, double epsilon, unsigned long step)
{
    const double t = (double)step;
    const double alpha = lr * sqrt(1.0 - pow(beta_2, t)) / (1.0 - pow(beta_1, t));
    for (int i = 0; i < n; i++) {
        m[i] = beta_1 * m[i] + (1.0 - beta_1) * g[i];
        v[i] = beta_2 * v[i] + (1.0 - beta_2) * g[i] * g[i];
        if (top)
            top[i] = fmax(top[i], v[i]);
        w[i] -= alpha * m[i] / (sqrt(top ? top[i] : v[i]) + epsilon);
    }
}

/* x = rho * x + (1 - rho) * g^2
 * delta = sqrt(d + epsilon) / sqrt(x + epsilon) * g
 * d = rho * d + (1 - rho) * delta^2; w -= lr * delta */
void ref_adadelta_step(double *w, double *accumulated, double *change, const double *g, int n, double lr, double rho,
                       double epsilon)
{
    for (int i = 0; i < n; i++) {
        accumulated[i] = rho * accumulated[i] + (1.0 - rho) * g[i] * g[i];
        const double delta = sqrt(change[i] + epsilon) * g[i] / sqrt(accumulated[i] + epsilon);
        change[i] = rho * change[i] + (1.0 - rho) * delta * delta;
        w[i] -= lr * delta;
    }
}

/* m = beta_1 * m + (1 - beta_1) * g; u = max(beta_2 * u, |g|)
 * w -= lr / (1 - beta_1^step) * m / (u + epsilon) */
void ref_adamax_step(double *w, double *m, double *u, const double *g, int n, double lr, double beta_1, double beta_2,
                     double epsilon, unsigned long step)
{
    const double rate = lr / (1.0 - pow(beta_1, (double)step));
    for (int i = 0; i < n; i++) {
        m[i] = beta_1 * m[i] + (1.0 - beta_1) * g[i];
        u[i] = fmax(beta_2 * u[i], fabs(g[i]));
        w[i] -= rate * m[i] / (u[i] + epsilon);
    }
}

/* w -= lr * sign(beta_1 * m + (1 - beta_1) * g); m = beta_2 * m + (1 - beta_2) * g */
void ref_lion_step(double *w, double *m, const double *g, int n, double lr, double beta_1, double beta_2)
{
    for (int i = 0; i < n; i++) {
        const double c = beta_1 * m[i] + (1.0 - beta_1) * g[i];
        w[i] -= lr * (double)((c > 0) - (c < 0));
        m[i] = beta_2 * m[i] + (1.0 - beta_2) * g[i];
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
