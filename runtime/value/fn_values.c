/* fn_values.c: numbers, columns, lists, tables, print. */
#include "runtime/report/report.h"
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
  return low + 1 < n ? v[low] + (at - low) * (v[low + 1] - v[low]) : v[low];
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

/* ---- tables, lists -------------------------------------------------------------------------------------- */

static int first_rows(struct call *c, int n) {
  double want = c->arg[1].ast ? c->arg[1].value.u.number : 6;
  return want < 0 ? 0 : want < n ? (int)want : n;
}

static struct value head_table(struct call *c, const struct table *t) {
  bool *keep = arena_array(c->in->scratch, (size_t)t->n_rows + 1, bool);
  int n = first_rows(c, t->n_rows);
  for (int i = 0; i < n; i++) keep[i] = true;
  struct table *some = table_filter(t, keep);
  some->rows_where = t->rows_where;
  return value_table(some);
}

bool builtin_head(struct call *c, struct value *out) {
  const struct value *v = &c->arg[0].value;
  *out = *v;
  if (v->kind == VALUE_TABLE)
    *out = head_table(c, v->u.table);
  else if (v->kind == VALUE_COLUMN)
    *out = value_column(c->in, &v->u.column->column, first_rows(c, v->u.column->n_rows), v->home);
  else if (v->kind == VALUE_LIST)
    *out = value_list(c->in, first_rows(c, v->u.list->n), v->u.list->item, NULL);
  else
    return CALL_ERROR(c, c->arg[0].ast->span, DIAG_ARGUMENT_KIND, "head", "x", "table, column or list",
                      value_kind_name(v));
  return true;
}

bool builtin_names(struct call *c, struct value *out) {
  const struct value *v = &c->arg[0].value;
  bool table = v->kind == VALUE_TABLE;
  if (!table && v->kind != VALUE_RECORD)
    return CALL_ERROR(c, c->arg[0].ast->span, DIAG_ARGUMENT_KIND, "names", "x", "table or record",
                      value_kind_name(v));
  int n = table ? v->u.table->n_columns : v->u.list->n;
  struct value *items = arena_raw(c->in->scratch, (size_t)n, struct value);
  for (int i = 0; i < n; i++)
    items[i] = value_text(c->in, table ? v->u.table->columns[i].name : v->u.list->name[i]);
  *out = value_list(c->in, n, items, NULL);
  return true;
}

bool builtin_length(struct call *c, struct value *out) {
  const struct value *v = &c->arg[0].value;
  double n = 1;
  if (v->kind == VALUE_LIST || v->kind == VALUE_RECORD)
    n = v->u.list->n;
  else if (v->kind == VALUE_COLUMN)
    n = v->u.column->n_rows;
  else if (v->kind == VALUE_TABLE)
    n = v->u.table->n_rows;
  *out = value_number(n);
  return true;
}

/* ---- describe ------------------------------------------------------------------------------------------- */

static struct value optional(bool there, double x) {
  return there ? value_number(x) : (struct value){.kind = VALUE_NA};
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
  cell[1] = value_text(in, types[s->type]);
  cell[2] = optional(s->type == COL_FACTOR, s->n_levels);
  cell[3] = value_number(s->n_missing);
  cell[4] = optional(number, s->min);
  cell[5] = optional(number, mean_of(v, m));
  cell[6] = optional(number, s->max);
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

bool builtin_summary(struct call *c, struct value *out) {
  const struct value *v = &c->arg[0].value;
  *out = *v;
  if (v->kind == VALUE_FIT) return true;
  if (v->kind != VALUE_TABLE) return summary_column(c, out);
  describe_table(c, v->u.table, out);
  return true;
}

/* ---- print, text, record -------------------------------------------------------------------------------- */

static bool join(struct call *c, const char *between, const char **text) {
  struct report_style style = {.width = c->in->options.width, .utf8 = true};
  struct buf b;
  buf_init(&b, c->in->scratch);
  for (int i = 0; i < c->n_rest; i++) {
    if (i) buf_put(&b, between);
    report_inline(&b, &c->rest[i].value, &style);
    if (b.n >> 20 >= TEXT_MIB_MAX)
      return CALL_ERROR(c, c->node->span, DIAG_TEXT_TOO_LONG,
                        arena_printf(c->in->scratch, "%d", TEXT_MIB_MAX));
  }
  *text = b.text;
  return true;
}

bool builtin_print(struct call *c, struct value *out) {
  (void)out;
  struct value line = {.kind = VALUE_TEXT};
  if (!join(c, " ", &line.u.text)) return false;
  c->in->show(c->in, &line, "print");
  return true;
}

bool builtin_text(struct call *c, struct value *out) {
  *out = (struct value){.kind = VALUE_TEXT, .home = c->in->scratch};
  return join(c, "", &out->u.text);
}

bool builtin_record(struct call *c, struct value *out) {
  struct value *items = arena_array(c->in->scratch, (size_t)c->n_rest, struct value);
  const char **names = arena_array(c->in->scratch, (size_t)c->n_rest + 1, const char *);
  for (int i = 0; i < c->n_rest; i++) {
    if (!c->rest_name[i]) return CALL_ERROR(c, c->rest[i].ast->span, DIAG_FIELD_NAME);
    names[i] = arena_strdup(c->in->scratch, c->rest_name[i]);
    items[i] = c->rest[i].value;
  }
  return value_nested(c->in, c->node->span, c->n_rest, items, names, out);
}
