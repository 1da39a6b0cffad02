/* operators.c: operators over columns that know the design: means of units, partners, times before. */
#include "lang/column_operators.h"
#include "lang/unit_argument.h"
#include "runtime/model/column_memo.h"
#include "runtime/table/gather.h"
#include <math.h>
#include <string.h>

/* ---- units ---- */

/* The unit that is written; NULL: none is. */
static const struct ast *unit_written(const struct column_call *c) {
  for (int i = 0; i < COLUMN_PARAMETERS_MAX; i++)
    if (c->f->parameter[i].kind == PARAMETER_UNIT && c->args.argument[i]) return call_value(c, i);
  return NULL;
}

/* False after an error: what the check lets through where it does not know the design. */
static bool read_unit(struct evaluation *e, const struct ast *x, struct unit_argument *unit) {
  const struct design *d = e->table->design;
  const struct ast *columns = x->kind != AST_SLOT ? x : d ? design_slot(e->arena, d, x) : NULL;
  if (columns && unit_argument_read(columns, d, unit)) return true;
  column_unfit(e, x);
  return false;
}

static struct span callee_span(const struct column_call *c) {
  return c->node->u.call.callee->span;
}

/* The place to speak of: the unit if it is written, else the operator. */
static struct span unit_span(const struct column_call *c) {
  return unit_written(c) ? unit_written(c)->span : callee_span(c);
}

/* The codes of the unit that the call names, or of the smallest that is repeated; NULL after an error. */
static const struct unit_codes *units_asked(struct evaluation *e, const struct column_call *c,
                                            struct unit_argument *unit) {
  const struct ast *written = unit_written(c);
  unit->n_above = 0;
  if (!written)
    unit->n = memo_smallest(e, callee_span(c), c->f->name, unit->path);
  else if (!read_unit(e, written, unit))
    return NULL;
  if (unit->n == 0) return NULL;
  return memo_units(e, unit_span(c), unit->path, unit->n);
}

/* ---- means ---- */

/* The numbers of the first argument, truth values as 0 and 1; NULL after an error. */
static const double *measure(struct evaluation *e, const struct column_call *c) {
  if (c->column[0]->type == COL_FACTOR) return column_unfit(e, c->node), NULL;
  return column_to_number(e->arena, e->diags, e->src, c->node->span, c->column[0], e->n)->v.number;
}

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

static struct column *apply_within(struct evaluation *e, const struct column_call *c) {
  struct unit_argument unit;
  const double *x = measure(e, c);
  const struct unit_codes *u = x ? units_asked(e, c, &unit) : NULL;
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

static struct column *apply_between(struct evaluation *e, const struct column_call *c) {
  struct unit_argument unit;
  const double *x = measure(e, c);
  const struct unit_codes *u = x ? units_asked(e, c, &unit) : NULL, *above = NULL;
  if (!u) return NULL;
  struct means m = group_means(e->arena, x, u->code, e->n, u->n);
  struct column *mean = spread(e, &m, u->code);
  if (unit.n_above == 0) return mean;
  if (!(above = memo_units(e, unit_span(c), unit.above, unit.n_above))) return NULL;
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
  const struct unit_codes *u = units_asked(e, c, &unit);
  if (!u) return false;
  *value = group_means(e->arena, x, u->code, e->n, u->n).mean;
  *n = u->n;
  return true;
}

static struct column *apply_center(struct evaluation *e, const struct column_call *c) {
  const double *x = measure(e, c), *value;
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

static struct column *apply_scale(struct evaluation *e, const struct column_call *c) {
  const double *x = measure(e, c), *value;
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

static struct column *apply_count(struct evaluation *e, const struct column_call *c) {
  struct unit_argument unit;
  const struct unit_codes *u = units_asked(e, c, &unit);
  if (!u) return NULL;
  int *rows = arena_array(e->arena, (size_t)u->n, int);
  for (int i = 0; i < e->n; i++)
    if (u->code[i] >= 0) rows[u->code[i]]++;
  double *v;
  struct column *out = column_numbers(e, &v);
  for (int i = 0; i < e->n; i++) v[i] = u->code[i] < 0 ? (double)NAN : rows[u->code[i]];
  return out;
}

/* ---- dyads ---- */

static struct column *gathered(struct evaluation *e, const struct column *c, const int32_t *row) {
  struct column *out = arena_make(e->arena, struct column);
  *out = column_gather(e->arena, c, row, e->n);
  return out;
}

static bool same_value(const struct column *c, int i, int j) {
  return c->type == COL_NUMBER ? c->v.number[i] == c->v.number[j] : c->v.code[i] == c->v.code[j];
}

static bool is_missing(const struct column *c, int i) {
  return c->type == COL_NUMBER ? isnan(c->v.number[i]) : c->v.code[i] < 0;
}

static const char *cell(struct arena *a, const struct column *c, int row) {
  if (c->type == COL_NUMBER) return arena_printf(a, "%.7g", c->v.number[row]);
  if (c->type == COL_BOOL) return c->v.code[row] ? "true" : "false";
  return c->levels[c->v.code[row]];
}

static struct column *no_attribute(struct evaluation *e, const struct column_call *c, int row, int other) {
  const struct design *d = e->table->design;
  const struct column *x = c->column[0], *id = &e->table->columns[table_find(e->table, d->actor)];
  diag_add(e->diags, e->src, c->node->span, DIAG_NO_ATTRIBUTE, c->f->name,
           print_expr(e->arena, call_value(c, 0)), cell(e->arena, id, row), cell(e->arena, x, other),
           cell(e->arena, x, row), d->actor, DIAG_END);
  return NULL;
}

/* In a round robin: the attribute of each row's rater or target, as it stands on that person's own rows as rater. */
static struct column *attribute(struct evaluation *e, const struct column_call *c, bool of_partner) {
  const struct round_robin *r = memo_round_robin(e, callee_span(c));
  if (!r) return NULL;
  int32_t *known = arena_raw(e->arena, (size_t)r->n, int32_t),
          *row = arena_raw(e->arena, (size_t)e->n, int32_t);
  for (int k = 0; k < r->n; k++) known[k] = -1;
  for (int i = 0; i < e->n; i++) {
    int32_t k = r->actor[i];
    if (k < 0 || is_missing(c->column[0], i)) continue;
    if (known[k] < 0) known[k] = i;
    if (!same_value(c->column[0], i, known[k])) return no_attribute(e, c, i, known[k]);
  }
  const int32_t *who = of_partner ? r->partner : r->actor;
  for (int i = 0; i < e->n; i++) row[i] = who[i] < 0 ? -1 : known[who[i]];
  return gathered(e, c->column[0], row);
}

static bool in_round_robin(const struct evaluation *e) {
  return e->table->design && e->table->design->dyads == DYADS_ROUND_ROBIN;
}

static struct column *apply_actor(struct evaluation *e, const struct column_call *c) {
  return in_round_robin(e) ? attribute(e, c, false) : c->column[0];
}

static struct column *opposite(struct evaluation *e, const struct column_call *c) {
  const int32_t *row = memo_partner(e, callee_span(c), c->f->name);
  return row ? gathered(e, c->column[0], row) : NULL;
}

static struct column *apply_partner(struct evaluation *e, const struct column_call *c) {
  return in_round_robin(e) ? attribute(e, c, true) : opposite(e, c);
}

/* ---- time ---- */

static struct column *apply_lag(struct evaluation *e, const struct column_call *c) {
  const struct ast *steps = call_value(c, 1);
  int k = steps && steps->kind == AST_NUMBER ? (int)steps->u.number.value : 1;
  const int32_t *before = memo_before(e, callee_span(c), c->f->name, k);
  return before ? gathered(e, c->column[0], before) : NULL;
}

/* A missing value counts as nothing for the rows after it, and is missing in its own. */
static struct column *apply_cumulative(struct evaluation *e, const struct column_call *c) {
  const double *x = measure(e, c);
  const struct unit_codes *u;
  const int32_t *order = x ? memo_in_time(e, callee_span(c), c->f->name, &u) : NULL;
  if (!order) return NULL;
  double *sum = arena_array(e->arena, (size_t)u->n, double), *v;
  struct column *out = column_numbers(e, &v);
  for (int i = 0; i < e->n; i++) {
    int row = order[i];
    int32_t k = u->code[row];
    if (k >= 0 && !isnan(x[row])) sum[k] += x[row];
    v[row] = k < 0 || isnan(x[row]) ? (double)NAN : sum[k];
  }
  return out;
}

static struct column *apply_first(struct evaluation *e, const struct column_call *c) {
  const struct unit_codes *u;
  const int32_t *order = memo_in_time(e, callee_span(c), c->f->name, &u);
  if (!order) return NULL;
  int32_t *first = arena_raw(e->arena, (size_t)u->n, int32_t),
          *row = arena_raw(e->arena, (size_t)e->n, int32_t);
  for (int k = 0; k < u->n; k++) first[k] = -1;
  for (int i = 0; i < e->n; i++) {
    int32_t k = u->code[order[i]];
    if (k >= 0 && first[k] < 0) first[k] = order[i];
  }
  for (int i = 0; i < e->n; i++) row[i] = u->code[i] < 0 ? -1 : first[u->code[i]];
  return gathered(e, c->column[0], row);
}

/* ---- elapsed ---- */

static void tell_no_unit(struct evaluation *e, const struct column_call *c) {
  const char *call =
      arena_printf(e->arena, "elapsed(%s, over = person)", print_expr(e->arena, call_value(c, 0)));
  diag_add(e->diags, e->src, callee_span(c), DIAG_NO_UNIT, c->f->name, "the design does not tell it", call,
           DIAG_END);
}

/* The unit that time runs in when none is written: what elapses may be the time that the design waits for. */
static const struct unit_codes *units_of_time(struct evaluation *e, const struct column_call *c) {
  struct unit_argument unit;
  const struct ast *written = unit_written(c);
  if (written) return read_unit(e, written, &unit) ? memo_units(e, unit_span(c), unit.path, unit.n) : NULL;
  unit.n = e->table->design ? design_unit_path(e->table->design, unit.path) : 0;
  if (unit.n == 0) return tell_no_unit(e, c), NULL;
  return memo_units(e, unit_span(c), unit.path, unit.n);
}

static const double *first_moments(struct evaluation *e, const struct column_call *c, const double *x) {
  const struct unit_codes *u = units_of_time(e, c);
  if (!u) return NULL;
  double *least = arena_raw(e->arena, (size_t)u->n, double), *v = arena_raw(e->arena, (size_t)e->n, double);
  for (int k = 0; k < u->n; k++) least[k] = (double)NAN;
  for (int i = 0; i < e->n; i++)
    if (u->code[i] >= 0 && !(x[i] >= least[u->code[i]]) && !isnan(x[i])) least[u->code[i]] = x[i];
  for (int i = 0; i < e->n; i++) v[i] = u->code[i] < 0 ? (double)NAN : least[u->code[i]];
  return v;
}

static const double *moments_since(struct evaluation *e, const struct column_call *c, const double *x) {
  const struct ast *since = call_value(c, 2);
  double day;
  if (!since) return first_moments(e, c, x);
  if (since->kind == AST_TEXT) {
    bool known = calendar_read(since->u.text.value, CALENDAR_ISO, &day) != CALENDAR_NONE;
    return known ? column_constant(e, day)->v.number : (column_unfit(e, c->node), NULL);
  }
  struct column *v = column_evaluate(e, since);
  if (v && v->type != COL_NUMBER) return column_unfit(e, c->node), NULL;
  return v ? v->v.number : NULL;
}

/* Seconds of the measure, days where none is said; 0 after an error. */
static double measured_in(struct evaluation *e, const struct column_call *c) {
  const struct ast *word = call_value(c, 1);
  const double a_day = 86400;
  if (!word) return a_day;
  double seconds = word->kind == AST_NAME ? column_seconds_of(word->u.name.whole) : 0;
  if (seconds > 0 && c->column[0]->calendar != CALENDAR_NONE) return seconds;
  diag_add(e->diags, e->src, word->span, DIAG_NOT_A_DATE, print_expr(e->arena, call_value(c, 0)), DIAG_END);
  return 0;
}

/* Days that pass, as seconds: days with a time of day are rounded numbers, and seconds are not. */
static double in_seconds(double days) {
  return nearbyint(days * 86400e3) / 1e3;
}

static struct column *apply_elapsed(struct evaluation *e, const struct column_call *c) {
  if (c->column[0]->type != COL_NUMBER) return column_unfit(e, c->node);
  const double *x = c->column[0]->v.number, seconds = measured_in(e, c);
  const double *since = seconds > 0 ? moments_since(e, c, x) : NULL;
  if (!since) return NULL;
  bool date = c->column[0]->calendar != CALENDAR_NONE;
  double *v;
  struct column *out = column_numbers(e, &v);
  for (int i = 0; i < e->n; i++) v[i] = date ? in_seconds(x[i] - since[i]) / seconds : x[i] - since[i];
  return out;
}

/* ---- the door ---- */

static const struct {
  const char *name;
  struct column *(*apply)(struct evaluation *e, const struct column_call *c);
} operators[] = {
    {"within", apply_within},   {"between", apply_between},       {"center", apply_center},
    {"scale", apply_scale},     {"count", apply_count},           {"actor", apply_actor},
    {"partner", apply_partner}, {"reciprocal", opposite},         {"lag", apply_lag},
    {"first", apply_first},     {"cumulative", apply_cumulative}, {"elapsed", apply_elapsed},
};

struct column *column_apply_design(struct evaluation *e, const struct column_call *c) {
  mem_check_interrupt(arena_mem(e->arena));
  for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
    if (strcmp(operators[i].name, c->f->name) == 0) return operators[i].apply(e, c);
  return column_unfit(e, c->node);
}
