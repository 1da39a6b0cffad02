/* parts.c: parts of values: x.name, x["name"], x[i], x[i, j].
 *
 *                 by name      by number     by two
 *   list                       item
 *   record        field        field
 *   column                     value
 *   table         column
 *   matrix        row          row           cell
 *   grid          column       row           cell
 *
 * A part of what lives in `home` keeps it alive: its own home is that, or the scratch arena, which then holds it.
 */
#include "lang/base/text.h"
#include "runtime/value/interp.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FAIL(in, node, ...)                                                                                  \
  (diag_add((in)->diags, (in)->script->source, (node)->span, __VA_ARGS__, DIAG_END), false)

static int find_name(const char *name, const char *const *names, int n) {
  for (int i = 0; names && i < n; i++)
    if (strcmp(names[i], name) == 0) return i;
  return -1;
}

/* ---- matrices ------------------------------------------------------------------------------------------- */

static double matrix_number(const struct matrix_value *m, int i, int j) {
  return m->v[(size_t)i + (size_t)j * (size_t)m->rows];
}

/* Row i: a record where the columns have names. */
static struct value matrix_row(struct interp *in, const struct value *of, int i) {
  const struct matrix_value *m = of->u.matrix;
  struct value *items = arena_raw(in->scratch, (size_t)m->cols, struct value);
  for (int j = 0; j < m->cols; j++) items[j] = value_number(matrix_number(m, i, j));
  value_hold(in, of);
  return value_list(in, m->cols, items, m->col_names);
}

/* ---- grids ---------------------------------------------------------------------------------------------- */

/* A text in a grid lives where the grid does. */
static struct value grid_item(const struct value *of, int i, int j) {
  const struct grid_value *g = of->u.grid;
  struct value v = g->cell[(size_t)i * (size_t)g->cols + (size_t)j];
  if (v.kind == VALUE_TEXT) v.home = of->home;
  return v;
}

static struct value grid_row(struct interp *in, const struct value *of, int i) {
  const struct grid_value *g = of->u.grid;
  struct value *items = arena_raw(in->scratch, (size_t)g->cols, struct value);
  for (int j = 0; j < g->cols; j++) items[j] = grid_item(of, i, j);
  value_hold(in, of);
  return value_list(in, g->cols, items, g->col_names);
}

static int by_text(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* n texts (NULL: missing) as a factor, levels sorted. */
static void label_column(struct interp *in, const char *const *text, int n, struct column *c) {
  const char **levels = arena_raw(in->scratch, (size_t)n, const char *);
  int32_t *code = arena_raw(in->scratch, (size_t)n, int32_t);
  size_t m = 0, distinct = 0;
  for (int i = 0; i < n; i++)
    if (text[i]) levels[m++] = text[i];
  qsort(levels, m, sizeof *levels, by_text);
  for (size_t i = 0; i < m; i++)
    if (i == 0 || strcmp(levels[i], levels[distinct - 1]) != 0) levels[distinct++] = levels[i];
  for (int i = 0; i < n; i++) {
    const char **at = text[i] ? bsearch(&text[i], levels, distinct, sizeof *levels, by_text) : NULL;
    code[i] = at ? (int32_t)(at - levels) : -1;
  }
  c->type = COL_FACTOR;
  c->v.code = code;
  c->levels = levels;
  c->n_levels = (int)distinct;
}

static void grid_labels(struct interp *in, const struct value *of, int j, struct column *c) {
  int n = of->u.grid->rows;
  const char **text = arena_array(in->scratch, (size_t)n, const char *);
  for (int i = 0; i < n; i++) {
    struct value v = grid_item(of, i, j);
    if (v.kind == VALUE_TEXT) text[i] = v.u.text;
  }
  label_column(in, text, n, c);
}

static void grid_numbers(struct interp *in, const struct value *of, int j, struct column *c) {
  int n = of->u.grid->rows;
  double *x = arena_raw(in->scratch, (size_t)n, double);
  for (int i = 0; i < n; i++) {
    struct value v = grid_item(of, i, j);
    x[i] = v.kind == VALUE_NUMBER ? v.u.number : v.kind == VALUE_BOOL ? v.u.boolean : (double)NAN;
  }
  c->type = COL_NUMBER;
  c->v.number = x;
}

static struct value grid_column(struct interp *in, const struct value *of, int j) {
  const struct grid_value *g = of->u.grid;
  struct column c = {.name = g->col_names[j]};
  bool labels = false;
  for (int i = 0; i < g->rows && !labels; i++) labels = grid_item(of, i, j).kind == VALUE_TEXT;
  if (labels)
    grid_labels(in, of, j, &c);
  else
    grid_numbers(in, of, j, &c);
  return value_column(in, &c, g->rows, of->home);
}

/* ---- by name -------------------------------------------------------------------------------------------- */

static const char *const *table_names(struct arena *a, const struct table *t, int *n) {
  const char **names = arena_raw(a, (size_t)t->n_columns, const char *);
  for (int j = 0; j < t->n_columns; j++) names[j] = t->columns[j].name;
  *n = t->n_columns;
  return names;
}

const char *const *value_names(struct interp *in, const struct value *of, int *n) {
  *n = 0;
  if (of->kind == VALUE_RECORD) {
    *n = of->u.list->n;
    return of->u.list->name;
  }
  if (of->kind == VALUE_GRID) {
    *n = of->u.grid->cols;
    return of->u.grid->col_names;
  }
  if (of->kind == VALUE_MATRIX && of->u.matrix->row_names) {
    *n = of->u.matrix->rows;
    return of->u.matrix->row_names;
  }
  return of->kind == VALUE_TABLE ? table_names(in->scratch, of->u.table, n) : NULL;
}

bool value_field(struct interp *in, const struct ast *node, const struct value *of, const char *name,
                 struct value *out) {
  int n, at;
  const char *const *names = value_names(in, of, &n);
  at = find_name(name, names, n);
  if (at < 0)
    return FAIL(in, node, DIAG_NO_SUCH_FIELD, value_kind_name(of), name,
                names ? text_nearest(name, names, (size_t)n) : NULL);
  if (of->kind == VALUE_TABLE)
    *out = value_column(in, &of->u.table->columns[at], of->u.table->n_rows, of->home);
  else if (of->kind == VALUE_GRID)
    *out = grid_column(in, of, at);
  else if (of->kind == VALUE_MATRIX)
    *out = matrix_row(in, of, at);
  else
    *out = of->u.list->item[at];
  return true;
}

/* ---- by number ------------------------------------------------------------------------------------------ */

static bool position(struct interp *in, const struct ast *node, const struct value *v, int n, int *at) {
  double x = v->u.number;
  if (v->kind == VALUE_NUMBER && x == floor(x) && x >= 1 && x <= n) {
    *at = (int)x - 1;
    return true;
  }
  const char *what = v->kind == VALUE_NUMBER ? arena_printf(in->scratch, "%.15g", x) : value_kind_name(v);
  return FAIL(in, node, DIAG_NO_SUCH_ELEMENT, what, arena_printf(in->scratch, "%d", n));
}

/* Items, values of a column, rows of results; -1: it has none to choose from by number. */
static int number_of_elements(const struct value *of) {
  if (of->kind == VALUE_LIST || of->kind == VALUE_RECORD) return of->u.list->n;
  if (of->kind == VALUE_COLUMN) return of->u.column->n_rows;
  if (of->kind == VALUE_MATRIX) return of->u.matrix->rows;
  return of->kind == VALUE_GRID ? of->u.grid->rows : -1;
}

bool value_element(struct interp *in, const struct ast *node, const struct value *of,
                   const struct value *index, struct value *out) {
  int at, n = number_of_elements(of);
  if (index->kind == VALUE_TEXT) return value_field(in, node, of, index->u.text, out);
  if (n < 0) return FAIL(in, node, DIAG_NO_ELEMENTS, value_kind_name(of));
  if (!position(in, node, index, n, &at)) return false;
  if (of->kind == VALUE_MATRIX)
    *out = matrix_row(in, of, at);
  else if (of->kind == VALUE_GRID)
    *out = grid_row(in, of, at);
  else if (of->kind == VALUE_COLUMN)
    *out = value_of_row(in, &of->u.column->column, at);
  else
    *out = of->u.list->item[at];
  return true;
}

/* One of the two indices of a cell, by number or by name. */
static bool place(struct interp *in, const struct ast *node, const struct value *of,
                  const struct value *index, int n, const char *const *names, int *at) {
  if (index->kind != VALUE_TEXT) return position(in, node, index, n, at);
  *at = find_name(index->u.text, names, n);
  if (*at >= 0) return true;
  return FAIL(in, node, DIAG_NO_SUCH_FIELD, value_kind_name(of), index->u.text,
              names ? text_nearest(index->u.text, names, (size_t)n) : NULL);
}

bool value_cell(struct interp *in, const struct ast *node, const struct value *of, const struct value *index,
                struct value *out) {
  int i, j;
  if (of->kind == VALUE_GRID) {
    const struct grid_value *g = of->u.grid;
    if (!place(in, node, of, &index[0], g->rows, NULL, &i) ||
        !place(in, node, of, &index[1], g->cols, g->col_names, &j))
      return false;
    *out = grid_item(of, i, j);
    return true;
  }
  if (of->kind != VALUE_MATRIX) return FAIL(in, node, DIAG_NO_ELEMENTS, value_kind_name(of));
  const struct matrix_value *m = of->u.matrix;
  if (!place(in, node, of, &index[0], m->rows, m->row_names, &i) ||
      !place(in, node, of, &index[1], m->cols, m->col_names, &j))
    return false;
  *out = value_number(matrix_number(m, i, j));
  return true;
}
