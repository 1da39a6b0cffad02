/* reference_grid.h: rows of the fixed part's design at chosen values of its variables: for estimated marginal means.
 *
 * Searle, Speed & Milliken (1980), The American Statistician 34:216-221.  A factor stands at each of its levels; a numeric column at its mean over the
 * rows used, or at a value that is given, and functions of it (log(x), poly(x, 2)) follow.  What operators take from other rows (within(x), lag(x)) is a
 * column of its own.
 */
#ifndef KIN_REFERENCE_GRID_H
#define KIN_REFERENCE_GRID_H

#include "runtime/inference/fit.h"

struct grid_factor {
  const char *name, *inner; /* "C(arm, sum)", "arm"; inner NULL: the same */
  int var;                  /* of the IR */
  int n_levels;
  const char *const *levels;
  int level; /* where it stands */
};

struct grid_number {
  const char *name; /* a column, or an operator's call */
  double value;     /* where it stands: its mean, at first */
};

struct reference_grid {
  struct arena *arena;
  const struct fit *fit;
  int n_factors, n_numbers;
  struct grid_factor *factor;
  struct grid_number *number;
  struct arena *scratch;
};

/* Of the variables of the fixed part. */
struct reference_grid *grid_open(struct arena *a, const struct fit *f);
int grid_factor_find(const struct reference_grid *g, const char *name); /* -1: none */
int grid_number_find(const struct reference_grid *g, const char *name);
/* row (p) := the design's row where all variables stand now; false: a function has no value there. */
bool grid_row(struct reference_grid *g, double *row);
/* Is row'beta the same for all solutions, where columns of X are combinations of others? */
bool grid_estimable(struct reference_grid *g, const double *row);

#endif
