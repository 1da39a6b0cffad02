#include "runtime/model/columns.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
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
  levels[0] = s;
  c->levels = levels;
  c->n_levels = 1;
  return c;
}

static struct column *unfit(struct evaluation *e, const struct ast *x) {
  diag_add(e->diags, e->src, x->span, DIAG_COLUMN_UNFIT, print_expr(e->arena, x), DIAG_END);
  return NULL;
}

/* ---- arithmetic ----------------------------------------------------------------------------------------- */

static struct column *arithmetic(struct evaluation *e, enum ast_op op, const double *a, const double *b) {
  double *v;
  struct column *c = new_numbers(e, &v);
  int n = e->n;
  switch ((int)op) {
  case OP_ADD:
    for (int i = 0; i < n; i++) v[i] = a[i] + b[i];
    break;
  case OP_SUB:
    for (int i = 0; i < n; i++) v[i] = a[i] - b[i];
    break;
  case OP_MUL:
    for (int i = 0; i < n; i++) v[i] = a[i] * b[i];
    break;
  case OP_DIV:
    for (int i = 0; i < n; i++) v[i] = a[i] / b[i];
    break;
  case OP_POW:
    for (int i = 0; i < n; i++) v[i] = isnan(a[i]) || isnan(b[i]) ? NAN : pow(a[i], b[i]);
    break;
  default: assert(!"an arithmetic operator");
  }
  return c;
}

static int32_t compare_sign(enum ast_op op, int sign) {
  switch ((int)op) {
  case OP_EQ: return sign == 0;
  case OP_NE: return sign != 0;
  case OP_LT: return sign < 0;
  case OP_LE: return sign <= 0;
  case OP_GT: return sign > 0;
  default: return sign >= 0;
  }
}

static struct column *compare_numbers(struct evaluation *e, enum ast_op op, const double *a,
                                      const double *b) {
  int32_t *v;
  struct column *c = new_codes(e, COL_BOOL, &v);
  for (int i = 0; i < e->n; i++)
    v[i] = isnan(a[i]) || isnan(b[i]) ? -1 : compare_sign(op, (a[i] > b[i]) - (a[i] < b[i]));
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
    v[i] = x < 0 || y < 0 ? -1 : compare_sign(op, strcmp(label(a, x), label(b, y)));
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

static struct column *eval_binary(struct evaluation *e, const struct ast *x) {
  struct column *a = eval(e, x->u.op.a), *b = a ? eval(e, x->u.op.b) : NULL;
  if (!b) return NULL;
  enum ast_op op = x->u.op.op;
  bool numbers = a->type == COL_NUMBER && b->type == COL_NUMBER;
  switch ((int)op) {
  case OP_ADD:
  case OP_SUB:
  case OP_MUL:
  case OP_DIV:
  case OP_POW: return numbers ? arithmetic(e, op, a->v.number, b->v.number) : unfit(e, x);
  case OP_EQ:
  case OP_NE:
  case OP_LT:
  case OP_LE:
  case OP_GT:
  case OP_GE:
    if (numbers) return compare_numbers(e, op, a->v.number, b->v.number);
    return a->type == COL_NUMBER || b->type == COL_NUMBER ? unfit(e, x) : compare_labels(e, op, a, b);
  case OP_AND:
  case OP_OR:
    return a->type == COL_BOOL && b->type == COL_BOOL ? kleene(e, op == OP_AND, a->v.code, b->v.code)
                                                      : unfit(e, x);
  default: return unfit(e, x);
  }
}

static struct column *eval_unary(struct evaluation *e, const struct ast *x) {
  struct column *a = eval(e, x->u.op.a);
  if (!a || x->u.op.op == OP_POS) return a;
  if (x->u.op.op == OP_NEG && a->type == COL_NUMBER) {
    double *v;
    struct column *c = new_numbers(e, &v);
    for (int i = 0; i < e->n; i++) v[i] = -a->v.number[i];
    return c;
  }
  if (x->u.op.op == OP_NOT && a->type == COL_BOOL) {
    int32_t *v;
    struct column *c = new_codes(e, COL_BOOL, &v);
    for (int i = 0; i < e->n; i++) v[i] = a->v.code[i] < 0 ? -1 : 1 - a->v.code[i];
    return c;
  }
  return unfit(e, x);
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

static struct column *apply_real(struct evaluation *e, const struct ast *x, const struct real_function *f,
                                 const double *a) {
  double *v;
  struct column *c = new_numbers(e, &v);
  int made = 0;
  for (int i = 0; i < e->n; i++) {
    v[i] = f->f(a[i]);
    made += isnan(v[i]) && !isnan(a[i]);
  }
  if (made)
    diag_add(e->diags, e->src, x->span, DIAG_MADE_MISSING, print_expr(e->arena, x),
             arena_printf(e->arena, "%d", made), DIAG_END);
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

static struct column *apply_factor(struct evaluation *e, const struct column *a) {
  int32_t *v;
  struct column *c = new_codes(e, COL_FACTOR, &v);
  column_levels(e->arena, a, e->n, v, &c->n_levels, &c->levels);
  return c;
}

/* Truth values become 1 and 0, labels the numbers that they spell. */
static struct column *apply_numeric(struct evaluation *e, const struct ast *x, const struct column *a) {
  if (a->type == COL_NUMBER) {
    struct column *same = arena_make(e->arena, struct column);
    *same = *a;
    return same;
  }
  double *v;
  struct column *c = new_numbers(e, &v);
  for (int i = 0; i < e->n; i++) {
    int32_t code = a->v.code[i];
    v[i] = code < 0 ? (double)NAN : (double)code;
    if (code < 0 || a->type == COL_BOOL) continue;
    char *end;
    v[i] = strtod(a->levels[code], &end);
    if (*end == '\0' && *a->levels[code]) continue;
    diag_add(e->diags, e->src, x->span, DIAG_NOT_A_NUMBER, a->levels[code],
             arena_printf(e->arena, "%d", i + 1), DIAG_END);
    return NULL;
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

static struct column *apply_ifelse(struct evaluation *e, const struct ast *x, const struct column *cond,
                                   const struct column *yes, const struct column *no) {
  if (cond->type != COL_BOOL || yes->type != no->type) return unfit(e, x);
  if (yes->type == COL_NUMBER) {
    double *v;
    struct column *c = new_numbers(e, &v);
    for (int i = 0; i < e->n; i++)
      v[i] = cond->v.code[i] < 0 ? NAN : cond->v.code[i] ? yes->v.number[i] : no->v.number[i];
    return c;
  }
  int32_t *v;
  struct column *c = new_codes(e, yes->type, &v);
  int32_t *to = arena_array(e->arena, (size_t)no->n_levels + 2, int32_t);
  to[1] = 1; /* truth values keep their codes */
  if (yes->type == COL_FACTOR) join_levels(e, c, yes, no, to);
  for (int i = 0; i < e->n; i++) {
    int32_t other = no->v.code[i];
    v[i] = cond->v.code[i] < 0 ? -1 : cond->v.code[i] ? yes->v.code[i] : other < 0 ? -1 : to[other];
  }
  return c;
}

enum { ARGUMENTS_MAX = 3 };

static struct column *eval_call(struct evaluation *e, const struct ast *x) {
  if (x->u.call.callee->kind != AST_NAME || x->u.call.args.n > ARGUMENTS_MAX) return unfit(e, x);
  const char *name = x->u.call.callee->u.name.whole;
  struct column *arg[ARGUMENTS_MAX] = {0};
  int n = 0;
  for (const struct ast *a = x->u.call.args.first; a; a = a->next)
    if (!(arg[n++] = eval(e, a->u.arg.value))) return NULL;
  bool numbers = n > 0;
  for (int i = 0; i < n; i++) numbers = numbers && arg[i]->type == COL_NUMBER;
  const struct real_function *f = find_real(name);
  if (f && n == 1 && numbers) return apply_real(e, x, f, arg[0]->v.number);
  if (!strcmp(name, "I") && n == 1) return arg[0];
  if (!strcmp(name, "offset") && n == 1) return arg[0];
  if (!strcmp(name, "round") && numbers)
    return apply_round(e, arg[0]->v.number, n > 1 ? arg[1]->v.number : NULL);
  if (!strcmp(name, "factor") && n == 1) return apply_factor(e, arg[0]);
  if (!strcmp(name, "numeric") && n == 1) return apply_numeric(e, x, arg[0]);
  if (!strcmp(name, "is_na") && n == 1) return apply_is_na(e, arg[0]);
  if (!strcmp(name, "ifelse") && n == 3) return apply_ifelse(e, x, arg[0], arg[1], arg[2]);
  return unfit(e, x);
}

/* ---- the whole ------------------------------------------------------------------------------------------ */

static struct column *eval_name(struct evaluation *e, const struct ast *x) {
  int j = table_find(e->table, x->u.name.whole);
  if (j < 0) {
    diag_add(e->diags, e->src, x->span, DIAG_UNKNOWN_COLUMN, x->u.name.whole, e->table->source, NULL,
             DIAG_END);
    return NULL;
  }
  struct column *c = arena_make(e->arena, struct column);
  *c = e->table->columns[j];
  return c;
}

static struct column *eval(struct evaluation *e, const struct ast *x) {
  switch ((int)x->kind) {
  case AST_NUMBER: return constant_number(e, x->u.number.value);
  case AST_NA: return constant_number(e, NAN);
  case AST_BOOL: return constant_code(e, COL_BOOL, x->u.boolean.value);
  case AST_TEXT: return constant_text(e, x->u.text.value);
  case AST_NAME: return eval_name(e, x);
  case AST_UNARY: return eval_unary(e, x);
  case AST_BINARY: return eval_binary(e, x);
  case AST_CALL: return eval_call(e, x);
  default: return unfit(e, x);
  }
}

struct column *eval_column(struct arena *a, struct diags *diags, const struct source *src,
                           const struct table *table, const struct ast *expr) {
  struct evaluation e = {.arena = a, .diags = diags, .src = src, .table = table, .n = table->n_rows};
  struct column *c = eval(&e, expr);
  if (c) c->name = print_expr(a, expr);
  return c;
}

/* ---- declared types ------------------------------------------------------------------------------------- */

static const char *key_text(struct evaluation *e, const struct ast *key) {
  if (key->kind == AST_NAME) return key->u.name.whole;
  if (key->kind == AST_TEXT) return key->u.text.value;
  bool negative = key->kind == AST_UNARY;
  const struct ast *number = negative ? key->u.op.a : key;
  if (number->kind != AST_NUMBER) return NULL;
  return arena_printf(e->arena, "%.15g", negative ? -number->u.number.value : number->u.number.value);
}

/* Levels of `factor(a, b)` (labels are the values) or `factor(-1 = wife, ...)` (labels for values). */
static bool declared_levels(struct evaluation *e, const struct ast *call, const char **value,
                            const char **name) {
  int n = 0;
  for (const struct ast *arg = call->u.call.args.first; arg; arg = arg->next, n++) {
    name[n] = key_text(e, arg->u.arg.value);
    value[n] = arg->u.arg.key ? key_text(e, arg->u.arg.key) : name[n];
    if (name[n] && value[n]) continue;
    unfit(e, arg);
    return false;
  }
  return true;
}

static int find_text(const char *s, const char *const *list, int n) {
  for (int i = 0; i < n; i++)
    if (strcmp(s, list[i]) == 0) return i;
  return -1;
}

static struct column *declare_levels(struct evaluation *e, const struct column *column,
                                     const struct ast *call) {
  int n = call->u.call.args.n;
  const char **value = arena_array(e->arena, (size_t)n, const char *);
  const char **name = arena_array(e->arena, (size_t)n, const char *);
  if (!declared_levels(e, call, value, name)) return NULL;
  struct column *now = apply_factor(e, column);
  int32_t *to = arena_array(e->arena, (size_t)now->n_levels + 1, int32_t);
  for (int k = 0; k < now->n_levels; k++) to[k] = find_text(now->levels[k], value, n);
  int32_t *v;
  struct column *c = new_codes(e, COL_FACTOR, &v);
  for (int i = 0; i < e->n; i++) {
    int32_t code = now->v.code[i];
    v[i] = code < 0 ? -1 : to[code];
    if (code < 0 || v[i] >= 0) continue;
    diag_add(e->diags, e->src, call->span, DIAG_UNLISTED_LEVEL, column->name, now->levels[code],
             arena_printf(e->arena, "%d", i + 1), DIAG_END);
    return NULL;
  }
  c->levels = name;
  c->n_levels = n;
  return c;
}

static struct column *declare_logical(struct evaluation *e, const struct ast *type,
                                      const struct column *column) {
  if (column->type == COL_BOOL) {
    struct column *same = arena_make(e->arena, struct column);
    *same = *column;
    return same;
  }
  if (column->type != COL_NUMBER) return unfit(e, type);
  int32_t *v;
  struct column *c = new_codes(e, COL_BOOL, &v);
  for (int i = 0; i < e->n; i++) {
    double x = column->v.number[i];
    v[i] = isnan(x) ? -1 : x != 0;
    if (isnan(x) || x == 0 || x == 1) continue;
    diag_add(e->diags, e->src, type->span, DIAG_UNLISTED_LEVEL, column->name,
             arena_printf(e->arena, "%.15g", x), arena_printf(e->arena, "%d", i + 1), DIAG_END);
    return NULL;
  }
  return c;
}

struct column *column_declare(struct arena *a, struct diags *diags, const struct source *src,
                              const struct table *table, const struct column *column,
                              const struct ast *coltype) {
  struct evaluation e = {.arena = a, .diags = diags, .src = src, .table = table, .n = table->n_rows};
  const struct ast *type = coltype->u.let.value;
  bool call = type->kind == AST_CALL;
  const struct ast *word = call ? type->u.call.callee : type;
  if (word->kind != AST_NAME) return unfit(&e, type);
  const char *name = word->u.name.whole;
  struct column *c;
  if (!strcmp(name, "factor") && call && type->u.call.args.n > 0)
    c = declare_levels(&e, column, type);
  else if (!strcmp(name, "factor") || !strcmp(name, "text"))
    c = apply_factor(&e, column);
  else if (!strcmp(name, "numeric"))
    c = apply_numeric(&e, type, column);
  else if (!strcmp(name, "logical"))
    c = declare_logical(&e, type, column);
  else
    c = unfit(&e, type);
  if (c) c->name = column->name;
  return c;
}
