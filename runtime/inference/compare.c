#include "runtime/inference/compare.h"
#include <lapacke.h>
#include <math.h>
#include <string.h>

/* ---- spans of the fixed parts ---- */

/* An orthonormal basis of the kept columns (n x rank) by Householder's reflections; log|X'X| in *log_xx. */
static double *span_of(struct arena *a, const struct fit *f, double *log_xx) {
  const struct problem *p = f->frame->problem;
  size_t n = (size_t)p->n;
  int rank = f->result->rank, k = 0;
  double *q = arena_raw(a, n * (size_t)rank + 1, double), *tau = arena_raw(a, (size_t)rank + 1, double);
  for (int j = 0; j < p->p; j++)
    if (!f->result->aliased[j]) memcpy(q + n * (size_t)k++, p->x + n * (size_t)j, n * sizeof(double));
  LAPACKE_dgeqrf(LAPACK_COL_MAJOR, p->n, rank, q, p->n, tau);
  *log_xx = 0;
  for (int j = 0; j < rank; j++) *log_xx += 2 * log(fabs(q[(size_t)j * n + (size_t)j]));
  LAPACKE_dorgqr(LAPACK_COL_MAJOR, p->n, rank, rank, q, p->n, tau);
  return q;
}

static double norm2(size_t n, const double *x) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
  return sum;
}

/* Does the span of q (n x rank) hold the kept columns of f? */
static bool holds(struct arena *a, const double *q, int rank, const struct fit *f) {
  const struct problem *p = f->frame->problem;
  size_t n = (size_t)p->n;
  double *rest = arena_raw(a, n, double);
  for (int j = 0; j < p->p; j++) {
    if (f->result->aliased[j]) continue;
    memcpy(rest, p->x + n * (size_t)j, n * sizeof(double));
    double before = norm2(n, rest);
    for (int pass = 0; pass < 2; pass++)
      for (int k = 0; k < rank; k++) {
        double dot = 0;
        for (size_t i = 0; i < n; i++) dot += q[(size_t)k * n + i] * rest[i];
        for (size_t i = 0; i < n; i++) rest[i] -= dot * q[(size_t)k * n + i];
      }
    if (norm2(n, rest) > 1e-18 * before) return false;
  }
  return true;
}

static bool span_holds(const struct fit *outer, const struct fit *inner) {
  struct mem *m = arena_mem(outer->arena);
  struct arena *mark = arena_pool_mark(m), *a = arena_new(m);
  double log_xx;
  const double *q = span_of(a, outer, &log_xx);
  bool is = holds(a, q, outer->result->rank, inner);
  arena_pool_drain(m, mark);
  return is;
}

double compare_log_xx(const struct fit *f) {
  struct mem *m = arena_mem(f->arena);
  struct arena *mark = arena_pool_mark(m);
  double log_xx;
  span_of(arena_new(m), f, &log_xx);
  arena_pool_drain(m, mark);
  return log_xx;
}

static bool same_columns(const struct problem *p, const struct problem *q) {
  return p->p == q->p && memcmp(p->x, q->x, sizeof(double) * (size_t)p->n * (size_t)p->p) == 0;
}

enum comparison compare_two(const struct fit *f, const struct fit *g) {
  const struct problem *p = f->frame->problem, *q = g->frame->problem;
  if (strcmp(f->frame->response, g->frame->response) != 0) return COMPARE_RESPONSES;
  if (p->n != q->n || memcmp(p->y, q->y, sizeof(double) * (size_t)p->n) != 0) return COMPARE_ROWS;
  if (f->reml != g->reml) return COMPARE_METHODS;
  if (!f->reml || same_columns(p, q)) return COMPARE_FINE;
  bool same = f->result->rank == g->result->rank && span_holds(f, g);
  return same ? COMPARE_CODING : COMPARE_SPANS;
}

/* ---- structures ---- */

bool structure_nested(const char *a, const char *b) {
  static const struct {
    const char *a, *b;
  } direct[] = {{"homdiag", "diag"}, {"homdiag", "cs"}, {"homdiag", "ar1"}, {"homdiag", "ou"},
                {"homdiag", "exp"},  {"diag", "us"},    {"diag", "hcs"},    {"diag", "har1"},
                {"cs", "hcs"},       {"cs", "toep"},    {"cs", "exch"},     {"exch", "us"},
                {"hcs", "us"},       {"hcs", "htoep"},  {"ar1", "har1"},    {"ar1", "toep"},
                {"har1", "htoep"},   {"har1", "ante1"}, {"toep", "htoep"},  {"htoep", "us"},
                {"ante1", "us"},     {"ou", "us"},      {"exp", "us"}};
  if (strcmp(a, b) == 0) return true;
  for (size_t i = 0; i < sizeof direct / sizeof *direct; i++)
    if (strcmp(direct[i].a, a) == 0 && structure_nested(direct[i].b, b)) return true;
  return false;
}

static bool among(const char *name, const struct frame_term *t, int n) {
  for (int i = 0; i < n; i++)
    if (strcmp(t->names[i], name) == 0) return true;
  return false;
}

/* Is term t of f a case of a term of g? */
static bool term_nested(const struct frame *f, int t, const struct frame *g) {
  for (int s = 0; s < g->problem->n_terms; s++) {
    const struct frame_term *x = &f->terms[t], *y = &g->terms[s];
    int c = f->problem->terms[t].c, d = g->problem->terms[s].c;
    bool in = strcmp(x->group, y->group) == 0 && c <= d;
    for (int i = 0; i < c && in; i++) in = among(x->names[i], y, d);
    if (in && (c == d ? structure_nested(x->structure, y->structure) : strcmp(y->structure, "us") == 0))
      return true;
  }
  return false;
}

static bool same_text(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

static bool residual_nested(const struct frame_residual *x, const struct frame_residual *y) {
  if (!x) return true;
  if (!y || (x->n_factors && !same_text(x->block, y->block)) || x->n_factors > y->n_factors) return false;
  for (int i = 0; i < x->n_factors; i++) {
    const struct frame_factor_names *a = &x->factor[i], *b = &y->factor[i];
    bool index = !a->index || same_text(a->index, b->index);
    if (!index || !structure_nested(a->structure, b->structure)) return false;
  }
  bool strata = x->n_strata < 2 || same_text(x->by, y->by);
  bool scale = x->variance == VARIANCE_ONE || (x->variance == y->variance && x->n_scale == y->n_scale &&
                                               same_text(x->scale[0], y->scale[0]));
  return strata && scale;
}

bool compare_nested(const struct fit *f, const struct fit *g) {
  if (f->n_par >= g->n_par || !span_holds(g, f)) return false;
  for (int t = 0; t < f->frame->problem->n_terms; t++)
    if (!term_nested(f->frame, t, g->frame)) return false;
  return residual_nested(f->frame->residual, g->frame->residual);
}

static int random_columns(const struct problem *p) {
  int n = 0;
  for (int t = 0; t < p->n_terms; t++) n += p->terms[t].c;
  return n;
}

int compare_boundary(const struct fit *f, const struct fit *g) {
  const struct frame *x = f->frame, *y = g->frame;
  bool same_residual = residual_nested(x->residual, y->residual) && residual_nested(y->residual, x->residual);
  bool one = random_columns(y->problem) == random_columns(x->problem) + 1;
  if (f->result->rank != g->result->rank || !same_residual || !one) return -1;
  return g->n_par - f->n_par - 1;
}

double fit_aicc(const struct fit *f) {
  double n = f->frame->problem->n, k = f->n_par;
  return n - k - 1 > 0 ? fit_aic(f) + 2 * k * (k + 1) / (n - k - 1) : (double)NAN;
}

struct frame *frame_by_ml(struct mem *m, const struct frame *f) {
  struct arena *a = arena_new(m);
  arena_hold(a, f->arena);
  struct frame *new = arena_make(a, struct frame);
  struct problem *p = arena_make(a, struct problem);
  *p = *f->problem;
  p->arena = a;
  p->reml = false;
  *new = *f;
  new->arena = a;
  new->problem = p;
  return new;
}
