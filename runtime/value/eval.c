#include "runtime/value/interp.h"
#include "lang/describe.h"
#include "lang/splice.h"
#include <math.h>
#include <string.h>

#define FAIL(in, node, ...)                                                                                  \
  (diag_add((in)->diags, (in)->script->source, (node)->span, __VA_ARGS__, DIAG_END), false)

/* ---- operators ------------------------------------------------------------------------------------------ */

/* A single value as n rows of the same. */
static struct column spread(struct interp *in, const struct column *c, int n) {
  struct column out = *c;
  if (c->type == COL_NUMBER) {
    double *v = arena_raw(in->scratch, (size_t)n, double);
    for (int i = 0; i < n; i++) v[i] = c->v.number[0];
    out.v.number = v;
  } else {
    int32_t *v = arena_raw(in->scratch, (size_t)n, int32_t);
    for (int i = 0; i < n; i++) v[i] = c->v.code[0];
    out.v.code = v;
  }
  return out;
}

static bool same_length(struct interp *in, const struct ast *e, struct column *a, int *na, struct column *b,
                        int *nb) {
  if (*na == *nb) return true;
  if (*na != 1 && *nb != 1)
    return FAIL(in, e, DIAG_LENGTHS_DIFFER, arena_printf(in->scratch, "%d", *na),
                arena_printf(in->scratch, "%d", *nb));
  if (*na == 1)
    *a = spread(in, a, *nb);
  else
    *b = spread(in, b, *na);
  *na = *nb = *na == 1 ? *nb : *na;
  return true;
}

bool apply_operator(struct interp *in, const struct ast *e, const struct value *a, const struct value *b,
                    struct value *out) {
  struct column x, y;
  int nx, ny = 1;
  if (!value_as_column(in, a, &x, &nx))
    return FAIL(in, e->u.op.a, DIAG_OPERAND_KIND, ast_op_spelling(e->u.op.op), value_kind_name(a));
  if (b && !value_as_column(in, b, &y, &ny))
    return FAIL(in, e->u.op.b, DIAG_OPERAND_KIND, ast_op_spelling(e->u.op.op), value_kind_name(b));
  if (e->u.op.op == OP_POS) value_hold(in, a); /* what it gives is the operand; all else is new */
  bool scalar = a->kind != VALUE_COLUMN && (!b || b->kind != VALUE_COLUMN);
  if (b && !same_length(in, e, &x, &nx, &y, &ny)) return false;
  struct column *c = column_operate(in->scratch, in->diags, in->script->source, e, &x, b ? &y : NULL, nx);
  if (!c) return false;
  c->name = scalar ? "" : print_expr(in->scratch, e);
  if (scalar)
    *out = value_of_row(in, c, 0);
  else
    *out = value_column(in, c, nx, NULL);
  return true;
}

bool range_length(struct interp *in, const struct ast *e, const struct value *a, const struct value *b,
                  int64_t most, double *from, int64_t *n) {
  if (a->kind != VALUE_NUMBER || b->kind != VALUE_NUMBER || !isfinite(a->u.number) || !isfinite(b->u.number))
    return FAIL(in, e, DIAG_RANGE_ENDS);
  *from = a->u.number;
  double length = floor(b->u.number - *from + 1e-9) + 1;
  if (length > (double)most)
    return FAIL(in, e, DIAG_RANGE_TOO_LONG, arena_printf(in->scratch, "%.0f", (double)most));
  *n = length > 0 ? (int64_t)length : 0;
  return true;
}

static bool eval_range(struct interp *in, const struct ast *e, const struct value *a, const struct value *b,
                       struct value *out) {
  double from;
  int64_t n;
  if (!range_length(in, e, a, b, LIST_SIZE_MAX, &from, &n)) return false;
  struct value *items = arena_raw(in->scratch, (size_t)n, struct value);
  for (int64_t i = 0; i < n; i++) items[i] = value_number(from + (double)i);
  *out = value_list(in, (int)n, items, NULL);
  return true;
}

/* ---- names, elements ------------------------------------------------------------------------------------- */

static bool eval_name(struct interp *in, const struct ast *e, struct value *out) {
  const char *first = e->u.name.part[0];
  const struct value *v = env_find(in, first);
  if (!v) {
    const struct signature *f = signature_find(&in->functions, first);
    if (!f) return FAIL(in, e, DIAG_UNKNOWN_NAME, first, DIAG_NONE);
    *out = (struct value){.kind = VALUE_FUNCTION, .u.function = f};
    return true;
  }
  *out = *v;
  for (int i = 1; i < e->u.name.n_parts; i++) {
    struct value of = *out;
    if (!value_field(in, e, &of, e->u.name.part[i], out)) return false;
  }
  return true;
}

static bool eval_index(struct interp *in, const struct ast *e, struct value *out) {
  struct value of, index[2];
  int n = e->u.call.args.n;
  if (!eval_expr(in, e->u.call.callee, &of)) return false;
  if (n < 1 || n > 2) return FAIL(in, e, DIAG_INDEX_COUNT);
  const struct ast *arg = e->u.call.args.first;
  for (int i = 0; i < n; i++, arg = arg->next)
    if (!eval_expr(in, arg->u.arg.value, &index[i])) return false;
  return n == 1 ? value_element(in, e, &of, index, out) : value_cell(in, e, &of, index, out);
}

/* ---- splices -------------------------------------------------------------------------------------------- */

struct splicing {
  struct interp *in;
  struct arena *arena;
};

static bool literal(const struct ast *e, struct value *out) {
  bool negative = e->kind == AST_UNARY && e->u.op.op == OP_NEG;
  if (negative) e = e->u.op.a;
  if (e->kind == AST_NUMBER)
    *out = value_number(negative ? -e->u.number.value : e->u.number.value);
  else if (e->kind == AST_TEXT && !negative)
    *out = (struct value){.kind = VALUE_TEXT, .u.text = e->u.text.value};
  else if (e->kind == AST_BOOL && !negative)
    *out = value_bool(e->u.boolean.value);
  else
    return false;
  return true;
}

static bool assigns(const struct ast *s, const char *name) {
  return (s->kind == AST_LET || s->kind == AST_ASSIGN) && strcmp(s->u.let.name->u.name.whole, name) == 0;
}

struct assignment {
  const char *name;
  bool found;
};

/* Inside of conditions and loops: whether it happens is not known before they run. */
static void look_for_assignment(struct ast *s, void *arg) {
  struct assignment *a = arg;
  a->found = a->found || (s->kind == AST_ASSIGN && assigns(s, a->name));
  if (!a->found) ast_children(s, look_for_assignment, a);
}

static bool may_assign(const struct ast *s, const char *name) {
  struct assignment a = {.name = name};
  if (s->kind == AST_IF || s->kind == AST_FOR) ast_children(s, look_for_assignment, &a);
  return a.found;
}

bool splice_find(const struct interp *in, const char *name, struct value *out) {
  const struct ast *last = NULL, *s = in->ahead ? in->script->statements.first : NULL;
  for (; s && s != in->ahead; s = s->next)
    if (assigns(s, name) || may_assign(s, name)) last = s;
  if (last) return assigns(last, name) && literal(last->u.let.value, out);
  const struct value *v = env_find(in, name);
  if (v) *out = *v;
  return v != NULL;
}

static struct ast *value_of_splice(void *arg, const struct ast *splice) {
  const struct splicing *s = arg;
  struct value v;
  bool known = splice_find(s->in, splice->u.name.whole, &v);
  if (known && v.kind == VALUE_TEXT) return splice_column(s->arena, splice, arena_strdup(s->arena, v.u.text));
  if (known && v.kind == VALUE_NUMBER) return splice_number(s->arena, splice, v.u.number);
  if (known && v.kind == VALUE_BOOL) return splice_bool(s->arena, splice, v.u.boolean);
  diag_add(s->in->diags, s->in->script->source, splice->span, DIAG_SPLICE_VALUE, splice->u.name.whole,
           known ? value_kind_name(&v) : "not known", DIAG_END);
  return NULL;
}

const struct ast *splice_values(struct interp *in, struct arena *a, const struct ast *expr) {
  struct splicing s = {in, a};
  return splice_expr(a, expr, value_of_splice, &s);
}

/* A formula has an arena of its own, so that a fit which keeps it keeps no more than the script's text; hypotheses are
   alike. */
static bool eval_formula(struct interp *in, const struct ast *e, enum value_kind kind, struct value *out) {
  struct arena *a = arena_new(in->mem);
  arena_hold(a, in->script->arena);
  const struct ast *spliced = splice_values(in, a, e);
  if (!spliced) return false;
  struct formula_value *f = arena_make(a, struct formula_value);
  *f = (struct formula_value){.ast = spliced, .source = in->script->source};
  *out = (struct value){.kind = kind, .home = a, .u.formula = f};
  return true;
}

/* ---- expressions ---------------------------------------------------------------------------------------- */

static bool eval_list(struct interp *in, const struct ast *e, struct value *out) {
  struct value *items = arena_array(in->scratch, (size_t)e->u.list.items.n, struct value);
  int n = 0;
  for (const struct ast *x = e->u.list.items.first; x; x = x->next, n++) {
    if (!eval_expr(in, x, &items[n])) return false;
    if (items[n].kind == VALUE_NONE) return FAIL(in, x, DIAG_NO_VALUE);
    items[n] = value_kept(in, &items[n]);
  }
  return value_nested(in, e->span, n, items, NULL, out);
}

static bool eval_call(struct interp *in, const struct ast *e, struct value *out) {
  struct value callee;
  if (!eval_expr(in, e->u.call.callee, &callee)) return false;
  if (callee.kind == VALUE_MODEL) return call_model(in, e, callee.u.model, out);
  if (callee.kind != VALUE_FUNCTION)
    return FAIL(in, e->u.call.callee, DIAG_CALL_OF, value_kind_name(&callee));
  return call_function(in, e, callee.u.function, out);
}

static bool eval_binary(struct interp *in, const struct ast *e, struct value *out) {
  struct value a, b;
  if (e->u.op.op == OP_TILDE) return eval_formula(in, e, VALUE_FORMULA, out);
  if (!eval_expr(in, e->u.op.a, &a) || !eval_expr(in, e->u.op.b, &b)) return false;
  if (e->u.op.op == OP_IN) return eval_member(in, e, &a, &b, out);
  return e->u.op.op == OP_RANGE ? eval_range(in, e, &a, &b, out) : apply_operator(in, e, &a, &b, out);
}

static bool eval(struct interp *in, const struct ast *e, struct value *out) {
  struct value a;
  switch (e->kind) {
  case AST_NUMBER: *out = value_number(e->u.number.value); return true;
  case AST_TEXT: *out = value_text(in, e->u.text.value); return true;
  case AST_BOOL: *out = value_bool(e->u.boolean.value); return true;
  case AST_NA: *out = (struct value){.kind = VALUE_NA}; return true;
  case AST_NAME: return eval_name(in, e, out);
  case AST_LIST: return eval_list(in, e, out);
  case AST_UNARY:
    if (e->u.op.op == OP_TILDE) return eval_formula(in, e, VALUE_FORMULA, out);
    return eval_expr(in, e->u.op.a, &a) && apply_operator(in, e, &a, NULL, out);
  case AST_BINARY: return eval_binary(in, e, out);
  case AST_CALL: return eval_call(in, e, out);
  case AST_INDEX: return eval_index(in, e, out);
  case AST_FIELD: return eval_expr(in, e->u.field.of, &a) && value_field(in, e, &a, e->u.field.name, out);
  case AST_HYPOTHESES: return eval_formula(in, e, VALUE_HYPOTHESES, out);
  case AST_SLOT:
  case AST_SPLICE:
  case AST_ARG:
  case AST_ERROR:
  case AST_CASES_NO_EXPRESSION: break; /* the checker has refused them */
  }
  return FAIL(in, e, DIAG_NOT_YET, describe_expr(in->scratch, e), DIAG_NONE);
}

bool eval_expr(struct interp *in, const struct ast *e, struct value *out) {
  mem_check_interrupt(in->mem);
  return stack_has_room(in, e) && eval(in, e, out);
}
