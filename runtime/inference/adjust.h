/* adjust.h: p-values of several tests, adjusted. */
#ifndef KIN_ADJUST_H
#define KIN_ADJUST_H

#include "lang/base/arena.h"

/* In place, by "bonferroni", "holm" (1979) or "fdr" (Benjamini & Hochberg 1995), as R's p.adjust; NaN stay and do not count. */
void adjust_p(struct arena *scratch, const char *method, int n, double *p);

#endif
