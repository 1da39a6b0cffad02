#include "lang/describe.h"
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
