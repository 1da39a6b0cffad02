/* fit.h: a fitted model as a value: the frame, the result, and what follows from both. */
#ifndef KIN_FIT_H
#define KIN_FIT_H

#include "lang/lint.h"
#include "runtime/model/frame.h"
#include "runtime/reml/reml.h"

/* How degrees of freedom of the fixed effects are found. */
enum df_method { DF_NONE, DF_SATTERTHWAITE, DF_KR, DF_BETWEEN_WITHIN, DF_RESIDUAL, DF_NORMAL };
struct df_choice {
  enum df_method method;
  bool observed, linear; /* of KR: observed information, not expected; without second derivatives of V */
};

struct small_sample;
struct fit_later { /* worked out when it is asked for */
  const struct small_sample *small;
  double seconds; /* that this took */
};

struct fit {
  struct arena *arena; /* counted; holds the frame's */
  const struct frame *frame;
  const struct reml_result *result;
  bool reml;
  struct df_choice df;
  int threads;
  struct fit_later *later;
  int n_par;              /* fixed effects (rank) + covariance parameters + 1 for sigma */
  const char *fitlog;     /* NULL unless asked for */
  struct lint_list lints; /* those that were not silenced */
  double seconds_read, seconds_setup, seconds_optimize;
};

struct fit_options {
  bool reml;
  struct df_choice df;
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
