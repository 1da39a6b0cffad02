/* fixed.h: what small-sample inference on the fixed effects needs to know of a fit: how Phi = (X'V^-1 X)^-1 depends on the covariance
 * parameters, how well these are known, and Kenward & Roger's adjustment.
 *
 * All matrices are over the p columns of X that were kept, in the user's units, column by column.  Of two parametrisations: theta, the
 * optimizer's chart, in which boundaries are smooth (Satterthwaite); and psi, in which users and other programs know the
 * parameters: variances and covariances where V is linear in them, else variances, correlations, rates (Kenward & Roger).
 */
#ifndef KIN_REML_FIXED_H
#define KIN_REML_FIXED_H

#include "runtime/reml/reml.h"

struct reml_fixed_options {
  int threads;
  bool kenward_roger;
  bool observed; /* information of the adjustment: observed, as SAS; else expected, as pbkrtest */
  bool linear;   /* leave out the second derivatives of V, as SAS's LINEAR */
};

struct reml_fixed {
  struct arena *arena; /* that it lives in */
  int p;
  const int *column;   /* p: columns of X */
  const double *vcov;  /* p x p: Phi */
  int n;               /* covariance parameters, sigma^2 among them */
  const double *slope; /* n of p x p: dPhi/dtheta_i */
  const double *cov;   /* n x n: of theta, by the observed information; NULL: that is singular */
  /* Kenward & Roger (1997); NULL: not asked for, or not to be had */
  const double *adjusted; /* p x p: Phi_A */
  const double *kr_slope; /* n of p x p: -Phi P_i Phi = dPhi/dpsi_i */
  const double *kr_cov;   /* n x n: of psi, twice the inverse information */
  bool kr_linear;         /* V is linear in psi, or its second derivatives were left out */
};

/* NULL: the fit has no variance (every coefficient is exact).  Costs an evaluation and a Hessian. */
struct reml_fixed *reml_fixed_open(struct arena *a, const struct problem *problem,
                                   const struct reml_result *r, const struct reml_fixed_options *options);

#endif
