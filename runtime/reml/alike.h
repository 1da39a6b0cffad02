/* alike.h: clusters of rows that depend on each other, sorted into patterns; for runtime/reml/marginal*.c alone. */
#ifndef KIN_REML_ALIKE_H
#define KIN_REML_ALIKE_H

#include "runtime/reml/internal.h"

/* A row's load on a level of a term. */
struct load {
  int row, level; /* within the cluster */
  const double *z;
  const int *column; /* of z: those that are not zero */
  int n;
};

struct pattern {
  int n, count;        /* rows of a cluster; clusters */
  const int *rows;     /* count x n: rows of the data, cluster after cluster, in the pattern's order */
  const int *block;    /* n: local number of the block */
  int *n_loads;        /* per term */
  struct load **loads; /* per term, sorted by level */
  int *n_levels;       /* per term, of a cluster */
  double *gram;        /* (n p1) x (n p1): sum of vec(D) vec(D)'; NULL: clusters one by one */
  double *k; /* (k + 1) of n x n: K_i and, last, V^-1, where there is memory to keep them; else NULL */
};

struct alike {
  int n_patterns;
  struct pattern *pattern; /* larger ones first */
  int n_clusters, largest;
};

struct alike *alike_find(struct arena *a, const struct problem *problem, const struct sparse_problem *all);

static inline int loads_of(const struct re_term *t) {
  return t->loads ? t->loads : 1;
}

#endif
