/* fn_results.c: what a fit answers: estimates, criteria, effects, residuals. */
#include "runtime/inference/covariances.h"
#include "runtime/inference/small_sample.h"
#include "runtime/value/interp.h"
#include <math.h>
#include <string.h>

static const struct fit *fit_of(const struct call *c) {
  return c->arg[0].value.u.fit;
}

static bool give(struct value *out, double x) {
  *out = value_number(x);
  return true;
}

bool builtin_loglik(struct call *c, struct value *out) {
  return give(out, fit_loglik(fit_of(c)));
}
bool builtin_deviance(struct call *c, struct value *out) {
  return give(out, fit_of(c)->result->criterion);
}
bool builtin_aic(struct call *c, struct value *out) {
  return give(out, fit_aic(fit_of(c)));
}
bool builtin_bic(struct call *c, struct value *out) {
  return give(out, fit_bic(fit_of(c)));
}
bool builtin_sigma(struct call *c, struct value *out) {
  return give(out, sqrt(fit_of(c)->result->sigma2));
}
bool builtin_nobs(struct call *c, struct value *out) {
  return give(out, fit_of(c)->frame->problem->n);
}

/* A matrix whose names belong to the fit. */
static struct value fit_matrix(struct call *c, int rows, int cols, const double *v,
                               const char *const *row_names, const char *const *col_names) {
  arena_hold(c->in->scratch, fit_of(c)->arena);
  struct matrix_value m = {
      .rows = rows, .cols = cols, .v = v, .row_names = row_names, .col_names = col_names};
  return value_matrix(c->in, &m);
}

bool builtin_fixef(struct call *c, struct value *out) {
  static const char *const columns[] = {"estimate", "se", "df", "t", "p"};
  const struct fit *f = fit_of(c);
  int p = f->frame->problem->p;
  double *v = arena_raw(c->in->scratch, 5 * (size_t)p, double);
  double *l = arena_array(c->in->scratch, (size_t)p, double);
  for (int j = 0; j < p; j++) {
    l[j] = 1;
    struct t_test t = t_test_of(f, l, 0);
    l[j] = 0;
    if (f->result->aliased[j]) t.se = t.df = t.t = t.p = (double)NAN;
    const double row[] = {f->result->beta[j], t.se, t.df, t.t, t.p};
    for (int i = 0; i < 5; i++) v[j + i * p] = row[i];
  }
  *out = fit_matrix(c, p, 5, v, f->frame->x_names, columns);
  return true;
}

bool builtin_vcov(struct call *c, struct value *out) {
  const struct fit *f = fit_of(c);
  int p = f->frame->problem->p;
  *out = fit_matrix(c, p, p, fit_small_sample(f)->vcov, f->frame->x_names, f->frame->x_names);
  return true;
}

/* ---- grids ---------------------------------------------------------------------------------------------- */

struct rows { /* a grid being filled */
  struct interp *in;
  struct value *cell;
  int n, cols;
};

static void put(struct rows *r, struct value v) {
  r->cell[r->n++] = v;
}

static struct value shared_text(const char *s) {
  return (struct value){.kind = VALUE_TEXT, .u.text = s};
}

static struct rows rows_new(struct call *c, size_t rows, int cols) {
  arena_hold(c->in->scratch, fit_of(c)->arena);
  return (struct rows){
      .in = c->in, .cell = arena_raw(c->in->scratch, rows * (size_t)cols + 1, struct value), .cols = cols};
}

static bool finish(struct rows *r, const char *kind, const char *const *names, struct value *out) {
  struct grid_value g = {
      .rows = r->n / r->cols, .cols = r->cols, .cell = r->cell, .col_names = names, .kind = kind};
  *out = value_grid(r->in, &g);
  return true;
}

static size_t count_effects(const struct problem *p) {
  size_t n = 0;
  for (int t = 0; t < p->n_terms; t++) n += (size_t)p->terms[t].q * (size_t)p->terms[t].c;
  return n;
}

bool builtin_ranef(struct call *c, struct value *out) {
  static const char *const names[] = {"group", "level", "effect", "estimate", "sd"};
  const struct fit *f = fit_of(c);
  const struct problem *p = f->frame->problem;
  struct rows r = rows_new(c, count_effects(p), 5);
  for (int t = 0; t < p->n_terms; t++) {
    const struct frame_term *term = &f->frame->terms[t];
    int w = p->terms[t].c;
    for (int l = 0; l < p->terms[t].q; l++)
      for (int a = 0; a < w; a++) {
        size_t at = (size_t)l * (size_t)w + (size_t)a;
        put(&r, shared_text(term->group));
        put(&r, shared_text(term->labels[l]));
        put(&r, shared_text(term->names[a]));
        put(&r, value_number(f->result->b[t][at]));
        put(&r, value_number(sqrt(f->result->b_var[t][at * (size_t)w + (size_t)a])));
      }
  }
  return finish(&r, "ranef", names, out);
}

static void covariance_rows(struct rows *r, const char *group, const char *const *names, int c,
                            const double *g) {
  for (int a = 0; a < c; a++) {
    put(r, shared_text(group));
    put(r, shared_text(names[a]));
    put(r, (struct value){.kind = VALUE_NA});
    put(r, value_number(g[a + a * c]));
    put(r, value_number(sqrt(g[a + a * c])));
    put(r, (struct value){.kind = VALUE_NA});
  }
}

static void correlation_rows(struct rows *r, const char *group, const char *const *names, int c,
                             const double *g) {
  for (int a = 0; a < c; a++)
    for (int b = a + 1; b < c; b++) {
      double product = g[a + a * c] * g[b + b * c];
      put(r, shared_text(group));
      put(r, shared_text(names[a]));
      put(r, shared_text(names[b]));
      put(r, value_number(g[b + a * c]));
      put(r, (struct value){.kind = VALUE_NA});
      put(r, value_number(product > 0 ? g[b + a * c] / sqrt(product) : (double)NAN));
    }
}

enum { RESIDUAL_POSITIONS = 64 }; /* whose matrix is shown */

/* Positions of the residual's first factor: those that have names, else two rows of a block; 0: only a variance is to show. */
static int residual_positions(const struct fit *f) {
  const struct frame_residual *e = f->frame->residual;
  if (!e || e->n_factors == 0 || e->factor[0].m > RESIDUAL_POSITIONS) return 0;
  return e->factor[0].labels ? e->factor[0].m : e->factor[0].m > 1 ? 2 : 1;
}

static size_t residual_rows(const struct fit *f) {
  int m = residual_positions(f);
  return m ? (size_t)f->frame->residual->n_strata * (size_t)(m * (m + 1) / 2) : 0;
}

/* False: there is no matrix. */
static bool put_residual_rows(struct call *c, struct rows *r, const struct fit *f) {
  static const char *const two[] = {"one", "another"};
  const struct frame_residual *e = f->frame->residual;
  int m = residual_positions(f);
  for (int s = 0; m && s < e->n_strata; s++) {
    const struct frame_factor_names *names = &e->factor[0];
    const char *const *label = names->labels ? names->labels : two;
    const char *group = e->n_strata > 1 ? arena_printf(c->in->scratch, "Residual %s",
                                                       print_level(c->in->scratch, e->by, e->strata[s]))
                                        : "Residual";
    double *all = reml_residual_factor(c->in->scratch, f->frame->problem, f->result, s, 0);
    double *v = arena_array(c->in->scratch, (size_t)m * (size_t)m, double);
    for (int j = 0; j < m; j++)
      for (int i = 0; i < m; i++) v[i + j * m] = all[i + j * names->m];
    covariance_rows(r, group, label, m, v);
    correlation_rows(r, group, label, m, v);
  }
  return m > 0;
}

bool builtin_covpars(struct call *c, struct value *out) {
  static const char *const names[] = {"part", "parameter", "estimate", "se", "lower", "upper"};
  int n;
  struct covariance_parameter *p = covariance_parameters(c->in->scratch, fit_of(c), 0.95, &n);
  if (n == 0) return CALL_ERROR(c, c->arg[0].ast->span, DIAG_NO_COVPARS);
  struct rows r = rows_new(c, (size_t)n, 6);
  for (int i = 0; i < n; i++) {
    put(&r, shared_text(arena_strdup(c->in->scratch, p[i].where)));
    put(&r, shared_text(arena_strdup(c->in->scratch, p[i].name)));
    put(&r, value_number(p[i].value));
    put(&r, value_number(p[i].se));
    put(&r, value_number(p[i].lower));
    put(&r, value_number(p[i].upper));
  }
  return finish(&r, "covpars", names, out);
}

bool builtin_varcorr(struct call *c, struct value *out) {
  static const char *const names[] = {"group", "effect", "with", "variance", "sd", "correlation"};
  static const char *const none[] = {""};
  const struct fit *f = fit_of(c);
  const struct problem *p = f->frame->problem;
  size_t rows = 1;
  for (int t = 0; t < p->n_terms; t++) rows += (size_t)p->terms[t].c * (size_t)(p->terms[t].c + 1) / 2;
  struct rows r = rows_new(c, rows + residual_rows(f), 6);
  for (int t = 0; t < p->n_terms; t++) {
    const struct frame_term *term = &f->frame->terms[t];
    covariance_rows(&r, term->group, term->names, p->terms[t].c, f->result->g[t]);
    if (strcmp(term->structure, "diag") != 0)
      correlation_rows(&r, term->group, term->names, p->terms[t].c, f->result->g[t]);
  }
  if (!put_residual_rows(c, &r, f)) covariance_rows(&r, "Residual", none, 1, &f->result->sigma2);
  return finish(&r, "varcorr", names, out);
}

/* ---- coefficients of units ------------------------------------------------------------------------------ */

static bool first_of_group(const struct frame *f, int t) {
  for (int s = 0; s < t; s++)
    if (strcmp(f->terms[s].group, f->terms[t].group) == 0) return false;
  return true;
}

static int find_name(const char *name, const char *const *list, int n) {
  for (int i = 0; i < n; i++)
    if (strcmp(list[i], name) == 0) return i;
  return -1;
}

/* Columns: the fixed effects, then the effects of any term that are none of them. */
static int coefficient_names(struct call *c, const char **names) {
  const struct frame *f = fit_of(c)->frame;
  int n = f->problem->p;
  for (int j = 0; j < n; j++) names[j] = f->x_names[j];
  for (int t = 0; t < f->problem->n_terms; t++)
    for (int a = 0; a < f->problem->terms[t].c; a++)
      if (find_name(f->terms[t].names[a], names, n) < 0) names[n++] = f->terms[t].names[a];
  return n;
}

static void add_effects(const struct fit *f, const char *group, int level, const char *const *names, int n,
                        double *sum) {
  const struct problem *p = f->frame->problem;
  for (int t = 0; t < p->n_terms; t++) {
    if (strcmp(f->frame->terms[t].group, group) != 0) continue;
    for (int a = 0; a < p->terms[t].c; a++)
      sum[find_name(f->frame->terms[t].names[a], names, n)] +=
          f->result->b[t][(size_t)level * (size_t)p->terms[t].c + (size_t)a];
  }
}

static void coefficient_rows(struct rows *r, const struct fit *f, int t, const char *const *names, int n,
                             double *sum) {
  const struct frame_term *term = &f->frame->terms[t];
  for (int l = 0; l < f->frame->problem->terms[t].q; l++) {
    for (int j = 0; j < n; j++) sum[j] = j < f->frame->problem->p ? f->result->beta[j] : 0;
    add_effects(f, term->group, l, names, n, sum);
    put(r, shared_text(term->group));
    put(r, shared_text(term->labels[l]));
    for (int j = 0; j < n; j++) put(r, value_number(sum[j]));
  }
}

bool builtin_coef(struct call *c, struct value *out) {
  const struct fit *f = fit_of(c);
  const struct problem *p = f->frame->problem;
  size_t most = (size_t)p->p + 2, levels = 0;
  for (int t = 0; t < p->n_terms; t++) most += (size_t)p->terms[t].c;
  for (int t = 0; t < p->n_terms; t++) levels += (size_t)p->terms[t].q;
  const char **names = arena_array(c->in->scratch, most, const char *);
  names[0] = "group";
  names[1] = "level";
  int n = coefficient_names(c, names + 2);
  struct rows r = rows_new(c, levels, n + 2);
  double *sum = arena_raw(c->in->scratch, (size_t)n, double);
  for (int t = 0; t < p->n_terms; t++)
    if (first_of_group(f->frame, t)) coefficient_rows(&r, f, t, names + 2, n, sum);
  return finish(&r, "coef", names, out);
}

bool builtin_ngroups(struct call *c, struct value *out) {
  const struct frame *f = fit_of(c)->frame;
  size_t most = (size_t)f->problem->n_terms;
  struct value *items = arena_array(c->in->scratch, most, struct value);
  const char **names = arena_array(c->in->scratch, most + 1, const char *);
  int n = 0;
  for (int t = 0; t < f->problem->n_terms; t++) {
    if (!first_of_group(f, t)) continue;
    names[n] = f->terms[t].group;
    items[n++] = value_number(f->problem->terms[t].q);
  }
  arena_hold(c->in->scratch, fit_of(c)->arena);
  *out = value_list(c->in, n, items, names);
  return true;
}

static bool column_of_rows(struct call *c, const char *name, void (*fill)(const struct fit *, double *),
                           struct value *out) {
  const struct fit *f = fit_of(c);
  double *v = arena_raw(c->in->scratch, (size_t)f->frame->problem->n, double);
  fill(f, v);
  struct column col = {.name = name, .type = COL_NUMBER, .v.number = v};
  *out = value_column(c->in, &col, f->frame->problem->n, NULL);
  return true;
}

bool builtin_fitted(struct call *c, struct value *out) {
  return column_of_rows(c, "fitted", fit_fitted, out);
}

bool builtin_residuals(struct call *c, struct value *out) {
  return column_of_rows(c, "residuals", fit_residuals, out);
}
