/* fit_text.c: the report of a fit.
 *
 * From the top: what was fitted, to which rows, how well; the random effects and their groups; the coding of
 * the factors and the fixed effects; how the estimation ended.  Everything that a reader needs to judge the
 * numbers stands in it, and nothing that changes from run to run.
 */
#include "lang/base/text.h"
#include "lang/column_operators.h"
#include "runtime/inference/lints.h"
#include "runtime/report/coding_text.h"
#include "runtime/inference/covariances.h"
#include "runtime/inference/small_sample.h"
#include "runtime/report/covariance_text.h"
#include "runtime/report/sheet.h"
#include <math.h>
#include <string.h>

enum {
  ESTIMATE_DIGITS = 4, /* significant digits of the smallest variance, and of the smallest standard error */
  CRITERION_DECIMALS = 3,
  T_DECIMALS = 2,
  P_DECIMALS = 4,
  DF_DIGITS = 3,
  CORR_DECIMALS = 3,
  LABEL_WIDTH = 9, /* "Data", "Weights": the label of a line */
};

struct fit_report { /* what every section needs */
  struct buf *out;
  struct arena *a;
  const struct fit *fit;
  const struct frame *frame;
  const struct problem *problem;
  const struct reml_result *result;
  struct report_style style;
};

/* "1 row", "7 rows" */
static const char *counted(struct arena *a, int64_t n, const char *noun) {
  return arena_printf(a, "%lld %s%s", (long long)n, noun, n == 1 ? "" : "s");
}

static void section(const struct fit_report *r, const char *title) {
  buf_putc(r->out, '\n');
  sheet_heading(r->out, title, &r->style);
}

/* A line of the head; label "" continues the one above.  The label replaces spaces of the paragraph's indent. */
static void labelled(const struct fit_report *r, const char *label, const char *text) {
  size_t start = r->out->n;
  sheet_paragraph(r->out, text, LABEL_WIDTH, 0, &r->style);
  memcpy(r->out->text + start, label, strlen(label));
}

/* ---- head: model, data, criterion ------------------------------------------------------------------------ */

/* "growth of study" */
static const char *model_name(const struct fit_report *r) {
  const struct model_spec *spec = r->frame->ir->spec;
  const struct ast *node = spec && spec->decl ? spec->decl->node : NULL;
  if (!node) return NULL;
  const struct ast *of = node->u.model.of;
  return of ? arena_printf(r->a, "%s of %s", spec->decl->name, print_expr(r->a, of)) : spec->decl->name;
}

static void put_model(const struct fit_report *r) {
  const char *kind = r->problem->n_terms > 0 ? "Linear mixed model" : "Linear model";
  const char *method = r->fit->reml ? "REML" : "ML";
  sheet_heading(r->out, arena_printf(r->a, "%s, fitted by %s", kind, method), &r->style);
  buf_putc(r->out, '\n');
  if (model_name(r)) labelled(r, "Model", model_name(r));
  labelled(r, "Formula", sheet_safe(r->a, r->frame->ir->text));
}

static const char *missing_text(const struct fit_report *r) {
  struct buf b;
  buf_init(&b, r->a);
  buf_printf(&b, "%s left out for missing values: ", counted(r->a, r->frame->rows_dropped, "row"));
  int64_t sum = 0;
  for (int i = 0; i < r->frame->n_dropped; i++) {
    const struct frame_dropped *d = &r->frame->dropped[i];
    buf_printf(&b, "%s%s %d", i > 0 ? ", " : "", sheet_safe(r->a, d->variable), d->rows);
    sum += d->rows;
  }
  if (sum > r->frame->rows_dropped) buf_put(&b, " (some miss more than one)");
  return b.text;
}

static bool takes_means(const struct model_ir *ir) {
  for (int i = 0; i < ir->n_vars; i++)
    if (column_takes_means(ir->vars[i].expr)) return true;
  return false;
}

/* Which rows the means of within, between, center and scale are of. */
static void put_centring(const struct fit_report *r) {
  if (!takes_means(r->frame->ir)) return;
  const char *unit = r->frame->implied_unit;
  const char *rows = counted(r->a, r->frame->table->n_rows, "row");
  labelled(r, "Means",
           arena_printf(r->a,
                        unit ? "over all %s of the data; by %s where no unit is written"
                             : "over all %s of the data",
                        rows, unit ? sheet_safe(r->a, unit) : ""));
}

static void put_data(const struct fit_report *r) {
  const struct table *t = r->frame->table;
  const char *source = t->source && *t->source ? sheet_safe(r->a, t->source) : "a table of the script";
  bool all = r->problem->n == t->rows_read;
  labelled(r, "Data",
           arena_printf(r->a, "%s: %s read, %s", source, counted(r->a, t->rows_read, "row"),
                        all ? "all used" : arena_printf(r->a, "%d used", r->problem->n)));
  if (t->rows_where > 0)
    labelled(r, "", arena_printf(r->a, "%s removed by where", counted(r->a, t->rows_where, "row")));
  if (r->frame->rows_subset > 0)
    labelled(r, "", arena_printf(r->a, "%s left out by subset", counted(r->a, r->frame->rows_subset, "row")));
  if (r->frame->rows_dropped > 0) labelled(r, "", missing_text(r));
  put_centring(r);
  if (r->problem->w)
    labelled(r, "Weights", "a row's residual variance is the one below, divided by its weight");
}

static void put_criterion(const struct fit_report *r) {
  const double v[] = {r->result->criterion, fit_loglik(r->fit), fit_aic(r->fit), fit_bic(r->fit)};
  const char *const head[] = {r->fit->reml ? "REML criterion" : "-2 log L", "logLik", "AIC", "BIC"};
  struct sheet *l = sheet_new(r->a, 2, 5);
  l->stub = 0;
  for (int j = 0; j < 4; j++) {
    sheet_set(l, 0, j, head[j]);
    sheet_numbers(l, j, &v[j], digits_fixed(CRITERION_DECIMALS));
  }
  sheet_set(l, 0, 4, "parameters");
  sheet_set(l, 1, 4, arena_printf(r->a, "%d", r->fit->n_par));
  l->align[4] = ALIGN_RIGHT;
  buf_putc(r->out, '\n');
  sheet_put(r->out, l, &r->style);
  sheet_paragraph(r->out,
                  arena_printf(r->a, "AIC counts all parameters, of means and of variances; BIC uses n = %d.",
                               r->problem->n),
                  2, 0, &r->style);
}

/* ---- random effects --------------------------------------------------------------------------------------- */

/* Columns of correlations: those of the largest term that has any. */
static int corr_columns(const struct fit_report *r) {
  int most = 0;
  for (int t = 0; t < r->problem->n_terms; t++) {
    int c = r->problem->terms[t].c;
    if (strcmp(r->frame->terms[t].structure, "diag") != 0 && c - 1 > most) most = c - 1;
  }
  return most;
}

/* One variance for all rows: a row of the table.  Else it stands among the covariance parameters. */
static bool one_residual(const struct fit_report *r) {
  return !r->frame->residual;
}

static int random_rows(const struct fit_report *r) {
  int n = one_residual(r);
  for (int t = 0; t < r->problem->n_terms; t++) n += r->problem->terms[t].c;
  return n;
}

double report_correlation(const double *g, int c, int i, int j) {
  double scale = sqrt(g[i * c + i]) * sqrt(g[j * c + j]);
  if (scale == 0) return NAN;
  return i == j ? 1 : fmax(-1, fmin(1, g[j * c + i] / scale));
}

enum { RANDOM_GROUP, RANDOM_NAME, RANDOM_VARIANCE, RANDOM_SD, RANDOM_CORR };

/* Names and correlations of term t, and its variances, in the rows from `row` on (headings not counted). */
static void lay_random_term(struct sheet *l, const struct fit_report *r, int t, int row, double *variance) {
  const struct frame_term *names = &r->frame->terms[t];
  const double *g = r->result->g[t];
  int c = r->problem->terms[t].c;
  bool correlated = strcmp(names->structure, "diag") != 0;
  for (int i = 0; i < c; i++) {
    int at = row + i + l->heads;
    if (i == 0) sheet_set(l, at, RANDOM_GROUP, names->group);
    sheet_set(l, at, RANDOM_NAME, names->names[i]);
    variance[row + i] = g[i * c + i];
    for (int j = 0; correlated && j < i; j++)
      sheet_set(l, at, RANDOM_CORR + j,
                digits_text(r->a, report_correlation(g, c, i, j), digits_fixed(CORR_DECIMALS)));
  }
}

static void lay_random_heads(struct sheet *l) {
  static const char *const head[] = {"Group", "Effect", "Variance", "Std.dev.", "Corr."};
  for (int j = 0; j < l->cols && j <= RANDOM_CORR; j++) sheet_set(l, 0, j, head[j]);
  for (int j = RANDOM_CORR; j < l->cols; j++) l->align[j] = ALIGN_POINT;
}

static void put_random(const struct fit_report *r) {
  int rows = random_rows(r);
  if (rows == 0) return;
  double *variance = arena_array(r->a, (size_t)rows, double);
  double *sd = arena_array(r->a, (size_t)rows, double);
  struct sheet *l = sheet_new(r->a, rows + 1, RANDOM_CORR + corr_columns(r));
  l->stub = 2;
  lay_random_heads(l);
  int row = 0;
  for (int t = 0; t < r->problem->n_terms; t++) {
    lay_random_term(l, r, t, row, variance);
    row += r->problem->terms[t].c;
  }
  if (one_residual(r)) {
    sheet_set(l, row + l->heads, RANDOM_GROUP, "Residual");
    variance[row] = r->result->sigma2;
  }
  for (int i = 0; i < rows; i++) sd[i] = sqrt(variance[i]);
  sheet_numbers(l, RANDOM_VARIANCE, variance, digits_of(variance, rows, ESTIMATE_DIGITS, false));
  sheet_numbers(l, RANDOM_SD, sd, digits_of(sd, rows, ESTIMATE_DIGITS, false));
  section(r, r->problem->n_terms > 0 ? "Random effects" : "Residual");
  sheet_put(r->out, l, &r->style);
}

/* ---- groups ----------------------------------------------------------------------------------------------- */

/* Rows outside of a stratum do not load on its effects. */
static bool loads_something(const struct re_term *term, int i) {
  if (!term->structure && term->loads <= 1) return true;
  for (int a = 0; a < term->c; a++)
    if (term->z[i * term->c + a] != 0) return true;
  return false;
}

/* "8 to 10": rows that the levels of term t have. */
static const char *rows_of_levels(const struct fit_report *r, int t) {
  const struct re_term *term = &r->problem->terms[t];
  int *count = arena_array(r->a, (size_t)term->q, int);
  int loads = term->loads > 1 ? term->loads : 1;
  for (int i = 0; i < r->problem->n * loads; i++) {
    bool relative = term->root && term->level[i] != term->level[i / loads * loads + loads - 1];
    count[term->level[i]] += loads_something(term, i) && !relative;
  }
  int least = count[0];
  int most = count[0];
  for (int i = 1; i < term->q; i++) {
    if (count[i] < least) least = count[i];
    if (count[i] > most) most = count[i];
  }
  if (least == most) return arena_printf(r->a, "%d", least);
  return arena_printf(r->a, "%d to %d", least, most);
}

/* Has an earlier term the same grouping factor? */
static bool group_again(const struct frame *f, int t) {
  for (int s = 0; s < t; s++)
    if (strcmp(f->terms[s].group, f->terms[t].group) == 0) return true;
  return false;
}

static const char *relation_text(const struct fit_report *r, const struct frame_pair *p) {
  const char *a = sheet_safe(r->a, r->frame->terms[p->a].group);
  const char *b = sheet_safe(r->a, r->frame->terms[p->b].group);
  long long possible = (long long)r->problem->terms[p->a].q * r->problem->terms[p->b].q;
  switch (p->relation) {
  case UNITS_NESTED: return arena_printf(r->a, "%s is nested in %s", a, b);
  case UNITS_SAME: return arena_printf(r->a, "%s and %s divide the rows in the same way", a, b);
  case UNITS_CROSSED:
    return arena_printf(r->a, "%s and %s are crossed: all %lld pairs occur", a, b, possible);
  case UNITS_PARTLY:
    if (p->occur == 0) return arena_printf(r->a, "%s and %s are partly crossed", a, b);
    return arena_printf(r->a, "%s and %s are partly crossed: %lld of %lld pairs occur", a, b,
                        (long long)p->occur, possible);
  }
  return "";
}

static void put_groups(const struct fit_report *r) {
  if (r->problem->n_terms == 0) return;
  struct sheet *l = sheet_new(r->a, r->problem->n_terms + 1, 3);
  l->align[1] = ALIGN_RIGHT;
  sheet_set(l, 0, 0, "Group");
  sheet_set(l, 0, 1, "Levels");
  sheet_set(l, 0, 2, "Rows in each");
  int row = l->heads;
  for (int t = 0; t < r->problem->n_terms; t++) {
    if (group_again(r->frame, t)) continue;
    sheet_set(l, row, 0, r->frame->terms[t].group);
    sheet_set(l, row, 1, arena_printf(r->a, "%d", r->problem->terms[t].q));
    sheet_set(l, row++, 2, rows_of_levels(r, t));
  }
  l->rows = row;
  buf_putc(r->out, '\n');
  sheet_put(r->out, l, &r->style);
  for (int i = 0; i < r->frame->n_pairs; i++)
    sheet_paragraph(r->out, relation_text(r, &r->frame->pairs[i]), 2, 2, &r->style);
}

/* ---- fixed effects ------------------------------------------------------------------------------------------ */

/* Estimates get the decimals of their standard errors: digits beyond those say nothing.  Where there is no
   error (a perfect fit), they show what they have. */
static void lay_estimates(struct sheet *l, const double *beta, const double *se, int p) {
  bool exact = true;
  for (int j = 0; j < p; j++)
    if (se[j] > 0) exact = false;
  struct digits f = digits_of(exact ? beta : se, p, ESTIMATE_DIGITS, false);
  sheet_numbers(l, 1, beta, f);
  sheet_numbers(l, 2, se, f);
  for (int j = 0; j < p; j++)
    sheet_set(l, j + l->heads, 1, digits_text(l->arena, beta[j], digits_beside(f, se[j])));
}

static const char *aliased_names(const struct fit_report *r) {
  struct buf b;
  buf_init(&b, r->a);
  for (int j = 0; j < r->problem->p; j++)
    if (r->result->aliased[j])
      buf_printf(&b, "%s%s", b.n > 0 ? ", " : "", sheet_safe(r->a, r->frame->x_names[j]));
  return b.text;
}

static void put_aliased(const struct fit_report *r) {
  int n = r->problem->p - r->result->rank;
  if (n <= 0) return;
  const char *why = n == 1 ? "since it is a combination of the columns above it"
                           : "since they are combinations of the columns above them";
  sheet_paragraph(r->out, arena_printf(r->a, "Not estimated, %s: %s.", why, aliased_names(r)), 2, 0,
                  &r->style);
}

/* "0.0123", "<0.0001", "NA" */
static const char *p_text(struct arena *a, double p) {
  if (p < 0.0001) return "<0.0001";
  return digits_text(a, p, digits_fixed(P_DECIMALS));
}

static struct t_test *coefficient_tests(const struct fit_report *r) {
  int p = r->problem->p;
  struct t_test *t = arena_array(r->a, (size_t)p, struct t_test);
  double *l = arena_array(r->a, (size_t)p, double);
  for (int j = 0; j < p; j++) {
    l[j] = 1;
    t[j] = t_test_of(r->fit, l, 0);
    if (r->result->aliased[j]) t[j].se = t[j].t = t[j].df = t[j].p = (double)NAN;
    l[j] = 0;
  }
  return t;
}

/* Columns df, t and p, from the fourth on; without degrees of freedom t alone, of the normal distribution z and p. */
static void put_tests(const struct fit_report *r, struct sheet *l, const struct t_test *t) {
  int p = r->problem->p, col = 3;
  double *df = arena_array(r->a, (size_t)p, double), *value = arena_array(r->a, (size_t)p, double);
  bool normal = r->fit->df.method == DF_NORMAL, none = r->fit->df.method == DF_NONE;
  for (int j = 0; j < p; j++) {
    df[j] = t[j].df;
    value[j] = t[j].t;
    if (!none) sheet_set(l, j + 1, normal ? 4 : 5, p_text(r->a, t[j].p));
  }
  if (!normal && !none) {
    sheet_set(l, 0, col, "df");
    sheet_numbers(l, col++, df, digits_of(df, p, DF_DIGITS, true));
  }
  sheet_set(l, 0, col, normal ? "z" : "t");
  sheet_numbers(l, col++, value, digits_fixed(T_DECIMALS));
  if (none) return;
  sheet_set(l, 0, col, "p");
  l->align[col] = ALIGN_POINT;
}

static void put_df_method(const struct fit_report *r) {
  const struct small_sample *s = fit_small_sample(r->fit);
  if (r->fit->df.method == DF_NONE) return;
  const char *text = s->why_not ? arena_printf(r->a, "Degrees of freedom: none, since %s", s->why_not)
                                : arena_printf(r->a, "Degrees of freedom: %s", df_text(r->a, r->fit));
  sheet_paragraph(r->out, text, 2, 2, &r->style);
}

static void put_fixed(const struct fit_report *r) {
  static const char *const head[] = {"Effect", "Estimate", "Std.error"};
  int p = r->problem->p;
  double *se = arena_array(r->a, (size_t)p, double);
  int columns = r->fit->df.method == DF_NONE ? 4 : r->fit->df.method == DF_NORMAL ? 5 : 6;
  struct sheet *l = sheet_new(r->a, p + 1, columns);
  const struct t_test *t = coefficient_tests(r);
  for (int j = 0; j < 3; j++) sheet_set(l, 0, j, head[j]);
  for (int j = 0; j < p; j++) {
    se[j] = t[j].se;
    sheet_set(l, j + 1, 0, r->frame->x_names[j]);
  }
  lay_estimates(l, r->result->beta, se, p);
  put_tests(r, l, t);
  section(r, "Fixed effects");
  sheet_put(r->out, l, &r->style);
  put_df_method(r);
  put_aliased(r);
}

/* ---- status -------------------------------------------------------------------------------------------------- */

static const char *singular_text(const struct fit_report *r, int t) {
  const char *meaning = singular_meaning(r->a, r->frame, r->result, t);
  return sheet_safe(r->a, arena_printf(r->a, "%s: %s.", r->frame->terms[t].text, meaning));
}

static bool is_success(enum reml_status status) {
  switch (status) {
  case REML_CONVERGED:
  case REML_SINGULAR: return true;
  case REML_PERFECT_FIT:
  case REML_ZERO_RESIDUAL:
  case REML_NOT_CONVERGED:
  case REML_NOT_IDENTIFIED:
  case REML_UNREACHABLE:
  case REML_INTERRUPTED: return false;
  }
  return false;
}

static void put_status(const struct fit_report *r) {
  bool warn = r->style.colour && !is_success(r->result->status);
  buf_putc(r->out, '\n');
  if (warn) buf_put(r->out, "\033[33m");
  labelled(r, "Status", r->result->message ? r->result->message : "unknown");
  if (warn) buf_put(r->out, "\033[0m");
  if (!is_success(r->result->status) || !fit_singular(r->fit)) return;
  for (int t = 0; t < r->problem->n_terms; t++)
    if (r->result->g_rank[t] < r->problem->terms[t].c) labelled(r, "", singular_text(r, t));
}

/* "sd(Intercept | Subject) = 20; sigma = 1" */
static void put_held(const struct fit_report *r) {
  struct buf b;
  int n;
  if (r->problem->n_hold == 0) return;
  const struct covariance_parameter *p = covariance_parameters(r->a, r->fit, 0.95, &n);
  buf_init(&b, r->a);
  for (int i = 0; i < n; i++)
    if (p[i].held && !p[i].derived) buf_printf(&b, "%s%s = %.10g", b.n ? "; " : "", p[i].full, p[i].value);
  buf_putc(r->out, '\n');
  labelled(r, "Held", sheet_safe(r->a, b.text));
}

void report_fit(struct buf *out, const struct fit *f, const struct report_style *style) {
  struct fit_report r = {.out = out,
                         .a = out->arena,
                         .fit = f,
                         .frame = f->frame,
                         .problem = f->frame->problem,
                         .result = f->result,
                         .style = sheet_style(style)};
  put_model(&r);
  put_data(&r);
  put_criterion(&r);
  put_random(&r);
  if (problem_has_structures(r.problem)) covariance_text(r.out, r.a, r.fit, &r.style);
  put_held(&r);
  put_groups(&r);
  coding_text(r.out, r.a, r.frame, &r.style);
  put_fixed(&r);
  put_status(&r);
}
