/* prepared.h: a problem made ready: everything that does not depend on the parameters. */
#ifndef KIN_REML_PREPARED_H
#define KIN_REML_PREPARED_H

#include "runtime/reml/cluster.h"
#include "runtime/reml/dense.h"
#include "runtime/reml/internal.h"

struct prepared_term {
  int c, q;
  const struct cov *cov;
  const double *z; /* n x c row by row: internal basis, whitened */
  double *basis;   /* c x c upper triangular: user's basis = internal basis times this */
  int *pivot;      /* c: state of the chart */
  int n_theta, n_phi;
  int theta, phi; /* offset of this term in the vectors of the whole problem */
};

struct prepared {
  struct arena *arena;
  const struct problem *problem;
  struct reml_options options;
  int n, p, rank, p1;
  int nu;      /* n - rank (REML) or n (ML) */
  int k;       /* parameters of the terms; theta and phi have one more, the residual, last */
  int k_theta; /* chart values of the terms */
  const struct param *params;
  int *keep;       /* rank: columns of X that are kept */
  double *r;       /* rank x rank upper: kept columns (whitened) = internal columns times r */
  double *beta0;   /* rank: least-squares coefficients, user's units */
  double *d;       /* n x p1: internal X, then the residual y of unit rms */
  double y_scale;  /* residual in user's units = y_scale times the internal one */
  bool perfect;    /* X explains y to rounding */
  double constant; /* criterion minus its variable part */
  struct prepared_term *terms;
  struct clusters *clusters;
  struct dense *dense;            /* NULL: no cluster is dense */
  struct sparse *sparse;          /* NULL: none is sparse */
  const struct sparse_part *part; /* rows and levels behind `sparse` */
  struct kernel_sums sums;        /* of the last evaluation */
  struct workspace *work;         /* moments.c */
};

/* An orthonormal basis of the columns of a design, in order; columns that add nothing are left out. */
struct basis_column_source {
  const double *x; /* first element */
  size_t step;     /* distance between rows */
};
/* Orthonormalises m columns (whitened by root_w unless NULL) into q (n x rank, column by column) and r (m x m upper
   triangular, row i belonging to the i-th kept column).  keep[i] is the i-th kept column.  Returns the rank. */
int basis_orthonormalise(int n, int m, const struct basis_column_source *x, const double *root_w, double *q,
                         double *r, int *keep);

/* Rounding level of the projection of y; see prepare.c. */
#define PERFECT_FIT_EPS (16 * 2.220446049250313e-16)

/* ---- moments.c ---- */

/* Kernel sums at the relative factors that theta implies; false: not positive definite. */
bool sums_evaluate(struct prepared *pr, const double *theta, unsigned want);
/* The best sigma^2 for the sums. */
double sums_scale(struct prepared *pr, bool *ok);

#endif
