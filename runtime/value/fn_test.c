/* fn_test.c: test(): linear hypotheses on the fixed effects. */
#include "lang/base/text.h"
#include "lang/hypothesis.h"
#include "runtime/inference/wald.h"
#include "runtime/value/interp.h"
#include <math.h>

enum { ARG_FIT, ARG_HYPOTHESES }; /* ORDER TEST: builtins.def */

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
static double p_value(enum ast_op op, double z) {
  if (op == OP_GT) return normal_upper(z);
  if (op == OP_LT) return normal_upper(-z);
  return 2 * normal_upper(fabs(z));
}

static struct value number_or_none(double x) {
  if (isnan(x)) return (struct value){.kind = VALUE_NONE};
  return value_number(x);
}

/* estimate and se are NaN in the row of all together: it has none. */
static void put_row(struct value **cell, const char *text, double estimate, double se, double chi2, int df,
                    double p) {
  *(*cell)++ = (struct value){.kind = VALUE_TEXT, .u.text = text};
  *(*cell)++ = number_or_none(estimate);
  *(*cell)++ = number_or_none(se);
  *(*cell)++ = value_number(chi2);
  *(*cell)++ = value_number(df);
  *(*cell)++ = value_number(p);
}

static void put_single(const struct testing *t, const struct hypothesis *h, const double *row,
                       struct value **cell) {
  double estimate = wald_estimate(t->fit, row, h->value), se = wald_se(t->fit, row), z = estimate / se;
  put_row(cell, print_expr(t->call->in->scratch, h->node), estimate, se, z * z, 1, p_value(h->op, z));
}

static bool give(const struct testing *t, int n, const struct hypothesis *h, const double *l,
                 struct value *out) {
  static const char *const columns[] = {"hypothesis", "estimate", "se", "chi2", "df", "p"};
  struct interp *in = t->call->in;
  bool joint = n > 1;
  double *v = arena_array(in->scratch, (size_t)n, double);
  struct value *cells = arena_array(in->scratch, 6 * ((size_t)n + 1), struct value), *at = cells;
  for (int i = 0; i < n; i++) {
    v[i] = h[i].value;
    put_single(t, &h[i], l + (size_t)i * (size_t)t->p, &at);
    joint = joint && h[i].op == OP_EQ;
  }
  if (joint) {
    struct wald w = wald_joint(in->scratch, t->fit, n, l, v);
    if (!w.consistent) return fail(t, h[0].node, DIAG_HYPOTHESES_CONTRADICT, NULL, NULL);
    put_row(&at, "all", (double)NAN, (double)NAN, w.chi2, w.df, w.p);
  }
  struct grid_value g = {.rows = n + joint,
                         .cols = 6,
                         .cell = cells,
                         .col_names = columns,
                         .kind = "test",
                         .title = "Wald tests; chi-squared in large samples"};
  *out = value_grid(in, &g);
  return true;
}

static void read_names(struct testing *t) {
  struct arena *a = t->call->in->scratch;
  t->column = arena_array(a, (size_t)t->p, struct coefficient);
  for (int j = 0; j < t->p; j++) coefficient_parse(a, t->fit->frame->x_names[j], &t->column[j]);
}

bool builtin_test(struct call *c, struct value *out) {
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
  return give(&t, n, h, l, out);
}
