/* wald.h: tests of linear hypotheses L beta = v with the estimated covariance of beta.
 *
 *   (L b - v)' (L C L')^-1 (L b - v)  is chi-squared with rank(L C L') degrees of freedom in large samples.
 */
#ifndef KIN_WALD_H
#define KIN_WALD_H

#include "runtime/inference/fit.h"

struct wald {
  double chi2;
  int df;          /* rank of L C L' */
  double p;        /* upper tail */
  bool consistent; /* false: the hypotheses contradict each other; chi2 and p are NaN */
};

/* Rows of L (h x p, row by row; zero where a coefficient is aliased), v (h). */
struct wald wald_joint(struct arena *scratch, const struct fit *f, int h, const double *l, const double *v);
/* L b - v of one row, and its standard error. */
double wald_estimate(const struct fit *f, const double *l, double v);
double wald_se(const struct fit *f, const double *l);

/* Upper tail of chi-squared with df >= 1 degrees of freedom: the finite sums of Abramowitz & Stegun 26.4.4 and 26.4.5. */
double chi2_upper(double x, int df);
/* Upper tail of the standard normal. */
double normal_upper(double z);

#endif
