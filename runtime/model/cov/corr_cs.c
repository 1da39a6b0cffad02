/* corr_cs.c: compound symmetry: one correlation.  A matrix of m positions is one from -1/(m - 1) on. */
#include "runtime/model/cov/correlation.h"

static int one(const struct positions *x) {
  return x->m > 1;
}

static double lower(const struct positions *x) {
  return x->m > 1 ? -1.0 / (x->m - 1) : 0;
}

static double rho(const struct positions *x, const double *theta, int i) {
  return bounded(lower(x), 1, theta[i]);
}

static bool matrix(const struct positions *x, const double *theta, double *c) {
  double r = x->m > 1 ? rho(x, theta, 0) : 0;
  for (int j = 0; j < x->m; j++)
    for (int i = 0; i < x->m; i++) c[i + j * x->m] = i == j ? 1 : r;
  return true;
}

static void derivative(const struct positions *x, const double *theta, int i, double *d) {
  double slope = bounded_slope(lower(x), 1, theta[i]);
  for (int b = 0; b < x->m; b++)
    for (int a = 0; a < x->m; a++) d[a + b * x->m] = a == b ? 0 : slope;
}

const struct correlation corr_cs = {
    .name = "cs", .n = one, .matrix = matrix, .derivative = derivative, .natural = rho};
