/* problem.h: a mixed model as matrices.  All that the likelihood (runtime/reml) sees.
 *
 *   y = X beta + sum_t Z_t b_t + e,   b_t ~ N(0, I_q (x) G_t),   e ~ N(0, W^-1/2 R W^-1/2),  W = diag(w)
 *
 * Row i of Z_t is row i of the basis z_t placed in the columns of level[i]; with several loads, the sum of such rows, so that a
 * row may depend on two persons.  R is sigma^2 I, or block diagonal (struct residual).
 */
#ifndef KIN_PROBLEM_H
#define KIN_PROBLEM_H

#include "lang/base/arena.h"
#include "runtime/model/cov/cov.h"
#include "runtime/model/cov/part.h"
#include <stdint.h>

struct re_term {
  int c;                 /* columns of the basis */
  int q;                 /* levels, all of them used */
  int loads;             /* levels that a row loads on; 0 means 1 */
  const int32_t *level;  /* n x loads, row by row: 0..q-1 */
  const double *z;       /* n x loads of c, row by row: z[(i * loads + s) * c + a]; a load of zeros is none */
  const struct cov *cov; /* G_t, where it is us or diag; NULL: as `structure` says */
  const struct structure *structure; /* G_t over `x`; NULL: cov */
  struct positions x;                /* c positions */
  /* q x q, lower triangular, column by column: the levels' effects are u = (root (x) I) b, so that Cov u = K (x) G with
     K = root root'; rows load on b.  NULL: u = b. */
  const double *root;
};

/* One factor of a product of structures: a position in it for each row. */
struct residual_factor {
  const struct structure *structure;
  struct positions x;
  const int32_t *position; /* n: 0..x.m-1 */
};

/* R: within a block, s_i s_j times the product over the factors of their elements at the rows' positions; 0 between blocks.
   log s_i = scale[i]'delta.  Without factors, R is diagonal.  Each stratum has parameters of its own. */
struct residual {
  int n_blocks;
  const int32_t *block; /* n: 0..n_blocks-1 */
  int n_factors;
  const struct residual_factor *factors;
  int n_strata;           /* 1: one for all */
  const int32_t *stratum; /* n, the same within a block; NULL: one for all */
  int n_scale;
  const double *scale; /* n x n_scale, row by row */
};

/* A covariance parameter, by its number in reml_naturals() (reml.h), and a value: of an sd, a rate or a range above 0, of a
   correlation between -1 and 1. */
struct covariance_value {
  int natural;
  double value;
};

struct problem {
  struct arena *arena; /* owns or holds everything; counted */
  int n, p;            /* rows; columns of X */
  const double *x;     /* n x p, column by column */
  const double *y;     /* n (offset already subtracted) */
  const double *w;     /* n prior weights > 0, or NULL for 1 */
  int n_terms;
  const struct re_term *terms;
  const struct residual *residual; /* NULL: sigma^2 diag(w)^-1 */
  int n_hold;                      /* covariance parameters that are not estimated but given */
  const struct covariance_value *hold;
  bool reml; /* REML, else ML */
};

#endif
