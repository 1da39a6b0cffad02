#include "runtime/inference/fit.h"
#include "runtime/inference/lints.h"
#include <math.h>

/* "(1 | g), the residual" */
static const char *terms_at_fault(struct arena *a, const struct frame *frame, const struct reml_result *r) {
  struct buf b;
  buf_init(&b, a);
  for (int i = 0; i < r->n_bad; i++) {
    bool residual = r->bad_term[i] >= frame->problem->n_terms;
    buf_printf(&b, "%s%s",
               i == 0             ? ""
               : i + 1 < r->n_bad ? ", "
                                  : " and ",
               residual ? "the residual" : frame->terms[r->bad_term[i]].text);
  }
  return r->n_bad ? b.text : "the terms of this model";
}

/* What a user must hear of how the optimizer ended; false: there is no fit. */
static bool tell(struct arena *a, struct diags *diags, const struct source *src, struct span span,
                 const struct frame *frame, const struct reml_result *r) {
  switch (r->status) {
  case REML_CONVERGED:
  case REML_SINGULAR: return true; /* the report explains it */
  case REML_PERFECT_FIT: diag_add(diags, src, span, DIAG_PERFECT_FIT, frame->response, DIAG_END); return true;
  case REML_ZERO_RESIDUAL: diag_add(diags, src, span, DIAG_ZERO_RESIDUAL, DIAG_END); return true;
  case REML_NOT_CONVERGED: diag_add(diags, src, span, DIAG_NOT_CONVERGED, r->message, DIAG_END); return true;
  case REML_INTERRUPTED: diag_add(diags, src, span, DIAG_INTERRUPTED, DIAG_END); return false;
  case REML_UNREACHABLE: diag_add(diags, src, span, DIAG_HOLD_UNREACHABLE, DIAG_END); return false;
  case REML_NOT_IDENTIFIED:
    diag_add(diags, src, span, DIAG_NOT_IDENTIFIED, terms_at_fault(a, frame, r), DIAG_END);
    return false;
  }
  return false;
}

/* What was told before is not told again: the list grows from stage to stage. */
static void tell_lints(struct diags *diags, struct lint_list *found, const struct source *src,
                       struct span span, struct lint_set silenced) {
  lint_silence(found, silenced);
  lint_tell(diags, found, src, span);
}

struct fit *fit_model(struct mem *m, struct diags *diags, const struct source *src, struct span span,
                      struct frame *frame, const struct fit_options *options) {
  struct arena *a = arena_new(m);
  struct fit *f = arena_make(a, struct fit);
  arena_hold(a, frame->arena);
  struct lint_list lints = {.arena = a};
  lint_model(&lints, frame->ir, true, frame->table->design);
  lints_of_frame(&lints, frame, src, span);
  tell_lints(diags, &lints, src, span, options->silenced);
  struct buf log;
  if (options->log) buf_init(&log, a);
  struct reml_options how = {.threads = options->threads,
                             .max_evaluations = options->max_evaluations,
                             .start = options->start,
                             .theta = options->theta,
                             .n_begin = options->n_begin,
                             .begin = options->begin,
                             .restarts = options->restarts,
                             .log = options->log ? &log : NULL};
  const struct reml_result *r = reml_fit(a, frame->problem, &how);
  *f = (struct fit){.arena = a,
                    .frame = frame,
                    .result = r,
                    .reml = options->reml,
                    .df = options->df,
                    .threads = options->threads,
                    .later = arena_array(a, 1, struct fit_later),
                    .fitlog = options->log ? log.text : NULL,
                    .n_par = r->rank + r->n_theta + 1,
                    .seconds_read = frame->table->seconds,
                    .seconds_setup = r->seconds_setup,
                    .seconds_optimize = r->seconds_optimize};
  if (!tell(a, diags, src, span, frame, r)) return NULL;
  lints_of_fit(&lints, f);
  tell_lints(diags, &lints, src, span, options->silenced);
  f->lints = lints;
  return f;
}

double fit_loglik(const struct fit *f) {
  return -0.5 * f->result->criterion;
}

double fit_aic(const struct fit *f) {
  return f->result->criterion + 2.0 * f->n_par;
}

double fit_bic(const struct fit *f) {
  return f->result->criterion + log(f->frame->problem->n) * f->n_par;
}

bool fit_singular(const struct fit *f) {
  for (int t = 0; t < f->frame->problem->n_terms; t++)
    if (f->result->g_rank[t] < f->frame->problem->terms[t].c) return true;
  return false;
}

bool fit_converged(const struct fit *f) {
  return f->result->status != REML_NOT_CONVERGED && f->result->status != REML_INTERRUPTED;
}

static void add_fixed(const struct fit *f, double *out) {
  const struct problem *p = f->frame->problem;
  for (int j = 0; j < p->p; j++) {
    if (f->result->aliased[j]) continue;
    const double *x = p->x + (size_t)j * (size_t)p->n;
    for (int i = 0; i < p->n; i++) out[i] += x[i] * f->result->beta[j];
  }
}

static void add_random(const struct re_term *t, const double *b, int n, double *out) {
  size_t c = (size_t)t->c, loads = t->loads > 1 ? (size_t)t->loads : 1;
  for (size_t i = 0; i < (size_t)n * loads; i++)
    for (size_t j = 0; j < c; j++) out[i / loads] += t->z[i * c + j] * b[(size_t)t->level[i] * c + j];
}

/* Of related levels b has the effects themselves, and rows load on others (struct re_term, root): the load on the row's own
   level, the last of its places, has the basis times the root's diagonal. */
static void add_related(const struct re_term *t, const double *b, int n, double *out) {
  size_t c = (size_t)t->c, loads = (size_t)t->loads, q = (size_t)t->q;
  for (size_t i = 0; i < (size_t)n; i++) {
    size_t own = (size_t)t->level[i * loads + loads - 1], s = 0;
    while ((size_t)t->level[i * loads + s] != own) s++;
    for (size_t j = 0; j < c; j++)
      out[i] += t->z[(i * loads + s) * c + j] / t->root[own + own * q] * b[own * c + j];
  }
}

void fit_fitted(const struct fit *f, double *out) {
  const struct problem *p = f->frame->problem;
  for (int i = 0; i < p->n; i++) out[i] = f->frame->offset ? f->frame->offset[i] : 0;
  add_fixed(f, out);
  for (int t = 0; t < p->n_terms; t++)
    (p->terms[t].root ? add_related : add_random)(&p->terms[t], f->result->b[t], p->n, out);
}

void fit_residuals(const struct fit *f, double *out) {
  const struct problem *p = f->frame->problem;
  fit_fitted(f, out);
  for (int i = 0; i < p->n; i++) out[i] = p->y[i] + (f->frame->offset ? f->frame->offset[i] : 0) - out[i];
}

double fit_se(const struct fit *f, int j) {
  size_t p = (size_t)f->frame->problem->p;
  return sqrt(f->result->vcov[(size_t)j * p + (size_t)j]);
}
