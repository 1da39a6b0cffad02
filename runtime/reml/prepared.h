/* prepared.h: a problem made ready, and an evaluation of it in relative scale. */
#ifndef KIN_REML_PREPARED_H
#define KIN_REML_PREPARED_H

#include "runtime/reml/cluster.h"
#include "runtime/reml/dense.h"
#include "runtime/reml/internal.h"
#include "runtime/reml/marginal.h"

struct prepared_term {
  int c, q;
  const struct cov *cov;
  double *basis; /* c x c upper triangular: user's basis = internal basis times this */
  int *pivot;    /* c: state of the chart */
  int n_theta, n_phi;
  int theta, phi; /* places of this term in the vectors of the whole problem */
};

/* The last evaluation: everything follows from the kernels' sums.  V relative to sigma^2 = 1; matrices of
   parameters have n = k + 1 rows, the residual last. */
struct solved {
  double **lambda;        /* per term: relative factor */
  double *gamma;          /* n: phi relative to sigma^2, the last is 1 */
  double *l;              /* rank x rank: Cholesky factor of A_XX */
  double *phi;            /* p1 x p1: A_XX^-1, last row and column zero */
  double *d;              /* p1: (-b, 1) */
  double r2;              /* d'Ad */
  double log_det_x;       /* log|A_XX| for REML, 0 for ML */
  double *trace;          /* n: t_i - [tr(Phi U_i,XX)] */
  double *quad;           /* n: d'U_i d */
  double *ud;             /* p1 x n: U_i d */
  double *phi_u;          /* rank x rank, n of them: Phi U_i,XX; REML only */
  double *ai, *ei;        /* n x n; ei only where every cluster is dense */
  double *dwd, *xwx, *tt; /* n x n */
  double *trace2, *quad2; /* k x k, marginal kernel: second derivatives of V against the gradient's parts */
  double *kernel;         /* k x k: workspace */
  double *work;           /* rank x rank */
};

struct prepared {
  struct arena *arena;
  const struct problem *problem;
  struct reml_options options;
  struct sparse_problem all; /* the whole problem in internal units */
  int rank, p1;              /* of X; rank + 1 */
  int nu;                    /* n - rank (REML) or n (ML) */
  int k;                     /* parameters of the terms: theta and phi have one more, the residual, last */
  int *keep;                 /* rank: columns of X that are kept */
  double *r;                 /* rank x rank upper: kept columns (whitened) = internal columns times r */
  double *beta0;             /* rank: least-squares coefficients, user's units */
  double y_scale;            /* residual in user's units = y_scale times the internal one */
  bool perfect;              /* X explains y to rounding */
  double constant;           /* of the criterion */
  struct prepared_term *terms;
  struct clusters *clusters;
  struct dense *dense;   /* NULL: no cluster is dense */
  struct sparse *sparse; /* NULL: none is sparse */
  struct marginal
      *marginal; /* the kernel of structures, alone: phi is theta, relative to sigma^2; NULL: the others */
  int32_t **sparse_levels;           /* per term: number in the whole problem of the sparse part's levels */
  const struct sparse_problem *part; /* rows and levels behind `sparse` */
  struct kernel_sums sums;           /* t and u have room for the residual */
  struct solved solved;
};

/* ---- basis.c: columns in order, made orthonormal ---- */

struct basis_source {
  const double *x; /* first element */
  size_t step;     /* distance between rows */
};

/* Orthonormalises m columns, each row multiplied by root_w (NULL: 1).  q (n x m, column by column) receives the rank
   columns that add something, r (m x m upper triangular, leading dimension m) their coefficients: kept columns = q r;
   keep[i] is the i-th kept column.  Returns the rank.  *ones: the i for which column keep[i] is constant, or -1. */
int basis_orthonormalise(struct arena *scratch, int n, int m, const struct basis_source *x,
                         const double *root_w, double *q, double *r, int *keep, int *ones);

/* y's least-squares residual on q, and its coefficients in the kept columns. */
struct basis_projection {
  const struct basis_source *x;
  const double *y, *root_w;
  int n, m, rank, ones;
  const double *q, *r;
  const int *keep;
};
void basis_project(struct arena *scratch, const struct basis_projection *in, double *residual, double *beta);

/* ---- chart.c: theta of the whole problem ---- */

void chart_start(const struct prepared *pr, double *theta); /* relative sd 1, sigma 1 */
/* The chart of given relative covariance matrices, g[t] c x c in the internal basis. */
void chart_from(const struct prepared *pr, double *const *g, double *theta);
void chart_factors(const struct prepared *pr, const double *theta, double *const *lambda); /* over sigma */
/* G_t in the user's units; not of the marginal kernel. */
void chart_covariance(const struct prepared *pr, struct arena *scratch, const double *theta, int t,
                      double *g);
void chart_phi(const struct prepared *pr, const double *theta, double *phi);
void chart_scale(const struct prepared *pr, double *theta, double s); /* V -> s V */
/* True: derivatives have to be had anew at the new theta. */
bool chart_repivot(const struct prepared *pr, double *theta);
double chart_sigma2(const struct prepared *pr, const double *theta);
/* g_theta = J'g; h_theta = J'hJ + the curvature of the chart, given g and h in phi. */
void chart_gradient(const struct prepared *pr, const double *theta, const double *g, double *g_theta);
void chart_hessian(const struct prepared *pr, struct arena *scratch, const double *theta, const double *g,
                   const double *h, double *h_theta);
/* Sets pivots of the relative factors below `small` to exactly zero; returns how many. */
int chart_zero_pivots(const struct prepared *pr, double *theta, double small);
/* Rank of G_t: pivots that are not zero. */
int chart_rank(const struct prepared *pr, const double *theta, int t);

/* ---- moments.c ---- */

void solved_new(struct prepared *pr);
/* Kernels, fixed effects, traces and quadratic forms at theta (its sigma plays no part).  want >= WANT_GRADIENT
   fills all but the second pass.  False: not positive definite in floating point. */
bool solve_at(struct prepared *pr, const double *theta, unsigned want);
/* The second pass: ai, and ei where it can be had. */
void solve_second(struct prepared *pr);
bool solved_has_ei(const struct prepared *pr);
/* After solve_at: the quadratic forms d'W_ij d (n x n, n = k + 1) of any d (p1), and, marginal kernel, d'R_ij d (k x k) with
   R_ij = D'V^-1 V_ij V^-1 D; relative scale. */
void solved_forms(struct prepared *pr, const double *d, double *dwd, double *dr);
/* After solve_second: T_ij (n x n) where the kernels leave them out; false: they cannot be had. */
bool solved_traces(struct prepared *pr, double *tt);
/* -2 log L of the last solve at a given sigma^2, and the sigma^2 that minimises it. */
double solved_criterion(const struct prepared *pr, double sigma2);
double solved_sigma2(const struct prepared *pr);
/* Gradient and Hessian (observed or average information) in phi at sigma^2. */
void solved_gradient(const struct prepared *pr, double sigma2, double *g);
void solved_hessian(const struct prepared *pr, double sigma2, bool observed, double *h);

/* X explains y when the residual's norm is below this times sqrt(n) times that of y. */
#define PERFECT_FIT_EPS (16 * 2.220446049250313e-16)

/* Smallest sigma^2, internal units: residuals of y have unit rms. */
#define SIGMA2_FLOOR 1e-16

/* ---- structures.c: problems for the marginal kernel ---- */

/* Terms, parameters and the kernel. */
void prepare_structures(struct prepared *pr, const double *root_w);

/* ---- naturals.c: covariance parameters as users know them ---- */

double natural_value(const struct prepared *pr, struct arena *scratch, const struct reml_natural *x,
                     const double *theta);
/* Does it change with theta_i?  May say true where it does not. */
bool natural_depends(const struct prepared *pr, const struct reml_natural *x, int i);
/* slope (k + 1): its derivatives in theta, which is left as it was. */
void natural_slopes(const struct prepared *pr, struct arena *scratch, const struct reml_natural *x,
                    double *theta, double *slope);
/* Values at theta, with standard errors from the covariance matrix of theta; cov NULL: there is none. */
void finish_naturals(struct arena *a, const struct prepared *pr, const double *theta, const double *cov,
                     struct reml_result *out);

/* ---- newton.c ---- */

struct step {
  double *s;        /* n */
  double predicted; /* decrease of the quadratic model */
  double length;    /* |s| */
  bool convex;      /* the Hessian is positive definite */
  bool inside;      /* the trust region did not bind */
};
/* Minimiser of g's + s'hs/2 over |s| <= delta (More & Sorensen 1983). */
void newton_step(struct arena *scratch, int n, const double *g, const double *h, double delta,
                 struct step *out);

/* ---- finish.c, status.c ---- */

/* x (c x c) := s B^-1 x B^-T for an upper triangular B, symmetric to the last bit. */
void finish_basis(int c, const double *basis, double s, double *x);
void finish_result(struct arena *a, struct prepared *pr, const double *theta, struct reml_result *out);
void finish_perfect(struct arena *a, struct prepared *pr, struct reml_result *out);
/* Result without estimates. */
void finish_nothing(struct arena *a, const struct prepared *pr, struct reml_result *out);
const char *reml_status_text(struct arena *a, const struct reml_result *r);

#endif
