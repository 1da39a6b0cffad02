/* problem.h: a mixed model as matrices.  All that the likelihood (runtime/reml) sees.
 *
 *   y = X beta + sum_t Z_t b_t + e,   b_t ~ N(0, I_q (x) G_t),   e ~ N(0, sigma^2 diag(w)^-1)
 *
 * Row i of Z_t is row i of the basis z_t placed in the columns of level[i].  A term has three parts: its
 * loading (level and basis), its index (later), its covariance (cov.h).
 */
#ifndef KIN_PROBLEM_H
#define KIN_PROBLEM_H

#include "lang/base/arena.h"
#include "runtime/model/cov/cov.h"
#include <stdint.h>

struct re_term {
  int c;                 /* columns of the basis */
  int q;                 /* levels, all of them used */
  const int32_t *level;  /* n: 0..q-1 */
  const double *z;       /* n x c, row by row: z[i * c + a] */
  const struct cov *cov; /* G_t */
};

struct problem {
  struct arena *arena; /* owns or holds everything; counted */
  int n, p;            /* rows; columns of X */
  const double *x;     /* n x p, column by column */
  const double *y;     /* n (offset already subtracted) */
  const double *w;     /* n prior weights > 0, or NULL for 1 */
  int n_terms;
  const struct re_term *terms;
  bool reml; /* REML, else ML */
};

#endif
