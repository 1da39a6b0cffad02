/* lint_random.c: lints of random terms. */
#include "runtime/inference/lint_parts.h"
#include <math.h>
#include <string.h>

/* Fewer do not make a variance: Gelman & Hill 2007, sec. 11.5; Bolker et al. 2009. */
enum { FEW_LEVELS = 6 };
/* Ordered times from which equal correlations are worth a word: Fitzmaurice, Laird & Ware 2011, ch. 7. */
enum { MANY_TIMES = 5 };
/* Rows of a unit at one time, those of a couple's members; with more the groups are not what time runs in. */
enum { UNIT_ROWS = 2 };

static bool group_again(const struct lint_view *v, int t) {
  for (int s = 0; s < t; s++)
    if (strcmp(v->ir->random[s].group_name, v->ir->random[t].group_name) == 0) return true;
  return false;
}

/* A group that occurs in every level of t, several rows each: its labels may have been used again there.  NULL: none. */
static const char *possible_parent(const struct lint_view *v, int t) {
  for (int i = 0; i < v->frame->n_pairs; i++) {
    const struct frame_pair *p = &v->frame->pairs[i];
    int other = p->a == t ? p->b : p->b == t ? p->a : -1;
    if (other >= 0 && p->relation == UNITS_CROSSED && v->problem->terms[other].q >= FEW_LEVELS &&
        v->problem->n >= 2 * p->occur)
      return v->ir->random[other].group_name;
  }
  return NULL;
}

static const char *few_levels_remedy(const struct lint_view *v, int t) {
  const char *group = v->ir->random[t].group_name, *parent = possible_parent(v, t);
  if (parent)
    return arena_printf(v->scratch,
                        "if each `%s` has a `%s` of its own under the same label, write (1 | %s in %s)",
                        parent, group, group, parent);
  return arena_printf(
      v->scratch,
      "fewer than %d groups stand better as a factor in the fixed part, if the model does not "
      "need them otherwise",
      FEW_LEVELS);
}

void look_at_few_levels(const struct lint_view *v) {
  for (int t = 0; t < v->ir->n_random; t++) {
    const struct ir_random *r = &v->ir->random[t];
    int q = v->problem->terms[t].q;
    if (q < FEW_LEVELS && !group_again(v, t))
      LINT_AT(v, r->span, DIAG_LINT_FEW_LEVELS, r->text, lint_count(v, q), few_levels_remedy(v, t));
  }
}

/* ---- intercepts far from the data ---- */

static bool has_intercept(const struct ir_terms *basis) {
  return basis->n > 0 && basis->term[0].n == 0;
}

struct range {
  double from, to;
};

static struct range range_of(const double *x, int n) {
  struct range r = {x[0], x[0]};
  for (int i = 1; i < n; i++) r = (struct range){fmin(r.from, x[i]), fmax(r.to, x[i])};
  return r;
}

/* Zero lies outside the data by more than the data are wide. */
static bool is_far_from_zero(struct range r) {
  double distance = r.from > 0 ? r.from : r.to < 0 ? -r.to : 0;
  return r.to > r.from && distance > r.to - r.from;
}

static const char *centred(const struct lint_view *v, const struct variable *x, struct range r) {
  return arena_printf(v->scratch, "center(%s), or I(%s - %.4g)", x->name, x->name, (r.from + r.to) / 2);
}

static void look_at_slope(const struct lint_view *v, const struct ir_random *random,
                          const struct variable *x) {
  struct range r = range_of(x->number, v->problem->n);
  if (!is_far_from_zero(r)) return;
  LINT_AT(v, random->span, DIAG_LINT_FAR_INTERCEPT, x->name, arena_printf(v->scratch, "%.7g", r.from),
          arena_printf(v->scratch, "%.7g", r.to), random->text, centred(v, x, r));
}

void look_at_far_intercepts(const struct lint_view *v) {
  for (int t = 0; t < v->ir->n_random; t++) {
    const struct ir_random *r = &v->ir->random[t];
    if (!has_intercept(&r->basis) || strcmp(r->structure, "us") != 0) continue;
    for (int j = 1; j < r->basis.n; j++) {
      const struct ir_term *term = &r->basis.term[j];
      const struct variable *x = term->n == 1 ? &v->frame->var[term->var[0]] : NULL;
      if (x && x->type == COL_NUMBER) look_at_slope(v, r, x);
    }
  }
}

/* ---- equal correlations over many times ---- */

static bool has_slope_of(const struct ir_random *r, const struct lint_view *v, const char *column) {
  for (int j = 0; j < r->basis.n; j++)
    for (int i = 0; i < r->basis.term[j].n; i++)
      if (uses_column(v->frame->var[r->basis.term[j].var[i]].expr, column)) return true;
  return false;
}

static bool groups_by(const struct ir_random *r, const struct lint_view *v, const char *column) {
  for (int i = 0; i < r->n_group; i++)
    if (uses_column(v->frame->var[r->group[i]].expr, column)) return true;
  return false;
}

/* The variable of the fixed part that is the time itself; NULL: none, or a random term knows of time already. */
static const struct variable *plain_time(const struct lint_view *v) {
  const char *time = v->design ? v->design->time : NULL;
  for (int t = 0; time && t < v->ir->n_random; t++)
    if (has_slope_of(&v->ir->random[t], v, time) || groups_by(&v->ir->random[t], v, time)) return NULL;
  for (int j = 0; time && j < v->ir->n_vars; j++)
    if (strcmp(v->frame->var[j].name, time) == 0 && v->frame->var[j].type == COL_NUMBER &&
        in_fixed_part(v, j))
      return &v->frame->var[j];
  return NULL;
}

static bool has_many_times(const struct lint_view *v, const struct variable *x) {
  double seen[MANY_TIMES];
  int n = 0;
  for (int i = 0; i < v->problem->n && n < MANY_TIMES; i++) {
    bool new = true;
    for (int j = 0; j < n; j++) new = new &&seen[j] != x->number[i];
    if (new) seen[n++] = x->number[i];
  }
  return n == MANY_TIMES;
}

static int count_times(const struct lint_view *v, const struct variable *x) {
  struct column c = {.type = COL_NUMBER, .v.number = x->number};
  int32_t *code = arena_raw(v->scratch, (size_t)v->problem->n, int32_t);
  const char *const *labels;
  int n;
  column_levels(v->scratch, &c, v->problem->n, code, &n, &labels);
  return n;
}

void look_at_equal_correlations(const struct lint_view *v) {
  const struct variable *time = v->problem->residual ? NULL : plain_time(v);
  if (!time || !has_many_times(v, time)) return;
  int finest = -1; /* the smallest groups: rows of one differ by time */
  for (int t = 0; t < v->ir->n_random; t++)
    if (finest < 0 || v->problem->terms[t].q > v->problem->terms[finest].q) finest = t;
  if (finest < 0) return;
  const struct ir_random *r = &v->ir->random[finest];
  struct partition p = partition_of_term(v, finest);
  int times = count_times(v, time);
  double rows = rows_per_group(v, p);
  if (rows < MANY_TIMES || rows > UNIT_ROWS * times || partition_fixes(v, p, time)) return;
  LINT_AT(v, r->span, DIAG_LINT_COMPOUND_SYMMETRY, r->text, lint_count(v, times), time->name, r->group_name);
}

/* ---- singular fits ---- */

const char *singular_meaning(struct arena *a, const struct frame *frame, const struct reml_result *r, int t) {
  int c = frame->problem->terms[t].c;
  if (r->g_rank[t] == 0)
    return arena_printf(
        a,
        "estimated as zero, since the levels of %s differ no more than residuals alone would make them "
        "differ, and the likelihood without this term is the same",
        frame->terms[t].group);
  return arena_printf(a,
                      "its %d by %d covariance matrix has rank %d, so that a variance is zero or effects are "
                      "perfectly correlated",
                      c, c, r->g_rank[t]);
}

static bool without_se(const struct reml_result *r) {
  for (int i = 0; i < r->n_natural; i++)
    if (!isnan(r->natural[i].se) || r->natural[i].held) return false;
  return r->n_natural > 0;
}

/* A rate or range without end: its standard error is far larger than itself. */
static const struct reml_natural *without_end(const struct reml_result *r) {
  for (int i = 0; i < r->n_natural; i++)
    if (natural_is_endless(&r->natural[i])) return &r->natural[i];
  return NULL;
}

static const char *endless_text(struct arena *a, const struct reml_natural *x) {
  return arena_printf(a, "the data do not determine the %s", x->what.kind == NATURAL_RATE ? "rate" : "range");
}

/* The Hessian is singular at an optimum that is no boundary. */
static void tell_flat(struct lint_list *found, const struct fit *f) {
  const struct reml_result *r = f->result;
  const struct ir_residual *e = f->frame->ir->residual;
  const struct reml_natural *endless = without_end(r);
  bool none = r->status == REML_CONVERGED && without_se(r);
  if (!endless && !none) return;
  bool random = endless ? endless->term < f->frame->problem->n_terms : !e;
  struct span at = random ? f->frame->ir->random[endless ? endless->term : 0].span : e->span;
  const char *what =
      endless ? endless_text(found->arena, endless)
              : arena_printf(found->arena,
                             "not all %d covariance parameters can be told from the data, and none "
                             "has a standard error",
                             r->n_natural);
  const char *remedy =
      endless
          ? "the rows are uncorrelated, or all alike, at the distances that occur: leave the structure out"
          : "a structure with fewer parameters, or fewer random terms";
  lint_add(found, f->frame->ir->source, at, DIAG_LINT_FLAT, what, remedy, DIAG_END);
}

void lints_of_fit(struct lint_list *found, const struct fit *f) {
  const struct frame *frame = f->frame;
  tell_flat(found, f);
  if (f->result->status != REML_SINGULAR) return;
  for (int t = 0; t < frame->problem->n_terms; t++) {
    if (f->result->g_rank[t] == frame->problem->terms[t].c) continue;
    lint_add(found, frame->ir->source, frame->ir->random[t].span, DIAG_LINT_SINGULAR, frame->terms[t].text,
             singular_meaning(found->arena, frame, f->result, t),
             f->result->g_rank[t] == 0 ? "it can go, unless the design of the study wants it"
                                       : "the data support a simpler term",
             DIAG_END);
  }
}
