/* lints.h: lints that the data of a model show, before and after it is fitted (lang/lint.h; the texts are in lints.def).
 *
 *   lint_units.c    units of the design without a term, dyads, labels used again
 *   lint_fixed.c    predictors that vary at two levels, effects between few groups
 *   lint_random.c   few groups, intercepts far from the data, equal correlations over time, singular fits
 *
 * A false alarm is worse than silence: where a lint cannot be sure it says nothing.
 */
#ifndef KIN_LINTS_H
#define KIN_LINTS_H

#include "lang/lint.h"
#include "runtime/inference/fit.h"

/* Before the fit.  call, at: the fit, for lints that have no place in the model. */
void lints_of_frame(struct lint_list *found, const struct frame *frame, const struct source *call,
                    struct span at);
/* After it: what the estimates show. */
void lints_of_fit(struct lint_list *found, const struct fit *f);

/* What it means that random term t is not of full rank, as a sentence without its end: "estimated as zero: ...". */
const char *singular_meaning(struct arena *a, const struct frame *frame, const struct reml_result *r, int t);

#endif
