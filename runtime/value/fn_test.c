/* fn_test.c: test(), estimate(): linear hypotheses on the fixed effects, and combinations of them. */
#include "lang/base/text.h"
#include "lang/hypothesis.h"
#include "runtime/inference/adjust.h"
#include "runtime/inference/distributions.h"
#include "runtime/inference/small_sample.h"
#include "runtime/value/interp.h"
#include <math.h>
#include <string.h>

enum { ARG_FIT, ARG_HYPOTHESES, ARG_ADJUST };                 /* ORDER TEST: builtins.def */
enum { ARG_LEVEL = ARG_HYPOTHESES + 1, ARG_ESTIMATE_ADJUST }; /* ORDER ESTIMATE: builtins.def */

struct testing {
  struct call *call;
  const struct fit *fit;
  const struct source *source; /* of the hypotheses */
  int p;
  struct coefficient *column; /* p: names of the fit's coefficients */
};

static const char *all_names(const struct testing *t) {
  struct buf b;
  buf_init(&b, t->call->in->scratch);
  for (int j = 0; j < t->p && j < 12; j++) buf_printf(&b, "%s%s", j ? ", " : "", t->fit->frame->x_names[j]);
  if (t->p > 12) buf_put(&b, ", ...");
  return b.text;
}

static bool fail(const struct testing *t, const struct ast *at, enum diag_code code, const char *a,
                 const char *b) {
  if (b)
    diag_add(t->call->in->diags, t->source, at->span, code, a, b, DIAG_END);
  else if (a)
    diag_add(t->call->in->diags, t->source, at->span, code, a, DIAG_END);
  else
    diag_add(t->call->in->diags, t->source, at->span, code, DIAG_END);
  return false;
}

/* The column of the design matrix that a name stands for; -1 after an error. */
static int find_column(const struct testing *t, const struct ast *name) {
  struct arena *a = t->call->in->scratch;
  const char *text = print_expr(a, name);
  struct coefficient c;
  coefficient_read(a, name, &c);
  for (int j = 0; j < t->p; j++) {
    if (!coefficient_equal(&t->column[j], &c)) continue;
    if (!isnan(t->fit->result->beta[j])) return j;
    fail(t, name, DIAG_COEFFICIENT_ALIASED, text, NULL);
    return -1;
  }
  const char *near = text_nearest(text, t->fit->frame->x_names, (size_t)t->p);
  if (near)
    fail(t, name, DIAG_NO_COEFFICIENT, text, near);
  else
    fail(t, name, DIAG_COEFFICIENT_REFERENCE, text, all_names(t));
  return -1;
}

static bool fill_row(const struct testing *t, const struct hypothesis *h, double *row) {
  for (int i = 0; i < h->n; i++) {
    int j = find_column(t, h->name[i]);
    if (j < 0) return false;
    row[j] += h->weight[i];
  }
  return true;
}

/* Two-sided, or the tail that speaks against a hypothesis `>` or `<`: of the opposite. */
static double p_value(enum ast_op op, const struct t_test *t) {
  if (isnan(t->p) || op == OP_EQ) return t->p;
  return t_upper(op == OP_GT ? t->t : -t->t, t->df);
}

static struct value number_or_none(double x) {
  if (isnan(x)) return (struct value){.kind = VALUE_NONE};
  return value_number(x);
}

static struct value text_value(const char *s) {
  return (struct value){.kind = VALUE_TEXT, .u.text = s};
}

static const char *adjustment(const struct call *c, int arg) {
  return c->arg[arg].ast ? c->arg[arg].value.u.text : "none";
}

/* What a table of tests says above itself. */
static const char *title_of(const struct testing *t, const char *what, const char *adjust, int n) {
  struct arena *a = t->call->in->scratch;
  const char *why = fit_small_sample(t->fit)->why_not;
  const char *df = why ? arena_printf(a, "none, since %s", why) : df_text(a, t->fit);
  const char *more = strcmp(adjust, "none") == 0 || n < 2
                         ? ""
                         : arena_printf(a, "; p of single rows adjusted for %d tests (%s)", n, adjust);
  return arena_printf(a, "%s. Degrees of freedom: %s%s", what, df, more);
}

static void put_row(struct value **cell, const char *text, double estimate, double se, double f, double ndf,
                    double ddf, double p) {
  *(*cell)++ = text_value(text);
  *(*cell)++ = number_or_none(estimate);
  *(*cell)++ = number_or_none(se);
  *(*cell)++ = value_number(f);
  *(*cell)++ = value_number(ndf);
  *(*cell)++ = value_number(ddf);
  *(*cell)++ = value_number(p);
}

static bool give(const struct testing *t, int n, const struct hypothesis *h, const double *l,
                 struct value *out) {
  static const char *const columns[] = {"hypothesis", "estimate", "se", "F", "ndf", "df", "p"};
  struct interp *in = t->call->in;
  bool joint = n > 1;
  double *v = arena_array(in->scratch, (size_t)n, double), *p = arena_array(in->scratch, (size_t)n, double);
  struct t_test *single = arena_array(in->scratch, (size_t)n, struct t_test);
  struct value *cells = arena_array(in->scratch, 7 * ((size_t)n + 1), struct value), *at = cells;
  for (int i = 0; i < n; i++) {
    v[i] = h[i].value;
    single[i] = t_test_of(t->fit, l + (size_t)i * (size_t)t->p, v[i]);
    p[i] = p_value(h[i].op, &single[i]);
    joint = joint && h[i].op == OP_EQ;
  }
  const char *adjust = adjustment(t->call, ARG_ADJUST);
  adjust_p(in->scratch, adjust, n, p);
  for (int i = 0; i < n; i++)
    put_row(&at, print_expr(in->scratch, h[i].node), single[i].estimate, single[i].se,
            single[i].t * single[i].t, 1, single[i].df, p[i]);
  if (joint) {
    struct f_test w = f_test_of(in->scratch, t->fit, n, l, v);
    if (!w.consistent) return fail(t, h[0].node, DIAG_HYPOTHESES_CONTRADICT, NULL, NULL);
    put_row(&at, "all", (double)NAN, (double)NAN, w.f, w.ndf, w.ddf, w.p);
  }
  struct grid_value g = {.rows = n + joint,
                         .cols = 7,
                         .cell = cells,
                         .col_names = columns,
                         .kind = "test",
                         .title = title_of(t, "Tests of hypotheses", adjust, n)};
  *out = value_grid(in, &g);
  return true;
}

static bool give_estimates(const struct testing *t, int n, const struct hypothesis *h, const double *l,
                           struct value *out) {
  static const char *const columns[] = {"combination", "estimate", "se", "df", "t", "p", "lower", "upper"};
  struct call *c = t->call;
  struct arena *a = c->in->scratch;
  double level;
  if (!call_level(c, ARG_LEVEL, &level)) return false;
  struct value *cells = arena_array(a, 8 * (size_t)n, struct value), *at = cells;
  struct t_test *x = arena_array(a, (size_t)n, struct t_test);
  double *p = arena_array(a, (size_t)n, double);
  for (int i = 0; i < n; i++) {
    if (h[i].node->kind == AST_BINARY && h[i].node->u.op.op != OP_ADD && h[i].op != OP_EQ)
      return fail(t, h[i].node, DIAG_ESTIMATE_COMPARES, NULL, NULL);
    x[i] = t_test_of(t->fit, l + (size_t)i * (size_t)t->p, h[i].value);
    p[i] = x[i].p;
  }
  const char *adjust = adjustment(c, ARG_ESTIMATE_ADJUST);
  adjust_p(a, adjust, n, p);
  for (int i = 0; i < n; i++) {
    double half = isnan(x[i].df) ? (double)NAN : t_quantile((1 + level) / 2, x[i].df) * x[i].se;
    *at++ = text_value(print_expr(a, h[i].node));
    *at++ = value_number(x[i].estimate);
    *at++ = value_number(x[i].se);
    *at++ = value_number(x[i].df);
    *at++ = value_number(x[i].t);
    *at++ = value_number(p[i]);
    *at++ = value_number(x[i].estimate - half);
    *at++ = value_number(x[i].estimate + half);
  }
  struct grid_value g = {.rows = n,
                         .cols = 8,
                         .cell = cells,
                         .col_names = columns,
                         .kind = "estimate",
                         .title = title_of(t, "Linear combinations", adjust, n)};
  *out = value_grid(c->in, &g);
  return true;
}

static void read_names(struct testing *t) {
  struct arena *a = t->call->in->scratch;
  t->column = arena_array(a, (size_t)t->p, struct coefficient);
  for (int j = 0; j < t->p; j++) coefficient_parse(a, t->fit->frame->x_names[j], &t->column[j]);
}

typedef bool giver(const struct testing *t, int n, const struct hypothesis *h, const double *l,
                   struct value *out);

static bool read_and_give(struct call *c, giver *give_rows, struct value *out) {
  struct interp *in = c->in;
  const struct fit *f = c->arg[ARG_FIT].value.u.fit;
  const struct formula_value *block = c->arg[ARG_HYPOTHESES].value.u.formula;
  struct testing t = {.call = c, .fit = f, .source = block->source, .p = f->frame->problem->p};
  int n = 0, most = block->ast->u.list.items.n;
  if (most == 0 || most > HYPOTHESES_MAX)
    return fail(&t, block->ast, DIAG_HYPOTHESES_COUNT, arena_printf(in->scratch, "%d", HYPOTHESES_MAX), NULL);
  struct hypothesis *h = arena_array(in->scratch, (size_t)most, struct hypothesis);
  double *l = arena_array(in->scratch, (size_t)most * (size_t)t.p, double);
  read_names(&t);
  for (const struct ast *e = block->ast->u.list.items.first; e; e = e->next, n++)
    if (!hypothesis_read(in->scratch, in->diags, t.source, e, &h[n]) ||
        !fill_row(&t, &h[n], l + (size_t)n * (size_t)t.p))
      return false;
  return give_rows(&t, n, h, l, out);
}

bool builtin_test(struct call *c, struct value *out) {
  return read_and_give(c, give, out);
}

bool builtin_estimate(struct call *c, struct value *out) {
  return read_and_give(c, give_estimates, out);
}
