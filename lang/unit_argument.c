#include "lang/unit_argument.h"
#include <string.h>

static bool joins_units(const struct ast *e) {
  return e->kind == AST_BINARY && (e->u.op.op == OP_COLON || e->u.op.op == OP_IN);
}

bool unit_argument_walk(const struct ast *e, unit_name *fn, void *arg) {
  if (e->kind == AST_NAME || e->kind == AST_SPLICE) return fn(arg, e);
  return joins_units(e) && unit_argument_walk(e->u.op.a, fn, arg) && unit_argument_walk(e->u.op.b, fn, arg);
}

struct columns {
  const struct design *design;
  const char **column;
  int n;
};

static bool put_column(struct columns *c, const char *name) {
  for (int i = 0; i < c->n; i++)
    if (strcmp(c->column[i], name) == 0) return true;
  if (c->n == UNIT_COLUMNS_MAX) return false;
  c->column[c->n++] = name;
  return true;
}

static bool put_name(void *arg, const struct ast *name) {
  struct columns *c = arg;
  if (name->kind != AST_NAME) return false;
  int unit = c->design ? design_find_unit(c->design, name->u.name.whole) : -1;
  if (unit < 0) return put_column(c, name->u.name.whole);
  const char *path[DESIGN_PATH_MAX];
  int n = design_path(c->design, unit, path);
  bool fits = true;
  for (int i = 0; i < n; i++) fits = fits && put_column(c, path[i]);
  return fits;
}

/* a in b in c is (a in b) in c: what comes after the first `in`, in two parts at most. */
static bool put_above(struct columns *c, const struct ast *e) {
  if (e->kind != AST_BINARY || e->u.op.op != OP_IN) return true;
  return put_above(c, e->u.op.a) && unit_argument_walk(e->u.op.b, put_name, c);
}

bool unit_argument_read(const struct ast *e, const struct design *design, struct unit_argument *unit) {
  struct columns all = {design, unit->path, 0}, above = {design, unit->above, 0};
  bool fits = unit_argument_walk(e, put_name, &all) && put_above(&above, e);
  unit->n = all.n;
  unit->n_above = above.n;
  return fits;
}

const char *unit_argument_text(struct arena *a, const char *const *path, int n) {
  struct buf b;
  buf_init(&b, a);
  for (int i = 0; i < n; i++) buf_printf(&b, "%s%s", i ? ":" : "", path[i]);
  return b.text;
}
