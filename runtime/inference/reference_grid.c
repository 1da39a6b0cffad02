#include "runtime/inference/reference_grid.h"
#include "lang/base/text.h"
#include "lang/basis.h"
#include "lang/describe.h"
#include "runtime/model/basis.h"
#include "runtime/model/contrasts.h"
#include "runtime/model/rows.h"
#include "runtime/reml/prepared.h"
#include "runtime/table/gather.h"
#include <math.h>
#include <string.h>

#define ESTIMABLE 1e-7

/* ---- what the variables are made of ------------------------------------------------------------------------- */

/* Calls whose value in a row depends on that row alone. */
static bool of_the_row(const struct ast *call) {
  static const char *const names[] = {"I",     "log",     "exp",   "sqrt", "abs", "log2", "log10",
                                      "floor", "ceiling", "round", "poly", "ns",  "bs"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (ast_calls(call, names[i])) return true;
  return false;
}

static bool is_plain(const struct ast *e) {
  if (e->kind == AST_NUMBER || e->kind == AST_NAME) return true;
  if (e->kind == AST_UNARY) return is_plain(e->u.op.a);
  if (e->kind == AST_BINARY) return is_plain(e->u.op.a) && is_plain(e->u.op.b);
  if (e->kind != AST_CALL || !of_the_row(e)) return false;
  for (const struct ast *arg = e->u.call.args.first; arg; arg = arg->next)
    if (!arg->u.arg.key && !is_plain(arg->u.arg.value)) return false;
  return true;
}

static const struct ast *argument(const struct ast *e) {
  return basis_is(e) ? e->u.call.args.first->u.arg.value : e;
}

static double mean_of(const double *x, int n) {
  double sum = 0;
  for (int i = 0; i < n; i++) sum += x[i];
  return sum / n;
}

/* The mean over the rows used of a column of the table; NaN: it has no numbers. */
static double column_mean(const struct fit *f, const char *name) {
  const struct table *t = f->frame->table;
  int j = table_find(t, name), n = f->frame->problem->n;
  if (j < 0 || t->columns[j].type != COL_NUMBER) return NAN;
  double sum = 0;
  for (int i = 0; i < n; i++) sum += t->columns[j].v.number[f->frame->row[i]];
  return sum / n;
}

static void add_number(struct reference_grid *g, const char *name, double value) {
  if (grid_number_find(g, name) >= 0) return;
  g->number[g->n_numbers++] = (struct grid_number){name, value};
}

static void add_columns(struct reference_grid *g, const struct ast *e) {
  if (e->kind == AST_NAME) add_number(g, e->u.name.whole, column_mean(g->fit, e->u.name.whole));
  if (e->kind == AST_UNARY || e->kind == AST_BINARY) add_columns(g, e->u.op.a);
  if (e->kind == AST_BINARY) add_columns(g, e->u.op.b);
  for (const struct ast *arg = e->kind == AST_CALL ? e->u.call.args.first : NULL; arg; arg = arg->next)
    if (!arg->u.arg.key) add_columns(g, arg->u.arg.value);
}

static bool numeric_columns(const struct reference_grid *g, const struct ast *e) {
  if (e->kind == AST_NAME) return !isnan(column_mean(g->fit, e->u.name.whole));
  if (e->kind == AST_UNARY || e->kind == AST_BINARY)
    return numeric_columns(g, e->u.op.a) && (e->kind == AST_UNARY || numeric_columns(g, e->u.op.b));
  for (const struct ast *arg = e->kind == AST_CALL ? e->u.call.args.first : NULL; arg; arg = arg->next)
    if (!arg->u.arg.key && !numeric_columns(g, arg->u.arg.value)) return false;
  return true;
}

/* Does the value follow from columns of numbers? */
static bool follows(const struct reference_grid *g, const struct ast *e) {
  return is_plain(argument(e)) && numeric_columns(g, argument(e));
}

static void add_variable(struct reference_grid *g, int j) {
  const struct variable *v = &g->fit->frame->var[j];
  if (v->type != COL_NUMBER) {
    const struct ast *e = v->expr;
    bool call =
        e->kind == AST_CALL && e->u.call.args.n && e->u.call.args.first->u.arg.value->kind == AST_NAME;
    g->factor[g->n_factors++] =
        (struct grid_factor){.name = v->name,
                             .inner = call ? e->u.call.args.first->u.arg.value->u.name.whole : NULL,
                             .var = j,
                             .n_levels = v->n_levels,
                             .levels = v->levels};
  } else if (follows(g, v->expr)) {
    add_columns(g, argument(v->expr));
  } else {
    add_number(g, v->name, v->width == 1 ? mean_of(v->number, g->fit->frame->problem->n) : (double)NAN);
  }
}

struct reference_grid *grid_open(struct arena *a, const struct fit *f) {
  struct reference_grid *g = arena_make(a, struct reference_grid);
  size_t vars = (size_t)f->frame->ir->n_vars, columns = (size_t)f->frame->table->n_columns + vars;
  *g = (struct reference_grid){.arena = a, .fit = f, .scratch = arena_new(arena_mem(a))};
  arena_hold(a, g->scratch);
  g->factor = arena_array(a, vars + 1, struct grid_factor);
  g->number = arena_array(a, columns + 1, struct grid_number);
  const struct ir_terms *terms = &f->frame->ir->fixed;
  bool *seen = arena_array(a, vars + 1, bool);
  for (int t = 0; t < terms->n; t++)
    for (int i = 0; i < terms->term[t].n; i++) {
      if (!seen[terms->term[t].var[i]]) add_variable(g, terms->term[t].var[i]);
      seen[terms->term[t].var[i]] = true;
    }
  return g;
}

int grid_factor_find(const struct reference_grid *g, const char *name) {
  for (int i = 0; i < g->n_factors; i++)
    if (strcmp(g->factor[i].name, name) == 0 || (g->factor[i].inner && strcmp(g->factor[i].inner, name) == 0))
      return i;
  return -1;
}

int grid_number_find(const struct reference_grid *g, const char *name) {
  for (int i = 0; i < g->n_numbers; i++)
    if (strcmp(g->number[i].name, name) == 0) return i;
  return -1;
}

/* ---- a row -------------------------------------------------------------------------------------------------- */

/* A table of one row, where the numbers stand. */
static struct table *table_here(struct reference_grid *g) {
  struct column *c = arena_array(g->scratch, (size_t)g->n_numbers, struct column);
  for (int i = 0; i < g->n_numbers; i++) {
    double *x = arena_raw(g->scratch, 1, double);
    *x = g->number[i].value;
    c[i] = (struct column){.name = g->number[i].name, .type = COL_NUMBER, .v.number = x};
  }
  return table_make(arena_mem(g->arena), 1, g->n_numbers, c);
}

static bool value_here(struct reference_grid *g, const struct table *t, const struct variable *v,
                       double *out) {
  if (!follows(g, v->expr)) {
    out[0] = g->number[grid_number_find(g, v->name)].value;
    return !isnan(out[0]) && v->width == 1;
  }
  struct diags quiet = {.mem = arena_mem(g->arena)};
  struct column *c = eval_column(g->scratch, &quiet, g->fit->frame->ir->source, t, argument(v->expr));
  bool fine = c && c->type == COL_NUMBER && isfinite(c->v.number[0]);
  diags_clear(&quiet);
  if (!fine) return false;
  if (v->basis)
    basis_at(v->basis, c->v.number[0], out);
  else
    out[0] = c->v.number[0];
  return true;
}

static int level_of(const struct reference_grid *g, int var) {
  for (int i = 0; i < g->n_factors; i++)
    if (g->factor[i].var == var) return g->factor[i].level;
  return 0;
}

/* Column `part` of a variable where it stands. */
static double part_value(struct reference_grid *g, int var, bool full, int part, double *const *value) {
  const struct variable *v = &g->fit->frame->var[var];
  if (v->type == COL_NUMBER) return value[var][part];
  int level = level_of(g, var);
  if (full) return level == part;
  return contrasts_make(g->scratch, v->coding, v->n_levels)[level * (v->n_levels - 1) + part];
}

static int width_of(const struct variable *v, bool full) {
  return v->type == COL_NUMBER ? v->width : full ? v->n_levels : v->n_levels - 1;
}

static int fill_term(struct reference_grid *g, const struct ir_term *t, double *const *value, double *out) {
  const struct variable *var = g->fit->frame->var;
  int width = 1;
  for (int i = 0; i < t->n; i++) width *= width_of(&var[t->var[i]], t->full[i]);
  for (int column = 0; column < width; column++) { /* the first variable varies fastest, as in design.c */
    double x = 1;
    for (int i = 0, rest = column; i < t->n; i++) {
      int w = width_of(&var[t->var[i]], t->full[i]);
      x *= part_value(g, t->var[i], t->full[i], rest % w, value);
      rest /= w;
    }
    out[column] = x;
  }
  return width;
}

bool grid_row(struct reference_grid *g, double *row) {
  const struct frame *f = g->fit->frame;
  struct arena_mark mark = arena_mark(g->scratch);
  double **value = arena_array(g->scratch, (size_t)f->ir->n_vars, double *);
  struct table *t = table_here(g);
  bool fine = true;
  for (int k = 0; k < f->ir->fixed.n; k++)
    for (int i = 0; i < f->ir->fixed.term[k].n; i++) {
      int j = f->ir->fixed.term[k].var[i];
      if (f->var[j].type != COL_NUMBER || value[j]) continue;
      value[j] = arena_array(g->scratch, (size_t)f->var[j].width, double);
      fine = fine && value_here(g, t, &f->var[j], value[j]);
    }
  int at = 0;
  for (int k = 0; k < f->ir->fixed.n && fine; k++) at += fill_term(g, &f->ir->fixed.term[k], value, row + at);
  arena_reset(g->scratch, mark);
  return fine;
}

/* ---- estimability ------------------------------------------------------------------------------------------- */

bool grid_estimable(struct reference_grid *g, const double *row) {
  const struct fit *f = g->fit;
  int n = f->frame->problem->n, p = f->frame->problem->p, ones;
  if (f->result->rank == p) return true;
  struct arena_mark mark = arena_mark(g->scratch);
  struct basis_source *source = arena_array(g->scratch, (size_t)p, struct basis_source);
  for (int j = 0; j < p; j++)
    source[j] = (struct basis_source){f->frame->problem->x + (size_t)j * (size_t)n, 1};
  double *q = arena_raw(g->scratch, (size_t)n * (size_t)p, double),
         *r = arena_array(g->scratch, (size_t)p * (size_t)p, double);
  int *keep = arena_array(g->scratch, (size_t)p, int);
  int rank = basis_orthonormalise(g->scratch, n, p, source, NULL, q, r, keep, &ones);
  bool fine = true;
  for (int j = 0; j < p && fine; j++) {
    if (!f->result->aliased[j]) continue;
    double *c = arena_array(g->scratch, (size_t)rank, double), along = row[j], size = fabs(row[j]);
    for (int i = 0; i < rank; i++) /* x_j = kept columns times c */
      for (int k = 0; k < n; k++) c[i] += q[(size_t)i * (size_t)n + (size_t)k] * source[j].x[k];
    for (int i = rank - 1; i >= 0; i--) {
      for (int k = i + 1; k < rank; k++) c[i] -= r[i + k * p] * c[k];
      c[i] /= r[i + i * p];
      along -= row[keep[i]] * c[i];
      size = fmax(size, fabs(row[keep[i]] * c[i]));
    }
    fine = fabs(along) <= ESTIMABLE * (1 + size);
  }
  arena_reset(g->scratch, mark);
  return fine;
}
