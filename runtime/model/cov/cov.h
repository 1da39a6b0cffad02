/* cov.h: the one interface of covariance structures.
 *
 * A structure gives the c x c covariance G(phi) of one level's effects.  *Natural parameters* phi are what
 * the derivatives V_i = dV/dphi_i are taken in; the *chart* theta is unconstrained, and phi(theta) reaches
 * every boundary (a variance of 0, a correlation of +-1) at a finite theta, so that the optimizer needs no
 * bounds (docs/numerics.md, Charts).  Matrices are column by column.  `pivot` is the structure's own state
 * (us: the order of its Cholesky factor, c ints); structures without one ignore it.
 *
 * A NULL function is refused at registration except where noted.
 */
#ifndef KIN_COV_H
#define KIN_COV_H

#include <stdbool.h>

enum { COV_MAX = 64 }; /* columns of a basis; the model layer refuses more */

struct cov {
  const char *name;
  bool rotates; /* closed under G -> R G R' for every R: the basis may be orthonormalised */

  int (*n_theta)(int c);
  int (*n_phi)(int c);
  void (*start)(int c, int *pivot, double *theta); /* G = I */
  void (*factor)(int c, const int *pivot, const double *theta,
                 double *lambda); /* c x c, G = Lambda Lambda' */
  /* The theta whose factor this is: sets back what `factor` gave, after entries were made zero. */
  void (*unfactor)(int c, const int *pivot, const double *lambda, double *theta);
  void (*phi)(int c, const int *pivot, const double *theta, double *phi);
  void (*matrix)(int c, const double *phi, double *g); /* phi -> G */
  /* Gradient pulled back: given gamma (c x c symmetric, df = tr(gamma dG)), adds to g_theta (n_theta) ... */
  void (*pull_gradient)(int c, const int *pivot, const double *theta, const double *gamma, double *g_theta);
  /* ... and sum_r (df/dphi_r) d2phi_r/dtheta2 to h (ld x ld, this term's n_theta x n_theta corner). */
  void (*pull_curvature)(int c, const int *pivot, const double *theta, const double *gamma, double *h,
                         int ld);
  /* dphi/dtheta: j (n_phi x n_theta, column by column). */
  void (*jacobian)(int c, const int *pivot, const double *theta, double *j);
  /* dG/dphi_i as a symmetric pattern: g (c x c); phi-linear structures only. */
  void (*derivative)(int c, int i, double *g);
  void (*scale)(int c, double *theta, double s); /* G -> s G, s > 0 */
  /* The chart of a positive semidefinite matrix g (the part of it that the structure can hold). */
  void (*chart)(int c, const double *g, int *pivot, double *theta);
  /* Chooses a new pivot order for the same G and re-expresses theta; NULL: nothing to do. */
  void (*repivot)(int c, int *pivot, double *theta);
};

extern const struct cov cov_us;   /* unstructured: G = P' L L' P, L pivoted Cholesky with any signs */
extern const struct cov cov_diag; /* independent: signed sd a column */

/* By name, NULL if there is none. */
const struct cov *cov_find(const char *name);

#endif
