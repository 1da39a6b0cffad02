#include "runtime/reml/prepared.h"

static const char *restarts_text(struct arena *a, const struct reml_result *r) {
  if (r->restarts == 0) return "";
  if (r->worse == 0) return arena_printf(a, "; %d random starts end at the same criterion", r->restarts);
  return arena_printf(a, "; of %d random starts and the usual one, %d end at a worse optimum", r->restarts,
                      r->worse);
}

/* ORDER STATUS: enum reml_status */
const char *reml_status_text(struct arena *a, const struct reml_result *r) {
  switch (r->status) {
  case REML_CONVERGED:
    return arena_printf(a, "converged in %d evaluations (gradient %.1e standard errors)%s", r->evaluations,
                        r->gradient_norm, restarts_text(a, r));
  case REML_SINGULAR:
    return arena_printf(a,
                        "converged in %d evaluations to a singular fit: a variance is zero or a correlation "
                        "is -1 or 1",
                        r->evaluations);
  case REML_PERFECT_FIT:
    return "the fixed effects explain the response exactly: all variances are zero, and tests have no "
           "meaning";
  case REML_ZERO_RESIDUAL:
    return arena_printf(a,
                        "the random effects explain the response: the residual variance went to zero "
                        "(stopped after %d evaluations)",
                        r->evaluations);
  case REML_NOT_CONVERGED:
    return arena_printf(
        a,
        "not converged after %d evaluations: the last step would still lower -2 log L by %.2g "
        "(gradient %.2g)",
        r->evaluations, r->decrement, r->gradient_norm);
  case REML_NOT_IDENTIFIED: return "the data cannot tell some variances apart";
  case REML_UNREACHABLE: return "no covariance matrix has the values of start and hold";
  case REML_INTERRUPTED: return arena_printf(a, "interrupted after %d evaluations", r->evaluations);
  }
  return "";
}
