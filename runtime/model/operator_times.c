/* operator_times.c: lag, cumulative, first, elapsed. */
#include "lang/column_operators.h"
#include "lang/unit_argument.h"
#include "runtime/model/operators.h"
#include <math.h>

struct column *operator_lag(struct evaluation *e, const struct column_call *c) {
  const struct ast *steps = call_value(c, 1);
  int k = steps && steps->kind == AST_NUMBER ? (int)steps->u.number.value : 1;
  const int32_t *before = memo_before(e, operator_span(c), c->f->name, k);
  return before ? operator_gather(e, c->column[0], before) : NULL;
}

/* A missing value counts as nothing for the rows after it, and is missing in its own. */
struct column *operator_cumulative(struct evaluation *e, const struct column_call *c) {
  const double *x = operator_measure(e, c);
  const struct unit_codes *u;
  const int32_t *order = x ? memo_in_time(e, operator_span(c), c->f->name, &u) : NULL;
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

struct column *operator_first(struct evaluation *e, const struct column_call *c) {
  const struct unit_codes *u;
  const int32_t *order = memo_in_time(e, operator_span(c), c->f->name, &u);
  if (!order) return NULL;
  int32_t *first = arena_raw(e->arena, (size_t)u->n, int32_t),
          *row = arena_raw(e->arena, (size_t)e->n, int32_t);
  for (int k = 0; k < u->n; k++) first[k] = -1;
  for (int i = 0; i < e->n; i++) {
    int32_t k = u->code[order[i]];
    if (k >= 0 && first[k] < 0) first[k] = order[i];
  }
  for (int i = 0; i < e->n; i++) row[i] = u->code[i] < 0 ? -1 : first[u->code[i]];
  return operator_gather(e, c->column[0], row);
}

/* ---- elapsed ---- */

static void tell_no_unit(struct evaluation *e, const struct column_call *c) {
  const char *call =
      arena_printf(e->arena, "elapsed(%s, over = person)", print_expr(e->arena, call_value(c, 0)));
  diag_add(e->diags, e->src, operator_span(c), DIAG_NO_UNIT, c->f->name, "the design does not tell it", call,
           DIAG_END);
}

/* The unit that time runs in when none is written: what elapses may be the time that the design waits for. */
static const struct unit_codes *units_of_time(struct evaluation *e, const struct column_call *c) {
  struct unit_argument unit;
  const struct ast *written = operator_unit_written(c);
  if (written)
    return operator_read_unit(e, written, &unit) ? memo_units(e, operator_unit_span(c), unit.path, unit.n)
                                                 : NULL;
  unit.n = e->table->design ? design_unit_path(e->table->design, unit.path) : 0;
  if (unit.n == 0) return tell_no_unit(e, c), NULL;
  return memo_units(e, operator_unit_span(c), unit.path, unit.n);
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

struct column *operator_elapsed(struct evaluation *e, const struct column_call *c) {
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
