#include "runtime/reml/holds.h"
#include "runtime/reml/linalg.h"
#include <math.h>
#include <string.h>

enum { STEPS_MAX = 100 };
#define REACHED 1e-12 /* of a correlation or coefficient; relative of a standard deviation, rate or range */
#define STEP_LONGEST 2.0 /* of a step in theta on the way to the surface */
#define CURVATURE_STEP 1e-4

struct holds *holds_new(struct arena *a, const struct prepared *pr, int n,
                        const struct covariance_value *value) {
  struct holds *h = arena_make(a, struct holds);
  int all = pr->k + 1, count;
  *h = (struct holds){.pr = pr, .scratch = a, .n = n, .free = all - n, .value = value};
  h->natural = reml_naturals(a, pr->problem, &count);
  h->j = matrix_raw(a, n, all);
  h->z = matrix_raw(a, all, all);
  return h;
}

/* Those that are positive count by their logarithms: theta may be one itself, and the way to the surface is straight. */
static bool by_logarithm(const struct reml_natural *x) {
  return x->what.kind == NATURAL_SD || x->what.kind == NATURAL_RATE || x->what.kind == NATURAL_RANGE;
}

static double distance(const struct holds *h, int i, const double *theta) {
  const struct reml_natural *x = &h->natural[h->value[i].natural];
  double value = natural_value(h->pr, h->scratch, x, theta);
  return by_logarithm(x) ? log(value / h->value[i].value) : value - h->value[i].value;
}

static void slopes(const struct holds *h, int i, double *theta, double *slope) {
  const struct reml_natural *x = &h->natural[h->value[i].natural];
  natural_slopes(h->pr, h->scratch, x, theta, slope);
  double value = by_logarithm(x) ? natural_value(h->pr, h->scratch, x, theta) : 1;
  for (int k = 0; k <= h->pr->k; k++) slope[k] /= value;
}

/* x (m, comes as the right-hand side) := (J J')^-1 x, J's rows of any length; false: they depend on each other. */
static bool solve_gram(const struct holds *h, struct arena *scratch, const double *j, double *x) {
  int n = h->pr->k + 1, m = h->n;
  double *gram = matrix_raw(scratch, m, m);
  for (int b = 0; b < m; b++)
    for (int a = 0; a < m; a++)
      gram[at(a, b, m)] = la_dot((size_t)n, j + (size_t)a * (size_t)n, j + (size_t)b * (size_t)n);
  if (!la_cholesky(m, gram, m)) return false;
  la_solve_lower(m, gram, m, 1, x, m);
  la_solve_lower_t(m, gram, m, 1, x, m);
  return true;
}

/* The shortest step to where the linear model is zero; false: there is none. */
static bool approach(const struct holds *h, double *theta, double *c) {
  int n = h->pr->k + 1;
  struct arena_mark mark = arena_mark(h->scratch);
  double *j = matrix_raw(h->scratch, h->n, n), *step = matrix_zero(h->scratch, n, 1);
  for (int i = 0; i < h->n; i++) slopes(h, i, theta, j + (size_t)i * (size_t)n);
  bool fine = solve_gram(h, h->scratch, j, c);
  for (int i = 0; i < h->n && fine; i++) la_axpy((size_t)n, -c[i], j + (size_t)i * (size_t)n, step);
  double length = sqrt(la_dot((size_t)n, step, step)),
         cut = length > STEP_LONGEST ? STEP_LONGEST / length : 1;
  fine = fine && isfinite(length);
  if (fine) la_axpy((size_t)n, cut, step, theta);
  arena_reset(h->scratch, mark);
  return fine;
}

bool holds_reach(struct holds *h, double *theta) {
  struct arena_mark mark = arena_mark(h->scratch);
  double *c = matrix_raw(h->scratch, h->n, 1);
  bool reached = false, fine = true;
  for (int step = 0; step < STEPS_MAX && fine && !reached; step++) {
    reached = true;
    for (int i = 0; i < h->n; i++) {
      c[i] = distance(h, i, theta);
      reached = reached && fabs(c[i]) < REACHED;
    }
    if (!reached) fine = approach(h, theta, c);
  }
  arena_reset(h->scratch, mark);
  return reached;
}

/* The columns of v with the smallest values, of n, to z. */
static void smallest(const struct holds *h, int n, double *value, const double *v) {
  for (int i = 0; i < h->free; i++) {
    int best = 0;
    for (int k = 1; k < n; k++)
      if (value[k] < value[best]) best = k;
    value[best] = INFINITY;
    memcpy(h->z + at(0, i, n), v + at(0, best, n), sizeof(double) * (size_t)n);
  }
}

/* z: eigenvectors of J'J without a share in it. */
void holds_tangent(struct holds *h, double *theta) {
  int n = h->pr->k + 1;
  struct arena_mark mark = arena_mark(h->scratch);
  double *square = matrix_zero(h->scratch, n, n), *value = matrix_raw(h->scratch, n, 1),
         *v = matrix_raw(h->scratch, n, n);
  for (int i = 0; i < h->n; i++) {
    double *row = h->j + (size_t)i * (size_t)n;
    slopes(h, i, theta, row);
    double length = sqrt(la_dot((size_t)n, row, row));
    for (int k = 0; k < n && length > 0; k++) row[k] /= length;
    for (int b = 0; b < n; b++) la_axpy((size_t)n, row[b], row, square + at(0, b, n));
  }
  la_eigen(n, square, value, v);
  smallest(h, n, value, v);
  arena_reset(h->scratch, mark);
}

/* sum_i mu_i c_i(theta), rows of J scaled to length 1 as mu is. */
static double weighted(const struct holds *h, const double *mu, const double *theta) {
  double sum = 0;
  for (int i = 0; i < h->n; i++) sum += mu[i] * distance(h, i, theta);
  return sum;
}

/* The multipliers, for constraints as `distance` has them. */
static void multipliers(const struct holds *h, double *theta, const double *g, double *mu) {
  int n = h->pr->k + 1;
  double *row = matrix_raw(h->scratch, n, 1);
  for (int i = 0; i < h->n; i++) mu[i] = -la_dot((size_t)n, h->j + (size_t)i * (size_t)n, g);
  if (!solve_gram(h, h->scratch, h->j, mu)) memset(mu, 0, sizeof(double) * (size_t)h->n);
  for (int i = 0; i < h->n; i++) {
    slopes(h, i, theta, row);
    double length = sqrt(la_dot((size_t)n, row, row));
    mu[i] = length > 0 ? mu[i] / length : 0;
  }
}

static bool any_depends(const struct holds *h, int a) {
  for (int i = 0; i < h->n; i++)
    if (natural_depends(h->pr, &h->natural[h->value[i].natural], a)) return true;
  return false;
}

/* full += the Hessian of sum_i mu_i c_i, by differences. */
static void add_curvature(const struct holds *h, const double *mu, double *theta, double *full) {
  static const double s = CURVATURE_STEP;
  int n = h->pr->k + 1;
  for (int b = 0; b < n; b++)
    for (int a = 0; a <= b; a++) {
      double at_a = theta[a], at_b = theta[b], sum = 0;
      if (!any_depends(h, a) || !any_depends(h, b)) continue;
      for (int corner = 0; corner < 4; corner++) {
        int up = corner & 1 ? 1 : -1, right = corner & 2 ? 1 : -1;
        theta[a] = at_a;
        theta[b] = at_b;
        theta[a] += up * s;
        theta[b] += right * s;
        sum += up * right * weighted(h, mu, theta);
      }
      theta[a] = at_a;
      theta[b] = at_b;
      full[at(a, b, n)] += sum / (4 * s * s);
      if (a != b) full[at(b, a, n)] += sum / (4 * s * s);
    }
}

void holds_reduce(struct holds *h, double *theta, const double *g, const double *hessian, double *g_free,
                  double *h_free) {
  int n = h->pr->k + 1, f = h->free;
  struct arena_mark mark = arena_mark(h->scratch);
  double *mu = matrix_raw(h->scratch, h->n, 1), *full = matrix_raw(h->scratch, n, n),
         *half = matrix_raw(h->scratch, n, f);
  memcpy(full, hessian, sizeof(double) * area(n, n));
  multipliers(h, theta, g, mu);
  add_curvature(h, mu, theta, full);
  la_multiply_tn(f, 1, n, h->z, n, g, n, g_free, f);
  la_multiply(n, f, n, full, n, h->z, n, half, n);
  la_multiply_tn(f, f, n, h->z, n, half, n, h_free, f);
  arena_reset(h->scratch, mark);
}
