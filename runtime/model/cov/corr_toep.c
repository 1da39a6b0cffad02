/* corr_toep.c: a correlation for each lag.
 *
 * All lags: by partial autocorrelations, any in (-1, 1), which give every positive definite Toeplitz matrix
 * (Barndorff-Nielsen & Schou 1973); Durbin-Levinson recursion, differentiated alongside.  Banded: the correlations
 * themselves, zero beyond the band; not every choice is positive definite, and matrix() says so by its Cholesky factor failing
 * in the kernel.
 */
#include "runtime/model/cov/correlation.h"
#include <math.h>
#include <string.h>

enum { LAGS_MAX = 512 };

static int lags(const struct positions *x) {
  double low = INFINITY, high = -INFINITY;
  for (int i = 0; i < x->m; i++) {
    low = fmin(low, position_at(x, i));
    high = fmax(high, position_at(x, i));
  }
  int all = x->m > 1 ? (int)(high - low + 0.5) : 0;
  all = all < LAGS_MAX ? all : LAGS_MAX - 1;
  return x->band && x->band < all ? x->band : all;
}

static bool banded(const struct positions *x) {
  return x->band > 0;
}

/* r[0 .. n]: correlations of lags 0 to n; dr (NULL: not wanted): their derivatives in partial autocorrelation `at`. */
static void durbin_levinson(int n, const double *partial, int at, double *r, double *dr) {
  double a[LAGS_MAX] = {0}, da[LAGS_MAX] = {0}, before[LAGS_MAX], dbefore[LAGS_MAX], v = 1, dv = 0;
  r[0] = 1;
  if (dr) dr[0] = 0;
  for (int k = 1; k <= n; k++) {
    double p = partial[k - 1], dp = k - 1 == at, sum = p * v, dsum = dp * v + p * dv;
    for (int j = 1; j < k; j++) {
      sum += a[j] * r[k - j];
      if (dr) dsum += da[j] * r[k - j] + a[j] * dr[k - j];
    }
    r[k] = sum;
    if (dr) dr[k] = dsum;
    memcpy(before, a, sizeof(double) * (size_t)k);
    memcpy(dbefore, da, sizeof(double) * (size_t)k);
    for (int j = 1; j < k; j++) {
      a[j] = before[j] - p * before[k - j];
      da[j] = dbefore[j] - dp * before[k - j] - p * dbefore[k - j];
    }
    a[k] = p;
    da[k] = dp;
    dv = dv * (1 - p * p) - 2 * p * dp * v;
    v *= 1 - p * p;
  }
}

/* Correlations of all lags, or their derivatives in theta[at]. */
static void by_lag(const struct positions *x, const double *theta, int at, double *r, double *dr) {
  int n = lags(x);
  double p[LAGS_MAX];
  for (int k = 0; k < n; k++) p[k] = bounded(-1, 1, theta[k]);
  if (!banded(x)) {
    durbin_levinson(n, p, at, r, dr);
  } else {
    r[0] = 1;
    for (int k = 0; k < n; k++) r[k + 1] = p[k];
    for (int k = 0; dr && k <= n; k++) dr[k] = k == at + 1;
  }
  double slope = dr ? bounded_slope(-1, 1, theta[at]) : 0;
  for (int k = 0; dr && k <= n; k++) dr[k] *= slope;
}

static void fill(const struct positions *x, const double *r, double *c) {
  int n = lags(x);
  for (int j = 0; j < x->m; j++)
    for (int i = 0; i < x->m; i++) {
      int lag = (int)(position_distance(x, i, j) + 0.5);
      c[i + j * x->m] = lag <= n ? r[lag] : 0;
    }
}

static bool matrix(const struct positions *x, const double *theta, double *c) {
  double r[LAGS_MAX + 1];
  by_lag(x, theta, -1, r, NULL);
  fill(x, r, c);
  return true;
}

static void derivative(const struct positions *x, const double *theta, int i, double *d) {
  double r[LAGS_MAX + 1], dr[LAGS_MAX + 1];
  by_lag(x, theta, i, r, dr);
  fill(x, dr, d);
}

static double natural(const struct positions *x, const double *theta, int i) {
  double r[LAGS_MAX + 1];
  by_lag(x, theta, -1, r, NULL);
  return r[i + 1];
}

const struct correlation corr_toep = {
    .name = "toep", .n = lags, .matrix = matrix, .derivative = derivative, .natural = natural};
