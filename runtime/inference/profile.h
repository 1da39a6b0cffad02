/* profile.h: profile-likelihood intervals.
 *
 * An end is the value of the parameter at which the least -2 log L over all others lies a quantile of chi-squared with one degree of freedom above
 * the minimum.  By ML, as lme4's: a restricted likelihood has no fixed effects to profile.
 */
#ifndef KIN_PROFILE_H
#define KIN_PROFILE_H

#include "runtime/inference/covariances.h"

struct profile;

/* The fit by ML; NULL: it has no variance. */
struct profile *profile_open(struct arena *a, const struct fit *f, double level);

/* An end that the likelihood does not reach before the parameter's own bound is that bound (0 of a standard deviation, -1 or 1 of a
   correlation), or NaN where there is none. */
struct profile_interval {
  double estimate; /* by ML */
  double lower, upper;
};
struct profile_interval profile_fixed(struct profile *p, int column);
/* `natural` as of covariance_parameter; an interval of that parameter's own scale (ratios not exponentiated). */
struct profile_interval profile_covariance(struct profile *p, int natural);

#endif
