#include "runtime/value/interp.h"
#include "lang/base/text.h"
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

/* The first value of a column as a value of its own. */
static struct value single(struct interp *in, const struct column *c) {
  if (c->type == COL_NUMBER) return value_number(c->v.number[0]);
  if (c->v.code[0] < 0) return (struct value){.kind = VALUE_NA};
  return c->type == COL_BOOL ? value_bool(c->v.code[0]) : value_text(in, c->levels[c->v.code[0]]);
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
  bool scalar = a->kind != VALUE_COLUMN && (!b || b->kind != VALUE_COLUMN);
  if (b && !same_length(in, e, &x, &nx, &y, &ny)) return false;
  struct column *c = column_operate(in->scratch, in->diags, in->script->source, e, &x, b ? &y : NULL, nx);
  if (!c) return false;
  c->name = scalar ? "" : print_expr(in->scratch, e);
  if (scalar)
    *out = single(in, c);
  else
    *out = value_column(in, c, nx, NULL);
  return true;
}

static bool eval_range(struct interp *in, const struct ast *e, const struct value *a, const struct value *b,
                       struct value *out) {
  if (a->kind != VALUE_NUMBER || b->kind != VALUE_NUMBER || !isfinite(a->u.number) || !isfinite(b->u.number))
    return FAIL(in, e, DIAG_RANGE_ENDS);
  double from = a->u.number, length = floor(b->u.number - from + 1e-9) + 1;
  if (length > LIST_SIZE_MAX)
    return FAIL(in, e, DIAG_RANGE_TOO_LONG, arena_printf(in->scratch, "%d", LIST_SIZE_MAX));
  int n = length > 0 ? (int)length : 0;
  struct value *items = arena_raw(in->scratch, (size_t)n, struct value);
  for (int i = 0; i < n; i++) items[i] = value_number(from + i);
  *out = value_list(in, n, items, NULL);
  return true;
}

/* ---- names, fields, elements ---------------------------------------------------------------------------- */

static bool matrix_row(struct interp *in, const struct matrix_value *m, const char *name, struct value *out) {
  for (int i = 0; m->row_names && i < m->rows; i++) {
    if (strcmp(m->row_names[i], name) != 0) continue;
    struct value *items = arena_raw(in->scratch, (size_t)m->cols, struct value);
    for (int j = 0; j < m->cols; j++) items[j] = value_number(m->v[(size_t)i + (size_t)j * (size_t)m->rows]);
    *out = value_list(in, m->cols, items, m->col_names);
    return true;
  }
  return false;
}

static bool record_field(const struct list_value *r, const char *name, struct value *out) {
  for (int i = 0; i < r->n; i++)
    if (strcmp(r->name[i], name) == 0) {
      *out = r->item[i];
      return true;
    }
  return false;
}

static const char *nearest_field(const struct value *of, const char *name) {
  if (of->kind == VALUE_RECORD) return text_nearest(name, of->u.list->name, (size_t)of->u.list->n);
  if (of->kind == VALUE_MATRIX && of->u.matrix->row_names)
    return text_nearest(name, of->u.matrix->row_names, (size_t)of->u.matrix->rows);
  return NULL;
}

/* x.name, x["name"] */
static bool field(struct interp *in, const struct ast *node, const struct value *of, const char *name,
                  struct value *out) {
  if (of->kind == VALUE_TABLE) {
    int j = table_find(of->u.table, name);
    if (j >= 0) {
      *out = value_column(in, &of->u.table->columns[j], of->u.table->n_rows, of->home);
      return true;
    }
  }
  if (of->kind == VALUE_RECORD && record_field(of->u.list, name, out)) return true;
  if (of->kind == VALUE_MATRIX && matrix_row(in, of->u.matrix, name, out)) return true;
  return FAIL(in, node, DIAG_NO_SUCH_FIELD, value_kind_name(of), name, nearest_field(of, name));
}

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
    if (!field(in, e, &of, e->u.name.part[i], out)) return false;
  }
  return true;
}

static bool position(struct interp *in, const struct ast *node, const struct value *v, int n, int *at) {
  double x = v->u.number;
  if (v->kind == VALUE_NUMBER && x == floor(x) && x >= 1 && x <= n) {
    *at = (int)x - 1;
    return true;
  }
  const char *what = v->kind == VALUE_NUMBER ? arena_printf(in->scratch, "%.15g", x) : value_kind_name(v);
  return FAIL(in, node, DIAG_NO_SUCH_ELEMENT, what, arena_printf(in->scratch, "%d", n));
}

static bool element(struct interp *in, const struct ast *node, const struct value *of,
                    const struct value *index, struct value *out) {
  int at;
  if (index->kind == VALUE_TEXT) return field(in, node, of, index->u.text, out);
  if (of->kind == VALUE_LIST || of->kind == VALUE_RECORD) {
    if (!position(in, node, index, of->u.list->n, &at)) return false;
    *out = of->u.list->item[at];
    return true;
  }
  if (of->kind != VALUE_COLUMN) return FAIL(in, node, DIAG_NO_ELEMENTS, value_kind_name(of));
  if (!position(in, node, index, of->u.column->n_rows, &at)) return false;
  struct column c = of->u.column->column;
  if (c.type == COL_NUMBER)
    c.v.number += at;
  else
    c.v.code += at;
  *out = single(in, &c);
  return true;
}

static bool matrix_place(struct interp *in, const struct ast *node, const struct value *index, int n,
                         const char *const *names, int *at) {
  if (index->kind != VALUE_TEXT) return position(in, node, index, n, at);
  for (*at = 0; names && *at < n; ++*at)
    if (strcmp(names[*at], index->u.text) == 0) return true;
  return FAIL(in, node, DIAG_NO_SUCH_FIELD, "the matrix", index->u.text,
              names ? text_nearest(index->u.text, names, (size_t)n) : NULL);
}

static bool cell(struct interp *in, const struct ast *node, const struct value *of, const struct value *index,
                 struct value *out) {
  const struct matrix_value *m = of->u.matrix;
  int i, j;
  if (of->kind != VALUE_MATRIX) return FAIL(in, node, DIAG_NO_ELEMENTS, value_kind_name(of));
  if (!matrix_place(in, node, &index[0], m->rows, m->row_names, &i) ||
      !matrix_place(in, node, &index[1], m->cols, m->col_names, &j))
    return false;
  *out = value_number(m->v[(size_t)i + (size_t)j * (size_t)m->rows]);
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
  return n == 1 ? element(in, e, &of, index, out) : cell(in, e, &of, index, out);
}

/* ---- splices -------------------------------------------------------------------------------------------- */

struct splicing {
  struct interp *in;
  struct arena *arena;
};

static struct ast *value_of_splice(void *arg, const struct ast *splice) {
  const struct splicing *s = arg;
  const struct value *v = env_find(s->in, splice->u.name.whole);
  if (v && v->kind == VALUE_TEXT) return splice_column(s->arena, splice, arena_strdup(s->arena, v->u.text));
  if (v && v->kind == VALUE_NUMBER) return splice_number(s->arena, splice, v->u.number);
  if (v && v->kind == VALUE_BOOL) return splice_bool(s->arena, splice, v->u.boolean);
  diag_add(s->in->diags, s->in->script->source, splice->span, DIAG_SPLICE_VALUE, splice->u.name.whole,
           v ? value_kind_name(v) : "not known", DIAG_END);
  return NULL;
}

const struct ast *splice_values(struct interp *in, struct arena *a, const struct ast *expr) {
  struct splicing s = {in, a};
  return splice_expr(a, expr, value_of_splice, &s);
}

/* A formula has an arena of its own, so that a fit which keeps it keeps no more than the script's text. */
static bool eval_formula(struct interp *in, const struct ast *e, struct value *out) {
  struct arena *a = arena_new(in->mem);
  arena_hold(a, in->script->arena);
  const struct ast *spliced = splice_values(in, a, e);
  if (!spliced) return false;
  struct formula_value *f = arena_make(a, struct formula_value);
  *f = (struct formula_value){.ast = spliced, .source = in->script->source};
  *out = (struct value){.kind = VALUE_FORMULA, .home = a, .u.formula = f};
  return true;
}

/* ---- expressions ---------------------------------------------------------------------------------------- */

static bool eval_list(struct interp *in, const struct ast *e, struct value *out) {
  struct value *items = arena_array(in->scratch, (size_t)e->u.list.items.n, struct value);
  int n = 0;
  for (const struct ast *x = e->u.list.items.first; x; x = x->next)
    if (!eval_expr(in, x, &items[n++])) return false;
  return value_nested(in, e->span, n, items, NULL, out);
}

static bool eval_call(struct interp *in, const struct ast *e, struct value *out) {
  struct value callee;
  if (!eval_expr(in, e->u.call.callee, &callee)) return false;
  if (callee.kind != VALUE_FUNCTION)
    return FAIL(in, e->u.call.callee, DIAG_CALL_OF, value_kind_name(&callee));
  return call_builtin(in, e, callee.u.function, out);
}

static bool eval_binary(struct interp *in, const struct ast *e, struct value *out) {
  struct value a, b;
  if (e->u.op.op == OP_TILDE) return eval_formula(in, e, out);
  if (!eval_expr(in, e->u.op.a, &a) || !eval_expr(in, e->u.op.b, &b)) return false;
  return e->u.op.op == OP_RANGE ? eval_range(in, e, &a, &b, out) : apply_operator(in, e, &a, &b, out);
}

bool eval_expr(struct interp *in, const struct ast *e, struct value *out) {
  struct value a;
  mem_check_interrupt(in->mem);
  switch (e->kind) {
  case AST_NUMBER: *out = value_number(e->u.number.value); return true;
  case AST_TEXT: *out = value_text(in, e->u.text.value); return true;
  case AST_BOOL: *out = value_bool(e->u.boolean.value); return true;
  case AST_NA: *out = (struct value){.kind = VALUE_NA}; return true;
  case AST_NAME: return eval_name(in, e, out);
  case AST_LIST: return eval_list(in, e, out);
  case AST_UNARY:
    if (e->u.op.op == OP_TILDE) return eval_formula(in, e, out);
    return eval_expr(in, e->u.op.a, &a) && apply_operator(in, e, &a, NULL, out);
  case AST_BINARY: return eval_binary(in, e, out);
  case AST_CALL: return eval_call(in, e, out);
  case AST_INDEX: return eval_index(in, e, out);
  case AST_FIELD: return eval_expr(in, e->u.field.of, &a) && field(in, e, &a, e->u.field.name, out);
  case AST_SLOT:
  case AST_SPLICE:
  case AST_ARG:
  case AST_HYPOTHESES:
  case AST_ERROR:
  case AST_CASES_NO_EXPRESSION: break; /* the checker has refused them */
  }
  return FAIL(in, e, DIAG_NOT_YET, describe_expr(in->scratch, e), DIAG_NONE);
}

/* ---- statements ----------------------------------------------------------------------------------------- */

static bool exec_expression(struct interp *in, const struct ast *s) {
  struct value v;
  if (!eval_expr(in, s->u.expr.value, &v)) return false;
  const struct ast *e = s->u.expr.value;
  if (v.kind != VALUE_NONE) in->show(in, &v, e->kind == AST_NAME ? e->u.name.whole : NULL);
  return true;
}

static bool exec_let(struct interp *in, const struct ast *s) {
  struct value v;
  if (!eval_expr(in, s->u.let.value, &v)) return false;
  if (v.kind == VALUE_NONE) return FAIL(in, s->u.let.value, DIAG_NO_VALUE);
  env_set(in, s->u.let.name->u.name.whole, &v);
  return true;
}

static bool exec_data(struct interp *in, const struct ast *s) {
  struct table *t = data_load(in, s);
  if (!t) return false;
  struct value v = value_table(t);
  env_set(in, s->u.data.name->u.name.whole, &v);
  return true;
}

bool exec_statement(struct interp *in, const struct ast *s) {
  if (s->kind == AST_EXPR) return exec_expression(in, s);
  if (s->kind == AST_LET || s->kind == AST_ASSIGN) return exec_let(in, s);
  if (s->kind == AST_DATA) return exec_data(in, s);
  if (s->kind == AST_ALLOW) return true;
  return FAIL(in, s, DIAG_NOT_YET, "this statement", DIAG_NONE);
}
