/* check_control.c: blocks, conditions, loops, functions.
 *
 * What is known of a variable holds along one way through the script.  After a condition only that holds which both
 * branches agree on; in a loop and after it nothing is held of what the loop assigns.
 */
#include "lang/check_parts.h"
#include "lang/describe.h"
#include "lang/function.h"
#include <string.h>

/* ---- blocks ---- */

static enum type check_statements(struct checker *ck, struct ast *block) {
  enum type last = TYPE_NONE;
  for (struct ast *s = block->u.list.items.first; s; s = s->next) last = check_statement(ck, s);
  return last;
}

enum type check_block(struct checker *ck, struct ast *block) {
  struct scope scope;
  if (block->kind != AST_BLOCK) return TYPE_UNKNOWN; /* what could not be parsed */
  names_enter(ck, &scope);
  enum type last = check_statements(ck, block);
  names_leave(ck);
  return last;
}

/* ---- what a statement may change ---- */

struct change {
  struct change *next;
  struct binding *b;
  struct binding before, then; /* before the condition; after its first branch */
};

struct changes {
  struct checker *ck;
  struct change *first;
};

static bool is_noted(const struct changes *c, const struct binding *b) {
  for (const struct change *x = c->first; x; x = x->next)
    if (x->b == b) return true;
  return false;
}

static void note_assigned(struct ast *e, void *arg) {
  struct changes *c = arg;
  bool assigns = e->kind == AST_ASSIGN && e->u.let.name->kind == AST_NAME;
  struct binding *b = assigns ? names_find(c->ck, e->u.let.name->u.name.whole) : NULL;
  if (b && !is_noted(c, b)) {
    struct change *x = arena_make(c->ck->arena, struct change);
    *x = (struct change){.next = c->first, .b = b, .before = *b};
    c->first = x;
  }
  ast_children(e, note_assigned, c);
}

static struct changes changes_of(struct checker *ck, struct ast *s) {
  struct changes c = {.ck = ck};
  ast_children(s, note_assigned, &c);
  return c;
}

/* What is known of a variable, apart from where it stands. */
static void learn(struct binding *b, const struct binding *known) {
  b->type = known->type;
  b->formula = known->formula;
  b->table = known->table;
  b->model = known->model;
  b->fit = known->fit;
  b->function = known->function;
}

static bool same_knowledge(const struct binding *a, const struct binding *b) {
  return a->formula == b->formula && a->table == b->table && a->model.decl == b->model.decl &&
         a->model.spec == b->model.spec && a->fit.spec == b->fit.spec && a->fit.table == b->fit.table &&
         a->function == b->function;
}

static void end_of_branch(struct changes *c) {
  for (struct change *x = c->first; x; x = x->next) {
    x->then = *x->b;
    learn(x->b, &x->before);
  }
}

static void join_branches(struct changes *c) {
  for (struct change *x = c->first; x; x = x->next) {
    enum type type = x->b->type == x->then.type ? x->b->type : TYPE_UNKNOWN;
    if (type != TYPE_UNKNOWN && same_knowledge(x->b, &x->then)) continue;
    learn(x->b, &(struct binding){.type = type});
  }
}

static void forget_all(struct changes *c) {
  for (struct change *x = c->first; x; x = x->next) learn(x->b, &(struct binding){.type = TYPE_UNKNOWN});
}

/* ---- conditions ---- */

static void check_condition(struct checker *ck, struct ast *cond) {
  enum type t = check_expr(ck, cond);
  if (t == TYPE_BOOL || t == TYPE_UNKNOWN) return;
  const char *what = print_expr(ck->arena, cond);
  const char *hint = t == TYPE_COLUMN
                         ? "a column has a truth value for each row; ifelse() chooses for each row"
                     : t == TYPE_NUMBER ? arena_printf(ck->arena, "compare it: %s != 0", what)
                     : t == TYPE_TEXT   ? arena_printf(ck->arena, "compare it: %s != \"\"", what)
                                        : NULL;
  CHECK_ERROR(ck, cond->span, DIAG_CONDITION_TYPE, describe_expr(ck->arena, cond), describe_type(t), hint);
}

/* The type of the value that one of the branches gives. */
enum type check_if(struct checker *ck, struct ast *s) {
  struct ast *otherwise = s->u.cond.otherwise;
  check_condition(ck, s->u.cond.cond);
  struct changes changes = changes_of(ck, s);
  enum type a = check_block(ck, s->u.cond.then), b = TYPE_NONE;
  end_of_branch(&changes);
  if (otherwise) b = otherwise->kind == AST_IF ? check_if(ck, otherwise) : check_block(ck, otherwise);
  join_branches(&changes);
  return s->type = a == b ? a : TYPE_UNKNOWN;
}

/* ---- loops ---- */

/* The type of all items of a list that is written out. */
static enum type item_type(const struct ast *over) {
  if (over->kind == AST_BINARY && over->u.op.op == OP_RANGE) return TYPE_NUMBER;
  if (over->kind != AST_LIST || !over->u.list.items.first) return TYPE_UNKNOWN;
  enum type t = over->u.list.items.first->type;
  for (const struct ast *item = over->u.list.items.first; item; item = item->next)
    if (item->type != t) return TYPE_UNKNOWN;
  return t;
}

static void check_course(struct checker *ck, struct ast *over) {
  enum type t = check_expr(ck, over);
  if (t == TYPE_UNKNOWN || t == TYPE_LIST || t == TYPE_COLUMN || t == TYPE_RECORD) return;
  const char *what = print_expr(ck->arena, over);
  const char *hint = t == TYPE_NUMBER  ? arena_printf(ck->arena, "a range: 1..%s", what)
                     : t == TYPE_TABLE ? arena_printf(ck->arena,
                                                      "its rows are numbered: 1..length(%s); its columns "
                                                      "have names: names(%s)",
                                                      what, what)
                                       : NULL;
  CHECK_ERROR(ck, over->span, DIAG_LOOP_TYPE, describe_expr(ck->arena, over), describe_type(t), hint);
}

void check_for(struct checker *ck, struct ast *s) {
  struct scope scope;
  check_course(ck, s->u.loop.over);
  struct changes changes = changes_of(ck, s->u.loop.body);
  forget_all(&changes);
  names_enter(ck, &scope);
  names_check_new(ck, s->u.loop.name);
  if (s->u.loop.name->kind == AST_NAME) names_make(ck, s->u.loop.name, item_type(s->u.loop.over));
  check_block(ck, s->u.loop.body);
  names_leave(ck);
  forget_all(&changes);
}

/* ---- functions ---- */

static bool is_twice(const struct ast_list *params, const struct ast *p) {
  for (const struct ast *q = params->first; q != p; q = q->next)
    if (strcmp(q->u.arg.key->u.name.whole, p->u.arg.key->u.name.whole) == 0) return true;
  return false;
}

static void check_default(struct checker *ck, const struct ast *p, enum type wanted) {
  if (!p->u.arg.value) return;
  enum type t = check_expr(ck, p->u.arg.value);
  if (wanted == TYPE_UNKNOWN || t == TYPE_UNKNOWN || t == wanted) return;
  CHECK_ERROR(ck, p->u.arg.value->span, DIAG_PARAMETER_DEFAULT, p->u.arg.key->u.name.whole,
              describe_type(wanted), describe_expr(ck->arena, p->u.arg.value), describe_type(t));
}

/* The place of the type's word: it ends the parameter, or stands before its default. */
static void check_parameter(struct checker *ck, const struct ast *fn, const struct ast *p) {
  enum type type = TYPE_UNKNOWN;
  const struct ast *name = p->u.arg.key;
  names_check_new(ck, name);
  if (is_twice(&fn->u.fn.params, p))
    CHECK_ERROR(ck, name->span, DIAG_MODEL_PARAMETER_TWICE, name->u.name.whole);
  if (p->u.arg.ptype && !signature_type(p->u.arg.ptype, &type))
    CHECK_ERROR(ck, p->span, DIAG_PARAMETER_TYPE, p->u.arg.ptype, signature_type_near(p->u.arg.ptype));
  check_default(ck, p, type);
  names_make(ck, name, type);
}

static enum type check_body(struct checker *ck, struct ast *s) {
  struct scope scope;
  ck->fn = s;
  names_enter(ck, &scope);
  for (const struct ast *p = s->u.fn.params.first; p; p = p->next)
    if (p->kind == AST_PARAM && p->u.arg.key->kind == AST_NAME) check_parameter(ck, s, p);
  enum type result = check_block(ck, s->u.fn.body);
  names_leave(ck);
  ck->fn = NULL;
  return result;
}

void check_fn(struct checker *ck, struct ast *s) {
  names_check_new(ck, s->u.fn.name);
  if (s->u.fn.name->kind != AST_NAME) return;
  struct signature *sig = arena_make(ck->arena, struct signature);
  function_signature(ck->arena, sig, s);
  struct binding *b = names_make(ck, s->u.fn.name, TYPE_FUNCTION);
  b->function = sig;
  sig->result = check_body(ck, s);
}
