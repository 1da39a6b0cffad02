#include "runtime/reml/compress.h"
#include "runtime/reml/linalg.h"
#include <lapacke.h>
#include <math.h>
#include <string.h>

/* Above this many multiplications, and with more than GRAM_COLUMNS columns, the factor comes from the
   cross-products: they use that Z is sparse.  A direction whose square is below GRAM_TOLERANCE of the largest
   counts as absent. */
enum { QR_WORK = 30000, GRAM_COLUMNS = 8 };
#define GRAM_TOLERANCE 1e-13

/* Dense rows of the cluster's random design, n x q. */
static void gather_z(const struct sparse_problem *all, const struct clusters *cl, const struct cluster *x,
                     double *z) {
  memset(z, 0, sizeof(double) * area(x->n, x->q));
  int first = 0;
  for (int t = 0; t < all->n_terms; t++) {
    const struct sparse_term *term = &all->terms[t];
    int c = term->c, levels = x->levels[t];
    for (int i = 0; i < x->n; i++) {
      size_t row = (size_t)cl->order[x->row + (size_t)i];
      int column = first + cl->local[t][term->level[row]];
      for (int a = 0; a < c; a++) z[at(i, column + a * levels, x->n)] = term->z[row * (size_t)c + (size_t)a];
    }
    first += c * levels;
  }
}

static void gather_d(const struct sparse_problem *all, const struct clusters *cl, const struct cluster *x,
                     double *d) {
  for (int j = 0; j < all->p1; j++)
    for (int i = 0; i < x->n; i++)
      *d++ = all->d[(size_t)cl->order[x->row + (size_t)i] + (size_t)j * (size_t)all->n];
}

/* Reflects columns y[.., 0..m) by I - tau v v', v = (1, v1 ...). */
static void reflect(int n, const double *v, double tau, int m, double *y, int ld) {
  for (int j = 0; j < m; j++, y += ld) {
    double s = y[0];
    for (int i = 1; i < n; i++) s += v[i] * y[i];
    s *= tau;
    y[0] -= s;
    for (int i = 1; i < n; i++) y[i] -= s * v[i];
  }
}

/* Householder QR of z (n x q, n >= q) applied to d (n x m). */
static void householder(int n, int q, int m, double *z, double *d) {
  for (int j = 0; j < q; j++) {
    double *v = z + at(j, j, n), tail = 0;
    int rows = n - j;
    for (int i = 1; i < rows; i++) tail += v[i] * v[i];
    if (tail == 0) continue; /* nothing below the diagonal */
    double norm = sqrt(v[0] * v[0] + tail), beta = v[0] > 0 ? -norm : norm;
    double tau = (beta - v[0]) / beta, scale = 1 / (v[0] - beta);
    for (int i = 1; i < rows; i++) v[i] *= scale;
    reflect(rows, v, tau, q - j - 1, v + n, n);
    reflect(rows, v, tau, m, d + j, n);
    v[0] = beta;
  }
}

/* The leading r rows of a (n x m), below the diagonal zero where `upper`. */
static double *top_rows(struct arena *a, int n, int m, int r, const double *x, bool upper) {
  double *y = matrix_raw(a, r, m);
  for (int j = 0; j < m; j++)
    for (int i = 0; i < r; i++) y[at(i, j, r)] = upper && i > j ? 0 : x[at(i, j, n)];
  return y;
}

/* error += cross-product of rows r..n of d (n x p1). */
static void add_error(int n, int r, int p1, const double *d, double *error) {
  if (n == r) return;
  for (int k = 0; k < p1; k++)
    for (int j = 0; j < p1; j++)
      error[j + k * p1] += la_dot((size_t)(n - r), d + at(r, j, n), d + at(r, k, n));
}

static struct compressed by_reflections(struct arena *a, struct arena *scratch,
                                        const struct sparse_problem *all, const struct clusters *cl,
                                        const struct cluster *x, double *error) {
  int n = x->n, q = x->q, p1 = all->p1, r = n < q ? n : q;
  double *z = matrix_raw(scratch, n, q);
  double *d = matrix_raw(scratch, n, p1);
  gather_z(all, cl, x, z);
  gather_d(all, cl, x, d);
  if (n > q) householder(n, q, p1, z, d);
  add_error(n, r, p1, d, error);
  return (struct compressed){r, q, top_rows(a, n, q, r, z, n > q), top_rows(a, n, p1, r, d, false)};
}

/* Columns and values of one row of the cluster's design; returns how many. */
static int sparse_row(const struct sparse_problem *all, const struct clusters *cl, const struct cluster *x,
                      size_t row, int *column, double *value) {
  int m = 0, first = 0;
  for (int t = 0; t < all->n_terms; t++) {
    const struct sparse_term *term = &all->terms[t];
    for (int a = 0; a < term->c; a++, m++) {
      column[m] = first + a * x->levels[t] + cl->local[t][term->level[row]];
      value[m] = term->z[row * (size_t)term->c + (size_t)a];
    }
    first += term->c * x->levels[t];
  }
  return m;
}

/* s (q x q) = Z'Z, zd (q x p1) = Z'D, dd (p1 x p1) = D'D of the cluster. */
static void cross_products(struct arena *scratch, const struct sparse_problem *all, const struct clusters *cl,
                           const struct cluster *x, double *s, double *zd, double *dd) {
  int q = x->q, p1 = all->p1, width = 0;
  for (int t = 0; t < all->n_terms; t++) width += all->terms[t].c;
  int *column = ints_raw(scratch, width);
  double *value = matrix_raw(scratch, width, 1), *d = matrix_raw(scratch, p1, 1);
  for (int i = 0; i < x->n; i++) {
    size_t row = (size_t)cl->order[x->row + (size_t)i];
    int m = sparse_row(all, cl, x, row, column, value);
    for (int j = 0; j < p1; j++) d[j] = all->d[row + (size_t)j * (size_t)all->n];
    for (int b = 0; b < m; b++)
      for (int c = 0; c < m; c++) s[at(column[c], column[b], q)] += value[b] * value[c];
    for (int j = 0; j < p1; j++) {
      for (int b = 0; b < m; b++) zd[at(column[b], j, q)] += value[b] * d[j];
      la_axpy((size_t)p1, d[j], d, dd + at(0, j, p1));
    }
  }
}

/* Row i of out (r x m) is row pivot[i] of x (n x m). */
static double *permuted_rows(struct arena *a, int n, int m, int r, const double *x, const int *pivot) {
  double *y = matrix_raw(a, r, m);
  for (int j = 0; j < m; j++)
    for (int i = 0; i < r; i++) y[at(i, j, r)] = x[at(pivot[i] - 1, j, n)];
  return y;
}

/* From a pivoted Cholesky factor of Z'Z: R = U P', rows of Q'D = U^-T P'Z'D. */
static struct compressed by_cross_products(struct arena *a, struct arena *scratch,
                                           const struct sparse_problem *all, const struct clusters *cl,
                                           const struct cluster *x, double *error) {
  int q = x->q, p1 = all->p1, r = 0;
  double *s = matrix_zero(scratch, q, q);
  double *zd = matrix_zero(scratch, q, p1);
  double *dd = matrix_zero(scratch, p1, p1);
  int *pivot = ints_raw(scratch, q);
  double *work = matrix_raw(scratch, q, 2), largest = 0;
  cross_products(scratch, all, cl, x, s, zd, dd);
  for (int j = 0; j < q; j++) largest = fmax(largest, s[at(j, j, q)]);
  LAPACKE_dpstrf_work(LAPACK_COL_MAJOR, 'U', q, s, q, pivot, &r, GRAM_TOLERANCE * largest, work);
  double *z = matrix_zero(a, r, q);
  for (int j = 0; j < q; j++)
    for (int i = 0; i < r && i <= j; i++) z[at(i, pivot[j] - 1, r)] = s[at(i, j, q)];
  double *d = permuted_rows(a, q, p1, r, zd, pivot);
  la_solve_upper_t(r, s, q, p1, d, r);
  for (int k = 0; k < p1; k++)
    for (int j = 0; j < p1; j++)
      error[j + k * p1] += dd[j + k * p1] - la_dot((size_t)r, d + at(0, j, r), d + at(0, k, r));
  return (struct compressed){r, q, z, d};
}

struct compressed compress_cluster(struct arena *a, struct arena *scratch, const struct sparse_problem *all,
                                   const struct clusters *cl, const struct cluster *x, double *error) {
  struct arena_mark mark = arena_mark(scratch);
  double work = (double)x->n * x->q * (x->q + all->p1);
  bool gram = x->n > x->q && x->q > GRAM_COLUMNS && work > QR_WORK;
  struct compressed out = (gram ? by_cross_products : by_reflections)(a, scratch, all, cl, x, error);
  arena_reset(scratch, mark);
  return out;
}
