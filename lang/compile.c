#include "lang/compile.h"
#include "lang/basis.h"
#include "lang/describe.h"
#include "lang/normalize.h"
#include <assert.h>
#include <string.h>

/* ---- variables ---- */

static enum coltype coltype_of(enum colkind kind) {
  switch (kind) {
  case COLKIND_UNKNOWN:
  case COLKIND_NUMBER: return COL_NUMBER;
  case COLKIND_BOOL: return COL_BOOL;
  case COLKIND_FACTOR:
  case COLKIND_TEXT: return COL_FACTOR;
  }
  return COL_NUMBER;
}

static void reserve_var(struct compiler *c) {
  if (c->n_vars < c->room_vars) return;
  size_t n = (size_t)c->n_vars, room = n ? 2 * n : 8;
  c->vars = arena_grow(c->arena, c->vars, n, room, sizeof *c->vars);
  c->kinds = arena_grow(c->arena, c->kinds, n, room, sizeof *c->kinds);
  c->room_vars = (int)room;
}

static int add_var(struct compiler *c, const struct ast *expr, bool term) {
  const char *name = print_expr(c->arena, expr);
  for (int i = 0; i < c->n_vars; i++)
    if (strcmp(c->vars[i].name, name) == 0) return i;
  enum colkind kind = term && basis_is(expr) ? basis_check(c->scope, expr) : column_kind(c->scope, expr);
  reserve_var(c);
  c->vars[c->n_vars] = (struct ir_var){.expr = expr, .name = name, .type = coltype_of(kind)};
  c->kinds[c->n_vars] = kind;
  return c->n_vars++;
}

int compile_var(struct compiler *c, const struct ast *expr) {
  return add_var(c, expr, false);
}

static int local_variable(void *arg, const struct ast *leaf) {
  struct local_vars *l = arg;
  struct compiler *c = l->compiler;
  int v = add_var(c, leaf, true);
  if (v == c->response) COLUMN_ERROR(c->scope, leaf->span, DIAG_RESPONSE_ON_RIGHT, c->vars[v].name);
  for (int i = 0; i < l->n; i++)
    if (l->var[i] == v) return i;
  l->var = arena_grow(c->scope->arena, l->var, (size_t)l->n, (size_t)l->n + 1, sizeof *l->var);
  l->var[l->n] = v;
  return l->n++;
}

static bool local_numeric(void *arg, int variable) {
  const struct local_vars *l = arg;
  return l->compiler->kinds[l->var[variable]] == COLKIND_NUMBER;
}

struct term_set *compile_expand(struct local_vars *local, const struct ast *expr,
                                bool (*summand)(void *arg, const struct ast *node, const char *place)) {
  struct algebra g = {.scope = local->compiler->scope,
                      .arg = local,
                      .variable = local_variable,
                      .numeric = local_numeric,
                      .summand = summand};
  return formula_expand(&g, expr);
}

/* ---- the summands of the fixed part that are no terms ---- */

/* "x + 1 | g" binds as (x + 1 | g); what is meant is mostly x + (1 | g). */
static const char *with_parentheses(struct arena *a, const struct ast *bar) {
  const struct ast *basis = bar->u.op.a;
  const char *group = print_expr(a, bar->u.op.b), *op = ast_op_spelling(bar->u.op.op);
  if (basis->kind != AST_BINARY || basis->u.op.op != OP_ADD || basis->parens)
    return arena_printf(a, "(%s %s %s)", print_expr(a, basis), op, group);
  return arena_printf(a, "%s + (%s %s %s)", print_expr(a, basis->u.op.a), print_expr(a, basis->u.op.b), op,
                      group);
}

static void add_random(struct compiler *c, const struct ast *node, const char *place) {
  struct arena *a = c->scope->arena;
  if (place)
    COLUMN_ERROR(c->scope, node->span, DIAG_RANDOM_PLACE, place);
  else if (ast_is_bar(node) && !node->parens)
    COLUMN_ERROR(c->scope, node->span, DIAG_RANDOM_PARENTHESES, with_parentheses(a, node));
  else
    compile_random(c, node);
}

static struct ast *copy_node(struct arena *arena, const struct ast *e) {
  struct ast *copy = arena_make(arena, struct ast);
  *copy = *e;
  return copy;
}

/* a + b as a node of its own: several offsets are summed into one variable. */
static const struct ast *ast_sum(struct arena *arena, const struct ast *a, const struct ast *b) {
  struct ast *e = arena_make(arena, struct ast);
  e->kind = AST_BINARY;
  e->span = SPAN_JOIN(a->span, b->span);
  e->depth = 1 + (a->depth > b->depth ? a->depth : b->depth);
  e->u.op.op = OP_ADD;
  e->u.op.a = copy_node(arena, a);
  e->u.op.b = copy_node(arena, b);
  return e;
}

static void add_offset(struct compiler *c, const struct ast *call, const char *place) {
  const struct ast_list *args = &call->u.call.args;
  if (place) {
    COLUMN_ERROR(c->scope, call->span, DIAG_OFFSET_PLACE);
  } else if (args->n != 1 || args->first->u.arg.key) {
    COLUMN_ERROR(c->scope, call->span, DIAG_COLUMN_FUNCTION_ARGUMENTS, "offset", "1 argument",
                 arena_printf(c->scope->arena, "%d", args->n));
  } else {
    const struct ast *x = args->first->u.arg.value;
    column_want(c->scope, x, COLKIND_NUMBER, "offset");
    c->offset = c->offset ? ast_sum(c->arena, c->offset, x) : x;
  }
}

static bool fixed_summand(void *arg, const struct ast *node, const char *place) {
  struct compiler *c = ((struct local_vars *)arg)->compiler;
  if (ast_is_bar(node) || compile_is_structure(node))
    add_random(c, node, place);
  else if (ast_calls(node, "offset"))
    add_offset(c, node, place);
  else if (ast_calls(node, "residual"))
    compile_residual(c, node);
  else
    return false;
  return true;
}

/* ---- the parts of a formula ---- */

static const struct ast *find_bar(const struct ast *e) {
  if (ast_is_bar(e)) return e;
  if (e->kind != AST_BINARY) return NULL;
  const struct ast *left = find_bar(e->u.op.a);
  return left ? left : find_bar(e->u.op.b);
}

/* Is the left side something that can be a response at all? */
static bool plausible_response(struct compiler *c, const struct ast *left) {
  assert(left && "two_sided has looked");
  const struct ast *bar = find_bar(left);
  if (bar)
    COLUMN_ERROR(c->scope, bar->span, DIAG_RANDOM_PLACE, "left of `~`");
  else if (left->kind == AST_LIST || ast_calls(left, "cbind"))
    COLUMN_ERROR(c->scope, left->span, DIAG_NOT_YET_RESPONSES);
  else if (left->kind == AST_BINARY && left->u.op.op == OP_TILDE)
    COLUMN_ERROR(c->scope, left->span, DIAG_FORMULA_TWO_TILDES);
  else
    return true;
  return false;
}

static void compile_response(struct compiler *c, const struct ast *left) {
  if (!plausible_response(c, left)) return;
  int v = compile_var(c, left);
  const char *name = c->vars[v].name;
  if (c->kinds[v] == COLKIND_FACTOR || c->kinds[v] == COLKIND_TEXT)
    COLUMN_ERROR(c->scope, left->span, DIAG_RESPONSE_FACTOR, name);
  else if (c->kinds[v] == COLKIND_BOOL)
    COLUMN_ERROR(c->scope, left->span, DIAG_RESPONSE_LOGICAL, name);
  c->response = v;
}

static struct ir_terms compile_fixed(struct compiler *c, const struct ast *right, const char *response) {
  struct local_vars local = {.compiler = c};
  struct term_set *set = compile_expand(&local, right, fixed_summand);
  bool intercept = set->intercept != INTERCEPT_REMOVED;
  if (!intercept && set->n == 0 && !c->scope->failed)
    COLUMN_ERROR(c->scope, right->span, DIAG_FIXED_EMPTY, response);
  return compile_terms(&local, set, intercept, -1);
}

static bool two_sided(struct compiler *c, const struct ast *formula) {
  if (formula->kind == AST_BINARY && formula->u.op.op == OP_TILDE) return true;
  COLUMN_ERROR(c->scope, formula->span, DIAG_FORMULA_NO_RESPONSE);
  return false;
}

static struct model_ir *finish(const struct compiler *c, const struct ast *formula, struct ir_terms fixed,
                               int offset) {
  struct model_ir *ir = arena_make(c->arena, struct model_ir);
  *ir = (struct model_ir){.arena = c->arena,
                          .source = c->scope->source,
                          .formula = formula,
                          .text = print_expr(c->arena, formula),
                          .n_vars = c->n_vars,
                          .vars = c->vars,
                          .response = c->response,
                          .fixed = fixed,
                          .n_random = c->n_random,
                          .random = c->random,
                          .residual = c->residual,
                          .offset = offset};
  return ir;
}

/* Expansion looks at every pair of variables. */
static bool small_enough(struct compiler *c, const struct ast *formula) {
  if (formula_leaves(formula) <= FORMULA_LEAVES_MAX) return true;
  COLUMN_ERROR(c->scope, formula->span, DIAG_FORMULA_TOO_MANY_TERMS,
               arena_printf(c->scope->arena, "%d", FORMULA_LEAVES_MAX), "names");
  return false;
}

static struct model_ir *compile(struct compiler *c, const struct ast *formula) {
  if (!two_sided(c, formula) || !small_enough(c, formula)) return NULL;
  compile_response(c, formula->u.op.a);
  struct ir_terms fixed = compile_fixed(c, formula->u.op.b, print_expr(c->scope->arena, formula->u.op.a));
  int offset = c->offset && !c->scope->failed ? compile_var(c, c->offset) : -1;
  return c->scope->failed ? NULL : finish(c, formula, fixed, offset);
}

static struct model_ir *compile_with(struct arena *a, struct column_scope *scope, const struct ast *formula) {
  struct mem *m = arena_mem(a);
  struct arena *mark = arena_pool_mark(m);
  scope->arena = arena_new(m);
  struct compiler c = {.arena = a, .scope = scope, .response = -1};
  struct model_ir *ir = compile(&c, formula_normalize(a, scope, formula));
  arena_pool_drain(m, mark);
  return ir;
}

struct model_ir *compile_formula(struct arena *a, struct diags *diags, const struct source *source,
                                 const struct ast *formula, const struct schema *schema) {
  struct column_scope scope = {.diags = diags, .source = source, .schema = schema};
  return compile_with(a, &scope, formula);
}

struct model_ir *compile_model(struct arena *a, struct diags *diags, const struct model_spec *spec,
                               const struct schema *schema) {
  struct column_scope scope = {.diags = diags,
                               .source = spec->source,
                               .schema = schema,
                               .design = spec->decl ? spec->decl->design : NULL};
  const struct diag *before = diags->last;
  struct model_ir *ir = compile_with(a, &scope, spec->formula);
  model_note(diags, before, spec);
  if (!ir) return NULL;
  ir->spec = spec;
  arena_hold(a, spec->arena);
  return ir;
}
