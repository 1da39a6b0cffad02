/* explain.c: a model in words and equations.
 *
 * Symbols: b0, b1, ... coefficients; u0, u1, ... effects of the units of a random term, a letter a term; s2[...] their variances,
 * c[...] covariances; e the residual with variance s2.
 */
#include "runtime/report/explain.h"
#include "lang/describe.h"
#include "runtime/model/units_levels.h"
#include "runtime/report/explain_parts.h"
#include "runtime/report/sheet.h"
#include <string.h>

struct explaining {
  struct arena *a;
  const struct model_ir *ir;
  const struct table *table; /* NULL: no data */
  struct column **factor;    /* of each variable that is a factor; NULL: not known */
  struct model_columns fixed;
  struct model_columns *basis; /* of each random term */
};

static const char letters[] = "uvwpqrstabcd"; /* effects of the first random terms */

/* What the levels of a factor are, whatever expression makes it. */
static struct column *factor_column(struct arena *a, const struct table *t, const struct ir_var *v) {
  if (!t || v->type == COL_NUMBER) return NULL;
  struct diags quiet = {.mem = arena_mem(a)};
  struct column *c = eval_column(a, &quiet, NULL, t, v->expr);
  diags_clear(&quiet);
  return c && c->type != COL_FACTOR ? column_to_factor(a, c, t->n_rows) : c;
}

static struct explaining explaining_new(struct arena *a, const struct model_ir *ir,
                                        const struct table *table) {
  struct explaining x = {.a = a, .ir = ir, .table = table};
  x.factor = arena_array(a, (size_t)ir->n_vars, struct column *);
  for (int j = 0; j < ir->n_vars; j++) x.factor[j] = factor_column(a, table, &ir->vars[j]);
  x.fixed = model_columns(a, ir, &ir->fixed, x.factor);
  x.basis = arena_array(a, (size_t)ir->n_random, struct model_columns);
  for (int t = 0; t < ir->n_random; t++) x.basis[t] = model_columns(a, ir, &ir->random[t].basis, x.factor);
  return x;
}

static char letter(int term) {
  return letters[term < (int)sizeof letters - 2 ? term : (int)sizeof letters - 2];
}

/* ---- which units a coefficient belongs to ---- */

/* Is the variable the same in all rows of a unit of the random term? */
static bool is_constant(const struct explaining *x, int var, const struct ir_random *r) {
  const struct ast *e = x->ir->vars[var].expr;
  if (!x->table || ast_calls(e, "within")) return false;
  if (ast_calls(e, "between")) return true;
  int j = e->kind == AST_NAME ? table_find(x->table, e->u.name.whole) : -1;
  const char **path = arena_array(x->a, (size_t)r->n_group, const char *);
  for (int i = 0; i < r->n_group; i++) {
    const struct ast *g = x->ir->vars[r->group[i]].expr;
    if (g->kind != AST_NAME || table_find(x->table, g->u.name.whole) < 0) return false;
    path[i] = g->u.name.whole;
  }
  struct diags quiet = {.mem = arena_mem(x->a)};
  struct unit_codes *u =
      units_by_columns(x->a, &quiet, NULL, (struct span){0, 0}, x->table, path, r->n_group);
  diags_clear(&quiet);
  return j >= 0 && u && units_constant(x->a, u, &x->table->columns[j], x->table->n_rows);
}

static bool has_var(const struct model_column *c, int var) {
  for (int i = 0; i < c->n; i++)
    if (c->part[i].var == var) return true;
  return false;
}

/* Does the column predict the coefficient of a basis column: is it that column times what belongs to the unit? */
static bool predicts(const struct explaining *x, const struct model_column *c,
                     const struct model_column *basis, const struct ir_random *r) {
  if (c->n <= basis->n) return false;
  for (int i = 0; i < basis->n; i++)
    if (!has_var(c, basis->part[i].var)) return false;
  for (int i = 0; i < c->n; i++)
    if (!has_var(basis, c->part[i].var) && !is_constant(x, c->part[i].var, r)) return false;
  return true;
}

/* The basis column whose unit's coefficient a fixed column is part of: the random term and the column, the largest that fits;
   false: it stands at the level of rows. */
static bool owner_of(const struct explaining *x, int fixed, int *term, int *column) {
  const struct model_column *c = &x->fixed.column[fixed];
  int most = -1;
  for (int t = 0; t < x->ir->n_random; t++)
    for (int k = 0; k < x->basis[t].n; k++) {
      const struct model_column *b = &x->basis[t].column[k];
      bool same = strcmp(b->name, c->name) == 0;
      if (b->n <= most || !(same || predicts(x, c, b, &x->ir->random[t]))) continue;
      most = b->n;
      *term = t;
      *column = k;
    }
  return most >= 0;
}

/* ---- equations ---- */

struct spelling { /* of equations: as text or as LaTeX */
  bool latex;
};

/* A name inside an equation. */
static const char *spelled(struct arena *a, const struct spelling *s, const char *name) {
  if (!s->latex) return name;
  struct buf b;
  buf_init(&b, a);
  buf_put(&b, "\\text{");
  for (; *name; name++) {
    if (strchr("_%&#${}", *name)) buf_putc(&b, '\\');
    if (*name == '~' || *name == '^' || *name == '\\')
      buf_printf(&b, "\\text%s{}", *name == '~' ? "asciitilde" : *name == '^' ? "asciicircum" : "backslash");
    else
      buf_putc(&b, *name);
  }
  buf_putc(&b, '}');
  return b.text;
}

static void put_symbol(struct buf *b, const struct spelling *s, const char *symbol, int index) {
  buf_printf(b, s->latex ? "%s_{%d}" : "%s%d", symbol, index);
}

static const char *beta(const struct spelling *s) {
  return s->latex ? "\\beta" : "b";
}

/* " + b2 year" */
static void put_product(struct buf *b, const struct explaining *x, const struct spelling *s,
                        const char *symbol, int index, const char *name, bool first) {
  if (!first) buf_put(b, " + ");
  put_symbol(b, s, symbol, index);
  if (strcmp(name, "(Intercept)") != 0) buf_printf(b, s->latex ? "\\, %s" : " %s", spelled(x->a, s, name));
}

/* y = b0 + b1 year + ... + u0 + u1 year + e */
static void put_combined(struct buf *b, const struct explaining *x, const struct spelling *s) {
  bool first = true;
  buf_printf(b, s->latex ? "%s &= " : "%s = ", spelled(x->a, s, x->ir->vars[x->ir->response].name));
  for (int j = 0; j < x->fixed.n; j++, first = false)
    put_product(b, x, s, beta(s), j, x->fixed.column[j].name, first);
  if (x->fixed.cut) buf_put(b, s->latex ? " + \\dots" : " + ...");
  for (int t = 0; t < x->ir->n_random; t++)
    for (int k = 0; k < x->basis[t].n; k++, first = false)
      put_product(b, x, s, arena_printf(x->a, "%c", letter(t)), k, x->basis[t].column[k].name, first);
  buf_put(b, first ? "e" : " + e");
}

/* The rest of a column once the basis column is taken out of it. */
static const char *rest_of(const struct explaining *x, const struct model_column *c,
                           const struct model_column *basis) {
  struct buf b;
  buf_init(&b, x->a);
  for (int i = 0; i < c->n; i++) {
    const struct column_part *p = &c->part[i];
    if (has_var(basis, p->var)) continue;
    buf_printf(&b, "%s%s", b.n ? ":" : "", part_name(x->a, x->ir, p));
  }
  return b.n ? b.text : "(Intercept)";
}

/* The first random term and column with this name: its coefficient is written by it. */
static bool is_first(const struct explaining *x, int term, int column) {
  const char *name = x->basis[term].column[column].name;
  for (int t = 0; t <= term; t++)
    for (int k = 0; k < x->basis[t].n; k++)
      if (strcmp(x->basis[t].column[k].name, name) == 0) return t == term && k == column;
  return false;
}

static int number_of(const struct explaining *x, int term, int column) {
  int n = 0;
  for (int t = 0; t <= term; t++)
    for (int k = 0; k < x->basis[t].n; k++) {
      if (t == term && k == column) return n;
      n += is_first(x, t, k);
    }
  return n;
}

static void first_of(const struct explaining *x, int *term, int *column) {
  const char *name = x->basis[*term].column[*column].name;
  for (int t = 0; t < x->ir->n_random; t++)
    for (int k = 0; k < x->basis[t].n; k++)
      if (strcmp(x->basis[t].column[k].name, name) == 0) {
        *term = t;
        *column = k;
        return;
      }
}

/* Of rows: y = g0 + g1 year + b3 x + e, where g are coefficients that vary over units. */
static void put_rows(struct buf *b, const struct explaining *x, const struct spelling *s) {
  bool first = true;
  const char *varying = s->latex ? "\\gamma" : "g";
  buf_printf(b, s->latex ? "%s &= " : "%s = ", spelled(x->a, s, x->ir->vars[x->ir->response].name));
  for (int t = 0; t < x->ir->n_random; t++)
    for (int k = 0; k < x->basis[t].n; k++) {
      if (!is_first(x, t, k)) continue;
      put_product(b, x, s, varying, number_of(x, t, k), x->basis[t].column[k].name, first);
      first = false;
    }
  for (int j = 0; j < x->fixed.n; j++) {
    int t, k;
    if (owner_of(x, j, &t, &k)) continue;
    put_product(b, x, s, beta(s), j, x->fixed.column[j].name, first);
    first = false;
  }
  buf_put(b, " + e");
}

/* Of units: g0 = b0 + b2 female + u0 + v0 */
static void put_units(struct buf *b, const struct explaining *x, const struct spelling *s, int term,
                      int column) {
  const struct model_column *basis = &x->basis[term].column[column];
  bool first = true;
  put_symbol(b, s, s->latex ? "\\gamma" : "g", number_of(x, term, column));
  buf_put(b, s->latex ? " &= " : " = ");
  for (int j = 0; j < x->fixed.n; j++) {
    int t, k;
    if (!owner_of(x, j, &t, &k)) continue;
    first_of(x, &t, &k);
    if (t != term || k != column) continue;
    put_product(b, x, s, beta(s), j, rest_of(x, &x->fixed.column[j], basis), first);
    first = false;
  }
  for (int t = 0; t < x->ir->n_random; t++)
    for (int k = 0; k < x->basis[t].n; k++) {
      if (strcmp(x->basis[t].column[k].name, basis->name) != 0) continue;
      if (!first) buf_put(b, " + ");
      put_symbol(b, s, arena_printf(x->a, "%c", letter(t)), k);
      first = false;
    }
}

/* ---- text ---- */

static void put_line(struct buf *out, const char *text, int hang, const struct report_style *style) {
  sheet_paragraph(out, text, 2, hang, style);
}

static void put_equation(struct buf *out, const struct buf *equation, const struct report_style *style) {
  put_line(out, equation->text, 4, style);
}

static void put_equations(struct buf *out, const struct explaining *x, const struct report_style *style) {
  const struct spelling text = {false};
  struct buf b;
  sheet_heading(out, "Equations", style);
  buf_init(&b, x->a);
  if (x->ir->n_random == 0) {
    put_combined(&b, x, &text);
    put_equation(out, &b, style);
    return;
  }
  put_line(out, "Of rows:", 0, style);
  put_rows(&b, x, &text);
  put_equation(out, &b, style);
  put_line(out, "Of units:", 0, style);
  for (int t = 0; t < x->ir->n_random; t++)
    for (int k = 0; k < x->basis[t].n; k++) {
      if (!is_first(x, t, k)) continue;
      buf_init(&b, x->a);
      put_units(&b, x, &text, t, k);
      put_equation(out, &b, style);
    }
  put_line(out, "Together:", 0, style);
  buf_init(&b, x->a);
  put_combined(&b, x, &text);
  put_equation(out, &b, style);
}

static void put_meanings(struct buf *out, const struct explaining *x, const struct report_style *style) {
  struct sheet *l = sheet_new(x->a, x->fixed.n + 1, 3);
  sheet_heading(out, "\nCoefficients", style);
  sheet_set(l, 0, 0, "");
  sheet_set(l, 0, 1, "Effect");
  sheet_set(l, 0, 2, "Meaning");
  for (int j = 0; j < x->fixed.n; j++) {
    const struct model_column *c = &x->fixed.column[j];
    put_line(out, arena_printf(x->a, "b%d  %s: %s", j, c->name, column_meaning(x->a, x->ir, c)), 4, style);
  }
  if (x->fixed.cut) put_line(out, "...", 0, style);
}

static void put_random(struct buf *out, const struct explaining *x, const struct report_style *style) {
  sheet_heading(out, "\nWhat varies", style);
  for (int t = 0; t < x->ir->n_random; t++) {
    const struct ir_random *r = &x->ir->random[t];
    struct buf b;
    buf_init(&b, x->a);
    buf_printf(&b, "%s: each %s has ", r->text, r->group_name);
    for (int k = 0; k < x->basis[t].n; k++) {
      const char *name = x->basis[t].column[k].name;
      bool intercept = strcmp(name, "(Intercept)") == 0;
      buf_printf(&b, "%s%s%s",
                 k == 0                  ? ""
                 : k + 1 < x->basis[t].n ? ", "
                                         : " and ",
                 intercept ? "a level of its own" : "an own effect of ", intercept ? "" : name);
    }
    buf_put(&b, ". Parameters: ");
    put_random_parameters(&b, r, x->basis[t].n, letter(t));
    put_line(out, b.text, 4, style);
  }
  const struct ir_residual *e = x->ir->residual;
  if (e && e->n_factors)
    put_line(out,
             arena_printf(x->a, "e: residuals of one %s covary, cov(e, e') = %s%s. Parameters: those of %s",
                          e->block_name, residual_pattern(x->a, x->ir), residual_variance_text(x->a, x->ir),
                          e->text),
             4, style);
  else if (e)
    put_line(out, arena_printf(x->a, "e: independent residuals%s", residual_variance_text(x->a, x->ir)), 4,
             style);
  else
    put_line(out, "e: independent residuals with one variance. Parameter: var(e)", 4, style);
}

static void put_pattern(struct buf *out, const struct explaining *x, const struct report_style *style) {
  sheet_heading(out, "\nCovariance of two rows (' marks the second)", style);
  for (int t = 0; t < x->ir->n_random; t++) {
    struct buf b;
    buf_init(&b, x->a);
    buf_printf(&b, "of one %s: ", x->ir->random[t].group_name);
    put_random_pattern(&b, x->a, x->ir, &x->ir->random[t], &x->basis[t], letter(t));
    put_line(out, b.text, 4, style);
  }
  const struct ir_residual *e = x->ir->residual;
  if (e && e->n_factors)
    put_line(out, arena_printf(x->a, "of one %s: %s", e->block_name, residual_pattern(x->a, x->ir)), 4,
             style);
  if (x->ir->n_random + (e != NULL) > 1)
    put_line(out, "Rows that share several units have the sum.", 0, style);
  if (!e) put_line(out, "A row with itself: the sum with ' = the row, and var(e).", 0, style);
}

static void put_count(struct buf *out, const struct explaining *x, const struct report_style *style) {
  int n = 1;
  for (int t = 0; t < x->ir->n_random; t++) n += random_parameters(x->a, &x->ir->random[t], x->basis[t].n);
  const char *known = x->table ? "" : " (more where factors have several levels: give the data to see them)";
  const char *s = x->fixed.n == 1 ? "" : "s",
             *random = n > 1 ? arena_printf(x->a, ", %d of random effects", n - 1) : "";
  const char *text = x->ir->residual
                         ? arena_printf(x->a, "%d coefficient%s%s, and those of the residual%s", x->fixed.n,
                                        s, random, known)
                         : arena_printf(x->a, "%d coefficient%s and %d of variances and covariances%s",
                                        x->fixed.n, s, n, known);
  sheet_heading(out, "\nParameters", style);
  put_line(out, text, 2, style);
}

void explain_text(struct buf *out, const struct model_ir *ir, const struct table *table,
                  const struct report_style *style) {
  struct explaining x = explaining_new(out->arena, ir, table);
  sheet_paragraph(out, ir->text, 0, 4, style);
  buf_putc(out, '\n');
  put_equations(out, &x, style);
  put_meanings(out, &x, style);
  put_random(out, &x, style);
  if (ir->n_random || ir->residual) put_pattern(out, &x, style);
  put_count(out, &x, style);
}

void explain_latex(struct buf *out, const struct model_ir *ir, const struct table *table) {
  struct explaining x = explaining_new(out->arena, ir, table);
  const struct spelling latex = {true};
  buf_put(out, "\\begin{align}\n");
  if (ir->n_random == 0) {
    put_combined(out, &x, &latex);
  } else {
    put_rows(out, &x, &latex);
    for (int t = 0; t < ir->n_random; t++)
      for (int k = 0; k < x.basis[t].n; k++) {
        if (!is_first(&x, t, k)) continue;
        buf_put(out, " \\\\\n");
        put_units(out, &x, &latex, t, k);
      }
  }
  buf_put(out, "\n\\end{align}\n");
}
