/* The optimizers of Keras 3 in double precision, written from the formulas of its documentation and
 * independent of the compiler: what tests compare generated update functions with.
 *
 * Each call is one step of w[n] with the gradient g[n]; w and the state are changed. The state arrays have
 * n elements and are 0 before the first step. */
#ifndef MNN_REFERENCE_OPTIMIZERS_H
#define MNN_REFERENCE_OPTIMIZERS_H

#include <stdbool.h>

/** @param velocity  NULL is allowed with momentum 0, which does not use it */
void ref_sgd_step(double *w, double *velocity, const double *g, int n, double lr, double momentum, bool nesterov);

/** @param v        running mean of the squared gradient
 *  @param mean     that of the gradient; NULL: not centered
 *  @param mom      NULL is allowed with momentum 0, which does not use it
 *  @param epsilon  inside the root */
void ref_rmsprop_step(double *w, double *v, double *mean, double *mom, const double *g, int n, double lr, double rho,
                      double momentum, double epsilon);

/** @param m, v     first and second moment
 *  @param top      the largest v so far; NULL: no amsgrad
 *  @param epsilon  "epsilon hat": added to the root of the second moment before its correction
 *  @param step     number of this step, from 1 */
void ref_adam_step(double *w, double *m, double *v, double *top, const double *g, int n, double lr, double beta_1,
                   double beta_2, double epsilon, unsigned long step);

/** @param u_product  u(1) ... u(t - 1) before the call, u(1) ... u(t) after it; 1 before the first step */
void ref_nadam_step(double *w, double *m, double *v, double *u_product, const double *g, int n, double lr,
                    double beta_1, double beta_2, double epsilon, unsigned long step);

/** @param accumulator  initial_accumulator_value before the first step
 *  @param epsilon      inside the root */
void ref_adagrad_step(double *w, double *accumulator, const double *g, int n, double lr, double epsilon);

/** @param accumulated, change  running means of the squares of the gradient and of the change */
void ref_adadelta_step(double *w, double *accumulated, double *change, const double *g, int n, double lr, double rho,
                       double epsilon);

/** @param u  the largest gradient so far, decaying */
void ref_adamax_step(double *w, double *m, double *u, const double *g, int n, double lr, double beta_1, double beta_2,
                     double epsilon, unsigned long step);

void ref_lion_step(double *w, double *m, const double *g, int n, double lr, double beta_1, double beta_2);

/* What comes before the step, in this order. */

/** clipvalue */
void ref_clip_by_value(double *g, int n, double limit);

/** clipnorm of one tensor's gradient, or global_clipnorm of all of them. */
void ref_clip_by_norm(double *g, int n, double limit);

/** weight_decay; adamw is this and then ref_adam_step(). */
void ref_decay_weights(double *w, int n, double lr, double weight_decay);

#endif
