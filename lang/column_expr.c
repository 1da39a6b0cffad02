#include "lang/column_expr.h"
#include "lang/base/text.h"
#include "lang/column_operators.h"
#include "lang/describe.h"
#include "lang/normalize.h"
#include <assert.h>
#include <string.h>

static const char *const kind_names[] = {
#define X(kind, name) name,
    COLKINDS(X)
#undef X
};

const char *colkind_name(enum colkind kind) {
  return kind_names[kind];
}

enum colkind colkind_of(enum coltype type) {
  switch (type) {
  case COL_NUMBER: return COLKIND_NUMBER;
  case COL_FACTOR: return COLKIND_FACTOR;
  case COL_BOOL: return COLKIND_BOOL;
  }
  return COLKIND_UNKNOWN;
}

/* ---- functions ---- */

static void want(struct column_scope *s, const struct ast *expr, enum colkind is, enum colkind wanted,
                 const char *by) {
  if (is == wanted || is == COLKIND_UNKNOWN || expr->kind == AST_NA) return;
  const char *wants = wanted == COLKIND_NUMBER ? "numbers" : "a condition, true or false";
  if (wanted == COLKIND_BOOL && is == COLKIND_NUMBER) {
    COLUMN_ERROR(s, expr->span, DIAG_COLUMN_CONDITION, by, describe_expr(s->arena, expr),
                 print_expr(s->arena, expr));
    return;
  }
  COLUMN_ERROR(s, expr->span, DIAG_COLUMN_OPERAND, by, wants, describe_expr(s->arena, expr),
               colkind_name(is));
}

void column_want(struct column_scope *s, const struct ast *expr, enum colkind wanted, const char *by) {
  want(s, expr, column_kind(s, expr), wanted, by);
}

/* A text stands for a factor of one level. */
static bool labels(enum colkind k) {
  return k == COLKIND_FACTOR || k == COLKIND_TEXT;
}

static const struct ast *value_of(const struct column_arguments *args, int i) {
  return args->argument[i] ? args->argument[i]->u.arg.value : NULL;
}

static enum colkind ifelse_kind(struct column_scope *s, const struct column_arguments *args,
                                const enum colkind *kind) {
  want(s, value_of(args, 0), kind[0], COLKIND_BOOL, "ifelse");
  enum colkind a = kind[1], b = kind[2];
  if (a == COLKIND_UNKNOWN || b == COLKIND_UNKNOWN) {
    enum colkind known = a == COLKIND_UNKNOWN ? b : a;
    return labels(known) ? COLKIND_FACTOR : known;
  }
  if (labels(a) && labels(b)) return COLKIND_FACTOR;
  if (a == b) return a;
  COLUMN_ERROR(s, args->argument[2]->span, DIAG_COLUMN_OPERAND, "ifelse", "two values of one kind",
               describe_expr(s->arena, value_of(args, 2)), colkind_name(b));
  return COLKIND_UNKNOWN;
}

/* Numbers to numbers, row by row. */
static enum colkind numeric_kind(struct column_scope *s, const struct column_function *f,
                                 const struct column_arguments *args, const enum colkind *kind) {
  for (int i = 0; i < COLUMN_PARAMETERS_MAX; i++)
    if (args->argument[i] && f->parameter[i].kind == PARAMETER_COLUMN)
      want(s, value_of(args, i), kind[i], COLKIND_NUMBER, f->name);
  return COLKIND_NUMBER;
}

static enum colkind apply_rule(struct column_scope *s, const struct column_function *f,
                               const struct column_arguments *args, const enum colkind *kind) {
  switch (f->rule) {
  case RULE_NUMERIC: return numeric_kind(s, f, args, kind);
  case RULE_SAME: return kind[0];
  case RULE_FACTOR:
  case RULE_PAIR: return COLKIND_FACTOR;
  case RULE_TO_NUMBER:
  case RULE_COUNT: return COLKIND_NUMBER;
  case RULE_IFELSE: return ifelse_kind(s, args, kind);
  case RULE_IS_NA: return COLKIND_BOOL;
  case RULE_RECODE: return column_recode_kind(s, args, kind[0]);
  case RULE_DATE: return column_date_kind(s, args, kind[0]);
  case RULE_CODING:
  case RULE_RELEVEL: return column_factor_kind(s, f, args, kind[0]);
  case RULE_BASIS: return COLKIND_NUMBER;
  case RULE_MEASURE: return column_measure_kind(s, f, value_of(args, 0), kind[0]);
  }
  return COLKIND_UNKNOWN;
}

static void tell_unknown_function(struct column_scope *s, const struct ast *name) {
  COLUMN_ERROR(s, name->span, DIAG_UNKNOWN_COLUMN_FUNCTION, name->u.name.whole,
               column_function_near(name->u.name.whole));
}

static enum colkind call_kind(struct column_scope *s, const struct ast *call) {
  const struct ast *callee = call->u.call.callee;
  if (callee->kind != AST_NAME) {
    COLUMN_ERROR(s, callee->span, DIAG_NO_COLUMN_EXPRESSION, describe_expr(s->arena, callee));
    return COLKIND_UNKNOWN;
  }
  const struct column_function *f = column_function_find(callee->u.name.whole);
  if (!f) {
    tell_unknown_function(s, callee);
    return COLKIND_UNKNOWN;
  }
  if (f->rule == RULE_BASIS) {
    COLUMN_ERROR(s, call->span, DIAG_BASIS_PLACE, f->name);
    return COLKIND_UNKNOWN;
  }
  struct column_arguments args;
  if (!column_bind(s, f, call, &args)) return COLKIND_UNKNOWN;
  enum colkind kind[COLUMN_PARAMETERS_MAX];
  for (int i = 0; i < COLUMN_PARAMETERS_MAX; i++) kind[i] = column_argument_kind(s, f, &args, i);
  column_check_design(s, f, call, &args);
  return apply_rule(s, f, &args, kind);
}

/* ---- names ---- */

static bool told_before(struct column_scope *s, const char *name) {
  for (int i = 0; i < s->n_told; i++)
    if (strcmp(s->told[i], name) == 0) return true;
  s->told = arena_grow(s->arena, s->told, (size_t)s->n_told, (size_t)s->n_told + 1, sizeof *s->told);
  s->told[s->n_told++] = name;
  return false;
}

static enum colkind name_kind(struct column_scope *s, const struct ast *name) {
  if (ast_is_dot(name)) {
    COLUMN_ERROR(s, name->span, DIAG_DOT_OUTSIDE);
    return COLKIND_UNKNOWN;
  }
  if (!s->schema) return COLKIND_UNKNOWN;
  const char *whole = name->u.name.whole;
  int i = schema_find(s->schema, whole);
  if (i >= 0) return colkind_of(s->schema->columns[i].type);
  if (!told_before(s, whole))
    COLUMN_ERROR(s, name->span, DIAG_UNKNOWN_COLUMN, whole, s->schema->source,
                 schema_nearest(s->schema, whole));
  return COLKIND_UNKNOWN;
}

/* ---- operators ---- */

static const struct schema_column *factor_column(struct column_scope *s, const struct ast *e) {
  if (!s->schema || e->kind != AST_NAME) return NULL;
  int i = schema_find(s->schema, e->u.name.whole);
  return i >= 0 && s->schema->columns[i].type == COL_FACTOR ? &s->schema->columns[i] : NULL;
}

/* A label that the factor does not have makes a comparison that is never true: most likely a slip. */
static void check_level(struct column_scope *s, const struct ast *column, const struct ast *text) {
  const struct schema_column *c = factor_column(s, column);
  if (!c || text->kind != AST_TEXT) return;
  for (int i = 0; i < c->n_levels; i++)
    if (strcmp(c->levels[i], text->u.text.value) == 0) return;
  diag_add(s->diags, s->source, text->span, DIAG_UNKNOWN_LEVEL, c->name, text->u.text.value,
           text_nearest(text->u.text.value, c->levels, (size_t)c->n_levels), DIAG_END);
}

/* sex == girl: a level without its quotes, if the factor has it and no column is called so. */
static bool level_as_name(struct column_scope *s, const struct ast *column, const struct ast *name) {
  const struct schema_column *c = factor_column(s, column);
  if (!c || name->kind != AST_NAME || schema_find(s->schema, name->u.name.whole) >= 0) return false;
  for (int i = 0; i < c->n_levels; i++)
    if (strcmp(c->levels[i], name->u.name.whole) == 0) {
      COLUMN_ERROR(s, name->span, DIAG_LEVEL_AS_NAME, name->u.name.whole, s->schema->source, c->name);
      return true;
    }
  return false;
}

static enum colkind equality_kind(struct column_scope *s, const struct ast *e) {
  if (level_as_name(s, e->u.op.a, e->u.op.b)) return COLKIND_BOOL;
  const struct ast *a = e->u.op.a, *b = e->u.op.b;
  enum colkind ka = column_kind(s, a), kb = column_kind(s, b);
  bool unknown = ka == COLKIND_UNKNOWN || kb == COLKIND_UNKNOWN;
  if (!unknown && ka != kb && !(labels(ka) && labels(kb)))
    COLUMN_ERROR(s, e->span, DIAG_COLUMN_COMPARE, describe_expr(s->arena, a), colkind_name(ka),
                 describe_expr(s->arena, b), colkind_name(kb));
  check_level(s, a, b);
  check_level(s, b, a);
  return COLKIND_BOOL;
}

static enum colkind operands(struct column_scope *s, const struct ast *e, enum colkind wanted,
                             enum colkind result) {
  const char *by = ast_op_spelling(e->u.op.op);
  column_want(s, e->u.op.a, wanted, by);
  if (e->kind == AST_BINARY) column_want(s, e->u.op.b, wanted, by);
  return result;
}

/* x in ["a", "b"] */
static enum colkind membership_kind(struct column_scope *s, const struct ast *e) {
  const struct ast *x = e->u.op.a;
  enum colkind kind = column_kind(s, x);
  if (e->u.op.b->u.list.items.n == 0)
    COLUMN_ERROR(s, e->u.op.b->span, DIAG_NO_COLUMN_EXPRESSION, "an empty list");
  for (const struct ast *item = e->u.op.b->u.list.items.first; item; item = item->next) {
    enum colkind other = column_kind(s, item);
    bool unknown = kind == COLKIND_UNKNOWN || other == COLKIND_UNKNOWN;
    if (!unknown && kind != other && !(labels(kind) && labels(other)))
      COLUMN_ERROR(s, item->span, DIAG_COLUMN_COMPARE, describe_expr(s->arena, x), colkind_name(kind),
                   describe_expr(s->arena, item), colkind_name(other));
    check_level(s, x, item);
  }
  return COLKIND_BOOL;
}

static enum colkind no_column_operator(struct column_scope *s, const struct ast *e) {
  const char *what = arena_printf(s->arena, "`%s`", ast_op_spelling(e->u.op.op));
  COLUMN_ERROR(s, e->span, DIAG_NO_COLUMN_EXPRESSION, what);
  return COLKIND_UNKNOWN;
}

static enum colkind operator_kind(struct column_scope *s, const struct ast *e) {
  switch (e->u.op.op) {
  case OP_ADD:
  case OP_SUB:
  case OP_MUL:
  case OP_DIV:
  case OP_POW:
  case OP_NEG:
  case OP_POS: return operands(s, e, COLKIND_NUMBER, COLKIND_NUMBER);
  case OP_LT:
  case OP_LE:
  case OP_GT:
  case OP_GE: return operands(s, e, COLKIND_NUMBER, COLKIND_BOOL);
  case OP_AND:
  case OP_OR:
  case OP_NOT: return operands(s, e, COLKIND_BOOL, COLKIND_BOOL);
  case OP_EQ:
  case OP_NE: return equality_kind(s, e);
  case OP_TILDE:
  case OP_BAR:
  case OP_BARBAR:
  case OP_RANGE:
  case OP_KRON:
  case OP_COLON: return no_column_operator(s, e);
  case OP_IN: return e->u.op.b->kind == AST_LIST ? membership_kind(s, e) : no_column_operator(s, e);
  }
  return COLKIND_UNKNOWN;
}

/* role[wife]: 1 in the rows of that level, 0 in others. */
static enum colkind level_kind(struct column_scope *s, const struct ast *e) {
  const struct ast *of = e->u.call.callee;
  enum colkind kind = column_kind(s, of);
  const char *level = describe_level(s->arena, e);
  const struct schema_column *c = factor_column(s, of);
  if (!level)
    COLUMN_ERROR(s, e->span, DIAG_LEVEL_WANTED, describe_expr(s->arena, of));
  else if (kind != COLKIND_FACTOR && kind != COLKIND_UNKNOWN)
    COLUMN_ERROR(s, of->span, DIAG_LEVEL_OF, describe_expr(s->arena, of), colkind_name(kind));
  for (int i = 0; c && i < c->n_levels; i++)
    if (strcmp(c->levels[i], level ? level : "") == 0) return COLKIND_NUMBER;
  if (c && level)
    COLUMN_ERROR(s, e->u.call.args.first->span, DIAG_NO_LEVEL, c->name, level,
                 text_nearest(level, c->levels, (size_t)c->n_levels));
  return COLKIND_NUMBER;
}

/* In the lines of a data block; those of formulas are resolved before. */
static enum colkind slot_kind(struct column_scope *s, const struct ast *slot) {
  const struct ast *x = slot_resolve(s->arena, s, slot);
  return x ? column_kind(s, x) : COLKIND_UNKNOWN;
}

enum colkind column_kind(struct column_scope *s, const struct ast *e) {
  switch (e->kind) {
  case AST_NUMBER: return COLKIND_NUMBER;
  case AST_TEXT: return COLKIND_TEXT;
  case AST_BOOL: return COLKIND_BOOL;
  case AST_NAME: return name_kind(s, e);
  case AST_UNARY:
  case AST_BINARY: return operator_kind(s, e);
  case AST_CALL: return call_kind(s, e);
  case AST_SLOT: return slot_kind(s, e);
  case AST_INDEX: return level_kind(s, e);
  case AST_NA:
  case AST_SPLICE: /* whoever knows the variables looks at it */
  case AST_ERROR: return COLKIND_UNKNOWN;
  case AST_LIST:
  case AST_FIELD:
  case AST_ARG:
  case AST_HYPOTHESES:
  case AST_CASES_NO_EXPRESSION:
    COLUMN_ERROR(s, e->span, DIAG_NO_COLUMN_EXPRESSION, describe_expr(s->arena, e));
    return COLKIND_UNKNOWN;
  }
  return COLKIND_UNKNOWN;
}
