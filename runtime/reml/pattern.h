/* pattern.h: batches of clusters with the same compressed design, bit by bit: they share every factor.
 *
 * A batch of `count` clusters keeps their data side by side.  When it has more clusters than a cluster has
 * numbers, their sum of outer products vec(D)vec(D)' says all that the likelihood needs, once and for all
 * (`gram`): an evaluation then costs the same whatever the number of clusters.
 */
#ifndef KIN_REML_PATTERN_H
#define KIN_REML_PATTERN_H

#include "runtime/reml/compress.h"

struct batch {
  int r, q, count;
  const double *z;     /* r x q */
  const double *d;     /* r x (count p1) */
  double *gram;        /* (r p1) x (r p1), or NULL */
  double *k;           /* q x q: K = Z'V^-1 Z of the last evaluation */
  double *e;           /* q x (count p1): E = Z'V^-1 D; with gram (q p1) x (q p1): sum of vec(E)vec(E)' */
  const int *levels;   /* n_terms: levels of each term */
  const int *clusters; /* count: numbers in struct clusters */
};

struct batches {
  int n;
  struct batch *batch;
  int n_patterns; /* different designs */
};

/* x[i] is the compressed cluster with number id[i], i < n.  Batches are in the order of their first cluster. */
struct batches *batches_make(struct arena *a, const struct clusters *cl, int p1, int n,
                             const struct compressed *x, const int *id);

#endif
