#include "lang/rewrite.h"

/* ---- nodes ---- */

static struct ast *make_node(struct arena *a, struct span at, enum ast_kind kind) {
  struct ast *e = arena_make(a, struct ast);
  e->kind = kind;
  e->span = at;
  e->depth = 1;
  return e;
}

struct ast *make_name(struct arena *a, struct span at, const char *name) {
  struct ast *e = make_node(a, at, AST_NAME);
  e->u.name.whole = arena_strdup(a, name);
  e->u.name.part = arena_array(a, 1, const char *);
  e->u.name.part[0] = e->u.name.whole;
  e->u.name.n_parts = 1;
  return e;
}

static int deeper(const struct ast *a, const struct ast *b) {
  return 1 + (a->depth > b->depth ? a->depth : b->depth);
}

/* Operators of one precedence. */
static int rank(enum ast_op op) {
  if (op == OP_SUB) return OP_ADD;
  if (op == OP_DIV || op == OP_KRON) return OP_MUL;
  if (op > OP_EQ && op <= OP_GE) return OP_EQ;
  return (int)op;
}

/* A tree is spelled with the parentheses that its nodes say they have. */
static struct ast *spelled(struct arena *a, struct ast *e, enum ast_op parent, bool right) {
  if (e->kind != AST_BINARY || e->parens) return e;
  bool same = rank(e->u.op.op) == rank(parent);
  bool regroups = right && same && parent != OP_ADD && parent != OP_COLON;
  if (rank(e->u.op.op) > rank(parent) || (same && !regroups)) return e;
  struct ast *copy = arena_make(a, struct ast);
  *copy = *e;
  copy->parens = true;
  return copy;
}

struct ast *make_binary(struct arena *a, struct span at, enum ast_op op, struct ast *left,
                        struct ast *right) {
  struct ast *e = make_node(a, at, AST_BINARY);
  e->u.op.op = op;
  e->u.op.a = spelled(a, left, op, false);
  e->u.op.b = spelled(a, right, op, true);
  e->depth = deeper(left, right);
  return e;
}

struct ast *make_call(struct arena *a, struct span at, const char *function, struct ast *argument) {
  struct ast *e = make_node(a, at, AST_CALL), *arg = make_node(a, argument->span, AST_ARG);
  arg->u.arg.value = argument;
  arg->depth = 1 + argument->depth;
  e->u.call.callee = make_name(a, at, function);
  ast_append(&e->u.call.args, arg);
  e->depth = 1 + arg->depth;
  return e;
}

/* ---- the tree ---- */

struct rewriting {
  struct arena *arena;
  rewrite_node *fn;
  void *arg;
};

static struct ast *rewritten(const struct rewriting *r, const struct ast *e);

static struct ast *child(const struct rewriting *r, struct ast *parent, const struct ast *e) {
  struct ast *out = rewritten(r, e);
  if (out->depth >= parent->depth) parent->depth = out->depth + 1;
  return out;
}

static struct ast_list children(const struct rewriting *r, struct ast *parent, const struct ast_list *list) {
  struct ast_list out = {0};
  for (const struct ast *item = list->first; item; item = item->next)
    ast_append(&out, child(r, parent, item));
  return out;
}

static struct ast *parts_rewritten(const struct rewriting *r, const struct ast *e) {
  struct ast *out = arena_make(r->arena, struct ast);
  *out = *e;
  out->next = NULL;
  out->depth = 1;
  if (e->kind == AST_UNARY || e->kind == AST_BINARY) {
    out->u.op.a = child(r, out, e->u.op.a);
    if (e->kind == AST_BINARY) {
      out->u.op.a = spelled(r->arena, out->u.op.a, e->u.op.op, false);
      out->u.op.b = spelled(r->arena, child(r, out, e->u.op.b), e->u.op.op, true);
    }
  } else if (e->kind == AST_CALL || e->kind == AST_INDEX) {
    out->u.call.args = children(r, out, &e->u.call.args);
  } else if (e->kind == AST_ARG) {
    out->u.arg.value = child(r, out, e->u.arg.value);
  } else if (e->kind == AST_LIST || e->kind == AST_HYPOTHESES) {
    out->u.list.items = children(r, out, &e->u.list.items);
  }
  return out;
}

static struct ast *rewritten(const struct rewriting *r, const struct ast *e) {
  struct ast *out = r->fn(r->arg, e);
  return out ? out : parts_rewritten(r, e);
}

struct ast *rewrite_children(struct arena *a, const struct ast *expr, rewrite_node *fn, void *arg) {
  return parts_rewritten(&(struct rewriting){a, fn, arg}, expr);
}

struct ast *rewrite_expr(struct arena *a, const struct ast *expr, rewrite_node *fn, void *arg) {
  return rewritten(&(struct rewriting){a, fn, arg}, expr);
}
