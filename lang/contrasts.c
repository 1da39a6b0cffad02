#include "lang/contrasts.h"
#include "lang/base/text.h"
#include "lang/describe.h"
#include <string.h>

static const char *const names[] = {
#define X(coding, name) name,
    CODINGS(X)
#undef X
};

enum { N_CODINGS = sizeof names / sizeof *names };

const char *coding_name(enum coding coding) {
  return names[coding];
}

static bool named(const char *word, enum coding *coding) {
  for (int i = 0; i < N_CODINGS; i++) {
    if (strcmp(names[i], word) != 0) continue;
    *coding = (enum coding)i;
    return true;
  }
  return false;
}

bool coding_read(const struct ast *e, enum coding *coding, const struct ast **reference) {
  *reference = NULL;
  if (e->kind == AST_NAME) return named(e->u.name.whole, coding);
  if (!ast_calls(e, "treatment")) return false;
  const struct ast *arg = e->u.call.args.first;
  if (!arg || arg->next || arg->u.arg.key) return false;
  *coding = CODING_TREATMENT;
  *reference = arg->u.arg.value;
  return true;
}

const char *coding_near(const struct ast *e) {
  const struct ast *word = e->kind == AST_CALL ? e->u.call.callee : e;
  return word->kind == AST_NAME ? text_nearest(word->u.name.whole, names, N_CODINGS) : NULL;
}

const char *level_read(struct arena *a, const struct ast *e) {
  bool negative = e->kind == AST_UNARY && e->u.op.op == OP_NEG && e->u.op.a->kind == AST_NUMBER;
  switch ((int)e->kind) {
  case AST_TEXT: return e->u.text.value;
  case AST_NAME: return e->u.name.whole;
  case AST_BOOL: return e->u.boolean.value ? "true" : "false";
  default: return e->kind == AST_NUMBER || negative ? print_expr(a, e) : NULL;
  }
}
