/* newton.c: the step of a trust-region Newton method, by eigen-decomposition (More & Sorensen 1983). */
#include "runtime/reml/linalg.h"
#include "runtime/reml/prepared.h"
#include <float.h>
#include <math.h>

/* In the eigenbasis: values, gradient, step. */
struct spectrum {
  int n;
  double *value, *g, *s;
};

/* s := -(H + mu)^-1 g; returns its length.  Components without curvature and gradient stay 0. */
static double shifted_step(const struct spectrum *e, double mu) {
  double length2 = 0;
  for (int i = 0; i < e->n; i++) {
    double h = e->value[i] + mu;
    e->s[i] = e->g[i] == 0 ? 0 : -e->g[i] / h;
    length2 += e->s[i] * e->s[i];
  }
  return sqrt(length2);
}

/* mu = base + x with |s| = delta; |s| is larger at x = from, and falls with x.  Bisection on a log scale. */
static void solve_secular(const struct spectrum *e, double base, double from, double delta) {
  double to = sqrt(la_dot((size_t)e->n, e->g, e->g)) / delta; /* there |s| <= |g| / x = delta */
  for (int i = 0; i < 200 && to > from * (1 + 1e-12); i++) {
    double x = sqrt(from) * sqrt(to), length = shifted_step(e, base + x);
    if (fabs(length - delta) <= 1e-3 * delta) return;
    *(length > delta ? &from : &to) = x;
  }
  shifted_step(e, base + to);
}

/* The gradient has no part along the most negative curvature: fill up to the boundary along it (hard case). */
static void fill_up(const struct spectrum *e, int lowest, double delta) {
  double length2 = 0;
  for (int i = 0; i < e->n; i++)
    if (i != lowest) length2 += e->s[i] * e->s[i];
  e->s[lowest] = sqrt(fmax(0, delta * delta - length2)) * (e->g[lowest] > 0 ? -1 : 1);
}

static int lowest_of(const struct spectrum *e) {
  int lowest = 0;
  for (int i = 1; i < e->n; i++)
    if (e->value[i] < e->value[lowest]) lowest = i;
  return lowest;
}

static void step_in_spectrum(const struct spectrum *e, double delta, struct step *out) {
  int lowest = lowest_of(e);
  double largest = 0;
  for (int i = 0; i < e->n; i++) largest = fmax(largest, fabs(e->value[i]));
  out->convex = e->value[lowest] > 1e-14 * largest;
  out->inside = out->convex && shifted_step(e, 0) <= delta;
  if (out->inside) return;
  double base = out->convex ? 0 : -e->value[lowest], nudge = fmax(largest, DBL_MIN) * 1e-12;
  if (!out->convex && shifted_step(e, base + nudge) < delta)
    fill_up(e, lowest, delta);
  else
    solve_secular(e, base, nudge, delta);
}

void newton_step(struct arena *scratch, int n, const double *g, const double *h, double delta,
                 struct step *out) {
  double *copy = matrix_raw(scratch, n, n), *v = matrix_raw(scratch, n, n);
  struct spectrum e = {n, matrix_raw(scratch, n, 1), matrix_raw(scratch, n, 1), matrix_raw(scratch, n, 1)};
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) copy[at(i, j, n)] = (h[at(i, j, n)] + h[at(j, i, n)]) / 2;
  la_eigen(n, copy, e.value, v);
  la_multiply_tn(n, 1, n, v, n, g, n, e.g, n);
  step_in_spectrum(&e, delta, out);
  la_multiply(n, 1, n, v, n, e.s, n, out->s, n);
  out->predicted = 0;
  for (int i = 0; i < n; i++) out->predicted -= e.s[i] * (e.g[i] + e.s[i] * e.value[i] / 2);
  out->length = sqrt(la_dot((size_t)n, e.s, e.s));
}
