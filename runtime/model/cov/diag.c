/* diag.c: independent effects, G = diag(theta^2).  phi: the variances. */
#include "runtime/model/cov/cov.h"
#include <math.h>
#include <string.h>

static int n_par(int c) {
  return c;
}

static void start(int c, int *pivot, double *theta) {
  (void)pivot;
  for (int a = 0; a < c; a++) theta[a] = 1;
}

static void to_diagonal(int c, const double *v, double *m) {
  memset(m, 0, sizeof(double) * (size_t)c * (size_t)c);
  for (int a = 0; a < c; a++) m[a + a * c] = v[a];
}

static void factor(int c, const int *pivot, const double *theta, double *lambda) {
  (void)pivot;
  to_diagonal(c, theta, lambda);
}

static void unfactor(int c, const int *pivot, const double *lambda, double *theta) {
  (void)pivot;
  for (int a = 0; a < c; a++) theta[a] = lambda[a + a * c];
}

static void phi(int c, const int *pivot, const double *theta, double *out) {
  (void)pivot;
  for (int a = 0; a < c; a++) out[a] = theta[a] * theta[a];
}

static void pull_gradient(int c, const int *pivot, const double *theta, const double *gamma,
                          double *g_theta) {
  (void)pivot;
  for (int a = 0; a < c; a++) g_theta[a] += 2 * theta[a] * gamma[a + a * c];
}

static void pull_curvature(int c, const int *pivot, const double *theta, const double *gamma, double *h,
                           int ld) {
  (void)pivot;
  (void)theta;
  for (int a = 0; a < c; a++) h[a + a * ld] += 2 * gamma[a + a * c];
}

static void jacobian(int c, const int *pivot, const double *theta, double *j) {
  (void)pivot;
  to_diagonal(c, theta, j);
  for (int a = 0; a < c; a++) j[a + a * c] *= 2;
}

static void derivative(int c, int i, double *g) {
  memset(g, 0, sizeof(double) * (size_t)c * (size_t)c);
  g[i + i * c] = 1;
}

static void scale(int c, double *theta, double s) {
  for (int a = 0; a < c; a++) theta[a] *= sqrt(s);
}

static void chart(int c, const double *g, int *pivot, double *theta) {
  (void)pivot;
  for (int a = 0; a < c; a++) theta[a] = sqrt(fmax(0, g[a + a * c]));
}

const struct cov cov_diag = {
    .name = "diag",
    .rotates = false,
    .n_theta = n_par,
    .n_phi = n_par,
    .start = start,
    .factor = factor,
    .unfactor = unfactor,
    .phi = phi,
    .matrix = to_diagonal,
    .pull_gradient = pull_gradient,
    .pull_curvature = pull_curvature,
    .jacobian = jacobian,
    .derivative = derivative,
    .scale = scale,
    .chart = chart,
};
