/* value_json.c: values and diagnostics as lines of JSON; the keys are those of docs/results.md. */
#include "runtime/report/fit_json.h"
#include "runtime/report/report.h"
#include <math.h>

static void put_value(struct json_place at, struct arena *a, const struct value *v, int depth);

static void put_items(struct json_place at, struct arena *a, const struct list_value *l, int depth) {
  if (depth >= REPORT_DEPTH_MAX) {
    json_put_null(at);
    return;
  }
  struct json_place in = l->name ? json_put_object(at) : json_put_array(at);
  for (int i = 0; i < l->n; i++)
    put_value(l->name ? json_key(in, l->name[i]) : in, a, &l->item[i], depth + 1);
}

/* Dates are texts, "2024-03-31". */
static void put_date(struct json_place at, double day, enum calendar calendar) {
  char text[CALENDAR_TEXT];
  calendar_write(day, calendar, text);
  json_put_text(at, isnan(day) ? NULL : text);
}

static void put_cell(struct json_place at, const struct column *c, int row) {
  switch (c->type) {
  case COL_NUMBER:
    if (c->calendar != CALENDAR_NONE)
      put_date(at, c->v.number[row], c->calendar);
    else
      json_put_number(at, c->v.number[row]);
    return;
  case COL_FACTOR: json_put_text(at, c->v.code[row] < 0 ? NULL : c->levels[c->v.code[row]]); return;
  case COL_BOOL:
    if (c->v.code[row] < 0)
      json_put_null(at);
    else
      json_put_bool(at, c->v.code[row] != 0);
    return;
  }
}

static void put_column(struct json_place at, const struct column_value *v) {
  json_put_text(json_key(at, "type"), report_type_name(&v->column));
  json_put_texts(json_key(at, "levels"), v->column.n_levels, v->column.levels);
  struct json_place values = json_put_array(json_key(at, "values"));
  for (int i = 0; i < v->n_rows; i++) put_cell(values, &v->column, i);
}

static void put_table(struct json_place at, const struct table *t) {
  json_put_text(json_key(at, "source"), t->source && *t->source ? t->source : NULL);
  struct json_place columns = json_put_array(json_key(at, "columns"));
  for (int j = 0; j < t->n_columns; j++) json_put_text(columns, t->columns[j].name);
  struct json_place types = json_put_array(json_key(at, "types"));
  for (int j = 0; j < t->n_columns; j++) json_put_text(types, report_type_name(&t->columns[j]));
  struct json_place rows = json_put_array(json_key(at, "rows"));
  for (int i = 0; i < t->n_rows; i++) {
    struct json_place row = json_put_array(rows);
    for (int j = 0; j < t->n_columns; j++) put_cell(row, &t->columns[j], i);
  }
}

static void put_matrix(struct json_place at, const struct matrix_value *m) {
  json_put_text(json_key(at, "title"), m->title);
  json_put_texts(json_key(at, "row_names"), m->rows, m->row_names);
  json_put_texts(json_key(at, "columns"), m->cols, m->col_names);
  json_put_matrix(json_key(at, "rows"), m->v, m->rows, m->cols);
}

static void put_grid(struct json_place at, struct arena *a, const struct grid_value *g, int depth) {
  json_put_text(json_key(at, "title"), g->title);
  json_put_texts(json_key(at, "columns"), g->cols, g->col_names);
  struct json_place rows = json_put_array(json_key(at, "rows"));
  for (int i = 0; i < g->rows; i++) {
    struct json_place row = json_put_array(rows);
    for (int j = 0; j < g->cols; j++)
      put_value(row, a, &g->cell[(size_t)i * (size_t)g->cols + (size_t)j], depth + 1);
  }
}

/* The "kind" of a line. */
static const char *kind_name(const struct value *v) {
  switch (v->kind) {
  case VALUE_NONE: return "none";
  case VALUE_NA: return "na";
  case VALUE_NUMBER: return "number";
  case VALUE_BOOL: return "logical";
  case VALUE_TEXT: return "text";
  case VALUE_LIST: return "list";
  case VALUE_RECORD: return "record";
  case VALUE_COLUMN: return "column";
  case VALUE_TABLE: return "table";
  case VALUE_FORMULA: return "formula";
  case VALUE_FIT: return "fit";
  case VALUE_MATRIX: return "matrix";
  case VALUE_GRID: return v->u.grid->kind;
  case VALUE_FUNCTION: return "function";
  case VALUE_DESIGN: return "design";
  case VALUE_MODEL: return "model";
  case VALUE_HYPOTHESES: return "hypotheses";
  case VALUE_ENUM: return "word";
  }
  return "none";
}

/* The keys of an object of a large kind; false for a kind that is one JSON value. */
static bool put_fields(struct json_place at, struct arena *a, const struct value *v, int depth) {
  switch (v->kind) {
  case VALUE_COLUMN: put_column(at, v->u.column); return true;
  case VALUE_TABLE: put_table(at, v->u.table); return true;
  case VALUE_FIT: json_put_fit(at, a, v->u.fit); return true;
  case VALUE_MATRIX: put_matrix(at, v->u.matrix); return true;
  case VALUE_GRID: put_grid(at, a, v->u.grid, depth); return true;
  case VALUE_NONE:
  case VALUE_NA:
  case VALUE_NUMBER:
  case VALUE_BOOL:
  case VALUE_TEXT:
  case VALUE_LIST:
  case VALUE_RECORD:
  case VALUE_FORMULA:
  case VALUE_FUNCTION:
  case VALUE_DESIGN:
  case VALUE_MODEL:
  case VALUE_HYPOTHESES:
  case VALUE_ENUM: return false;
  }
  return false;
}

static void put_plain(struct json_place at, struct arena *a, const struct value *v, int depth) {
  switch (v->kind) {
  case VALUE_NUMBER: json_put_number(at, v->u.number); return;
  case VALUE_BOOL: json_put_bool(at, v->u.boolean); return;
  case VALUE_TEXT:
  case VALUE_ENUM: json_put_text(at, v->u.text); return;
  case VALUE_LIST:
  case VALUE_RECORD: put_items(at, a, v->u.list, depth); return;
  case VALUE_HYPOTHESES:
  case VALUE_FORMULA: json_put_text(at, print_expr(a, v->u.formula->ast)); return;
  case VALUE_FUNCTION: json_put_text(at, v->u.function->text); return;
  case VALUE_DESIGN: json_put_text(at, design_text(a, v->u.design)); return;
  case VALUE_MODEL:
    json_put_text(at, v->u.model->spec ? print_expr(a, v->u.model->spec->formula)
                                       : model_signature(a, v->u.model->decl));
    return;
  case VALUE_NONE:
  case VALUE_NA:
  case VALUE_COLUMN:
  case VALUE_TABLE:
  case VALUE_FIT:
  case VALUE_MATRIX:
  case VALUE_GRID: json_put_null(at); return;
  }
}

static bool is_large(enum value_kind kind) {
  return kind == VALUE_COLUMN || kind == VALUE_TABLE || kind == VALUE_FIT || kind == VALUE_MATRIX ||
         kind == VALUE_GRID;
}

/* A value inside another: plain ones as they are, large ones as an object with its "kind". */
static void put_value(struct json_place at, struct arena *a, const struct value *v, int depth) {
  if (!is_large(v->kind) || depth >= REPORT_DEPTH_MAX) {
    put_plain(at, a, v, depth);
    return;
  }
  struct json_place in = json_put_object(at);
  json_put_text(json_key(in, "kind"), kind_name(v));
  put_fields(in, a, v, depth);
}

char *report_json(struct arena *a, const struct value *v, const char *name) {
  struct json_place line = json_begin(a);
  json_put_integer(json_key(line, "schema"), REPORT_SCHEMA);
  json_put_text(json_key(line, "kind"), kind_name(v));
  json_put_text(json_key(line, "name"), name);
  if (!put_fields(line, a, v, 0)) put_plain(json_key(line, "value"), a, v, 0);
  return json_end(line);
}

/* ---- diagnostics ------------------------------------------------------------------------------------------- */

static const char *severity_name(enum severity s) {
  switch (s) {
  case SEVERITY_NOTE: return "note";
  case SEVERITY_WARNING: return "warning";
  case SEVERITY_ERROR: return "error";
  }
  return "";
}

static void put_where(struct json_place at, const struct source *src, struct span span) {
  json_put_text(json_key(at, "file"), src ? src->name : NULL);
  if (!src) {
    json_put_null(json_key(at, "line"));
    json_put_null(json_key(at, "column"));
    return;
  }
  struct place p = source_place(src, span.from);
  json_put_integer(json_key(at, "line"), p.line);
  json_put_integer(json_key(at, "column"), p.column);
}

char *report_diag_json(struct arena *a, const struct diag *d) {
  struct json_place line = json_begin(a);
  json_put_integer(json_key(line, "schema"), REPORT_SCHEMA);
  json_put_text(json_key(line, "kind"), "diagnostic");
  json_put_text(json_key(line, "severity"), severity_name(d->severity));
  json_put_text(json_key(line, "code"), diag_number(d->code));
  put_where(line, d->source, d->span);
  json_put_text(json_key(line, "message"), d->text);
  json_put_text(json_key(line, "hint"), d->hint);
  struct json_place notes = json_put_array(json_key(line, "notes"));
  for (const struct diag_note *n = d->notes; n; n = n->next) {
    struct json_place note = json_put_object(notes);
    put_where(note, n->source, n->span);
    json_put_text(json_key(note, "message"), n->text);
  }
  return json_end(line);
}
