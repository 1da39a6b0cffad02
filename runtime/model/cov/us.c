/* us.c: an unstructured covariance matrix.
 *
 * Chart: row pivot[i] of Lambda is row i of a lower triangular L; theta holds L column by column from the
 * diagonal down, any signs.  phi: the lower triangle of G, column by column.
 *
 * Why pivots: where the first diagonal entry of L is near zero and a later variance is not, L can rotate at
 * constant G, a curved valley for the optimizer.  With the largest remaining variance first at every accepted
 * step there is none.
 */
#include "runtime/model/cov/cov.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static int n_par(int c) {
  return c * (c + 1) / 2;
}

/* Place of entry (i, j), i >= j, in a packed lower triangle. */
static int packed(int c, int i, int j) {
  return j * c - j * (j - 1) / 2 + (i - j);
}

static void start(int c, int *pivot, double *theta) {
  memset(theta, 0, sizeof(double) * (size_t)n_par(c));
  for (int i = 0; i < c; i++) {
    pivot[i] = i;
    theta[packed(c, i, i)] = 1;
  }
}

static void factor(int c, const int *pivot, const double *theta, double *lambda) {
  memset(lambda, 0, sizeof(double) * (size_t)c * (size_t)c);
  for (int j = 0; j < c; j++)
    for (int i = j; i < c; i++) lambda[pivot[i] + j * c] = *theta++;
}

static void unfactor(int c, const int *pivot, const double *lambda, double *theta) {
  for (int j = 0; j < c; j++)
    for (int i = j; i < c; i++) *theta++ = lambda[pivot[i] + j * c];
}

/* Lambda[a, ] Lambda[b, ]', where row a is pivoted to place i, row b to place j. */
static double row_product(int c, const double *theta, int i, int j) {
  double s = 0;
  for (int k = 0; k <= (i < j ? i : j); k++) s += theta[packed(c, i, k)] * theta[packed(c, j, k)];
  return s;
}

static void phi(int c, const int *pivot, const double *theta, double *out) {
  for (int i = 0; i < c; i++)
    for (int j = 0; j <= i; j++) {
      int a = pivot[i], b = pivot[j];
      out[a > b ? packed(c, a, b) : packed(c, b, a)] = row_product(c, theta, i, j);
    }
}

static void matrix(int c, const double *p, double *g) {
  for (int b = 0; b < c; b++)
    for (int a = b; a < c; a++) g[a + b * c] = g[b + a * c] = *p++;
}

/* (gamma Lambda)[pivot[i], j] */
static double pulled(int c, const int *pivot, const double *theta, const double *gamma, int i, int j) {
  double s = 0;
  for (int k = j; k < c; k++) s += gamma[pivot[i] + pivot[k] * c] * theta[packed(c, k, j)];
  return s;
}

/* df = tr(gamma dG), dG = dLambda Lambda' + Lambda dLambda' */
static void pull_gradient(int c, const int *pivot, const double *theta, const double *gamma,
                          double *g_theta) {
  for (int j = 0; j < c; j++)
    for (int i = j; i < c; i++) g_theta[packed(c, i, j)] += 2 * pulled(c, pivot, theta, gamma, i, j);
}

/* G is quadratic in Lambda: d2G = 2 dLambda dLambda' couples entries of one column only. */
static void pull_curvature(int c, const int *pivot, const double *theta, const double *gamma, double *h,
                           int ld) {
  (void)theta;
  for (int j = 0; j < c; j++)
    for (int i = j; i < c; i++)
      for (int k = j; k < c; k++)
        h[packed(c, i, j) + packed(c, k, j) * ld] += 2 * gamma[pivot[i] + pivot[k] * c];
}

static void jacobian(int c, const int *pivot, const double *theta, double *j) {
  int m = n_par(c);
  memset(j, 0, sizeof(double) * (size_t)m * (size_t)m);
  for (int l = 0; l < c; l++)
    for (int i = l; i < c; i++)
      for (int k = l; k < c; k++) {
        int a = pivot[i], b = pivot[k];
        int row = a > b ? packed(c, a, b) : packed(c, b, a);
        j[row + packed(c, i, l) * m] += (i == k ? 2 : 1) * theta[packed(c, k, l)];
      }
}

static void derivative(int c, int i, double *g) {
  memset(g, 0, sizeof(double) * (size_t)c * (size_t)c);
  for (int b = 0; b < c; b++)
    for (int a = b; a < c; a++)
      if (i-- == 0) g[a + b * c] = g[b + a * c] = 1;
}

static void scale(int c, double *theta, double s) {
  for (int i = 0; i < n_par(c); i++) theta[i] *= sqrt(s);
}

static double norm2(int c, const double *row) {
  double s = 0;
  for (int k = 0; k < c; k++) s += row[k * c] * row[k * c];
  return s;
}

/* The row at place i or later with the largest norm; ties keep the order. */
static int largest_row(int c, const double *rows, const int *order, int i) {
  int best = i;
  for (int k = i + 1; k < c; k++)
    if (norm2(c, rows + order[k]) > norm2(c, rows + order[best]) * (1 + 1e-12)) best = k;
  return best;
}

/* Takes the direction of row a out of row b; returns the component. */
static double project_out(int c, const double *unit, double *row) {
  double s = 0;
  for (int k = 0; k < c; k++) s += unit[k] * row[k * c];
  for (int k = 0; k < c; k++) row[k * c] -= s * unit[k];
  return s;
}

/* Pivoted Gram-Schmidt on the rows of a factor of G (destroyed): L of the chart without forming G, so that
   small pivots keep their digits. */
static void pivoted_factor(int c, double *rows, int *pivot, double *theta) {
  double unit[COV_MAX];
  for (int i = 0; i < c; i++) {
    int best = largest_row(c, rows, pivot, i), chosen = pivot[best];
    memmove(pivot + i + 1, pivot + i, sizeof(int) * (size_t)(best - i));
    for (int k = best; k > i; k--) /* the part of L already found moves with its row */
      for (int j = 0; j < i; j++) {
        double swap = theta[packed(c, k, j)];
        theta[packed(c, k, j)] = theta[packed(c, k - 1, j)];
        theta[packed(c, k - 1, j)] = swap;
      }
    pivot[i] = chosen;
    double norm = sqrt(norm2(c, rows + chosen));
    theta[packed(c, i, i)] = norm;
    for (int k = 0; k < c; k++) unit[k] = norm > 0 ? rows[chosen + k * c] / norm : 0;
    for (int k = i + 1; k < c; k++) theta[packed(c, k, i)] = project_out(c, unit, rows + pivot[k]);
  }
}

static void repivot(int c, int *pivot, double *theta) {
  assert(c <= COV_MAX);
  if (c == 1) return;
  double rows[COV_MAX * COV_MAX];
  factor(c, pivot, theta, rows);
  pivoted_factor(c, rows, pivot, theta);
}

/* Symmetric square root by columns: outer-product Cholesky with pivots; what is left below zero is dropped. */
static void chart(int c, const double *g, int *pivot, double *theta) {
  assert(c <= COV_MAX);
  double rest[COV_MAX * COV_MAX], rows[COV_MAX * COV_MAX];
  memcpy(rest, g, sizeof(double) * (size_t)c * (size_t)c);
  memset(rows, 0, sizeof(double) * (size_t)c * (size_t)c);
  for (int j = 0; j < c; j++) {
    pivot[j] = j;
    int p = 0;
    for (int k = 1; k < c; k++)
      if (rest[k + k * c] > rest[p + p * c]) p = k;
    double root = sqrt(fmax(0, rest[p + p * c]));
    if (root <= 0) continue;
    for (int k = 0; k < c; k++) rows[k + j * c] = rest[k + p * c] / root;
    for (int k = 0; k < c; k++)
      for (int l = 0; l < c; l++) rest[k + l * c] -= rows[k + j * c] * rows[l + j * c];
    for (int k = 0; k < c; k++) rest[k + p * c] = rest[p + k * c] = 0; /* done with p, exactly */
  }
  pivoted_factor(c, rows, pivot, theta);
}

const struct cov cov_us = {
    .name = "us",
    .rotates = true,
    .n_theta = n_par,
    .n_phi = n_par,
    .start = start,
    .factor = factor,
    .unfactor = unfactor,
    .phi = phi,
    .matrix = matrix,
    .pull_gradient = pull_gradient,
    .pull_curvature = pull_curvature,
    .jacobian = jacobian,
    .derivative = derivative,
    .scale = scale,
    .chart = chart,
    .repivot = repivot,
};
