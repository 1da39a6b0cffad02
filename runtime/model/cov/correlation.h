/* correlation.h: correlation matrices over positions: occasions, members, points in time or space.
 *
 * A position is a level of an index or a point with coordinates; rows of a block pick theirs, so that a missing occasion is a row
 * and a column that is not picked.  Parameters theta are unconstrained: a correlation bounded by (lower, upper) is
 * (lower + upper) / 2 + (upper - lower) / 2 sin(theta), which reaches its bounds at a finite theta; a rate or a range is
 * exp(theta).  Matrices are column by column, m x m.
 */
#ifndef KIN_CORRELATION_H
#define KIN_CORRELATION_H

#include <stdbool.h>

struct positions {
  int m;
  int dims;                 /* of the coordinates; 0: there are none, and positions count from 0 */
  const double *coordinate; /* m x dims, row by row; of ar1 and toep in steps, whole numbers */
  const double *known;      /* m x m; of `known` alone */
  int band;                 /* toep: the largest lag with a correlation; 0: all have one */
};

struct correlation {
  const char *name;
  int (*n)(const struct positions *x); /* parameters; NULL: none */
  /* False: theta gives no correlation matrix. */
  bool (*matrix)(const struct positions *x, const double *theta, double *c);
  /* dC/dtheta_i */
  void (*derivative)(const struct positions *x, const double *theta, int i, double *d);
  /* The parameter as users know it: a correlation, a rate, a range. */
  double (*natural)(const struct positions *x, const double *theta, int i);
  /* Of structures in which only the distance of two positions counts, one parameter: the correlation and its first two
     derivatives in theta; NULL: not one of them. */
  double (*of_distance)(double distance, double theta, double *first, double *second);
};

extern const struct correlation corr_identity; /* none */
extern const struct correlation corr_cs;       /* the same everywhere, from -1/(m - 1) to 1 */
extern const struct correlation corr_ar1;      /* rho^steps */
extern const struct correlation corr_toep;     /* one a lag, by partial autocorrelations (Durbin-Levinson) */
extern const struct correlation corr_ante1;    /* products of those of neighbours */
extern const struct correlation corr_ou;       /* exp(-rate |t - t'|) */
extern const struct correlation corr_exp;      /* exp(-distance / range) */
extern const struct correlation corr_known;    /* given */

/* (lower + upper) / 2 + (upper - lower) / 2 sin(theta), and its derivative. */
double bounded(double lower, double upper, double theta);
double bounded_slope(double lower, double upper, double theta);

/* Coordinate of a position along one dimension, and the Euclidean distance of two. */
double position_at(const struct positions *x, int i);
double position_distance(const struct positions *x, int i, int j);

#endif
