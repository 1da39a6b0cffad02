/* marginal_means.h: estimated marginal means, their contrasts, and slopes, as linear combinations of the fixed effects. */
#ifndef KIN_MARGINAL_MEANS_H
#define KIN_MARGINAL_MEANS_H

#include "runtime/inference/reference_grid.h"

/* What means are for: a factor at each level, or a number at each of some values. */
struct means_dim {
  int factor, number; /* of the grid; the other is -1 */
  int n;
  const double *value; /* of a number: n */
};

struct means {
  int rows, p;
  double *l;       /* rows x p, row by row; the first dimension varies fastest */
  bool *estimable; /* rows */
};

/* For each combination of the dimensions the mean over the levels of the other factors, each alike or as often as they occur together.
   false: a function of a column has no value there, or there are too many combinations. */
bool means_make(struct reference_grid *g, int n, const struct means_dim *dim, bool proportional,
                struct means *out);
/* The same of the slope in a number, by a central difference of the design's row: exact where the column stands as it is. */
bool slopes_make(struct reference_grid *g, int number, int n, const struct means_dim *dim, bool proportional,
                 struct means *out);

enum contrast_method { CONTRAST_PAIRWISE, CONTRAST_REFERENCE, CONTRAST_SUCCESSIVE, CONTRAST_DEVIATION };
/* Of k means: how many contrasts; weights of contrast i (k), and a text of it from the means' labels. */
int contrast_count(enum contrast_method m, int k);
const char *contrast_make(struct arena *a, enum contrast_method m, int k, int i, const char *const *label,
                          double *weight);

#endif
