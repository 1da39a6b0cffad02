/* row_functions.c: functions of columns that work row by row. */
#include "runtime/model/column_parts.h"
#include <math.h>
#include <string.h>

struct real_function {
  const char *name;
  double (*f)(double);
};

static const struct real_function real_functions[] = {
    {"log", log},     {"log2", log2},   {"log10", log10}, {"log1p", log1p}, {"exp", exp},
    {"expm1", expm1}, {"sqrt", sqrt},   {"abs", fabs},    {"sin", sin},     {"cos", cos},
    {"tan", tan},     {"floor", floor}, {"ceiling", ceil}};

static const struct real_function *find_real(const char *name) {
  for (size_t i = 0; i < sizeof real_functions / sizeof *real_functions; i++)
    if (strcmp(real_functions[i].name, name) == 0) return &real_functions[i];
  return NULL;
}

column_real *column_real_find(const char *name) {
  const struct real_function *f = find_real(name);
  return f ? f->f : NULL;
}

static struct column *apply_real(struct evaluation *e, const struct ast *x, const struct real_function *f,
                                 const double *a) {
  double *v;
  struct column *c = column_numbers(e, &v);
  struct made_missing made = {0};
  for (int i = 0; i < e->n; i++) {
    v[i] = f->f(a[i]);
    if (isnan(v[i]) && !isnan(a[i])) made_missing_at(&made, i);
  }
  made_missing_tell(e, x, &made);
  return c;
}

/* Half goes to the even digit, as in R. */
static struct column *apply_round(struct evaluation *e, const double *a, const double *digits) {
  double *v;
  struct column *c = column_numbers(e, &v);
  for (int i = 0; i < e->n; i++) {
    double scale = digits ? pow(10, nearbyint(digits[i])) : 1;
    v[i] = isfinite(a[i]) ? nearbyint(a[i] * scale) / scale : a[i];
  }
  return c;
}

static struct column *apply_is_na(struct evaluation *e, const struct column *a) {
  int32_t *v;
  struct column *c = column_codes(e, COL_BOOL, &v);
  for (int i = 0; i < e->n; i++) v[i] = a->type == COL_NUMBER ? isnan(a->v.number[i]) : a->v.code[i] < 0;
  return c;
}

/* Both branches' labels as one list of levels, in order of appearance; to[k] is the new code of b's level k. */
static void join_levels(struct evaluation *e, struct column *c, const struct column *a,
                        const struct column *b, int32_t *to) {
  const char **levels = arena_array(e->arena, (size_t)(a->n_levels + b->n_levels), const char *);
  int n = 0;
  for (int k = 0; k < a->n_levels; k++) levels[n++] = a->levels[k];
  for (int k = 0; k < b->n_levels; k++) {
    int same = 0;
    while (same < a->n_levels && strcmp(a->levels[same], b->levels[k]) != 0) same++;
    to[k] = same < a->n_levels ? same : n;
    if (same == a->n_levels) levels[n++] = b->levels[k];
  }
  c->levels = levels;
  c->n_levels = n;
}

static struct column *choose_numbers(struct evaluation *e, const int32_t *cond, const double *yes,
                                     const double *no) {
  double *v;
  struct column *c = column_numbers(e, &v);
  for (int i = 0; i < e->n; i++) v[i] = cond[i] < 0 ? (double)NAN : cond[i] ? yes[i] : no[i];
  return c;
}

static struct column *choose_codes(struct evaluation *e, const int32_t *cond, const struct column *yes,
                                   const struct column *no) {
  int32_t *v;
  struct column *c = column_codes(e, yes->type, &v);
  int32_t *to = arena_array(e->arena, (size_t)no->n_levels + 2, int32_t);
  to[1] = 1; /* truth values keep their codes */
  if (yes->type == COL_FACTOR) join_levels(e, c, yes, no, to);
  for (int i = 0; i < e->n; i++) {
    int32_t other = no->v.code[i];
    v[i] = cond[i] < 0 ? -1 : cond[i] ? yes->v.code[i] : other < 0 ? -1 : to[other];
  }
  return c;
}

/* Dates stay dates beside dates and NA. */
static enum calendar common_calendar(const struct ast *x, const struct column *a, const struct ast *y,
                                     const struct column *b) {
  if (x->kind == AST_NA) return b->calendar;
  return y->kind == AST_NA || a->calendar == b->calendar ? a->calendar : CALENDAR_NONE;
}

static struct column *apply_ifelse(struct evaluation *e, const struct column_call *c) {
  struct column *cond = column_conform(e, call_value(c, 0), c->column[0], COL_BOOL);
  struct column *yes = column_conform(e, call_value(c, 1), c->column[1], c->column[2]->type);
  struct column *no = column_conform(e, call_value(c, 2), c->column[2], yes->type);
  if (cond->type != COL_BOOL || yes->type != no->type) return column_unfit(e, c->node);
  if (yes->type == COL_NUMBER) {
    struct column *out = choose_numbers(e, cond->v.code, yes->v.number, no->v.number);
    out->calendar = common_calendar(call_value(c, 1), yes, call_value(c, 2), no);
    return out;
  }
  return choose_codes(e, cond->v.code, yes, no);
}

static struct column *apply_numeric(struct evaluation *e, const struct column_call *c) {
  const struct real_function *f = find_real(c->f->name);
  const struct column *x = c->column[0], *digits = c->column[1];
  if (x->type != COL_NUMBER || (digits && digits->type != COL_NUMBER)) return column_unfit(e, c->node);
  if (f) return apply_real(e, c->node, f, x->v.number);
  return apply_round(e, x->v.number, digits ? digits->v.number : NULL);
}

struct column *column_apply_rows(struct evaluation *e, const struct column_call *c) {
  switch (c->f->rule) {
  case RULE_NUMERIC: return apply_numeric(e, c);
  case RULE_SAME: return c->column[0];
  case RULE_FACTOR: return column_to_factor(e->arena, c->column[0], e->n);
  case RULE_TO_NUMBER: return column_to_number(e->arena, e->diags, e->src, c->node->span, c->column[0], e->n);
  case RULE_IFELSE: return apply_ifelse(e, c);
  case RULE_IS_NA: return apply_is_na(e, c->column[0]);
  case RULE_RECODE: return column_recode(e, c);
  case RULE_DATE: return column_date(e, c);
  case RULE_PAIR: return column_pair(e, c);
  case RULE_CODING:
  case RULE_RELEVEL: return column_recoded(e, c);
  case RULE_BASIS:
  case RULE_COUNT:
  case RULE_MEASURE: return column_unfit(e, c->node); /* they know the design */
  }
  return column_unfit(e, c->node);
}
