#include "lang/check.h"
#include "lang/check_parts.h"
#include "lang/describe.h"
#include <string.h>

struct span check_keyword(const struct ast *s) {
  uint32_t n = (uint32_t)strlen(ast_kind_name(s->kind));
  return (struct span){s->span.from, s->span.from + n < s->span.to ? s->span.from + n : s->span.to};
}

/* ---- let and assignment ---- */

void check_bind(struct checker *ck, struct binding *b, struct ast *value) {
  b->type = value->type == TYPE_NONE ? TYPE_UNKNOWN : value->type;
  b->formula = check_formula_of(ck, value);
  b->table = check_table_of(ck, value);
  b->model = check_model_value(ck, value);
  b->fit = check_fit_of(ck, value);
  b->function = check_function_of(ck, value);
}

static void check_let(struct checker *ck, struct ast *s) {
  check_expr(ck, s->u.let.value);
  names_check_new(ck, s->u.let.name);
  if (s->u.let.name->kind != AST_NAME) return;
  check_bind(ck, names_make(ck, s->u.let.name, TYPE_UNKNOWN), s->u.let.value);
}

/* Functions give values back and change nothing. */
static void tell_unchangeable(struct checker *ck, const struct ast *name, const struct binding *b) {
  struct diag *d = CHECK_ERROR(ck, name->span, DIAG_ASSIGN_IN_FUNCTION, name->u.name.whole);
  if (d && b->node) diag_note(ck->diags, d, ck->source, b->node->span, "made here");
}

static void check_assign(struct checker *ck, struct ast *s) {
  check_expr(ck, s->u.let.value);
  const struct ast *name = s->u.let.name;
  if (name->kind != AST_NAME) return;
  names_check_new(ck, name);
  if (name->u.name.n_parts > 1) return;
  struct binding *b = names_find(ck, name->u.name.whole);
  if (b && ck->fn && !b->local) {
    tell_unchangeable(ck, name, b);
    return;
  }
  if (!b) {
    CHECK_ERROR(ck, name->span, DIAG_ASSIGN_UNKNOWN, name->u.name.whole,
                names_near_variable(ck, name->u.name.whole));
    b = names_make(ck, name, TYPE_UNKNOWN);
  }
  check_bind(ck, b, s->u.let.value);
}

/* ---- what stands at the script's own level alone ---- */

static bool is_declaration(const struct ast *s) {
  return s->kind == AST_DATA || s->kind == AST_DESIGN || s->kind == AST_MODEL || s->kind == AST_FN ||
         s->kind == AST_USE || s->kind == AST_ALLOW;
}

static void refuse_inside(struct checker *ck, const struct ast *s) {
  const struct ast *name = ast_name_made(s);
  CHECK_ERROR(ck, check_keyword(s), DIAG_NOT_IN_BLOCK, ast_kind_name(s->kind),
              ck->fn ? "the body of a function" : "a block");
  if (name && name->kind == AST_NAME) names_make(ck, name, TYPE_UNKNOWN);
}

/* ---- statements ---- */

enum type check_statement(struct checker *ck, struct ast *s) {
  if (ck->scope && is_declaration(s)) {
    refuse_inside(ck, s);
    return TYPE_UNKNOWN;
  }
  switch (s->kind) {
  case AST_EXPR: return s->type = check_expr(ck, s->u.expr.value);
  case AST_LET: check_let(ck, s); break;
  case AST_ASSIGN: check_assign(ck, s); break;
  case AST_DATA: check_data(ck, s); break;
  case AST_IF: return check_if(ck, s);
  case AST_FOR: check_for(ck, s); break;
  case AST_FN: check_fn(ck, s); break;
  case AST_DESIGN: check_design(ck, s); break;
  case AST_MODEL: check_model(ck, s); break;
  case AST_ALLOW: lint_allow(&ck->allowed, ck->diags, ck->source, s); break;
  case AST_USE: check_use(ck, s); break;
  case AST_NUMBER:
  case AST_TEXT:
  case AST_BOOL:
  case AST_NA:
  case AST_NAME:
  case AST_SLOT:
  case AST_SPLICE:
  case AST_LIST:
  case AST_UNARY:
  case AST_BINARY:
  case AST_CALL:
  case AST_INDEX:
  case AST_FIELD:
  case AST_ARG:
  case AST_HYPOTHESES: check_expr(ck, s); break;
  case AST_BLOCK:
  case AST_PARAM:
  case AST_MISSING:
  case AST_COLTYPE:
  case AST_DERIVE:
  case AST_WHERE:
  case AST_MEMBERS:
  case AST_DECIMAL:
  case AST_NESTING:
  case AST_TIME:
  case AST_OCCASION:
  case AST_DYAD:
  case AST_ROUNDROBIN:
  case AST_MEAN:
  case AST_RANDOM:
  case AST_RESIDUAL:
  case AST_VARIANCE:
  case AST_WEIGHTS:
  case AST_OFFSET:
  case AST_FAMILY:
  case AST_ERROR: break;
  }
  return TYPE_NONE;
}

bool check_script(struct diags *diags, struct script *script, const struct check_env *env) {
  struct mem *m = arena_mem(script->arena);
  struct checker *modules = NULL;
  struct checker ck = {.modules = &modules,
                       .script = script,
                       .source = script->source,
                       .diags = diags,
                       .env = env,
                       .allowed = env->allowed,
                       .arena = arena_new(m)}; /* in the pool: whoever runs the check drains it */
  int before = diags->n_errors;
  for (struct ast *s = script->statements.first; s; s = s->next) {
    mem_check_interrupt(m);
    check_statement(&ck, s);
  }
  return diags->n_errors == before;
}
