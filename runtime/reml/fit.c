/* fit.c: the optimizer's loop, and the door to the likelihood. */
#include "runtime/reml/linalg.h"
#include "runtime/reml/prepared.h"
#include <math.h>
#include <string.h>
#include <time.h>

/* Limits of the search, in units of -2 log L. */
enum { EVALUATIONS_MAX = 200 };
#define DECREMENT_DONE 1e-9  /* predicted decrease at which one last step ends the search ... */
#define REMAINDER_DONE 1e-12 /* ... if at the pace of the steps so far no more than this remains after it */
#define OBSERVED_BELOW 1.0   /* predicted decrease below which observed information takes over */
#define NO_WORSE 1e-9        /* what an exact zero may cost */
#define SMALL_PIVOT 1e-2     /* relative sd that is tried at exactly zero */
#define IDENTIFIED 1e-8      /* smallest eigenvalue of the scaled information at the start */
#define NO_INFORMATION 1e-12 /* see scale_to_unit */
#define STUCK 1e-10          /* trust region, relative to |theta| */
#define STUCK_DECREMENT 1e-6 /* predicted decrease that rounding may hide */

#define RESTART_STEP 1.2  /* of a restart in each parameter: charts are made so that 1 is a large step */
#define RESTART_SAME 1e-6 /* criteria this near are one optimum */

struct search {
  struct prepared *pr;
  struct arena *scratch;
  int n;                 /* k + 1 */
  double *theta, *trial; /* n */
  double *g_phi, *h_phi; /* n, n x n: derivatives in phi */
  double *g, *h;         /* the same in theta */
  struct step step;
  double criterion, delta;
  double decrement; /* predicted decrease of the last full Newton step */
  double before;    /* and of the one before it */
  bool observed;
  int evaluations;
};

static double norm(int n, const double *x) {
  return sqrt(la_dot((size_t)n, x, x));
}

static struct search search_new(struct prepared *pr, struct arena *scratch) {
  int n = pr->k + 1;
  struct search s = {
      .pr = pr, .scratch = scratch, .n = n, .criterion = INFINITY, .decrement = INFINITY, .before = INFINITY};
  s.theta = matrix_raw(scratch, n, 1);
  s.trial = matrix_raw(scratch, n, 1);
  s.g_phi = matrix_raw(scratch, n, 1);
  s.h_phi = matrix_raw(scratch, n, n);
  s.g = matrix_raw(scratch, n, 1);
  s.h = matrix_raw(scratch, n, n);
  s.step.s = matrix_raw(scratch, n, 1);
  return s;
}

/* The criterion at theta with its best sigma; INFINITY where it cannot be had. */
static double evaluate(struct search *s, const double *theta) {
  mem_check_interrupt(arena_mem(s->scratch));
  s->evaluations++;
  if (!solve_at(s->pr, theta, WANT_HESSIAN)) return INFINITY;
  double value = solved_criterion(s->pr, solved_sigma2(s->pr));
  return isfinite(value) ? value : INFINITY;
}

/* Makes theta, where the last evaluation was, the current point: free scale, new pivots, derivatives. */
static void adopt(struct search *s, const double *theta, double criterion) {
  double sigma2 = solved_sigma2(s->pr);
  memmove(s->theta, theta, sizeof(double) * (size_t)s->n);
  chart_scale(s->pr, s->theta, sigma2 / chart_sigma2(s->pr, s->theta));
  if (chart_repivot(s->pr, s->theta)) solve_at(s->pr, s->theta, WANT_HESSIAN);
  s->criterion = criterion;
  solve_second(s->pr);
  solved_gradient(s->pr, sigma2, s->g_phi);
  chart_gradient(s->pr, s->theta, s->g_phi, s->g);
}

static void hessian(struct search *s, bool observed) {
  s->observed = observed;
  solved_hessian(s->pr, chart_sigma2(s->pr, s->theta), observed, s->h_phi);
  chart_hessian(s->pr, s->scratch, s->theta, s->g_phi, s->h_phi, s->h);
}

/* Both Hessians of the current point; `observed` is left alone where it cannot be had. */
static void hessians(struct search *s, double *average, double *observed) {
  hessian(s, false);
  memcpy(average, s->h, sizeof(double) * area(s->n, s->n));
  if (!solved_has_ei(s->pr)) return;
  hessian(s, true);
  memcpy(observed, s->h, sizeof(double) * area(s->n, s->n));
}

/* Average information far away, observed near the optimum. */
static void choose_step(struct search *s, const double *average, const double *observed) {
  newton_step(s->scratch, s->n, s->g, average, s->delta, &s->step);
  s->observed = solved_has_ei(s->pr) && s->step.predicted < OBSERVED_BELOW;
  if (s->observed) newton_step(s->scratch, s->n, s->g, observed, s->delta, &s->step);
  if (!s->step.inside) return;
  s->before = s->decrement;
  s->decrement = s->step.predicted;
}

/* Is the next step the last one needed?  Steps with average information converge linearly. */
static bool nearly_there(const struct search *s) {
  double left = s->decrement * fmin(1, s->decrement / s->before);
  return s->step.inside && s->decrement < DECREMENT_DONE && left < REMAINDER_DONE;
}

static void log_line(struct search *s, double actual) {
  struct buf *log = s->pr->options.log;
  if (!log) return;
  buf_printf(log, "%3d  %20.10f  decrease %10.3e  predicted %10.3e  step %9.3e  gradient %9.3e  %s\n",
             s->evaluations, s->criterion, actual, s->step.predicted, s->step.length, norm(s->n, s->g),
             s->observed ? "observed" : "average");
}

/* What rounding does to the criterion. */
static double noise(const struct search *s) {
  return 1e-14 * (fabs(s->criterion) + s->pr->all.n);
}

/* ---- identifiability ------------------------------------------------------------------------------------ */

static bool moves_term(const struct search *s, int t, const double *v) {
  const struct prepared_term *x = &s->pr->terms[t];
  double part = 0;
  for (int i = x->phi; i < x->phi + x->n_phi; i++) part = fmax(part, fabs(v[i]));
  return part > 0.1;
}

static void mark_terms(const struct search *s, const double *v, bool *bad) {
  int m = s->pr->all.n_terms;
  for (int t = 0; t < m; t++) bad[t] = bad[t] || moves_term(s, t, v);
  bad[m] = bad[m] || fabs(v[s->n - 1]) > 0.1;
  for (int i = 0; i < s->n - 1 && s->pr->marginal; i++)
    if (marginal_owner(s->pr->marginal, i) == m) bad[m] = bad[m] || fabs(v[i]) > 0.1;
}

/* Scaled to a unit diagonal; a parameter without information gets a zero row.  Information that is rounding error is none:
   tr(V^-1 V_i V^-1 V_i) is at least t_i^2 / n, and what the fixed effects leave of it is compared with that. */
static void scale_to_unit(const struct prepared *pr, int n, double *h) {
  for (int i = 0; i < n; i++) {
    double t = pr->sums.t[i], d = h[at(i, i, n)];
    double scale = d > NO_INFORMATION * t * t / pr->all.n ? 1 / sqrt(d) : 0;
    for (int j = 0; j < n; j++) h[at(i, j, n)] *= scale;
    for (int j = 0; j < n; j++) h[at(j, i, n)] *= scale;
  }
}

/* Terms that the data cannot tell apart, by the information at the start.  Only there it can be seen: where the
   likelihood is flat, the search slides along. */
static int not_identified(struct search *s, bool *bad) {
  int n = s->n;
  double *value = matrix_raw(s->scratch, n, 1), *v = matrix_raw(s->scratch, n, n);
  double *h = matrix_raw(s->scratch, n, n);
  memcpy(h, solved_has_ei(s->pr) ? s->pr->solved.ei : s->pr->solved.ai, sizeof(double) * area(n, n));
  scale_to_unit(s->pr, n, h);
  la_eigen(n, h, value, v);
  for (int i = 0; i < n; i++)
    if (value[i] < IDENTIFIED) mark_terms(s, v + at(0, i, n), bad);
  int count = 0;
  for (int t = 0; t <= s->pr->all.n_terms; t++) count += bad[t];
  return count;
}

/* ---- the search ----------------------------------------------------------------------------------------- */

/* G_t given by the user, relative to sigma^2, in the internal basis: B G B'. */
static void internal_start(const struct prepared *pr, struct arena *scratch, const double *g, double *theta) {
  int m = pr->all.n_terms;
  double **inner = arena_array(scratch, (size_t)m, double *);
  for (int t = 0; t < m; t++) {
    int c = pr->terms[t].c;
    double *half = matrix_raw(scratch, c, c);
    inner[t] = matrix_raw(scratch, c, c);
    la_multiply(c, c, c, pr->terms[t].basis, c, g, c, half, c);
    la_multiply_nt(c, c, c, half, c, pr->terms[t].basis, c, inner[t], c);
    g += c * c;
  }
  chart_from(pr, inner, theta);
}

/* What the sparse kernel makes of its cross-products, where it has all rows. */
static bool suggested_start(const struct prepared *pr, struct arena *scratch, double *theta) {
  if (!pr->sparse || pr->dense) return false;
  double **g = arena_array(scratch, (size_t)pr->all.n_terms, double *);
  for (int t = 0; t < pr->all.n_terms; t++) g[t] = matrix_zero(scratch, pr->terms[t].c, pr->terms[t].c);
  if (!sparse_start(pr->sparse, g)) return false;
  chart_from(pr, g, theta);
  return true;
}

/* Uniform on (-1, 1): SplitMix64 (Steele, Lea & Flood 2014), the same on every machine. */
static double random_step(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return 2 * ((double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0) - 1;
}

/* Of restart `which`, 0 the first search: away from where that begins. */
static void start_point(struct search *s, int which) {
  uint64_t state = (uint64_t)which;
  chart_start(s->pr, s->theta);
  if (!s->pr->marginal && s->pr->options.start)
    internal_start(s->pr, s->scratch, s->pr->options.start, s->theta);
  else if (!s->pr->marginal)
    suggested_start(s->pr, s->scratch, s->theta);
  if (s->pr->marginal && s->pr->options.theta)
    memcpy(s->theta, s->pr->options.theta, sizeof(double) * (size_t)(s->n - 1));
  for (int i = 0; i < s->n - 1 && which > 0; i++) s->theta[i] += RESTART_STEP * random_step(&state);
}

/* One trial step; true when it was accepted. */
static bool try_step(struct search *s) {
  for (int i = 0; i < s->n; i++) s->trial[i] = s->theta[i] + s->step.s[i];
  double value = evaluate(s, s->trial), actual = s->criterion - value, rho = actual / s->step.predicted;
  bool in_noise = s->step.predicted < noise(s) && actual > -noise(s);
  bool accepted = actual > 0 || in_noise;
  if (accepted) adopt(s, s->trial, value);
  if (!(rho >= 0.25) && !in_noise)
    s->delta = s->step.length / 4;
  else if (rho > 0.75 && !s->step.inside)
    s->delta *= 2.5;
  log_line(s, actual);
  return accepted;
}

/* The last Newton step, with small pivots at exactly zero if that is no worse. */
static void last_step(struct search *s) {
  for (int attempt = 0; attempt < 2; attempt++) {
    for (int i = 0; i < s->n; i++) s->trial[i] = s->theta[i] + s->step.s[i];
    if (attempt == 0 && chart_zero_pivots(s->pr, s->trial, SMALL_PIVOT) == 0) continue;
    double value = evaluate(s, s->trial), actual = s->criterion - value;
    if (actual >= -NO_WORSE - noise(s)) {
      adopt(s, s->trial, value);
      log_line(s, actual);
      return;
    }
  }
  evaluate(s, s->theta); /* leaves the kernels at the result */
  adopt(s, s->theta, s->criterion);
}

static enum reml_status search_loop(struct search *s, double *average, double *observed) {
  int limit = s->pr->options.max_evaluations ? s->pr->options.max_evaluations : EVALUATIONS_MAX;
  bool fresh = true; /* the current point's Hessians are not yet known */
  for (;;) {
    struct arena_mark mark = arena_mark(s->scratch);
    if (fresh) hessians(s, average, observed);
    choose_step(s, average, observed);
    arena_reset(s->scratch, mark);
    if (chart_sigma2(s->pr, s->theta) <= SIGMA2_FLOOR * (1 + 1e-6)) return REML_ZERO_RESIDUAL;
    if (nearly_there(s)) return REML_CONVERGED;
    bool stuck = s->delta < STUCK * (1 + norm(s->n, s->theta));
    if (stuck && s->decrement < STUCK_DECREMENT) return REML_CONVERGED;
    if (stuck || s->evaluations >= limit) return REML_NOT_CONVERGED;
    fresh = try_step(s);
  }
}

/* ---- the whole ------------------------------------------------------------------------------------------ */

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void keep_bad_terms(struct arena *a, int m, const bool *bad, struct reml_result *out) {
  out->bad_term = ints_raw(a, m + 1);
  for (int t = 0; t <= m; t++)
    if (bad[t]) out->bad_term[out->n_bad++] = t;
}

static void run_search(struct arena *a, struct search *s, int which, struct reml_result *out) {
  struct prepared *pr = s->pr;
  int n = s->n, m = pr->all.n_terms;
  bool *bad = arena_array(s->scratch, (size_t)m + 1, bool);
  double *average = matrix_raw(s->scratch, n, n), *observed = matrix_raw(s->scratch, n, n);
  start_point(s, which);
  double value = evaluate(s, s->theta);
  out->status = REML_NOT_CONVERGED;
  if (!isfinite(value)) return;
  adopt(s, s->theta, value);
  log_line(s, 0);
  if (not_identified(s, bad)) {
    out->status = REML_NOT_IDENTIFIED;
    keep_bad_terms(a, m, bad, out);
    return;
  }
  s->delta = fmax(norm(n, s->theta), pr->marginal ? 1 : 0);
  out->status = search_loop(s, average, observed);
  if (out->status == REML_CONVERGED)
    last_step(s);
  else
    evaluate(s, s->theta);
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

static void take_results(struct arena *a, struct search *s, struct reml_result *out) {
  out->evaluations = s->evaluations;
  out->decrement = isfinite(s->decrement) ? s->decrement : s->step.predicted;
  if (out->status == REML_NOT_IDENTIFIED || !isfinite(s->criterion)) {
    finish_nothing(a, s->pr, out);
    return;
  }
  out->criterion = s->criterion;
  struct step newton = s->step;
  hessian(s, solved_has_ei(s->pr));
  newton_step(s->scratch, s->n, s->g, s->h, INFINITY, &newton);
  out->gradient_norm = newton.convex ? sqrt(fmax(0, newton.predicted)) : norm(s->n, s->g);
  finish_result(a, s->pr, s->theta, out);
  if (s->pr->marginal && !solved_has_ei(s->pr)) hessian_by_differences(s);
  if (s->pr->marginal) finish_structures(a, s->pr, s->theta, s->h, out);
  if (out->status == REML_CONVERGED)
    for (int t = 0; t < s->pr->all.n_terms; t++)
      if (out->g_rank[t] < s->pr->terms[t].c) out->status = REML_SINGULAR;
}

/* Searches again from random points; *s and out become those of the best.  A search leaves its pivots in the problem: that of the
   best is made once more if it was not the last. */
static void restart(struct arena *a, struct search *s, struct reml_result *out) {
  int n = out->status == REML_NOT_IDENTIFIED ? 0 : s->pr->options.restarts, best = 0;
  struct arena *scratch = s->scratch;
  double *found = matrix_raw(scratch, n + 1, 1);
  found[0] = s->criterion;
  for (int i = 1; i <= n; i++) {
    struct search other = search_new(s->pr, scratch);
    struct reml_result ignored = {0};
    run_search(a, &other, i, &ignored);
    found[i] = ignored.status == REML_CONVERGED ? other.criterion : INFINITY;
    if (found[i] < found[best] - RESTART_SAME) best = i;
  }
  for (int i = 0; i <= n; i++) out->worse += found[i] > found[best] + RESTART_SAME;
  if (n == 0) return;
  *s = search_new(s->pr, scratch);
  run_search(a, s, best, out);
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
    run_search(a, &s, 0, out);
    restart(a, &s, out);
    take_results(a, &s, out);
  }
  out->message = reml_status_text(a, out);
  out->seconds_setup = ready - start;
  out->seconds_optimize = seconds() - ready;
  arena_pool_drain(m, mark);
  return out;
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
