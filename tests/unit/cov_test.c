/* The contract of covariance structures, for each of them. */
#include "runtime/model/cov/cov.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { SIZES = 4, M = COV_MAX };

static const char *const names[] = {"us", "diag"};

/* Some theta that is nothing special; `zero` makes its last entry 0. */
static void some_theta(int n, bool zero, double *theta) {
  for (int i = 0; i < n; i++) theta[i] = sin(1.7 * i + 0.3) + 0.2;
  if (zero) theta[n - 1] = 0;
}

static void g_of(const struct cov *cov, int c, const int *pivot, const double *theta, double *g) {
  double phi[100];
  cov->phi(c, pivot, theta, phi);
  cov->matrix(c, phi, g);
}

static double f_of(const struct cov *cov, int c, const int *pivot, const double *theta, const double *gamma) {
  double g[M], f = 0;
  g_of(cov, c, pivot, theta, g);
  for (int i = 0; i < c * c; i++) f += gamma[i] * g[i];
  return f;
}

static void some_gamma(int c, double *gamma) {
  for (int a = 0; a < c; a++)
    for (int b = 0; b < c; b++) gamma[a + b * c] = cos(a + b + 0.5) + (a == b);
}

static void assert_same(int n, const double *x, const double *y, double tolerance) {
  for (int i = 0; i < n; i++) cr_assert_float_eq(x[i], y[i], tolerance, "%d: %g %g", i, x[i], y[i]);
}

static void check_matrix(const struct cov *cov, int c, int *pivot, const double *theta) {
  double lambda[M], g[M], square[M], from_phi[M] = {0}, phi[100], one[M];
  cov->factor(c, pivot, theta, lambda);
  g_of(cov, c, pivot, theta, g);
  for (int a = 0; a < c; a++)
    for (int b = 0; b < c; b++) {
      square[a + b * c] = 0;
      for (int k = 0; k < c; k++) square[a + b * c] += lambda[a + k * c] * lambda[b + k * c];
    }
  assert_same(c * c, g, square, 1e-14);
  cov->phi(c, pivot, theta, phi);
  for (int i = 0; i < cov->n_phi(c); i++) {
    cov->derivative(c, i, one);
    for (int a = 0; a < c * c; a++) from_phi[a] += phi[i] * one[a];
  }
  assert_same(c * c, g, from_phi, 1e-14);
}

static void check_jacobian(const struct cov *cov, int c, int *pivot, double *theta) {
  double j[1000], up[100], down[100], gamma[M], pulled[100] = {0};
  int n = cov->n_theta(c), m = cov->n_phi(c);
  some_gamma(c, gamma);
  cov->jacobian(c, pivot, theta, j);
  cov->pull_gradient(c, pivot, theta, gamma, pulled);
  for (int i = 0; i < n; i++) {
    double keep = theta[i], h = 1e-5, f;
    theta[i] = keep + h;
    cov->phi(c, pivot, theta, up);
    f = f_of(cov, c, pivot, theta, gamma);
    theta[i] = keep - h;
    cov->phi(c, pivot, theta, down);
    f -= f_of(cov, c, pivot, theta, gamma);
    theta[i] = keep;
    for (int r = 0; r < m; r++) cr_assert_float_eq(j[r + i * m], (up[r] - down[r]) / (2 * h), 1e-8);
    cr_assert_float_eq(pulled[i], f / (2 * h), 1e-8);
  }
}

static void check_curvature(const struct cov *cov, int c, int *pivot, double *theta) {
  double gamma[M], h[1000] = {0}, step = 1e-4;
  int n = cov->n_theta(c);
  some_gamma(c, gamma);
  cov->pull_curvature(c, pivot, theta, gamma, h, n);
  for (int i = 0; i < n;
       i++) { /* phi is quadratic, so differences of the pulled gradient hold J' of a moved chart */
    double up[100] = {0}, down[100] = {0}, keep = theta[i];
    theta[i] = keep + step;
    cov->pull_gradient(c, pivot, theta, gamma, up);
    theta[i] = keep - step;
    cov->pull_gradient(c, pivot, theta, gamma, down);
    theta[i] = keep;
    for (int r = 0; r < n; r++) cr_assert_float_eq(h[r + i * n], (up[r] - down[r]) / (2 * step), 1e-8);
  }
}

static void check_moves(const struct cov *cov, int c, int *pivot, double *theta) {
  double before[M], after[M], lambda[M], back[100];
  int n = cov->n_theta(c);
  g_of(cov, c, pivot, theta, before);
  cov->factor(c, pivot, theta, lambda);
  cov->unfactor(c, pivot, lambda, back);
  assert_same(n, theta, back, 0);
  cov->scale(c, theta, 4);
  g_of(cov, c, pivot, theta, after);
  for (int i = 0; i < c * c; i++) cr_assert_float_eq(after[i], 4 * before[i], 1e-13);
  if (cov->repivot) cov->repivot(c, pivot, theta);
  g_of(cov, c, pivot, theta, before);
  assert_same(c * c, before, after, 1e-13);
  cov->chart(c, before, pivot, theta);
  g_of(cov, c, pivot, theta, after);
  assert_same(c * c, before, after, 1e-13);
}

Test(cov, every_structure_keeps_the_contract) {
  for (size_t s = 0; s < sizeof names / sizeof *names; s++)
    for (int c = 1; c <= SIZES; c++)
      for (int zero = 0; zero < 2; zero++) {
        const struct cov *cov = cov_find(names[s]);
        int pivot[SIZES];
        double theta[100], g[M];
        cov->start(c, pivot, theta);
        g_of(cov, c, pivot, theta, g);
        for (int i = 0; i < c * c; i++) cr_assert_eq(g[i], i % (c + 1) == 0);
        some_theta(cov->n_theta(c), zero, theta);
        if (cov->repivot) cov->repivot(c, pivot, theta);
        check_matrix(cov, c, pivot, theta);
        check_jacobian(cov, c, pivot, theta);
        check_curvature(cov, c, pivot, theta);
        check_moves(cov, c, pivot, theta);
      }
}

Test(cov, unknown_structures_are_not_found) {
  cr_assert_null(cov_find("banana"));
  cr_assert_str_eq(cov_find("us")->name, "us");
}

Test(cov, pivots_put_the_largest_variance_first_and_keep_small_ones) {
  int pivot[2] = {0, 1};
  double theta[3] = {1e-9, 1e-9, 3}; /* Lambda = [1e-9 0; 1e-9 3] */
  cov_us.repivot(2, pivot, theta);
  cr_assert_eq(pivot[0], 1);
  cr_assert_float_eq(theta[0], 3, 1e-15);
  cr_assert_float_eq(theta[2], 1e-9, 1e-22); /* squares would have lost it */
}

Test(cov, ties_keep_the_order) {
  int pivot[3];
  double theta[6];
  cov_us.start(3, pivot, theta);
  cov_us.repivot(3, pivot, theta);
  for (int i = 0; i < 3; i++) cr_assert_eq(pivot[i], i);
}

Test(cov, the_chart_of_a_singular_matrix) {
  int pivot[2];
  double theta[3], g[4], want[4] = {4, 2, 2, 1};
  cov_us.chart(2, want, pivot, theta);
  cr_assert_eq(theta[2], 0);
  g_of(&cov_us, 2, pivot, theta, g);
  assert_same(4, g, want, 1e-15);
}

Test(cov, the_largest_basis) {
  static double theta[COV_MAX * (COV_MAX + 1) / 2], lambda[COV_MAX * COV_MAX];
  int pivot[COV_MAX];
  cov_us.start(COV_MAX, pivot, theta);
  cov_us.repivot(COV_MAX, pivot, theta);
  cov_us.factor(COV_MAX, pivot, theta, lambda);
  for (int i = 0; i < COV_MAX * COV_MAX; i++) cr_assert_eq(lambda[i], i % (COV_MAX + 1) == 0);
}
