/* reml.h: the likelihood of a mixed model and its optimum.  One door: problem_eval.
 *
 * `reml_prepare` does once what does not depend on the parameters: centring and QR of [X y] in extended
 * precision, scaling (and for us orthonormalising) of the random basis, union-find of independent clusters,
 * QR compression, symbolic analysis.  Formulas: docs/numerics.md.  Internal units: sigma, theta and phi refer
 * to the *internal* basis; reml_finish turns them into the user's.
 */
#ifndef KIN_REML_H
#define KIN_REML_H

#include "lang/base/buf.h"
#include "runtime/model/problem.h"

struct prepared; /* opaque */

enum reml_kernel { KERNEL_AUTO, KERNEL_DENSE, KERNEL_SPARSE }; /* the latter two for tests */

struct reml_options {
  int threads; /* >= 1; the digits do not depend on it */
  enum reml_kernel kernel;
  int max_evaluations; /* 0: default */
  const double
      *start; /* NULL, or the stacked G_t (user's basis, c x c each, column by column) divided by sigma^2 */
  const double *theta; /* NULL, or reml_result.theta of a problem with the same structures */
  double
      start_sigma2; /* with start or theta, where parameters are held: the scale to begin at, user's units; 0: not said */
  int n_begin; /* covariance parameters that the search begins at */
  const struct covariance_value *begin;
  int restarts;    /* further searches, from random starting points */
  struct buf *log; /* NULL, or receives a line an evaluation (--dump=fitlog) */
};

/* Why the fit ended.  ORDER STATUS: reml_status_text */
enum reml_status {
  REML_CONVERGED,
  REML_SINGULAR,       /* converged, some G_t is not of full rank */
  REML_PERFECT_FIT,    /* X explains y exactly: all variances 0 */
  REML_ZERO_RESIDUAL,  /* sigma reached its floor: random effects explain the data */
  REML_NOT_CONVERGED,  /* evaluations used up, or no decrease left with a gradient that is not small */
  REML_NOT_IDENTIFIED, /* information singular at the start: bad_param lists parameters */
  REML_INTERRUPTED,
  REML_UNREACHABLE, /* no covariance matrix was found with the values of `begin` and `hold` */
};

/* What an evaluation computes. */
enum { WANT_CRITERION = 0, WANT_GRADIENT = 1, WANT_HESSIAN = 2 };

struct moments {
  double criterion; /* -2 log L, all constants, user's units */
  double ld;        /* log|V| of the internal problem */
  double r2;        /* y'Py; equals nu after the free scale */
  double *gradient; /* k: d(-2 log L)/d phi, internal phi, residual variance last */
  double *hessian;  /* k x k: average information or observed, of -2 log L in phi */
  bool observed;    /* hessian is the observed information */
  double *a;        /* (p+1) x (p+1): D'V^-1 D */
};

/* A covariance parameter as users know it. */
struct reml_natural {
  int term;            /* n_terms: of the residual */
  int stratum, factor; /* of the residual; factor -1: of all of it */
  int place;           /* within its part; of SCALE: which column of residual.scale */
  struct natural what;
  double value, se; /* se NaN: not to be had, as on a boundary */
  bool held;
};

/* Result in the user's units.  Arrays live in the arena given to reml_fit. */
struct reml_result {
  enum reml_status status;
  const char *message; /* plain English: how the optimizer ended, with figures */
  double criterion;    /* -2 log L (REML or ML), all constants */
  int rank;            /* of X */
  bool *aliased;       /* p: column dropped as a combination of earlier ones */
  double *beta;        /* p; NaN where aliased */
  double *vcov;        /* p x p; NaN rows and columns where aliased */
  double sigma2;
  double **g;     /* n_terms: c x c */
  int *g_rank;    /* n_terms: rank of G_t (< c: singular) */
  double **b;     /* n_terms: q x c row by row: conditional modes (BLUPs) */
  double **b_var; /* n_terms: q x c x c: conditional variance given beta and theta (lme4's condVar) */
  int n_natural;
  struct reml_natural *natural;
  double *theta; /* of such problems: of the structures, relative to sigma^2 */
  int n_theta;   /* covariance parameters that were estimated, the residual variance not counted */
  int evaluations;
  int restarts,
      worse; /* further searches made; those that ended at a criterion more than 1e-6 above the best */
  double gradient_norm; /* of the gradient in theta, in units of standard errors, at the end */
  double decrement;     /* last Newton decrement */
  int n_bad;            /* NOT_IDENTIFIED: terms at fault; index n_terms means the residual */
  int *bad_term;
  double seconds_setup, seconds_optimize;
};

/* Sets up and fits.  `a` owns the result.  User errors never reach here: the model layer has checked y, X,
 * levels. */
struct reml_result *reml_fit(struct arena *a, const struct problem *problem,
                             const struct reml_options *options);

/* The residual's covariance matrix R in the user's units, element by element of the problem's rows; it lives in the arena. */
struct residual_matrix;
struct residual_matrix *reml_residual_open(struct arena *a, const struct problem *problem,
                                           const struct reml_result *r);
double reml_residual_element(const struct residual_matrix *m, int i, int j);
/* Does the problem have structures beyond us and diag of independent levels?  Have two of them the same? */
bool problem_has_structures(const struct problem *problem);
bool problem_same_structures(const struct problem *p, const struct problem *q);
/* A rate or a range whose standard error is so much larger than itself that it is not determined. */
bool natural_is_endless(const struct reml_natural *x);
/* Values and standard errors at a result; what the fit has already, or worked out now.  May take as long as a few evaluations. */
const struct reml_natural *reml_natural_values(struct arena *a, const struct problem *problem,
                                               const struct reml_result *r, int threads, int *n);
/* The covariance parameters of a problem, term by term, the residual last; their values are not filled in. */
struct reml_natural *reml_naturals(struct arena *a, const struct problem *problem, int *n);
/* Of one factor of the residual's structure the m x m matrix over its positions (of the first times sigma^2, else relative);
   NULL: it has none, since its positions are too many. */
double *reml_residual_factor(struct arena *a, const struct problem *problem, const struct reml_result *r,
                             int stratum, int factor);

/* The pieces, for inference and tests. */
struct prepared *reml_prepare(struct arena *a, const struct problem *problem,
                              const struct reml_options *options);
int reml_n_theta(const struct prepared *pr); /* including the residual: last */
void reml_start(const struct prepared *pr, double *theta);
/* The door.  theta: n_theta chart values, last log sigma (internal units).  Returns false when V is not
   positive definite in floating point; moments then hold nothing.  `m` comes from moments_new. */
bool problem_eval(struct prepared *pr, const double *theta, unsigned want, struct moments *m);
struct moments *moments_new(struct arena *a, const struct prepared *pr);
/* Gradient of the criterion in theta from the moments (n_theta). */
void moments_gradient(const struct prepared *pr, const double *theta, const struct moments *m,
                      double *g_theta);
/* --dump=blocks: clusters, kernels, patterns, sizes. */
void prepared_describe(struct buf *out, const struct prepared *pr);

#endif
