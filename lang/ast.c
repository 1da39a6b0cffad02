#include "lang/ast.h"
#include <string.h>

const char *ast_kind_name(enum ast_kind kind) {
  static const char *const names[] = {
#define X(kind, name) name,
      AST_KINDS(X)
#undef X
  };
  return names[kind];
}

const char *ast_op_spelling(enum ast_op op) {
  static const char *const spellings[] = {
#define X(op, spelling) spelling,
      AST_OPS(X)
#undef X
  };
  return spellings[op];
}

struct ast *ast_new(struct ast_builder *b, enum ast_kind kind, struct span span) {
  struct ast *node = arena_make(b->arena, struct ast);
  node->kind = kind;
  node->span = span;
  node->depth = 1;
  return node;
}

void ast_append(struct ast_list *list, struct ast *node) {
  if (list->last)
    list->last->next = node;
  else
    list->first = node;
  list->last = node;
  list->n++;
}

static void visit_list(const struct ast_list *list, ast_visit *fn, void *arg) {
  for (struct ast *n = list->first; n; n = n->next) fn(n, arg);
}

static void visit(struct ast *child, ast_visit *fn, void *arg) {
  if (child) fn(child, arg);
}

void ast_children(const struct ast *n, ast_visit *fn, void *arg) {
  switch (n->kind) {
  case AST_NUMBER:
  case AST_TEXT:
  case AST_BOOL:
  case AST_NA:
  case AST_NAME:
  case AST_SLOT:
  case AST_SPLICE:
  case AST_USE:
  case AST_ERROR: break;
  case AST_LIST:
  case AST_BLOCK:
  case AST_HYPOTHESES: visit_list(&n->u.list.items, fn, arg); break;
  case AST_UNARY:
  case AST_BINARY:
    visit(n->u.op.a, fn, arg);
    visit(n->u.op.b, fn, arg);
    break;
  case AST_CALL:
  case AST_INDEX:
    visit(n->u.call.callee, fn, arg);
    visit_list(&n->u.call.args, fn, arg);
    break;
  case AST_FIELD: visit(n->u.field.of, fn, arg); break;
  case AST_ARG:
  case AST_PARAM:
    visit(n->u.arg.key, fn, arg);
    visit(n->u.arg.value, fn, arg);
    break;
  case AST_EXPR:
  case AST_WHERE:
  case AST_DECIMAL:
  case AST_MEAN:
  case AST_WEIGHTS:
  case AST_OFFSET:
  case AST_FAMILY: visit(n->u.expr.value, fn, arg); break;
  case AST_LET:
  case AST_ASSIGN:
  case AST_DERIVE:
  case AST_COLTYPE:
    visit(n->u.let.name, fn, arg);
    visit(n->u.let.value, fn, arg);
    break;
  case AST_IF:
    visit(n->u.cond.cond, fn, arg);
    visit(n->u.cond.then, fn, arg);
    visit(n->u.cond.otherwise, fn, arg);
    break;
  case AST_FOR:
    visit(n->u.loop.name, fn, arg);
    visit(n->u.loop.over, fn, arg);
    visit(n->u.loop.body, fn, arg);
    break;
  case AST_FN:
    visit(n->u.fn.name, fn, arg);
    visit_list(&n->u.fn.params, fn, arg);
    visit(n->u.fn.body, fn, arg);
    break;
  case AST_DATA:
    visit(n->u.data.name, fn, arg);
    visit(n->u.data.file, fn, arg);
    visit(n->u.data.query, fn, arg);
    visit(n->u.data.design, fn, arg);
    visit_list(&n->u.data.lines, fn, arg);
    break;
  case AST_DESIGN:
    visit(n->u.design.name, fn, arg);
    visit_list(&n->u.design.lines, fn, arg);
    break;
  case AST_MODEL:
    visit(n->u.model.name, fn, arg);
    visit_list(&n->u.model.params, fn, arg);
    visit(n->u.model.of, fn, arg);
    visit_list(&n->u.model.lines, fn, arg);
    break;
  case AST_MISSING:
  case AST_MEMBERS:
  case AST_ALLOW: visit_list(&n->u.values.values, fn, arg); break;
  case AST_NESTING: visit_list(&n->u.nesting.units, fn, arg); break;
  case AST_TIME:
  case AST_OCCASION:
  case AST_DYAD:
  case AST_ROUNDROBIN:
    visit(n->u.unit.var, fn, arg);
    visit(n->u.unit.partner, fn, arg);
    visit(n->u.unit.of, fn, arg);
    visit(n->u.unit.in, fn, arg);
    visit(n->u.unit.by, fn, arg);
    visit(n->u.unit.step, fn, arg);
    break;
  case AST_RANDOM:
  case AST_RESIDUAL:
  case AST_VARIANCE:
    visit(n->u.cov.term, fn, arg);
    visit(n->u.cov.by, fn, arg);
    break;
  }
}

static void deepest(struct ast *child, void *arg) {
  int *depth = arg;
  if (child->depth > *depth) *depth = child->depth;
}

void ast_seal(struct ast_builder *b, struct ast *node) {
  int depth = 0;
  ast_children(node, deepest, &depth);
  node->depth = depth + 1;
  if (node->depth <= AST_DEPTH_MAX) return;
  if (!b->too_deep) {
    const char *limit = arena_printf(b->arena, "%d", AST_DEPTH_MAX);
    diag_add(b->diags, b->source, (struct span){node->span.from, node->span.from}, DIAG_TREE_TOO_DEEP, limit,
             DIAG_END);
  }
  b->too_deep = true;
  node->kind = AST_ERROR;
  node->depth = 1;
}

/* ---- equality ------------------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b) {
  return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

/* What a node holds beside its children. */
static bool same_payload(const struct ast *a, const struct ast *b) {
  switch (a->kind) {
  case AST_NUMBER: return a->u.number.value == b->u.number.value;
  case AST_TEXT: return same_text(a->u.text.value, b->u.text.value);
  case AST_BOOL: return a->u.boolean.value == b->u.boolean.value;
  case AST_NAME:
  case AST_SLOT:
  case AST_SPLICE:
    return same_text(a->u.name.whole, b->u.name.whole) && a->u.name.n_parts == b->u.name.n_parts;
  case AST_UNARY:
  case AST_BINARY: return a->u.op.op == b->u.op.op;
  case AST_FIELD: return same_text(a->u.field.name, b->u.field.name);
  case AST_PARAM: return same_text(a->u.arg.ptype, b->u.arg.ptype);
  case AST_USE: return same_text(a->u.use.name, b->u.use.name);
  case AST_NESTING:
    return a->u.nesting.units.n == b->u.nesting.units.n &&
           memcmp(a->u.nesting.unique, b->u.nesting.unique, (size_t)a->u.nesting.units.n * sizeof(bool)) == 0;
  case AST_NA:
  case AST_LIST:
  case AST_CALL:
  case AST_INDEX:
  case AST_ARG:
  case AST_HYPOTHESES:
  case AST_EXPR:
  case AST_LET:
  case AST_ASSIGN:
  case AST_IF:
  case AST_FOR:
  case AST_BLOCK:
  case AST_FN:
  case AST_DATA:
  case AST_DESIGN:
  case AST_MODEL:
  case AST_MISSING:
  case AST_COLTYPE:
  case AST_DERIVE:
  case AST_WHERE:
  case AST_DECIMAL:
  case AST_MEMBERS:
  case AST_TIME:
  case AST_OCCASION:
  case AST_DYAD:
  case AST_ROUNDROBIN:
  case AST_MEAN:
  case AST_RANDOM:
  case AST_RESIDUAL:
  case AST_VARIANCE:
  case AST_WEIGHTS:
  case AST_OFFSET:
  case AST_FAMILY:
  case AST_ALLOW:
  case AST_ERROR: return true;
  }
  return false;
}

static bool equal_list(const struct ast_list *a, const struct ast_list *b) {
  if (a->n != b->n) return false;
  for (const struct ast *x = a->first, *y = b->first; x; x = x->next, y = y->next)
    if (!ast_equal(x, y)) return false;
  return true;
}

static bool equal_maybe(const struct ast *a, const struct ast *b) {
  return (!a && !b) || (a && b && ast_equal(a, b));
}

bool ast_equal(const struct ast *a, const struct ast *b) {
  if (a->kind != b->kind || !same_payload(a, b)) return false;
  switch (a->kind) {
  case AST_NUMBER:
  case AST_TEXT:
  case AST_BOOL:
  case AST_NA:
  case AST_NAME:
  case AST_SLOT:
  case AST_SPLICE:
  case AST_USE:
  case AST_ERROR: return true;
  case AST_LIST:
  case AST_BLOCK:
  case AST_HYPOTHESES: return equal_list(&a->u.list.items, &b->u.list.items);
  case AST_UNARY:
  case AST_BINARY: return equal_maybe(a->u.op.a, b->u.op.a) && equal_maybe(a->u.op.b, b->u.op.b);
  case AST_CALL:
  case AST_INDEX:
    return ast_equal(a->u.call.callee, b->u.call.callee) && equal_list(&a->u.call.args, &b->u.call.args);
  case AST_FIELD: return ast_equal(a->u.field.of, b->u.field.of);
  case AST_ARG:
  case AST_PARAM:
    return equal_maybe(a->u.arg.key, b->u.arg.key) && equal_maybe(a->u.arg.value, b->u.arg.value);
  case AST_EXPR:
  case AST_WHERE:
  case AST_DECIMAL:
  case AST_MEAN:
  case AST_WEIGHTS:
  case AST_OFFSET:
  case AST_FAMILY: return equal_maybe(a->u.expr.value, b->u.expr.value);
  case AST_LET:
  case AST_ASSIGN:
  case AST_DERIVE:
  case AST_COLTYPE:
    return equal_maybe(a->u.let.name, b->u.let.name) && equal_maybe(a->u.let.value, b->u.let.value);
  case AST_IF:
    return equal_maybe(a->u.cond.cond, b->u.cond.cond) && equal_maybe(a->u.cond.then, b->u.cond.then) &&
           equal_maybe(a->u.cond.otherwise, b->u.cond.otherwise);
  case AST_FOR:
    return equal_maybe(a->u.loop.name, b->u.loop.name) && equal_maybe(a->u.loop.over, b->u.loop.over) &&
           equal_maybe(a->u.loop.body, b->u.loop.body);
  case AST_FN:
    return equal_maybe(a->u.fn.name, b->u.fn.name) && equal_list(&a->u.fn.params, &b->u.fn.params) &&
           equal_maybe(a->u.fn.body, b->u.fn.body);
  case AST_DATA:
    return equal_maybe(a->u.data.name, b->u.data.name) && equal_maybe(a->u.data.file, b->u.data.file) &&
           equal_maybe(a->u.data.query, b->u.data.query) && equal_maybe(a->u.data.design, b->u.data.design) &&
           equal_list(&a->u.data.lines, &b->u.data.lines);
  case AST_DESIGN:
    return equal_maybe(a->u.design.name, b->u.design.name) &&
           equal_list(&a->u.design.lines, &b->u.design.lines);
  case AST_MODEL:
    return equal_maybe(a->u.model.name, b->u.model.name) &&
           equal_list(&a->u.model.params, &b->u.model.params) && equal_maybe(a->u.model.of, b->u.model.of) &&
           equal_list(&a->u.model.lines, &b->u.model.lines);
  case AST_MISSING:
  case AST_MEMBERS:
  case AST_ALLOW: return equal_list(&a->u.values.values, &b->u.values.values);
  case AST_NESTING: return equal_list(&a->u.nesting.units, &b->u.nesting.units);
  case AST_TIME:
  case AST_OCCASION:
  case AST_DYAD:
  case AST_ROUNDROBIN:
    return equal_maybe(a->u.unit.var, b->u.unit.var) && equal_maybe(a->u.unit.partner, b->u.unit.partner) &&
           equal_maybe(a->u.unit.of, b->u.unit.of) && equal_maybe(a->u.unit.in, b->u.unit.in) &&
           equal_maybe(a->u.unit.by, b->u.unit.by) && equal_maybe(a->u.unit.step, b->u.unit.step);
  case AST_RANDOM:
  case AST_RESIDUAL:
  case AST_VARIANCE:
    return equal_maybe(a->u.cov.term, b->u.cov.term) && equal_maybe(a->u.cov.by, b->u.cov.by);
  }
  return false;
}
