#include "runtime/inference/profile.h"
#include "runtime/inference/distributions.h"
#include <math.h>
#include <string.h>

#define REACHED 1e-7    /* of the signed root of the deviance's increase */
#define FAR 1e-5        /* predicted decrease of a fit that did not converge */
#define NEAR_BOUND 1e-6 /* of a correlation to 1, and of a standard deviation relative to sigma to 0 */
enum { STEPS_MAX = 60, EVALUATIONS_MAX = 60 }; /* of an end; of a fit on the way */

struct profile {
  struct arena *arena;
  const struct fit *fit;
  struct problem problem; /* by ML */
  const struct reml_result *best;
  const struct reml_natural *natural;
  int n_natural;
  double z; /* root of the quantile */
};

struct profile *profile_open(struct arena *a, const struct fit *f, double level) {
  struct profile *p = arena_make(a, struct profile);
  *p = (struct profile){.arena = a, .fit = f, .problem = *f->frame->problem, .best = f->result};
  p->z = t_quantile((1 + level) / 2, INFINITY);
  p->problem.reml = false;
  if (!(f->result->sigma2 > 0)) return NULL;
  if (f->frame->problem->reml) {
    struct reml_options how = {.threads = f->threads, .theta = f->result->theta};
    p->best = reml_fit(a, &p->problem, &how);
  }
  p->natural = reml_natural_values(a, &p->problem, p->best, f->threads, &p->n_natural);
  return p;
}

/* ---- the profile of one parameter -------------------------------------------------------------------------- */

/* What is varied: a covariance parameter, or the coefficient of a column. */
struct target {
  struct profile *p;
  struct arena *scratch;
  int natural, column; /* the other is -1 */
  double estimate, se;
  double low, high;               /* bounds of the parameter */
  const struct reml_result *last; /* of the fit before: where the next one begins */
  struct arena *room[2];          /* of fits, in turns */
  struct arena_mark empty[2];
  int turn;
};

static double *stacked(struct arena *a, const struct problem *p, const struct reml_result *r) {
  size_t n = 1;
  for (int t = 0; t < p->n_terms; t++) n += (size_t)p->terms[t].c * (size_t)p->terms[t].c;
  double *all = arena_raw(a, n, double), *at = all;
  for (int t = 0; t < p->n_terms; t++)
    for (int i = 0; i < p->terms[t].c * p->terms[t].c; i++) *at++ = r->g[t][i] / r->sigma2;
  return all;
}

/* From the fit before, which lives in the other room. */
static const struct reml_result *refit(struct target *t, struct problem *q) {
  const struct reml_result *from = t->last && t->last->sigma2 > 0 ? t->last : t->p->best;
  struct reml_options how = {.threads = t->p->fit->threads,
                             .max_evaluations = EVALUATIONS_MAX,
                             .start = stacked(t->scratch, q, from),
                             .theta = from->theta,
                             .start_sigma2 = from->sigma2};
  t->turn = !t->turn;
  arena_reset(t->room[t->turn], t->empty[t->turn]);
  return reml_fit(t->room[t->turn], q, &how);
}

static const struct reml_result *with_parameter(struct target *t, double value) {
  struct problem q = t->p->problem;
  struct covariance_value *hold = arena_array(t->scratch, (size_t)q.n_hold + 1, struct covariance_value);
  if (q.n_hold) memcpy(hold, q.hold, sizeof *hold * (size_t)q.n_hold);
  hold[q.n_hold++] = (struct covariance_value){t->natural, value};
  q.hold = hold;
  return refit(t, &q);
}

/* The column times its coefficient leaves y, and X. */
static const struct reml_result *with_coefficient(struct target *t, double value) {
  struct problem q = t->p->problem;
  size_t n = (size_t)q.n, before = (size_t)t->column * n, after = (size_t)(q.p - t->column - 1) * n;
  double *x = arena_raw(t->scratch, n * (size_t)q.p, double), *y = arena_raw(t->scratch, n, double);
  memcpy(x, q.x, before * sizeof *x);
  memcpy(x + before, q.x + before + n, after * sizeof *x);
  for (size_t i = 0; i < n; i++) y[i] = q.y[i] - value * q.x[before + i];
  q.x = x;
  q.y = y;
  q.p--;
  return refit(t, &q);
}

/* The root of what the deviance rises by; NaN where there is no fit. */
static double root_at(struct target *t, double value) {
  struct arena_mark mark = arena_mark(t->scratch);
  const struct reml_result *r = t->natural >= 0 ? with_parameter(t, value) : with_coefficient(t, value);
  arena_reset(t->scratch, mark);
  bool far = r->status == REML_NOT_CONVERGED &&
             !(r->decrement < FAR); /* a start on a boundary may end a hair from it */
  double rise = far ? (double)NAN : r->criterion - t->p->best->criterion;
  t->last = isfinite(rise) ? r : NULL;
  return isfinite(rise) ? sqrt(fmax(rise, 0)) : (double)NAN;
}

/* Where the root is z on one side: secants, kept between what is too near and what is too far. */
static double end_of(struct target *t, int side) {
  double bound = side < 0 ? t->low : t->high, z = t->p->z;
  double near = t->estimate, near_root = 0, far = bound, far_root = NAN;
  bool looked = !isfinite(bound); /* at the bound: is the end before it? */
  double margin = bound == 0 ? NEAR_BOUND * sqrt(t->p->best->sigma2) : NEAR_BOUND;
  if (isfinite(bound)) far = bound - side * margin;
  if (isfinite(bound) && side * (far - t->estimate) <= 0) return bound;
  t->last = NULL;
  double x = t->estimate + side * z * t->se;
  for (int i = 0; i < STEPS_MAX; i++) {
    if (!looked && side * (x - far) >= 0) {
      far_root = root_at(t, far);
      if (!isnan(far_root) && far_root < z) return bound;
      looked = true;
      t->last = NULL;
    }
    if (isfinite(far) && side * (x - far) >= 0) x = (near + far) / 2;
    if (side * (x - near) <= 0) x = isfinite(far) ? (near + far) / 2 : near + side * t->se;
    double root = root_at(t, x);
    if (isnan(root)) return NAN;
    if (fabs(root - z) < REACHED) return x;
    double slope = (root - near_root) / (x - near);
    if (root < z) {
      near = x;
      near_root = root;
    } else {
      far = x;
      far_root = root;
      looked = true;
    }
    if (!isnan(far_root) && isfinite(far) && far != near) slope = (far_root - near_root) / (far - near);
    double next = near + (z - near_root) / slope;
    x = isfinite(next) ? next : (near + far) / 2;
    if (isfinite(far) && fabs(far - near) < 1e-12 * (fabs(far) + fabs(near))) return x;
  }
  return NAN;
}

static struct profile_interval interval(struct target *t) {
  for (int i = 0; i < 2; i++) t->empty[i] = arena_mark(t->room[i]);
  struct profile_interval x = {.estimate = t->estimate};
  x.lower = end_of(t, -1);
  x.upper = end_of(t, 1);
  return x;
}

/* ---- both kinds -------------------------------------------------------------------------------------------- */

struct profile_interval profile_fixed(struct profile *p, int column) {
  struct mem *m = arena_mem(p->arena);
  struct arena *mark = arena_pool_mark(m);
  size_t n = (size_t)p->problem.p, j = (size_t)column;
  struct profile_interval none = {NAN, NAN, NAN};
  if (p->best->aliased[column]) return none;
  struct target t = {.p = p,
                     .scratch = arena_new(m),
                     .room = {arena_new(m), arena_new(m)},
                     .natural = -1,
                     .column = column,
                     .estimate = p->best->beta[column],
                     .se = sqrt(p->best->vcov[j + j * n]),
                     .low = -INFINITY,
                     .high = INFINITY};
  struct profile_interval x = interval(&t);
  arena_pool_drain(m, mark);
  return x;
}

struct profile_interval profile_covariance(struct profile *p, int natural) {
  struct mem *m = arena_mem(p->arena);
  struct arena *mark = arena_pool_mark(m);
  const struct reml_natural *x = &p->natural[natural];
  struct profile_interval none = {NAN, NAN, NAN};
  bool bound = x->value == 0 || fabs(x->value) > 1 - 1e-8; /* there a standard error is not to be had */
  bool flat = isnan(x->se) && !(bound && x->what.kind != NATURAL_SCALE);
  if (natural >= p->n_natural || x->held || isnan(x->value) || flat) return none;
  bool correlation = x->what.kind == NATURAL_CORRELATION, scale = x->what.kind == NATURAL_SCALE;
  struct target t = {.p = p,
                     .scratch = arena_new(m),
                     .room = {arena_new(m), arena_new(m)},
                     .natural = natural,
                     .column = -1,
                     .estimate = x->value,
                     .se = x->se,
                     .low = correlation ? -1
                            : scale     ? -INFINITY
                                        : 0,
                     .high = correlation ? 1 : INFINITY};
  if (!(t.se > 0)) t.se = correlation ? 0.1 : fmax(fabs(t.estimate), sqrt(p->best->sigma2)) / 10;
  struct profile_interval out = interval(&t);
  arena_pool_drain(m, mark);
  return out;
}
