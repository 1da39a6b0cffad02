/* fit.c: from a problem to its result, and the door to the likelihood. */
#include "runtime/reml/linalg.h"
#include "runtime/reml/search.h"
#include <math.h>
#include <string.h>
#include <time.h>

#define RESTART_SAME 1e-6 /* criteria this near are one optimum */

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The Hessian in theta by central differences of the exact gradient, where the observed information cannot be had.  Leaves the
   kernels at theta. */
static void hessian_by_differences(struct search *s) {
  static const double step = 1e-4;
  double *up = matrix_raw(s->scratch, s->n, 1), *down = matrix_raw(s->scratch, s->n, 1), *to[2] = {up, down};
  memcpy(s->trial, s->theta, sizeof(double) * (size_t)s->n);
  for (int j = 0; j < s->n; j++) {
    for (int side = 0; side < 2; side++) {
      s->trial[j] = s->theta[j] + (side ? -step : step);
      if (!solve_at(s->pr, s->trial, WANT_GRADIENT)) return;
      solved_gradient(s->pr, chart_sigma2(s->pr, s->trial), s->g_phi);
      chart_gradient(s->pr, s->trial, s->g_phi, to[side]);
    }
    s->trial[j] = s->theta[j];
    for (int i = 0; i < s->n; i++) s->h[at(i, j, s->n)] = (up[i] - down[i]) / (2 * step);
  }
}

void search_last_hessian(struct search *s) {
  if (solved_has_ei(s->pr))
    search_hessian(s, true);
  else
    hessian_by_differences(s);
}

static void put_naturals(struct arena *a, struct search *s, struct reml_result *out) {
  double *cov = matrix_raw(s->scratch, s->n, s->n);
  search_last_hessian(s);
  finish_naturals(a, s->pr, s->theta, search_covariance(s, cov) ? cov : NULL, out);
}

static void take_results(struct arena *a, struct search *s, struct reml_result *out) {
  out->evaluations = s->evaluations;
  out->decrement = isfinite(s->decrement) ? s->decrement : s->step.predicted;
  bool nowhere = out->status == REML_NOT_IDENTIFIED || out->status == REML_UNREACHABLE;
  if (nowhere || !isfinite(s->criterion)) {
    finish_nothing(a, s->pr, out);
    return;
  }
  out->criterion = s->criterion;
  struct step newton = s->step;
  search_hessian(s, solved_has_ei(s->pr));
  search_step(s, s->h, INFINITY, &newton);
  out->gradient_norm =
      newton.convex ? sqrt(fmax(0, newton.predicted)) : sqrt(la_dot((size_t)s->n, s->g, s->g));
  finish_result(a, s->pr, s->theta, out);
  if (s->pr->marginal || s->holds) put_naturals(a, s, out);
  if (out->status == REML_CONVERGED)
    for (int t = 0; t < s->pr->all.n_terms; t++)
      if (out->g_rank[t] < s->pr->terms[t].c) out->status = REML_SINGULAR;
}

/* Searches again from random points; *s and out become those of the best.  A search leaves its pivots in the problem: that of the
   best is made once more if it was not the last. */
static void restart(struct arena *a, struct search *s, struct reml_result *out) {
  bool nowhere = out->status == REML_NOT_IDENTIFIED || out->status == REML_UNREACHABLE;
  int n = nowhere ? 0 : s->pr->options.restarts, best = 0;
  struct arena *scratch = s->scratch;
  double *found = matrix_raw(scratch, n + 1, 1);
  found[0] = s->criterion;
  for (int i = 1; i <= n; i++) {
    struct search other = search_new(s->pr, scratch);
    struct reml_result ignored = {0};
    search_run(a, &other, i, &ignored);
    found[i] = ignored.status == REML_CONVERGED ? other.criterion : INFINITY;
    if (found[i] < found[best] - RESTART_SAME) best = i;
  }
  for (int i = 0; i <= n; i++) out->worse += found[i] > found[best] + RESTART_SAME;
  if (n == 0) return;
  *s = search_new(s->pr, scratch);
  search_run(a, s, best, out);
  out->restarts = n;
}

struct reml_result *reml_fit(struct arena *a, const struct problem *problem,
                             const struct reml_options *options) {
  struct mem *m = arena_mem(a);
  struct arena *mark = arena_pool_mark(m), *scratch = arena_new(m);
  struct reml_result *out = arena_make(a, struct reml_result);
  double start = seconds();
  struct prepared *pr = reml_prepare(scratch, problem, options);
  double ready = seconds();
  if (pr->perfect) {
    out->status = REML_PERFECT_FIT;
    finish_perfect(a, pr, out);
  } else {
    struct search s = search_new(pr, scratch);
    search_run(a, &s, 0, out);
    restart(a, &s, out);
    take_results(a, &s, out);
  }
  out->message = reml_status_text(a, out);
  out->seconds_setup = ready - start;
  out->seconds_optimize = seconds() - ready;
  arena_pool_drain(m, mark);
  return out;
}

/* ---- from a result again ---------------------------------------------------------------------------------- */

/* G_t / sigma^2, stacked as options.start wants it. */
static double *stacked(struct arena *a, const struct problem *problem, const struct reml_result *r) {
  size_t n = 0;
  for (int t = 0; t < problem->n_terms; t++) n += area(problem->terms[t].c, problem->terms[t].c);
  double *all = arena_raw(a, n + 1, double), *at = all;
  for (int t = 0; t < problem->n_terms; t++)
    for (size_t i = 0; i < area(problem->terms[t].c, problem->terms[t].c); i++)
      *at++ = r->g[t][i] / r->sigma2;
  return all;
}

struct prepared *reml_reopen(struct arena *scratch, const struct problem *problem,
                             const struct reml_result *r, int threads, struct search *s) {
  struct reml_options how = {.threads = threads, .start = stacked(scratch, problem, r), .theta = r->theta};
  struct prepared *pr = reml_prepare(scratch, problem, &how);
  *s = search_new(pr, scratch);
  search_at(s, r->sigma2 / (pr->y_scale * pr->y_scale));
  return pr;
}

const struct reml_natural *reml_natural_values(struct arena *a, const struct problem *problem,
                                               const struct reml_result *r, int threads, int *n) {
  *n = r->n_natural;
  if (r->natural || !(r->sigma2 > 0)) return r->natural;
  struct mem *m = arena_mem(a);
  struct arena *mark = arena_pool_mark(m);
  struct search s;
  struct reml_result out = {0};
  reml_reopen(arena_new(m), problem, r, threads, &s);
  put_naturals(a, &s, &out);
  *n = out.n_natural;
  arena_pool_drain(m, mark);
  return out.natural;
}

/* ---- the door ------------------------------------------------------------------------------------------- */

void reml_start(const struct prepared *pr, double *theta) {
  chart_start(pr, theta);
}

struct moments *moments_new(struct arena *a, const struct prepared *pr) {
  struct moments *m = arena_make(a, struct moments);
  m->gradient = matrix_zero(a, pr->k + 1, 1);
  m->hessian = matrix_zero(a, pr->k + 1, pr->k + 1);
  m->a = matrix_zero(a, pr->p1, pr->p1);
  return m;
}

bool problem_eval(struct prepared *pr, const double *theta, unsigned want, struct moments *m) {
  if (!solve_at(pr, theta, want)) return false;
  double sigma2 = chart_sigma2(pr, theta);
  m->criterion = solved_criterion(pr, sigma2);
  m->ld = pr->sums.ld + pr->all.n * log(sigma2);
  m->r2 = pr->solved.r2 / sigma2;
  for (size_t i = 0; i < area(pr->p1, pr->p1); i++) m->a[i] = pr->sums.a[i] / sigma2;
  if (want >= WANT_GRADIENT) solved_gradient(pr, sigma2, m->gradient);
  if (want < WANT_HESSIAN) return isfinite(m->criterion);
  solve_second(pr);
  m->observed = solved_has_ei(pr);
  solved_hessian(pr, sigma2, m->observed, m->hessian);
  return isfinite(m->criterion);
}

void moments_gradient(const struct prepared *pr, const double *theta, const struct moments *m,
                      double *g_theta) {
  chart_gradient(pr, theta, m->gradient, g_theta);
}
