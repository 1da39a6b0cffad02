/* basis.c: designs made orthonormal, and a response replaced by its residual (docs/numerics.md, Stability).
 *
 * A data value is subtracted before the mean where the design has a constant: exact in floating point, so that a
 * covariate like 1e8 + (0..9) keeps all of its digits.  Loops are element by element: equal rows give equal bits.
 */
#include "runtime/reml/linalg.h"
#include "runtime/reml/prepared.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* As lm's: a column is a combination of earlier ones when what is left is below this part of its (centred) norm. */
#define ALIAS_TOLERANCE 1e-7

static bool is_constant(int n, const struct basis_source *x) {
  for (int i = 1; i < n; i++)
    if (x->x[(size_t)i * x->step] != x->x[0]) return false;
  return n > 0 && x->x[0] != 0;
}

/* v := root_w (x - shift); returns the norm of root_w x. */
static double load(int n, const struct basis_source *x, const double *root_w, double shift, double *v) {
  double norm = 0;
  for (int i = 0; i < n; i++) {
    double w = root_w ? root_w[i] : 1, value = x->x[(size_t)i * x->step];
    v[i] = w * (value - shift);
    norm += (w * value) * (w * value);
  }
  return sqrt(norm);
}

/* Takes the first m columns of q out of v; adds the components to r.  more: m numbers of workspace. */
static void take_out(int n, int m, const double *q, double *v, double *r, double *more) {
  la_take_out(n, m, q, v, more);
  for (int i = 0; i < m; i++) r[i] += more[i];
}

/* v := the part of column x that is new; r: its coefficients.  Returns false when there is none. */
static bool new_direction(int n, const struct basis_source *x, const double *root_w, int rank, int ones,
                          double one, const double *q, double *v, double *r, double *more) {
  double shift = ones >= 0 ? x->x[0] : 0, norm = load(n, x, root_w, shift, v);
  if (ones >= 0) {
    r[ones] = shift * one;
    take_out(n, 1, q + area(n, ones), v, &r[ones], more);
  }
  double centred = sqrt(la_dot((size_t)n, v, v));
  for (int pass = 0; pass < 2; pass++) take_out(n, rank, q, v, r, more);
  double left = sqrt(la_dot((size_t)n, v, v));
  if (!(left > ALIAS_TOLERANCE * centred && left > 8 * DBL_EPSILON * sqrt(n) * norm)) return false;
  for (int i = 0; i < n; i++) v[i] /= left;
  r[rank] = left;
  return true;
}

int basis_orthonormalise(struct arena *scratch, int n, int m, const struct basis_source *x,
                         const double *root_w, double *q, double *r, int *keep, int *ones) {
  int rank = 0;
  double *more = matrix_raw(scratch, m, 1);
  double one = 0; /* coefficient of the constant 1 in its column of q */
  *ones = -1;
  memset(r, 0, sizeof(double) * area(m, m));
  for (int j = 0; j < m && rank < n; j++) {
    double *column = r + at(0, rank, m);
    if (!new_direction(n, &x[j], root_w, rank, *ones, one, q, q + area(n, rank), column, more)) {
      memset(column, 0, sizeof(double) * (size_t)m);
      continue;
    }
    if (*ones < 0 && rank == 0 && is_constant(n, &x[j])) {
      *ones = rank;
      one = column[rank] / x[j].x[0];
    }
    keep[rank++] = j;
  }
  return rank;
}

/* A sum carried in two doubles (Dekker 1971, Knuth 1969). */
struct dd {
  double hi, lo;
};

static struct dd dd_add(struct dd s, double x) {
  double hi = s.hi + x, back = hi - s.hi;
  s.lo += (s.hi - (hi - back)) + (x - back);
  s.hi = hi;
  return s;
}

static double high_half(double x) {
  double c = 134217729.0 * x; /* 2^27 + 1 */
  return c - (c - x);
}

static struct dd dd_subtract_product(struct dd s, double x, double y) {
  double p = x * y, xh = high_half(x), yh = high_half(y), xl = x - xh, yl = y - yh;
  double error = ((xh * yh - p) + xh * yl + xl * yh) + xl * yl;
  s = dd_add(s, -p);
  s.lo -= error;
  return s;
}

/* Coefficients of the constant 1 in the kept columns, if it is one of their combinations. */
static bool constant_coefficients(const struct basis_projection *in, double *v, double *gamma, double *more) {
  struct basis_source one = {(const double[]){1}, 0};
  double norm = load(in->n, &one, in->root_w, 0, v);
  memset(gamma, 0, sizeof(double) * (size_t)in->rank);
  for (int pass = 0; pass < 2; pass++) take_out(in->n, in->rank, in->q, v, gamma, more);
  la_solve_upper(in->rank, in->r, in->m, 1, gamma, in->rank);
  return sqrt(la_dot((size_t)in->n, v, v)) <= 1e-12 * norm;
}

/* residual := root_w (y - shift - X beta), with products and sums in twice the precision. */
static void exact_residual(const struct basis_projection *in, double shift, const double *beta,
                           double *residual) {
  for (int i = 0; i < in->n; i++) {
    struct dd s = {in->y[i] - shift, 0};
    for (int j = 0; j < in->rank; j++) {
      const struct basis_source *x = &in->x[in->keep[j]];
      s = dd_subtract_product(s, x->x[(size_t)i * x->step], beta[j]);
    }
    residual[i] = (in->root_w ? in->root_w[i] : 1) * (s.hi + s.lo);
  }
}

/* Takes the span of q out of v; adds the coefficients in the kept columns to beta. */
static void project(const struct basis_projection *in, double *v, double *coef, double *beta) {
  la_take_out(in->n, in->rank, in->q, v, coef);
  la_solve_upper(in->rank, in->r, in->m, 1, coef, in->rank);
  for (int i = 0; i < in->rank; i++) beta[i] += coef[i];
}

void basis_project(struct arena *scratch, const struct basis_projection *in, double *residual, double *beta) {
  double *gamma = matrix_zero(scratch, in->rank, 1), *coef = matrix_raw(scratch, in->rank, 1);
  double shift = 0;
  memset(beta, 0, sizeof(double) * (size_t)in->rank);
  if (in->ones >= 0) gamma[in->ones] = 1 / in->x[in->keep[in->ones]].x[0];
  if (in->ones >= 0 || (in->rank > 0 && constant_coefficients(in, residual, gamma, coef))) shift = in->y[0];
  struct basis_source y = {in->y, 1};
  load(in->n, &y, in->root_w, shift, residual);
  project(in, residual, coef, beta);
  exact_residual(in, shift, beta, residual);
  for (int pass = 0; pass < 2; pass++) project(in, residual, coef, beta);
  for (int i = 0; i < in->rank; i++) beta[i] += shift * gamma[i];
}
