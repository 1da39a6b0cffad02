/* finish.c: from internal units back to the user's. */
#include "runtime/reml/linalg.h"
#include "runtime/reml/prepared.h"
#include <math.h>
#include <string.h>

static void allocate(struct arena *a, const struct prepared *pr, struct reml_result *out) {
  int p = pr->problem->p, m = pr->problem->n_terms;
  out->rank = pr->rank;
  out->aliased = arena_array(a, (size_t)p, bool);
  out->beta = matrix_raw(a, p, 1);
  out->vcov = matrix_raw(a, p, p);
  out->g = arena_array(a, (size_t)m, double *);
  out->b = arena_array(a, (size_t)m, double *);
  out->b_var = arena_array(a, (size_t)m, double *);
  out->g_rank = arena_array(a, (size_t)m, int);
  out->n_theta = pr->k - pr->problem->n_hold;
  for (int j = 0; j < p; j++) out->aliased[j] = true;
  for (int i = 0; i < pr->rank; i++) out->aliased[pr->keep[i]] = false;
  for (int j = 0; j < p; j++) out->beta[j] = NAN;
  for (size_t i = 0; i < area(p, p); i++) out->vcov[i] = NAN;
  for (int t = 0; t < m; t++) {
    int c = pr->problem->terms[t].c, q = pr->problem->terms[t].q;
    out->g[t] = matrix_zero(a, c, c);
    out->b[t] = matrix_zero(a, c, q);
    out->b_var[t] = matrix_zero(a, c * c, q);
  }
}

void finish_nothing(struct arena *a, const struct prepared *pr, struct reml_result *out) {
  allocate(a, pr, out);
  out->criterion = NAN;
  out->sigma2 = NAN;
}

/* All variances are zero; the coefficients are exact. */
void finish_perfect(struct arena *a, struct prepared *pr, struct reml_result *out) {
  allocate(a, pr, out);
  out->criterion = -INFINITY;
  for (int i = 0; i < pr->rank; i++) {
    out->beta[pr->keep[i]] = pr->beta0[i];
    for (int j = 0; j < pr->rank; j++) out->vcov[at(pr->keep[i], pr->keep[j], pr->problem->p)] = 0;
  }
}

/* beta = beta0 + y_scale R^-1 b,  vcov = y_scale^2 sigma^2 R^-1 Phi R^-T */
static void put_fixed(struct arena *scratch, const struct prepared *pr, double sigma2,
                      struct reml_result *out) {
  int n = pr->rank, p = pr->problem->p;
  double *half = matrix_raw(scratch, n, n), *b = matrix_raw(scratch, n, 1);
  for (int i = 0; i < n; i++) b[i] = -pr->solved.d[i];
  la_solve_upper(n, pr->r, n, 1, b, n);
  for (int i = 0; i < n; i++) out->beta[pr->keep[i]] = pr->beta0[i] + pr->y_scale * b[i];
  for (int j = 0; j < n; j++) /* half := L^-1 R^-T..., so that vcov is a square */
    for (int i = 0; i < n; i++) half[at(i, j, n)] = i == j;
  la_solve_upper_t(n, pr->r, n, n, half, n);
  la_solve_lower(n, pr->solved.l, n, n, half, n);
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++)
      out->vcov[at(pr->keep[i], pr->keep[j], p)] =
          pr->y_scale * pr->y_scale * sigma2 * la_dot((size_t)n, half + at(0, i, n), half + at(0, j, n));
}

void finish_basis(int c, const double *basis, double s, double *x) {
  la_solve_upper(c, basis, c, c, x, c);
  for (int j = 0; j < c; j++)
    for (int i = 0; i < j; i++) {
      double swap = x[at(i, j, c)];
      x[at(i, j, c)] = x[at(j, i, c)];
      x[at(j, i, c)] = swap;
    }
  la_solve_upper(c, basis, c, c, x, c);
  for (int j = 0; j < c; j++)
    for (int i = 0; i <= j; i++) x[at(i, j, c)] = x[at(j, i, c)] = s * (x[at(i, j, c)] + x[at(j, i, c)]) / 2;
}

static void put_covariance(struct arena *scratch, const struct prepared *pr, const double *theta, int t,
                           double *g) {
  const struct prepared_term *x = &pr->terms[t];
  if (!pr->marginal) {
    chart_covariance(pr, scratch, theta, t, g);
    return;
  }
  memcpy(g, marginal_g(pr->marginal, t), sizeof(double) * area(x->c, x->c));
  finish_basis(x->c, x->basis, pr->y_scale * pr->y_scale * chart_sigma2(pr, theta), g);
}

/* Modes of the sparse part, level by level to their places. */
static void take_sparse_modes(struct arena *scratch, const struct prepared *pr, double *const *b,
                              double *const *var) {
  int m = pr->all.n_terms;
  double **part_b = arena_array(scratch, (size_t)m, double *),
         **part_var = arena_array(scratch, (size_t)m, double *);
  for (int t = 0; t < m; t++) {
    int c = pr->terms[t].c, q = pr->part->terms[t].q;
    part_b[t] = matrix_zero(scratch, c, q);
    part_var[t] = matrix_zero(scratch, c * c, q);
  }
  sparse_modes(pr->sparse, pr->solved.d, part_b, part_var);
  for (int t = 0; t < m; t++)
    for (int l = 0, c = pr->terms[t].c; l < pr->part->terms[t].q; l++) {
      int level = pr->sparse_levels[t][l];
      memcpy(b[t] + area(level, c), part_b[t] + area(l, c), sizeof(double) * (size_t)c);
      memcpy(var[t] + area(level, c * c), part_var[t] + area(l, c * c), sizeof(double) * area(c, c));
    }
}

static void put_modes(struct arena *scratch, struct prepared *pr, double sigma2, struct reml_result *out) {
  if (pr->marginal) marginal_modes(pr->marginal, pr->solved.d, out->b, out->b_var);
  if (pr->dense)
    dense_modes(pr->dense, scratch, (const double *const *)pr->solved.lambda, pr->solved.d, out->b,
                out->b_var);
  if (pr->sparse) take_sparse_modes(scratch, pr, out->b, out->b_var);
  for (int t = 0; t < pr->all.n_terms; t++) {
    int c = pr->terms[t].c, q = pr->terms[t].q;
    la_solve_upper(c, pr->terms[t].basis, c, q, out->b[t], c);
    for (size_t i = 0; i < area(c, q); i++) out->b[t][i] *= pr->y_scale;
    for (int l = 0; l < q; l++)
      finish_basis(c, pr->terms[t].basis, pr->y_scale * pr->y_scale * sigma2, out->b_var[t] + area(l, c * c));
  }
}

void finish_result(struct arena *a, struct prepared *pr, const double *theta, struct reml_result *out) {
  struct mem *m = arena_mem(a);
  struct arena *mark = arena_pool_mark(m), *scratch = arena_new(m);
  double sigma2 = chart_sigma2(pr, theta);
  allocate(a, pr, out);
  out->sigma2 = sigma2 * pr->y_scale * pr->y_scale;
  if (pr->marginal)
    out->theta = (double *)memcpy(matrix_raw(a, pr->k, 1), theta, sizeof(double) * (size_t)pr->k);
  put_fixed(scratch, pr, sigma2, out);
  for (int t = 0; t < pr->all.n_terms; t++) {
    put_covariance(scratch, pr, theta, t, out->g[t]);
    out->g_rank[t] = chart_rank(pr, theta, t);
  }
  put_modes(scratch, pr, sigma2, out);
  arena_pool_drain(m, mark);
}
