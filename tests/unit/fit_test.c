/* A fit as a value: what follows from the frame and the result, and what is said of how the optimizer ended. */
#include "tests/unit/frame_lab.h"
#include "runtime/inference/fit.h"

static struct lab l;

static void open_lab(void) {
  lab_open(&l);
}

static void close_lab(void) {
  lab_close(&l);
}

TestSuite(fit, .init = open_lab, .fini = close_lab);

static const struct lint_set all = {UINT64_MAX}; /* lints have tests of their own */

static struct fit *fit(const char *formula, const struct fit_options *options) {
  struct frame *f = lab_frame(&l, formula, NULL);
  cr_assert_not_null(f, "%s", lab_diags(&l));
  return fit_model(&l.mem, l.diags, l.script->source, (struct span){0, 1}, f, options);
}

static struct fit *fit_reml(const char *formula) {
  struct fit *f = fit(formula, &(struct fit_options){.reml = true, .threads = 1, .silenced = all});
  cr_assert_not_null(f, "%s", lab_diags(&l));
  return f;
}

#define EXPECT_NEAR(a, b, relative) cr_expect(fabs((a) - (b)) <= (relative)*fabs(b), "%.12g, not %.12g", a, b)

/* sleepstudy as lme4 fits it: logLik, AIC, BIC and standard errors as it prints them. */
Test(fit, criteria_and_standard_errors) {
  lab_read(&l, "tests/data/sleepstudy.csv");
  const struct fit *f = fit_reml("Reaction ~ Days + (1 + Days | Subject)");
  EXPECT_NEAR(fit_loglik(f), -871.8141, 1e-7);
  cr_expect_eq(f->n_par, 6);
  EXPECT_NEAR(fit_aic(f), 1755.6283, 1e-7);
  EXPECT_NEAR(fit_bic(f), 1755.6283 - 12 + 6 * log(180), 1e-7);
  EXPECT_NEAR(fit_se(f, 0), 6.8246, 1e-5);
  EXPECT_NEAR(fit_se(f, 1), 1.5458, 1e-5);
  cr_expect(fit_converged(f));
  cr_expect_not(fit_singular(f));
  cr_expect_null(f->fitlog);
}

/* Normal equations: X'(y - X b - Z u) = 0, and Z'(y - X b - Z u) = sigma^2 G^-1 u. */
Test(fit, residuals_solve_the_mixed_model_equations) {
  lab_read(&l, "tests/data/sleepstudy.csv");
  const struct fit *f = fit_reml("Reaction ~ Days + (1 | Subject)");
  const struct problem *p = f->frame->problem;
  double *e = arena_raw(l.arena, (size_t)p->n, double);
  double *fitted = arena_raw(l.arena, (size_t)p->n, double);
  fit_residuals(f, e);
  fit_fitted(f, fitted);
  double ex[2] = {0}, eu[18] = {0};
  for (int i = 0; i < p->n; i++) {
    EXPECT_NEAR(e[i] + fitted[i], p->y[i], 1e-13);
    ex[0] += p->x[i] * e[i];
    ex[1] += p->x[p->n + i] * e[i];
    eu[p->terms[0].level[i]] += e[i];
  }
  cr_expect(fabs(ex[0]) < 1e-6 && fabs(ex[1]) < 1e-6, "%g %g", ex[0], ex[1]);
  double ratio = f->result->sigma2 / f->result->g[0][0];
  for (int s = 0; s < 18; s++) EXPECT_NEAR(eu[s], ratio * f->result->b[0][s], 1e-7);
}

Test(fit, an_offset_belongs_to_the_fitted_values) {
  lab_read(&l, "tests/data/sleepstudy.csv");
  const struct fit *f = fit_reml("Reaction ~ Days + (1 | Subject)");
  const struct fit *g = fit_reml("Reaction ~ Days + offset(100 * Days) + (1 | Subject)");
  enum { N = 180 };
  double a[N], b[N];
  fit_fitted(f, a);
  fit_fitted(g, b);
  for (int i = 0; i < N; i++) EXPECT_NEAR(b[i], a[i], 1e-8);
  fit_residuals(f, a);
  fit_residuals(g, b);
  for (int i = 0; i < N; i++) cr_expect(fabs(b[i] - a[i]) < 1e-6);
}

Test(fit, a_singular_fit_says_so) {
  lab_csv(&l, "y,g\n1,a\n9,a\n2,b\n8,b\n3,c\n7,c\n");
  const struct fit *f = fit_reml("y ~ 1 + (1 | g)");
  cr_expect(fit_singular(f));
  cr_expect(fit_converged(f));
  cr_expect_str_eq(lab_diags(&l), "");
}

Test(fit, an_aliased_effect_has_no_standard_error) {
  lab_csv(&l, "y,x,z,g\n1,1,2,a\n4,2,4,a\n2,3,6,b\n8,4,8,b\n3,5,10,c\n7,7,14,c\n");
  const struct fit *f = fit_reml("y ~ x + z + (1 | g)");
  cr_expect(f->result->aliased[2]);
  cr_expect(isnan(fit_se(f, 2)));
  cr_expect_eq(f->n_par, 4);
  double fitted[6];
  fit_fitted(f, fitted);
  for (int i = 0; i < 6; i++) cr_expect(isfinite(fitted[i]));
}

Test(fit, too_few_evaluations_are_a_warning) {
  lab_read(&l, "tests/data/sleepstudy.csv");
  struct fit *f = fit("Reaction ~ Days + (1 + Days | Subject)",
                      &(struct fit_options){.reml = true, .threads = 1, .max_evaluations = 2, .log = true});
  cr_assert_not_null(f);
  cr_expect_not(fit_converged(f));
  cr_expect_eq(l.diags->n_errors, 0);
  cr_expect_eq(l.diags->first->code, DIAG_NOT_CONVERGED);
  cr_expect(f->fitlog && *f->fitlog);
}

Test(fit, terms_that_cannot_be_told_apart_are_named) {
  lab_csv(&l, "y,g,h\n1,a,p\n4,a,p\n2,b,q\n8,b,q\n3,c,r\n7,c,r\n");
  cr_expect_null(
      fit("y ~ 1 + (1 | g) + (1 | h)", &(struct fit_options){.reml = true, .threads = 1, .silenced = all}));
  cr_expect_eq(l.diags->first->code, DIAG_NOT_IDENTIFIED);
  cr_expect_str_eq(l.diags->first->text, "the data cannot tell the variances of (1 | g) and (1 | h) apart");
}
