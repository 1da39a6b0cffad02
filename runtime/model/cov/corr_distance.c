/* corr_distance.c: correlations that fall with the distance: ou over time, exp in any number of dimensions. */
#include "runtime/model/cov/correlation.h"
#include <math.h>

static int one(const struct positions *x) {
  return x->m > 1;
}

/* exp(-u), u = rate d: du/dtheta = u for theta = log rate, -u for theta = log range. */
static double decay(double u, double *first, double *second) {
  double c = exp(-u);
  *first = -u * c;
  *second = u * (u - 1) * c;
  return c;
}

static double by_rate(double distance, double theta, double *first, double *second) {
  return decay(exp(theta) * distance, first, second);
}

static double by_range(double distance, double theta, double *first, double *second) {
  double c = decay(exp(-theta) * distance, first, second);
  *first = -*first;
  return c;
}

static double natural(const struct positions *x, const double *theta, int i) {
  (void)x;
  return exp(theta[i]);
}

typedef double of_distance(double distance, double theta, double *first, double *second);

static bool fill(const struct positions *x, double theta, of_distance *f, bool slope, double *c) {
  for (int j = 0; j < x->m; j++)
    for (int i = 0; i < x->m; i++) {
      double first, second, value = f(position_distance(x, i, j), theta, &first, &second);
      c[i + j * x->m] = slope ? first : value;
    }
  return true;
}

static bool ou_matrix(const struct positions *x, const double *theta, double *c) {
  return fill(x, x->m > 1 ? theta[0] : 0, by_rate, false, c);
}

static void ou_derivative(const struct positions *x, const double *theta, int i, double *d) {
  fill(x, theta[i], by_rate, true, d);
}

static bool exp_matrix(const struct positions *x, const double *theta, double *c) {
  return fill(x, x->m > 1 ? theta[0] : 0, by_range, false, c);
}

static void exp_derivative(const struct positions *x, const double *theta, int i, double *d) {
  fill(x, theta[i], by_range, true, d);
}

const struct correlation corr_ou = {.name = "ou",
                                    .n = one,
                                    .matrix = ou_matrix,
                                    .derivative = ou_derivative,
                                    .natural = natural,
                                    .of_distance = by_rate};
const struct correlation corr_exp = {.name = "exp",
                                     .n = one,
                                     .matrix = exp_matrix,
                                     .derivative = exp_derivative,
                                     .natural = natural,
                                     .of_distance = by_range};
