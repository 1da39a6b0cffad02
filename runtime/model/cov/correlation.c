#include "runtime/model/cov/correlation.h"
#include <math.h>
#include <stddef.h>

double bounded(double lower, double upper, double theta) {
  return (lower + upper) / 2 + (upper - lower) / 2 * sin(theta);
}

double bounded_slope(double lower, double upper, double theta) {
  return (upper - lower) / 2 * cos(theta);
}

double position_at(const struct positions *x, int i) {
  return x->dims ? x->coordinate[(size_t)i * (size_t)x->dims] : i;
}

double position_distance(const struct positions *x, int i, int j) {
  if (x->dims <= 1) return fabs(position_at(x, i) - position_at(x, j));
  const double *a = x->coordinate + (size_t)i * (size_t)x->dims,
               *b = x->coordinate + (size_t)j * (size_t)x->dims;
  double sum = 0;
  for (int k = 0; k < x->dims; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sqrt(sum);
}

/* ---- without parameters ---- */

static bool identity_matrix(const struct positions *x, const double *theta, double *c) {
  (void)theta;
  for (int j = 0; j < x->m; j++)
    for (int i = 0; i < x->m; i++) c[i + j * x->m] = i == j;
  return true;
}

const struct correlation corr_identity = {.name = "identity", .matrix = identity_matrix};

static bool known_matrix(const struct positions *x, const double *theta, double *c) {
  (void)theta;
  for (int i = 0; i < x->m * x->m; i++) c[i] = x->known[i];
  return true;
}

const struct correlation corr_known = {.name = "known", .matrix = known_matrix};
