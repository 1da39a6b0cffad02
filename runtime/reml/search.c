/* search.c: the optimizer's loop. */
#include "runtime/reml/linalg.h"
#include "runtime/reml/search.h"
#include <math.h>
#include <string.h>

/* Limits of the search, in units of -2 log L. */
enum { EVALUATIONS_MAX = 200 };
#define DECREMENT_DONE 1e-9  /* predicted decrease at which one last step ends the search ... */
#define REMAINDER_DONE 1e-12 /* ... if at the pace of the steps so far no more than this remains after it */
#define OBSERVED_BELOW 1.0   /* predicted decrease below which observed information takes over */
#define NO_WORSE 1e-9        /* what an exact zero may cost */
#define SMALL_PIVOT 1e-2     /* relative sd that is tried at exactly zero */
#define STUCK 1e-10          /* trust region, relative to |theta| */
#define STUCK_DECREMENT 1e-6 /* predicted decrease that rounding may hide */

#define NOTHING 1e-6     /* relative sd that was zero, when theta is had from a covariance matrix */
#define SECOND_LOOK 0.3  /* off the start in each parameter, where that tells nothing */
#define RESTART_STEP 1.2 /* of a restart in each parameter: charts are made so that 1 is a large step */

static double norm(int n, const double *x) {
  return sqrt(la_dot((size_t)n, x, x));
}

struct search search_new(struct prepared *pr, struct arena *scratch) {
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
  if (pr->problem->n_hold) s.holds = holds_new(scratch, pr, pr->problem->n_hold, pr->problem->hold);
  return s;
}

/* Parameters may be held in units of the response: the scale is then one of theta. */
static double sigma2_of(const struct search *s, const double *theta) {
  return s->holds ? chart_sigma2(s->pr, theta) : solved_sigma2(s->pr);
}

/* The criterion at theta with its best sigma; INFINITY where it cannot be had. */
static double evaluate(struct search *s, const double *theta) {
  mem_check_interrupt(arena_mem(s->scratch));
  s->evaluations++;
  if (!solve_at(s->pr, theta, WANT_HESSIAN)) return INFINITY;
  double value = solved_criterion(s->pr, sigma2_of(s, theta));
  return isfinite(value) ? value : INFINITY;
}

/* Makes theta, where the last evaluation was, the current point: free scale, new pivots, derivatives. */
static void adopt(struct search *s, const double *theta, double criterion) {
  double sigma2 = sigma2_of(s, theta);
  memmove(s->theta, theta, sizeof(double) * (size_t)s->n);
  if (!s->holds) chart_scale(s->pr, s->theta, sigma2 / chart_sigma2(s->pr, s->theta));
  if (chart_repivot(s->pr, s->theta)) solve_at(s->pr, s->theta, WANT_HESSIAN);
  s->criterion = criterion;
  solve_second(s->pr);
  solved_gradient(s->pr, sigma2, s->g_phi);
  chart_gradient(s->pr, s->theta, s->g_phi, s->g);
  if (s->holds) holds_tangent(s->holds, s->theta);
}

void search_hessian(struct search *s, bool observed) {
  s->observed = observed;
  solved_hessian(s->pr, chart_sigma2(s->pr, s->theta), observed, s->h_phi);
  chart_hessian(s->pr, s->scratch, s->theta, s->g_phi, s->h_phi, s->h);
}

/* Within the surface of what is held. */
static void held_step(struct search *s, const double *h, double delta, struct step *out) {
  int f = s->holds->free;
  double *g_free = matrix_raw(s->scratch, f, 1), *h_free = matrix_raw(s->scratch, f, f), *whole = out->s;
  struct step inner = {.s = matrix_raw(s->scratch, f, 1), .convex = true, .inside = true};
  holds_reduce(s->holds, s->theta, s->g, h, g_free, h_free);
  if (f) newton_step(s->scratch, f, g_free, h_free, delta, &inner);
  memset(whole, 0, sizeof(double) * (size_t)s->n);
  if (f) la_multiply(s->n, 1, f, s->holds->z, s->n, inner.s, f, whole, s->n);
  *out = inner;
  out->s = whole;
}

void search_step(struct search *s, const double *h, double delta, struct step *out) {
  if (s->holds)
    held_step(s, h, delta, out);
  else
    newton_step(s->scratch, s->n, s->g, h, delta, out);
}

/* 2 h^-1 (n x n); false: h is not positive definite. */
static bool twice_inverse(int n, struct arena *scratch, const double *h, double *out) {
  double *l = matrix_raw(scratch, n, n);
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) l[at(i, j, n)] = (h[at(i, j, n)] + h[at(j, i, n)]) / 4;
  if (!la_cholesky(n, l, n)) return false;
  la_inverse(n, l, n, out, n);
  return true;
}

bool search_covariance(struct search *s, double *out) {
  int f = s->holds ? s->holds->free : s->n, n = s->n;
  if (!s->holds) return twice_inverse(n, s->scratch, s->h, out);
  double *g_free = matrix_raw(s->scratch, f, 1), *h_free = matrix_raw(s->scratch, f, f),
         *cov = matrix_raw(s->scratch, f, f), *half = matrix_raw(s->scratch, n, f);
  memset(out, 0, sizeof(double) * area(n, n));
  if (f == 0) return true;
  holds_reduce(s->holds, s->theta, s->g, s->h, g_free, h_free);
  if (!twice_inverse(f, s->scratch, h_free, cov)) return false;
  la_multiply(n, f, f, s->holds->z, n, cov, f, half, n);
  la_multiply_nt(n, n, f, half, n, s->holds->z, n, out, n);
  return true;
}

/* Both Hessians of the current point; `observed` is left alone where it cannot be had. */
static void hessians(struct search *s, double *average, double *observed) {
  search_hessian(s, false);
  memcpy(average, s->h, sizeof(double) * area(s->n, s->n));
  if (!solved_has_ei(s->pr)) return;
  search_hessian(s, true);
  memcpy(observed, s->h, sizeof(double) * area(s->n, s->n));
}

/* Average information far away, observed near the optimum. */
static void choose_step(struct search *s, const double *average, const double *observed) {
  search_step(s, average, s->delta, &s->step);
  s->observed = solved_has_ei(s->pr) && s->step.predicted < OBSERVED_BELOW;
  if (s->observed) search_step(s, observed, s->delta, &s->step);
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
  double sigma2 = s->pr->options.start_sigma2 / (s->pr->y_scale * s->pr->y_scale);
  if (sigma2 > 0) chart_scale(s->pr, s->theta, sigma2 / chart_sigma2(s->pr, s->theta));
  for (int i = 0; i < s->n - 1 && which > 0; i++) s->theta[i] += RESTART_STEP * random_step(&state);
}

/* To the values that the user gave; false: there is no covariance matrix with them. */
static bool take_values(struct search *s, int which) {
  const struct reml_options *o = &s->pr->options;
  if (which == 0 && o->n_begin && !holds_reach(holds_new(s->scratch, s->pr, o->n_begin, o->begin), s->theta))
    return false;
  if (!s->holds || holds_reach(s->holds, s->theta)) return true;
  chart_start(s->pr, s->theta); /* a variance of zero leads nowhere */
  return holds_reach(s->holds, s->theta);
}

/* s->trial := theta + the step, on the surface of what is held; its criterion. */
static double make_trial(struct search *s) {
  for (int i = 0; i < s->n; i++) s->trial[i] = s->theta[i] + s->step.s[i];
  if (s->holds && !holds_reach(s->holds, s->trial)) return INFINITY;
  return evaluate(s, s->trial);
}

/* One trial step; true when it was accepted. */
static bool try_step(struct search *s) {
  double value = make_trial(s), actual = s->criterion - value, rho = actual / s->step.predicted;
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
    if (s->holds && !holds_reach(s->holds, s->trial)) continue;
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

static void keep_bad_terms(struct arena *a, int m, const bool *bad, struct reml_result *out) {
  out->bad_term = ints_raw(a, m + 1);
  for (int t = 0; t <= m; t++)
    if (bad[t]) out->bad_term[out->n_bad++] = t;
}

/* The criterion where the search begins is finite, and the current point is there. */
static bool begin(struct search *s) {
  double value = evaluate(s, s->theta);
  if (!isfinite(value)) return false;
  adopt(s, s->theta, value);
  return true;
}

/* At a symmetric start, all variances alike, parameters of structures may look the same that differ elsewhere: a second look from
   a random point, which is then the start. */
static bool cannot_tell_apart(struct search *s, bool *bad) {
  uint64_t state = 0;
  if (s->holds || search_not_identified(s, bad) == 0) return false;
  if (!s->pr->marginal) return true;
  for (int i = 0; i < s->n - 1; i++) s->theta[i] += SECOND_LOOK * random_step(&state);
  memset(bad, 0, sizeof(bool) * ((size_t)s->pr->all.n_terms + 1));
  return !begin(s) || search_not_identified(s, bad) > 0;
}

void search_run(struct arena *a, struct search *s, int which, struct reml_result *out) {
  struct prepared *pr = s->pr;
  int n = s->n, m = pr->all.n_terms;
  bool *bad = arena_array(s->scratch, (size_t)m + 1, bool);
  double *average = matrix_raw(s->scratch, n, n), *observed = matrix_raw(s->scratch, n, n);
  start_point(s, which);
  out->status = REML_UNREACHABLE;
  if (!take_values(s, which)) return;
  out->status = REML_NOT_CONVERGED;
  if (!begin(s)) return;
  log_line(s, 0);
  if (cannot_tell_apart(s, bad)) {
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

void search_at(struct search *s, double sigma2) {
  start_point(s, 0);
  chart_scale(s->pr, s->theta, sigma2 / chart_sigma2(s->pr, s->theta));
  if (!s->pr->marginal) chart_zero_pivots(s->pr, s->theta, NOTHING);
  adopt(s, s->theta, evaluate(s, s->theta));
}
