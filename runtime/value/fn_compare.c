/* fn_compare.c: compare(f, g, ...): criteria side by side, likelihood-ratio tests where one model is a case of the next. */
#include "runtime/inference/compare.h"
#include "runtime/inference/distributions.h"
#include "runtime/value/interp.h"
#include <math.h>
#include <string.h>

enum { ARG_FITS, ARG_REFIT }; /* ORDER COMPARE: builtins.def */

struct compared {
  const char *label;
  const struct fit *fit;
  const struct ast *at;
  double criterion; /* corrected for the coding of the fixed part */
};

struct comparing {
  struct call *call;
  struct compared *item;
  int n;
  bool corrected;
};

/* ---- what is compared ---- */

static bool add_fit(struct comparing *w, const struct value *v, const struct ast *at, const char *name) {
  if (v->kind != VALUE_FIT) return CALL_ERROR(w->call, at->span, DIAG_COMPARE_FITS, value_kind_name(v));
  const char *label = name ? name : at->kind == AST_NAME ? at->u.name.whole : NULL;
  if (!label) label = arena_printf(w->call->in->scratch, "%d", w->n + 1);
  w->item[w->n++] = (struct compared){.label = label, .fit = v->u.fit, .at = at};
  return true;
}

static bool take_fits(struct comparing *w) {
  struct call *c = w->call;
  int room = 0;
  for (int i = 0; i < c->n_rest; i++)
    room += c->rest[i].value.kind == VALUE_LIST ? c->rest[i].value.u.list->n : 1;
  w->item = arena_array(c->in->scratch, (size_t)room, struct compared);
  for (int i = 0; i < c->n_rest; i++) {
    const struct argument *a = &c->rest[i];
    if (a->value.kind != VALUE_LIST) {
      if (!add_fit(w, &a->value, a->ast, c->rest_name[i])) return false;
      continue;
    }
    const struct ast *item = a->ast->kind == AST_LIST ? a->ast->u.list.items.first : NULL;
    for (int k = 0; k < a->value.u.list->n; k++, item = item ? item->next : NULL)
      if (!add_fit(w, &a->value.u.list->item[k], item ? item : a->ast, NULL)) return false;
  }
  if (w->n >= 2) return true;
  return CALL_ERROR(c, c->node->span, DIAG_COMPARE_TWO);
}

static bool refit_all(struct comparing *w) {
  struct interp *in = w->call->in;
  for (int i = 0; i < w->n; i++) {
    if (!w->item[i].fit->reml) continue;
    struct df_choice df = w->item[i].fit->df;
    if (df.method == DF_KR) df.method = DF_SATTERTHWAITE; /* KR is of REML */
    struct fit_options how = {.df = df, .threads = in->options.threads, .silenced = {.bits = ~(uint64_t)0}};
    struct frame *frame = frame_by_ml(in->mem, w->item[i].fit->frame);
    struct fit *f = fit_model(in->mem, in->diags, in->script->source, w->call->node->span, frame, &how);
    if (!f) return false;
    arena_hold(in->scratch, f->arena);
    in->seconds_fit += f->seconds_setup + f->seconds_optimize;
    w->item[i].fit = f;
  }
  return true;
}

static bool refuse(const struct comparing *w, int i, enum comparison why) {
  const struct compared *a = &w->item[0], *b = &w->item[i];
  struct call *c = w->call;
  switch (why) {
  case COMPARE_FINE:
  case COMPARE_CODING: return true;
  case COMPARE_RESPONSES:
    return CALL_ERROR(c, b->at->span, DIAG_COMPARE_RESPONSES, a->label, a->fit->frame->response, b->label,
                      b->fit->frame->response);
  case COMPARE_ROWS:
    return CALL_ERROR(c, b->at->span, DIAG_COMPARE_ROWS, a->label,
                      arena_printf(c->in->scratch, "%d", a->fit->frame->problem->n), b->label,
                      arena_printf(c->in->scratch, "%d", b->fit->frame->problem->n));
  case COMPARE_METHODS: return CALL_ERROR(c, b->at->span, DIAG_COMPARE_METHODS, a->label, b->label);
  case COMPARE_SPANS: return CALL_ERROR(c, b->at->span, DIAG_COMPARE_SPANS, a->label, b->label);
  }
  return false;
}

/* All against the first; criteria on the coding of the first. */
static bool check(struct comparing *w) {
  w->item[0].criterion = w->item[0].fit->result->criterion;
  for (int i = 1; i < w->n; i++) {
    enum comparison how = compare_two(w->item[0].fit, w->item[i].fit);
    if (!refuse(w, i, how)) return false;
    w->item[i].criterion = w->item[i].fit->result->criterion;
    if (how != COMPARE_CODING) continue;
    w->item[i].criterion += compare_log_xx(w->item[0].fit) - compare_log_xx(w->item[i].fit);
    w->corrected = true;
  }
  return true;
}

/* ---- the table ---- */

enum {
  COLUMN_MODEL,
  COLUMN_K,
  COLUMN_CRITERION,
  COLUMN_AIC,
  COLUMN_AICC,
  COLUMN_BIC,
  COLUMN_CHI2,
  COLUMN_DF,
  COLUMN_P,
  COLUMNS
};

/* Half chi-squared with `inside` degrees of freedom, half with one more. */
static double boundary_p(double chi2, int inside) {
  double less = inside == 0 ? (chi2 > 0 ? 0 : 1) : chi2_upper(chi2, inside);
  return (less + chi2_upper(chi2, inside + 1)) / 2;
}

/* Of item i against the nearest one before it, in the number of parameters, that is a case of it. */
static void put_test(const struct comparing *w, int i, struct value *cell) {
  int best = -1;
  for (int j = 0; j < w->n; j++)
    if (j != i && compare_nested(w->item[j].fit, w->item[i].fit) &&
        (best < 0 || w->item[j].fit->n_par > w->item[best].fit->n_par))
      best = j;
  for (int k = COLUMN_CHI2; k < COLUMNS; k++) cell[k] = (struct value){.kind = VALUE_NONE};
  if (best < 0) return;
  double chi2 = fmax(0, w->item[best].criterion - w->item[i].criterion);
  int df = w->item[i].fit->n_par - w->item[best].fit->n_par;
  cell[COLUMN_CHI2] = value_number(chi2);
  cell[COLUMN_DF] = value_number(df);
  int inside = compare_boundary(w->item[best].fit, w->item[i].fit);
  cell[COLUMN_P] = value_number(inside >= 0 ? boundary_p(chi2, inside) : chi2_upper(chi2, df));
}

/* Does a row of the table have a test at the boundary? */
static bool any_boundary(const struct comparing *w) {
  for (int i = 0; i < w->n; i++)
    for (int j = 0; j < w->n; j++)
      if (i != j && compare_nested(w->item[j].fit, w->item[i].fit) &&
          compare_boundary(w->item[j].fit, w->item[i].fit) >= 0)
        return true;
  return false;
}

static void put_row(const struct comparing *w, int i, struct value *cell) {
  const struct compared *x = &w->item[i];
  double shift = x->criterion - x->fit->result->criterion;
  cell[COLUMN_MODEL] = (struct value){.kind = VALUE_TEXT, .u.text = x->label};
  cell[COLUMN_K] = value_number(x->fit->n_par);
  cell[COLUMN_CRITERION] = value_number(x->criterion);
  cell[COLUMN_AIC] = value_number(fit_aic(x->fit) + shift);
  cell[COLUMN_AICC] = value_number(fit_aicc(x->fit) + shift);
  cell[COLUMN_BIC] = value_number(fit_bic(x->fit) + shift);
  put_test(w, i, cell);
}

bool builtin_compare(struct call *c, struct value *out) {
  static const char *const names[] = {"model", "parameters", "criterion", "AIC", "AICc",
                                      "BIC",   "chi2",       "df",        "p"};
  struct comparing w = {.call = c};
  bool refit = c->arg[ARG_REFIT].ast && c->arg[ARG_REFIT].value.u.boolean;
  if (!take_fits(&w) || (refit && !refit_all(&w)) || !check(&w)) return false;
  struct value *cells = arena_array(c->in->scratch, (size_t)w.n * COLUMNS, struct value);
  for (int i = 0; i < w.n; i++) put_row(&w, i, cells + (size_t)i * COLUMNS);
  const char *title = arena_printf(
      c->in->scratch, "%s\nlikelihood-ratio tests against the largest model that is a special case%s%s",
      w.item[0].fit->reml ? "REML criteria" : "ML criteria",
      any_boundary(&w) ? "; p of one more variance is that of a mixture of chi-squares, since 0 is its bound"
                       : "",
      w.corrected ? "; criteria corrected for the coding of the fixed part by log|X'X|" : "");
  struct grid_value g = {
      .rows = w.n, .cols = COLUMNS, .cell = cells, .col_names = names, .kind = "compare", .title = title};
  for (int i = 0; i < w.n; i++) arena_hold(c->in->scratch, w.item[i].fit->arena);
  *out = value_grid(c->in, &g);
  return true;
}
