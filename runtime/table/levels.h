/* levels.h: what the values of a column are like; column_levels stands in table.h. */
#ifndef KIN_LEVELS_H
#define KIN_LEVELS_H

#include "runtime/table/table.h"

struct number_range {
  double min, max; /* of the finite values; NaN if there are none */
  bool whole;      /* there are values, and all are whole numbers below 1e15 */
  int n_missing;
};

struct number_range number_range(const double *v, int n);

#endif
