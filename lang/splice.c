#include "lang/splice.h"
#include "lang/rewrite.h"

/* ---- nodes ---- */

static struct ast *node(struct arena *a, const struct ast *splice, enum ast_kind kind) {
  struct ast *e = arena_make(a, struct ast);
  e->kind = kind;
  e->span = splice->span;
  e->depth = 1;
  return e;
}

struct ast *splice_column(struct arena *a, const struct ast *splice, const char *name) {
  return make_name(a, splice->span, name);
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

static struct ast *spliced(void *arg, const struct ast *e) {
  struct splicing *s = arg;
  if (e->kind != AST_SPLICE) return NULL;
  struct ast *value = s->value(s->arg, e);
  if (value) return value;
  s->failed = true;
  return node(s->arena, e, AST_ERROR);
}

const struct ast *splice_expr(struct arena *a, const struct ast *expr, splice_value *value, void *arg) {
  if (!has_splice(expr)) return expr;
  struct splicing s = {.arena = a, .value = value, .arg = arg};
  const struct ast *out = rewrite_expr(a, expr, spliced, &s);
  return s.failed ? NULL : out;
}
