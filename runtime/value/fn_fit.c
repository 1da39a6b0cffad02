/* fn_fit.c: fit(). */
#include "lang/describe.h"
#include "runtime/inference/small_sample.h"
#include "runtime/value/covariance_values.h"
#include <math.h>
#include <string.h>

enum {
  ARG_FORMULA,
  ARG_DATA,
  ARG_METHOD,
  ARG_SUBSET,
  ARG_WEIGHTS,
  ARG_START,
  ARG_DF,
  ARG_RESTARTS,
  ARG_HOLD,
  ARG_INFORMATION,
  ARG_LINEAR
}; /* ORDER FIT: builtins.def */

enum { RESTARTS_MAX = 1000 };

static bool word_is(const struct argument *a, const char *word) {
  return a->ast && strcmp(a->value.u.text, word) == 0;
}

/* Rows for which the condition is true; *keep NULL without a condition. */
static bool make_subset(struct call *c, const struct table *t, bool **keep) {
  const struct ast *cond = c->arg[ARG_SUBSET].ast;
  *keep = NULL;
  if (!cond) return true;
  const struct ast *spliced = splice_values(c->in, c->in->scratch, cond);
  if (!spliced) return false;
  struct column *col = eval_column(c->in->scratch, c->in->diags, c->in->script->source, t, spliced);
  if (!col) return false;
  if (col->type != COL_BOOL) return CALL_ERROR(c, cond->span, DIAG_CONDITION_WANTED, "subset");
  *keep = arena_raw(c->in->scratch, (size_t)t->n_rows, bool);
  for (int i = 0; i < t->n_rows; i++) (*keep)[i] = col->v.code[i] == 1;
  return true;
}

/* ---- start ---------------------------------------------------------------------------------------------- */

static size_t stacked_size(const struct problem *p) {
  size_t n = 0;
  for (int t = 0; t < p->n_terms; t++) n += (size_t)p->terms[t].c * (size_t)p->terms[t].c;
  return n;
}

/* From a fit of the same random part. */
static bool start_from_fit(struct call *c, const struct problem *p, const struct fit *f, double *start) {
  const struct problem *old = f->frame->problem;
  bool same = old->n_terms == p->n_terms;
  for (int t = 0; same && t < p->n_terms; t++) same = old->terms[t].c == p->terms[t].c;
  if (!same || f->result->sigma2 <= 0)
    return CALL_ERROR(c, c->arg[ARG_START].ast->span, DIAG_START_OTHER_MODEL);
  for (int t = 0; t < p->n_terms; t++)
    for (int i = 0; i < p->terms[t].c * p->terms[t].c; i++) *start++ = f->result->g[t][i] / f->result->sigma2;
  return true;
}

static int theta_length(const struct re_term *t) {
  return strcmp(t->cov->name, "us") == 0 ? t->c * (t->c + 1) / 2 : t->c;
}

/* G = L L' from the columns of L's lower triangle (us) or its diagonal (diag), relative to sigma, as lme4's theta. */
static void start_term(const struct re_term *t, const double *theta, double *g) {
  int c = t->c;
  double l[COV_MAX * COV_MAX] = {0};
  bool us = strcmp(t->cov->name, "us") == 0;
  for (int j = 0; j < c; j++)
    for (int i = j; i < (us ? c : j + 1); i++) l[i + j * c] = *theta++;
  for (int j = 0; j < c; j++)
    for (int i = 0; i < c; i++) {
      g[i + j * c] = 0;
      for (int k = 0; k < c; k++) g[i + j * c] += l[i + k * c] * l[j + k * c];
    }
}

static bool start_from_theta(struct call *c, const struct problem *p, double *start) {
  int n, want = 0;
  const double *theta = value_numbers(c->in, &c->arg[ARG_START].value, c->arg[ARG_START].ast->span, &n);
  if (!theta) return false;
  for (int t = 0; t < p->n_terms; t++) want += theta_length(&p->terms[t]);
  bool fine = n == want;
  for (int i = 0; i < n; i++) fine = fine && isfinite(theta[i]);
  if (!fine)
    return CALL_ERROR(c, c->arg[ARG_START].ast->span, DIAG_START_LENGTH,
                      arena_printf(c->in->scratch, "%d", want), arena_printf(c->in->scratch, "%d", n));
  for (int t = 0; t < p->n_terms; t++) {
    start_term(&p->terms[t], theta, start);
    theta += theta_length(&p->terms[t]);
    start += p->terms[t].c * p->terms[t].c;
  }
  return true;
}

/* Of a model with structures: the fit of one with the same. */
static bool start_of_structures(struct call *c, const struct problem *p, const double **theta) {
  const struct value *v = &c->arg[ARG_START].value;
  const struct problem *old = v->kind == VALUE_FIT ? v->u.fit->frame->problem : NULL;
  bool same = old && v->u.fit->result->theta && problem_same_structures(p, old);
  if (!same) return CALL_ERROR(c, c->arg[ARG_START].ast->span, DIAG_START_STRUCTURES);
  *theta = v->u.fit->result->theta;
  return true;
}

static bool make_start(struct call *c, const struct frame *frame, struct fit_options *how) {
  const struct problem *p = frame->problem;
  const struct value *v = &c->arg[ARG_START].value;
  if (!c->arg[ARG_START].ast) return true;
  if (v->kind == VALUE_HYPOTHESES)
    return covariance_values_read(c, ARG_START, frame, &how->n_begin, &how->begin);
  if (problem_has_structures(p)) return start_of_structures(c, p, &how->theta);
  double *s = arena_raw(c->in->scratch, stacked_size(p), double);
  how->start = s;
  return v->kind == VALUE_FIT ? start_from_fit(c, p, v->u.fit, s) : start_from_theta(c, p, s);
}

/* What is held belongs to the problem, so that a refit holds it too. */
static bool make_hold(struct call *c, struct frame *frame) {
  struct problem *p = frame->problem;
  const struct covariance_value *hold;
  if (!c->arg[ARG_HOLD].ast) return true;
  if (!covariance_values_read(c, ARG_HOLD, frame, &p->n_hold, &hold)) return false;
  struct covariance_value *kept = arena_array(frame->arena, (size_t)p->n_hold, struct covariance_value);
  memcpy(kept, hold, sizeof *kept * (size_t)p->n_hold);
  p->hold = kept;
  return true;
}

static bool read_restarts(struct call *c, int *restarts) {
  const struct argument *a = &c->arg[ARG_RESTARTS];
  *restarts = 0;
  if (!a->ast) return true;
  double n = a->value.u.number;
  if (!(n >= 0 && n <= RESTARTS_MAX && n == floor(n)))
    return CALL_ERROR(c, a->ast->span, DIAG_RESTARTS, arena_printf(c->in->scratch, "%d", RESTARTS_MAX));
  *restarts = (int)n;
  return true;
}

/* ---- dumps ---------------------------------------------------------------------------------------------- */

static void dump(struct interp *in, const struct frame *frame, const struct fit *f) {
  struct buf b;
  buf_init(&b, in->scratch);
  switch (in->options.dump) {
  case KIN_DUMP_MODEL: model_ir_dump(&b, frame->ir); break;
  case KIN_DUMP_BLOCKS: {
    struct reml_options how = {.threads = in->options.threads};
    prepared_describe(&b, reml_prepare(in->scratch, frame->problem, &how));
    break;
  }
  case KIN_DUMP_FITLOG: buf_put(&b, f && f->fitlog ? f->fitlog : ""); break;
  case KIN_DUMP_NONE:
  case KIN_DUMP_AST:
  case KIN_DUMP_TYPED: return;
  }
  in->put(in, b.text, b.n);
}

/* ---- the whole ------------------------------------------------------------------------------------------ */

/* Weights of the call, or those of the model; NULL in *weights: none. */
static bool find_weights(struct call *c, struct arena *a, const struct model_spec *spec,
                         struct frame_weights *w) {
  const struct ast *given = c->arg[ARG_WEIGHTS].ast;
  *w = (struct frame_weights){.expr = spec->weights, .kind = spec->weights_kind, .source = spec->source};
  if (!given) return true;
  if (spec->weights) return CALL_ERROR(c, given->span, DIAG_WEIGHTS_TWICE);
  bool frequency = ast_calls(given, "frequency"), named = frequency || ast_calls(given, "precision");
  if (named && given->u.call.args.n == 1) given = given->u.call.args.first->u.arg.value;
  *w = (struct frame_weights){.expr = splice_values(c->in, a, given),
                              .kind = frequency ? WEIGHTS_FREQUENCY : WEIGHTS_PRECISION,
                              .source = c->in->script->source};
  return w->expr != NULL;
}

/* The tables of `known` terms, by their names; false after an error. */
static bool find_known(struct call *c, const struct model_ir *ir, const struct table *const **known) {
  const struct table **list = arena_array(c->in->scratch, (size_t)ir->n_random, const struct table *);
  for (int t = 0; t < ir->n_random; t++) {
    const struct ir_random *r = &ir->random[t];
    const struct value *v = r->known ? env_find(c->in, r->known) : NULL;
    if (v && v->kind == VALUE_TABLE) list[t] = v->u.table;
    if (!r->known || list[t]) continue;
    diag_add(c->in->diags, ir->source, r->span, DIAG_KNOWN_TABLE, r->known, DIAG_END);
    return false;
  }
  *known = list;
  return true;
}

static struct frame *make_frame(struct call *c, bool reml) {
  struct interp *in = c->in;
  const struct table *t = c->arg[ARG_DATA].value.u.table;
  const struct ast *at = c->arg[ARG_FORMULA].ast;
  const struct model_spec *spec = spec_of_value(in, &c->arg[ARG_FORMULA].value, at);
  if (!spec || !model_fits_design(in->diags, in->script->source, at->span, spec, t->design, t->source))
    return NULL;
  struct arena *a = arena_new(in->mem);
  struct model_ir *ir = compile_model(a, in->diags, spec, table_schema(in->scratch, t));
  bool *keep;
  struct frame_weights weights;
  const struct table *const *known;
  if (!ir || !find_weights(c, a, spec, &weights) || !find_known(c, ir, &known) || !make_subset(c, t, &keep))
    return NULL;
  return frame_build(in->mem, in->diags, in->script->source, c->node->span, ir, t, keep, &weights, known,
                     reml);
}

static bool read_df(struct call *c, bool reml, struct df_choice *df) {
  df->method = DF_SATTERTHWAITE;
  if (c->arg[ARG_DF].ast) df_read(c->arg[ARG_DF].value.u.text, &df->method);
  df->observed = word_is(&c->arg[ARG_INFORMATION], "observed");
  df->linear = c->arg[ARG_LINEAR].ast && c->arg[ARG_LINEAR].value.u.boolean;
  const struct ast *of_kr =
      c->arg[ARG_INFORMATION].ast ? c->arg[ARG_INFORMATION].ast : c->arg[ARG_LINEAR].ast;
  if (df->method != DF_KR && of_kr) return CALL_ERROR(c, of_kr->span, DIAG_DF_OF_KR);
  if (df->method == DF_KR && !reml) return CALL_ERROR(c, c->arg[ARG_DF].ast->span, DIAG_DF_KR_ML);
  return true;
}

/* Asked for by name, degrees of freedom that there are not are an error. */
static bool has_df(struct call *c, const struct fit *f) {
  const char *why = f->df.method == DF_BETWEEN_WITHIN ? fit_small_sample(f)->why_not : NULL;
  return !why || CALL_ERROR(c, c->arg[ARG_DF].ast->span, DIAG_DF_BETWEEN_WITHIN, why);
}

bool builtin_fit(struct call *c, struct value *out) {
  struct interp *in = c->in;
  struct fit_options how = {.reml = !word_is(&c->arg[ARG_METHOD], "ml"),
                            .threads = in->options.threads,
                            .log = in->options.dump == KIN_DUMP_FITLOG};
  if (!read_df(c, how.reml, &how.df)) return false;
  struct frame *frame = make_frame(c, how.reml);
  if (!frame || !make_hold(c, frame) || !make_start(c, frame, &how) || !read_restarts(c, &how.restarts))
    return false;
  how.silenced = lint_allowed(in->allowed, frame->ir->spec);
  struct fit *f = fit_model(in->mem, in->diags, in->script->source, c->node->span, frame, &how);
  dump(in, frame, f);
  if (!f || !has_df(c, f)) return false;
  in->seconds_fit += f->seconds_setup + f->seconds_optimize;
  *out = value_fit(f);
  return true;
}
