#include "runtime/reml/linalg.h"
#include "runtime/reml/prepared.h"
#include <math.h>
#include <string.h>

double chart_sigma2(const struct prepared *pr, const double *theta) {
  return exp(2 * theta[pr->k]);
}

void chart_start(const struct prepared *pr, double *theta) {
  theta[pr->k] = 0;
  if (pr->marginal) {
    marginal_start(pr->marginal, theta);
    return;
  }
  for (int t = 0; t < pr->all.n_terms; t++) {
    const struct prepared_term *x = &pr->terms[t];
    x->cov->start(x->c, x->pivot, theta + x->theta);
  }
}

void chart_from(const struct prepared *pr, double *const *g, double *theta) {
  for (int t = 0; t < pr->all.n_terms; t++) {
    const struct prepared_term *x = &pr->terms[t];
    x->cov->chart(x->c, g[t], x->pivot, theta + x->theta);
  }
  theta[pr->k] = 0;
}

void chart_factors(const struct prepared *pr, const double *theta, double *const *lambda) {
  double scale = exp(-theta[pr->k]);
  for (int t = 0; t < pr->all.n_terms; t++) {
    const struct prepared_term *x = &pr->terms[t];
    x->cov->factor(x->c, x->pivot, theta + x->theta, lambda[t]);
    for (int i = 0; i < x->c * x->c; i++) lambda[t][i] *= scale;
  }
}

/* G = y_scale^2 (B^-1 Lambda)(B^-1 Lambda)': a square, so that variances are never negative. */
void chart_covariance(const struct prepared *pr, struct arena *scratch, const double *theta, int t,
                      double *g) {
  const struct prepared_term *x = &pr->terms[t];
  double *lambda = matrix_raw(scratch, x->c, x->c), s = pr->y_scale * pr->y_scale;
  x->cov->factor(x->c, x->pivot, theta + x->theta, lambda);
  la_solve_upper(x->c, x->basis, x->c, x->c, lambda, x->c);
  la_multiply_nt(x->c, x->c, x->c, lambda, x->c, lambda, x->c, g, x->c);
  for (int i = 0; i < x->c * x->c; i++) g[i] *= s;
}

void chart_phi(const struct prepared *pr, const double *theta, double *phi) {
  for (int t = 0; t < pr->all.n_terms; t++) {
    const struct prepared_term *x = &pr->terms[t];
    x->cov->phi(x->c, x->pivot, theta + x->theta, phi + x->phi);
  }
  phi[pr->k] = chart_sigma2(pr, theta);
}

void chart_scale(const struct prepared *pr, double *theta, double s) {
  for (int t = 0; t < pr->all.n_terms && !pr->marginal; t++)
    pr->terms[t].cov->scale(pr->terms[t].c, theta + pr->terms[t].theta, s);
  theta[pr->k] += log(s) / 2;
}

bool chart_repivot(const struct prepared *pr, double *theta) {
  if (pr->marginal) return marginal_repivot(pr->marginal, theta);
  for (int t = 0; t < pr->all.n_terms; t++) {
    const struct prepared_term *x = &pr->terms[t];
    if (x->cov->repivot) x->cov->repivot(x->c, x->pivot, theta + x->theta);
  }
  return false;
}

/* gamma (c x c) with df = tr(gamma dG), from the gradient in phi. */
static void gamma_of(const struct prepared *pr, int t, const double *g, double *gamma) {
  const struct prepared_term *x = &pr->terms[t];
  memset(gamma, 0, sizeof(double) * area(x->c, x->c));
  for (int i = 0; i < x->n_phi; i++) {
    const struct param *p = &pr->all.params[x->phi + i];
    double value = p->a == p->b ? g[x->phi + i] : g[x->phi + i] / 2;
    gamma[at(p->a, p->b, x->c)] = gamma[at(p->b, p->a, x->c)] = value;
  }
}

void chart_gradient(const struct prepared *pr, const double *theta, const double *g, double *g_theta) {
  double gamma[COV_MAX * COV_MAX];
  memset(g_theta, 0, sizeof(double) * (size_t)pr->k);
  if (pr->marginal) memcpy(g_theta, g, sizeof(double) * (size_t)pr->k);
  for (int t = 0; t < pr->all.n_terms && !pr->marginal; t++) {
    const struct prepared_term *x = &pr->terms[t];
    gamma_of(pr, t, g, gamma);
    x->cov->pull_gradient(x->c, x->pivot, theta + x->theta, gamma, g_theta + x->theta);
  }
  g_theta[pr->k] = 2 * chart_sigma2(pr, theta) * g[pr->k];
}

/* Blocks of dphi/dtheta, one a term; the residual's is a number. */
struct jacobians {
  double **j;
  int *rows, *columns, *row, *column; /* sizes, and places in phi and theta */
};

static struct jacobians jacobians_of(const struct prepared *pr, struct arena *scratch, const double *theta) {
  int n = pr->all.n_terms + 1;
  struct jacobians js = {arena_array(scratch, (size_t)n, double *), ints_raw(scratch, n),
                         ints_raw(scratch, n), ints_raw(scratch, n), ints_raw(scratch, n)};
  for (int t = 0; t < n - 1; t++) {
    const struct prepared_term *x = &pr->terms[t];
    js.rows[t] = x->n_phi;
    js.columns[t] = x->n_theta;
    js.row[t] = x->phi;
    js.column[t] = x->theta;
    js.j[t] = matrix_raw(scratch, x->n_phi, x->n_theta);
    x->cov->jacobian(x->c, x->pivot, theta + x->theta, js.j[t]);
  }
  js.rows[n - 1] = js.columns[n - 1] = 1;
  js.row[n - 1] = js.column[n - 1] = pr->k;
  js.j[n - 1] = matrix_raw(scratch, 1, 1);
  js.j[n - 1][0] = 2 * chart_sigma2(pr, theta);
  return js;
}

static void add_curvature(const struct prepared *pr, const double *theta, const double *g, double *h) {
  double gamma[COV_MAX * COV_MAX];
  int n = pr->k + 1;
  for (int t = 0; t < pr->all.n_terms; t++) {
    const struct prepared_term *x = &pr->terms[t];
    gamma_of(pr, t, g, gamma);
    x->cov->pull_curvature(x->c, x->pivot, theta + x->theta, gamma, h + at(x->theta, x->theta, n), n);
  }
  h[at(n - 1, n - 1, n)] += 4 * chart_sigma2(pr, theta) * g[n - 1];
}

/* Only the scale has a chart: phi = sigma^2 = exp(2 theta). */
static void scale_hessian(const struct prepared *pr, const double *theta, const double *g, const double *h,
                          double *h_theta) {
  int n = pr->k + 1;
  double slope = 2 * chart_sigma2(pr, theta);
  memcpy(h_theta, h, sizeof(double) * area(n, n));
  for (int i = 0; i < n; i++) h_theta[at(i, n - 1, n)] *= slope;
  for (int i = 0; i < n; i++) h_theta[at(n - 1, i, n)] *= slope;
  h_theta[at(n - 1, n - 1, n)] += 2 * slope * g[n - 1];
}

void chart_hessian(const struct prepared *pr, struct arena *scratch, const double *theta, const double *g,
                   const double *h, double *h_theta) {
  int n = pr->k + 1, blocks = pr->all.n_terms + 1;
  if (pr->marginal) {
    scale_hessian(pr, theta, g, h, h_theta);
    return;
  }
  struct jacobians js = jacobians_of(pr, scratch, theta);
  double *hj = matrix_raw(scratch, n, n);
  for (int s = 0; s < blocks; s++) {
    la_multiply(n, js.columns[s], js.rows[s], h + at(0, js.row[s], n), n, js.j[s], js.rows[s], hj, n);
    for (int t = 0; t < blocks; t++)
      la_multiply_tn(js.columns[t], js.columns[s], js.rows[t], js.j[t], js.rows[t], hj + js.row[t], n,
                     h_theta + at(js.column[t], js.column[s], n), n);
  }
  add_curvature(pr, theta, g, h_theta);
}

static double pivot_size(int c, const double *lambda, int j) {
  double s = 0;
  for (int i = 0; i < c; i++) s = fmax(s, fabs(lambda[i + j * c]));
  return s;
}

/* A column of Lambda vanishes when the theta that make it do: found by asking the chart. */
int chart_zero_pivots(const struct prepared *pr, double *theta, double small) {
  double lambda[COV_MAX * COV_MAX], sigma = exp(theta[pr->k]);
  int n = 0;
  if (pr->marginal) return marginal_zero(pr->marginal, theta, small);
  for (int t = 0; t < pr->all.n_terms; t++) {
    const struct prepared_term *x = &pr->terms[t];
    double *mine = theta + x->theta;
    x->cov->factor(x->c, x->pivot, mine, lambda);
    for (int j = 0; j < x->c; j++) {
      double size = pivot_size(x->c, lambda, j);
      if (size >= small * sigma || size == 0) continue;
      n++;
      for (int i = 0; i < x->c; i++) lambda[i + j * x->c] = 0;
    }
    x->cov->unfactor(x->c, x->pivot, lambda, mine);
  }
  return n;
}

int chart_rank(const struct prepared *pr, const double *theta, int t) {
  double lambda[COV_MAX * COV_MAX];
  const struct prepared_term *x = &pr->terms[t];
  int rank = 0;
  if (pr->marginal) return marginal_rank(pr->marginal, theta, t);
  x->cov->factor(x->c, x->pivot, theta + x->theta, lambda);
  for (int j = 0; j < x->c; j++) rank += pivot_size(x->c, lambda, j) > 0;
  return rank;
}
