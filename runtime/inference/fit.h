/* fit.h: a fitted model as a value: the frame, the result, and what follows from both. */
#ifndef KIN_FIT_H
#define KIN_FIT_H

#include "lang/lint.h"
#include "runtime/model/frame.h"
#include "runtime/reml/reml.h"

struct fit {
  struct arena *arena; /* counted; holds the frame's */
  const struct frame *frame;
  const struct reml_result *result;
  bool reml;
  int n_par;              /* fixed effects (rank) + covariance parameters + 1 for sigma */
  const char *fitlog;     /* NULL unless asked for */
  struct lint_list lints; /* those that were not silenced */
  double seconds_read, seconds_setup, seconds_optimize;
};

struct fit_options {
  bool reml;
  int threads;
  int max_evaluations;
  const double *start; /* see reml.h */
  const double *theta; /* likewise, of a model with structures */
  int n_begin;         /* covariance parameters to begin at */
  const struct covariance_value *begin;
  int restarts; /* further searches from random points */
  bool log;
  struct lint_set silenced;
};

/* Builds a fit from a frame.  Statistical trouble is reported as warnings or errors at span; NULL after
 * errors. */
struct fit *fit_model(struct mem *m, struct diags *diags, const struct source *src, struct span span,
                      struct frame *frame, const struct fit_options *options);

double fit_loglik(const struct fit *f); /* restricted for REML */
double fit_aic(const struct fit *f);    /* -2 log L + 2 n_par, as lme4 */
double fit_bic(const struct fit *f);    /* -2 log L + log(n) n_par, as lme4, for REML too */
bool fit_singular(const struct fit *f);
bool fit_converged(const struct fit *f);
/* n values, in the order of frame->row: conditional fitted values X b + Z u (+ offset), and y - fitted. */
void fit_fitted(const struct fit *f, double *out);
void fit_residuals(const struct fit *f, double *out);
/* Standard error of fixed effect j (NaN where aliased). */
double fit_se(const struct fit *f, int j);

#endif
