#include "runtime/inference/distributions.h"
#define MATHLIB_STANDALONE
#include <Rmath.h>
#include <math.h>

double t_upper(double t, double df) {
  return pt(t, df, 0, 0);
}

double t_two_sided(double t, double df) {
  return fmin(1, 2 * pt(fabs(t), df, 0, 0));
}

double t_quantile(double p, double df) {
  return qt(p, df, 1, 0);
}

double f_upper(double f, double ndf, double ddf) {
  return pf(f, ndf, ddf, 0, 0);
}

double tukey_upper(double q, double groups, double df) {
  return ptukey(q, 1, groups, df, 0, 0);
}

double chi2_upper(double x, double df) {
  return pchisq(x, df, 0, 0);
}
