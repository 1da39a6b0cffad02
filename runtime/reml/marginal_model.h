/* marginal_model.h: the covariance model of the marginal kernel at one theta: tables of all structures and their derivatives. */
#ifndef KIN_REML_MARGINAL_MODEL_H
#define KIN_REML_MARGINAL_MODEL_H

#include "runtime/reml/alike.h"

enum { POSITIONS_TABLE = 400 }; /* more positions have no table: elements are worked out pair by pair */

struct table {
  struct part part;
  int theta, n;  /* where its parameters begin, how many */
  double *value; /* m x m; NULL: pair by pair */
  double *slope; /* n of m x m */
};

struct marginal_model {
  const struct problem *problem;
  int n_theta; /* all parameters */
  int n_terms, n_factors, n_strata, n_scale;
  struct table *term;     /* n_terms */
  struct table *residual; /* n_strata of n_factors */
  int delta;              /* where delta begins */
  const double *theta;    /* of the tables */
};

struct marginal_model marginal_model_new(struct arena *a, const struct problem *problem);
/* Fills the tables; false: theta gives no covariance matrix somewhere. */
bool marginal_model_at(struct marginal_model *m, const double *theta, bool slopes);

const struct table *table_of(const struct marginal_model *m, int stratum, int factor);
/* Element of a table's matrix at two positions, and its derivative in the table's parameter k. */
double table_pair(const struct table *x, const double *theta, int a, int b);
double table_slope(const struct table *x, const double *theta, int a, int b, int k);
/* exp(delta' (scale_i + scale_j)) */
double scale_pair(const struct marginal_model *m, int row_i, int row_j);

/* Element of R, relative to sigma^2, of two rows: 0 between blocks. */
double residual_pair(const struct marginal_model *m, int i, int j);

/* Of the pattern's cluster that begins at `rows`: v (n x n, symmetric); slope[i] its derivative in theta_i, NULL: not wanted. */
void marginal_fill(const struct marginal_model *m, const struct pattern *p, double *v, double **slope);

/* The same of the residual alone, for rows of the data that are one block. */
void marginal_fill_block(const struct marginal_model *m, const int *row, int n, double *v, double **slope);

/* Sums over patterns of gamma against second derivatives. */
struct curvature {
  double **term;     /* per term: c x c */
  double **residual; /* per table of the residual: m x m; NULL where there is no table */
  double *h;         /* n_theta x n_theta: what is added directly */
};
struct curvature curvature_new(struct arena *a, const struct marginal_model *m);
void curvature_clear(const struct marginal_model *m, struct curvature *c);
void curvature_add(const struct marginal_model *m, const struct pattern *p, const double *gamma,
                   struct curvature *c);
/* gamma (n x n) of the rows of one block. */
void curvature_add_block(const struct marginal_model *m, const int *row, int n, const double *gamma,
                         struct curvature *c);
/* out (n_theta x n_theta) := the whole. */
void curvature_collect(const struct marginal_model *m, struct arena *scratch, const struct curvature *c,
                       double *out);

#endif
