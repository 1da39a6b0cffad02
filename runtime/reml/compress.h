/* compress.h: a cluster's rows reduced to as many as its random design has columns.
 *
 * Z = Q [R; 0]: the leading rows of Q'D go with R, the others are pure error and enter every moment through
 * their cross-product and number alone (Pinheiro & Bates 2000, ch. 2).
 */
#ifndef KIN_REML_COMPRESS_H
#define KIN_REML_COMPRESS_H

#include "runtime/reml/cluster.h"

struct compressed {
  int r, q;        /* r <= q rows */
  const double *z; /* r x q: R */
  const double *d; /* r x p1: the rows of Q'D that go with it */
};

/* Compresses cluster x into arena a; adds to error (p1 x p1) the cross-product of the rows that drop out.
   `scratch` is another arena; what is taken from it is given back. */
struct compressed compress_cluster(struct arena *a, struct arena *scratch, const struct sparse_problem *all,
                                   const struct clusters *cl, const struct cluster *x, double *error);

#endif
