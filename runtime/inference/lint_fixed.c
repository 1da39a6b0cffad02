/* lint_fixed.c: lints of the fixed part. */
#include "lang/describe.h"
#include "runtime/inference/lint_parts.h"
#include <math.h>
#include <string.h>

/* Groups from which an effect between them is well based: McNeish & Stapleton 2016; Maas & Hox 2005. */
enum { FEW_FOR_BETWEEN = 15 };
/* Rows of a group on average from which it has a within part. */
static const double GROUP_ROWS = 1.5;
/* Of a predictor's variance, at either level: less confounds little. */
static const double SHARE_LEAST = 0.1;
/* Standard errors of log F (Fisher 1925). */
static const double SURE = 3;
/* Correlation from which a predictor is taken for the groups' means. */
static const double SAME_MEANS = 0.9;
/* Share of the groups in whose rows a time runs upward. */
static const double TIME_LIKE_GROUPS = 0.9;

/* ---- a predictor that varies at two levels ---- */

/* Analysis of variance of a predictor, by groups. */
struct decomposition {
  double share; /* of the variance between groups: intraclass correlation, by analysis of variance */
  double log_f; /* of the mean squares */
  double se;    /* of log_f: sqrt(2 / df1 + 2 / df2) */
  double *mean; /* by group */
};

static double *group_means(const struct lint_view *v, struct partition p, const double *x, double *count) {
  double *mean = arena_array(v->scratch, (size_t)p.q, double);
  for (int i = 0; i < v->problem->n; i++) {
    count[p.code[i]]++;
    mean[p.code[i]] += (x[i] - mean[p.code[i]]) / count[p.code[i]];
  }
  return mean;
}

static struct decomposition decompose(const struct lint_view *v, struct partition p, const double *x) {
  int n = v->problem->n;
  double *count = arena_array(v->scratch, (size_t)p.q, double);
  struct decomposition d = {.mean = group_means(v, p, x, count)};
  double grand = 0, between = 0, within = 0, squares = 0;
  for (int i = 0; i < n; i++) grand += (x[i] - grand) / (i + 1);
  for (int i = 0; i < n; i++) {
    double in = x[i] - d.mean[p.code[i]], out = d.mean[p.code[i]] - grand;
    within += in * in;
    between += out * out;
  }
  for (int g = 0; g < p.q; g++) squares += count[g] * count[g];
  double df1 = p.q - 1, df2 = n - p.q, size = (n - squares / n) / df1;
  between /= df1;
  within /= df2;
  double var = (between - within) / size;
  d.share = var / (var + within);
  d.log_f = log(between / within);
  d.se = sqrt(2 / df1 + 2 / df2);
  return d;
}

static bool is_at_both_levels(const struct decomposition *d) {
  return d->share > SHARE_LEAST && d->share < 1 - SHARE_LEAST && d->log_f > SURE * d->se;
}

/* Does x run upward in the rows of nearly every group?  Then it is a time, and differs between groups only by who came late
   or left early. */
static bool is_time_like(const struct lint_view *v, struct partition p, const double *x) {
  int *last = arena_raw(v->scratch, (size_t)p.q, int);
  bool *falls = arena_array(v->scratch, (size_t)p.q, bool);
  int n_rising = 0;
  for (int g = 0; g < p.q; g++) last[g] = -1;
  for (int i = 0; i < v->problem->n; i++) {
    int g = p.code[i];
    if (last[g] >= 0 && x[i] <= x[last[g]]) falls[g] = true;
    last[g] = i;
  }
  for (int g = 0; g < p.q; g++) n_rising += !falls[g];
  return n_rising >= TIME_LIKE_GROUPS * p.q;
}

/* A function that works on each row alone: log(x) varies where x does. */
static bool is_row_by_row(const struct ast *e) {
  static const char *const functions[] = {"I",    "log", "log2",  "log10", "exp",
                                          "sqrt", "abs", "scale", "center"};
  if (e->kind == AST_NAME) return true;
  if (e->kind != AST_CALL || e->u.call.args.n != 1) return false;
  bool known = false;
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
    known = known || ast_calls(e, functions[i]);
  return known;
}

/* The column that a predictor is made of; NULL: several, or none. */
static const char *only_column(const struct ast *e) {
  while (e->kind == AST_CALL) e = e->u.call.args.first->u.arg.value;
  return e->kind == AST_NAME ? e->u.name.whole : NULL;
}

static bool is_time(const struct lint_view *v, const char *column) {
  const struct design *d = v->design;
  return d &&
         ((d->time && strcmp(d->time, column) == 0) || (d->occasion && strcmp(d->occasion, column) == 0));
}

static double correlation(const double *x, const double *y, int n) {
  double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  for (int i = 0; i < n; i++) {
    mx += x[i] / n;
    my += y[i] / n;
  }
  for (int i = 0; i < n; i++) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

/* Is this other predictor the groups' means of x, made by hand? */
static bool holds_means(const struct lint_view *v, struct partition p, const struct variable *other,
                        const double *mean) {
  if (other->type != COL_NUMBER || !partition_fixes(v, p, other)) return false;
  double *value = arena_array(v->scratch, (size_t)p.q, double);
  for (int i = 0; i < v->problem->n; i++) value[p.code[i]] = other->number[i];
  return fabs(correlation(value, mean, p.q)) > SAME_MEANS;
}

/* Does another predictor already hold one of the parts: between(x, g), partner(x), a column of means? */
static bool is_divided(const struct lint_view *v, struct partition p, int var, const double *mean) {
  const char *column = only_column(v->frame->var[var].expr);
  for (int j = 0; j < v->ir->n_vars; j++) {
    const struct variable *other = &v->frame->var[j];
    if (j == var || !in_fixed_part(v, j)) continue;
    if (!is_row_by_row(other->expr) && uses_column(other->expr, column)) return true;
    if (holds_means(v, p, other, mean)) return true;
  }
  return false;
}

static const char *percent(const struct lint_view *v, double share) {
  return arena_printf(v->scratch, "%.0f%%", 100 * share);
}

/* ---- the groups that a predictor may be divided by ---- */

struct division {
  struct partition rows;
  const char *unit; /* as within() takes it */
  bool dyad;        /* of two rows: an actor and a partner */
};

/* The unit of the design that a term is for; NULL: none. */
static const struct lint_unit *unit_of_term(const struct lint_view *v, int t) {
  for (int i = 0; i < v->n_units; i++)
    if (partition_same(v, v->unit[i].rows, partition_of_term(v, t))) return &v->unit[i];
  return NULL;
}

/* The members of dyads, told apart by role; NULL: there are none. */
static const struct lint_unit *members(const struct lint_view *v) {
  for (int i = 0; i < v->n_units; i++)
    if (v->unit[i].person) return &v->unit[i];
  return NULL;
}

/* By a random term: of a dyad whose members have several rows, by member. */
static struct division division_of(const struct lint_view *v, int t) {
  const struct lint_unit *unit = unit_of_term(v, t), *member = members(v);
  struct division d = {partition_of_term(v, t), unit ? unit->name : v->ir->random[t].group_name,
                       unit && unit->dyad};
  if (!d.dyad || !member || rows_per_group(v, member->rows) < GROUP_ROWS) return d;
  d.unit = arena_printf(v->scratch, "%s:%s", v->design->role, unit->name);
  d.rows = member->rows;
  d.dyad = false;
  return d;
}

static const char *remedy(const struct lint_view *v, const struct division *d, const char *x) {
  if (d->dyad) return arena_printf(v->scratch, "divide it: actor(%s) + partner(%s)", x, x);
  return arena_printf(v->scratch, "divide it, within(%s, %s) + between(%s, %s), or add between(%s, %s) to it",
                      x, d->unit, x, d->unit, x, d->unit);
}

static bool tell_undivided(const struct lint_view *v, int var, int t) {
  const struct variable *x = &v->frame->var[var];
  struct division by = division_of(v, t);
  if (by.rows.q < 2 || rows_per_group(v, by.rows) < GROUP_ROWS) return false;
  struct decomposition d = decompose(v, by.rows, x->number);
  if (!is_at_both_levels(&d) || is_time_like(v, by.rows, x->number) || is_divided(v, by.rows, var, d.mean))
    return false;
  LINT_AT(v, x->expr->span, DIAG_LINT_UNDIVIDED, percent(v, d.share), x->name, by.unit,
          percent(v, 1 - d.share), remedy(v, &by, x->name));
  return true;
}

void look_at_undivided(const struct lint_view *v) {
  for (int j = 0; j < v->ir->n_vars; j++) {
    const struct variable *x = &v->frame->var[j];
    if (x->type != COL_NUMBER || !in_fixed_part(v, j) || !is_row_by_row(x->expr)) continue;
    const char *column = only_column(x->expr);
    if (!column || is_time(v, column)) continue;
    for (int t = 0; t < v->ir->n_random; t++)
      if (tell_undivided(v, j, t)) break;
  }
}

/* ---- effects between few groups ---- */

/* The random term with the fewest groups in each of which x has one value; -1: none. */
static int coarsest_term_of(const struct lint_view *v, const struct variable *x) {
  int best = -1;
  for (int t = 0; t < v->ir->n_random; t++)
    if ((best < 0 || v->problem->terms[t].q < v->problem->terms[best].q) &&
        partition_fixes(v, partition_of_term(v, t), x))
      best = t;
  return best;
}

void look_at_between(const struct lint_view *v) {
  for (int j = 0; j < v->ir->n_vars; j++) {
    const struct variable *x = &v->frame->var[j];
    if (!ast_calls(x->expr, "between") || !in_fixed_part(v, j)) continue;
    int t = coarsest_term_of(v, x);
    if (t >= 0 && v->problem->terms[t].q < FEW_FOR_BETWEEN)
      LINT_AT(v, x->expr->span, DIAG_LINT_BETWEEN_FEW_GROUPS, x->name, v->ir->random[t].group_name,
              lint_count(v, v->problem->terms[t].q));
  }
}
