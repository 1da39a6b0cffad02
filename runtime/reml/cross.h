/* cross.h: the cross-products S = Z'Z of a sparse problem, by blocks of two levels.
 *
 * Column off[t] + l * c_t + a of Z is basis column a of level l of term t.  S has a c_t x c_t block for every
 * level (diagonal blocks: a term's levels share no row) and a c_s x c_t block for every pair of levels of two
 * terms s < t that share rows.  The blocks are the pattern of M = Lambda'S Lambda + I too.
 */
#ifndef KIN_CROSS_H
#define KIN_CROSS_H

#include "runtime/reml/internal.h"

struct block_pair { /* all blocks of terms s < t, by level of s, then of t */
  int s, t, n;
  const int32_t *ls, *lt;
  double *block; /* n of c_s x c_t */
};

struct cross {
  int n_terms, q;     /* all columns of Z */
  const int *c, *off; /* n_terms; n_terms + 1 */
  double **diagonal;  /* per term: q_t of c x c */
  int n_pairs;
  struct block_pair *pair;
  double *zd; /* q x p1: Z'D */
  double *dd; /* p1 x p1: D'D */
};

struct cross *cross_new(struct arena *a, const struct sparse_problem *sp);

/* out (q x m) := S v. */
void cross_multiply(const struct cross *x, int m, const double *v, double *out);

/* start.c: g[t] (c x c, comes cleared) := diagonal covariance matrices relative to sigma^2, by the method
   of moments; n rows, the first p1 - 1 columns of D orthonormal times sqrt(n), the last orthogonal to
   them.  False: no opinion. */
bool cross_start(struct arena *scratch, const struct cross *x, int n, int p1, double *const *g);

#endif
