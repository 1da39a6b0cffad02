/* column_recode.c: recode(x, "old" = "new", ...): values get other names, or other numbers. */
#include "lang/base/text.h"
#include "runtime/model/column_parts.h"
#include <math.h>
#include <string.h>

struct recoding {
  struct evaluation *e;
  const struct column_call *call;
  const struct column *x;
  int32_t *code; /* n: the old value of each row, among `old` */
  int n_old, n_cases;
  const char *const *old;
  const struct ast **becomes; /* n_old: the new value; NULL: it stays */
};

#define FAIL(r, at, ...) (diag_add((r)->e->diags, (r)->e->src, (at)->span, __VA_ARGS__, DIAG_END), false)

static void list_old(struct recoding *r) {
  struct arena *a = r->e->arena;
  r->code = arena_raw(a, (size_t)r->e->n, int32_t);
  if (r->x->type != COL_FACTOR) {
    column_levels(a, r->x, r->e->n, r->code, &r->n_old, &r->old);
    return;
  }
  memcpy(r->code, r->x->v.code, (size_t)r->e->n * sizeof *r->code);
  r->n_old = r->x->n_levels;
  r->old = r->x->levels;
}

static bool add_case(struct recoding *r, const struct ast *arg) {
  struct arena *a = r->e->arena;
  const char *old = arg->u.arg.key ? column_spelling(a, arg->u.arg.key) : NULL;
  if (!old) return column_unfit(r->e, r->call->node) != NULL;
  int k = 0;
  while (k < r->n_old && strcmp(r->old[k], old) != 0) k++;
  if (k == r->n_old) {
    diag_add(r->e->diags, r->e->src, arg->span, DIAG_RECODE_UNMET, print_expr(a, call_value(r->call, 0)), old,
             text_nearest(old, r->old, (size_t)r->n_old), DIAG_END);
    return true;
  }
  if (r->becomes[k]) return FAIL(r, arg, DIAG_RECODE_TWICE, old);
  r->becomes[k] = arg->u.arg.value;
  return true;
}

static bool read_cases(struct recoding *r) {
  r->becomes = arena_array(r->e->arena, (size_t)r->n_old, const struct ast *);
  for (const struct ast *arg = r->call->args.argument[1]; arg; arg = arg->next, r->n_cases++)
    if (!add_case(r, arg)) return false;
  return true;
}

/* Are the new values texts?  All NA: they are what the old ones are. */
static bool makes_labels(const struct recoding *r) {
  for (const struct ast *arg = r->call->args.argument[1]; arg; arg = arg->next)
    if (arg->u.arg.value->kind != AST_NA) return arg->u.arg.value->kind == AST_TEXT;
  return r->x->type == COL_FACTOR;
}

/* Where the kind changes, a value without a new one has no place. */
static bool names_all(const struct recoding *r, const char *makes) {
  for (int i = 0; i < r->e->n; i++) {
    int32_t k = r->code[i];
    if (k >= 0 && !r->becomes[k])
      return FAIL(r, r->call->node, DIAG_RECODE_LEFT, makes, r->old[k],
                  arena_printf(r->e->arena, "%d", i + 1));
  }
  return true;
}

static int put_level(const char **levels, int *n, const char *label) {
  for (int k = 0; k < *n; k++)
    if (strcmp(levels[k], label) == 0) return k;
  levels[*n] = label;
  return (*n)++;
}

/* Levels in the order of writing for numbers, in the order of the old ones for a factor. */
static struct column *to_labels(const struct recoding *r) {
  struct arena *a = r->e->arena;
  if (r->x->type != COL_FACTOR && !names_all(r, "texts of numbers")) return NULL;
  const char **levels = arena_array(a, (size_t)(r->n_old + r->n_cases), const char *);
  int32_t *to = arena_array(a, (size_t)r->n_old, int32_t), *v;
  int n = 0;
  for (const struct ast *arg = r->call->args.argument[1]; arg && r->x->type != COL_FACTOR; arg = arg->next)
    if (arg->u.arg.value->kind == AST_TEXT)
      put_level(levels, &n, arena_strdup(a, arg->u.arg.value->u.text.value));
  for (int k = 0; k < r->n_old; k++) {
    const struct ast *new = r->becomes[k];
    bool missing = new &&new->kind != AST_TEXT;
    to[k] = missing ? -1 : put_level(levels, &n, new ? arena_strdup(a, new->u.text.value) : r->old[k]);
  }
  struct column *c = column_codes(r->e, COL_FACTOR, &v);
  for (int i = 0; i < r->e->n; i++) v[i] = r->code[i] < 0 ? -1 : to[r->code[i]];
  c->levels = levels;
  c->n_levels = n;
  return c;
}

static double number_of(const struct ast *x) {
  if (x->kind == AST_NUMBER) return x->u.number.value;
  bool negative = x->kind == AST_UNARY && x->u.op.op == OP_NEG && x->u.op.a->kind == AST_NUMBER;
  return negative ? -x->u.op.a->u.number.value : (double)NAN;
}

static struct column *to_numbers(const struct recoding *r) {
  if (r->x->type != COL_NUMBER && !names_all(r, "numbers of texts")) return NULL;
  double *v;
  struct column *c = column_numbers(r->e, &v);
  for (int i = 0; i < r->e->n; i++) {
    const struct ast *new = r->code[i] < 0 ? NULL : r->becomes[r->code[i]];
    v[i] = new ? number_of(new) : r->code[i] < 0 ? (double)NAN : r->x->v.number[i];
  }
  return c;
}

struct column *column_recode(struct evaluation *e, const struct column_call *call) {
  struct recoding r = {.e = e, .call = call, .x = call->column[0]};
  if (r.x->type == COL_BOOL) return column_unfit(e, call->node);
  list_old(&r);
  if (!read_cases(&r)) return NULL;
  return makes_labels(&r) ? to_labels(&r) : to_numbers(&r);
}
