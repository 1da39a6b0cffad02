#include "lang/splice.h"

/* ---- nodes ---- */

static struct ast *node(struct arena *a, const struct ast *splice, enum ast_kind kind) {
  struct ast *e = arena_make(a, struct ast);
  e->kind = kind;
  e->span = splice->span;
  e->depth = 1;
  return e;
}

struct ast *splice_column(struct arena *a, const struct ast *splice, const char *name) {
  struct ast *e = node(a, splice, AST_NAME);
  e->u.name.whole = arena_strdup(a, name);
  e->u.name.part = arena_array(a, 1, const char *);
  e->u.name.part[0] = e->u.name.whole;
  e->u.name.n_parts = 1;
  return e;
}

struct ast *splice_number(struct arena *a, const struct ast *splice, double value) {
  struct ast *e = node(a, splice, AST_NUMBER);
  e->u.number.value = value;
  return e;
}

struct ast *splice_bool(struct arena *a, const struct ast *splice, bool value) {
  struct ast *e = node(a, splice, AST_BOOL);
  e->u.boolean.value = value;
  return e;
}

/* ---- the tree ---- */

struct splicing {
  struct arena *arena;
  splice_value *value;
  void *arg;
  bool failed;
};

static void look_for_splice(struct ast *e, void *found) {
  if (e->kind == AST_SPLICE) *(bool *)found = true;
  if (!*(bool *)found) ast_children(e, look_for_splice, found);
}

static bool has_splice(const struct ast *e) {
  bool found = e->kind == AST_SPLICE;
  if (!found) ast_children(e, look_for_splice, &found);
  return found;
}

static struct ast *copy(struct splicing *s, const struct ast *e);

static struct ast_list copy_list(struct splicing *s, const struct ast_list *list) {
  struct ast_list out = {0};
  for (const struct ast *item = list->first; item; item = item->next) ast_append(&out, copy(s, item));
  return out;
}

static struct ast *spliced(struct splicing *s, const struct ast *e) {
  struct ast *value = s->value(s->arg, e);
  if (value) return value;
  s->failed = true;
  return node(s->arena, e, AST_ERROR);
}

static struct ast *copy(struct splicing *s, const struct ast *e) {
  if (e->kind == AST_SPLICE) return spliced(s, e);
  struct ast *out = arena_make(s->arena, struct ast);
  *out = *e;
  out->next = NULL;
  if (e->kind == AST_UNARY || e->kind == AST_BINARY) {
    out->u.op.a = copy(s, e->u.op.a);
    if (e->kind == AST_BINARY) out->u.op.b = copy(s, e->u.op.b);
  } else if (e->kind == AST_CALL || e->kind == AST_INDEX) {
    out->u.call.args = copy_list(s, &e->u.call.args);
  } else if (e->kind == AST_ARG) {
    out->u.arg.value = copy(s, e->u.arg.value);
  } else if (e->kind == AST_LIST) {
    out->u.list.items = copy_list(s, &e->u.list.items);
  }
  return out;
}

const struct ast *splice_expr(struct arena *a, const struct ast *expr, splice_value *value, void *arg) {
  if (!has_splice(expr)) return expr;
  struct splicing s = {.arena = a, .value = value, .arg = arg};
  const struct ast *out = copy(&s, expr);
  return s.failed ? NULL : out;
}
