#include "runtime/model/design.h"
#include "runtime/model/grouping.h"
#include "runtime/model/known.h"
#include "runtime/model/loads.h"
#include "runtime/model/residual.h"
#include <math.h>
#include <string.h>

static const char *count(const struct making *k, long long n) {
  return arena_printf(k->scratch, "%lld", n);
}

/* ---- response ------------------------------------------------------------------------------------------- */

static bool make_response(struct making *k, struct problem *p) {
  const struct variable *v = &k->var[k->ir->response];
  bool constant = true;
  for (int i = 1; i < k->n && constant; i++) constant = v->number[i] == v->number[0];
  if (constant && k->n > 1) {
    diag_add(k->diags, k->src, v->expr->span, DIAG_CONSTANT_RESPONSE, v->name,
             arena_printf(k->scratch, "%.7g", v->number[0]), count(k, k->n), DIAG_END);
    return false;
  }
  p->y = v->number;
  k->frame->response = v->name;
  if (k->ir->offset < 0) return true;
  const double *offset = k->var[k->ir->offset].number;
  double *y = arena_raw(k->arena, (size_t)k->n, double);
  for (int i = 0; i < k->n; i++) y[i] = v->number[i] - offset[i];
  p->y = y;
  k->frame->offset = offset;
  return true;
}

/* ---- fixed part ----------------------------------------------------------------------------------------- */

static bool make_fixed(struct making *k, struct problem *p) {
  p->p = design_width(k, &k->ir->fixed);
  if (p->p < 0) return false;
  if (p->p >= k->n) {
    diag_add(k->diags, k->call_src, k->span, DIAG_MORE_COLUMNS_THAN_ROWS, count(k, p->p), count(k, k->n),
             DIAG_END);
    return false;
  }
  size_t n = (size_t)k->n, width = (size_t)p->p;
  double *x = arena_raw(k->arena, n * width, double);
  const char **names = arena_array(k->arena, width, const char *);
  k->frame->x_term = arena_array(k->arena, width, int);
  design_fill(k, &k->ir->fixed, x, 1, n, names, k->frame->x_term);
  p->x = x;
  k->frame->x_names = names;
  return true;
}

/* ---- random terms --------------------------------------------------------------------------------------- */

static bool has_intercept(const struct ir_terms *basis) {
  return basis->n > 0 && basis->term[0].n == 0;
}

/* Does an intercept of the same units stand in this term or in another (as after `||`)? */
static bool group_has_intercept(const struct making *k, int t) {
  for (int s = 0; s < k->ir->n_random; s++)
    if (strcmp(k->ir->random[s].group_name, k->ir->random[t].group_name) == 0 &&
        has_intercept(&k->ir->random[s].basis))
      return true;
  return false;
}

static bool constant_within(const struct making *k, const struct grouping *g, const double *z, size_t step) {
  int *first = arena_raw(k->scratch, (size_t)g->q, int);
  for (int l = 0; l < g->q; l++) first[l] = -1;
  for (int i = 0; i < k->n; i++) {
    int *f = &first[g->level[i]];
    if (*f < 0)
      *f = i;
    else if (z[(size_t)i * step] != z[(size_t)*f * step])
      return false;
  }
  return true;
}

static bool enough_levels(const struct making *k, const struct ir_random *term, const struct grouping *g,
                          int c) {
  if (g->q < 2) {
    diag_add(k->diags, k->src, term->span, DIAG_FEW_GROUPS, g->name, DIAG_END);
    return false;
  }
  bool weighted =
      k->weights->expr && k->weights->kind == WEIGHTS_PRECISION; /* the residual's variance differs */
  if (weighted || k->ir->residual || g->loads || term->known || !cov_find(term->structure))
    return true; /* what structures can tell apart shows at the start */
  if (g->q >= k->n && has_intercept(&term->basis)) {
    diag_add(k->diags, k->src, term->span, DIAG_LEVELS_AS_ROWS, g->name, count(k, k->n), DIAG_END);
    return false;
  }
  if ((long long)g->q * c < k->n) return true;
  const char *simpler =
      has_intercept(&term->basis) && c > 1 ? arena_printf(k->scratch, "(1 | %s)", g->name) : NULL;
  diag_add(k->diags, k->src, term->span, DIAG_EFFECTS_AS_ROWS, term->text, count(k, (long long)g->q * c),
           count(k, k->n), simpler, DIAG_END);
  return false;
}

static bool slopes_vary(const struct making *k, int t, const struct grouping *g, const double *z, int c,
                        const char *const *names) {
  const struct ir_random *term = &k->ir->random[t];
  if (g->loads) return true;
  if (!group_has_intercept(k, t)) return true;
  for (int j = has_intercept(&term->basis) ? 1 : 0; j < c; j++) {
    if (!constant_within(k, g, z + j, (size_t)c)) continue;
    diag_add(k->diags, k->src, term->span, DIAG_SLOPE_CONSTANT, names[j], g->name, DIAG_END);
    return false;
  }
  return true;
}

static bool basis_fits(const struct making *k, const struct ir_random *term, int c) {
  if (c <= COV_MAX) return true;
  const char *what =
      arena_printf(k->scratch, "%d effects vary together in %s; at most %d can", c, term->text, COV_MAX);
  diag_add(k->diags, k->src, term->span, DIAG_TOO_LARGE, what, DIAG_END);
  return false;
}

static bool make_term(struct making *k, int t, const struct grouping *g, struct re_term *out) {
  const struct ir_random *term = &k->ir->random[t];
  int c = design_width(k, &term->basis);
  if (c < 0 || !enough_levels(k, term, g, c) || !basis_fits(k, term, c)) return false;
  double *z = arena_raw(k->arena, (size_t)k->n * (size_t)c, double);
  const char **names = arena_array(k->arena, (size_t)c, const char *);
  design_fill(k, &term->basis, z, (size_t)c, 1, names, NULL);
  if (!slopes_vary(k, t, g, z, c, names)) return false;
  *out = (struct re_term){.c = c, .q = g->q, .level = g->level, .z = z, .cov = cov_find(term->structure)};
  if (term->members) {
    out->loads = g->loads;
    out->z = loads_basis(k, term, c, z);
  }
  k->frame->terms[t] = (struct frame_term){.group = term->group_name,
                                           .text = term->text,

                                           .structure = term->known ? "known" : term->structure,
                                           .names = names,
                                           .labels = g->labels};
  return term->known ? known_make(k, t, g, out) : residual_make_term(k, term, out);
}

static bool make_random(struct making *k, struct problem *p) {
  size_t n = (size_t)k->ir->n_random;
  struct re_term *terms = arena_array(k->arena, n, struct re_term);
  struct grouping *group = arena_array(k->scratch, n, struct grouping);
  k->frame->terms = arena_array(k->arena, n, struct frame_term);
  bool fine = true;
  for (int t = 0; t < k->ir->n_random; t++) {
    const struct ir_random *r = &k->ir->random[t];
    group[t] = r->members ? loads_grouping(k, r) : grouping_make(k, r);
    fine = make_term(k, t, &group[t], &terms[t]) && fine;
  }
  if (!fine) return false;
  grouping_relate(k, group);
  p->n_terms = k->ir->n_random;
  p->terms = terms;
  return true;
}

/* ---- what reports need ---------------------------------------------------------------------------------- */

static bool in_terms(const struct ir_terms *terms, int var) {
  for (int t = 0; t < terms->n; t++)
    for (int i = 0; i < terms->term[t].n; i++)
      if (terms->term[t].var[i] == var) return true;
  return false;
}

static bool is_factor_of_model(const struct making *k, int var) {
  if (k->var[var].type == COL_NUMBER) return false;
  bool in = in_terms(&k->ir->fixed, var);
  for (int t = 0; t < k->ir->n_random && !in; t++) in = in_terms(&k->ir->random[t].basis, var);
  return in;
}

static void list_factors(struct making *k) {
  struct frame_factor *factors = arena_array(k->arena, (size_t)k->ir->n_vars, struct frame_factor);
  for (int j = 0; j < k->ir->n_vars; j++)
    if (is_factor_of_model(k, j))
      factors[k->frame->n_factors++] =
          (struct frame_factor){k->var[j].name, k->var[j].n_levels, k->var[j].levels, k->var[j].coding};
  k->frame->factors = factors;
}

/* ---- weights -------------------------------------------------------------------------------------------- */

/* The weights join the variables of the model, so that a row without one is left out and counted. */
static const struct model_ir *with_weights(struct arena *a, const struct model_ir *ir,
                                           const struct ast *weights) {
  if (!weights) return ir;
  struct model_ir *more = arena_make(a, struct model_ir);
  *more = *ir;
  struct ir_var *vars = arena_grow(a, ir->vars, (size_t)ir->n_vars, (size_t)ir->n_vars + 1, sizeof *vars);
  vars[more->n_vars++] = (struct ir_var){.expr = weights, .name = print_expr(a, weights), .type = COL_NUMBER};
  more->vars = vars;
  return more;
}

static bool make_weights(struct making *k, struct problem *p) {
  if (!k->weights->expr || k->weights->kind == WEIGHTS_FREQUENCY) return true;
  const struct variable *v = &k->var[k->ir->n_vars - 1];
  for (int i = 0; i < k->n; i++) {
    if (v->number[i] > 0) continue;
    diag_add(k->diags, k->weights->source, k->weights->expr->span, DIAG_WEIGHTS_POSITIVE, v->name,
             arena_printf(k->scratch, "%.7g", v->number[i]), count(k, k->frame->row[i] + 1), DIAG_END);
    return false;
  }
  p->w = v->number;
  return true;
}

struct frame *frame_build(struct mem *m, struct diags *diags, const struct source *src, struct span span,
                          const struct model_ir *ir, const struct table *table, const bool *subset,
                          const struct frame_weights *weights, const struct table *const *known, bool reml) {
  static const struct frame_weights no_weights = {0};
  if (!weights) weights = &no_weights;
  struct arena *a = arena_new(m), *mark = arena_pool_mark(m);
  struct making k = {.arena = a,
                     .scratch = arena_new(m),
                     .diags = diags,
                     .src = ir->source,
                     .call_src = src,
                     .span = span,
                     .table = table,
                     .weights = weights,
                     .known = known,
                     .ir = with_weights(a, ir, weights->expr)};
  struct frame *f = k.frame = arena_make(a, struct frame);
  *f = (struct frame){.arena = a, .ir = k.ir, .table = table};
  if (weights->expr) f->weights = k.ir->vars[k.ir->n_vars - 1].name;
  arena_hold(a, ir->arena);
  arena_hold(a, table->arena);
  struct problem *p = f->problem = arena_make(a, struct problem);
  *p = (struct problem){.arena = a, .reml = reml};
  bool fine = rows_choose(&k, subset);
  f->var = k.var;
  p->n = k.n;
  fine = fine && make_response(&k, p) && make_weights(&k, p) && make_fixed(&k, p) && make_random(&k, p) &&
         residual_make(&k, p) && residual_fits(&k, p);
  if (fine) list_factors(&k);
  arena_pool_drain(m, mark);
  return fine ? f : NULL;
}
