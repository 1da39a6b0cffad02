#include "runtime/inference/wald.h"
#include <lapacke.h>
#include <math.h>

double normal_upper(double z) {
  return 0.5 * erfc(z / sqrt(2));
}

/* The sum's terms are products; they are made from logarithms, so that a large x underflows to 0 and not to NaN. */
double chi2_upper(double x, int df) {
  if (!(x > 0)) return 1;
  bool odd = df % 2;
  double sum = odd ? erfc(sqrt(x / 2)) : 0, half = x / 2;
  for (int i = odd ? 1 : 0; i <= df - 2; i += 2)
    sum += exp(-half + i / 2.0 * log(half) - lgamma(i / 2.0 + 1));
  return sum > 1 ? 1 : sum;
}

double wald_estimate(const struct fit *f, const double *l, double v) {
  double sum = -v;
  for (int j = 0; j < f->frame->problem->p; j++)
    if (l[j] != 0) sum += l[j] * f->result->beta[j];
  return sum;
}

/* l' C m */
static double quadratic(const struct fit *f, const double *l, const double *m) {
  int p = f->frame->problem->p;
  double sum = 0;
  for (int j = 0; j < p; j++)
    for (int i = 0; i < p && m[j] != 0; i++)
      if (l[i] != 0) sum += l[i] * f->result->vcov[(size_t)i + (size_t)j * (size_t)p] * m[j];
  return sum;
}

double wald_se(const struct fit *f, const double *l) {
  double variance = quadratic(f, l, l);
  return variance > 0 ? sqrt(variance) : 0;
}

/* The eigenvectors of L C L', scaled to unit diagonal, with eigenvalues above rounding carry the test; what the others say
   of L b - v must be nothing. */
struct wald wald_joint(struct arena *scratch, const struct fit *f, int h, const double *l, const double *v) {
  size_t n = (size_t)h, p = (size_t)f->frame->problem->p;
  double *m = arena_array(scratch, n * n, double), *d = arena_array(scratch, n, double);
  double *value = arena_array(scratch, n, double), *scale = arena_array(scratch, n, double);
  for (size_t i = 0; i < n; i++) scale[i] = wald_se(f, l + i * p);
  for (size_t i = 0; i < n; i++) {
    if (scale[i] > 0) d[i] = wald_estimate(f, l + i * p, v[i]) / scale[i];
    for (size_t j = 0; j <= i; j++)
      if (scale[i] > 0 && scale[j] > 0)
        m[i + j * n] = quadratic(f, l + i * p, l + j * p) / (scale[i] * scale[j]);
  }
  double largest = 0;
  for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs(d[i]));
  struct wald w = {.consistent = LAPACKE_dsyev(LAPACK_COL_MAJOR, 'V', 'L', h, m, h, value) == 0};
  for (size_t k = 0; k < n && w.consistent; k++) {
    double along = 0, floor = 1e-9 * value[n - 1];
    for (size_t i = 0; i < n; i++) along += m[i + k * n] * d[i];
    if (value[k] > floor) {
      w.chi2 += along * along / value[k];
      w.df++;
    } else {
      w.consistent = fabs(along) < 1e-6 * (1 + largest);
    }
  }
  if (!w.consistent || w.df == 0) w.chi2 = (double)NAN;
  w.p = w.consistent && w.df > 0 ? chi2_upper(w.chi2, w.df) : (double)NAN;
  return w;
}
