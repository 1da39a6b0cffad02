/* distinguish.h: are the members of dyads told apart by more than a name?  Models in which some of what differs between the roles
 * is the same for both, against the fit, all by ML (Kenny, Kashy & Cook 2006, ch. 6; Gonzalez & Griffin 1999).
 */
#ifndef KIN_DISTINGUISH_H
#define KIN_DISTINGUISH_H

#include "runtime/inference/fit.h"

enum distinction {                         /* what is the same for both roles */
                   SAME_EVERYTHING,        /* means, effects, variances and covariances */
                   SAME_EFFECTS_VARIANCES, /* effects of predictors, variances and covariances; means differ */
                   SAME_EFFECTS,           /* effects of predictors alone */
                   N_DISTINCTIONS
};

struct distinguished {
  double chi2; /* NaN: one of the two models did not converge */
  int df;
  int df_means, df_effects, df_variances; /* of which constraints */
};

/* Does the model tell roles apart at all: has it a coefficient of the role? */
bool distinguish_applies(const struct fit *f);
/* f by ML, and then with each constraint. */
void distinguish(struct arena *a, const struct fit *f, int threads, struct distinguished out[N_DISTINCTIONS]);

#endif
