/* anova.h: the hypotheses that tests of whole terms are about.
 *
 * Type 1: each term after those before it.  Type 2: after all terms that do not contain it (SAS's containment: a term with the same numeric
 * variables and more factors).  Type 3: every effect is measured from the mean of the levels, whatever the coding of the model: the term's
 * coefficients under sum-to-zero coding are zero.
 */
#ifndef KIN_ANOVA_H
#define KIN_ANOVA_H

#include "runtime/inference/fit.h"

/* Rows over the p columns of X (row by row, zero where aliased) for fixed term `term`; how many: 0 where nothing of it was estimated. */
int anova_rows(struct arena *a, const struct fit *f, int type, int term, double **l);

#endif
