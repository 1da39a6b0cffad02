/* between_within.h: degrees of freedom of columns of X by the units within which they vary. */
#ifndef KIN_BETWEEN_WITHIN_H
#define KIN_BETWEEN_WITHIN_H

#include "runtime/inference/fit.h"

/* For each column of X.  With nested units, coarse to fine, m_i of them at level i and rows last, and p_i columns that vary at level i but not
   within it: m_i - m_(i-1) - p_i (m_0 = 0, the constant counts to the coarsest).  NULL and a reason: units are not nested, there are none. */
const double *between_within(struct arena *a, const struct fit *f, const char **why_not);

#endif
