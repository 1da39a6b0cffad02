/* control.c: statements: blocks, conditions, loops, and those that make names.
 *
 * Every statement of a block has a scratch arena of its own, so that a loop of a million turns takes no more memory than one
 * of them.
 */
#include "runtime/value/interp.h"
#include <math.h>
#include <string.h>

#define FAIL(in, node, ...)                                                                                  \
  (diag_add((in)->diags, (in)->script->source, (node)->span, __VA_ARGS__, DIAG_END), false)

/* `result` is NULL at the script's level, where the values of expressions are shown; in a function it takes the value of the
   statement, VALUE_NONE for one that has none. */
static bool exec(struct interp *in, const struct ast *s, struct value *result);

/* ---- blocks --------------------------------------------------------------------------------------------- */

bool exec_apart(struct interp *in, const struct ast *s, struct value *result) {
  struct arena *mark = arena_pool_mark(in->mem), *outer = in->scratch;
  in->scratch = arena_new(in->mem);
  bool fine = stack_has_room(in, s) && exec(in, s, result);
  in->scratch = outer;
  if (fine && result) *result = value_kept(in, result);
  arena_pool_drain(in->mem, mark);
  if (!result) in->tell(in);
  return fine;
}

static bool exec_statements(struct interp *in, const struct ast *block, struct value *result) {
  for (const struct ast *s = block->u.list.items.first; s; s = s->next) {
    struct value dropped, *to = !result ? NULL : s->next ? &dropped : result;
    if (!exec_apart(in, s, to)) return false;
  }
  return true;
}

bool exec_block(struct interp *in, const struct ast *block, struct value *result) {
  if (result) *result = (struct value){.kind = VALUE_NONE};
  size_t mark = scope_enter(in);
  bool fine = exec_statements(in, block, result);
  scope_leave(in, mark);
  return fine;
}

/* ---- conditions ----------------------------------------------------------------------------------------- */

bool value_is_true(struct interp *in, const struct ast *at, const struct value *v, bool *yes) {
  if (v->kind == VALUE_NA) return FAIL(in, at, DIAG_CONDITION_NA);
  if (v->kind != VALUE_BOOL) return FAIL(in, at, DIAG_CONDITION_KIND, value_kind_name(v));
  *yes = v->u.boolean;
  return true;
}

static bool exec_if(struct interp *in, const struct ast *s, struct value *result) {
  struct value v;
  bool yes;
  const struct ast *cond = s->u.cond.cond;
  if (!eval_expr(in, cond, &v) || !value_is_true(in, cond, &v, &yes)) return false;
  const struct ast *branch = yes ? s->u.cond.then : s->u.cond.otherwise;
  if (!branch) return true;
  return branch->kind == AST_IF ? exec_if(in, branch, result) : exec_block(in, branch, result);
}

/* ---- loops ---------------------------------------------------------------------------------------------- */

/* What a loop goes through.  A range is never made as a list. */
struct course {
  struct value over; /* LIST, RECORD, COLUMN; NONE: a range */
  double from;
  int64_t n;
};

static bool course_of_range(struct interp *in, const struct ast *range, struct course *c) {
  struct value a, b;
  if (!eval_expr(in, range->u.op.a, &a) || !eval_expr(in, range->u.op.b, &b)) return false;
  c->over.kind = VALUE_NONE;
  return range_length(in, range, &a, &b, RANGE_MAX, &c->from, &c->n);
}

static bool course_of_value(struct interp *in, const struct ast *over, struct course *c) {
  if (!eval_expr(in, over, &c->over)) return false;
  if (c->over.kind == VALUE_LIST || c->over.kind == VALUE_RECORD)
    c->n = c->over.u.list->n;
  else if (c->over.kind == VALUE_COLUMN)
    c->n = c->over.u.column->n_rows;
  else
    return FAIL(in, over, DIAG_LOOP_OVER, value_kind_name(&c->over));
  return true;
}

static struct value course_item(struct interp *in, const struct course *c, int64_t i) {
  if (c->over.kind == VALUE_NONE) return value_number(c->from + (double)i);
  if (c->over.kind == VALUE_COLUMN) return value_of_row(in, &c->over.u.column->column, (int)i);
  return c->over.u.list->item[i];
}

/* One turn: the variable and the body's names are gone when it ends. */
static bool exec_turn(struct interp *in, const struct ast *loop, const struct course *c, int64_t i,
                      bool shown) {
  struct arena *mark = arena_pool_mark(in->mem), *outer = in->scratch;
  struct value dropped;
  mem_check_interrupt(in->mem);
  in->scratch = arena_new(in->mem);
  size_t scope = scope_enter(in);
  struct value item = course_item(in, c, i);
  env_let(in, loop->u.loop.name->u.name.whole, &item);
  bool fine = exec_block(in, loop->u.loop.body, shown ? NULL : &dropped);
  scope_leave(in, scope);
  in->scratch = outer;
  arena_pool_drain(in->mem, mark);
  return fine;
}

static bool exec_for(struct interp *in, const struct ast *s, bool shown) {
  const struct ast *over = s->u.loop.over;
  struct course c = {0};
  bool range = over->kind == AST_BINARY && over->u.op.op == OP_RANGE;
  bool fine = range ? course_of_range(in, over, &c) : course_of_value(in, over, &c);
  for (int64_t i = 0; fine && i < c.n; i++) fine = exec_turn(in, s, &c, i, shown);
  return fine;
}

/* ---- statements that make names ------------------------------------------------------------------------- */

static bool exec_let(struct interp *in, const struct ast *s) {
  struct value v;
  if (!eval_expr(in, s->u.let.value, &v)) return false;
  if (v.kind == VALUE_NONE) return FAIL(in, s->u.let.value, DIAG_NO_VALUE);
  const char *name = s->u.let.name->u.name.whole;
  if (s->kind == AST_LET)
    env_let(in, name, &v);
  else
    env_assign(in, name, &v);
  return true;
}

static bool exec_data(struct interp *in, const struct ast *s) {
  struct table *t = data_load(in, s);
  if (!t) return false;
  struct value v = value_table(t);
  env_let(in, s->u.data.name->u.name.whole, &v);
  return true;
}

static bool exec_design(struct interp *in, const struct ast *s) {
  const struct design *d = declared_design(in, s);
  if (!d) return false;
  struct value v = value_design(d);
  env_let(in, s->u.design.name->u.name.whole, &v);
  return true;
}

static bool exec_model(struct interp *in, const struct ast *s) {
  const struct model_value *m = declared_model(in, s);
  if (!m) return false;
  struct value v = value_model(in, m->decl, m->spec);
  env_let(in, s->u.model.name->u.name.whole, &v);
  return true;
}

static bool exec_fn(struct interp *in, const struct ast *s) {
  struct value v = value_closure(in, s);
  env_let(in, s->u.fn.name->u.name.whole, &v);
  return true;
}

/* ---- all ------------------------------------------------------------------------------------------------ */

static bool exec_expression(struct interp *in, const struct ast *s, struct value *result) {
  struct value v;
  const struct ast *e = s->u.expr.value;
  if (!eval_expr(in, e, result ? result : &v)) return false;
  if (!result && v.kind != VALUE_NONE) in->show(in, &v, e->kind == AST_NAME ? e->u.name.whole : NULL);
  return true;
}

static bool exec(struct interp *in, const struct ast *s, struct value *result) {
  if (result) *result = (struct value){.kind = VALUE_NONE};
  if (s->kind == AST_EXPR) return exec_expression(in, s, result);
  if (s->kind == AST_LET || s->kind == AST_ASSIGN) return exec_let(in, s);
  if (s->kind == AST_IF) return exec_if(in, s, result);
  if (s->kind == AST_FOR) return exec_for(in, s, result == NULL);
  if (s->kind == AST_DATA) return exec_data(in, s);
  if (s->kind == AST_DESIGN) return exec_design(in, s);
  if (s->kind == AST_MODEL) return exec_model(in, s);
  if (s->kind == AST_FN) return exec_fn(in, s);
  if (s->kind == AST_USE) return exec_use(in, s);
  if (s->kind == AST_ALLOW) return lint_allow(&in->allowed, NULL, NULL, s), true;
  return FAIL(in, s, DIAG_NOT_YET, "this statement", DIAG_NONE);
}

bool exec_statement(struct interp *in, const struct ast *s) {
  return exec(in, s, NULL);
}
