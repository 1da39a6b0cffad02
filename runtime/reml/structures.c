/* structures.c: problems with covariance structures beyond us and diag of independent levels: made ready for the marginal kernel. */
#include "runtime/reml/linalg.h"
#include "runtime/reml/marginal_model.h"
#include "runtime/reml/prepared.h"
#include <math.h>
#include <string.h>

bool problem_has_structures(const struct problem *problem) {
  if (problem->residual) return true;
  for (int t = 0; t < problem->n_terms; t++)
    if (problem->terms[t].structure || problem->terms[t].loads > 1 || problem->terms[t].root) return true;
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
