#include "lang/normalize.h"
#include "lang/base/text.h"
#include "lang/describe.h"
#include "lang/design.h"
#include "lang/rewrite.h"
#include <string.h>

struct normalizing {
  struct arena *arena;
  struct column_scope *scope;
};

bool operator_distributes(const char *function) {
  static const char *const names[] = {"actor",  "partner", "within", "between",
                                      "center", "scale",   "lag",    "reciprocal"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], function) == 0) return true;
  return false;
}

/* ---- slots ---- */

static void tell_slot(struct column_scope *s, const struct ast *slot, const struct design *d) {
  size_t count;
  const char *const *known = design_slots(&count);
  const char *name = slot->u.name.whole, *near = text_nearest(name, known, count);
  if (!d)
    COLUMN_ERROR(s, slot->span, DIAG_SLOT_NO_DESIGN, name, s->schema->source);
  else
    COLUMN_ERROR(s, slot->span, DIAG_SLOT_UNKNOWN, name, d->name,
                 near && strcmp(near, name) != 0 ? near : NULL);
}

struct ast *slot_resolve(struct arena *a, struct column_scope *scope, const struct ast *slot) {
  const struct design *d = scope_design(scope);
  if (!d && !scope->schema) return NULL;
  struct ast *columns = d ? design_slot(a, d, slot) : NULL;
  if (!columns) tell_slot(scope, slot, d);
  return columns;
}

/* ---- operators ---- */

static bool joins_terms(const struct ast *e) {
  if (e->kind != AST_BINARY) return false;
  enum ast_op op = e->u.op.op;
  return op == OP_ADD || op == OP_SUB || op == OP_MUL || op == OP_COLON;
}

/* The call with another first argument. */
static struct ast *call_on(struct arena *a, const struct ast *call, struct ast *x) {
  struct ast *out = arena_make(a, struct ast), *arg = arena_make(a, struct ast);
  *out = *call;
  *arg = *call->u.call.args.first;
  arg->u.arg.value = x;
  arg->next = NULL;
  arg->depth = x->depth + 1;
  if (arg->depth >= out->depth) out->depth = arg->depth + 1;
  out->u.call.args = (struct ast_list){0};
  out->next = NULL;
  ast_append(&out->u.call.args, arg);
  for (const struct ast *more = call->u.call.args.first->next; more; more = more->next) {
    struct ast *copy = arena_make(a, struct ast);
    *copy = *more;
    copy->next = NULL;
    ast_append(&out->u.call.args, copy);
  }
  return out;
}

/* call(x), for each term of x. */
static struct ast *distribute(struct arena *a, const struct ast *call, struct ast *x) {
  if (x->kind == AST_NUMBER) return x; /* the intercept, said or removed */
  if (!joins_terms(x)) return call_on(a, call, x);
  return make_binary(a, call->span, x->u.op.op, distribute(a, call, x->u.op.a),
                     distribute(a, call, x->u.op.b));
}

static struct ast *slots_alone(void *arg, const struct ast *e) {
  const struct normalizing *n = arg;
  return e->kind == AST_SLOT ? slot_resolve(n->arena, n->scope, e) : NULL;
}

/* us(0 + actor(x) | g), residual(...): what stands inside are terms. */
static bool holds_terms(const struct ast *call) {
  const struct ast *first = call->u.call.args.first;
  return first && (ast_is_bar(first->u.arg.value) || ast_calls(call, "residual"));
}

/* Does the node stand for a single column, so that what is inside is arithmetic? */
static bool is_column(const struct ast *e) {
  if (e->kind == AST_CALL) return !holds_terms(e);
  if (e->kind != AST_BINARY) return false;
  enum ast_op op = e->u.op.op;
  return op == OP_OR || op == OP_AND || (op >= OP_EQ && op <= OP_GE);
}

static bool is_operator(const struct ast *e) {
  if (e->kind != AST_CALL || e->u.call.callee->kind != AST_NAME) return false;
  const struct ast *first = e->u.call.args.first;
  return first && !first->u.arg.key && operator_distributes(e->u.call.callee->u.name.whole);
}

/* actor(1), partner(1) in a round robin: that a row has the effect of its rater, of its target. */
static bool is_loading(struct column_scope *s, const struct ast *e) {
  const struct design *d = scope_design(s);
  return ast_is_loading(e) && d && d->dyads == DYADS_ROUND_ROBIN;
}

static struct ast *normal(void *arg, const struct ast *e) {
  struct normalizing *n = arg;
  if (e->kind == AST_SLOT) return slot_resolve(n->arena, n->scope, e);
  if (is_loading(n->scope, e)) return NULL;
  if (is_operator(e)) {
    struct ast *call = rewrite_children(n->arena, e, normal, n); /* what is inside comes first */
    return distribute(n->arena, call, call->u.call.args.first->u.arg.value);
  }
  return is_column(e) ? rewrite_children(n->arena, e, slots_alone, n) : NULL;
}

/* ---- the door ---- */

const struct ast *formula_normalize(struct arena *a, struct column_scope *scope, const struct ast *formula) {
  struct normalizing n = {a, scope};
  return rewrite_expr(a, formula, normal, &n);
}
