/* basis.h: the columns of poly, ns and bs.
 *
 * What a basis takes from the data (the recurrence of orthogonal polynomials, the knots and the boundary of a spline) comes from
 * all rows of the table that have the variable, whichever of them a model uses; a basis made once can be evaluated at any x.
 * Columns and their order are those of R's poly(), splines::ns() and splines::bs().
 *
 * Orthogonal polynomials: Forsythe (1957), J. SIAM 5, 74-88.  B-splines: de Boor (1978), ch. 10; natural splines by the null space
 * of the second derivatives at the boundary (Hastie 1992, sec. 7.6).
 */
#ifndef KIN_MODEL_BASIS_H
#define KIN_MODEL_BASIS_H

#include "lang/basis.h"
#include "lang/base/diag.h"

struct basis {
  enum basis_kind kind;
  int width;
  int degree;
  bool raw;
  const double *alpha,
      *norm; /* POLY: P[j+1] = (x - alpha[j]) P[j] - norm[j] / norm[j-1] P[j-1]; norm[j] = |P[j]|^2; degree + 1 */
  int n_knots; /* splines: all, the boundary degree + 1 times at both ends */
  const double *knots;
  const double *natural; /* NS: (n_knots - 5) x width, row by row: B-splines but the first to columns */
};

/* The basis of a call (lang/basis.h) whose argument has the n values x, missing ones among them.  NULL after an error at the
   call: too few different values for so many columns. */
struct basis *basis_make(struct arena *a, struct diags *diags, const struct source *src,
                         const struct ast *call, const double *x, int n);

/* The recurrence of orthogonal polynomials up to b->degree, over the n values x. */
void basis_orthogonal(struct arena *a, struct basis *b, const double *x, int n);

/* Its columns at x: out[0 .. width).  Outside the boundary a natural spline goes on as a line, a B-spline as the polynomial of
   its outer piece. */
void basis_at(const struct basis *b, double x, double *out);

#endif
