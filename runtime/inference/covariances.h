/* covariances.h: the parameters of covariance structures as users know them, with intervals. */
#ifndef KIN_COVARIANCES_H
#define KIN_COVARIANCES_H

#include "runtime/inference/fit.h"

struct covariance_parameter {
  const char *
      where; /* "us(1 + Days | Subject)", "residual(ar1(day | person))", with a stratum "... of arm[usual]" */
  const char *name; /* "sd(wife)", "corr(wife, husband)", "rho", "half-life", "sd ratio arm[digital]" */
  const char *key;  /* for machines: "sd.wife", "corr.wife.husband", "rho" */
  const char
      *full;   /* of this parameter alone, as a script names it: "sd(Intercept | Subject)", "rho", "sigma" */
  int natural; /* its number in reml_naturals() */
  bool residual;
  bool derived; /* of the one before it */
  bool ratio;   /* exp() of the natural one */
  bool held;
  double value, se; /* se NaN: not to be had */
  double lower,
      upper; /* of the level asked for: of sds, rates and ranges on the log scale, of correlations by Fisher's z; NaN likewise */
};

/* All covariance parameters of a fit, with intervals of `level`; n = 0: its variances are all zero. */
struct covariance_parameter *covariance_parameters(struct arena *a, const struct fit *f, double level,
                                                   int *n);
/* Their names before a fit; there are no values. */
struct covariance_parameter *covariance_names(struct arena *a, const struct frame *frame, int *n);
/* The parameter of a name as a script writes it, by its full name or its short one; -1: there is none, -2: several have the
   short one.  Blanks and backticks do not count. */
int covariance_find(const struct covariance_parameter *p, int n, const char *name);

/* "us(role) @ ar1(day)", "homogeneous": the residual's structure. */
const char *residual_structure(struct arena *a, const struct fit *f);

#endif
