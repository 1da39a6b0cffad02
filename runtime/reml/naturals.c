/* naturals.c: covariance parameters as users know them: standard deviations, correlations, rates. */
#include "runtime/reml/linalg.h"
#include "runtime/reml/prepared.h"
#include <math.h>
#include <string.h>

/* ---- the list ---- */

struct listing {
  struct reml_natural *list; /* NULL: counting */
  int n;
};

static void add(struct listing *w, struct reml_natural x) {
  if (w->list) w->list[w->n] = x;
  w->n++;
}

/* The scale of a part of a product that is not the first is none of its own. */
static void add_part(struct listing *w, int term, int stratum, int factor, const struct part *part) {
  for (int i = 0; i < part_n_natural(part); i++) {
    struct natural what = part_natural(part, i);
    if (factor > 0 && what.kind == NATURAL_SD && what.a < 0) continue;
    add(w,
        (struct reml_natural){.term = term, .stratum = stratum, .factor = factor, .place = i, .what = what});
  }
}

static void add_term(struct listing *w, struct arena *scratch, const struct problem *problem, int t) {
  const struct re_term *x = &problem->terms[t];
  struct positions plain = {.m = x->c};
  const struct structure *s = x->structure ? x->structure : structure_find(x->cov->name);
  struct part part = part_new(scratch, s, x->structure ? &x->x : &plain, false, false);
  add_part(w, t, 0, 0, &part);
}

static void add_residual(struct listing *w, struct arena *scratch, const struct problem *problem) {
  const struct residual *e = problem->residual;
  int m = problem->n_terms, strata = e && e->n_strata > 1 ? e->n_strata : 1;
  if (!e || e->n_factors == 0)
    add(w, (struct reml_natural){.term = m, .factor = -1, .place = -1, .what = {NATURAL_SD, -1, -1}});
  for (int s = 0; s < strata && e; s++)
    for (int f = 0; f < e->n_factors; f++) {
      struct part part = part_new(scratch, e->factors[f].structure, &e->factors[f].x, true, s == 0 || f > 0);
      add_part(w, m, s, f, &part);
    }
  for (int k = 0; e && k < e->n_scale; k++)
    add(w, (struct reml_natural){.term = m, .factor = -1, .place = k, .what = {NATURAL_SCALE, -1, -1}});
}

static void list_all(struct listing *w, struct arena *scratch, const struct problem *problem) {
  w->n = 0;
  for (int t = 0; t < problem->n_terms; t++) add_term(w, scratch, problem, t);
  add_residual(w, scratch, problem);
}

struct reml_natural *reml_naturals(struct arena *a, const struct problem *problem, int *n) {
  struct listing w = {0};
  list_all(&w, a, problem);
  w.list = arena_array(a, (size_t)w.n, struct reml_natural);
  list_all(&w, a, problem);
  *n = w.n;
  return w.list;
}

bool natural_is_endless(const struct reml_natural *x) {
  static const double much = 1000;
  bool scale = x->what.kind == NATURAL_RATE || x->what.kind == NATURAL_RANGE;
  if (scale && !isfinite(x->value)) return true;
  return scale && isfinite(x->se) && x->se > much * x->value;
}

/* ---- values ---- */

/* Of a random effect: its standard deviation in the user's units. */
static double user_scale(const struct prepared *pr, const struct reml_natural *x) {
  double s = pr->y_scale * pr->y_scale;
  if (x->term == pr->problem->n_terms) return s;
  const struct prepared_term *t = &pr->terms[x->term];
  int a = x->what.a > 0 ? x->what.a : 0;
  return s / (t->basis[at(a, a, t->c)] * t->basis[at(a, a, t->c)]);
}

static double structured_value(const struct prepared *pr, struct arena *scratch, const struct reml_natural *x,
                               const double *theta) {
  const struct part *part;
  int first;
  if (x->term < pr->problem->n_terms)
    first = marginal_term_theta(pr->marginal, x->term, &part);
  else
    part = marginal_part(pr->marginal, x->stratum, x->factor, &first);
  double scale = x->factor > 0 ? 1 : chart_sigma2(pr, theta);
  if (x->what.kind == NATURAL_SD && x->factor <= 0) scale *= user_scale(pr, x);
  return part_natural_value(part, scratch, theta + first, scale, x->place);
}

/* A term of the kernels for us and diag: from its covariance matrix. */
static double plain_value(const struct prepared *pr, struct arena *scratch, const struct reml_natural *x,
                          const double *theta) {
  struct arena_mark mark = arena_mark(scratch);
  int c = pr->terms[x->term].c, a = x->what.a, b = x->what.b;
  double *g = matrix_raw(scratch, c, c);
  chart_covariance(pr, scratch, theta, x->term, g);
  double value = sqrt(g[at(a, a, c)]);
  if (x->what.kind == NATURAL_CORRELATION) value = g[at(a, b, c)] / (value * sqrt(g[at(b, b, c)]));
  arena_reset(scratch, mark);
  return value;
}

double natural_value(const struct prepared *pr, struct arena *scratch, const struct reml_natural *x,
                     const double *theta) {
  if (x->what.kind == NATURAL_SCALE) return theta[marginal_delta(pr->marginal) + x->place];
  if (x->factor < 0) return exp(theta[pr->k]) * pr->y_scale;
  return pr->marginal ? structured_value(pr, scratch, x, theta) : plain_value(pr, scratch, x, theta);
}

bool natural_depends(const struct prepared *pr, const struct reml_natural *x, int i) {
  if (pr->marginal) return true;
  if (x->term == pr->problem->n_terms) return i == pr->k;
  const struct prepared_term *t = &pr->terms[x->term];
  return i >= t->theta && i < t->theta + t->n_theta;
}

/* Central differences; `theta` is left as it was. */
void natural_slopes(const struct prepared *pr, struct arena *scratch, const struct reml_natural *x,
                    double *theta, double *slope) {
  static const double step = 1e-5;
  for (int i = 0; i <= pr->k; i++) {
    double here = theta[i];
    slope[i] = 0;
    if (!natural_depends(pr, x, i)) continue;
    theta[i] = here + step;
    double up = natural_value(pr, scratch, x, theta);
    theta[i] = here - step;
    slope[i] = (up - natural_value(pr, scratch, x, theta)) / (2 * step);
    theta[i] = here;
  }
}

/* The delta method. */
static double standard_error(const struct prepared *pr, struct arena *scratch, const struct reml_natural *x,
                             double *theta, const double *cov) {
  int n = pr->k + 1;
  double *slope = matrix_raw(scratch, n, 1), sum = 0;
  natural_slopes(pr, scratch, x, theta, slope);
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) sum += slope[i] * slope[j] * cov[at(i, j, n)];
  return sqrt(fmax(sum, 0));
}

void finish_naturals(struct arena *a, const struct prepared *pr, const double *theta, const double *cov,
                     struct reml_result *out) {
  struct mem *m = arena_mem(a);
  struct arena *mark = arena_pool_mark(m), *scratch = arena_new(m);
  int n = pr->k + 1;
  double *here = matrix_raw(scratch, n, 1);
  memcpy(here, theta, sizeof(double) * (size_t)n);
  out->natural = reml_naturals(a, pr->problem, &out->n_natural);
  for (int i = 0; i < out->n_natural; i++) {
    struct arena_mark step = arena_mark(scratch);
    struct reml_natural *x = &out->natural[i];
    x->value = natural_value(pr, scratch, x, theta);
    x->se = cov ? standard_error(pr, scratch, x, here, cov) : (double)NAN;
    arena_reset(scratch, step);
  }
  for (int i = 0; i < pr->problem->n_hold; i++) {
    struct reml_natural *x = &out->natural[pr->problem->hold[i].natural];
    x->held = true;
    x->value = pr->problem->hold[i].value; /* without the last digit of the way there */
    x->se = NAN;
  }
  arena_pool_drain(m, mark);
}
