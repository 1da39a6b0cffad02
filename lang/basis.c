#include "lang/basis.h"
#include "lang/column_operators.h"
#include "lang/describe.h"
#include <math.h>
#include <string.h>

static const struct column_function *function_of(const struct ast *e) {
  const struct ast *callee = e->kind == AST_CALL ? e->u.call.callee : NULL;
  const struct column_function *f =
      callee && callee->kind == AST_NAME ? column_function_find(callee->u.name.whole) : NULL;
  return f && f->rule == RULE_BASIS ? f : NULL;
}

bool basis_is(const struct ast *e) {
  return function_of(e) != NULL;
}

/* ---- reading ---- */

struct reading {
  struct arena *arena;
  struct column_scope *scope; /* NULL: nobody hears */
  const struct column_function *f;
  const struct ast *call;
  struct column_arguments args;
  bool open; /* a splice stands where a number will be */
};

#define FAULT(r, ...) ((r)->scope ? (void)COLUMN_ERROR((r)->scope, __VA_ARGS__) : (void)0, false)

static const struct ast *argument(const struct reading *r, const char *name) {
  for (int i = 0; i < COLUMN_PARAMETERS_MAX && r->f->parameter[i].name; i++)
    if (strcmp(r->f->parameter[i].name, name) == 0 && r->args.argument[i])
      return r->args.argument[i]->u.arg.value;
  return NULL;
}

/* A whole number; `otherwise` when it is not given or not known. */
static int count_of(struct reading *r, const char *name, int otherwise) {
  const struct ast *e = argument(r, name);
  if (e && (e->kind == AST_SPLICE || e->kind == AST_NAME)) r->open = true;
  return e && e->kind == AST_NUMBER ? (int)e->u.number.value : otherwise;
}

static double number_of(const struct ast *e) {
  if (e->kind == AST_NUMBER) return e->u.number.value;
  bool negative = e->kind == AST_UNARY && e->u.op.op == OP_NEG && e->u.op.a->kind == AST_NUMBER;
  return negative ? -e->u.op.a->u.number.value : (double)NAN;
}

/* A number or a list of numbers; NULL when it is not given or not known. */
static const double *numbers_of(struct reading *r, const char *name, int *n) {
  const struct ast *e = argument(r, name);
  *n = 0;
  bool open = e && (e->kind == AST_SPLICE || e->kind == AST_NAME);
  r->open = r->open || open;
  if (!e || open) return NULL;
  bool list = e->kind == AST_LIST;
  double *v = arena_raw(r->arena, (size_t)(list ? e->u.list.items.n : 1), double);
  if (!list) v[(*n)++] = number_of(e);
  for (const struct ast *x = list ? e->u.list.items.first : NULL; x; x = x->next) v[(*n)++] = number_of(x);
  return v;
}

static bool increasing(const double *v, int n, const double *boundary) {
  for (int i = 0; i < n; i++)
    if (isnan(v[i]) || (i > 0 && v[i] <= v[i - 1]) ||
        (boundary && (v[i] <= boundary[0] || v[i] >= boundary[1])))
      return false;
  return n > 0;
}

static bool width_fits(struct reading *r, const struct basis_call *b, int least) {
  if (b->width >= least && b->width <= BASIS_COLUMNS_MAX) return true;
  const struct ast *at = argument(r, b->kind == BASIS_POLY ? "degree" : b->knots ? "knots" : "df");
  struct arena *a = r->arena;
  return FAULT(r, at->span, DIAG_BASIS_WIDTH, r->f->name, arena_printf(a, "%d", b->width),
               b->width < least
                   ? arena_printf(a, "pieces of degree %d take at least %d: df = %d", least, least, least)
                   : arena_printf(a, "at most %d", BASIS_COLUMNS_MAX));
}

static bool read_poly(struct reading *r, struct basis_call *out) {
  const struct ast *raw = argument(r, "raw");
  out->width = out->degree = count_of(r, "degree", 1);
  out->raw = raw && raw->kind == AST_BOOL && raw->u.boolean.value;
  return r->open ? false : width_fits(r, out, 1);
}

static bool read_knots(struct reading *r, struct basis_call *out) {
  int n_boundary;
  out->boundary = numbers_of(r, "boundary", &n_boundary);
  out->knots = numbers_of(r, "knots", &out->n_knots);
  if (out->boundary && (n_boundary != 2 || !increasing(out->boundary, 2, NULL)))
    return FAULT(r, argument(r, "boundary")->span, DIAG_BASIS_BOUNDARY);
  if (out->knots && !increasing(out->knots, out->n_knots, out->boundary))
    return FAULT(r, argument(r, "knots")->span, DIAG_BASIS_KNOTS);
  return true;
}

static bool read_spline(struct reading *r, struct basis_call *out) {
  bool natural = out->kind == BASIS_NS;
  if (!read_knots(r, out)) return false;
  out->degree = natural ? 3 : count_of(r, "degree", 3);
  int least = natural ? 1 : out->degree, df = count_of(r, "df", 0);
  if (argument(r, "df") && argument(r, "knots"))
    return FAULT(r, argument(r, "df")->span, DIAG_BASIS_TWICE, r->f->name);
  if (!argument(r, "df") && !argument(r, "knots"))
    return FAULT(r, r->call->span, DIAG_BASIS_DF, r->f->name, print_expr(r->arena, out->x));
  if (r->open) return false;
  out->width = out->knots ? out->n_knots + least : df;
  if (!width_fits(r, out, least)) return false;
  out->n_knots = out->width - least;
  return true;
}

bool basis_read(struct arena *a, struct column_scope *s, const struct ast *call, struct basis_call *out) {
  struct reading r = {.arena = a, .scope = s, .f = function_of(call), .call = call};
  if (!r.f || !column_bind(s, r.f, call, &r.args)) return false;
  *out = (struct basis_call){.x = r.args.argument[0]->u.arg.value};
  out->kind = strcmp(r.f->name, "poly") == 0 ? BASIS_POLY
              : strcmp(r.f->name, "ns") == 0 ? BASIS_NS
                                             : BASIS_BS;
  return out->kind == BASIS_POLY ? read_poly(&r, out) : read_spline(&r, out);
}

/* ---- checking ---- */

enum colkind basis_check(struct column_scope *s, const struct ast *call) {
  const struct column_function *f = function_of(call);
  struct column_arguments args;
  if (!column_bind(s, f, call, &args)) return COLKIND_UNKNOWN;
  bool before = s->failed;
  s->failed = false;
  for (int i = 1; i < COLUMN_PARAMETERS_MAX; i++) column_argument_kind(s, f, &args, i);
  column_want(s, args.argument[0]->u.arg.value, COLKIND_NUMBER, f->name);
  struct basis_call b;
  if (!s->failed) basis_read(s->arena, s, call, &b);
  s->failed = s->failed || before;
  return COLKIND_NUMBER;
}
