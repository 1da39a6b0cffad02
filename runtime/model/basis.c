#include "runtime/model/basis.h"
#include "runtime/model/splines.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct basis_making {
  struct arena *arena;
  struct diags *diags;
  const struct source *src;
  const struct ast *call;
  struct basis_call wanted;
  double *x; /* n: sorted, none missing */
  int n, n_distinct;
};

#define FAIL(m, ...) (diag_add((m)->diags, (m)->src, (m)->call->span, __VA_ARGS__, DIAG_END), false)

static const char *number(const struct basis_making *m, double x) {
  return arena_printf(m->arena, "%.7g", x);
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void sort_values(struct basis_making *m, const double *x, int n) {
  m->x = arena_raw(m->arena, (size_t)n + 1, double);
  for (int i = 0; i < n; i++)
    if (!isnan(x[i])) m->x[m->n++] = x[i];
  qsort(m->x, (size_t)m->n, sizeof *m->x, by_value);
  for (int i = 0; i < m->n; i++) m->n_distinct += i == 0 || m->x[i] != m->x[i - 1];
}

static bool has_values(struct basis_making *m, int needed) {
  const char *x = print_expr(m->arena, m->wanted.x);
  if (m->n > 0 && (isinf(m->x[0]) || isinf(m->x[m->n - 1])))
    return FAIL(m, DIAG_INFINITE_VALUE, x, "some", "of the column");
  if (m->n_distinct >= needed) return true;
  return FAIL(m, DIAG_BASIS_VALUES, print_expr(m->arena, m->call), arena_printf(m->arena, "%d", needed), x,
              arena_printf(m->arena, "%d", m->n_distinct));
}

/* ---- polynomials ---- */

void basis_orthogonal(struct arena *a, struct basis *b, const double *x, int n) {
  double *alpha = arena_array(a, (size_t)b->degree + 1, double);
  double *norm = arena_array(a, (size_t)b->degree + 1, double);
  double *before = arena_array(a, (size_t)n, double), *p = arena_array(a, (size_t)n, double);
  for (int i = 0; i < n; i++) p[i] = 1;
  for (int j = 0; j <= b->degree; j++) {
    double moment = 0;
    for (int i = 0; i < n; i++) norm[j] += p[i] * p[i];
    for (int i = 0; i < n; i++) moment += x[i] * p[i] * p[i];
    alpha[j] = moment / norm[j];
    for (int i = 0; i < n; i++) {
      double next = (x[i] - alpha[j]) * p[i] - (j ? norm[j] / norm[j - 1] * before[i] : 0);
      before[i] = p[i];
      p[i] = next;
    }
  }
  b->alpha = alpha;
  b->norm = norm;
}

static bool make_poly(struct basis_making *m, struct basis *b) {
  if (!has_values(m, b->degree + 1)) return false;
  if (!b->raw) basis_orthogonal(m->arena, b, m->x, m->n);
  return true;
}

static void poly_at(const struct basis *b, double x, double *out) {
  double before = 0, p = 1;
  for (int j = 0; j < b->degree; j++) {
    double next = b->raw ? p * x : (x - b->alpha[j]) * p - (j ? b->norm[j] / b->norm[j - 1] * before : 0);
    before = p;
    p = next;
    out[j] = b->raw ? p : p / sqrt(b->norm[j + 1]);
  }
}

/* ---- splines ---- */

/* Type 7 of Hyndman & Fan (1996), of the values inside the boundary. */
static double quantile(const double *x, int n, double p) {
  double at = p * (n - 1);
  int i = (int)floor(at);
  return i + 1 < n ? x[i] + (at - i) * (x[i + 1] - x[i]) : x[n - 1];
}

static void quantile_knots(const struct basis_making *m, const double *boundary, int n, double *knot) {
  int from = 0, to = m->n;
  while (from < to && m->x[from] < boundary[0]) from++;
  while (to > from && m->x[to - 1] > boundary[1]) to--;
  for (int i = 0; i < n; i++) knot[i] = quantile(m->x + from, to - from, (i + 1.0) / (n + 1));
}

static bool knots_increase(struct basis_making *m, const double *boundary, const double *knot, int n) {
  const char *x = print_expr(m->arena, m->wanted.x);
  for (int i = 0; i < n; i++) {
    if (knot[i] > (i ? knot[i - 1] : boundary[0]) && knot[i] < boundary[1]) continue;
    if (!m->wanted.knots) return FAIL(m, DIAG_BASIS_TIES, x, number(m, knot[i]));
    return FAIL(m, DIAG_BASIS_OUTSIDE, number(m, knot[i]), x, number(m, boundary[0]), number(m, boundary[1]));
  }
  return true;
}

static bool make_spline(struct basis_making *m, struct basis *b) {
  if (!has_values(m, m->wanted.knots && m->wanted.boundary ? 1 : 2)) return false;
  int inner = m->wanted.n_knots, order = b->degree + 1;
  double boundary[2] = {m->x[0], m->x[m->n - 1]};
  if (m->wanted.boundary) memcpy(boundary, m->wanted.boundary, sizeof boundary);
  b->n_knots = inner + 2 * order;
  double *knot = arena_raw(m->arena, (size_t)b->n_knots, double);
  for (int i = 0; i < order; i++) {
    knot[i] = boundary[0];
    knot[order + inner + i] = boundary[1];
  }
  if (m->wanted.knots)
    memcpy(knot + order, m->wanted.knots, (size_t)inner * sizeof *knot);
  else
    quantile_knots(m, boundary, inner, knot + order);
  if (!knots_increase(m, boundary, knot + order, inner)) return false;
  b->knots = knot;
  if (b->kind == BASIS_NS) b->natural = natural_columns(m->arena, knot, b->n_knots);
  return true;
}

struct basis *basis_make(struct arena *a, struct diags *diags, const struct source *src,
                         const struct ast *call, const double *x, int n) {
  struct basis_making m = {.arena = a, .diags = diags, .src = src, .call = call};
  if (!basis_read(a, NULL, call, &m.wanted)) {
    diag_add(diags, src, call->span, DIAG_COLUMN_UNFIT, print_expr(a, call), DIAG_END);
    return NULL;
  }
  struct basis *b = arena_make(a, struct basis);
  *b = (struct basis){
      .kind = m.wanted.kind, .width = m.wanted.width, .degree = m.wanted.degree, .raw = m.wanted.raw};
  sort_values(&m, x, n);
  bool made = b->kind == BASIS_POLY ? make_poly(&m, b) : make_spline(&m, b);
  return made ? b : NULL;
}

void basis_at(const struct basis *b, double x, double *out) {
  switch (b->kind) {
  case BASIS_POLY: poly_at(b, x, out); break;
  case BASIS_BS: bspline_columns(b->knots, b->n_knots, b->degree + 1, x, out); break;
  case BASIS_NS: natural_at(b->knots, b->n_knots, b->natural, x, out); break;
  }
}
