/* part.h: a covariance structure at work: the matrix of the effects of one level, or of the residuals of one block.
 *
 * A structure is a correlation (correlation.h) with one variance or a variance for each position; or `us`, the whole matrix by its
 * Cholesky factor; or `exch`, [[A, B], [B, A]] by the factors of A + B and A - B, which is positive semidefinite by construction.
 * Correlation and scale are separate: a part whose scale belongs to another is a `unit`, with one parameter less.
 * Matrices are column by column, m x m; theta is unconstrained.
 */
#ifndef KIN_PART_H
#define KIN_PART_H

#include "lang/base/arena.h"
#include "runtime/model/cov/correlation.h"

struct structure {
  const char *name;
  const struct correlation *correlation; /* NULL: us, exch */
  bool variances;                        /* each position has its own */
};

/* By name; NULL if there is none. */
const struct structure *structure_find(const char *name);

struct part {
  const struct structure *structure;
  struct positions x;
  bool positive; /* standard deviations are exp(theta), for residuals; else signed, so that they reach zero */
  bool unit;     /* its scale is fixed */
  int *pivot;    /* us: m, the order of its factor */
};

struct part part_new(struct arena *a, const struct structure *s, const struct positions *x, bool positive,
                     bool unit);

int part_n(const struct part *p);                     /* parameters */
void part_start(const struct part *p, double *theta); /* variances 1, correlations 0 */
/* False: theta gives no covariance matrix. */
bool part_matrix(const struct part *p, const double *theta, double *g);
void part_derivative(const struct part *p, const double *theta, int i, double *d); /* dG/dtheta_i */
/* h[i + j * ld] += sum_ab gamma[a, b] d2G[a, b]/dtheta_i dtheta_j; gamma symmetric. */
void part_curvature(const struct part *p, struct arena *scratch, const double *theta, const double *gamma,
                    double *h, int ld);
/* us: a new order of the factor, for the same matrix; true: it changed, and theta with it. */
bool part_repivot(const struct part *p, double *theta);
/* Standard deviations below `small` become exactly zero; how many. */
int part_zero(const struct part *p, double *theta, double small);
/* Positions whose effects vary: of us and exch the rank. */
int part_rank(const struct part *p, const double *theta);

/* The parameters as users know them: what each is, and its value from theta and the scale of all (a variance). */
/* SCALE: a coefficient of the log standard deviation, of no part. */
enum natural_kind { NATURAL_SD, NATURAL_CORRELATION, NATURAL_RATE, NATURAL_RANGE, NATURAL_SCALE };
struct natural {
  enum natural_kind kind;
  int a,
      b; /* positions: of the SD (-1: common), of the CORRELATION (of toep: the lag and -1; common: -1, -1) */
};
int part_n_natural(const struct part *p);
struct natural part_natural(const struct part *p, int i);
double part_natural_value(const struct part *p, struct arena *scratch, const double *theta, double scale,
                          int i);

#endif
