/* fn_numbers.c: functions of numbers and columns; what a table's columns hold. */
#include "runtime/value/interp.h"
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

static double mean_of(const double *v, int n) {
  double first = n ? sum_of(v, n) / n : (double)NAN, rest = 0;
  for (int i = 0; i < n; i++) rest += v[i] - first; /* a second pass, as R does: exact to rounding */
  return n && isfinite(first) ? first + rest / n : first;
}

static double sd_of(const double *v, int n) {
  double m = mean_of(v, n), s = 0;
  for (int i = 0; i < n; i++) s += (v[i] - m) * (v[i] - m);
  return n > 1 ? sqrt(s / (n - 1)) : (double)NAN;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* R's quantile type 7; sorts v. */
static double quantile_of(double *v, int n, double p) {
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
  return mean_of(v, n);
}
static double do_sd(double *v, int n) {
  return sd_of(v, n);
}
static double do_median(double *v, int n) {
  return quantile_of(v, n, 0.5);
}
static double do_min(double *v, int n) {
  return quantile_of(v, n, 0);
}
static double do_max(double *v, int n) {
  return quantile_of(v, n, 1);
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

/* ---- describe ------------------------------------------------------------------------------------------- */

static struct value optional(bool there, double x) {
  return there ? value_number(x) : (struct value){.kind = VALUE_NA};
}

/* An end of the range, or the mean: of dates a date. */
static struct value figure_of(struct interp *in, const struct schema_column *s, double x) {
  if (s->type != COL_NUMBER || isnan(x)) return (struct value){.kind = VALUE_NA};
  return s->calendar ? value_text(in, calendar_text(in->scratch, x, s->calendar)) : value_number(x);
}

static void describe_column(struct interp *in, const struct column *col, const struct schema_column *s, int n,
                            struct value *cell) {
  bool number = s->type == COL_NUMBER;
  double *v = arena_raw(in->scratch, (size_t)n + 1, double);
  int m = 0;
  for (int i = 0; number && i < n; i++)
    if (!isnan(col->v.number[i])) v[m++] = col->v.number[i];
  static const char *const types[] = {"numeric", "factor", "logical"}; /* ORDER COLTYPES */
  cell[0] = value_text(in, s->name);
  cell[1] = value_text(in, s->calendar ? calendar_name(s->calendar) : types[s->type]);
  cell[2] = optional(s->type == COL_FACTOR, s->n_levels);
  cell[3] = value_number(s->n_missing);
  cell[4] = figure_of(in, s, quantile_of(v, m, 0));
  cell[5] = figure_of(in, s, mean_of(v, m));
  cell[6] = figure_of(in, s, quantile_of(v, m, 1));
  cell[7] = optional(number, sd_of(v, m));
}

static void describe_table(struct call *c, const struct table *t, struct value *out) {
  static const char *const names[] = {"column", "type", "levels", "missing", "min", "mean", "max", "sd"};
  const struct schema *s = table_schema(c->in->scratch, t);
  struct value *cell = arena_raw(c->in->scratch, 8 * (size_t)t->n_columns, struct value);
  for (int j = 0; j < t->n_columns; j++)
    describe_column(c->in, &t->columns[j], &s->columns[j], t->n_rows, cell + 8 * j);
  struct grid_value g = {
      .rows = t->n_columns, .cols = 8, .cell = cell, .col_names = names, .kind = "describe"};
  *out = value_grid(c->in, &g);
}

bool builtin_describe(struct call *c, struct value *out) {
  describe_table(c, c->arg[0].value.u.table, out);
  return true;
}

static bool summary_column(struct call *c, struct value *out) {
  static const char *const names[] = {"n", "missing", "min", "q25", "median", "mean", "q75", "max"};
  int n, all;
  double *v = present(c, &n);
  if (!v || !value_numbers(c->in, &c->arg[0].value, c->arg[0].ast->span, &all)) return false;
  const double figure[] = {n,
                           all - n,
                           quantile_of(v, n, 0),
                           quantile_of(v, n, 0.25),
                           quantile_of(v, n, 0.5),
                           mean_of(v, n),
                           quantile_of(v, n, 0.75),
                           quantile_of(v, n, 1)};
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
