#include "runtime/model/columns.h"
#include "lang/base/text.h"
#include "lang/describe.h"
#include "lang/design.h"
#include "runtime/model/column_memo.h"
#include <math.h>
#include <string.h>

struct column *column_numbers(struct evaluation *e, double **v) {
  struct column *c = arena_make(e->arena, struct column);
  *v = arena_raw(e->arena, (size_t)e->n, double);
  c->type = COL_NUMBER;
  c->v.number = *v;
  return c;
}

struct column *column_codes(struct evaluation *e, enum coltype type, int32_t **v) {
  struct column *c = arena_make(e->arena, struct column);
  *v = arena_raw(e->arena, (size_t)e->n, int32_t);
  c->type = type;
  c->v.code = *v;
  return c;
}

struct column *column_constant(struct evaluation *e, double x) {
  double *v;
  struct column *c = column_numbers(e, &v);
  for (int i = 0; i < e->n; i++) v[i] = x;
  return c;
}

static struct column *constant_code(struct evaluation *e, enum coltype type, int32_t x) {
  int32_t *v;
  struct column *c = column_codes(e, type, &v);
  for (int i = 0; i < e->n; i++) v[i] = x;
  return c;
}

/* A text is a factor of one level. */
static struct column *constant_text(struct evaluation *e, const char *s) {
  struct column *c = constant_code(e, COL_FACTOR, 0);
  const char **levels = arena_array(e->arena, 1, const char *);
  levels[0] = arena_strdup(e->arena, s); /* a table outlives the text of its script */
  c->levels = levels;
  c->n_levels = 1;
  return c;
}

struct column *column_conform(struct evaluation *e, const struct ast *x, struct column *c,
                              enum coltype wanted) {
  if (x->kind != AST_NA || c->type == wanted) return c;
  return wanted == COL_NUMBER ? column_constant(e, (double)NAN) : constant_code(e, wanted, -1);
}

struct column *column_unfit(struct evaluation *e, const struct ast *x) {
  diag_add(e->diags, e->src, x->span, DIAG_COLUMN_UNFIT, print_expr(e->arena, x), DIAG_END);
  return NULL;
}

void made_missing_tell(struct evaluation *e, const struct ast *x, const struct made_missing *m) {
  if (m->n == 0) return;
  diag_add(e->diags, e->src, x->span, DIAG_MADE_MISSING, print_expr(e->arena, x),
           arena_printf(e->arena, m->n == 1 ? "%d row" : "%d rows", m->n),
           arena_printf(e->arena, "%d", m->first + 1), DIAG_END);
}

static const char *nearest_column(struct evaluation *e, const char *name) {
  const char **names = arena_array(e->arena, (size_t)e->table->n_columns, const char *);
  for (int j = 0; j < e->table->n_columns; j++) names[j] = e->table->columns[j].name;
  return text_nearest(name, names, (size_t)e->table->n_columns);
}

static struct column *eval_name(struct evaluation *e, const struct ast *x) {
  int j = table_find(e->table, x->u.name.whole);
  if (j < 0) {
    diag_add(e->diags, e->src, x->span, DIAG_UNKNOWN_COLUMN, x->u.name.whole, e->table->source,
             nearest_column(e, x->u.name.whole), DIAG_END);
    return NULL;
  }
  struct column *c = arena_make(e->arena, struct column);
  *c = e->table->columns[j];
  return c;
}

static struct column *eval_slot(struct evaluation *e, const struct ast *slot) {
  const struct design *d = e->table->design;
  const struct ast *x = d ? design_slot(e->arena, d, slot) : NULL;
  return x ? column_evaluate(e, x) : column_unfit(e, slot);
}

static bool knows_design(const struct column_function *f) {
  return f->needs != NEEDS_NOTHING || f->rule == RULE_MEASURE || f->rule == RULE_COUNT;
}

static struct column *work_out(struct evaluation *e, const struct ast *x) {
  struct column_call c = {.node = x};
  const struct ast *callee = x->u.call.callee;
  c.f = callee->kind == AST_NAME ? column_function_find(callee->u.name.whole) : NULL;
  if (!c.f || !column_bind(NULL, c.f, x, &c.args)) return column_unfit(e, x);
  for (int i = 0; i < COLUMN_PARAMETERS_MAX; i++) {
    if (!c.args.argument[i] || c.f->parameter[i].kind != PARAMETER_COLUMN) continue;
    if (!(c.column[i] = column_evaluate(e, call_value(&c, i)))) return NULL;
  }
  return knows_design(c.f) ? column_apply_design(e, &c) : column_apply_rows(e, &c);
}

static struct column *eval_call(struct evaluation *e, const struct ast *x) {
  const char *text = print_expr(e->arena, x);
  struct column *c = memo_value(e, text);
  if (c || !(c = work_out(e, x))) return c;
  memo_keep(e, text, c);
  return c;
}

/* role[wife] */
static struct column *eval_level(struct evaluation *e, const struct ast *x) {
  struct column *of = column_evaluate(e, x->u.call.callee);
  const char *level = describe_level(e->arena, x);
  if (!of) return NULL;
  if (!level || of->type != COL_FACTOR) return column_unfit(e, x);
  int32_t code = 0;
  while (code < of->n_levels && strcmp(of->levels[code], level) != 0) code++;
  double *v;
  struct column *c = column_numbers(e, &v);
  for (int i = 0; i < e->n; i++) v[i] = of->v.code[i] < 0 ? (double)NAN : of->v.code[i] == code;
  return c;
}

struct column *column_evaluate(struct evaluation *e, const struct ast *x) {
  switch (x->kind) {
  case AST_NUMBER: return column_constant(e, x->u.number.value);
  case AST_NA: return column_constant(e, (double)NAN);
  case AST_BOOL: return constant_code(e, COL_BOOL, x->u.boolean.value);
  case AST_TEXT: return constant_text(e, x->u.text.value);
  case AST_NAME: return eval_name(e, x);
  case AST_UNARY:
  case AST_BINARY: return column_operator(e, x);
  case AST_CALL: return eval_call(e, x);
  case AST_SLOT: return eval_slot(e, x);
  case AST_INDEX: return eval_level(e, x);
  case AST_SPLICE:
  case AST_LIST:
  case AST_FIELD:
  case AST_ARG:
  case AST_HYPOTHESES:
  case AST_ERROR:
  case AST_CASES_NO_EXPRESSION: return column_unfit(e, x);
  }
  return column_unfit(e, x);
}

struct column *eval_column(struct arena *a, struct diags *diags, const struct source *src,
                           const struct table *table, const struct ast *expr) {
  return eval_column_memo(a, diags, src, column_memo_new(a, table), expr);
}

struct column *eval_column_memo(struct arena *a, struct diags *diags, const struct source *src,
                                struct column_memo *memo, const struct ast *expr) {
  const struct table *t = column_memo_table(memo);
  struct evaluation e = {.arena = a, .diags = diags, .src = src, .table = t, .memo = memo, .n = t->n_rows};
  const struct column *value = column_evaluate(&e, expr);
  if (!value) return NULL;
  struct column *c = arena_make(a, struct column); /* a copy: the memo keeps the value */
  *c = *value;
  c->name = print_expr(a, expr);
  return c;
}

struct column *column_copy(struct arena *a, const struct column *c, int n_rows) {
  struct column *copy = arena_make(a, struct column);
  *copy = *c;
  copy->name = c->name ? arena_strdup(a, c->name) : NULL;
  size_t n = (size_t)n_rows;
  if (c->type == COL_NUMBER)
    copy->v.number = memcpy(arena_raw(a, n, double), c->v.number, n * sizeof(double));
  else
    copy->v.code = memcpy(arena_raw(a, n, int32_t), c->v.code, n * sizeof(int32_t));
  const char **levels = arena_array(a, (size_t)c->n_levels, const char *);
  for (int k = 0; k < c->n_levels; k++) levels[k] = arena_strdup(a, c->levels[k]);
  copy->levels = levels;
  return copy;
}
