/* operator_means.c: within, between, center, scale: deviations from means; count. */
#include "lang/unit_argument.h"
#include "runtime/model/operators.h"
#include <math.h>

/* The means of groups; code NULL: all rows are one group. */
struct means {
  double *mean; /* NaN: the group has no value */
  int *count;   /* rows with a value */
  bool varies;  /* some group has two values */
};

struct gathering {
  double sum, low, high;
};

static void add_value(struct gathering *g, int *count, double x) {
  if ((*count)++ == 0) *g = (struct gathering){0, x, x};
  g->sum += x;
  if (x < g->low) g->low = x;
  if (x > g->high) g->high = x;
}

/* A group of equal values has just that value for its mean, to the last digit. */
static struct means group_means(struct arena *a, const double *x, const int32_t *code, int n, int n_groups) {
  struct means m = {arena_raw(a, (size_t)n_groups, double), arena_array(a, (size_t)n_groups, int), false};
  struct gathering *g = arena_array(a, (size_t)n_groups, struct gathering);
  for (int i = 0; i < n; i++) {
    int32_t k = code ? code[i] : 0;
    if (k >= 0 && !isnan(x[i])) add_value(&g[k], &m.count[k], x[i]);
  }
  for (int k = 0; k < n_groups; k++) {
    bool equal = g[k].low == g[k].high;
    m.varies = m.varies || (m.count[k] && !equal);
    m.mean[k] = m.count[k] == 0 ? (double)NAN : equal ? g[k].low : g[k].sum / m.count[k];
  }
  return m;
}

static bool single_rows(const struct means *m, int n) {
  for (int k = 0; k < n; k++)
    if (m->count[k] > 1) return false;
  return true;
}

/* A deviation that is 0 everywhere is a slip: the unit has no repeated rows, or the variable is the unit's own. */
static void look_at_zeros(struct evaluation *e, const struct column_call *c, const struct means *m, int n,
                          const struct unit_argument *unit) {
  if (m->varies) return;
  const char *name = unit_argument_text(e->arena, unit->path, unit->n);
  const char *x = print_expr(e->arena, call_value(c, 0));
  const char *why = single_rows(m, n) ? arena_printf(e->arena, "no `%s` has two rows", name)
                                      : arena_printf(e->arena, "`%s` does not vary within `%s`", x, name);
  diag_add(e->diags, e->src, c->node->span, DIAG_WITHIN_ZERO, print_expr(e->arena, c->node), why, DIAG_END);
}

/* a - b, told where two values give none (infinite ones). */
static struct column *differences(struct evaluation *e, const struct column_call *c, const double *a,
                                  const double *b, const int32_t *code) {
  double *v;
  struct column *out = column_numbers(e, &v);
  struct made_missing made = {0};
  for (int i = 0; i < e->n; i++) {
    double mean = code ? code[i] < 0 ? (double)NAN : b[code[i]] : b[i];
    v[i] = a[i] - mean;
    if (isnan(v[i]) && !isnan(a[i]) && !isnan(mean)) made_missing_at(&made, i);
  }
  made_missing_tell(e, c->node, &made);
  return out;
}

struct column *operator_within(struct evaluation *e, const struct column_call *c) {
  struct unit_argument unit;
  const double *x = operator_measure(e, c);
  const struct unit_codes *u = x ? operator_units(e, c, &unit) : NULL;
  if (!u) return NULL;
  struct means m = group_means(e->arena, x, u->code, e->n, u->n);
  look_at_zeros(e, c, &m, u->n, &unit);
  return differences(e, c, x, m.mean, u->code);
}

/* Each row's mean of its unit. */
static struct column *spread(struct evaluation *e, const struct means *m, const int32_t *code) {
  double *v;
  struct column *out = column_numbers(e, &v);
  for (int i = 0; i < e->n; i++) v[i] = code[i] < 0 ? (double)NAN : m->mean[code[i]];
  return out;
}

struct column *operator_between(struct evaluation *e, const struct column_call *c) {
  struct unit_argument unit;
  const double *x = operator_measure(e, c);
  const struct unit_codes *u = x ? operator_units(e, c, &unit) : NULL, *above = NULL;
  if (!u) return NULL;
  struct means m = group_means(e->arena, x, u->code, e->n, u->n);
  struct column *mean = spread(e, &m, u->code);
  if (unit.n_above == 0) return mean;
  if (!(above = memo_units(e, operator_unit_span(c), unit.above, unit.n_above))) return NULL;
  struct means higher = group_means(e->arena, x, above->code, e->n, above->n);
  return differences(e, c, mean->v.number, higher.mean, above->code);
}

/* The values that are averaged: of the rows, or the means of the units after `over`. */
static bool to_average(struct evaluation *e, const struct column_call *c, const double *x,
                       const double **value, int *n) {
  *value = x;
  *n = e->n;
  struct unit_argument unit;
  if (!c->args.argument[1]) return true;
  const struct unit_codes *u = operator_units(e, c, &unit);
  if (!u) return false;
  *value = group_means(e->arena, x, u->code, e->n, u->n).mean;
  *n = u->n;
  return true;
}

struct column *operator_center(struct evaluation *e, const struct column_call *c) {
  const double *x = operator_measure(e, c), *value;
  int n;
  if (!x || !to_average(e, c, x, &value, &n)) return NULL;
  double mean = group_means(e->arena, value, NULL, n, 1).mean[0];
  memo_state(e, c->node, mean, 1);
  return differences(e, c, x, column_constant(e, mean)->v.number, NULL);
}

/* The standard deviation, divisor n - 1; 0 where there is none. */
static double deviation(const double *x, int n, double mean, int count) {
  double squares = 0;
  for (int i = 0; i < n; i++)
    if (!isnan(x[i])) squares += (x[i] - mean) * (x[i] - mean);
  return count > 1 && isfinite(squares) ? sqrt(squares / (count - 1)) : 0;
}

struct column *operator_scale(struct evaluation *e, const struct column_call *c) {
  const double *x = operator_measure(e, c), *value;
  int n;
  if (!x || !to_average(e, c, x, &value, &n)) return NULL;
  struct means m = group_means(e->arena, value, NULL, n, 1);
  double mean = m.mean[0], sd = deviation(value, n, mean, m.count[0]), *v;
  if (!(sd > 0)) {
    diag_add(e->diags, e->src, c->node->span, DIAG_NO_SPREAD, print_expr(e->arena, call_value(c, 0)),
             isfinite(mean) ? "it does not vary" : "it has no mean", DIAG_END);
    return NULL;
  }
  memo_state(e, c->node, mean, sd);
  struct column *out = column_numbers(e, &v);
  for (int i = 0; i < e->n; i++) v[i] = (x[i] - mean) / sd;
  return out;
}

struct column *operator_count(struct evaluation *e, const struct column_call *c) {
  struct unit_argument unit;
  const struct unit_codes *u = operator_units(e, c, &unit);
  if (!u) return NULL;
  int *rows = arena_array(e->arena, (size_t)u->n, int);
  for (int i = 0; i < e->n; i++)
    if (u->code[i] >= 0) rows[u->code[i]]++;
  double *v;
  struct column *out = column_numbers(e, &v);
  for (int i = 0; i < e->n; i++) v[i] = u->code[i] < 0 ? (double)NAN : rows[u->code[i]];
  return out;
}
