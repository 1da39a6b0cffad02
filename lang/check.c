#include "lang/check.h"
#include "lang/check_parts.h"
#include "lang/describe.h"
#include <string.h>

/* The first word of a statement: where to point when all of it is refused. */
static struct span keyword_span(const struct ast *s, const char *word) {
  uint32_t n = (uint32_t)strlen(word);
  return (struct span){s->span.from, s->span.from + n < s->span.to ? s->span.from + n : s->span.to};
}

/* ---- let and assignment ---- */

static void bind(struct checker *ck, struct binding *b, struct ast *value) {
  b->type = value->type == TYPE_NONE ? TYPE_UNKNOWN : value->type;
  b->formula = check_formula_of(ck, value);
  b->table = check_table_of(ck, value);
  b->model = check_model_value(ck, value);
  b->fit = check_fit_of(ck, value);
}

static void check_let(struct checker *ck, struct ast *s) {
  check_expr(ck, s->u.let.value);
  names_check_new(ck, s->u.let.name);
  if (s->u.let.name->kind != AST_NAME) return;
  bind(ck, names_make(ck, s->u.let.name, TYPE_UNKNOWN), s->u.let.value);
}

static void check_assign(struct checker *ck, struct ast *s) {
  check_expr(ck, s->u.let.value);
  const struct ast *name = s->u.let.name;
  if (name->kind != AST_NAME) return;
  names_check_new(ck, name);
  if (name->u.name.n_parts > 1) return;
  struct binding *b = names_find(ck, name->u.name.whole);
  if (!b) {
    CHECK_ERROR(ck, name->span, DIAG_ASSIGN_UNKNOWN, name->u.name.whole,
                names_near_variable(ck, name->u.name.whole));
    b = names_make(ck, name, TYPE_UNKNOWN);
  }
  bind(ck, b, s->u.let.value);
}

/* ---- statements that this version refuses: what they may change is not known afterwards ---- */

static void forget_assigned(struct ast *e, void *arg) {
  struct checker *ck = arg;
  if (e->kind == AST_ASSIGN && e->u.let.name->kind == AST_NAME) {
    struct binding *b = names_find(ck, e->u.let.name->u.name.whole);
    if (b) *b = (struct binding){.next = b->next, .name = b->name, .node = b->node, .type = TYPE_UNKNOWN};
  }
  ast_children(e, forget_assigned, ck);
}

static void refuse_control(struct checker *ck, struct ast *s, const char *word) {
  CHECK_ERROR(ck, keyword_span(s, word), DIAG_NOT_YET_CONTROL, word);
  forget_assigned(s, ck);
}

static void refuse_named(struct checker *ck, struct ast *s, const char *word, const struct ast *name,
                         enum diag_code code) {
  CHECK_ERROR(ck, keyword_span(s, word), code);
  if (name && name->kind == AST_NAME) names_make(ck, name, TYPE_UNKNOWN);
}

/* ---- statements ---- */

static void check_statement(struct checker *ck, struct ast *s) {
  switch (s->kind) {
  case AST_EXPR: s->type = check_expr(ck, s->u.expr.value); break;
  case AST_LET: check_let(ck, s); break;
  case AST_ASSIGN: check_assign(ck, s); break;
  case AST_DATA: check_data(ck, s); break;
  case AST_IF: refuse_control(ck, s, "if"); break;
  case AST_FOR: refuse_control(ck, s, "for"); break;
  case AST_FN: refuse_named(ck, s, "fn", s->u.fn.name, DIAG_NOT_YET_FN); break;
  case AST_DESIGN: check_design(ck, s); break;
  case AST_MODEL: check_model(ck, s); break;
  case AST_ALLOW: lint_allow(&ck->allowed, ck->diags, ck->source, s); break;
  case AST_USE:
    refuse_named(ck, s, "use", NULL, DIAG_NOT_YET_USE);
    ck->library = true;
    break;
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
}

bool check_script(struct diags *diags, struct script *script, const struct check_env *env) {
  struct mem *m = arena_mem(script->arena);
  struct checker ck = {.script = script,
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
