/* tiny.h: the dense kernel for one term with at most TINY_MAX basis columns and full rows, without a call.
 *
 * Loops over constant sizes; a cluster of two columns costs about 100 nanoseconds.  Sums are kept for all pairs of
 * basis columns and turned into parameters once, at the end.
 */
#ifndef KIN_REML_TINY_H
#define KIN_REML_TINY_H

#include "runtime/reml/pattern.h"

enum { TINY_MAX = 4, TINY_PAIRS = TINY_MAX * (TINY_MAX + 1) / 2 };

struct tiny_sums {
  double ld;
  double k[TINY_MAX * TINY_MAX];      /* sum of K */
  double kk[TINY_PAIRS * TINY_PAIRS]; /* sum of lower(K) lower(K)' */
  double kd[TINY_PAIRS * TINY_PAIRS]; /* second pass: sum of lower(K) lower(E d d'E')' */
  double kx[TINY_PAIRS * TINY_PAIRS]; /* ... and of lower(K) lower(E Phi E')' */
  double *m;                          /* (c p1) x (c p1), lower: sum of vec(E) vec(E)' */
  double *bd;                         /* c x p1: workspace */
};

/* Is this batch of a problem with one term of c columns tiny? */
bool tiny_fits(const struct batch *b, int n_terms, int c);

/* Adds ld and `a` (p1 x p1, lower triangle); with derivatives also k, kk, m; leaves K and E in the batch.  False: not positive definite. */
bool tiny_eval(int c, int p1, const struct batch *b, const double *lambda, bool derivatives,
               struct tiny_sums *s, double *a);
/* Adds to kd and, where wanted, kx. */
void tiny_weights(int c, const struct batch *b, const struct kernel_weights *w, int p1, struct tiny_sums *s);

/* From pairs of basis columns to parameters: adds to the sums. */
void tiny_collect(int c, const struct tiny_sums *s, const struct param *params, struct kernel_sums *out);
/* out (k x k) += tr(G_i K G_j S) from a sum of lower(K) lower(S)'. */
void tiny_contract(int c, const double *ks, int k, const struct param *params, double *out);

#endif
