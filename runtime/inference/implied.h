/* implied.h: the covariance matrix of the response that a fit implies. */
#ifndef KIN_IMPLIED_H
#define KIN_IMPLIED_H

#include "runtime/inference/fit.h"

/* V = Z G Z' + R of n rows of the problem, n x n column by column. */
double *implied_covariance(struct arena *a, const struct fit *f, int n, const int *row);

/* The covariance matrix scaled to unit diagonal; NaN where a variance is 0. */
double *implied_correlation(struct arena *a, int n, const double *v);

/* What to call row i of the problem: its position in the residual's structure, "wife, day 3", or "row 17" of the table. */
const char *implied_row_name(struct arena *a, const struct frame *frame, int i);

/* Rows of the unit `label` of the residual's blocks, or else of the first grouping factor; how many, and into row (n of the
   problem). */
int implied_unit_rows(const struct frame *frame, const char *label, int *row);
/* What such a label is of: "couple"; NULL: the model has no units. */
const char *implied_unit_name(const struct frame *frame);

#endif
