/* splines.h: B-splines and natural cubic splines over given knots; for runtime/model/basis.c alone. */
#ifndef KIN_SPLINES_H
#define KIN_SPLINES_H

#include "lang/base/arena.h"

enum { SPLINE_KNOTS_MAX = 200 };

/* The B-splines of an order but the first, at x: out[0 .. n_knots - order - 1). */
void bspline_columns(const double *knot, int n_knots, int order, double x, double *out);

/* The matrix, row by row, (n_knots - 5) x (n_knots - 7), that makes columns of a natural cubic spline of the B-splines but the
   first. */
const double *natural_columns(struct arena *a, const double *knot, int n_knots);
void natural_at(const double *knot, int n_knots, const double *natural, double x, double *out);

#endif
