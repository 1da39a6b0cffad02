/* corr_ante1.c: first-order ante-dependence (Gabriel 1962): a correlation for each pair of neighbours, products of them between
   others.  Positions are in order. */
#include "runtime/model/cov/correlation.h"

static int neighbours(const struct positions *x) {
  return x->m - 1;
}

static double rho(const struct positions *x, const double *theta, int i) {
  (void)x;
  return bounded(-1, 1, theta[i]);
}

/* The product from neighbour pair a to b - 1, without pair `skip`. */
static double product(const double *theta, int a, int b, int skip) {
  double p = 1;
  for (int k = a; k < b; k++)
    if (k != skip) p *= bounded(-1, 1, theta[k]);
  return p;
}

static bool matrix(const struct positions *x, const double *theta, double *c) {
  for (int j = 0; j < x->m; j++)
    for (int i = 0; i <= j; i++) c[i + j * x->m] = c[j + i * x->m] = product(theta, i, j, -1);
  return true;
}

static void derivative(const struct positions *x, const double *theta, int k, double *d) {
  double slope = bounded_slope(-1, 1, theta[k]);
  for (int j = 0; j < x->m; j++)
    for (int i = 0; i <= j; i++)
      d[i + j * x->m] = d[j + i * x->m] = i <= k && k < j ? slope * product(theta, i, j, k) : 0;
}

const struct correlation corr_ante1 = {
    .name = "ante1", .n = neighbours, .matrix = matrix, .derivative = derivative, .natural = rho};
