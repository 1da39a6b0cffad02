/* column_arithmetic.c: operators on columns: arithmetic, comparison, Kleene's logic. */
#include "runtime/model/column_parts.h"
#include <assert.h>
#include <math.h>
#include <string.h>

/* Missing stays missing, also where C has NaN^0 = 1. */
static double compute(enum ast_op op, double a, double b) {
  if (isnan(a) || isnan(b)) return (double)NAN;
  if (op == OP_ADD) return a + b;
  if (op == OP_SUB) return a - b;
  if (op == OP_MUL) return a * b;
  if (op == OP_DIV) return a / b;
  assert(op == OP_POW);
  return pow(a, b);
}

static struct column *arithmetic(struct evaluation *e, const struct ast *x, const double *a,
                                 const double *b) {
  double *v;
  struct column *c = column_numbers(e, &v);
  struct made_missing made = {0};
  for (int i = 0; i < e->n; i++) {
    v[i] = compute(x->u.op.op, a[i], b[i]);
    if (isnan(v[i]) && !isnan(a[i]) && !isnan(b[i])) made_missing_at(&made, i);
  }
  made_missing_tell(e, x, &made);
  return c;
}

/* Does `a OP b` hold, when a - b has this sign? */
static bool holds(enum ast_op op, int sign) {
  if (op == OP_EQ) return sign == 0;
  if (op == OP_NE) return sign != 0;
  if (op == OP_LT) return sign < 0;
  if (op == OP_LE) return sign <= 0;
  if (op == OP_GT) return sign > 0;
  assert(op == OP_GE);
  return sign >= 0;
}

static struct column *compare_numbers(struct evaluation *e, enum ast_op op, const double *a,
                                      const double *b) {
  int32_t *v;
  struct column *c = column_codes(e, COL_BOOL, &v);
  for (int i = 0; i < e->n; i++)
    v[i] = isnan(a[i]) || isnan(b[i]) ? -1 : holds(op, (a[i] > b[i]) - (a[i] < b[i]));
  return c;
}

static const char *label(const struct column *c, int32_t code) {
  static const char *const truth[] = {"false", "true"};
  return c->type == COL_BOOL ? truth[code] : c->levels[code];
}

static struct column *compare_labels(struct evaluation *e, enum ast_op op, const struct column *a,
                                     const struct column *b) {
  int32_t *v;
  struct column *c = column_codes(e, COL_BOOL, &v);
  for (int i = 0; i < e->n; i++) {
    int32_t x = a->v.code[i], y = b->v.code[i];
    v[i] = x < 0 || y < 0 ? -1 : holds(op, strcmp(label(a, x), label(b, y)));
  }
  return c;
}

static struct column *kleene(struct evaluation *e, bool is_and, const int32_t *a, const int32_t *b) {
  int32_t *v;
  struct column *c = column_codes(e, COL_BOOL, &v);
  int32_t decides = is_and ? 0 : 1; /* the value that settles the matter alone */
  for (int i = 0; i < e->n; i++) {
    if (a[i] == decides || b[i] == decides)
      v[i] = decides;
    else
      v[i] = a[i] < 0 || b[i] < 0 ? -1 : 1 - decides;
  }
  return c;
}

static struct column *compare(struct evaluation *e, const struct ast *x, struct column *a, struct column *b) {
  a = column_conform(e, x->u.op.a, a, b->type);
  b = column_conform(e, x->u.op.b, b, a->type);
  if (a->type == COL_NUMBER && b->type == COL_NUMBER)
    return compare_numbers(e, x->u.op.op, a->v.number, b->v.number);
  if (a->type == COL_NUMBER || b->type == COL_NUMBER) return column_unfit(e, x);
  return compare_labels(e, x->u.op.op, a, b);
}

static struct column *combine(struct evaluation *e, const struct ast *x, struct column *a, struct column *b) {
  a = column_conform(e, x->u.op.a, a, COL_BOOL);
  b = column_conform(e, x->u.op.b, b, COL_BOOL);
  if (a->type != COL_BOOL || b->type != COL_BOOL) return column_unfit(e, x);
  return kleene(e, x->u.op.op == OP_AND, a->v.code, b->v.code);
}

static struct column *negated(struct evaluation *e, const double *a) {
  double *v;
  struct column *c = column_numbers(e, &v);
  for (int i = 0; i < e->n; i++) v[i] = 0 - a[i]; /* 0 stays 0, not -0 */
  return c;
}

static struct column *inverted(struct evaluation *e, const int32_t *a) {
  int32_t *v;
  struct column *c = column_codes(e, COL_BOOL, &v);
  for (int i = 0; i < e->n; i++) v[i] = a[i] < 0 ? -1 : 1 - a[i];
  return c;
}

static struct column *same_column(struct evaluation *e, const struct column *a) {
  struct column *c = arena_make(e->arena, struct column);
  *c = *a;
  return c;
}

static struct column *operate_unary(struct evaluation *e, const struct ast *x, struct column *a) {
  enum ast_op op = x->u.op.op;
  a = column_conform(e, x->u.op.a, a, op == OP_NOT ? COL_BOOL : COL_NUMBER);
  if (op == OP_POS && a->type == COL_NUMBER) return same_column(e, a);
  if (op == OP_NEG && a->type == COL_NUMBER) return negated(e, a->v.number);
  if (op == OP_NOT && a->type == COL_BOOL) return inverted(e, a->v.code);
  return column_unfit(e, x);
}

static struct column *calculate(struct evaluation *e, const struct ast *x, struct column *a,
                                struct column *b) {
  a = column_conform(e, x->u.op.a, a, COL_NUMBER);
  b = column_conform(e, x->u.op.b, b, COL_NUMBER);
  if (a->type != COL_NUMBER || b->type != COL_NUMBER) return column_unfit(e, x);
  return arithmetic(e, x, a->v.number, b->v.number);
}

static struct column *operate(struct evaluation *e, const struct ast *x, struct column *a, struct column *b) {
  if (!b) return operate_unary(e, x, a);
  switch (x->u.op.op) {
  case OP_ADD:
  case OP_SUB:
  case OP_MUL:
  case OP_DIV:
  case OP_POW: return calculate(e, x, a, b);
  case OP_EQ:
  case OP_NE:
  case OP_LT:
  case OP_LE:
  case OP_GT:
  case OP_GE: return compare(e, x, a, b);
  case OP_AND:
  case OP_OR: return combine(e, x, a, b);
  case OP_TILDE:
  case OP_NOT:
  case OP_BAR:
  case OP_BARBAR:
  case OP_RANGE:
  case OP_KRON:
  case OP_IN:
  case OP_COLON:
  case OP_NEG:
  case OP_POS: return column_unfit(e, x);
  }
  return column_unfit(e, x);
}

struct column *column_operate(struct arena *a, struct diags *diags, const struct source *src,
                              const struct ast *node, struct column *x, struct column *y, int n) {
  struct evaluation e = {.arena = a, .diags = diags, .src = src, .n = n};
  return operate(&e, node, x, y);
}

/* x in ["a", "b"]: is it equal to one of them? */
static struct column *membership(struct evaluation *e, const struct ast *x) {
  struct column *a = column_evaluate(e, x->u.op.a), *any = NULL;
  for (const struct ast *item = x->u.op.b->u.list.items.first; a && item; item = item->next) {
    struct column *b = column_evaluate(e, item);
    if (!b) return NULL;
    b = column_conform(e, item, b, a->type);
    if ((a->type == COL_NUMBER) != (b->type == COL_NUMBER)) return column_unfit(e, x);
    struct column *same = a->type == COL_NUMBER ? compare_numbers(e, OP_EQ, a->v.number, b->v.number)
                                                : compare_labels(e, OP_EQ, a, b);
    any = any ? kleene(e, false, any->v.code, same->v.code) : same;
  }
  return a && !any ? column_unfit(e, x) : any; /* no list is empty: the check */
}

struct column *column_operator(struct evaluation *e, const struct ast *x) {
  if (x->kind == AST_BINARY && x->u.op.op == OP_IN && x->u.op.b->kind == AST_LIST) return membership(e, x);
  struct column *a = column_evaluate(e, x->u.op.a), *b = NULL;
  if (!a || (x->kind == AST_BINARY && !(b = column_evaluate(e, x->u.op.b)))) return NULL;
  return operate(e, x, a, b);
}
