/* compile_random.c: random terms: (basis | group), (basis || group), us(...), diag(...). */
#include "lang/compile.h"
#include "lang/base/text.h"
#include "lang/describe.h"
#include "lang/design.h"
#include "lang/rewrite.h"
#include "lang/structures.h"
#include <string.h>

/* ---- structures ---- */

/* The argument without a name, if there is one alone; of known(1 | animal, K) the first. */
static const struct ast *only_argument(const struct ast *call) {
  const struct ast *found = NULL, *first = call->u.call.args.first;
  if (first && !first->u.arg.key && ast_calls(call, "known")) return first->u.arg.value;
  for (const struct ast *arg = call->u.call.args.first; arg; arg = arg->next) {
    if (arg->u.arg.key) continue;
    if (found) return NULL;
    found = arg->u.arg.value;
  }
  return found;
}

/* exp(x) is a function of a column; exp(time | g) is a structure. */
bool compile_is_structure(const struct ast *call) {
  if (call->kind != AST_CALL || call->u.call.callee->kind != AST_NAME) return false;
  const char *name = call->u.call.callee->u.name.whole;
  if (strcmp(name, "us") == 0 || strcmp(name, "diag") == 0 || strcmp(name, "known") == 0) return true;
  const struct ast *x = only_argument(call);
  return strcmp(name, "residual") != 0 && x && ast_is_bar(x);
}

/* ---- grouping factors: from `a/b` to b:a and a ---- */

struct group {
  int n;
  int *var;                         /* indices into compiler.vars, in order of writing */
  const struct ir_members *members; /* mm(a, b); NULL: a row has one level */
};

struct groups {
  int n;
  struct group *item; /* the finest first */
};

static struct groups group_list(struct compiler *c, const struct ast *e);

static struct group join(struct compiler *c, const struct group *a, const struct group *b) {
  struct group out = {.var = arena_array(c->arena, (size_t)(a->n + b->n), int)};
  for (int i = 0; i < a->n; i++) out.var[out.n++] = a->var[i];
  for (int i = 0; i < b->n; i++) {
    bool there = false;
    for (int j = 0; j < out.n; j++) there |= out.var[j] == b->var[i];
    if (!there) out.var[out.n++] = b->var[i];
  }
  out.members = a->members ? a->members : b->members;
  if (a->members && b->members) COLUMN_ERROR(c->scope, b->members->span, DIAG_MEMBERS_TWICE);
  return out;
}

/* Are so many random terms too many?  Told once. */
static bool too_many(struct compiler *c, const struct ast *at, long n) {
  if (n <= FORMULA_RANDOM_MAX) return false;
  COLUMN_ERROR(c->scope, at->span, DIAG_FORMULA_TOO_MANY_TERMS,
               arena_printf(c->scope->arena, "%d", FORMULA_RANDOM_MAX), "random terms");
  return true;
}

static struct groups group_product(struct compiler *c, const struct ast *e, struct groups a,
                                   struct groups b) {
  if (too_many(c, e, (long)a.n * b.n)) return (struct groups){0};
  struct groups out = {.item = arena_array(c->arena, (size_t)a.n * (size_t)b.n, struct group)};
  for (int i = 0; i < a.n; i++)
    for (int j = 0; j < b.n; j++) out.item[out.n++] = join(c, &a.item[i], &b.item[j]);
  return out;
}

/* a/b: every factor of b within all of a, then those of a. */
static struct groups group_nested(struct compiler *c, struct groups a, struct groups b) {
  struct groups out = {.item = arena_array(c->arena, (size_t)(a.n + b.n), struct group)};
  for (int i = 0; i < b.n && a.n > 0; i++) out.item[out.n++] = join(c, &b.item[i], &a.item[0]);
  for (int i = 0; i < a.n; i++) out.item[out.n++] = a.item[i];
  return out;
}

static int group_var(struct compiler *c, const struct ast *e) {
  int v = compile_var(c, e);
  if (v == c->response) COLUMN_ERROR(c->scope, e->span, DIAG_RESPONSE_ON_RIGHT, c->vars[v].name);
  return v;
}

/* The columns that tell a unit of the design apart, itself first; 0: e is none. */
static int unit_path(const struct compiler *c, const struct ast *e, const char **path) {
  const struct design *d = scope_design(c->scope);
  int unit = d && e->kind == AST_NAME ? design_find_unit(d, e->u.name.whole) : -1;
  return unit >= 0 ? design_path(d, unit, path) : 0;
}

static void take_weights(struct compiler *c, const struct ast *arg, struct ir_members *m) {
  const struct ast *key = arg->u.arg.key, *list = arg->u.arg.value;
  if (key->kind != AST_NAME || strcmp(key->u.name.whole, "weights") != 0) {
    COLUMN_ERROR(c->scope, arg->span, DIAG_UNKNOWN_ARGUMENT, "mm", print_expr(c->scope->arena, key),
                 "weights");
    return;
  }
  const struct ast *x = list->kind == AST_LIST ? list->u.list.items.first : NULL;
  if (list->kind == AST_LIST && list->u.list.items.n == m->n)
    for (; x; x = x->next) {
      column_want(c->scope, x, COLKIND_NUMBER, "mm");
      m->weight[m->n_weights++] = group_var(c, x);
    }
  if (m->n_weights == 0)
    COLUMN_ERROR(c->scope, list->span, DIAG_MEMBERS_WEIGHTS, arena_printf(c->scope->arena, "%d", m->n));
}

/* mm(a, b, weights = [w, v]): a row belongs to several levels of one factor. */
static struct groups group_members(struct compiler *c, const struct ast *e) {
  struct groups out = {.n = 1, .item = arena_make(c->arena, struct group)};
  struct ir_members *m = arena_make(c->arena, struct ir_members);
  *m = (struct ir_members){.name = print_expr(c->arena, e), .span = e->span};
  for (const struct ast *arg = e->u.call.args.first; arg; arg = arg->next) {
    if (arg->u.arg.key) continue;
    if (m->n == MEMBERS_MAX)
      COLUMN_ERROR(c->scope, arg->span, DIAG_MEMBERS_FEW, arena_printf(c->scope->arena, "%d", MEMBERS_MAX));
    else
      m->var[m->n++] = group_var(c, arg->u.arg.value);
  }
  if (m->n < 2)
    COLUMN_ERROR(c->scope, e->span, DIAG_MEMBERS_FEW, arena_printf(c->scope->arena, "%d", MEMBERS_MAX));
  for (const struct ast *arg = e->u.call.args.first; arg; arg = arg->next)
    if (arg->u.arg.key) take_weights(c, arg, m);
  out.item->members = m;
  out.item->var = arena_array(c->arena, 1, int);
  return out;
}

/* A column, or a unit whose labels are local to its parents: with these. */
static struct groups group_one(struct compiler *c, const struct ast *e) {
  if (ast_calls(e, "mm")) return group_members(c, e);
  const char *path[DESIGN_PATH_MAX];
  int n = unit_path(c, e, path);
  struct groups out = {.n = 1, .item = arena_make(c->arena, struct group)};
  struct group *g = out.item;
  g->var = arena_array(c->arena, (size_t)n + 1, int);
  g->var[g->n++] = group_var(c, e);
  for (int i = 1; i < n; i++) g->var[g->n++] = group_var(c, make_name(c->arena, e->span, path[i]));
  return out;
}

static struct groups group_operation(struct compiler *c, const struct ast *e) {
  struct groups none = {0};
  enum ast_op op = e->u.op.op;
  if (e->kind == AST_BINARY && (op == OP_DIV || op == OP_COLON || op == OP_IN)) {
    struct groups a = group_list(c, e->u.op.a), b = group_list(c, e->u.op.b);
    return op == OP_DIV ? group_nested(c, a, b) : group_product(c, e, a, b);
  }
  COLUMN_ERROR(c->scope, e->span, DIAG_GROUP_OPERATOR, ast_op_spelling(op));
  return none;
}

static struct groups group_list(struct compiler *c, const struct ast *e) {
  struct groups none = {0};
  switch (e->kind) {
  case AST_NAME:
  case AST_SLOT:
  case AST_SPLICE:
  case AST_CALL: return group_one(c, e);
  case AST_UNARY:
  case AST_BINARY: return group_operation(c, e);
  case AST_ERROR: c->scope->failed = true; return none;
  case AST_NUMBER:
  case AST_TEXT:
  case AST_BOOL:
  case AST_NA:
  case AST_LIST:
  case AST_INDEX:
  case AST_FIELD:
  case AST_ARG:
  case AST_HYPOTHESES:
  case AST_CASES_NO_EXPRESSION:
    COLUMN_ERROR(c->scope, e->span, DIAG_GROUP_PART, describe_expr(c->scope->arena, e));
    return none;
  }
  return none;
}

static const char *group_name(const struct compiler *c, const struct group *g) {
  struct buf b;
  buf_init(&b, c->arena);
  if (g->members) buf_put(&b, g->members->name);
  for (int i = 0; i < g->n; i++) buf_printf(&b, "%s%s", b.n ? ":" : "", c->vars[g->var[i]].name);
  return b.text;
}

/* ---- terms that were there before ---- */

static bool among(int v, const int *var, int n) {
  for (int i = 0; i < n; i++)
    if (var[i] == v) return true;
  return false;
}

static bool same_vars(const int *a, int n_a, const int *b, int n_b) {
  if (n_a != n_b) return false;
  for (int i = 0; i < n_a; i++)
    if (!among(a[i], b, n_b)) return false;
  return true;
}

static bool has_term(const struct ir_terms *terms, const struct ir_term *t) {
  for (int i = 0; i < terms->n; i++)
    if (same_vars(terms->term[i].var, terms->term[i].n, t->var, t->n)) return true;
  return false;
}

static bool same_random(const struct ir_random *a, const struct ir_random *b) {
  if (!a->members != !b->members || (a->members && strcmp(a->members->name, b->members->name) != 0))
    return false;
  if (!a->known != !b->known) return false;
  if (a->by != b->by || (a->stratum && b->stratum && strcmp(a->stratum, b->stratum) != 0)) return false;
  if (!same_vars(a->group, a->n_group, b->group, b->n_group) || a->basis.n != b->basis.n) return false;
  for (int i = 0; i < a->basis.n; i++)
    if (!has_term(&b->basis, &a->basis.term[i])) return false;
  return true;
}

static void add_term(struct compiler *c, struct ir_random r) {
  for (int i = 0; i < c->n_random; i++) {
    if (!same_random(&c->random[i], &r)) continue;
    COLUMN_ERROR(c->scope, r.span, DIAG_RANDOM_TWICE, r.text);
    return;
  }
  if (c->n_random == c->room_random) {
    int room = c->room_random ? 2 * c->room_random : 4;
    c->random = arena_grow(c->arena, c->random, (size_t)c->n_random, (size_t)room, sizeof *c->random);
    c->room_random = room;
  }
  c->random[c->n_random++] = r;
}

/* ---- the basis ---- */

struct random_term {
  const struct ast *node; /* as written */
  const struct ast *bar;  /* basis | group */
  const char *structure;
  bool named; /* the structure is written out */
  int band;
  const struct ast *by; /* a factor: effects with a matrix for each level; NULL: none */
  const char *known;    /* a matrix over the levels; NULL: none */
};

static bool basis_summand(void *arg, const struct ast *node, const char *place) {
  (void)place;
  struct compiler *c = ((struct local_vars *)arg)->compiler;
  if (ast_is_bar(node) || compile_is_structure(node))
    COLUMN_ERROR(c->scope, node->span, DIAG_RANDOM_PLACE, "inside another random term");
  else if (ast_calls(node, "offset"))
    COLUMN_ERROR(c->scope, node->span, DIAG_OFFSET_PLACE);
  else
    return false;
  return true;
}

static const char *random_text(struct compiler *c, const struct random_term *t, const struct ir_terms *basis,
                               const char *group) {
  struct buf b;
  buf_init(&b, c->arena);
  if (strcmp(t->structure, "us") != 0) buf_put(&b, t->structure);
  bool intercept = basis->n > 0 && basis->term[0].n == 0;
  buf_put(&b, intercept ? "(1" : "(0");
  for (int i = intercept; i < basis->n; i++) buf_printf(&b, " + %s", basis->term[i].name);
  buf_printf(&b, " | %s", group);
  if (t->known) buf_printf(&b, ", %s", t->known);
  buf_putc(&b, ')');
  return b.text;
}

/* The levels of `by`, one term each; of a column that is not known yet, one for all. */
static void add_strata(struct compiler *c, const struct random_term *t, struct ir_random r) {
  r.by = compile_var(c, t->by);
  const struct schema *s = c->scope->schema;
  int j = s && t->by->kind == AST_NAME ? schema_find(s, t->by->u.name.whole) : -1;
  const struct schema_column *column = j >= 0 ? &s->columns[j] : NULL;
  if (s && !c->scope->failed && (!column || column->type != COL_FACTOR)) {
    COLUMN_ERROR(c->scope, t->by->span, DIAG_BY_FACTOR, describe_expr(c->scope->arena, t->by));
    return;
  }
  const char *text = r.text;
  for (int l = 0; column && l < column->n_levels; l++) {
    r.stratum = arena_strdup(c->arena, column->levels[l]);
    r.text = arena_printf(c->arena, "%s of %s", text, print_level(c->arena, c->vars[r.by].name, r.stratum));
    add_term(c, r);
  }
  if (!column) add_term(c, r);
}

/* One basis with each of its grouping factors. */
static void add_for_groups(struct compiler *c, const struct random_term *t, struct ir_terms basis,
                           const struct groups *groups) {
  for (int i = 0; i < groups->n; i++) {
    const struct group *g = &groups->item[i];
    const char *name = group_name(c, g);
    struct ir_random r = {.basis = basis,
                          .n_group = g->n,
                          .group = g->var,
                          .group_name = name,
                          .members = g->members,
                          .structure = t->known ? "us" : t->structure,
                          .text = random_text(c, t, &basis, name),
                          .known = t->known,
                          .split = t->bar->u.op.op == OP_BARBAR,
                          .band = t->band,
                          .by = -1,
                          .span = t->node->span};
    if (t->by)
      add_strata(c, t, r);
    else
      add_term(c, r);
  }
}

/* The block of residuals: one grouping factor. */
void compile_block(struct compiler *c, const struct ast *group, struct ir_residual *r) {
  struct groups groups = group_list(c, group);
  if (groups.n == 0) return;
  if (groups.n > 1 || groups.item[0].members) {
    COLUMN_ERROR(c->scope, group->span, DIAG_RESIDUAL_BLOCKS);
    return;
  }
  r->n_block = groups.item[0].n;
  r->block = groups.item[0].var;
  r->block_name = group_name(c, &groups.item[0]);
}

/* `||`: the intercept and every term of the basis independent of each other; a factor keeps its block. */
static void add_split(struct compiler *c, const struct random_term *t, const struct local_vars *local,
                      const struct term_set *set, bool intercept, const struct groups *groups) {
  struct ir_term *one = arena_make(c->arena, struct ir_term);
  one->name = "(Intercept)";
  if (intercept) add_for_groups(c, t, (struct ir_terms){.n = 1, .term = one}, groups);
  for (int i = 0; i < set->n; i++) add_for_groups(c, t, compile_terms(local, set, false, i), groups);
}

static const char *spelled(struct arena *a, const struct random_term *t, const char *with) {
  return arena_printf(a, "%s(%s%s | %s)", t->structure, with, print_expr(a, t->bar->u.op.a),
                      print_expr(a, t->bar->u.op.b));
}

/* What can only be seen once the basis is expanded. */
static void check_basis(struct compiler *c, const struct random_term *t, const struct term_set *set) {
  struct arena *a = c->scope->arena;
  if (t->named && set->intercept == INTERCEPT_UNSAID && set->n > 0)
    COLUMN_ERROR(c->scope, t->node->span, DIAG_RANDOM_SPELLED_OUT, spelled(a, t, ""), spelled(a, t, "1 + "),
                 spelled(a, t, "0 + "));
  if (set->n == 0 && set->intercept == INTERCEPT_REMOVED && !c->scope->failed)
    COLUMN_ERROR(c->scope, t->node->span, DIAG_RANDOM_EMPTY, print_expr(a, t->node),
                 print_expr(a, t->bar->u.op.b));
}

static void compile_bar(struct compiler *c, const struct random_term *t) {
  struct local_vars local = {.compiler = c};
  struct term_set *set = compile_expand(&local, t->bar->u.op.a, basis_summand);
  struct groups groups = group_list(c, t->bar->u.op.b);
  check_basis(c, t, set);
  long bases = t->bar->u.op.op == OP_BARBAR ? set->n + 1 : 1;
  if (too_many(c, t->node, c->n_random + bases * groups.n)) return;
  bool intercept = set->intercept != INTERCEPT_REMOVED;
  if (t->bar->u.op.op == OP_BARBAR)
    add_split(c, t, &local, set, intercept, &groups);
  else
    add_for_groups(c, t, compile_terms(&local, set, intercept, -1), &groups);
}

/* ---- known(1 | animal, K) ---- */

/* The second argument, by place or as `matrix`. */
static const struct ast *matrix_argument(const struct ast *call) {
  int place = 0;
  for (const struct ast *arg = call->u.call.args.first; arg; arg = arg->next) {
    const struct ast *key = arg->u.arg.key;
    if (key ? key->kind == AST_NAME && strcmp(key->u.name.whole, "matrix") == 0 : ++place == 2)
      return arg->u.arg.value;
  }
  return NULL;
}

static void take_known(struct compiler *c, const struct ast *call, struct random_term *t) {
  const struct ast *k = matrix_argument(call);
  if (!k || k->kind != AST_NAME || k->u.name.n_parts > 1)
    COLUMN_ERROR(c->scope, (k ? k : call)->span, DIAG_KNOWN_MATRIX);
  else
    t->known = k->u.name.whole;
}

/* ---- the door ---- */

/* by = arm, band = 2 */
static void take_named(struct compiler *c, const struct ast *call, const struct structure_form *form,
                       struct random_term *t) {
  static const char *const known[] = {"by", "band"};
  for (const struct ast *arg = call->u.call.args.first; arg; arg = arg->next) {
    const struct ast *key = arg->u.arg.key, *value = arg->u.arg.value;
    if (!key) continue;
    const char *name = key->kind == AST_NAME ? key->u.name.whole : "";
    if (form->index == INDEX_UNITS && strcmp(name, "matrix") == 0) continue;
    if (strcmp(name, "by") == 0 && form->index != INDEX_UNITS)
      t->by = value;
    else if (strcmp(name, "band") == 0 && form->band && value->kind == AST_NUMBER &&
             value->u.number.value >= 1)
      t->band = (int)value->u.number.value;
    else
      COLUMN_ERROR(c->scope, arg->span, DIAG_UNKNOWN_ARGUMENT, form->name, print_expr(c->scope->arena, key),
                   text_nearest(name, known, 2));
  }
}

static void compile_structure(struct compiler *c, const struct ast *call) {
  const char *name = call->u.call.callee->u.name.whole;
  const struct structure_form *form = structure_form_find(name);
  const struct ast *bar = only_argument(call);
  struct random_term t = {.node = call, .bar = bar, .structure = name, .named = true};
  if (!form)
    COLUMN_ERROR(c->scope, call->u.call.callee->span, DIAG_UNKNOWN_STRUCTURE, name, structure_near(name));
  else if (!bar || !ast_is_bar(bar))
    COLUMN_ERROR(c->scope, call->span, DIAG_RANDOM_WANTED, name);
  else if (bar->u.op.op == OP_BARBAR)
    COLUMN_ERROR(c->scope, call->span, DIAG_RANDOM_TWO_STRUCTURES, name, spelled(c->scope->arena, &t, ""));
  else {
    take_named(c, call, form, &t);
    if (form->index == INDEX_UNITS) take_known(c, call, &t);
    compile_bar(c, &t);
  }
}

void compile_random(struct compiler *c, const struct ast *node) {
  if (node->kind == AST_CALL)
    compile_structure(c, node);
  else
    compile_bar(c, &(struct random_term){.node = node, .bar = node, .structure = "us"});
}
