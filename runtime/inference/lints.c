#include "runtime/inference/lint_parts.h"
#include "runtime/table/gather.h"
#include "runtime/table/keys.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- partitions ---- */

struct partition partition_of_term(const struct lint_view *v, int t) {
  const struct re_term *term = &v->problem->terms[t];
  if (term->loads <= 1) return (struct partition){term->q, term->level};
  int32_t *first = arena_raw(v->scratch, (size_t)v->problem->n, int32_t); /* of several levels of a row */
  for (int i = 0; i < v->problem->n; i++) first[i] = term->level[(size_t)i * (size_t)term->loads];
  return (struct partition){term->q, first};
}

bool partition_lies_in(const struct lint_view *v, struct partition a, struct partition b) {
  int32_t *of = arena_raw(v->scratch, (size_t)a.q, int32_t);
  for (int g = 0; g < a.q; g++) of[g] = -1;
  for (int i = 0; i < v->problem->n; i++) {
    int32_t *g = &of[a.code[i]];
    if (*g < 0) *g = b.code[i];
    if (*g != b.code[i]) return false;
  }
  return true;
}

bool partition_same(const struct lint_view *v, struct partition a, struct partition b) {
  return a.q == b.q && partition_lies_in(v, a, b);
}

static bool same_value(const struct variable *x, int i, int j) {
  return x->type == COL_NUMBER ? x->number[i] == x->number[j] : x->code[i] == x->code[j];
}

bool partition_fixes(const struct lint_view *v, struct partition p, const struct variable *x) {
  int *first = arena_raw(v->scratch, (size_t)p.q, int);
  for (int g = 0; g < p.q; g++) first[g] = -1;
  for (int i = 0; i < v->problem->n; i++) {
    int *f = &first[p.code[i]];
    if (*f < 0) *f = i;
    if (!same_value(x, i, *f)) return false;
  }
  return true;
}

double rows_per_group(const struct lint_view *v, struct partition p) {
  return (double)v->problem->n / p.q;
}

/* ---- variables ---- */

bool varies(const struct lint_view *v, const struct variable *x) {
  for (int i = 1; i < v->problem->n; i++)
    if (!same_value(x, i, 0)) return true;
  return false;
}

bool in_fixed_part(const struct lint_view *v, int var) {
  for (int t = 0; t < v->ir->fixed.n; t++)
    for (int i = 0; i < v->ir->fixed.term[t].n; i++)
      if (v->ir->fixed.term[t].var[i] == var) return true;
  return false;
}

struct search {
  const char *column;
  bool found;
};

static void search_column(struct ast *e, void *arg) {
  struct search *s = arg;
  s->found = s->found || uses_column(e, s->column);
}

bool uses_column(const struct ast *e, const char *column) {
  if (e->kind == AST_NAME) return strcmp(e->u.name.whole, column) == 0;
  struct search s = {.column = column};
  ast_children(e, search_column, &s);
  return s.found;
}

const char *lint_count(const struct lint_view *v, long long n) {
  return arena_printf(v->scratch, "%lld", n);
}

const char *lint_figure(const struct lint_view *v, double x) {
  return arena_printf(v->scratch, x < 100 ? "%.2g" : "%.0f", x);
}

/* ---- the units of the design ---- */

/* The rows by the values of some columns of the table; q = 0: a column is not there, or misses a value. */
static struct partition rows_by_columns(const struct lint_view *v, const char *const *name, int n_columns) {
  struct partition none = {0};
  const struct table *t = v->frame->table;
  struct column *used = arena_array(v->scratch, (size_t)n_columns, struct column);
  const struct column **column = arena_array(v->scratch, (size_t)n_columns, const struct column *);
  for (int j = 0; j < n_columns; j++) {
    int c = table_find(t, name[j]);
    if (c < 0) return none;
    used[j] = column_gather(v->scratch, &t->columns[c], v->frame->row, v->problem->n);
    column[j] = &used[j];
  }
  struct keys *keys = keys_new(v->scratch, n_columns);
  const int32_t *code = keys_add(keys, column, v->problem->n);
  for (int i = 0; i < v->problem->n; i++)
    if (code[i] < 0) return none;
  return (struct partition){keys_count(keys), code};
}

static void add_unit(struct lint_view *v, struct lint_unit unit, const char *const *path, int n) {
  unit.rows = n > 0 ? rows_by_columns(v, path, n) : (struct partition){0};
  if (unit.rows.q > 0) v->unit[v->n_units++] = unit;
}

static int coarser_first(const void *a, const void *b) {
  const struct lint_unit *x = a, *y = b;
  return (x->rows.q > y->rows.q) - (x->rows.q < y->rows.q);
}

static void find_units(struct lint_view *v) {
  const struct design *d = v->design;
  const char *path[DESIGN_PATH_MAX];
  if (!d) return;
  v->unit = arena_array(v->scratch, (size_t)d->n_units + 1, struct lint_unit);
  for (int u = 0; u < d->n_units; u++) {
    struct lint_unit unit = {.name = d->unit[u].name, .dyad = d->dyads != DYADS_NONE && u == d->dyad};
    add_unit(v, unit, path, design_path(d, u, path));
  }
  if (d->dyads == DYADS_BY_ROLE) {
    struct lint_unit person = {.person = true,
                               .name = arena_printf(v->scratch, "%s in %s", d->role, d->unit[d->dyad].name)};
    add_unit(v, person, path, design_person_path(d, path));
  }
  qsort(v->unit, (size_t)v->n_units, sizeof *v->unit, coarser_first);
}

/* ---- the whole ---- */

static lint_look *const looks[] = {
    look_at_units,      look_at_labels,         look_at_undivided,         look_at_between,
    look_at_few_levels, look_at_far_intercepts, look_at_equal_correlations};

/* A row that stands for several is not a unit with several rows. */
static bool has_frequencies(const struct frame *f) {
  return f->weights && !f->problem->w;
}

void lints_of_frame(struct lint_list *found, const struct frame *frame, const struct source *call,
                    struct span at) {
  struct mem *m = arena_mem(found->arena);
  struct arena *mark = arena_pool_mark(m);
  struct lint_view v = {.found = found,
                        .scratch = arena_new(m),
                        .frame = frame,
                        .problem = frame->problem,
                        .ir = frame->ir,
                        .design = has_frequencies(frame) ? NULL : frame->table->design,
                        .call = call,
                        .at = at};
  find_units(&v);
  for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
    mem_check_interrupt(m);
    looks[i](&v);
  }
  arena_pool_drain(m, mark);
}
