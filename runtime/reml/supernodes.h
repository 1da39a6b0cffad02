/* supernodes.h: the layout of a supernodal Cholesky factor L, and its numbers.
 *
 * The analysis is CHOLMOD's: a supernode J is a run of columns with the same rows below, kept as one matrix
 * of nr x nc, its first nc rows the diagonal block (of which the lower triangle is used), the others the rows
 * below, in order.  Every row below belongs to a later supernode, whose rows hold all rows of J that come
 * after (Davis 2006).
 *
 * The numbers are computed here, not by CHOLMOD: most supernodes of a mixed model are single columns of a few
 * rows, for which its machinery costs more than the arithmetic, and the few large ones are worth more than
 * one thread.  Right-looking: a finished supernode is subtracted from those that its rows belong to.  Large
 * supernodes are worked on in panels of fixed width, so that the digits do not depend on the threads.
 */
#ifndef KIN_SUPERNODES_H
#define KIN_SUPERNODES_H

#include "lang/base/arena.h"
#include <cholmod.h>

/* Columns of a panel; operations below which a supernode is worked on column by column (a call into BLAS
   costs more), and above which in panels. */
enum { PANEL = 96, TINY = 8000, LARGE = 20000000 };

struct node {           /* one supernode */
  int first, nc, nr, m; /* first column; columns; rows; rows below */
  const int *rows;      /* nr */
  size_t at;            /* of its values */
};

/* One thread's place to work. */
struct workspace {
  int *place;     /* nr: where rows of this supernode stand in a later one */
  double *square; /* m x m, lower */
  double *below;  /* m x nc, at least nr */
  double *corner; /* nc x nc */
};

/* Supernodes from `first` to `last`, the root of a subtree without large ones. */
struct subtree {
  int first, last;
};

struct supernodes {
  int n, n_super, threads;
  const int *super, *pi, *px, *s; /* CHOLMOD's: first column, first row index, first value, row indices */
  int *of;                        /* n: supernode of a column */
  size_t size;                    /* of the values of all */
  int n_top, *top;                /* large supernodes and their ancestors, in order */
  int n_trees;
  struct subtree *tree; /* the others */
  struct workspace
      *work; /* a thread each; the first one has room for every supernode, the others for those in trees */
  bool parallel; /* there is enough to do */
};

/* For an analysed factor (supernodal, int indices), of which it keeps the pattern. */
struct supernodes *supernodes_new(struct arena *a, const cholmod_factor *l, int threads);

/* Place in the values of element (i, j) of the permuted matrix, in either order; it must lie in the
   pattern. */
size_t supernodes_place(const struct supernodes *s, int i, int j);

/* Cholesky factor in place; x: the matrix (lower triangle) laid out as L, zero where only L has an element.
   False: not positive definite, or not finite. */
bool supernodes_factor(struct supernodes *s, double *x);

/* x (n) := (L L')^-1 x, in the order of L. */
void supernodes_solve(const struct supernodes *s, const double *l, double *x);

/* log |L L'| */
double supernodes_log_det(const struct supernodes *s, const double *x);

static inline struct node node_of(const struct supernodes *s, int j) {
  struct node d = {.first = s->super[j], .nc = s->super[j + 1] - s->super[j], .nr = s->pi[j + 1] - s->pi[j]};
  d.m = d.nr - d.nc;
  d.rows = s->s + s->pi[j];
  d.at = (size_t)s->px[j];
  return d;
}

bool node_is_large(const struct node *d);
bool node_is_tiny(const struct node *d); /* every single column is */

/* place[k] := row of `later` that rows[k] is, k = i..m-1; rows are in order, and `later` has them all. */
void node_find_places(const struct node *later, const int *rows, int i, int m, int *place);

static inline int panels_of(int n) {
  return (n + PANEL - 1) / PANEL;
}
/* Width of the panel that begins at i. */
static inline int panel_width(int n, int i) {
  return n - i < PANEL ? n - i : PANEL;
}

#ifdef _OPENMP
#include <omp.h>
#define THREAD omp_get_thread_num()
#else
#define THREAD 0
#endif

#endif
