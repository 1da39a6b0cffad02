/* covariances.h: the parameters of covariance structures as users know them, with intervals. */
#ifndef KIN_COVARIANCES_H
#define KIN_COVARIANCES_H

#include "runtime/inference/fit.h"

struct covariance_parameter {
  const char *
      where; /* "us(1 + Days | Subject)", "residual(ar1(day | person))", with a stratum "... of arm[usual]" */
  const char *name; /* "sd(wife)", "corr(wife, husband)", "rho", "half-life", "sd ratio arm[digital]" */
  const char *key;  /* for machines: "sd.wife", "corr.wife.husband", "rho" */
  bool residual;
  bool derived;     /* of the one before it */
  double value, se; /* se NaN: not to be had */
  double lower,
      upper; /* 95 %: of sds, rates and ranges on the log scale, of correlations by Fisher's z; NaN likewise */
};

/* NULL and n = 0 where the model has no structures but us and diag of independent levels. */
struct covariance_parameter *covariance_parameters(struct arena *a, const struct fit *f, int *n);

/* "us(role) @ ar1(day)", "homogeneous": the residual's structure. */
const char *residual_structure(struct arena *a, const struct fit *f);

#endif
