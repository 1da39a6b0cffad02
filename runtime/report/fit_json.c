/* fit_json.c: a fit as JSON.  Keys that later versions fill (df, p, intervals, r2, icc) are there, with null. */
#include "runtime/inference/covariances.h"
#include "runtime/inference/distributions.h"
#include "runtime/inference/small_sample.h"
#include "runtime/report/fit_json.h"
#include "runtime/report/report.h"
#include <math.h>
#include <string.h>

static void put_data(struct json_place at, const struct frame *f) {
  const struct table *t = f->table;
  json_put_text(json_key(at, "source"), t->source && *t->source ? t->source : NULL);
  json_put_text(json_key(at, "sha256"), *t->sha256 ? t->sha256 : NULL);
  json_put_integer(json_key(at, "rows"), t->rows_read);
  json_put_integer(json_key(at, "used"), f->problem->n);
  json_put_integer(json_key(at, "where"), t->rows_where);
  json_put_integer(json_key(at, "subset"), f->rows_subset);
  json_put_integer(json_key(at, "missing"), f->rows_dropped);
  struct json_place dropped = json_put_object(json_key(at, "dropped"));
  for (int i = 0; i < f->n_dropped; i++)
    json_put_integer(json_key(dropped, f->dropped[i].variable), f->dropped[i].rows);
}

static void put_groups(struct json_place at, const struct frame *f) {
  struct json_place groups = json_put_object(json_key(at, "n_groups"));
  for (int t = 0; t < f->problem->n_terms; t++)
    json_put_integer(json_key(groups, f->terms[t].group), f->problem->terms[t].q);
}

static void put_criteria(struct json_place at, const struct fit *f) {
  json_put_number(json_key(at, "criterion"), f->result->criterion);
  json_put_number(json_key(at, "logLik"), fit_loglik(f));
  json_put_integer(json_key(at, "npar"), f->n_par);
  json_put_number(json_key(at, "AIC"), fit_aic(f));
  json_put_number(json_key(at, "BIC"), fit_bic(f));
}

static void put_ending(struct json_place at, const struct fit *f) {
  json_put_bool(json_key(at, "converged"), fit_converged(f));
  json_put_bool(json_key(at, "singular"), fit_singular(f));
  json_put_text(json_key(at, "status"), f->result->message);
  json_put_integer(json_key(at, "evaluations"), f->result->evaluations);
  json_put_number(json_key(at, "gradient_norm"), f->result->gradient_norm);
  struct json_place seconds = json_put_object(json_key(at, "seconds"));
  json_put_number(json_key(seconds, "read"), f->seconds_read);
  json_put_number(json_key(seconds, "setup"), f->seconds_setup);
  json_put_number(json_key(seconds, "optimize"), f->seconds_optimize);
  fit_small_sample(f);
  json_put_number(json_key(seconds, "inference"), f->later->seconds);
}

/* 95 % by t with these degrees of freedom. */
static void put_interval(struct json_place row, const struct t_test *t) {
  double half = t->se > 0 && !isnan(t->df) ? t_quantile(0.975, t->df) * t->se : (double)NAN;
  json_put_number(json_key(row, "lower"), t->estimate - half);
  json_put_number(json_key(row, "upper"), t->estimate + half);
}

static void put_fixed(struct json_place at, struct arena *a, const struct fit *f) {
  const struct reml_result *r = f->result;
  int p = f->frame->problem->p;
  double *l = arena_array(a, (size_t)p, double);
  struct json_place fixed = json_put_array(json_key(at, "fixed"));
  for (int j = 0; j < p; j++) {
    struct t_test t = {.estimate = NAN, .se = NAN, .df = NAN, .t = NAN, .p = NAN};
    l[j] = 1;
    if (!r->aliased[j]) t = t_test_of(f, l, 0);
    l[j] = 0;
    struct json_place row = json_put_object(fixed);
    json_put_text(json_key(row, "name"), f->frame->x_names[j]);
    json_put_number(json_key(row, "estimate"), r->beta[j]);
    json_put_number(json_key(row, "se"), t.se);
    json_put_number(json_key(row, "df"), t.df);
    json_put_number(json_key(row, "statistic"), t.t);
    json_put_number(json_key(row, "p"), t.p);
    put_interval(row, &t);
    json_put_bool(json_key(row, "aliased"), r->aliased[j]);
  }
  json_put_matrix(json_key(at, "vcov"), fit_small_sample(f)->vcov, p, p);
}

static double *correlations(struct arena *a, const double *g, int c) {
  double *corr = arena_array(a, (size_t)c * (size_t)c, double);
  for (int i = 0; i < c; i++)
    for (int j = 0; j < c; j++) corr[j * c + i] = report_correlation(g, c, i, j);
  return corr;
}

/* Standard deviations twice, as variances too. */
static void put_parameters(struct json_place at, struct arena *a, const struct covariance_parameter *p, int n,
                           const char *where) {
  for (int i = 0; i < n; i++) {
    if (where ? strcmp(p[i].where, where) != 0 : !p[i].residual) continue;
    json_put_number(json_key(at, p[i].key), p[i].value);
    if (strncmp(p[i].key, "sd", 2) == 0 && (p[i].key[2] == '.' || !p[i].key[2]))
      json_put_number(json_key(at, arena_printf(a, "var%s", p[i].key + 2)), p[i].value * p[i].value);
  }
}

/* Of plain models the matrices say it all. */
static const struct covariance_parameter *structures_of(struct arena *a, const struct fit *f, int *n) {
  *n = 0;
  return problem_has_structures(f->frame->problem) ? covariance_parameters(a, f, 0.95, n) : NULL;
}

static void put_random(struct json_place at, struct arena *a, const struct fit *f) {
  struct json_place random = json_put_array(json_key(at, "random"));
  for (int t = 0; t < f->frame->problem->n_terms; t++) {
    const struct frame_term *names = &f->frame->terms[t];
    const double *g = f->result->g[t];
    int c = f->frame->problem->terms[t].c;
    struct json_place term = json_put_object(random);
    json_put_text(json_key(term, "group"), names->group);
    json_put_text(json_key(term, "structure"), names->structure);
    json_put_texts(json_key(term, "names"), c, names->names);
    json_put_matrix(json_key(term, "covariance"), g, c, c);
    struct json_place sd = json_put_array(json_key(term, "sd"));
    for (int i = 0; i < c; i++) json_put_number(sd, sqrt(g[i * c + i]));
    json_put_matrix(json_key(term, "corr"), correlations(a, g, c), c, c);
    int n;
    const struct covariance_parameter *p = structures_of(a, f, &n);
    put_parameters(json_put_object(json_key(term, "parameters")), a, p, n, names->text);
    json_put_integer(json_key(term, "rank"), f->result->g_rank[t]);
  }
}

static void put_strata(struct json_place at, struct arena *a, const struct fit *f,
                       const struct covariance_parameter *p, int n) {
  const struct frame_residual *e = f->frame->residual;
  if (!e || e->n_strata < 2) return;
  struct json_place strata = json_put_object(json_key(at, "strata"));
  for (int s = 0; s < e->n_strata; s++) {
    const char *where = arena_printf(a, "%s of %s", e->text, print_level(a, e->by, e->strata[s]));
    put_parameters(json_put_object(json_key(strata, e->strata[s])), a, p, n, where);
  }
}

/* Of one stratum and one factor over a few named positions: their matrix. */
static void put_block(struct json_place at, struct arena *a, const struct fit *f) {
  const struct frame_residual *e = f->frame->residual;
  const struct frame_factor_names *names = e && e->n_factors ? &e->factor[0] : NULL;
  bool named = names && names->labels && names->m <= 64;
  struct json_place list = json_put_array(json_key(at, "names"));
  for (int i = 0; named && i < names->m; i++) json_put_text(list, names->labels[i]);
  double *v = named ? reml_residual_factor(a, f->frame->problem, f->result, 0, 0) : NULL;
  if (v)
    json_put_matrix(json_key(at, "covariance"), v, names->m, names->m);
  else
    json_put_null(json_key(at, "covariance"));
}

static void put_residual(struct json_place at, struct arena *a, const struct fit *f) {
  const struct frame_residual *e = f->frame->residual;
  struct json_place residual = json_put_object(json_key(at, "residual"));
  int n;
  const struct covariance_parameter *p = structures_of(a, f, &n);
  json_put_text(json_key(residual, "structure"), residual_structure(a, f));
  if (e && e->block)
    json_put_text(json_key(residual, "group"), e->block);
  else
    json_put_null(json_key(residual, "group"));
  json_put_number(json_key(residual, "sigma"), sqrt(f->result->sigma2));
  put_parameters(json_put_object(json_key(residual, "parameters")), a, p, e ? n : 0,
                 e && e->n_strata > 1 ? "" : NULL);
  put_strata(residual, a, f, p, n);
  put_block(residual, a, f);
}

static void put_lints(struct json_place at, const struct lint_list *lints) {
  struct json_place list = json_put_array(json_key(at, "lints"));
  for (const struct lint *l = lints->first; l; l = l->next) {
    struct json_place in = json_put_object(list);
    json_put_text(json_key(in, "code"), diag_number(l->code));
    json_put_text(json_key(in, "name"), lint_find(diag_number(l->code))->name);
    json_put_text(json_key(in, "message"), l->text);
    json_put_text(json_key(in, "hint"), l->hint);
  }
}

void json_put_fit(struct json_place at, struct arena *a, const struct fit *f) {
  json_put_text(json_key(at, "version"), KIN_VERSION);
  const struct model_spec *spec = f->frame->ir->spec;
  if (spec && spec->decl) json_put_text(json_key(at, "model"), spec->decl->name);
  json_put_text(json_key(at, "formula"), f->frame->ir->text);
  json_put_text(json_key(at, "method"), f->reml ? "REML" : "ML");
  json_put_text(json_key(at, "family"), "gaussian");
  json_put_text(json_key(at, "link"), "identity");
  put_data(json_put_object(json_key(at, "data")), f->frame);
  json_put_integer(json_key(at, "n_obs"), f->frame->problem->n);
  put_groups(at, f->frame);
  json_put_text(json_key(at, "df_method"), df_word(f->df.method));
  put_criteria(at, f);
  put_ending(at, f);
  put_fixed(at, a, f);
  put_random(at, a, f);
  put_residual(at, a, f);
  json_put_null(json_key(at, "r2"));
  json_put_null(json_key(at, "icc"));
  put_lints(at, &f->lints);
}
