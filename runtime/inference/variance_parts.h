/* variance_parts.h: the variance of the response divided: fixed effects, each random term, residual.
 *
 * Nakagawa & Schielzeth (2013), with Johnson's (2014) mean variance over the rows for random slopes:
 *   fixed     variance of X b over the rows used, divisor n - 1
 *   random t  mean over the rows of z_i' G_t z_i
 *   residual  sigma^2 times the mean of 1 / w_i
 */
#ifndef KIN_VARIANCE_PARTS_H
#define KIN_VARIANCE_PARTS_H

#include "runtime/inference/fit.h"

struct variance_parts {
  double fixed, residual;
  double random;      /* sum of the terms */
  const double *term; /* n_terms */
};

struct variance_parts variance_parts(struct arena *a, const struct fit *f);

#endif
