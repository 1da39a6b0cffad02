#include "runtime/reml/linalg.h"
#include "runtime/reml/prepared.h"
#include <assert.h>
#include <math.h>
#include <string.h>

/* ---- rows: weights, X, y -------------------------------------------------------------------------------- */

static const double *root_weights(struct arena *a, const struct problem *problem) {
  if (!problem->w) return NULL;
  double *root = matrix_raw(a, problem->n, 1);
  for (int i = 0; i < problem->n; i++) root[i] = sqrt(problem->w[i]);
  return root;
}

static double weighted_norm(int n, const double *y, const double *root_w) {
  double s = 0;
  for (int i = 0; i < n; i++) s += (root_w ? root_w[i] * y[i] : y[i]) * (root_w ? root_w[i] * y[i] : y[i]);
  return sqrt(s);
}

/* D = [sqrt(n) Q, residual of unit rms]; d holds Q, then y's residual. */
static void scale_rows(struct prepared *pr, double *d, double norm_y) {
  int n = pr->all.n, rank = pr->rank;
  double *y = d + area(n, rank), root_n = sqrt(n);
  double norm = sqrt(la_dot((size_t)n, y, y));
  pr->perfect = pr->nu <= 0 || norm <= PERFECT_FIT_EPS * root_n * norm_y;
  pr->y_scale = pr->perfect || norm == 0 ? 1 : norm / root_n;
  for (size_t i = 0; i < area(n, rank); i++) d[i] *= root_n;
  for (int i = 0; i < n; i++) y[i] /= pr->y_scale;
  for (int j = 0; j < rank; j++)
    for (int i = 0; i <= j; i++) pr->r[at(i, j, rank)] /= root_n;
}

static void prepare_fixed(struct prepared *pr, const double *root_w) {
  const struct problem *problem = pr->problem;
  struct arena *a = pr->arena;
  int n = problem->n, p = problem->p, ones;
  struct basis_source *x = arena_raw(a, (size_t)p, struct basis_source);
  for (int j = 0; j < p; j++) x[j] = (struct basis_source){problem->x + area(n, j), 1};
  double *d = matrix_raw(a, n, p + 1), *r = matrix_raw(a, p, p);
  pr->keep = ints_raw(a, p);
  pr->rank = basis_orthonormalise(a, n, p, x, root_w, d, r, pr->keep, &ones);
  pr->p1 = pr->rank + 1;
  pr->nu = problem->reml ? n - pr->rank : n;
  pr->beta0 = matrix_raw(a, pr->rank, 1);
  pr->r = matrix_zero(a, pr->rank, pr->rank);
  for (int j = 0; j < pr->rank; j++)
    for (int i = 0; i <= j; i++) pr->r[at(i, j, pr->rank)] = r[at(i, j, p)];
  struct basis_projection in = {x, problem->y, root_w, n, p, pr->rank, ones, d, r, pr->keep};
  basis_project(a, &in, d + area(n, pr->rank), pr->beta0);
  pr->all = (struct sparse_problem){.n = n, .p1 = pr->p1, .d = d, .threads = pr->options.threads};
  scale_rows(pr, d, weighted_norm(n, problem->y, root_w));
}

/* ---- random bases --------------------------------------------------------------------------------------- */

/* Columns scaled to unit rms only; a column of zeros stays. */
static void scaled_basis(const struct re_term *term, int n, const double *root_w, double *z, double *basis) {
  int c = term->c;
  for (int a = 0; a < c; a++) {
    double s = 0;
    for (int i = 0; i < n; i++) {
      double v = term->z[at(a, i, c)] * (root_w ? root_w[i] : 1);
      s += v * v;
    }
    double rms = s > 0 ? sqrt(s / n) : 1;
    basis[at(a, a, c)] = rms;
    for (int i = 0; i < n; i++) z[at(a, i, c)] = term->z[at(a, i, c)] * (root_w ? root_w[i] : 1) / rms;
  }
}

/* Orthonormal times sqrt(n); false when the columns are not independent. */
static bool rotated_basis(struct arena *scratch, const struct re_term *term, int n, const double *root_w,
                          double *z, double *basis) {
  int c = term->c, ones, *keep = ints_raw(scratch, c);
  struct basis_source *x = arena_raw(scratch, (size_t)c, struct basis_source);
  for (int a = 0; a < c; a++) x[a] = (struct basis_source){term->z + a, (size_t)c};
  double *q = matrix_raw(scratch, n, c), root_n = sqrt(n);
  if (basis_orthonormalise(scratch, n, c, x, root_w, q, basis, keep, &ones) < c) {
    memset(basis, 0, sizeof(double) * area(c, c));
    return false;
  }
  for (size_t i = 0; i < area(c, c); i++) basis[i] /= root_n;
  for (int a = 0; a < c; a++)
    for (int i = 0; i < n; i++) z[at(a, i, c)] = q[at(i, a, n)] * root_n;
  return true;
}

static const double *prepare_basis(struct prepared *pr, struct arena *scratch, const double *root_w, int t) {
  const struct re_term *term = &pr->problem->terms[t];
  int n = pr->problem->n, c = term->c;
  double *z = matrix_raw(pr->arena, n, c), *basis = pr->terms[t].basis = matrix_zero(pr->arena, c, c);
  bool rotate = term->cov->rotates && c > 1;
  if (!rotate || !rotated_basis(scratch, term, n, root_w, z, basis)) scaled_basis(term, n, root_w, z, basis);
  return z;
}

/* The pair of basis columns that parameter i of a structure moves. */
static struct param param_of(const struct cov *cov, int term, int c, int i) {
  double g[COV_MAX * COV_MAX];
  cov->derivative(c, i, g);
  for (int b = 0; b < c; b++)
    for (int a = b; a < c; a++)
      if (g[a + b * c] != 0) return (struct param){term, a, b};
  return (struct param){term, 0, 0};
}

static void prepare_params(struct prepared *pr) {
  struct param *params = arena_raw(pr->arena, (size_t)pr->k, struct param);
  for (int t = 0; t < pr->all.n_terms; t++)
    for (int i = 0; i < pr->terms[t].n_phi; i++)
      params[pr->terms[t].phi + i] = param_of(pr->terms[t].cov, t, pr->terms[t].c, i);
  pr->all.params = params;
  pr->all.k = pr->k;
}

static void prepare_terms(struct prepared *pr, struct arena *scratch, const double *root_w) {
  const struct problem *problem = pr->problem;
  int m = problem->n_terms;
  struct sparse_term *rows = arena_raw(pr->arena, (size_t)m, struct sparse_term);
  pr->terms = arena_array(pr->arena, (size_t)m, struct prepared_term);
  for (int t = 0; t < m; t++) {
    const struct re_term *term = &problem->terms[t];
    struct prepared_term *x = &pr->terms[t];
    *x = (struct prepared_term){.c = term->c, .q = term->q, .cov = term->cov, .theta = pr->k, .phi = pr->k};
    x->n_theta = term->cov->n_theta(term->c);
    x->n_phi = term->cov->n_phi(term->c);
    x->pivot = ints_raw(pr->arena, term->c);
    for (int a = 0; a < term->c; a++) x->pivot[a] = a;
    pr->k += x->n_phi;
    rows[t] = (struct sparse_term){term->c, term->q, term->level, prepare_basis(pr, scratch, root_w, t)};
  }
  pr->all.n_terms = m;
  pr->all.terms = rows;
  prepare_params(pr);
}

/* ---- which kernel gets what ----------------------------------------------------------------------------- */

/* Numbers the levels of term t that occur in the given rows; writes them to level. */
static int renumber(struct prepared *pr, int t, int n, const int *row, int32_t *level) {
  const struct sparse_term *term = &pr->all.terms[t];
  int32_t *local = arena_raw(pr->arena, (size_t)term->q, int32_t);
  int q = 0;
  pr->sparse_levels[t] = arena_raw(pr->arena, (size_t)term->q, int32_t);
  for (int l = 0; l < term->q; l++) local[l] = -1;
  for (int i = 0; i < n; i++) {
    int32_t l = term->level[row[i]];
    if (local[l] < 0) {
      pr->sparse_levels[t][q] = l;
      local[l] = q++;
    }
    level[i] = local[l];
  }
  return q;
}

static struct sparse_term part_term(struct prepared *pr, int t, int n, const int *row) {
  const struct sparse_term *term = &pr->all.terms[t];
  int c = term->c;
  double *z = matrix_raw(pr->arena, n, c);
  int32_t *level = arena_raw(pr->arena, (size_t)n, int32_t);
  for (int i = 0; i < n; i++) memcpy(z + area(i, c), term->z + area(row[i], c), sizeof(double) * (size_t)c);
  return (struct sparse_term){c, renumber(pr, t, n, row, level), level, z};
}

/* The rows of the sparse clusters as a problem of their own. */
static struct sparse_problem *sparse_part(struct prepared *pr, int n, const int *row) {
  struct sparse_problem *part = arena_make(pr->arena, struct sparse_problem);
  struct sparse_term *terms = arena_raw(pr->arena, (size_t)pr->all.n_terms, struct sparse_term);
  double *d = matrix_raw(pr->arena, n, pr->p1);
  *part = pr->all;
  pr->sparse_levels = arena_array(pr->arena, (size_t)pr->all.n_terms, int32_t *);
  for (int t = 0; t < pr->all.n_terms; t++) terms[t] = part_term(pr, t, n, row);
  for (int j = 0; j < pr->p1; j++)
    for (int i = 0; i < n; i++) d[at(i, j, n)] = pr->all.d[at(row[i], j, pr->all.n)];
  part->n = n;
  part->d = d;
  part->terms = terms;
  return part;
}

/* Rows of the clusters that are not dense, in the order of the data. */
static int sparse_rows(const struct prepared *pr, int *row) {
  const struct clusters *cl = pr->clusters;
  bool *mine = arena_array(pr->arena, (size_t)pr->all.n, bool);
  int n = 0;
  for (int c = 0; c < cl->n; c++)
    if (!cl->cluster[c].dense)
      for (int i = 0; i < cl->cluster[c].n; i++) mine[cl->order[cl->cluster[c].row + (size_t)i]] = true;
  for (int i = 0; i < pr->all.n; i++)
    if (mine[i]) row[n++] = i;
  return n;
}

static void choose_kernels(struct prepared *pr) {
  pr->clusters = clusters_find(pr->arena, &pr->all);
  clusters_choose(pr->clusters, pr->options.kernel);
  int n_dense = 0, n = pr->clusters->n;
  for (int c = 0; c < n; c++) n_dense += pr->clusters->cluster[c].dense;
  if (n_dense || n == 0) pr->dense = dense_new(pr->arena, &pr->all, pr->clusters);
  if (n_dense == n) return;
  int *row = ints_raw(pr->arena, pr->all.n);
  int n_rows = sparse_rows(pr, row);
  pr->part = sparse_part(pr, n_rows, row);
  pr->sparse = sparse_new(pr->arena, pr->part);
}

/* ---- the whole ------------------------------------------------------------------------------------------ */

/* -2 log L in the user's units minus nu log sigma^2 + r2 / sigma^2 + ld + log|A_XX| in internal ones. */
static double criterion_constant(const struct prepared *pr) {
  const struct problem *problem = pr->problem;
  double log_w = 0, log_r = 0, log_y2 = 2 * log(pr->y_scale);
  for (int i = 0; problem->w && i < problem->n; i++) log_w += log(problem->w[i]);
  for (int j = 0; j < pr->rank; j++) log_r += log(fabs(pr->r[at(j, j, pr->rank)]));
  return pr->nu * (log(2 * M_PI) + log_y2) - log_w + (problem->reml ? 2 * log_r : 0);
}

struct prepared *reml_prepare(struct arena *a, const struct problem *problem,
                              const struct reml_options *options) {
  struct mem *m = arena_mem(a);
  struct arena *mark = arena_pool_mark(m), *scratch = arena_new(m);
  struct prepared *pr = arena_make(a, struct prepared);
  la_init();
  pr->arena = a;
  pr->problem = problem;
  pr->options = *options;
  if (pr->options.threads < 1) pr->options.threads = 1;
  const double *root_w = root_weights(a, problem);
  prepare_fixed(pr, root_w);
  if (problem_has_structures(problem))
    prepare_structures(pr, root_w);
  else
    prepare_terms(pr, scratch, root_w);
  arena_pool_drain(m, mark);
  pr->constant = criterion_constant(pr);
  if (pr->perfect) return pr;
  if (!pr->marginal) choose_kernels(pr);
  solved_new(pr);
  return pr;
}

int reml_n_theta(const struct prepared *pr) {
  return pr->k + 1;
}

static const char *name_of_structure(const struct re_term *t) {
  return t->structure ? t->structure->name : t->cov->name;
}

void prepared_describe(struct buf *out, const struct prepared *pr) {
  int n_dense = 0;
  if (pr->perfect) {
    buf_put(out, "the fixed effects explain the response exactly: nothing to factor\n");
    return;
  }
  for (int c = 0; pr->clusters && c < pr->clusters->n; c++) n_dense += pr->clusters->cluster[c].dense;
  buf_printf(out, "rows %d, columns of X %d (rank %d), covariance parameters %d\n", pr->all.n, pr->problem->p,
             pr->rank, pr->k + 1);
  for (int t = 0; t < pr->all.n_terms; t++)
    buf_printf(out, "term %d: %s, %d columns, %d levels\n", t + 1, name_of_structure(&pr->problem->terms[t]),
               pr->terms[t].c, pr->terms[t].q);
  if (pr->marginal) {
    marginal_describe(out, pr->marginal);
    return;
  }
  assert(pr->clusters);
  buf_printf(out, "independent clusters: %d, of them dense %d\n", pr->clusters->n, n_dense);
  if (pr->dense) dense_describe(out, pr->dense);
  if (pr->sparse) sparse_describe(out, pr->sparse);
}
