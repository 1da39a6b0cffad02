/* fn_means.c: means(), contrasts(), slopes(). */
#include "runtime/inference/adjust.h"
#include "runtime/inference/distributions.h"
#include "runtime/inference/marginal_means.h"
#include "runtime/inference/small_sample.h"
#include "lang/base/text.h"
#include "lang/describe.h"
#include "runtime/value/interp.h"
#include <math.h>
#include <string.h>

enum {
  ARG_FIT,
  ARG_SPECS,
  ARG_AT,
  ARG_WEIGHTS,
  ARG_LEVEL,
  ARG_ADJUST
}; /* ORDER MEANS: builtins.def; slopes: */
enum {
  ARG_OF = ARG_SPECS,
  ARG_BY = ARG_AT,
  ARG_SLOPES_AT = ARG_WEIGHTS,
  ARG_SLOPES_WEIGHTS = ARG_LEVEL,
  ARG_SLOPES_LEVEL = ARG_ADJUST
};
enum { DIMS_MAX = 8 };

struct asking {
  struct call *call;
  struct arena *a;
  const struct fit *fit;
  struct reference_grid *grid;
  int n, n_specs; /* dimensions: those before the bar, then those behind it */
  struct means_dim dim[DIMS_MAX];
  const char *name[DIMS_MAX];
  const struct value *at; /* a record; NULL: none */
  double level;
};

/* ---- reading ------------------------------------------------------------------------------------------------ */

static const char *names_of(const struct asking *q) {
  struct buf b;
  buf_init(&b, q->a);
  for (int i = 0; i < q->grid->n_factors; i++)
    buf_printf(&b, "%s%s", b.n ? ", " : "", q->grid->factor[i].name);
  for (int i = 0; i < q->grid->n_numbers; i++)
    buf_printf(&b, "%s%s", b.n ? ", " : "", q->grid->number[i].name);
  return b.n ? b.text : "none";
}

static bool unknown(struct asking *q, struct span at, const char *name) {
  return CALL_ERROR(q->call, at, DIAG_MEANS_VARIABLE, name, names_of(q));
}

/* Values of a number that `at` gives: one, or a list; its mean where it gives none. */
static bool number_dim(struct asking *q, int number, struct span span, struct means_dim *d) {
  const char *name = q->grid->number[number].name;
  *d = (struct means_dim){.factor = -1, .number = number, .n = 1, .value = &q->grid->number[number].value};
  const struct list_value *l = q->at ? q->at->u.list : NULL;
  for (int i = 0; l && i < l->n; i++)
    if (strcmp(l->name[i], name) == 0) {
      d->value = value_numbers(q->call->in, &l->item[i], span, &d->n);
      return d->value != NULL;
    }
  double *mean = arena_raw(q->a, 1, double);
  *mean = q->grid->number[number].value;
  d->value = mean;
  return true;
}

static bool add_dim(struct asking *q, const struct ast *e) {
  const char *name = print_expr(q->a, e);
  int factor = grid_factor_find(q->grid, name), number = factor < 0 ? grid_number_find(q->grid, name) : -1;
  struct span at = q->call->arg[ARG_SPECS].ast->span;
  if (factor < 0 && number < 0) return unknown(q, at, name);
  if (q->n == DIMS_MAX) return CALL_ERROR(q->call, at, DIAG_MEANS_MANY);
  q->name[q->n] = factor >= 0 ? q->grid->factor[factor].name : q->grid->number[number].name;
  struct means_dim *d = &q->dim[q->n++];
  if (number >= 0) return number_dim(q, number, at, d);
  *d = (struct means_dim){.factor = factor, .number = -1, .n = q->grid->factor[factor].n_levels};
  return true;
}

/* a, a:b, a * b, a + b */
static bool add_dims(struct asking *q, const struct ast *e) {
  enum ast_op op = e->kind == AST_BINARY ? e->u.op.op : OP_EQ;
  if (op == OP_ADD || op == OP_MUL || op == OP_COLON) return add_dims(q, e->u.op.a) && add_dims(q, e->u.op.b);
  return add_dim(q, e);
}

static bool read_specs(struct asking *q, const struct ast *right) {
  bool bar = ast_is_bar(right);
  if (!add_dims(q, bar ? right->u.op.a : right)) return false;
  q->n_specs = q->n;
  return !bar || add_dims(q, right->u.op.b);
}

/* Numbers that are in no dimension stand where `at` says. */
static bool read_at(struct asking *q, int arg) {
  const struct argument *x = &q->call->arg[arg];
  q->at = x->ast ? &x->value : NULL;
  for (int i = 0; q->at && i < q->at->u.list->n; i++) {
    const char *name = q->at->u.list->name[i];
    int number = grid_number_find(q->grid, name), n;
    if (number < 0) return unknown(q, x->ast->span, name);
    const double *v = value_numbers(q->call->in, &q->at->u.list->item[i], x->ast->span, &n);
    if (!v) return false;
    q->grid->number[number].value = v[0];
  }
  return true;
}

static bool is_proportional(const struct call *c, int arg) {
  return c->arg[arg].ast && strcmp(c->arg[arg].value.u.text, "proportional") == 0;
}

static bool open_asking(struct asking *q, struct call *c, int at, int level) {
  *q = (struct asking){.call = c, .a = c->in->scratch, .fit = c->arg[ARG_FIT].value.u.fit};
  q->grid = grid_open(q->a, q->fit);
  return call_level(c, level, &q->level) && read_at(q, at);
}

/* ---- writing ------------------------------------------------------------------------------------------------ */

static struct value text(const char *s) {
  return (struct value){.kind = VALUE_TEXT, .u.text = s};
}

static struct value dim_value(const struct asking *q, int dim, int at) {
  const struct means_dim *d = &q->dim[dim];
  return d->factor >= 0 ? text(q->grid->factor[d->factor].levels[at]) : value_number(d->value[at]);
}

static const char *dim_text(const struct asking *q, int dim, int at) {
  const struct means_dim *d = &q->dim[dim];
  return d->factor >= 0 ? q->grid->factor[d->factor].levels[at] : arena_printf(q->a, "%.7g", d->value[at]);
}

/* Where dimension `dim` stands in a combination. */
static int place(const struct asking *q, int combination, int dim) {
  for (int i = 0; i < dim; i++) combination /= q->dim[i].n;
  return combination % q->dim[dim].n;
}

/* "averaged over nitro (equal weights); x at 3.2" */
static const char *title_of(const struct asking *q, const struct means *m, const char *what,
                            bool proportional, const char *adjust) {
  struct buf b;
  buf_init(&b, q->a);
  buf_put(&b, what);
  int over = 0;
  for (int i = 0; i < q->grid->n_factors; i++) {
    bool dim = false;
    for (int k = 0; k < q->n; k++) dim = dim || q->dim[k].factor == i;
    if (!dim) buf_printf(&b, "%s%s", over++ ? ", " : ", averaged over ", q->grid->factor[i].name);
  }
  if (over) buf_printf(&b, " (%s)", proportional ? "weights as they occur" : "equal weights");
  for (int i = 0; i < q->grid->n_numbers; i++) {
    bool dim = false;
    for (int k = 0; k < q->n; k++) dim = dim || q->dim[k].number == i;
    if (!dim && !isnan(q->grid->number[i].value))
      buf_printf(&b, "; %s at %.6g", q->grid->number[i].name, q->grid->number[i].value);
  }
  const char *why = fit_small_sample(q->fit)->why_not;
  buf_printf(&b, ". Degrees of freedom: %s", why ? why : df_text(q->a, q->fit));
  if (adjust) buf_printf(&b, ". Adjustment of p: %s", adjust);
  for (int i = 0; i < m->rows; i++) {
    if (m->estimable[i]) continue;
    buf_put(&b, ". NA: not estimable, since coefficients that they need were not estimated");
    break;
  }
  return b.text;
}

static void put_interval(const struct asking *q, const struct t_test *t, struct value **at) {
  double half = isnan(t->df) ? (double)NAN : t_quantile((1 + q->level) / 2, t->df) * t->se;
  *(*at)++ = value_number(t->estimate - half);
  *(*at)++ = value_number(t->estimate + half);
}

static struct t_test test_of(const struct asking *q, const double *l, bool estimable) {
  struct t_test t = t_test_of(q->fit, l, 0);
  if (!estimable) t = (struct t_test){NAN, NAN, NAN, NAN, NAN};
  return t;
}

static bool give(struct asking *q, int rows, int cols, const struct value *cells, const char *const *names,
                 const char *kind, const char *title, struct value *out) {
  struct grid_value g = {
      .rows = rows, .cols = cols, .cell = cells, .col_names = names, .kind = kind, .title = title};
  arena_hold(q->a, q->fit->arena);
  *out = value_grid(q->call->in, &g);
  return true;
}

/* A row for each combination: its place, estimate, standard error, df, interval. */
static bool give_means(struct asking *q, const struct means *m, const char *estimate, const char *kind,
                       const char *title, struct value *out) {
  int cols = q->n + 5;
  const char **names = arena_array(q->a, (size_t)cols, const char *);
  struct value *cells = arena_array(q->a, (size_t)cols * (size_t)m->rows, struct value), *at = cells;
  const char *const last[] = {estimate, "se", "df", "lower", "upper"};
  for (int i = 0; i < q->n; i++) names[i] = q->name[i];
  for (int i = 0; i < 5; i++) names[q->n + i] = last[i];
  for (int r = 0; r < m->rows; r++) {
    struct t_test t = test_of(q, m->l + (size_t)r * (size_t)m->p, m->estimable[r]);
    for (int i = 0; i < q->n; i++) *at++ = dim_value(q, i, place(q, r, i));
    *at++ = value_number(t.estimate);
    *at++ = value_number(t.se);
    *at++ = value_number(t.df);
    put_interval(q, &t, &at);
  }
  return give(q, m->rows, cols, cells, names, kind, title, out);
}

bool builtin_means(struct call *c, struct value *out) {
  struct asking q;
  struct means m;
  const struct ast *e = c->arg[ARG_SPECS].value.u.formula->ast;
  if (e->kind != AST_UNARY) return CALL_ERROR(c, c->arg[ARG_SPECS].ast->span, DIAG_MEANS_FORM);
  if (!open_asking(&q, c, ARG_AT, ARG_LEVEL) || !read_specs(&q, e->u.op.a)) return false;
  bool proportional = is_proportional(c, ARG_WEIGHTS);
  if (!means_make(q.grid, q.n, q.dim, proportional, &m)) return CALL_ERROR(c, c->node->span, DIAG_MEANS_NONE);
  return give_means(&q, &m, "mean", "means", title_of(&q, &m, "Estimated means", proportional, NULL), out);
}

/* ---- contrasts ---------------------------------------------------------------------------------------------- */

static bool read_method(struct call *c, const struct ast *e, enum contrast_method *m) {
  static const char *const words[] = {"pairwise", "reference", "successive", "deviation"};
  const char *word = e->kind == AST_NAME ? e->u.name.whole : "";
  for (int i = 0; i < 4; i++)
    if (strcmp(words[i], word) == 0) {
      *m = (enum contrast_method)i;
      return true;
    }
  return CALL_ERROR(c, c->arg[ARG_SPECS].ast->span, DIAG_CONTRASTS_METHOD, print_expr(c->in->scratch, e),
                    text_nearest(word, words, 4));
}

static const char *means_label(const struct asking *q, int combination) {
  struct buf b;
  buf_init(&b, q->a);
  for (int i = 0; i < q->n_specs; i++)
    buf_printf(&b, "%s%s", i ? " " : "", dim_text(q, i, place(q, combination, i)));
  return b.text;
}

static void adjust_family(const struct asking *q, const char *how, int k, int n, const struct t_test *t,
                          double *p) {
  for (int i = 0; i < n; i++)
    p[i] = strcmp(how, "tukey") == 0 && !isnan(t[i].p) ? tukey_upper(fabs(t[i].t) * sqrt(2), k, t[i].df)
                                                       : t[i].p;
  if (strcmp(how, "tukey") != 0) adjust_p(q->a, how, n, p);
}

/* The contrasts of the k means of one combination behind the bar: from row `first` on. */
static void put_family(struct asking *q, const struct means *m, enum contrast_method method, const char *how,
                       int k, int first, struct value **at) {
  int n = contrast_count(method, k);
  double *weight = arena_array(q->a, (size_t)k, double), *l = arena_array(q->a, (size_t)m->p, double),
         *p = arena_array(q->a, (size_t)n, double);
  struct t_test *t = arena_array(q->a, (size_t)n, struct t_test);
  const char **label = arena_array(q->a, (size_t)k, const char *),
             **name = arena_array(q->a, (size_t)n, const char *);
  for (int i = 0; i < k; i++) label[i] = means_label(q, first + i);
  for (int i = 0; i < n; i++) {
    bool estimable = true;
    name[i] = contrast_make(q->a, method, k, i, label, weight);
    memset(l, 0, sizeof(double) * (size_t)m->p);
    for (int r = 0; r < k; r++) {
      estimable = estimable && (weight[r] == 0 || m->estimable[first + r]);
      for (int j = 0; j < m->p; j++) l[j] += weight[r] * m->l[(size_t)(first + r) * (size_t)m->p + (size_t)j];
    }
    t[i] = test_of(q, l, estimable);
  }
  adjust_family(q, how, k, n, t, p);
  for (int i = 0; i < n; i++) {
    for (int d = q->n_specs; d < q->n; d++) *(*at)++ = dim_value(q, d, place(q, first, d));
    *(*at)++ = text(name[i]);
    *(*at)++ = value_number(t[i].estimate);
    *(*at)++ = value_number(t[i].se);
    *(*at)++ = value_number(t[i].df);
    *(*at)++ = value_number(t[i].t);
    *(*at)++ = value_number(p[i]);
    put_interval(q, &t[i], at);
  }
}

static bool give_contrasts(struct asking *q, const struct means *m, enum contrast_method method,
                           const char *how, const char *title, struct value *out) {
  int k = 1, by = q->n - q->n_specs, cols = by + 8;
  for (int i = 0; i < q->n_specs; i++) k *= q->dim[i].n;
  int families = m->rows / k, rows = families * contrast_count(method, k);
  const char **names = arena_array(q->a, (size_t)cols, const char *);
  static const char *const last[] = {"contrast", "estimate", "se", "df", "t", "p", "lower", "upper"};
  for (int i = 0; i < by; i++) names[i] = q->name[q->n_specs + i];
  for (int i = 0; i < 8; i++) names[by + i] = last[i];
  struct value *cells = arena_array(q->a, (size_t)cols * (size_t)rows + 1, struct value), *at = cells;
  for (int f = 0; f < families; f++) put_family(q, m, method, how, k, f * k, &at);
  return give(q, rows, cols, cells, names, "contrasts", title, out);
}

bool builtin_contrasts(struct call *c, struct value *out) {
  struct asking q;
  struct means m;
  enum contrast_method method;
  const struct ast *e = c->arg[ARG_SPECS].value.u.formula->ast;
  if (e->kind != AST_BINARY) return CALL_ERROR(c, c->arg[ARG_SPECS].ast->span, DIAG_CONTRASTS_FORM);
  if (!read_method(c, e->u.op.a, &method) || !open_asking(&q, c, ARG_AT, ARG_LEVEL) ||
      !read_specs(&q, e->u.op.b))
    return false;
  const char *how = c->arg[ARG_ADJUST].ast        ? c->arg[ARG_ADJUST].value.u.text
                    : method == CONTRAST_PAIRWISE ? "tukey"
                                                  : "none";
  if (strcmp(how, "tukey") == 0 && method != CONTRAST_PAIRWISE)
    return CALL_ERROR(c, c->arg[ARG_ADJUST].ast->span, DIAG_CONTRASTS_TUKEY);
  bool proportional = is_proportional(c, ARG_WEIGHTS);
  if (!means_make(q.grid, q.n, q.dim, proportional, &m)) return CALL_ERROR(c, c->node->span, DIAG_MEANS_NONE);
  return give_contrasts(&q, &m, method, how,
                        title_of(&q, &m, "Contrasts of estimated means", proportional, how), out);
}

/* ---- slopes ------------------------------------------------------------------------------------------------- */

bool builtin_slopes(struct call *c, struct value *out) {
  struct asking q;
  struct means m;
  if (!open_asking(&q, c, ARG_SLOPES_AT, ARG_SLOPES_LEVEL)) return false;
  const char *name = c->arg[ARG_OF].ast->kind == AST_TEXT ? c->arg[ARG_OF].ast->u.text.value
                                                          : print_expr(q.a, c->arg[ARG_OF].ast);
  int number = grid_number_find(q.grid, name);
  if (number < 0) return unknown(&q, c->arg[ARG_OF].ast->span, name);
  if (c->arg[ARG_BY].ast && !add_dims(&q, c->arg[ARG_BY].ast)) return false;
  q.n_specs = q.n;
  bool proportional = is_proportional(c, ARG_SLOPES_WEIGHTS);
  if (!slopes_make(q.grid, number, q.n, q.dim, proportional, &m))
    return CALL_ERROR(c, c->node->span, DIAG_MEANS_NONE);
  return give_means(&q, &m, "slope", "slopes",
                    title_of(&q, &m, arena_printf(q.a, "Slopes of %s", name), proportional, NULL), out);
}
