/* fn_anova.c: anova(), confint(): tests of whole terms, intervals. */
#include "runtime/inference/anova.h"
#include "runtime/inference/distributions.h"
#include "runtime/inference/profile.h"
#include "runtime/inference/small_sample.h"
#include "runtime/value/interp.h"
#include <math.h>
#include <string.h>

static const struct fit *fit_of(const struct call *c) {
  return c->arg[0].value.u.fit;
}

static struct value shared(const char *s) {
  return (struct value){.kind = VALUE_TEXT, .u.text = s};
}

static bool give(struct call *c, int rows, int cols, const struct value *cells, const char *const *names,
                 const char *kind, const char *title, struct value *out) {
  struct grid_value g = {
      .rows = rows, .cols = cols, .cell = cells, .col_names = names, .kind = kind, .title = title};
  arena_hold(c->in->scratch, fit_of(c)->arena);
  *out = value_grid(c->in, &g);
  return true;
}

/* ---- anova ---------------------------------------------------------------------------------------------- */

enum { ANOVA_FIT, ANOVA_TYPE }; /* ORDER ANOVA: builtins.def */

static bool read_type(struct call *c, int *type) {
  *type = 3;
  if (!c->arg[ANOVA_TYPE].ast) return true;
  double x = c->arg[ANOVA_TYPE].value.u.number;
  if (x != 1 && x != 2 && x != 3) return CALL_ERROR(c, c->arg[ANOVA_TYPE].ast->span, DIAG_ANOVA_TYPE);
  *type = (int)x;
  return true;
}

bool builtin_anova(struct call *c, struct value *out) {
  static const char *const names[] = {"term", "F", "ndf", "ddf", "p"};
  const struct fit *f = fit_of(c);
  const struct ir_terms *terms = &f->frame->ir->fixed;
  struct arena *a = c->in->scratch;
  struct value *cells = arena_array(a, 5 * (size_t)terms->n + 1, struct value), *at = cells;
  int type, rows = 0, empty = 0;
  if (!read_type(c, &type)) return false;
  for (int t = 0; t < terms->n; t++) {
    double *l;
    if (terms->term[t].n == 0) continue; /* the intercept */
    int n = anova_rows(a, f, type, t, &l);
    struct f_test test = {.f = NAN, .ddf = NAN, .p = NAN};
    if (n > 0) test = f_test_of(a, f, n, l, NULL);
    empty += n == 0;
    *at++ = shared(terms->term[t].name);
    *at++ = value_number(test.f);
    *at++ = value_number(test.ndf);
    *at++ = value_number(test.ddf);
    *at++ = value_number(test.p);
    rows++;
  }
  const char *why = fit_small_sample(f)->why_not;
  const char *title = arena_printf(
      a, "Type %d tests of fixed effects. Degrees of freedom: %s%s", type,
      why ? arena_printf(a, "none, since %s", why) : df_text(a, f),
      empty ? ". NA: the term was not estimated, since its columns are combinations of others" : "");
  return give(c, rows, 5, cells, names, "anova", title, out);
}

/* ---- confint -------------------------------------------------------------------------------------------- */

enum { CONFINT_FIT, CONFINT_LEVEL, CONFINT_METHOD }; /* ORDER CONFINT: builtins.def */

static void put_row(struct value **at, const char *name, double estimate, double se, double lower,
                    double upper) {
  *(*at)++ = shared(name);
  *(*at)++ = value_number(estimate);
  *(*at)++ = value_number(se);
  *(*at)++ = value_number(lower);
  *(*at)++ = value_number(upper);
}

static void put_fixed(struct call *c, const struct fit *f, double level, struct value **at) {
  int p = f->frame->problem->p;
  double *l = arena_array(c->in->scratch, (size_t)p, double);
  for (int j = 0; j < p; j++) {
    l[j] = 1;
    struct t_test t = t_test_of(f, l, 0);
    l[j] = 0;
    if (f->result->aliased[j]) t.estimate = t.se = t.df = (double)NAN;
    double half = isnan(t.df) ? (double)NAN : t_quantile((1 + level) / 2, t.df) * t.se;
    put_row(at, f->frame->x_names[j], t.estimate, t.se, t.estimate - half, t.estimate + half);
  }
}

static const char *wald_rows(struct call *c, const struct fit *f, double level, struct value **at) {
  struct arena *a = c->in->scratch;
  int n;
  const struct covariance_parameter *p = covariance_parameters(a, f, level, &n);
  put_fixed(c, f, level, at);
  for (int i = 0; i < n; i++) put_row(at, p[i].full, p[i].value, p[i].se, p[i].lower, p[i].upper);
  return arena_printf(
      a,
      "%.6g %% intervals: of fixed effects by t, degrees of freedom: %s; of covariance parameters by Wald on "
      "log and z scales",
      100 * level, df_text(a, f));
}

/* A ratio is the exponential of what is profiled; a half-life falls where its rate rises. */
static void put_profile(struct value **at, const struct covariance_parameter *p, struct profile_interval x) {
  if (p->ratio) x = (struct profile_interval){exp(x.estimate), exp(x.lower), exp(x.upper)};
  if (p->derived) x = (struct profile_interval){log(2) / x.estimate, log(2) / x.upper, log(2) / x.lower};
  put_row(at, p->full, x.estimate, (double)NAN, x.lower, x.upper);
}

static const char *profile_rows(struct call *c, const struct fit *f, double level, struct value **at) {
  struct arena *a = c->in->scratch;
  int n;
  const struct covariance_parameter *list = covariance_parameters(a, f, level, &n);
  struct profile *p = profile_open(a, f, level);
  if (!p) return NULL;
  for (int j = 0; j < f->frame->problem->p; j++) {
    struct profile_interval x = profile_fixed(p, j);
    put_row(at, f->frame->x_names[j], x.estimate, (double)NAN, x.lower, x.upper);
  }
  for (int i = 0; i < n; i++) put_profile(at, &list[i], profile_covariance(p, list[i].natural));
  return arena_printf(a, "%.6g %% intervals by profile likelihood%s", 100 * level,
                      f->reml ? "; estimates and intervals are those of the fit by ML" : "");
}

bool builtin_confint(struct call *c, struct value *out) {
  static const char *const names[] = {"parameter", "estimate", "se", "lower", "upper"},
                           *const without_se[] = {"parameter", "estimate", "lower", "upper"};
  const struct fit *f = fit_of(c);
  double level;
  bool profile = c->arg[CONFINT_METHOD].ast && strcmp(c->arg[CONFINT_METHOD].value.u.text, "profile") == 0;
  if (!call_level(c, CONFINT_LEVEL, &level)) return false;
  int n;
  covariance_names(c->in->scratch, f->frame, &n);
  struct value *cells = arena_array(c->in->scratch, 5 * (size_t)(f->frame->problem->p + n), struct value),
               *at = cells;
  const char *title = profile ? profile_rows(c, f, level, &at) : wald_rows(c, f, level, &at);
  if (!title) return CALL_ERROR(c, c->arg[CONFINT_FIT].ast->span, DIAG_NO_COVPARS);
  int rows = (int)(at - cells) / 5;
  for (int i = 0; i < rows && profile; i++) { /* profiles have no standard errors */
    cells[4 * i] = cells[5 * i];
    cells[4 * i + 1] = cells[5 * i + 1];
    cells[4 * i + 2] = cells[5 * i + 3];
    cells[4 * i + 3] = cells[5 * i + 4];
  }
  return give(c, rows, profile ? 4 : 5, cells, profile ? without_se : names, "confint", title, out);
}
