/* lint_units.c: units of the design that the model forgets, and units that it takes for one. */
#include "runtime/inference/lint_parts.h"
#include <string.h>

/* A unit with fewer levels is not asked for as a random term: Gelman & Hill 2007, sec. 11.5. */
enum { VARIANCE_LEVELS = 6 };
/* Rows of a label in one parent: a nested unit has members, an occasion happens once. */
enum { CELL_ROWS = 3 };
/* Parents among which labels begin anew; with fewer that may be chance. */
enum { LABEL_PARENTS = 6 };
/* Rows of a unit on average from which it is repeated. */
static const double REPEATED = 1.5;
/* Share of the labels that there would be without a gap; some may be missing. */
static const double ANEW = 0.95;

/* ---- has the model a term for the unit? ---- */

/* us(0 + role | couple) gives each member an effect of its own. */
static bool is_for_members(const struct lint_view *v, int t) {
  const struct ir_terms *basis = &v->ir->random[t].basis;
  for (int j = 0; j < basis->n; j++)
    for (int i = 0; i < basis->term[j].n; i++)
      if (strcmp(v->frame->var[basis->term[j].var[i]].name, v->design->role) == 0) return true;
  return false;
}

static bool has_random_term(const struct lint_view *v, const struct lint_unit *u) {
  for (int t = 0; t < v->ir->n_random; t++) {
    struct partition groups = partition_of_term(v, t);
    if (partition_same(v, groups, u->rows)) return true;
    bool exch = strcmp(v->ir->random[t].structure, "exch") == 0; /* each member has effects */
    bool members = exch || (u->person && is_for_members(v, t));
    if (members && partition_lies_in(v, u->rows, groups)) return true;
  }
  return false;
}

/* A factor of the fixed part whose levels lie in the units takes up their differences. */
static bool is_in_fixed_part(const struct lint_view *v, const struct lint_unit *u) {
  for (int j = 0; j < v->ir->n_vars; j++) {
    const struct variable *x = &v->frame->var[j];
    if (x->type == COL_NUMBER || x->n_levels < u->rows.q || !in_fixed_part(v, j)) continue;
    if (partition_lies_in(v, (struct partition){x->n_levels, x->code}, u->rows)) return true;
  }
  return false;
}

/* The partition of the members of the dyads; q = 0: not known. */
static struct partition members_of(const struct lint_view *v) {
  const struct design *d = v->design;
  const char *person = d && d->person >= 0 ? d->unit[d->person].name : NULL;
  for (int i = 0; i < v->n_units; i++)
    if (v->unit[i].person || (person && strcmp(v->unit[i].name, person) == 0)) return v->unit[i].rows;
  return (struct partition){0};
}

/* Do residuals of the unit's rows covary?  Of a dyad's it is enough that those of its members do, on each day. */
static bool has_residual(const struct lint_view *v, const struct lint_unit *u) {
  const struct residual *e = v->problem->residual;
  if (!e || e->n_factors == 0) return false;
  struct partition blocks = {e->n_blocks, e->block}, members = u->dyad ? members_of(v) : blocks;
  if (partition_lies_in(v, u->rows, blocks)) return true;
  return u->dyad && members.q > 0 && !partition_lies_in(v, blocks, members);
}

static bool is_forgotten(const struct lint_view *v, const struct lint_unit *u) {
  return u->rows.q > 1 && rows_per_group(v, u->rows) >= REPEATED && !has_random_term(v, u) &&
         !has_residual(v, u) && !is_in_fixed_part(v, u);
}

/* ---- what is told of a forgotten unit ---- */

/* Is the predictor constant within a coarser unit that this one lies in?  Then it is that unit's. */
static bool belongs_higher(const struct lint_view *v, const struct lint_unit *u, const struct variable *x) {
  for (const struct lint_unit *w = v->unit; w < u; w++)
    if (w->rows.q < u->rows.q && w->rows.q > 1 && partition_lies_in(v, u->rows, w->rows) &&
        partition_fixes(v, w->rows, x))
      return true;
  return false;
}

static bool tell_predictors(const struct lint_view *v, const struct lint_unit *u) {
  bool any = false;
  for (int j = 0; j < v->ir->n_vars; j++) {
    const struct variable *x = &v->frame->var[j];
    if (!in_fixed_part(v, j) || !varies(v, x) || !partition_fixes(v, u->rows, x) || belongs_higher(v, u, x))
      continue;
    LINT_AT(v, x->expr->span, DIAG_LINT_PSEUDOREPLICATION, x->name, lint_count(v, u->rows.q), u->name,
            lint_count(v, v->problem->n), u->name);
    any = true;
  }
  return any;
}

static void tell_repeated(const struct lint_view *v, const struct lint_unit *u) {
  if (u->rows.q < VARIANCE_LEVELS) return;
  lint_add(v->found, v->call, v->at, DIAG_LINT_REPEATED_ROWS, lint_count(v, u->rows.q), u->name,
           lint_figure(v, rows_per_group(v, u->rows)), u->name, DIAG_END);
}

/* Dyads with two members among the rows used. */
static int complete_dyads(const struct lint_view *v, const struct lint_unit *dyad) {
  const struct design *d = v->design;
  const char *person = d->person >= 0 ? d->unit[d->person].name : NULL;
  const struct lint_unit *member = NULL;
  for (int i = 0; i < v->n_units; i++)
    if (v->unit[i].person || (person && strcmp(v->unit[i].name, person) == 0)) member = &v->unit[i];
  int32_t *first = arena_raw(v->scratch, (size_t)dyad->rows.q, int32_t);
  bool *two = arena_array(v->scratch, (size_t)dyad->rows.q, bool);
  for (int g = 0; g < dyad->rows.q; g++) first[g] = -1;
  for (int i = 0; member && i < v->problem->n; i++) {
    int32_t g = dyad->rows.code[i], who = member->rows.code[i];
    if (first[g] < 0) first[g] = who;
    two[g] = two[g] || first[g] != who;
  }
  int n = 0;
  for (int g = 0; g < dyad->rows.q; g++) n += two[g];
  return n;
}

static void tell_dyads(const struct lint_view *v, const struct lint_unit *u) {
  int complete = complete_dyads(v, u);
  if (complete < 2) return;
  lint_add(v->found, v->call, v->at, DIAG_LINT_DYADS_INDEPENDENT, u->name, lint_count(v, complete), u->name,
           DIAG_END);
}

static bool same_as_before(const struct lint_view *v, const struct lint_unit *u) {
  for (const struct lint_unit *w = v->unit; w < u; w++)
    if (partition_same(v, u->rows, w->rows)) return true;
  return false;
}

void look_at_units(const struct lint_view *v) {
  bool dyads = false; /* forgotten: then nothing is said of their members */
  for (int i = 0; i < v->n_units; i++) {
    const struct lint_unit *u = &v->unit[i];
    if (same_as_before(v, u) || (u->person && dyads) || !is_forgotten(v, u)) continue;
    dyads = dyads || u->dyad;
    if (u->dyad)
      tell_dyads(v, u);
    else if (!tell_predictors(v, u))
      tell_repeated(v, u);
  }
}

/* ---- labels that begin anew ---- */

/* Labels that there would be if each group of b had the first ones of a, without a gap.  Codes of grouping factors are in the
   order of their labels. */
static long long labels_without_gap(const struct lint_view *v, struct partition a, struct partition b) {
  int32_t *highest = arena_array(v->scratch, (size_t)b.q, int32_t);
  for (int i = 0; i < v->problem->n; i++)
    if (a.code[i] > highest[b.code[i]]) highest[b.code[i]] = a.code[i];
  long long n = 0;
  for (int p = 0; p < b.q; p++) n += highest[p] + 1;
  return n;
}

/* Visits and items carry one label everywhere by right; so does what the design declares without a parent. */
static bool is_declared(const struct lint_view *v, const struct ir_random *r) {
  const struct design *d = v->design;
  const char *name = v->ir->vars[r->group[0]].name;
  return d && design_names(d, name);
}

static void look_at_pair(const struct lint_view *v, int fine, int coarse, long long cells) {
  const struct ir_random *r = &v->ir->random[fine];
  struct partition a = partition_of_term(v, fine), b = partition_of_term(v, coarse);
  if (r->n_group > 1 || is_declared(v, r) || b.q < LABEL_PARENTS || v->problem->n < CELL_ROWS * cells) return;
  if ((double)cells < ANEW * (double)labels_without_gap(v, a, b)) return;
  LINT_AT(v, r->span, DIAG_LINT_LABELS_REUSED, r->group_name, lint_count(v, b.q),
          v->ir->random[coarse].group_name, r->basis.n == 1 ? "1" : "...", v->frame->terms[fine].labels[0]);
}

void look_at_labels(const struct lint_view *v) {
  for (int i = 0; i < v->frame->n_pairs; i++) {
    const struct frame_pair *p = &v->frame->pairs[i];
    if (p->relation != UNITS_PARTLY) continue;
    look_at_pair(v, p->a, p->b, p->occur);
    look_at_pair(v, p->b, p->a, p->occur);
  }
}
