/* fn_numbers.c: functions of numbers and columns; what a table's columns hold. */
#include "runtime/value/numbers.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- statistics of what is not missing ------------------------------------------------------------------ */

/* The values that are not missing, copied; NULL after an error. */
static double *present(struct call *c, int *n) {
  int all;
  const double *x = value_numbers(c->in, &c->arg[0].value, c->arg[0].ast->span, &all);
  if (!x) return NULL;
  double *v = arena_raw(c->in->scratch, (size_t)all + 1, double);
  *n = 0;
  for (int i = 0; i < all; i++)
    if (!isnan(x[i])) v[(*n)++] = x[i];
  return v;
}

static double sum_of(const double *v, int n) {
  double s = 0;
  for (int i = 0; i < n; i++) s += v[i];
  return s;
}

double numbers_mean(const double *v, int n) {
  double first = n ? sum_of(v, n) / n : (double)NAN, rest = 0;
  for (int i = 0; i < n; i++) rest += v[i] - first; /* a second pass, as R does: exact to rounding */
  return n && isfinite(first) ? first + rest / n : first;
}

double numbers_sd(const double *v, int n) {
  double m = numbers_mean(v, n), s = 0;
  for (int i = 0; i < n; i++) s += (v[i] - m) * (v[i] - m);
  return n > 1 ? sqrt(s / (n - 1)) : (double)NAN;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* R's quantile type 7; sorts v. */
double numbers_quantile(double *v, int n, double p) {
  if (n == 0) return NAN;
  qsort(v, (size_t)n, sizeof *v, by_value);
  double at = (n - 1) * p;
  int low = (int)floor(at);
  return at > low ? v[low] + (at - low) * (v[low + 1] - v[low])
                  : v[low]; /* infinities stand for themselves */
}

typedef double statistic(double *v, int n);

static double do_sum(double *v, int n) {
  return sum_of(v, n);
}
static double do_mean(double *v, int n) {
  return numbers_mean(v, n);
}
static double do_sd(double *v, int n) {
  return numbers_sd(v, n);
}
static double do_median(double *v, int n) {
  return numbers_quantile(v, n, 0.5);
}
static double do_min(double *v, int n) {
  return numbers_quantile(v, n, 0);
}
static double do_max(double *v, int n) {
  return numbers_quantile(v, n, 1);
}

static bool reduce(struct call *c, statistic *f, struct value *out) {
  int n;
  double *v = present(c, &n);
  if (!v) return false;
  *out = value_number(f(v, n));
  return true;
}

bool builtin_sum(struct call *c, struct value *out) {
  return reduce(c, do_sum, out);
}
bool builtin_mean(struct call *c, struct value *out) {
  return reduce(c, do_mean, out);
}
bool builtin_sd(struct call *c, struct value *out) {
  return reduce(c, do_sd, out);
}
bool builtin_median(struct call *c, struct value *out) {
  return reduce(c, do_median, out);
}
bool builtin_min(struct call *c, struct value *out) {
  return reduce(c, do_min, out);
}
bool builtin_max(struct call *c, struct value *out) {
  return reduce(c, do_max, out);
}

/* ---- functions applied to each value -------------------------------------------------------------------- */

/* The argument is a number or a column: the same comes out. */
static bool each(struct call *c, double (*f)(double, double), double second, column_real *g,
                 struct value *out) {
  int n;
  const double *x = value_numbers(c->in, &c->arg[0].value, c->arg[0].ast->span, &n);
  if (!x) return false;
  double *v = arena_raw(c->in->scratch, (size_t)n + 1, double);
  for (int i = 0; i < n; i++) v[i] = g ? g(x[i]) : f(x[i], second);
  if (c->arg[0].value.kind == VALUE_COLUMN) {
    struct column col = {.name = print_expr(c->in->scratch, c->node), .type = COL_NUMBER, .v.number = v};
    *out = value_column(c->in, &col, n, NULL);
  } else if (c->arg[0].value.kind == VALUE_LIST) {
    struct value *items = arena_raw(c->in->scratch, (size_t)n, struct value);
    for (int i = 0; i < n; i++) items[i] = value_number(v[i]);
    *out = value_list(c->in, n, items, NULL);
  } else {
    *out = value_number(v[0]);
  }
  return true;
}

bool builtin_real(struct call *c, struct value *out) {
  return each(c, NULL, 0, column_real_find(c->signature->name), out);
}

static double round_to(double x, double digits) {
  double scale = pow(10, digits);
  return isfinite(x * scale) ? nearbyint(x * scale) / scale : x;
}

bool builtin_round(struct call *c, struct value *out) {
  return each(c, round_to, c->arg[1].ast ? c->arg[1].value.u.number : 0, NULL, out);
}

/* ---- summary -------------------------------------------------------------------------------------------- */

static bool summary_column(struct call *c, struct value *out) {
  static const char *const names[] = {"n", "missing", "min", "q25", "median", "mean", "q75", "max"};
  int n, all;
  double *v = present(c, &n);
  if (!v || !value_numbers(c->in, &c->arg[0].value, c->arg[0].ast->span, &all)) return false;
  const double figure[] = {n,
                           all - n,
                           numbers_quantile(v, n, 0),
                           numbers_quantile(v, n, 0.25),
                           numbers_quantile(v, n, 0.5),
                           numbers_mean(v, n),
                           numbers_quantile(v, n, 0.75),
                           numbers_quantile(v, n, 1)};
  struct value *items = arena_raw(c->in->scratch, 8, struct value);
  for (int i = 0; i < 8; i++) items[i] = value_number(figure[i]);
  *out = value_list(c->in, 8, items, names);
  return true;
}

/* How often each label occurs; NA last, if there is one. */
static void count_labels(struct call *c, const struct column *col, int n, struct value *out) {
  static const char *const names[] = {"level", "rows"};
  int m, *count;
  const char *const *label;
  int32_t *code = arena_raw(c->in->scratch, (size_t)n, int32_t);
  column_levels(c->in->scratch, col, n, code, &m, &label);
  count = arena_array(c->in->scratch, (size_t)m + 1, int);
  for (int i = 0; i < n; i++) count[code[i] < 0 ? m : code[i]]++;
  struct value *cell = arena_raw(c->in->scratch, 2 * (size_t)(m + 1), struct value);
  for (int l = 0; l <= m; l++) {
    cell[2 * l] = l < m ? value_text(c->in, label[l]) : (struct value){.kind = VALUE_NA};
    cell[2 * l + 1] = value_number(count[l]);
  }
  struct grid_value g = {
      .rows = m + (count[m] > 0), .cols = 2, .cell = cell, .col_names = names, .kind = "summary"};
  *out = value_grid(c->in, &g);
}

bool builtin_summary(struct call *c, struct value *out) {
  const struct value *v = &c->arg[0].value;
  *out = *v;
  if (v->kind == VALUE_FIT) return true;
  if (v->kind == VALUE_TABLE)
    describe_table(c, v->u.table, out);
  else if (v->kind == VALUE_COLUMN && v->u.column->column.type != COL_NUMBER)
    count_labels(c, &v->u.column->column, v->u.column->n_rows, out);
  else
    return summary_column(c, out);
  return true;
}
