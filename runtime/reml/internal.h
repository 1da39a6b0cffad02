/* internal.h: what the files of runtime/reml share.
 *
 * The prepared problem.  Rows are whitened (multiplied by the square root of their weight), y is replaced by
 * its least-squares residual of unit rms, X by an orthonormal basis of its columns times sqrt(n), each random
 * basis is scaled (us: orthonormalised).  D = [X y] has p1 = rank + 1 columns.
 *
 * Relative scale.  Kernels know only V = I + sum_t Z_t (Lambda_t Lambda_t') Z_t', sigma = 1; moments.c
 * rescales.
 *
 * Parameters of the kernels are the natural parameters phi_i of all terms in order, the residual left out: k
 * of them.  Each is one pair (a, b) of basis columns of one term:  dG_t/dphi_i = G_i = e_a e_b' + e_b e_a' for
 * a > b, and e_a e_a' for a == b.  V_i = Z_t (I (x) G_i) Z_t'.  The residual follows by homogeneity:
 * V = V_e + sum_i phi_i V_i.
 *
 * All matrices column by column; symmetric ones with both triangles filled.
 */
#ifndef KIN_REML_INTERNAL_H
#define KIN_REML_INTERNAL_H

#include "runtime/reml/reml.h"

/* Place of element (i, j) of a matrix whose columns are ld apart; elements of an m x n matrix. */
static inline size_t at(int i, int j, int ld) {
  return (size_t)i + (size_t)j * (size_t)ld;
}
static inline size_t area(int m, int n) {
  return (size_t)m * (size_t)n;
}
/* An m x n matrix in an arena: zero, or not cleared. */
static inline double *matrix_zero(struct arena *a, int m, int n) {
  return (double *)arena_zero(a, area(m, n), sizeof(double));
}
static inline double *matrix_raw(struct arena *a, int m, int n) {
  return (double *)arena_alloc(a, area(m, n), sizeof(double));
}
static inline int *ints_raw(struct arena *a, int n) {
  return (int *)arena_alloc(a, (size_t)n, sizeof(int));
}

struct param {
  int term;
  int a, b; /* a >= b */
};

/* Sums over clusters.  Kernels ADD to them. */
struct kernel_sums {
  int p1, k;
  double ld;  /* log|V| */
  double *a;  /* p1 x p1: D'V^-1 D */
  double *t;  /* k: tr(V^-1 V_i) */
  double *u;  /* k of p1 x p1: U_i = D'V^-1 V_i V^-1 D */
  double *tt; /* k x k: tr(V^-1 V_i V^-1 V_j); the dense kernel only */
};

/* The second pass, when b and Phi = A_XX^-1 are known.  W_ij = D'V^-1 V_i V^-1 V_j V^-1 D. */
struct kernel_weights {
  const double *d;   /* p1: (-b, 1) */
  const double *phi; /* p1 x p1: Phi in the leading rows and columns, the last row and column zero */
  double *dwd;       /* k x k: += d' W_ij d */
  double *xwx;       /* k x k: += tr(Phi W_ij,XX); the dense kernel only; NULL: not wanted */
};

/* ---- the sparse kernel (sparse.c) ----------------------------------------------------------------------
 *
 * Gets the rows of all clusters that are too large for the dense kernel, as a problem of its own.
 */
struct sparse_term {
  int c;                /* columns of the basis */
  int q;                /* levels that occur in these rows */
  const int32_t *level; /* n: 0..q-1 */
  const double *z;      /* n x c, row by row, internal basis, whitened */
};

struct sparse_problem {
  int n, p1;
  const double *d; /* n x p1, column by column, leading dimension n */
  int n_terms;     /* all terms of the problem, in order; every row has a level of each */
  const struct sparse_term *terms;
  int k;
  const struct param *params;
  int threads; /* digits do not depend on it */
};

struct sparse; /* opaque; lives in the arena, CHOLMOD objects registered with it */

struct sparse *sparse_new(struct arena *a, const struct sparse_problem *sp);

/* Evaluates at the relative factors lambda[t] (c x c, any, zero columns allowed).  ADDS to out: always ld and
   a; with want >= WANT_GRADIENT also t and u.  Keeps the factor for the calls below.  False when the
   factorization failed or something is not finite. */
bool sparse_eval(struct sparse *s, const double *const *lambda, unsigned want, struct kernel_sums *out);

/* Second pass at the point of the last sparse_eval: adds to w->dwd; w->xwx is left alone (not available). */
void sparse_weights(struct sparse *s, struct kernel_weights *w);

/* tt (k x k) += tr(V^-1 V_i V^-1 V_j) at the point of the last sparse_eval, with K as a dense matrix: false where the effects are too
   many for that, and nothing is added. */
bool sparse_traces(struct sparse *s, double *tt);

/* At the point of the last sparse_eval (want >= WANT_GRADIENT): conditional modes G_t E_t d, b[t]: q x c row by
   row, and diagonal blocks of Lambda M^-1 Lambda', var[t]: q of c x c.  Relative scale, internal basis, local
   levels. */
void sparse_modes(struct sparse *s, const double *d, double *const *b, double *const *var);

/* Variance ratios to start from: g[t] is c x c, relative to sigma^2; false: no opinion (start at I). */
bool sparse_start(struct sparse *s, double *const *g);

/* What the factor costs, known before the first evaluation: for a warning.  An evaluation takes some 4 * operations. */
struct sparse_info {
  int n, q; /* rows, random effects */
  int supernodes;
  double values, operations; /* elements of L; multiplications and additions to compute it */
  double bytes;              /* of L and the selected inverse */
};
struct sparse_info sparse_info(const struct sparse *s);

/* --dump=blocks: sizes, nonzeros of the factor, flops. */
void sparse_describe(struct buf *out, const struct sparse *s);

#endif
