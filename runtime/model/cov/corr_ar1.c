/* corr_ar1.c: first-order autoregression: rho to the power of the steps between two positions. */
#include "runtime/model/cov/correlation.h"
#include <math.h>

static int one(const struct positions *x) {
  return x->m > 1;
}

static double rho(const struct positions *x, const double *theta, int i) {
  (void)x;
  return bounded(-1, 1, theta[i]);
}

static bool matrix(const struct positions *x, const double *theta, double *c) {
  double r = x->m > 1 ? rho(x, theta, 0) : 0;
  for (int j = 0; j < x->m; j++)
    for (int i = 0; i < x->m; i++) c[i + j * x->m] = i == j ? 1 : pow(r, position_distance(x, i, j));
  return true;
}

static void derivative(const struct positions *x, const double *theta, int i, double *d) {
  double r = rho(x, theta, i), slope = bounded_slope(-1, 1, theta[i]);
  for (int b = 0; b < x->m; b++)
    for (int a = 0; a < x->m; a++) {
      double steps = position_distance(x, a, b);
      d[a + b * x->m] = steps > 0 ? slope * steps * pow(r, steps - 1) : 0;
    }
}

const struct correlation corr_ar1 = {
    .name = "ar1", .n = one, .matrix = matrix, .derivative = derivative, .natural = rho};
