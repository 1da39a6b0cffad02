/* value_text.c: values as text: scalars, lists, records.  Tables and their kin are in table_text.c, fits in
 * fit_text.c. */
#include "runtime/report/sheet.h"
#include <string.h>

static void put_quoted(struct buf *out, const char *text) {
  buf_putc(out, '"');
  for (const char *s = text; *s; s++) {
    if (*s == '"' || *s == '\\') buf_putc(out, '\\');
    if (*s == '\n' || *s == '\t')
      buf_put(out, *s == '\n' ? "\\n" : "\\t");
    else
      buf_putc(out, *s);
  }
  buf_putc(out, '"');
}

static bool is_scalar(const struct value *v) {
  switch (v->kind) {
  case VALUE_NA:
  case VALUE_NUMBER:
  case VALUE_BOOL:
  case VALUE_TEXT:
  case VALUE_ENUM:
  case VALUE_FORMULA:
  case VALUE_DESIGN:
  case VALUE_MODEL:
  case VALUE_HYPOTHESES:
  case VALUE_FUNCTION: return true;
  case VALUE_NONE:
  case VALUE_LIST:
  case VALUE_RECORD:
  case VALUE_COLUMN:
  case VALUE_TABLE:
  case VALUE_FIT:
  case VALUE_MATRIX:
  case VALUE_GRID: return false;
  }
  return false;
}

/* A model that waits for arguments by its signature, one that can be fitted by its formula. */
static const char *model_text(struct arena *a, const struct model_value *m) {
  return m->spec ? print_expr(a, m->spec->formula) : model_signature(a, m->decl);
}

static void put_short(struct buf *out, const struct value *v, bool quoted, int depth);

static void put_items(struct buf *out, const struct list_value *l, int depth) {
  if (depth >= REPORT_DEPTH_MAX) {
    buf_put(out, "...");
    return;
  }
  for (int i = 0; i < l->n; i++) {
    if (i > 0) buf_put(out, ", ");
    if (l->name) buf_printf(out, "%s = ", l->name[i]);
    if (depth > 0 && i == REPORT_COLUMN_MAX) {
      buf_put(out, "...");
      return;
    }
    put_short(out, &l->item[i], true, depth + 1);
  }
}

static void put_list(struct buf *out, const struct list_value *l, int depth) {
  buf_putc(out, '[');
  put_items(out, l, depth);
  buf_putc(out, ']');
}

static void put_record(struct buf *out, const struct list_value *l, int depth) {
  buf_put(out, "record(");
  put_items(out, l, depth);
  buf_putc(out, ')');
}

static void put_short(struct buf *out, const struct value *v, bool quoted, int depth) {
  switch (v->kind) {
  case VALUE_NONE: return;
  case VALUE_NA: buf_put(out, "NA"); return;
  case VALUE_NUMBER: report_number(out, v->u.number, REPORT_DIGITS); return;
  case VALUE_BOOL: buf_put(out, v->u.boolean ? "true" : "false"); return;
  case VALUE_TEXT:
    if (quoted)
      put_quoted(out, v->u.text);
    else
      buf_put(out, v->u.text);
    return;
  case VALUE_ENUM: buf_put(out, v->u.text); return;
  case VALUE_HYPOTHESES:
  case VALUE_FORMULA: buf_put(out, print_expr(out->arena, v->u.formula->ast)); return;
  case VALUE_FUNCTION: buf_put(out, v->u.function->text); return;
  case VALUE_DESIGN: buf_put(out, design_text(out->arena, v->u.design)); return;
  case VALUE_MODEL: buf_put(out, model_text(out->arena, v->u.model)); return;
  case VALUE_LIST: put_list(out, v->u.list, depth); return;
  case VALUE_RECORD: put_record(out, v->u.list, depth); return;
  case VALUE_COLUMN: buf_printf(out, "a column of %d values", v->u.column->n_rows); return;
  case VALUE_TABLE: buf_printf(out, "a table of %d rows", v->u.table->n_rows); return;
  case VALUE_FIT: buf_printf(out, "a fit of %s", v->u.fit->frame->ir->text); return;
  case VALUE_MATRIX: buf_printf(out, "a matrix of %d x %d", v->u.matrix->rows, v->u.matrix->cols); return;
  case VALUE_GRID: buf_printf(out, "a table of results, %d x %d", v->u.grid->rows, v->u.grid->cols); return;
  }
}

const char *report_cell(struct arena *a, const struct value *v) {
  if (!is_scalar(v)) return NULL;
  struct buf b;
  buf_init(&b, a);
  put_short(&b, v, false, 0);
  return b.text;
}

/* ---- records ------------------------------------------------------------------------------------------- */

static bool same_names(const struct list_value *a, const struct list_value *b) {
  if (a->n != b->n) return false;
  for (int i = 0; i < a->n; i++)
    if (strcmp(a->name[i], b->name[i]) != 0 || !is_scalar(&b->item[i])) return false;
  return true;
}

/* A record of records that all have the same scalar fields is a table: fixef(f). */
static bool is_tabular(const struct list_value *l) {
  if (l->n == 0 || l->item[0].kind != VALUE_RECORD || l->item[0].u.list->n == 0) return false;
  for (int i = 0; i < l->n; i++)
    if (l->item[i].kind != VALUE_RECORD || !same_names(l->item[0].u.list, l->item[i].u.list)) return false;
  return true;
}

static void put_tabular(struct buf *out, const struct list_value *l, const struct report_style *style) {
  const struct list_value *first = l->item[0].u.list;
  struct grid_value g = {.rows = l->n, .cols = first->n + 1};
  struct value *cell = arena_array(out->arena, (size_t)g.rows * (size_t)g.cols, struct value);
  const char **names = arena_array(out->arena, (size_t)g.cols, const char *);
  names[0] = "";
  for (int j = 0; j < first->n; j++) names[j + 1] = first->name[j];
  for (int i = 0; i < l->n; i++) {
    struct value *row = cell + (size_t)i * (size_t)g.cols;
    row[0] = (struct value){.kind = VALUE_TEXT, .u.text = l->name[i]};
    memcpy(row + 1, l->item[i].u.list->item, (size_t)first->n * sizeof *row);
  }
  g.cell = cell;
  g.col_names = names;
  report_grid(out, &g, style);
}

static void show(struct buf *out, const struct value *v, const char *name, const struct report_style *style,
                 int depth);

static void put_fields(struct buf *out, const struct list_value *l, const struct report_style *style,
                       int depth) {
  struct sheet *scalars = sheet_new(out->arena, l->n, 2);
  scalars->heads = scalars->indent = 0;
  int n = 0;
  for (int i = 0; i < l->n; i++) {
    if (!is_scalar(&l->item[i])) continue;
    sheet_set(scalars, n, 0, l->name[i]);
    sheet_set(scalars, n++, 1, report_cell(out->arena, &l->item[i]));
  }
  scalars->rows = n;
  sheet_put(out, scalars, style);
  for (int i = 0; i < l->n; i++) {
    if (is_scalar(&l->item[i])) continue;
    sheet_heading(out, sheet_safe(out->arena, l->name[i]), style);
    show(out, &l->item[i], l->name[i], style, depth + 1);
  }
}

/* ---- lists ---------------------------------------------------------------------------------------------- */

static bool is_flat(const struct list_value *l) {
  for (int i = 0; i < l->n; i++)
    if (!is_scalar(&l->item[i]) && l->item[i].kind != VALUE_LIST && l->item[i].kind != VALUE_RECORD)
      return false;
  return true;
}

static void put_wrapped(struct buf *out, const struct value *v, const struct report_style *style) {
  struct buf line;
  buf_init(&line, out->arena);
  put_short(&line, v, true, 0);
  sheet_paragraph(out, line.text, 0, 1, style);
}

static void put_each(struct buf *out, const struct list_value *l, const struct report_style *style,
                     int depth) {
  for (int i = 0; i < l->n; i++) {
    sheet_heading(out, arena_printf(out->arena, "%s[%d]", i > 0 ? "\n" : "", i + 1), style);
    show(out, &l->item[i], NULL, style, depth + 1);
  }
}

/* ---- the doors ------------------------------------------------------------------------------------------ */

static void put_function(struct buf *out, const struct signature *s, const struct report_style *style) {
  sheet_paragraph(out, s->text, 0, 2, style);
  if (s->help && *s->help) sheet_paragraph(out, s->help, 2, 0, style);
}

static void put_line(struct buf *out, const struct value *v) {
  put_short(out, v, true, 0);
  buf_putc(out, '\n');
}

static void show(struct buf *out, const struct value *v, const char *name, const struct report_style *style,
                 int depth) {
  if (depth > REPORT_DEPTH_MAX) {
    buf_put(out, "...\n");
    return;
  }
  switch (v->kind) {
  case VALUE_NONE: return;
  case VALUE_NA:
  case VALUE_NUMBER:
  case VALUE_BOOL:
  case VALUE_TEXT:
  case VALUE_ENUM: put_line(out, v); return;
  case VALUE_DESIGN:
  case VALUE_MODEL:
  case VALUE_HYPOTHESES:
  case VALUE_FORMULA: put_wrapped(out, v, style); return;
  case VALUE_FUNCTION: put_function(out, v->u.function, style); return;
  case VALUE_LIST:
    if (is_flat(v->u.list))
      put_wrapped(out, v, style);
    else
      put_each(out, v->u.list, style, depth);
    return;
  case VALUE_RECORD:
    if (is_tabular(v->u.list))
      put_tabular(out, v->u.list, style);
    else
      put_fields(out, v->u.list, style, depth);
    return;
  case VALUE_COLUMN: report_column(out, v->u.column, style); return;
  case VALUE_TABLE: report_table(out, v->u.table, name, style); return;
  case VALUE_FIT: report_fit(out, v->u.fit, style); return;
  case VALUE_MATRIX: report_matrix(out, v->u.matrix, style); return;
  case VALUE_GRID: report_grid(out, v->u.grid, style); return;
  }
}

void report_value(struct buf *out, const struct value *v, const char *name,
                  const struct report_style *style) {
  show(out, v, name, style, 0);
}

void report_inline(struct buf *out, const struct value *v, const struct report_style *style) {
  switch (v->kind) {
  case VALUE_NONE:
  case VALUE_NA:
  case VALUE_NUMBER:
  case VALUE_BOOL:
  case VALUE_TEXT:
  case VALUE_ENUM:
  case VALUE_FORMULA:
  case VALUE_FUNCTION:
  case VALUE_DESIGN:
  case VALUE_MODEL:
  case VALUE_HYPOTHESES:
  case VALUE_LIST:
  case VALUE_RECORD: put_short(out, v, false, 0); return;
  case VALUE_COLUMN:
  case VALUE_TABLE:
  case VALUE_FIT:
  case VALUE_MATRIX:
  case VALUE_GRID: report_value(out, v, NULL, style); return;
  }
}
