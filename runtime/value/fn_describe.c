/* fn_describe.c: describe(): what the columns of a table hold, and at which level of its design each varies. */
#include "runtime/model/units_levels.h"
#include "runtime/value/numbers.h"
#include <math.h>

enum {
  DESCRIBE_COLUMNS = 8,
  AT_LEVEL = 2
}; /* with a design one more: between which units the column varies */

static struct value optional(bool there, double x) {
  return there ? value_number(x) : (struct value){.kind = VALUE_NA};
}

/* An end of the range, or the mean: of dates a date. */
static struct value figure_of(struct interp *in, const struct schema_column *s, double x) {
  if (s->type != COL_NUMBER || isnan(x)) return (struct value){.kind = VALUE_NA};
  return s->calendar ? value_text(in, calendar_text(in->scratch, x, s->calendar)) : value_number(x);
}

static void describe_column(struct interp *in, const struct column *col, const struct schema_column *s, int n,
                            struct value *cell) {
  bool number = s->type == COL_NUMBER;
  double *v = arena_raw(in->scratch, (size_t)n + 1, double);
  int m = 0;
  for (int i = 0; number && i < n; i++)
    if (!isnan(col->v.number[i])) v[m++] = col->v.number[i];
  static const char *const types[] = {"numeric", "factor", "logical"}; /* ORDER COLTYPES */
  cell[0] = value_text(in, s->name);
  cell[1] = value_text(in, s->calendar ? calendar_name(s->calendar) : types[s->type]);
  cell[2] = optional(s->type == COL_FACTOR, s->n_levels);
  cell[3] = value_number(s->n_missing);
  cell[4] = figure_of(in, s, numbers_quantile(v, m, 0));
  cell[5] = figure_of(in, s, numbers_mean(v, m));
  cell[6] = figure_of(in, s, numbers_quantile(v, m, 1));
  cell[7] = optional(number, numbers_sd(v, m));
}

/* ---- the design ---- */

static const char *counted(struct arena *a, int n, const char *one, const char *many) {
  return arena_printf(a, "%d %s", n, n == 1 ? one : many);
}

static void put_level(struct buf *b, const struct unit_level *l) {
  buf_printf(b, "\n%s: %d", l->name, l->codes->n);
  if (l->fewest == l->most)
    buf_printf(b, ", each with %s", counted(b->arena, l->most, "row", "rows"));
  else
    buf_printf(b, ", with %d to %d rows", l->fewest, l->most);
  if (l->labels >= 0 && l->labels < l->codes->n) buf_printf(b, "; labels reused (%d)", l->labels);
}

static void put_time(struct buf *b, const struct table *t, const char *name) {
  int j = name ? table_find(t, name) : -1;
  if (j < 0) return;
  const struct schema *s = table_schema(b->arena, t);
  const struct schema_column *c = &s->columns[j];
  buf_printf(b, "\n%s: %s", name, counted(b->arena, c->n_distinct, "value", "values"));
  if (c->type == COL_NUMBER && c->n_distinct > 0) buf_printf(b, " from %.7g to %.7g", c->min, c->max);
}

static void put_pairs(struct buf *b, const struct table *t) {
  struct pair_counts p = units_pairs(b->arena, t);
  if (p.complete + p.alone == 0) return;
  buf_printf(b, "\n%s", counted(b->arena, p.complete, "complete pair", "complete pairs"));
  buf_printf(b, ", %s", counted(b->arena, p.alone, "member alone", "members alone"));
}

/* "diary: dyad couple by role; time day", then a line for each unit. */
static const char *design_title(struct arena *a, const struct table *t, const struct unit_level *level,
                                int n) {
  struct buf b;
  buf_init(&b, a);
  buf_printf(&b, "%s: %s", t->design->name, design_text(a, t->design));
  for (int i = 0; i < n; i++) put_level(&b, &level[i]);
  put_time(&b, t, t->design->time);
  put_time(&b, t, t->design->occasion);
  put_pairs(&b, t);
  return b.text;
}

/* The coarsest level within whose units the column is the same; "rows": within none. */
static const char *varies(struct call *c, const struct table *t, int column, const struct unit_level *level,
                          int n) {
  for (int i = 0; i < n; i++)
    if (units_constant(c->in->scratch, level[i].codes, &t->columns[column], t->n_rows)) return level[i].name;
  return "rows";
}

/* ---- the whole ---- */

static void describe_columns(struct call *c, const struct table *t, int cols, struct value *cell) {
  const struct schema *s = table_schema(c->in->scratch, t);
  for (int j = 0; j < t->n_columns; j++)
    describe_column(c->in, &t->columns[j], &s->columns[j], t->n_rows, cell + cols * j);
}

void describe_table(struct call *c, const struct table *t, struct value *out) {
  static const char *const names[] = {"column", "type", "between", "levels", "missing",
                                      "min",    "mean", "max",     "sd"};
  static const char *const without[] = {"column", "type", "levels", "missing", "min", "mean", "max", "sd"};
  struct arena *a = c->in->scratch;
  int n = 0, cols = DESCRIBE_COLUMNS + (t->design != NULL);
  const struct unit_level *level = t->design ? units_levels(a, t, &n) : NULL;
  struct value *cell = arena_raw(a, (size_t)cols * (size_t)t->n_columns, struct value);
  describe_columns(c, t, cols, cell);
  for (int j = 0; t->design && j < t->n_columns; j++) {
    struct value *row = cell + cols * j;
    for (int i = DESCRIBE_COLUMNS; i > AT_LEVEL; i--) row[i] = row[i - 1];
    row[AT_LEVEL] = (struct value){.kind = VALUE_TEXT, .u.text = varies(c, t, j, level, n)};
  }
  struct grid_value g = {.rows = t->n_columns,
                         .cols = cols,
                         .cell = cell,
                         .col_names = t->design ? names : without,
                         .kind = "describe",
                         .title = t->design ? design_title(a, t, level, n) : NULL};
  *out = value_grid(c->in, &g);
}

bool builtin_describe(struct call *c, struct value *out) {
  describe_table(c, c->arg[0].value.u.table, out);
  return true;
}
