#include "runtime/reml/cluster.h"
#include <string.h>

/* A cluster with at most this many columns is always dense; larger ones are while their cubes sum to less than
   the work below (in floating point operations an evaluation). */
enum { DENSE_COLUMNS = 64 };
static const double dense_work = 150e6, work_per_cube = 5;

/* Union-find over the levels of all terms; node = first node of the term + level. */
static int root_of(int *parent, int i) {
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

/* The smaller node becomes the root, so that the result does not depend on the order of rows. */
static void join(int *parent, int i, int j) {
  i = root_of(parent, i);
  j = root_of(parent, j);
  if (i < j) parent[j] = i;
  if (j < i) parent[i] = j;
}

static int count_levels(const struct sparse_problem *all) {
  int n = 0;
  for (int t = 0; t < all->n_terms; t++) n += all->terms[t].q;
  return n;
}

/* Cluster of every node, numbered by the first row; returns how many. */
static int number_clusters(struct arena *a, const struct sparse_problem *all, int *of_node, int *of_row) {
  int n_nodes = count_levels(all), n = 0;
  int *parent = ints_raw(a, n_nodes);
  for (int i = 0; i < n_nodes; i++) {
    parent[i] = i;
    of_node[i] = -1;
  }
  for (int t = 1, first = 0; t < all->n_terms; t++) {
    first += all->terms[t - 1].q;
    for (int i = 0; i < all->n; i++) join(parent, all->terms[0].level[i], first + all->terms[t].level[i]);
  }
  for (int i = 0; i < all->n; i++) {
    int root = root_of(parent, all->terms[0].level[i]);
    if (of_node[root] < 0) of_node[root] = n++;
    of_row[i] = of_node[root];
  }
  for (int i = 0; i < n_nodes; i++) of_node[i] = of_node[root_of(parent, i)];
  return n;
}

/* Rows, cluster after cluster. */
static const int *sort_rows(struct arena *a, int n_rows, const int *of_row, struct clusters *cl) {
  int *order = ints_raw(a, n_rows);
  size_t *next = arena_raw(a, (size_t)cl->n, size_t);
  size_t row = 0;
  for (int i = 0; i < n_rows; i++) cl->cluster[of_row[i]].n++;
  for (int c = 0; c < cl->n; c++) {
    next[c] = cl->cluster[c].row = row;
    row += (size_t)cl->cluster[c].n;
  }
  for (int i = 0; i < n_rows; i++) order[next[of_row[i]]++] = i;
  return order;
}

/* Counts the levels of each term in each cluster and numbers them by their first row. */
static void number_levels(struct arena *a, const struct sparse_problem *all, const int *of_row,
                          struct clusters *cl, int32_t **local) {
  int n_terms = cl->n_terms;
  int *counts = arena_array(a, (size_t)cl->n * (size_t)n_terms, int);
  for (int t = 0; t < n_terms; t++) {
    local[t] = arena_raw(a, (size_t)all->terms[t].q, int32_t);
    for (int l = 0; l < all->terms[t].q; l++) local[t][l] = -1;
    for (int i = 0; i < all->n; i++) {
      int32_t level = all->terms[t].level[i];
      if (local[t][level] < 0) local[t][level] = counts[(size_t)of_row[i] * (size_t)n_terms + (size_t)t]++;
    }
  }
  size_t level = 0;
  for (int c = 0; c < cl->n; c++) {
    struct cluster *x = &cl->cluster[c];
    x->levels = counts + (size_t)c * (size_t)n_terms;
    x->level = level;
    for (int t = 0; t < n_terms; t++) {
      x->q += x->levels[t] * all->terms[t].c;
      level += (size_t)x->levels[t];
    }
  }
}

/* The lists of levels, in the order of their local numbers. */
static const int32_t *list_levels(struct arena *a, const struct sparse_problem *all, const int *of_node,
                                  const struct clusters *cl, int32_t *const *local) {
  int32_t *list = arena_raw(a, (size_t)count_levels(all), int32_t);
  for (int t = 0, node = 0; t < cl->n_terms; t++)
    for (int l = 0; l < all->terms[t].q; l++, node++) {
      const struct cluster *x = &cl->cluster[of_node[node]];
      size_t place = x->level;
      for (int s = 0; s < t; s++) place += (size_t)x->levels[s];
      list[place + (size_t)local[t][l]] = l;
    }
  return list;
}

struct clusters *clusters_find(struct arena *a, const struct sparse_problem *all) {
  struct clusters *cl = arena_make(a, struct clusters);
  cl->n_terms = all->n_terms;
  int32_t **local = arena_array(a, (size_t)all->n_terms, int32_t *);
  cl->local = (const int32_t *const *)local;
  if (all->n_terms == 0) return cl;
  int *of_node = ints_raw(a, count_levels(all)), *of_row = ints_raw(a, all->n);
  cl->n = number_clusters(a, all, of_node, of_row);
  cl->cluster = arena_array(a, (size_t)cl->n, struct cluster);
  cl->order = sort_rows(a, all->n, of_row, cl);
  number_levels(a, all, of_row, cl, local);
  cl->level = list_levels(a, all, of_node, cl, local);
  return cl;
}

static double cube_work(const struct cluster *x) {
  double r = x->n < x->q ? x->n : x->q;
  return work_per_cube * r * r * x->q;
}

void clusters_choose(struct clusters *cl, enum reml_kernel kernel) {
  double work = 0;
  for (int c = 0; c < cl->n; c++)
    if (cl->cluster[c].q > DENSE_COLUMNS) work += cube_work(&cl->cluster[c]);
  for (int c = 0; c < cl->n; c++) {
    struct cluster *x = &cl->cluster[c];
    bool small = x->q <= DENSE_COLUMNS || work <= dense_work;
    x->dense = kernel == KERNEL_DENSE || (kernel == KERNEL_AUTO && small);
  }
}
