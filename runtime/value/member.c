/* member.c: a in b. */
#include "lang/describe.h"
#include "runtime/value/interp.h"

#define FAIL(in, node, ...)                                                                                  \
  (diag_add((in)->diags, (in)->script->source, (node)->span, __VA_ARGS__, DIAG_END), false)

/* The kind of a value, of a column that of its values. */
static enum value_kind kind_of_values(const struct value *v) {
  if (v->kind != VALUE_COLUMN) return v->kind;
  switch (v->u.column->column.type) {
  case COL_NUMBER: return VALUE_NUMBER;
  case COL_BOOL: return VALUE_BOOL;
  case COL_FACTOR: return VALUE_TEXT;
  }
  return VALUE_NONE;
}

static bool are_comparable(struct interp *in, const struct ast *e, const struct value *a, int n,
                           const struct value *items) {
  enum value_kind kind = kind_of_values(a);
  struct value example = {.kind = kind};
  for (int i = 0; i < n; i++)
    if (kind != VALUE_NA && items[i].kind != VALUE_NA && items[i].kind != kind)
      return FAIL(in, e, DIAG_MEMBER_KIND, value_kind_name(&example), value_kind_name(&items[i]));
  return true;
}

/* One value: where it is found, nothing else matters. */
static bool value_among(struct interp *in, const struct ast *equal, const struct value *a, int n,
                        const struct value *items, struct value *out) {
  *out = value_bool(false);
  for (int i = 0; i < n; i++) {
    struct value same;
    mem_check_interrupt(in->mem);
    if (!apply_operator(in, equal, a, &items[i], &same)) return false;
    if (same.kind != VALUE_BOOL || same.u.boolean) *out = same;
    if (same.kind == VALUE_BOOL && same.u.boolean) return true;
  }
  return true;
}

/* Each value of a column: one comparison with all of it for each item. */
static bool column_among(struct interp *in, const struct ast *equal, const struct value *a, int n,
                         const struct value *items, struct value *out) {
  struct ast either = *equal, both = *equal;
  either.u.op.op = OP_OR;
  both.u.op.op = OP_AND;
  struct value same, no = value_bool(false);
  if (!apply_operator(in, equal, a, a, &same) || !apply_operator(in, &both, &same, &no, out)) return false;
  for (int i = 0; i < n; i++) {
    struct value sofar = *out;
    mem_check_interrupt(in->mem);
    if (!apply_operator(in, equal, a, &items[i], &same)) return false;
    if (!apply_operator(in, &either, &sofar, &same, out)) return false;
  }
  return true;
}

static bool is_among(struct interp *in, const struct ast *e, const struct value *a, int n,
                     const struct value *items, struct value *out) {
  struct ast equal = *e;
  equal.u.op.op = OP_EQ;
  if (!are_comparable(in, e, a, n, items)) return false;
  if (a->kind == VALUE_COLUMN) return column_among(in, &equal, a, n, items, out);
  return value_among(in, &equal, a, n, items, out);
}

bool eval_member(struct interp *in, const struct ast *e, const struct value *a, const struct value *b,
                 struct value *out) {
  if (b->kind == VALUE_LIST) return is_among(in, e, a, b->u.list->n, b->u.list->item, out);
  if (b->kind != VALUE_COLUMN)
    return FAIL(in, e->u.op.b, DIAG_MEMBER_OF, describe_expr(in->scratch, e->u.op.b), value_kind_name(b));
  int n = b->u.column->n_rows;
  struct value *items = arena_array(in->scratch, (size_t)n, struct value);
  for (int i = 0; i < n; i++) items[i] = value_of_row(in, &b->u.column->column, i);
  return is_among(in, e, a, n, items, out);
}
