#include "lang/hypothesis.h"
#include "lang/base/text.h"
#include "lang/describe.h"
#include <string.h>

/* ---- names ---- */

/* The variable alone: without its level. */
static const struct ast *variable_of(const struct ast *part) {
  return part->kind == AST_INDEX ? part->u.call.callee : part;
}

static const struct ast *level_of(const struct ast *part) {
  bool one = part->kind == AST_INDEX && part->u.call.args.n == 1;
  return one ? part->u.call.args.first->u.arg.value : NULL;
}

static const char *part_text(struct arena *a, const struct ast *e) {
  if (e->kind == AST_NAME)
    return strcmp(e->u.name.whole, "Intercept") == 0 ? "(Intercept)" : print_expr(a, e);
  if (e->kind == AST_CALL) return print_expr(a, e);
  const char *text = describe_level(a, e);
  return text ? arena_printf(a, "%s[%s]", print_expr(a, variable_of(e)), text) : NULL;
}

static bool add_part(struct arena *a, const struct ast *e, struct coefficient *c) {
  if (e->kind == AST_BINARY && e->u.op.op == OP_COLON)
    return add_part(a, e->u.op.a, c) && add_part(a, e->u.op.b, c);
  const char *text = part_text(a, e);
  if (!text || c->n == COEFFICIENT_PARTS_MAX) return false;
  int i = c->n++;
  for (; i > 0 && strcmp(c->part[i - 1], text) > 0; i--) c->part[i] = c->part[i - 1];
  c->part[i] = text;
  return true;
}

bool coefficient_read(struct arena *a, const struct ast *e, struct coefficient *out) {
  out->n = 0;
  return add_part(a, e, out);
}

bool coefficient_parse(struct arena *a, const char *name, struct coefficient *out) {
  struct mem *m = arena_mem(a);
  struct diags quiet = {.mem = m};
  const struct script *s = parse_script(m, &quiet, "", "", name, strlen(name));
  bool fine = quiet.n_errors == 0 && s->statements.n == 1 && s->statements.first->kind == AST_EXPR;
  arena_hold(a, s->arena);
  diags_clear(&quiet);
  return fine && coefficient_read(a, s->statements.first->u.expr.value, out);
}

bool coefficient_equal(const struct coefficient *a, const struct coefficient *b) {
  bool same = a->n == b->n;
  for (int i = 0; i < a->n && same; i++) same = strcmp(a->part[i], b->part[i]) == 0;
  return same;
}

/* ---- linear combinations ---- */

struct reading {
  struct arena *arena;
  struct diags *diags;
  const struct source *source;
  struct hypothesis *h;
  int room;
};

static bool refuse(struct reading *r, const struct ast *e) {
  diag_add(r->diags, r->source, e->span, DIAG_HYPOTHESIS_LINEAR, describe_expr(r->arena, e), DIAG_END);
  return false;
}

static void add_coefficient(struct reading *r, const struct ast *name, double weight) {
  struct hypothesis *h = r->h;
  if (h->n == r->room) {
    int room = r->room ? 2 * r->room : 4;
    h->name = arena_grow(r->arena, h->name, (size_t)h->n, (size_t)room, sizeof(const char *));
    h->weight = arena_grow(r->arena, h->weight, (size_t)h->n, (size_t)room, sizeof *h->weight);
    r->room = room;
  }
  h->name[h->n] = name;
  h->weight[h->n++] = weight;
}

/* `$x` is a number by the time that the fit is there; until then any number will do. */
static bool constant(const struct ast *e, double *x) {
  double sign = 1;
  if (e->kind == AST_SPLICE) {
    *x = 1;
    return true;
  }
  for (; e->kind == AST_UNARY && (e->u.op.op == OP_NEG || e->u.op.op == OP_POS); e = e->u.op.a)
    if (e->u.op.op == OP_NEG) sign = -sign;
  if (e->kind == AST_NUMBER) *x = sign * e->u.number.value;
  return e->kind == AST_NUMBER;
}

/* Adds weight * e; the constants go to the other side. */
static bool add_linear(struct reading *r, const struct ast *e, double weight) {
  double x;
  if (constant(e, &x)) {
    r->h->value -= weight * x;
    return true;
  }
  enum ast_op op = e->kind == AST_BINARY || e->kind == AST_UNARY ? e->u.op.op : OP_COLON;
  if (e->kind == AST_UNARY)
    return op == OP_NEG || op == OP_POS ? add_linear(r, e->u.op.a, op == OP_NEG ? -weight : weight)
                                        : refuse(r, e);
  if (op == OP_ADD || op == OP_SUB)
    return add_linear(r, e->u.op.a, weight) && add_linear(r, e->u.op.b, op == OP_SUB ? -weight : weight);
  if (op == OP_MUL && constant(e->u.op.a, &x)) return add_linear(r, e->u.op.b, weight * x);
  if (op == OP_MUL && constant(e->u.op.b, &x)) return add_linear(r, e->u.op.a, weight * x);
  if (op == OP_DIV && constant(e->u.op.b, &x) && x != 0) return add_linear(r, e->u.op.a, weight / x);
  struct coefficient c;
  if (op != OP_COLON || !coefficient_read(r->arena, e, &c)) return refuse(r, e);
  add_coefficient(r, e, weight);
  return true;
}

static bool compares(const struct ast *e) {
  return e->kind == AST_BINARY && (e->u.op.op == OP_EQ || e->u.op.op == OP_LT || e->u.op.op == OP_GT);
}

bool hypothesis_read(struct arena *a, struct diags *diags, const struct source *source, const struct ast *e,
                     struct hypothesis *out) {
  *out = (struct hypothesis){.node = e, .op = compares(e) ? e->u.op.op : OP_EQ};
  struct reading r = {.arena = a, .diags = diags, .source = source, .h = out};
  bool fine =
      compares(e) ? add_linear(&r, e->u.op.a, 1) && add_linear(&r, e->u.op.b, -1) : add_linear(&r, e, 1);
  if (fine && out->n == 0) diag_add(diags, source, e->span, DIAG_HYPOTHESIS_EMPTY, DIAG_END);
  return fine && out->n > 0;
}

/* ---- before the fit ---- */

struct checking {
  struct arena *arena;
  struct diags *diags;
  const struct source *source;
  const struct model_ir *ir;
  const struct schema *schema;
};

/* The variables of a name, levels left out. */
static void variables(struct arena *a, const struct ast *e, struct coefficient *c) {
  if (e->kind == AST_BINARY) {
    variables(a, e->u.op.a, c);
    variables(a, e->u.op.b, c);
  } else if (c->n < COEFFICIENT_PARTS_MAX) {
    c->part[c->n++] = part_text(a, variable_of(e));
  }
}

static bool has_part(const struct coefficient *c, const char *part) {
  for (int i = 0; i < c->n; i++)
    if (strcmp(c->part[i], part) == 0) return true;
  return false;
}

static bool is_term(const struct checking *k, const struct ir_term *t, const struct coefficient *c) {
  bool same = t->n == c->n;
  for (int i = 0; i < t->n && same; i++) same = has_part(c, k->ir->vars[t->var[i]].name);
  return same || (t->n == 0 && c->n == 1 && strcmp(c->part[0], "(Intercept)") == 0);
}

static const char *nearest_term(const struct checking *k, const char *name) {
  size_t n = (size_t)k->ir->fixed.n;
  const char **names = arena_array(k->arena, n, const char *);
  for (size_t i = 0; i < n; i++) names[i] = k->ir->fixed.term[i].name;
  return text_nearest(name, names, n);
}

/* The piece of the name that no term has: where the caret goes. */
static const struct ast *stranger(const struct checking *k, const struct ast *e) {
  if (e->kind == AST_BINARY) {
    const struct ast *left = stranger(k, e->u.op.a);
    return left ? left : stranger(k, e->u.op.b);
  }
  const char *name = part_text(k->arena, variable_of(e));
  for (int i = 0; i < k->ir->n_vars && name; i++)
    if (strcmp(k->ir->vars[i].name, name) == 0) return NULL;
  return variable_of(e);
}

static const char *nearest_variable(const struct checking *k, const struct ast *e) {
  const char **names = arena_array(k->arena, (size_t)k->ir->n_vars, const char *);
  for (int i = 0; i < k->ir->n_vars; i++) names[i] = k->ir->vars[i].name;
  return text_nearest(print_expr(k->arena, e), names, (size_t)k->ir->n_vars);
}

static void tell_unknown(const struct checking *k, const struct ast *e) {
  const struct ast *at = stranger(k, e);
  if (at)
    diag_add(k->diags, k->source, at->span, DIAG_NO_COEFFICIENT, print_expr(k->arena, e),
             nearest_variable(k, at), DIAG_END);
  else
    diag_add(k->diags, k->source, e->span, DIAG_NO_COEFFICIENT, print_expr(k->arena, e),
             nearest_term(k, print_expr(k->arena, e)), DIAG_END);
}

static void check_level(const struct checking *k, const struct ast *part) {
  const struct ast *level = level_of(part), *variable = variable_of(part);
  if (variable->kind != AST_NAME) return;
  int j = schema_find(k->schema, variable->u.name.whole);
  const struct schema_column *c = j >= 0 ? &k->schema->columns[j] : NULL;
  if (!c || c->type != COL_FACTOR || c->coding != CODING_TREATMENT) return;
  const char *text = describe_level(k->arena, part);
  if (!level)
    diag_add(k->diags, k->source, part->span, DIAG_WHICH_LEVEL, c->name,
             arena_printf(k->arena, "%s[%s]", c->name, c->n_levels ? c->levels[c->n_levels - 1] : "level"),
             DIAG_END);
  for (int i = 0; i < c->n_levels && text; i++)
    if (strcmp(c->levels[i], text) == 0) return;
  if (text)
    diag_add(k->diags, k->source, level->span, DIAG_NO_LEVEL, c->name, text,
             text_nearest(text, c->levels, (size_t)c->n_levels), DIAG_END);
}

static void check_levels(const struct checking *k, const struct ast *e) {
  if (e->kind == AST_BINARY) {
    check_levels(k, e->u.op.a);
    check_levels(k, e->u.op.b);
  } else {
    check_level(k, e);
  }
}

static void check_name(const struct checking *k, const struct ast *e) {
  struct coefficient c = {0};
  variables(k->arena, e, &c);
  for (int t = 0; t < k->ir->fixed.n; t++)
    if (is_term(k, &k->ir->fixed.term[t], &c)) {
      check_levels(k, e);
      return;
    }
  tell_unknown(k, e);
}

void hypotheses_check(struct arena *a, struct diags *diags, const struct source *source,
                      const struct ast *block, const struct model_ir *ir, const struct schema *schema) {
  struct checking k = {a, diags, source, ir, schema};
  for (const struct ast *e = block->u.list.items.first; e; e = e->next) {
    struct hypothesis h;
    if (!hypothesis_read(a, diags, source, e, &h)) continue;
    for (int i = 0; i < h.n && ir; i++) check_name(&k, h.name[i]);
  }
}
