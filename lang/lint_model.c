/* lint_model.c: lints that the model alone shows, before it meets a row. */
#include "lang/describe.h"
#include "lang/lint.h"
#include <string.h>
#include <strings.h>

struct looking {
  struct lint_list *found;
  const struct model_ir *ir;
  bool schema;                 /* the types of the columns are known */
  const struct design *design; /* NULL: none, or not known */
};

#define TELL(l, span, ...) lint_add((l)->found, (l)->ir->source, (span), __VA_ARGS__, DIAG_END)

/* ---- a random slope and its mean ---- */

struct columns { /* that an expression is made of */
  struct arena *arena;
  bool arguments; /* of calls all arguments; else the first, the others may be units */
  const char **name;
  int n, room;
};

static void add_column(struct columns *c, const char *name) {
  if (c->n == c->room) {
    int room = 2 * c->room + 4;
    c->name = arena_grow(c->arena, c->name, (size_t)c->n, (size_t)room, sizeof *c->name);
    c->room = room;
  }
  c->name[c->n++] = name;
}

static void collect(const struct ast *e, struct columns *c);

static void collect_child(struct ast *e, void *arg) {
  collect(e, arg);
}

static void collect(const struct ast *e, struct columns *c) {
  if (e->kind == AST_NAME) {
    add_column(c, e->u.name.whole);
  } else if (e->kind == AST_CALL) { /* the callee is no column */
    const struct ast *arg = e->u.call.args.first;
    for (; arg; arg = c->arguments ? arg->next : NULL) collect(arg->u.arg.value, c);
  } else {
    ast_children(e, collect_child, c);
  }
}

static struct columns columns_of(const struct looking *l, const struct ir_term *t, bool arguments) {
  struct columns c = {.arena = l->found->arena, .arguments = arguments};
  for (int i = 0; i < t->n; i++) collect(l->ir->vars[t->var[i]].expr, &c);
  return c;
}

static bool holds(const struct columns *c, const char *name) {
  for (int i = 0; i < c->n; i++)
    if (strcmp(c->name[i], name) == 0) return true;
  return false;
}

/* Has the fixed part a term with all columns of the slope, be it raw, centred or divided? */
static bool has_mean(const struct looking *l, const struct columns *fixed, const struct columns *slope) {
  for (int t = 0; t < l->ir->fixed.n; t++) {
    bool all = true;
    for (int i = 0; i < slope->n && all; i++) all = holds(&fixed[t], slope->name[i]);
    if (all) return true;
  }
  return false;
}

/* "x + arm:x", as the fixed part would have them; "" when none is missing. */
static const char *slopes_without_mean(const struct looking *l, const struct ir_random *r,
                                       const struct columns *fixed) {
  struct buf b;
  buf_init(&b, l->found->arena);
  for (int t = 0; t < r->basis.n; t++) {
    struct columns slope = columns_of(l, &r->basis.term[t], false);
    if (slope.n > 0 && !has_mean(l, fixed, &slope))
      buf_printf(&b, "%s%s", b.n ? " + " : "", r->basis.term[t].name);
  }
  return b.text;
}

/* Deviations at occasions or places, whose mean is that of the fixed part's trend: `ar1(0 + day | person)`. */
static bool is_process(const struct ir_random *r) {
  static const char *const kinds[] = {"ar1",   "har1",  "ou", "exp", "toep",
                                      "htoep", "ante1", "cs", "hcs", "homdiag"};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strcmp(r->structure, kinds[i]) == 0)
      return r->basis.n == 1 && r->basis.term[0].n > 0 && r->basis.term[0].full[0];
  return false;
}

static void look_at_slopes(struct looking *l) {
  const struct ir_terms *terms = &l->ir->fixed;
  struct columns *fixed = arena_array(l->found->arena, (size_t)terms->n, struct columns);
  for (int t = 0; t < terms->n; t++) fixed[t] = columns_of(l, &terms->term[t], true);
  for (int i = 0; i < l->ir->n_random; i++) {
    const struct ir_random *r = &l->ir->random[i];
    const char *names = is_process(r) ? "" : slopes_without_mean(l, r, fixed);
    if (*names) TELL(l, r->span, DIAG_LINT_SLOPE_WITHOUT_MEAN, r->text, names, r->group_name);
  }
}

/* ---- terms of one group that share an effect ---- */

static bool same_vars(const int *a, int n_a, const int *b, int n_b) {
  int found = 0;
  for (int i = 0; i < n_a; i++)
    for (int j = 0; j < n_b; j++) found += a[i] == b[j];
  return n_a == n_b && found == n_a;
}

/* The effect that both have; NULL: none. */
static const struct ir_term *shared(const struct ir_random *a, const struct ir_random *b) {
  for (int i = 0; i < a->basis.n; i++)
    for (int j = 0; j < b->basis.n; j++) {
      const struct ir_term *s = &a->basis.term[i], *t = &b->basis.term[j];
      if (same_vars(s->var, s->n, t->var, t->n)) return s;
    }
  return NULL;
}

/* (1 | g) beside (1 + x | g): the smaller can go; else one of the two gives the effect up. */
static const char *overlap_hint(struct arena *a, const struct ir_random *one, const struct ir_random *two) {
  const struct ir_random *less = one->basis.n <= two->basis.n ? one : two;
  for (int i = 0; i < less->basis.n; i++) {
    struct ir_random alone = {.basis = {.n = 1, .term = &less->basis.term[i]}};
    if (!shared(&alone, less == one ? two : one)) return "leave it out of one of them";
  }
  return arena_printf(a, "leave %s out", less->text);
}

static void look_at_overlaps(struct looking *l, const struct ir_random *two) {
  for (const struct ir_random *one = l->ir->random; one < two; one++) {
    const struct ir_term *both =
        same_vars(one->group, one->n_group, two->group, two->n_group) ? shared(one, two) : NULL;
    bool strata = one->by >= 0 && one->by == two->by; /* of different rows */
    bool related = !one->known != !two->known;        /* of one alone the levels are related */
    if (both && !strata && !related)
      TELL(l, two->span, DIAG_LINT_OVERLAPPING_TERMS, one->text, two->text,
           both->n ? both->name : "the intercept", two->group_name, overlap_hint(l->found->arena, one, two));
  }
}

/* ---- a residual that holds what a random term says ---- */

/* What the structure has for the rows of a block, where a constant added to all pairs is no new thing; NULL: it has not. */
static const char *holds_constants(const struct ir_residual_factor *f) {
  if (strcmp(f->structure, "us") == 0) return "a covariance for each pair of them";
  if (strcmp(f->structure, "toep") == 0 && f->band == 0) return "a covariance for each lag";
  if (strcmp(f->structure, "cs") == 0 || strcmp(f->structure, "exch") == 0)
    return "one covariance for all of them";
  return NULL;
}

static void look_at_residual(struct looking *l, const struct ir_random *r) {
  const struct ir_residual *e = l->ir->residual;
  if (!e || e->n_factors != 1 || e->variance != VARIANCE_ONE || r->members || r->known || r->by >= 0) return;
  const char *what = holds_constants(&e->factor[0]);
  if (!what || r->basis.n == 0 || r->basis.term[0].n > 0 || strcmp(r->structure, "exch") == 0) return;
  if (!same_vars(r->group, r->n_group, e->block, e->n_block)) return;
  TELL(l, r->span, DIAG_LINT_RESIDUAL_CONTAINS, r->text, r->group_name, e->text, what);
}

/* ---- `||` and factors ---- */

static bool is_factor(const struct looking *l, const struct ir_term *t) {
  for (int i = 0; i < t->n; i++)
    if (l->ir->vars[t->var[i]].type != COL_NUMBER) return true;
  return false;
}

static void look_at_bars(struct looking *l, const struct ir_random *r) {
  const struct ir_term *t = &r->basis.term[0];
  if (r->split && t->n == 1 && is_factor(l, t))
    TELL(l, r->span, DIAG_LINT_BARS_WITH_FACTOR, t->name, r->group_name);
}

/* ---- ids that are numbers ---- */

/* Names that are given to ids and to nothing else. */
static bool named_as_id(const char *name) {
  static const char *const ids[] = {"subject", "subj",  "participant", "patient",
                                    "person",  "pupil", "student"};
  size_t n = strlen(name);
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
    if (strcasecmp(name, ids[i]) == 0) return true;
  return n >= 2 && strcasecmp(name + n - 2, "id") == 0;
}

static bool groups(const struct looking *l, int var) {
  for (int t = 0; t < l->ir->n_random; t++)
    for (int i = 0; i < l->ir->random[t].n_group; i++)
      if (l->ir->random[t].group[i] == var) return true;
  return false;
}

/* What a numeric column tells apart: the design says so, or it groups a random term and is named as an id.  A year may well
   be a line and a group at once. */
static const char *what_is_told_apart(const struct looking *l, int var) {
  const struct ir_var *v = &l->ir->vars[var];
  const struct design *d = l->design;
  if (v->expr->kind != AST_NAME || v->type != COL_NUMBER) return NULL;
  if (d && design_find_unit(d, v->name) >= 0)
    return arena_printf(l->found->arena, "the units of the design `%s`", d->name);
  return groups(l, var) && named_as_id(v->name) ? "the groups of a random term" : NULL;
}

static bool in_fixed(const struct looking *l, int var) {
  for (int t = 0; t < l->ir->fixed.n; t++)
    for (int i = 0; i < l->ir->fixed.term[t].n; i++)
      if (l->ir->fixed.term[t].var[i] == var) return true;
  return false;
}

static void look_at_ids(struct looking *l) {
  for (int v = 0; l->schema && v < l->ir->n_vars; v++) {
    const char *what = in_fixed(l, v) ? what_is_told_apart(l, v) : NULL;
    if (what) TELL(l, l->ir->vars[v].expr->span, DIAG_LINT_ID_AS_NUMBER, l->ir->vars[v].name, what);
  }
}

/* ---- labels that are local to a unit ---- */

/* The unit of within(x, class), if it is one column by name; NULL: it is not. */
static const char *bare_unit(const struct ast *e) {
  if (!ast_calls(e, "within") && !ast_calls(e, "between") && !ast_calls(e, "center")) return NULL;
  const struct ast *arg = e->u.call.args.first;
  for (int place = 0; arg; arg = arg->next, place++) {
    const struct ast *key = arg->u.arg.key;
    bool unit = key ? key->kind == AST_NAME && strcmp(key->u.name.whole, "over") == 0 : place == 1;
    if (unit) return arg->u.arg.value->kind == AST_NAME ? arg->u.arg.value->u.name.whole : NULL;
  }
  return NULL;
}

/* A random term that has the labels of the column within others, where none has them as they stand. */
static const struct ir_random *finer_term(const struct looking *l, const char *unit) {
  const struct ir_random *found = NULL;
  for (int t = 0; t < l->ir->n_random; t++) {
    const struct ir_random *r = &l->ir->random[t];
    if (r->n_group == 0 || strcmp(l->ir->vars[r->group[0]].name, unit) != 0) continue;
    if (r->n_group == 1) return NULL;
    found = r;
  }
  return found;
}

static void look_at_units(struct looking *l, int var) {
  const struct ast *e = l->ir->vars[var].expr;
  const char *unit = bare_unit(e);
  if (!unit || (l->design && design_find_unit(l->design, unit) >= 0)) return;
  const struct ir_random *r = finer_term(l, unit);
  if (!r) return;
  const char *parent = l->ir->vars[r->group[1]].name,
             *x = print_expr(l->found->arena, e->u.call.args.first->u.arg.value);
  TELL(l, e->span, DIAG_LINT_LOCAL_LABELS, l->ir->vars[var].name, unit, r->text, parent,
       arena_printf(l->found->arena, "%s(%s, %s%s:%s)", e->u.call.callee->u.name.whole, x,
                    ast_calls(e, "center") ? "over = " : "", unit, parent));
}

/* ---- the whole ---- */

void lint_model(struct lint_list *found, const struct model_ir *ir, bool schema,
                const struct design *design) {
  struct looking l = {found, ir, schema, design};
  look_at_ids(&l);
  for (int v = 0; v < ir->n_vars; v++) look_at_units(&l, v);
  look_at_slopes(&l);
  for (int t = 0; t < ir->n_random; t++) {
    look_at_overlaps(&l, &ir->random[t]);
    look_at_residual(&l, &ir->random[t]);
    look_at_bars(&l, &ir->random[t]);
  }
}
