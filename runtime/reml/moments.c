/* moments.c: the p- and k-dimensional algebra between the kernels' sums and the criterion's derivatives.
 *
 * All in relative scale (sigma = 1); the residual's moments by homogeneity, V = I + sum_i gamma_i V_i.  Formulas and
 * names: docs/numerics.md, Moments.  tr(Phi U_i) and its like belong to REML alone.
 */
#include "runtime/reml/linalg.h"
#include "runtime/reml/prepared.h"
#include <math.h>
#include <string.h>

void solved_new(struct prepared *pr) {
  struct arena *a = pr->arena;
  int p1 = pr->p1, rank = pr->rank, k = pr->k, n = k + 1;
  struct solved *s = &pr->solved;
  pr->sums = (struct kernel_sums){.p1 = p1,
                                  .k = k,
                                  .a = matrix_raw(a, p1, p1),
                                  .t = matrix_raw(a, n, 1),
                                  .u = matrix_raw(a, p1 * p1, n),
                                  .tt = matrix_raw(a, k, k)};
  s->lambda = arena_array(a, (size_t)pr->all.n_terms, double *);
  for (int t = 0; t < pr->all.n_terms; t++) s->lambda[t] = matrix_zero(a, pr->terms[t].c, pr->terms[t].c);
  s->gamma = matrix_raw(a, n, 1);
  s->l = matrix_raw(a, rank, rank);
  s->phi = matrix_zero(a, p1, p1);
  s->d = matrix_raw(a, p1, 1);
  s->trace = matrix_zero(a, n, 1);
  s->quad = matrix_raw(a, n, 1);
  s->ud = matrix_raw(a, p1, n);
  s->phi_u = matrix_raw(a, rank * rank, pr->problem->reml ? n : 0);
  s->ai = matrix_raw(a, n, n);
  s->ei = matrix_raw(a, n, n);
  s->dwd = matrix_raw(a, n, n);
  s->xwx = matrix_raw(a, n, n);
  s->tt = matrix_raw(a, n, n);
  s->kernel = matrix_raw(a, k, k);
  s->trace2 = matrix_raw(a, pr->marginal ? k : 0, k);
  s->quad2 = matrix_raw(a, pr->marginal ? k : 0, k);
  s->work = matrix_raw(a, p1, n);
}

bool solved_has_ei(const struct prepared *pr) {
  return pr->marginal ? marginal_has_ei(pr->marginal) : pr->sparse == NULL;
}

static double *u_of(const struct prepared *pr, int i) {
  return pr->sums.u + (size_t)i * area(pr->p1, pr->p1);
}

static void clear_sums(struct kernel_sums *s) {
  s->ld = 0;
  memset(s->a, 0, sizeof(double) * area(s->p1, s->p1));
  memset(s->t, 0, sizeof(double) * (size_t)s->k);
  memset(s->u, 0, sizeof(double) * area(s->p1 * s->p1, s->k));
  memset(s->tt, 0, sizeof(double) * area(s->k, s->k));
}

static bool run_kernels(struct prepared *pr, const double *theta, unsigned want) {
  const double *const *lambda = (const double *const *)pr->solved.lambda;
  clear_sums(&pr->sums);
  if (pr->marginal) return marginal_eval(pr->marginal, theta, want, &pr->sums);
  if (pr->dense && !dense_eval(pr->dense, lambda, want, &pr->sums)) return false;
  return !pr->sparse || sparse_eval(pr->sparse, lambda, want, &pr->sums);
}

/* L, b, d, Phi, r2, log|A_XX|. */
static bool solve_fixed(struct prepared *pr) {
  struct solved *s = &pr->solved;
  const double *a = pr->sums.a;
  int p = pr->rank, p1 = pr->p1;
  for (int j = 0; j < p; j++) memcpy(s->l + at(0, j, p), a + at(0, j, p1), sizeof(double) * (size_t)p);
  memcpy(s->d, a + at(0, p, p1), sizeof(double) * (size_t)p1);
  if (p > 0 && !la_cholesky(p, s->l, p)) return false;
  la_solve_lower(p, s->l, p, 1, s->d, p1);
  s->r2 = a[at(p, p, p1)] - la_dot((size_t)p, s->d, s->d);
  la_solve_lower_t(p, s->l, p, 1, s->d, p1);
  for (int j = 0; j < p; j++) s->d[j] = -s->d[j];
  s->d[p] = 1;
  if (p > 0) la_inverse(p, s->l, p, s->phi, p1);
  s->log_det_x = pr->problem->reml ? la_log_det(p, s->l, p) : 0;
  return isfinite(pr->sums.ld) && isfinite(s->r2) && s->r2 >= 0;
}

/* t and U of the residual. */
static void add_residual(struct prepared *pr) {
  double *t = pr->sums.t, *u = u_of(pr, pr->k);
  size_t m = area(pr->p1, pr->p1);
  t[pr->k] = pr->all.n;
  memcpy(u, pr->sums.a, sizeof(double) * m);
  for (int i = 0; i < pr->k; i++) {
    t[pr->k] -= pr->solved.gamma[i] * t[i];
    la_axpy(m, -pr->solved.gamma[i], u_of(pr, i), u);
  }
}

static double inner(int p, const double *x, int ldx, const double *y, int ldy) {
  double sum = 0;
  for (int j = 0; j < p; j++) sum += la_dot((size_t)p, x + at(0, j, ldx), y + at(0, j, ldy));
  return sum;
}

static void first_derivatives(struct prepared *pr) {
  struct solved *s = &pr->solved;
  int p1 = pr->p1, p = pr->rank;
  for (int i = 0; i <= pr->k; i++) {
    double *ud = s->ud + at(0, i, p1);
    la_multiply(p1, 1, p1, u_of(pr, i), p1, s->d, p1, ud, p1);
    s->quad[i] = la_dot((size_t)p1, s->d, ud);
    s->trace[i] = pr->sums.t[i] - (pr->problem->reml ? inner(p, s->phi, p1, u_of(pr, i), p1) : 0);
  }
}

/* In the marginal kernel theta itself is relative: only the scale of all is homogeneous in V. */
static void relative_parameters(struct prepared *pr, const double *theta) {
  struct solved *s = &pr->solved;
  memset(s->gamma, 0, sizeof(double) * (size_t)pr->k);
  s->gamma[pr->k] = 1;
  if (pr->marginal) return;
  double scale = 1 / chart_sigma2(pr, theta);
  chart_factors(pr, theta, s->lambda);
  chart_phi(pr, theta, s->gamma);
  for (int i = 0; i <= pr->k; i++) s->gamma[i] *= scale;
}

bool solve_at(struct prepared *pr, const double *theta, unsigned want) {
  relative_parameters(pr, theta);
  if (!run_kernels(pr, theta, want) || !solve_fixed(pr)) return false;
  if (want < WANT_GRADIENT) return true;
  add_residual(pr);
  first_derivatives(pr);
  return true;
}

/* Fills the last row and column of m (n x n) from its leading k x k: kernel has ld k; `first` is the same quantity
   with one parameter only. */
static void complete(const struct prepared *pr, const double *kernel, const double *first, double *m) {
  int k = pr->k, n = k + 1;
  double corner = first[k];
  for (int j = 0; j < k; j++) {
    double rest = first[j];
    for (int i = 0; i < k; i++) {
      m[at(i, j, n)] = kernel[at(i, j, k)];
      rest -= pr->solved.gamma[i] * kernel[at(i, j, k)];
    }
    m[at(k, j, n)] = m[at(j, k, n)] = rest;
    corner -= pr->solved.gamma[j] * rest;
  }
  m[at(k, k, n)] = corner;
}

/* ai_ij = d'W_ij d - (U_i d)_X' Phi (U_j d)_X */
static void average_information(struct prepared *pr) {
  struct solved *s = &pr->solved;
  int n = pr->k + 1, p = pr->rank, p1 = pr->p1;
  la_multiply(p, n, p, s->phi, p1, s->ud, p1, s->work, p1);
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++)
      s->ai[at(i, j, n)] =
          s->dwd[at(i, j, n)] - la_dot((size_t)p, s->ud + at(0, i, p1), s->work + at(0, j, p1));
}

/* tr(Phi U_i Phi U_j) of rank x rank products stored one after the other. */
static double product_trace(int p, const double *x, const double *y) {
  double sum = 0;
  for (int j = 0; j < p; j++)
    for (int i = 0; i < p; i++) sum += x[at(i, j, p)] * y[at(j, i, p)];
  return sum;
}

/* ei_ij = T_ij - [2 tr(Phi W_ij,XX) - tr(Phi U_i,XX Phi U_j,XX)] */
static void expected_information(struct prepared *pr) {
  struct solved *s = &pr->solved;
  int n = pr->k + 1, p = pr->rank;
  memcpy(s->ei, s->tt, sizeof(double) * area(n, n));
  if (!pr->problem->reml) return;
  for (int i = 0; i < n; i++)
    la_multiply(p, p, p, s->phi, pr->p1, u_of(pr, i), pr->p1, s->phi_u + (size_t)i * area(p, p), p);
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++)
      s->ei[at(i, j, n)] +=
          product_trace(p, s->phi_u + (size_t)i * area(p, p), s->phi_u + (size_t)j * area(p, p)) -
          2 * s->xwx[at(i, j, n)];
}

/* tr(Phi U_i,XX), from what the gradient left. */
static void traces_of_u(const struct prepared *pr, double *out) {
  for (int i = 0; i <= pr->k; i++) out[i] = pr->sums.t[i] - pr->solved.trace[i];
}

void solve_second(struct prepared *pr) {
  struct solved *s = &pr->solved;
  int k = pr->k;
  bool ei = solved_has_ei(pr), reml = pr->problem->reml;
  double *xwx = s->xwx; /* its leading k x k block, before it is spread out */
  struct kernel_weights w = {.d = s->d, .phi = s->phi, .dwd = s->kernel, .xwx = ei && reml ? xwx : NULL};
  memset(w.dwd, 0, sizeof(double) * area(k, k));
  if (w.xwx) memset(w.xwx, 0, sizeof(double) * area(k, k));
  if (pr->marginal) marginal_weights(pr->marginal, &w, reml, s->trace2, s->quad2);
  if (pr->dense) dense_weights(pr->dense, &w);
  if (pr->sparse) sparse_weights(pr->sparse, &w);
  complete(pr, s->kernel, s->quad, s->dwd);
  average_information(pr);
  if (!ei) return;
  complete(pr, pr->sums.tt, pr->sums.t, s->tt);
  if (w.xwx) {
    memcpy(s->kernel, w.xwx, sizeof(double) * area(k, k));
    traces_of_u(pr, s->work);
    complete(pr, s->kernel, s->work, s->xwx);
  }
  expected_information(pr);
}

void solved_forms(struct prepared *pr, const double *d, double *dwd, double *dr) {
  struct solved *s = &pr->solved;
  int k = pr->k, p1 = pr->p1;
  struct kernel_weights w = {.d = d, .phi = s->phi, .dwd = s->kernel};
  memset(w.dwd, 0, sizeof(double) * area(k, k));
  if (pr->marginal) marginal_weights(pr->marginal, &w, false, s->trace2, dr);
  if (pr->dense) dense_weights(pr->dense, &w);
  if (pr->sparse) sparse_weights(pr->sparse, &w);
  double *first = s->work;
  for (int i = 0; i <= k; i++) {
    double sum = 0;
    for (int b = 0; b < p1; b++) sum += d[b] * la_dot((size_t)p1, u_of(pr, i) + at(0, b, p1), d);
    first[i] = sum;
  }
  complete(pr, s->kernel, first, dwd);
}

bool solved_traces(struct prepared *pr, double *tt) {
  int k = pr->k, n = k + 1;
  if (solved_has_ei(pr)) {
    memcpy(tt, pr->solved.tt, sizeof(double) * area(n, n));
    return true;
  }
  if (pr->marginal) return false;
  memcpy(pr->solved.kernel, pr->sums.tt, sizeof(double) * area(k, k));
  if (!sparse_traces(pr->sparse, pr->solved.kernel)) return false;
  complete(pr, pr->solved.kernel, pr->sums.t, tt);
  return true;
}

double solved_sigma2(const struct prepared *pr) {
  return fmax(pr->solved.r2 / pr->nu, SIGMA2_FLOOR);
}

double solved_criterion(const struct prepared *pr, double sigma2) {
  return pr->constant + pr->sums.ld + pr->solved.log_det_x + pr->nu * log(sigma2) + pr->solved.r2 / sigma2;
}

/* dphi of a parameter relative to that of V relative to sigma^2. */
static double unit_of(const struct prepared *pr, double sigma2, int i) {
  return pr->marginal && i < pr->k ? 1 : 1 / sigma2;
}

void solved_gradient(const struct prepared *pr, double sigma2, double *g) {
  for (int i = 0; i <= pr->k; i++)
    g[i] = (pr->solved.trace[i] - pr->solved.quad[i] / sigma2) * unit_of(pr, sigma2, i);
}

/* 2 AI - EI, or AI where EI is not to be had; in the marginal kernel plus what V's second derivatives add. */
void solved_hessian(const struct prepared *pr, double sigma2, bool observed, double *h) {
  const struct solved *s = &pr->solved;
  int n = pr->k + 1, k = pr->k;
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) {
      double ai = s->ai[at(i, j, n)] / sigma2, unit = unit_of(pr, sigma2, i) * unit_of(pr, sigma2, j);
      h[at(i, j, n)] = unit * (observed ? 2 * ai - s->ei[at(i, j, n)] : ai);
    }
  for (int j = 0; j < k && pr->marginal; j++)
    for (int i = 0; i < k; i++) h[at(i, j, n)] += s->trace2[at(i, j, k)] - s->quad2[at(i, j, k)] / sigma2;
}
