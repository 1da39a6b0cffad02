#include "lang/check_parts.h"
#include "lang/describe.h"
#include <string.h>

static bool is_atom(enum type t) {
  return t == TYPE_UNKNOWN || t == TYPE_NUMBER || t == TYPE_TEXT || t == TYPE_BOOL || t == TYPE_COLUMN;
}

bool check_is_number_like(enum type t) {
  return t == TYPE_UNKNOWN || t == TYPE_NUMBER || t == TYPE_COLUMN || t == TYPE_MATRIX;
}

static bool is_condition(enum type t) {
  return t == TYPE_UNKNOWN || t == TYPE_BOOL || t == TYPE_COLUMN;
}

/* What comes out of an operation on two operands: a column if one is a column. */
static enum type joined(enum type a, enum type b, enum type of_atoms) {
  if (a == TYPE_COLUMN || b == TYPE_COLUMN) return TYPE_COLUMN;
  if (a == TYPE_UNKNOWN || b == TYPE_UNKNOWN || a == TYPE_MATRIX || b == TYPE_MATRIX) return TYPE_UNKNOWN;
  return of_atoms;
}

/* ---- names and fields ---- */

/* The place of piece i of a dotted name; such names are not quoted, so that bytes can be counted. */
static struct span part_span(const struct ast *name, int i) {
  uint32_t from = name->span.from;
  for (int k = 0; k < i; k++) from += (uint32_t)strlen(name->u.name.part[k]) + 1;
  return (struct span){from, from + (uint32_t)strlen(name->u.name.part[i])};
}

static enum type field_of_table(struct checker *ck, struct table_ref *table, const char *field,
                                struct span at) {
  const struct schema *s = table ? check_schema(ck, table) : NULL;
  if (s && schema_find(s, field) < 0)
    CHECK_ERROR(ck, at, DIAG_UNKNOWN_COLUMN, field, s->source, schema_nearest(s, field));
  return TYPE_COLUMN;
}

static enum type field_type(struct checker *ck, enum type of, struct table_ref *table, const char *what,
                            const char *field, struct span at) {
  if (of == TYPE_TABLE) return field_of_table(ck, table, field, at);
  if (of != TYPE_UNKNOWN && of != TYPE_RECORD && of != TYPE_MATRIX && of != TYPE_FIT)
    CHECK_ERROR(ck, at, DIAG_NO_FIELD, what, describe_type(of), field);
  return TYPE_UNKNOWN;
}

static enum type name_type(struct checker *ck, const struct ast *e) {
  const char *head = describe_head(e);
  struct binding *b = names_find(ck, head);
  if (!b && signature_find(ck->env->functions, e->u.name.whole)) return TYPE_FUNCTION;
  if (!b) {
    names_unknown(ck, e, head);
    return TYPE_UNKNOWN;
  }
  enum type t = b->type;
  struct table_ref *table = b->table;
  const char *what = arena_printf(ck->arena, "`%s`", head);
  for (int i = 1; i < e->u.name.n_parts; i++, table = NULL)
    t = field_type(ck, t, table, what, e->u.name.part[i], part_span(e, i));
  return t;
}

static enum type field_node_type(struct checker *ck, struct ast *e) {
  enum type of = check_expr(ck, e->u.field.of);
  uint32_t n = (uint32_t)strlen(e->u.field.name);
  struct span at = {e->span.to - n, e->span.to};
  return field_type(ck, of, check_table_of(ck, e->u.field.of), describe_expr(ck->arena, e->u.field.of),
                    e->u.field.name, at);
}

/* ---- elements ---- */

static void want_index(struct checker *ck, const struct ast *of, struct ast *index, bool fits,
                       const char *wants) {
  if (fits) return;
  CHECK_ERROR(ck, index->span, DIAG_INDEX_TYPE, describe_expr(ck->arena, of), wants,
              describe_expr(ck->arena, index), describe_type(index->type));
}

static enum type element_type(struct checker *ck, const struct ast *of, struct ast *index) {
  enum type t = index->type;
  bool number = t == TYPE_UNKNOWN || t == TYPE_NUMBER, text = t == TYPE_UNKNOWN || t == TYPE_TEXT;
  bool many = t == TYPE_LIST || t == TYPE_COLUMN;
  enum type from = of->type;
  if (from == TYPE_LIST) {
    want_index(ck, of, index, number || many, "a number");
  } else if (from == TYPE_COLUMN) {
    want_index(ck, of, index, number || many, "a number");
    return many ? TYPE_COLUMN : TYPE_UNKNOWN;
  } else if (from == TYPE_TABLE) {
    want_index(ck, of, index, text, "a column's name, a text");
    return TYPE_COLUMN;
  } else if (from == TYPE_RECORD || from == TYPE_MATRIX) {
    want_index(ck, of, index, number || text || many, "a name or a number");
  } else if (from != TYPE_UNKNOWN) {
    CHECK_ERROR(ck, of->span, DIAG_NO_INDEX, describe_expr(ck->arena, of), describe_type(from));
  }
  return TYPE_UNKNOWN;
}

static enum type index_type(struct checker *ck, struct ast *e) {
  enum type result = TYPE_UNKNOWN;
  check_expr(ck, e->u.call.callee);
  for (struct ast *arg = e->u.call.args.first; arg; arg = arg->next) {
    check_expr(ck, arg->u.arg.value);
    result = element_type(ck, e->u.call.callee, arg->u.arg.value);
  }
  return result;
}

/* ---- operators ---- */

static void wrong_operand(struct checker *ck, const struct ast *e, const struct ast *operand,
                          const char *wants) {
  CHECK_ERROR(ck, operand->span, DIAG_OPERAND_TYPE, ast_op_spelling(e->u.op.op), wants,
              describe_expr(ck->arena, operand), describe_type(operand->type));
}

/* Both operands (the only one) pass the test, or the first that does not is reported. */
static bool operands_pass(struct checker *ck, struct ast *e, bool (*passes)(enum type), const char *wants) {
  struct ast *operand[] = {e->u.op.a, e->kind == AST_BINARY ? e->u.op.b : NULL};
  for (int i = 0; i < 2 && operand[i]; i++) {
    if (passes(operand[i]->type)) continue;
    wrong_operand(ck, e, operand[i], wants);
    return false;
  }
  return true;
}

static enum type arithmetic_type(struct checker *ck, struct ast *e) {
  if (!operands_pass(ck, e, check_is_number_like, "numbers and columns")) return TYPE_UNKNOWN;
  enum type a = e->u.op.a->type;
  return joined(a, e->kind == AST_BINARY ? e->u.op.b->type : a, TYPE_NUMBER);
}

static enum type logic_type(struct checker *ck, struct ast *e) {
  if (!operands_pass(ck, e, is_condition, "truth values and columns")) return TYPE_UNKNOWN;
  enum type a = e->u.op.a->type;
  return joined(a, e->kind == AST_BINARY ? e->u.op.b->type : a, TYPE_BOOL);
}

static enum type comparison_type(struct checker *ck, struct ast *e) {
  if (!operands_pass(ck, e, is_atom, "numbers, texts, truth values and columns")) return TYPE_UNKNOWN;
  enum type a = e->u.op.a->type, b = e->u.op.b->type;
  enum type result = joined(a, b, TYPE_BOOL);
  if (result == TYPE_BOOL && a != b)
    CHECK_ERROR(ck, e->span, DIAG_COMPARE_TYPES, describe_type(a), describe_type(b));
  return result;
}

static bool is_number(enum type t) {
  return t == TYPE_UNKNOWN || t == TYPE_NUMBER;
}

static enum type range_type(struct checker *ck, struct ast *e) {
  operands_pass(ck, e, is_number, "numbers");
  return TYPE_LIST;
}

/* x in [a, b] */
static enum type member_type(struct checker *ck, struct ast *e) {
  enum type a = check_expr(ck, e->u.op.a), b = check_expr(ck, e->u.op.b);
  if (!is_atom(a)) {
    wrong_operand(ck, e, e->u.op.a, "numbers, texts, truth values and columns");
    return TYPE_UNKNOWN;
  }
  if (b != TYPE_UNKNOWN && b != TYPE_LIST && b != TYPE_COLUMN) {
    CHECK_ERROR(ck, e->u.op.b->span, DIAG_MEMBER_OF, describe_expr(ck->arena, e->u.op.b), describe_type(b));
    return TYPE_UNKNOWN;
  }
  return a == TYPE_COLUMN ? TYPE_COLUMN : a == TYPE_UNKNOWN ? TYPE_UNKNOWN : TYPE_BOOL;
}

static enum type formula_only(struct checker *ck, struct ast *e) {
  enum ast_op op = e->u.op.op;
  struct arena *a = ck->arena;
  if (op == OP_COLON)
    CHECK_ERROR(ck, e->span, DIAG_COLON_RANGE, print_expr(a, e->u.op.a), print_expr(a, e->u.op.b));
  else if (op == OP_BAR || op == OP_BARBAR)
    CHECK_ERROR(ck, e->span, DIAG_BAR_NOT_OR, ast_op_spelling(op));
  else
    CHECK_ERROR(ck, e->span, DIAG_FORMULA_ONLY, ast_op_spelling(op));
  return TYPE_UNKNOWN;
}

static enum type operator_type(struct checker *ck, struct ast *e) {
  enum ast_op op = e->u.op.op;
  if (op == OP_TILDE) {
    check_formula(ck, e);
    return TYPE_FORMULA;
  }
  if (op == OP_IN) return member_type(ck, e);
  if (op == OP_COLON || op == OP_BAR || op == OP_BARBAR || op == OP_KRON) return formula_only(ck, e);
  check_expr(ck, e->u.op.a);
  if (e->kind == AST_BINARY) check_expr(ck, e->u.op.b);
  switch (op) {
  case OP_ADD:
  case OP_SUB:
  case OP_MUL:
  case OP_DIV:
  case OP_POW:
  case OP_NEG:
  case OP_POS: return arithmetic_type(ck, e);
  case OP_AND:
  case OP_OR:
  case OP_NOT: return logic_type(ck, e);
  case OP_EQ:
  case OP_NE:
  case OP_LT:
  case OP_LE:
  case OP_GT:
  case OP_GE: return comparison_type(ck, e);
  case OP_RANGE: return range_type(ck, e);
  case OP_TILDE:
  case OP_BAR:
  case OP_BARBAR:
  case OP_KRON:
  case OP_IN:
  case OP_COLON: return TYPE_UNKNOWN; /* dealt with above */
  }
  return TYPE_UNKNOWN;
}

/* ---- all kinds ---- */

static enum type list_type(struct checker *ck, struct ast *e) {
  for (struct ast *item = e->u.list.items.first; item; item = item->next) check_expr(ck, item);
  return TYPE_LIST;
}

static enum type expr_type(struct checker *ck, struct ast *e) {
  switch (e->kind) {
  case AST_NUMBER: return TYPE_NUMBER;
  case AST_TEXT: return TYPE_TEXT;
  case AST_BOOL: return TYPE_BOOL;
  case AST_NA: return TYPE_UNKNOWN;
  case AST_NAME: return name_type(ck, e);
  case AST_SLOT: CHECK_ERROR(ck, e->span, DIAG_SLOT_OUTSIDE, e->u.name.whole); return TYPE_UNKNOWN;
  case AST_SPLICE: CHECK_ERROR(ck, e->span, DIAG_SPLICE_OUTSIDE, e->u.name.whole); return TYPE_UNKNOWN;
  case AST_LIST: return list_type(ck, e);
  case AST_UNARY:
  case AST_BINARY: return operator_type(ck, e);
  case AST_CALL: return check_call(ck, e);
  case AST_INDEX: return index_type(ck, e);
  case AST_FIELD: return field_node_type(ck, e);
  case AST_ARG: return check_expr(ck, e->u.arg.value);
  case AST_HYPOTHESES: check_splices(ck, e); return TYPE_HYPOTHESES;
  case AST_ERROR:
  case AST_CASES_NO_EXPRESSION: return TYPE_UNKNOWN;
  }
  return TYPE_UNKNOWN;
}

enum type check_expr(struct checker *ck, struct ast *e) {
  e->type = expr_type(ck, e);
  return e->type;
}
