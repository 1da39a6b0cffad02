#include "runtime/model/columns.h"
#include "lang/base/text.h"
#include "lang/describe.h"
#include <assert.h>
#include <math.h>
#include <string.h>

struct evaluation {
  struct arena *arena;
  struct diags *diags;
  const struct source *src;
  const struct table *table;
  int n;
};

static struct column *eval(struct evaluation *e, const struct ast *x);

static struct column *new_numbers(struct evaluation *e, double **v) {
  struct column *c = arena_make(e->arena, struct column);
  *v = arena_raw(e->arena, (size_t)e->n, double);
  c->type = COL_NUMBER;
  c->v.number = *v;
  return c;
}

static struct column *new_codes(struct evaluation *e, enum coltype type, int32_t **v) {
  struct column *c = arena_make(e->arena, struct column);
  *v = arena_raw(e->arena, (size_t)e->n, int32_t);
  c->type = type;
  c->v.code = *v;
  return c;
}

static struct column *constant_number(struct evaluation *e, double x) {
  double *v;
  struct column *c = new_numbers(e, &v);
  for (int i = 0; i < e->n; i++) v[i] = x;
  return c;
}

static struct column *constant_code(struct evaluation *e, enum coltype type, int32_t x) {
  int32_t *v;
  struct column *c = new_codes(e, type, &v);
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

/* A bare NA has no kind of its own: it takes the one that its place wants. */
static struct column *conform(struct evaluation *e, const struct ast *x, struct column *c,
                              enum coltype wanted) {
  if (x->kind != AST_NA || c->type == wanted) return c;
  return wanted == COL_NUMBER ? constant_number(e, (double)NAN) : constant_code(e, wanted, -1);
}

static struct column *unfit(struct evaluation *e, const struct ast *x) {
  diag_add(e->diags, e->src, x->span, DIAG_COLUMN_UNFIT, print_expr(e->arena, x), DIAG_END);
  return NULL;
}

/* Values that came to be missing where the operands were not. */
struct made_missing {
  int n, first; /* rows; the first of them */
};

static void note_missing(struct made_missing *m, int row) {
  if (m->n++ == 0) m->first = row;
}

static void tell_missing(struct evaluation *e, const struct ast *x, const struct made_missing *m) {
  if (m->n == 0) return;
  diag_add(e->diags, e->src, x->span, DIAG_MADE_MISSING, print_expr(e->arena, x),
           arena_printf(e->arena, m->n == 1 ? "%d row" : "%d rows", m->n),
           arena_printf(e->arena, "%d", m->first + 1), DIAG_END);
}

/* ---- arithmetic ----------------------------------------------------------------------------------------- */

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
  struct column *c = new_numbers(e, &v);
  struct made_missing made = {0};
  for (int i = 0; i < e->n; i++) {
    v[i] = compute(x->u.op.op, a[i], b[i]);
    if (isnan(v[i]) && !isnan(a[i]) && !isnan(b[i])) note_missing(&made, i);
  }
  tell_missing(e, x, &made);
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
  struct column *c = new_codes(e, COL_BOOL, &v);
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
  struct column *c = new_codes(e, COL_BOOL, &v);
  for (int i = 0; i < e->n; i++) {
    int32_t x = a->v.code[i], y = b->v.code[i];
    v[i] = x < 0 || y < 0 ? -1 : holds(op, strcmp(label(a, x), label(b, y)));
  }
  return c;
}

static struct column *kleene(struct evaluation *e, bool is_and, const int32_t *a, const int32_t *b) {
  int32_t *v;
  struct column *c = new_codes(e, COL_BOOL, &v);
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
  a = conform(e, x->u.op.a, a, b->type);
  b = conform(e, x->u.op.b, b, a->type);
  if (a->type == COL_NUMBER && b->type == COL_NUMBER)
    return compare_numbers(e, x->u.op.op, a->v.number, b->v.number);
  if (a->type == COL_NUMBER || b->type == COL_NUMBER) return unfit(e, x);
  return compare_labels(e, x->u.op.op, a, b);
}

static struct column *combine(struct evaluation *e, const struct ast *x, struct column *a, struct column *b) {
  a = conform(e, x->u.op.a, a, COL_BOOL);
  b = conform(e, x->u.op.b, b, COL_BOOL);
  if (a->type != COL_BOOL || b->type != COL_BOOL) return unfit(e, x);
  return kleene(e, x->u.op.op == OP_AND, a->v.code, b->v.code);
}

static struct column *negated(struct evaluation *e, const double *a) {
  double *v;
  struct column *c = new_numbers(e, &v);
  for (int i = 0; i < e->n; i++) v[i] = 0 - a[i]; /* 0 stays 0, not -0 */
  return c;
}

static struct column *inverted(struct evaluation *e, const int32_t *a) {
  int32_t *v;
  struct column *c = new_codes(e, COL_BOOL, &v);
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
  a = conform(e, x->u.op.a, a, op == OP_NOT ? COL_BOOL : COL_NUMBER);
  if (op == OP_POS && a->type == COL_NUMBER) return same_column(e, a);
  if (op == OP_NEG && a->type == COL_NUMBER) return negated(e, a->v.number);
  if (op == OP_NOT && a->type == COL_BOOL) return inverted(e, a->v.code);
  return unfit(e, x);
}

static struct column *calculate(struct evaluation *e, const struct ast *x, struct column *a,
                                struct column *b) {
  a = conform(e, x->u.op.a, a, COL_NUMBER);
  b = conform(e, x->u.op.b, b, COL_NUMBER);
  if (a->type != COL_NUMBER || b->type != COL_NUMBER) return unfit(e, x);
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
  case OP_POS: return unfit(e, x);
  }
  return unfit(e, x);
}

struct column *column_operate(struct arena *a, struct diags *diags, const struct source *src,
                              const struct ast *node, struct column *x, struct column *y, int n) {
  struct evaluation e = {.arena = a, .diags = diags, .src = src, .n = n};
  return operate(&e, node, x, y);
}

static struct column *eval_operator(struct evaluation *e, const struct ast *x) {
  struct column *a = eval(e, x->u.op.a), *b = NULL;
  if (!a || (x->kind == AST_BINARY && !(b = eval(e, x->u.op.b)))) return NULL;
  return operate(e, x, a, b);
}

/* ---- functions ------------------------------------------------------------------------------------------ */

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
  struct column *c = new_numbers(e, &v);
  struct made_missing made = {0};
  for (int i = 0; i < e->n; i++) {
    v[i] = f->f(a[i]);
    if (isnan(v[i]) && !isnan(a[i])) note_missing(&made, i);
  }
  tell_missing(e, x, &made);
  return c;
}

/* Half goes to the even digit, as in R. */
static struct column *apply_round(struct evaluation *e, const double *a, const double *digits) {
  double *v;
  struct column *c = new_numbers(e, &v);
  for (int i = 0; i < e->n; i++) {
    double scale = digits ? pow(10, nearbyint(digits[i])) : 1;
    v[i] = isfinite(a[i]) ? nearbyint(a[i] * scale) / scale : a[i];
  }
  return c;
}

static struct column *apply_is_na(struct evaluation *e, const struct column *a) {
  int32_t *v;
  struct column *c = new_codes(e, COL_BOOL, &v);
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
  struct column *c = new_numbers(e, &v);
  for (int i = 0; i < e->n; i++) v[i] = cond[i] < 0 ? (double)NAN : cond[i] ? yes[i] : no[i];
  return c;
}

static struct column *choose_codes(struct evaluation *e, const int32_t *cond, const struct column *yes,
                                   const struct column *no) {
  int32_t *v;
  struct column *c = new_codes(e, yes->type, &v);
  int32_t *to = arena_array(e->arena, (size_t)no->n_levels + 2, int32_t);
  to[1] = 1; /* truth values keep their codes */
  if (yes->type == COL_FACTOR) join_levels(e, c, yes, no, to);
  for (int i = 0; i < e->n; i++) {
    int32_t other = no->v.code[i];
    v[i] = cond[i] < 0 ? -1 : cond[i] ? yes->v.code[i] : other < 0 ? -1 : to[other];
  }
  return c;
}

static struct column *apply_ifelse(struct evaluation *e, const struct ast *x, struct column **arg) {
  const struct ast *cond = x->u.call.args.first, *yes = cond->next, *no = yes->next;
  arg[0] = conform(e, cond->u.arg.value, arg[0], COL_BOOL);
  arg[1] = conform(e, yes->u.arg.value, arg[1], arg[2]->type);
  arg[2] = conform(e, no->u.arg.value, arg[2], arg[1]->type);
  if (arg[0]->type != COL_BOOL || arg[1]->type != arg[2]->type) return unfit(e, x);
  if (arg[1]->type == COL_NUMBER)
    return choose_numbers(e, arg[0]->v.code, arg[1]->v.number, arg[2]->v.number);
  return choose_codes(e, arg[0]->v.code, arg[1], arg[2]);
}

enum { ARGUMENTS_MAX = 3 };

static bool all_numbers(struct column *const *arg, int n) {
  for (int i = 0; i < n; i++)
    if (arg[i]->type != COL_NUMBER) return false;
  return n > 0;
}

static struct column *apply(struct evaluation *e, const struct ast *x, struct column **arg, int n) {
  const char *name = x->u.call.callee->u.name.whole;
  const struct real_function *f = find_real(name);
  if (f && n == 1 && all_numbers(arg, 1)) return apply_real(e, x, f, arg[0]->v.number);
  if (!strcmp(name, "round") && n <= 2 && all_numbers(arg, n))
    return apply_round(e, arg[0]->v.number, n > 1 ? arg[1]->v.number : NULL);
  if (!strcmp(name, "ifelse") && n == 3) return apply_ifelse(e, x, arg);
  if (n != 1) return unfit(e, x);
  if (!strcmp(name, "I")) return arg[0];
  if (!strcmp(name, "factor")) return column_to_factor(e->arena, arg[0], e->n);
  if (!strcmp(name, "numeric")) return column_to_number(e->arena, e->diags, e->src, x->span, arg[0], e->n);
  if (!strcmp(name, "is_na")) return apply_is_na(e, arg[0]);
  return unfit(e, x);
}

static struct column *eval_call(struct evaluation *e, const struct ast *x) {
  if (x->u.call.callee->kind != AST_NAME || x->u.call.args.n > ARGUMENTS_MAX) return unfit(e, x);
  struct column *arg[ARGUMENTS_MAX] = {0};
  int n = 0;
  for (const struct ast *a = x->u.call.args.first; a; a = a->next)
    if (a->u.arg.key || !(arg[n++] = eval(e, a->u.arg.value))) return a->u.arg.key ? unfit(e, x) : NULL;
  return apply(e, x, arg, n);
}

/* ---- the whole ------------------------------------------------------------------------------------------ */

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

static struct column *eval(struct evaluation *e, const struct ast *x) {
  switch (x->kind) {
  case AST_NUMBER: return constant_number(e, x->u.number.value);
  case AST_NA: return constant_number(e, (double)NAN);
  case AST_BOOL: return constant_code(e, COL_BOOL, x->u.boolean.value);
  case AST_TEXT: return constant_text(e, x->u.text.value);
  case AST_NAME: return eval_name(e, x);
  case AST_UNARY:
  case AST_BINARY: return eval_operator(e, x);
  case AST_CALL: return eval_call(e, x);
  case AST_SLOT:
  case AST_SPLICE:
  case AST_LIST:
  case AST_INDEX:
  case AST_FIELD:
  case AST_ARG:
  case AST_HYPOTHESES:
  case AST_ERROR:
  case AST_CASES_NO_EXPRESSION: return unfit(e, x);
  }
  return unfit(e, x);
}

struct column *eval_column(struct arena *a, struct diags *diags, const struct source *src,
                           const struct table *table, const struct ast *expr) {
  struct evaluation e = {.arena = a, .diags = diags, .src = src, .table = table, .n = table->n_rows};
  struct column *c = eval(&e, expr);
  if (c) c->name = print_expr(a, expr);
  return c;
}
