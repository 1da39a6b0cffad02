#include "lang/describe.h"
#include "lang/contrasts.h"
#include <string.h>

enum { QUOTED_MAX = 60 }; /* bytes of an expression that a message quotes */

const char *describe_expr(struct arena *a, const struct ast *expr) {
  if (expr->kind == AST_ERROR || expr->span.to - expr->span.from > QUOTED_MAX) return "this";
  return arena_printf(a, "`%s`", print_expr(a, expr));
}

static const char *const phrases[] = {
#define X(type, name) "a " name,
    TYPES(X)
#undef X
};

const char *describe_type(enum type t) {
  return t == TYPE_NONE || t == TYPE_HYPOTHESES ? type_name(t) : phrases[t];
}

const char *describe_head(const struct ast *name) {
  return name->u.name.n_parts > 0 ? name->u.name.part[0] : name->u.name.whole;
}

const char *describe_level(struct arena *a, const struct ast *e) {
  bool one = e->kind == AST_INDEX && e->u.call.args.n == 1 && !e->u.call.args.first->u.arg.key;
  return one ? level_read(a, e->u.call.args.first->u.arg.value) : NULL;
}

bool ast_is_loading(const struct ast *e) {
  if (!ast_calls(e, "actor") && !ast_calls(e, "partner")) return false;
  const struct ast *arg = e->u.call.args.first;
  return arg && !arg->next && arg->u.arg.value->kind == AST_NUMBER && arg->u.arg.value->u.number.value == 1;
}

bool ast_is_bar(const struct ast *e) {
  return e->kind == AST_BINARY && (e->u.op.op == OP_BAR || e->u.op.op == OP_BARBAR);
}

bool ast_is_dot(const struct ast *e) {
  return e->kind == AST_NAME && strcmp(e->u.name.whole, ".") == 0;
}

bool ast_calls(const struct ast *e, const char *function) {
  return e->kind == AST_CALL && e->u.call.callee->kind == AST_NAME &&
         strcmp(e->u.call.callee->u.name.whole, function) == 0;
}

const struct ast *ast_name_made(const struct ast *statement) {
  if (statement->kind == AST_LET) return statement->u.let.name;
  if (statement->kind == AST_DATA) return statement->u.data.name;
  if (statement->kind == AST_DESIGN) return statement->u.design.name;
  if (statement->kind == AST_MODEL) return statement->u.model.name;
  if (statement->kind == AST_FN) return statement->u.fn.name;
  return NULL;
}
