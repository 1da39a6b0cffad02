/* structures.c: problems with covariance structures beyond us and diag of independent levels: made ready for the marginal kernel,
 * and its parameters as users know them. */
#include "runtime/reml/linalg.h"
#include "runtime/reml/marginal_model.h"
#include "runtime/reml/prepared.h"
#include <math.h>
#include <string.h>

bool problem_has_structures(const struct problem *problem) {
  if (problem->residual) return true;
  for (int t = 0; t < problem->n_terms; t++)
    if (problem->terms[t].structure || problem->terms[t].loads > 1) return true;
  return false;
}

static bool same_terms(const struct problem *p, const struct problem *q) {
  bool same = p->n_terms == q->n_terms;
  for (int t = 0; t < p->n_terms && same; t++)
    same = p->terms[t].c == q->terms[t].c && p->terms[t].cov == q->terms[t].cov &&
           p->terms[t].structure == q->terms[t].structure;
  return same;
}

bool problem_same_structures(const struct problem *p, const struct problem *q) {
  const struct residual *a = p->residual, *b = q->residual;
  if (!same_terms(p, q) || !a != !b) return false;
  if (!a) return true;
  bool same = a->n_factors == b->n_factors && a->n_strata == b->n_strata && a->n_scale == b->n_scale;
  for (int f = 0; same && f < a->n_factors; f++)
    same = a->factors[f].structure == b->factors[f].structure && a->factors[f].x.m == b->factors[f].x.m;
  return same;
}

/* ---- set-up ---- */

static bool scales_columns(const struct re_term *term) {
  const char *name = term->structure ? term->structure->name : term->cov->name;
  return strcmp(name, "us") == 0 || strcmp(name, "diag") == 0;
}

/* To unit mean square: each column where the structure stays one of its kind, else all by one number. */
static void scales_of(const struct re_term *term, int n, const double *root_w, double *scale) {
  int loads = term->loads ? term->loads : 1, c = term->c;
  double all = 0;
  for (int a = 0; a < c; a++) scale[a] = 0;
  for (int i = 0; i < n * loads; i++)
    for (int a = 0; a < c; a++) {
      double z = term->z[at(a, i, c)] * (root_w ? root_w[i / loads] : 1);
      scale[a] += z * z;
    }
  for (int a = 0; a < c; a++) all += scale[a];
  for (int a = 0; a < c; a++) {
    double sum = scales_columns(term) ? scale[a] : all;
    scale[a] = sum > 0 ? sqrt(sum / n) : 1;
  }
}

static struct sparse_term internal_term(struct prepared *pr, const double *root_w, int t) {
  const struct re_term *term = &pr->problem->terms[t];
  int n = pr->problem->n, loads = term->loads ? term->loads : 1, c = term->c;
  double *z = matrix_raw(pr->arena, n * loads, c), *basis = matrix_zero(pr->arena, c, c);
  double *scale = matrix_raw(pr->arena, c, 1);
  scales_of(term, n, root_w, scale);
  for (int a = 0; a < c; a++) basis[at(a, a, c)] = scale[a];
  for (int i = 0; i < n * loads; i++)
    for (int a = 0; a < c; a++)
      z[at(a, i, c)] = term->z[at(a, i, c)] * (root_w ? root_w[i / loads] : 1) / scale[a];
  pr->terms[t] = (struct prepared_term){.c = c, .q = term->q, .cov = term->cov, .basis = basis};
  return (struct sparse_term){c, term->q, term->level, z};
}

void prepare_structures(struct prepared *pr, const double *root_w) {
  const struct problem *problem = pr->problem;
  int m = problem->n_terms;
  struct sparse_term *rows = arena_raw(pr->arena, (size_t)m, struct sparse_term);
  pr->terms = arena_array(pr->arena, (size_t)m, struct prepared_term);
  for (int t = 0; t < m; t++) rows[t] = internal_term(pr, root_w, t);
  pr->all.n_terms = m;
  pr->all.terms = rows;
  pr->marginal = marginal_new(pr->arena, problem, &pr->all, pr->options.kernel);
  pr->k = pr->all.k = marginal_n(pr->marginal);
  for (int t = 0; t < m; t++) {
    const struct part *part;
    struct prepared_term *x = &pr->terms[t];
    x->theta = x->phi = marginal_term_theta(pr->marginal, t, &part);
    x->n_theta = x->n_phi = part_n(part);
    x->pivot = part->pivot;
  }
}

/* ---- parameters as users know them ---- */

struct naming {
  struct prepared *pr;
  struct arena *scratch;
  struct reml_natural *list;
  int n;
};

static void add(struct naming *w, struct reml_natural x) {
  if (w->list) w->list[w->n] = x;
  w->n++;
}

/* The scale of a part of a product that is not the first is none of its own. */
static void add_part(struct naming *w, int term, int stratum, int factor, const struct part *part) {
  for (int i = 0; i < part_n_natural(part); i++) {
    struct natural what = part_natural(part, i);
    if (factor > 0 && what.kind == NATURAL_SD && what.a < 0) continue;
    add(w,
        (struct reml_natural){.term = term, .stratum = stratum, .factor = factor, .place = i, .what = what});
  }
}

static void list_naturals(struct naming *w) {
  const struct problem *problem = w->pr->problem;
  const struct residual *e = problem->residual;
  const struct part *part;
  int m = problem->n_terms, strata = e && e->n_strata > 1 ? e->n_strata : 1, theta;
  w->n = 0;
  for (int t = 0; t < m; t++) {
    marginal_term_theta(w->pr->marginal, t, &part);
    add_part(w, t, 0, 0, part);
  }
  if (!e || e->n_factors == 0)
    add(w, (struct reml_natural){.term = m, .factor = -1, .place = -1, .what = {NATURAL_SD, -1, -1}});
  for (int s = 0; s < strata && e; s++)
    for (int f = 0; f < e->n_factors; f++) add_part(w, m, s, f, marginal_part(w->pr->marginal, s, f, &theta));
  for (int k = 0; e && k < e->n_scale; k++)
    add(w, (struct reml_natural){.term = m, .factor = -1, .place = k, .what = {NATURAL_SCALE, -1, -1}});
}

/* Of a random effect: its standard deviation in the user's units. */
static double user_scale(const struct prepared *pr, const struct reml_natural *x) {
  double s = pr->y_scale * pr->y_scale;
  if (x->term == pr->problem->n_terms) return s;
  const struct prepared_term *t = &pr->terms[x->term];
  int a = x->what.a > 0 ? x->what.a : 0;
  return s / (t->basis[at(a, a, t->c)] * t->basis[at(a, a, t->c)]);
}

static double value_at(const struct naming *w, const struct reml_natural *x, const double *theta) {
  const struct prepared *pr = w->pr;
  const struct part *part;
  double sigma2 = exp(2 * theta[pr->k]);
  int first;
  if (x->what.kind == NATURAL_SCALE) return theta[marginal_delta(pr->marginal) + x->place];
  if (x->factor < 0) return sqrt(sigma2) * pr->y_scale;
  if (x->term < pr->problem->n_terms)
    first = marginal_term_theta(pr->marginal, x->term, &part);
  else
    part = marginal_part(pr->marginal, x->stratum, x->factor, &first);
  double scale = x->factor > 0 ? 1 : sigma2;
  if (x->what.kind == NATURAL_SD && x->factor <= 0) scale *= user_scale(pr, x);
  return part_natural_value(part, w->scratch, theta + first, scale, x->place);
}

/* 2 h^-1; false: h is not positive definite. */
static bool covariance_of_theta(int n, struct arena *scratch, const double *h, double *out) {
  double *l = matrix_raw(scratch, n, n);
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) l[at(i, j, n)] = (h[at(i, j, n)] + h[at(j, i, n)]) / 4;
  if (!la_cholesky(n, l, n)) return false;
  la_inverse(n, l, n, out, n);
  return true;
}

/* The delta method, by central differences of the value in theta. */
static double standard_error(const struct naming *w, const struct reml_natural *x, const double *theta,
                             const double *cov) {
  int n = w->pr->k + 1;
  double *slope = matrix_raw(w->scratch, n, 1), *at_theta = matrix_raw(w->scratch, n, 1), sum = 0;
  memcpy(at_theta, theta, sizeof(double) * (size_t)n);
  for (int i = 0; i < n; i++) {
    double step = 1e-5;
    at_theta[i] = theta[i] + step;
    slope[i] = value_at(w, x, at_theta);
    at_theta[i] = theta[i] - step;
    slope[i] = (slope[i] - value_at(w, x, at_theta)) / (2 * step);
    at_theta[i] = theta[i];
  }
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) sum += slope[i] * slope[j] * cov[at(i, j, n)];
  return sqrt(fmax(sum, 0));
}

void finish_structures(struct arena *a, struct prepared *pr, const double *theta, const double *h,
                       struct reml_result *out) {
  struct mem *m = arena_mem(a);
  struct arena *mark = arena_pool_mark(m), *scratch = arena_new(m);
  struct naming w = {.pr = pr, .scratch = scratch};
  int n = pr->k + 1;
  list_naturals(&w);
  out->theta = (double *)memcpy(matrix_raw(a, pr->k, 1), theta, sizeof(double) * (size_t)pr->k);
  out->natural = w.list = arena_array(a, (size_t)w.n, struct reml_natural);
  list_naturals(&w);
  out->n_natural = w.n;
  double *cov = matrix_raw(scratch, n, n);
  bool known = covariance_of_theta(n, scratch, h, cov);
  for (int i = 0; i < w.n; i++) {
    struct arena_mark step = arena_mark(scratch);
    w.list[i].value = value_at(&w, &w.list[i], theta);
    w.list[i].se = known ? standard_error(&w, &w.list[i], theta, cov) : (double)NAN;
    arena_reset(scratch, step);
  }
  arena_pool_drain(m, mark);
}

/* ---- the residual's matrix, from a result ---- */

struct residual_matrix {
  const struct problem *problem;
  double sigma2;
  struct marginal_model model; /* where there is structure */
};

struct residual_matrix *reml_residual_open(struct arena *a, const struct problem *problem,
                                           const struct reml_result *r) {
  struct residual_matrix *m = arena_make(a, struct residual_matrix);
  *m = (struct residual_matrix){.problem = problem, .sigma2 = r->sigma2};
  if (!problem->residual) return m;
  m->model = marginal_model_new(a, problem);
  marginal_model_at(&m->model, r->theta, false);
  return m;
}

double reml_residual_element(const struct residual_matrix *m, int i, int j) {
  const double *w = m->problem->w;
  double element = m->problem->residual ? residual_pair(&m->model, i, j) : i == j;
  return m->sigma2 * element / (w ? sqrt(w[i] * w[j]) : 1);
}

double *reml_residual_factor(struct arena *a, const struct problem *problem, const struct reml_result *r,
                             int stratum, int factor) {
  struct marginal_model m = marginal_model_new(a, problem);
  const struct table *t = table_of(&m, stratum, factor);
  if (!t->value) return NULL;
  part_matrix(&t->part, r->theta + t->theta, t->value);
  for (size_t i = 0; i < area(t->part.x.m, t->part.x.m) && factor == 0; i++) t->value[i] *= r->sigma2;
  return t->value;
}
