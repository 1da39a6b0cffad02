/* table_text.c: columns, tables, matrices and grids as text. */
#include "runtime/report/sheet.h"
#include <math.h>
#include <string.h>

static int at_most(int n, int limit) {
  return n < limit ? n : limit;
}

static void put_more(struct buf *out, int left, const char *what) {
  if (left > 0) buf_printf(out, "  ... and %d more %s\n", left, what);
}

/* ---- columns of data ------------------------------------------------------------------------------------ */

const char *report_column_cell(struct arena *a, const struct column *c, int row) {
  struct buf b;
  switch (c->type) {
  case COL_NUMBER:
    if (c->calendar != CALENDAR_NONE) return calendar_text(a, c->v.number[row], c->calendar);
    buf_init(&b, a);
    report_number(&b, c->v.number[row], REPORT_DIGITS_TABLE);
    return b.text;
  case COL_FACTOR: return c->v.code[row] < 0 ? "NA" : c->levels[c->v.code[row]];
  case COL_BOOL: return c->v.code[row] < 0 ? "NA" : c->v.code[row] ? "true" : "false";
  }
  return "";
}

const char *report_type_name(const struct column *c) {
  if (c->calendar != CALENDAR_NONE) return calendar_name(c->calendar);
  switch (c->type) {
#define X(id, name)                                                                                          \
  case COL_##id: return name;
    COLTYPES(X)
#undef X
  }
  return "";
}

/* "low, mid, high", the first REPORT_LEVELS_MAX of them. */
static const char *level_list(struct arena *a, int n, const char *const *levels) {
  struct buf b;
  buf_init(&b, a);
  for (int i = 0; i < n && i < REPORT_LEVELS_MAX; i++)
    buf_printf(&b, "%s%s", i > 0 ? ", " : "", sheet_safe(a, levels[i]));
  if (n > REPORT_LEVELS_MAX) buf_put(&b, ", ...");
  return b.text;
}

static const char *column_heading(struct arena *a, const struct column_value *v) {
  const struct column *c = &v->column;
  const char *plural = v->n_rows == 1 ? "" : "s";
  switch (c->type) {
  case COL_NUMBER:
    return arena_printf(a, c->calendar == CALENDAR_NONE ? "%d number%s" : "%d date%s", v->n_rows, plural);
  case COL_BOOL: return arena_printf(a, "%d truth value%s", v->n_rows, plural);
  case COL_FACTOR:
    return arena_printf(a, "%d value%s of a factor with %d level%s: %s", v->n_rows, plural, c->n_levels,
                        c->n_levels == 1 ? "" : "s", level_list(a, c->n_levels, c->levels));
  }
  return "";
}

void report_column(struct buf *out, const struct column_value *v, const struct report_style *style) {
  struct arena *a = out->arena;
  sheet_paragraph(out, column_heading(a, v), 0, 2, style);
  if (v->n_rows == 0) return;
  struct buf line;
  buf_init(&line, a);
  int shown = at_most(v->n_rows, REPORT_COLUMN_MAX);
  for (int i = 0; i < shown; i++)
    buf_printf(&line, "%s%s", i > 0 ? " " : "", sheet_safe(a, report_column_cell(a, &v->column, i)));
  if (shown < v->n_rows) buf_put(&line, " ...");
  sheet_paragraph(out, line.text, 2, 0, style);
}

/* ---- tables ---------------------------------------------------------------------------------------------- */

static void lay_column(struct sheet *l, int col, const struct column *c) {
  sheet_set(l, 0, col, c->name);
  sheet_set(l, 1, col, report_type_name(c));
  int rows = l->rows - l->heads;
  if (c->type == COL_NUMBER && c->calendar == CALENDAR_NONE) {
    sheet_numbers(l, col, c->v.number, digits_of(c->v.number, rows, REPORT_DIGITS_TABLE, true));
    return;
  }
  for (int i = 0; i < rows; i++) sheet_set(l, i + l->heads, col, report_column_cell(l->arena, c, i));
}

enum { TABLE_COLUMNS_MAX = 50 }; /* columns of a table that are shown */

void report_table(struct buf *out, const struct table *t, const char *name,
                  const struct report_style *style) {
  struct arena *a = out->arena;
  buf_printf(out, "%s%s%d row%s, %d column%s", name ? sheet_safe(a, name) : "", name ? ": " : "", t->n_rows,
             t->n_rows == 1 ? "" : "s", t->n_columns, t->n_columns == 1 ? "" : "s");
  if (t->source && *t->source) buf_printf(out, " (from %s)", sheet_safe(a, t->source));
  buf_putc(out, '\n');
  int rows = at_most(t->n_rows, REPORT_TABLE_ROWS);
  int cols = at_most(t->n_columns, TABLE_COLUMNS_MAX);
  if (cols == 0) return;
  struct sheet *l = sheet_new(a, rows + 2, cols);
  l->heads = 2;
  l->stub = 0;
  for (int j = 0; j < cols; j++) lay_column(l, j, &t->columns[j]);
  sheet_put(out, l, style);
  put_more(out, t->n_rows - rows, "rows");
  put_more(out, t->n_columns - cols, "columns");
}

/* ---- matrices --------------------------------------------------------------------------------------------- */

static const char *numbered(struct arena *a, const char *const *names, int i) {
  return names ? names[i] : arena_printf(a, "%d", i + 1);
}

/* The first line is the heading; what follows, a paragraph a line. */
static void put_title(struct buf *out, const char *title, const struct report_style *style) {
  if (!title) return;
  const char *end = strchr(title, '\n');
  if (!end) {
    sheet_heading(out, sheet_safe(out->arena, title), style);
    return;
  }
  sheet_heading(out, sheet_safe(out->arena, arena_strndup(out->arena, title, (size_t)(end - title))), style);
  while (end) {
    const char *line = end + 1;
    end = strchr(line, '\n');
    size_t n = end ? (size_t)(end - line) : strlen(line);
    sheet_paragraph(out, sheet_safe(out->arena, arena_strndup(out->arena, line, n)), 2, 2, style);
  }
  buf_putc(out, '\n');
}

void report_matrix(struct buf *out, const struct matrix_value *m, const struct report_style *style) {
  struct arena *a = out->arena;
  put_title(out, m->title, style);
  int rows = at_most(m->rows, REPORT_ROWS_MAX);
  struct sheet *l = sheet_new(a, rows + 1, m->cols + 1);
  for (int i = 0; i < rows; i++) sheet_set(l, i + 1, 0, numbered(a, m->row_names, i));
  for (int j = 0; j < m->cols; j++) {
    const double *v = m->v + (size_t)j * (size_t)m->rows;
    sheet_set(l, 0, j + 1, numbered(a, m->col_names, j));
    sheet_numbers(l, j + 1, v, digits_of(v, rows, REPORT_DIGITS_TABLE, true));
  }
  sheet_put(out, l, style);
  put_more(out, m->rows - rows, "rows");
}

/* ---- grids: tables of results ------------------------------------------------------------------------------ */

static const struct value *grid_cell(const struct grid_value *g, int row, int col) {
  return &g->cell[(size_t)row * (size_t)g->cols + (size_t)col];
}

static bool is_missing(const struct value *v) {
  return v->kind == VALUE_NA || v->kind == VALUE_NONE;
}

/* Numbers, and holes where there is none; at least one number. */
static bool is_number_column(const struct grid_value *g, int rows, int col) {
  int numbers = 0;
  for (int i = 0; i < rows; i++) {
    const struct value *v = grid_cell(g, i, col);
    if (v->kind == VALUE_NUMBER)
      numbers++;
    else if (!is_missing(v))
      return false;
  }
  return numbers > 0;
}

static void lay_numbers(struct sheet *l, const struct grid_value *g, int col) {
  int rows = l->rows - l->heads;
  double *v = arena_array(l->arena, (size_t)rows, double);
  for (int i = 0; i < rows; i++) {
    const struct value *c = grid_cell(g, i, col);
    v[i] = c->kind == VALUE_NUMBER ? c->u.number : NAN;
  }
  sheet_numbers(l, col, v, digits_of(v, rows, REPORT_DIGITS_TABLE, true));
  for (int i = 0; i < rows; i++)
    if (grid_cell(g, i, col)->kind == VALUE_NONE) sheet_set(l, i + l->heads, col, NULL);
}

/* Probabilities of the tests: four decimals, and what rounds to nothing is below the last of them. */
static void lay_probabilities(struct sheet *l, const struct grid_value *g, int col) {
  static const double least = 0.0001;
  for (int i = 0; i < l->rows - l->heads; i++) {
    const struct value *c = grid_cell(g, i, col);
    double p = c->kind == VALUE_NUMBER ? c->u.number : NAN;
    sheet_set(l, i + l->heads, col, p < least ? "<0.0001" : digits_text(l->arena, p, digits_fixed(4)));
  }
  l->align[col] = ALIGN_RIGHT;
}

/* VALUE_NONE is an empty cell, VALUE_NA says NA. */
void report_grid(struct buf *out, const struct grid_value *g, const struct report_style *style) {
  put_title(out, g->title, style);
  int rows = at_most(g->rows, REPORT_ROWS_MAX);
  struct sheet *l = sheet_new(out->arena, rows + 1, g->cols);
  for (int j = 0; j < g->cols; j++) {
    sheet_set(l, 0, j, g->col_names[j]);
    if (strcmp(g->col_names[j], "p") == 0 && is_number_column(g, rows, j)) {
      lay_probabilities(l, g, j);
      continue;
    }
    if (is_number_column(g, rows, j)) {
      lay_numbers(l, g, j);
      continue;
    }
    for (int i = 0; i < rows; i++) sheet_set(l, i + 1, j, report_cell(l->arena, grid_cell(g, i, j)));
  }
  sheet_put(out, l, style);
  put_more(out, g->rows - rows, "rows");
}
