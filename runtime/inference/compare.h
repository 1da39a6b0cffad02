/* compare.h: may fits be compared, and how: spans of their fixed parts, rows, which one lies in which. */
#ifndef KIN_COMPARE_H
#define KIN_COMPARE_H

#include "runtime/inference/fit.h"

enum comparison {
  COMPARE_FINE,
  COMPARE_CODING,    /* REML, the same span by other columns: the criterion is corrected by log|X'X| */
  COMPARE_RESPONSES, /* they explain different things */
  COMPARE_ROWS,      /* other rows, or other values of the response */
  COMPARE_METHODS,   /* one by REML, one by ML */
  COMPARE_SPANS,     /* REML criteria with different fixed parts */
};
enum comparison compare_two(const struct fit *f, const struct fit *g);

/* log|X'X| of the columns that are kept: what a REML criterion loses when X is another basis of its span. */
double compare_log_xx(const struct fit *f);

/* Is the model of f a special case of g's: its fixed part in the span of the other's, each random term and the residual structure
   one that the other can become? */
bool compare_nested(const struct fit *f, const struct fit *g);

/* Of nested models that differ by one random effect, its variance and what covariances it has: how many parameters of g are no variance at
   its boundary, so that the likelihood ratio is half chi-squared with as many degrees of freedom, half with one more (Stram & Lee 1994);
   -1: they differ otherwise. */
int compare_boundary(const struct fit *f, const struct fit *g);

/* The structure `a` is a case of `b`. */
bool structure_nested(const char *a, const char *b);

double fit_aicc(const struct fit *f); /* Hurvich & Tsai (1989), with n rows; NaN where n is too small */

/* The same model by ML. */
struct frame *frame_by_ml(struct mem *m, const struct frame *f);

#endif
