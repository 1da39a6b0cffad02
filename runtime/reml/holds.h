/* holds.h: covariance parameters that are kept at given values: the search stays on the surface c(theta) = 0.
 *
 * With J the slopes of c and Z an orthonormal basis of what J leaves free, a step is Z s for the minimiser s of the quadratic
 * model with Z'g and Z'(H + sum_i mu_i C_i)Z, where C_i is the Hessian of c_i and J'mu = -g by least squares; then back onto the
 * surface by the shortest way (Nocedal & Wright 2006, sec. 15.2 and 18.1).
 */
#ifndef KIN_REML_HOLDS_H
#define KIN_REML_HOLDS_H

#include "runtime/reml/prepared.h"

struct holds {
  const struct prepared *pr;
  struct arena *scratch;
  int n, free; /* held; k + 1 - n */
  const struct reml_natural *natural;
  const struct covariance_value *value;
  double *j; /* n x (k + 1), row by row: slopes, each row of length 1 */
  double *z; /* (k + 1) x free */
};

struct holds *holds_new(struct arena *a, const struct prepared *pr, int n,
                        const struct covariance_value *value);
/* Moves theta onto the surface; false: it has no point there, as far as can be found from theta. */
bool holds_reach(struct holds *h, double *theta);
/* j and z at theta. */
void holds_tangent(struct holds *h, double *theta);
/* After holds_tangent: reduced g (free) and h (free x free) of g (k + 1) and hessian (k + 1 x k + 1). */
void holds_reduce(struct holds *h, double *theta, const double *g, const double *hessian, double *g_free,
                  double *h_free);

#endif
