/* cluster.h: independent clusters: connected components of levels that share rows.
 *
 * Columns of a cluster's random design are ordered by term, then basis column, then level:
 * column = first[t] + a * levels[t] + l, so that the rows of one (term, basis column) lie together.
 */
#ifndef KIN_REML_CLUSTER_H
#define KIN_REML_CLUSTER_H

#include "runtime/reml/internal.h"

struct cluster {
  int n;             /* rows */
  size_t row;        /* its rows are order[row .. row + n) */
  int q;             /* columns */
  const int *levels; /* n_terms: levels of each term */
  size_t level;      /* their numbers are level[level ..), term after term */
  bool dense;        /* which kernel */
};

struct clusters {
  int n_terms, n;
  struct cluster *cluster;
  const int *order;            /* all rows, cluster after cluster, else in the order of the data */
  const int32_t *level;        /* levels, cluster after cluster */
  const int32_t *const *local; /* per term: number of a level within its cluster */
};

struct clusters *clusters_find(struct arena *a, const struct sparse_problem *all);

/* Marks each cluster dense or sparse. */
void clusters_choose(struct clusters *cl, enum reml_kernel kernel);

#endif
