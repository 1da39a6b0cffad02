/* basis.h: variables of several columns: poly(x, 2), ns(x, df = 4), bs(x, knots = [2, 5]). */
#ifndef KIN_BASIS_H
#define KIN_BASIS_H

#include "lang/column_functions.h"

enum { BASIS_COLUMNS_MAX = 50 };

enum basis_kind {
  BASIS_POLY, /* powers 1 to degree; orthogonal unless raw */
  BASIS_NS,   /* natural cubic spline */
  BASIS_BS,   /* B-spline */
};

struct basis_call {
  enum basis_kind kind;
  const struct ast *x;
  int width;              /* columns */
  int degree;             /* POLY: the highest power; NS: 3; BS: of the pieces */
  bool raw;               /* POLY */
  int n_knots;            /* inner ones */
  const double *knots;    /* as they are written; NULL: quantiles of x */
  const double *boundary; /* two; NULL: the range of x */
};

/* Does the expression make several columns? */
bool basis_is(const struct ast *e);

/* Reads such a call.  False: a number of it is not known before a splice is filled in, or it is wrong; with a scope (NULL: none)
   that is reported. */
bool basis_read(struct arena *a, struct column_scope *s, const struct ast *call, struct basis_call *out);

/* Checks a call that stands as a term, its argument too. */
enum colkind basis_check(struct column_scope *s, const struct ast *call);

#endif
