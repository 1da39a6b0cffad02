/* fn_values.c: tables, lists and their parts; print, text, record. */
#include "runtime/report/report.h"
#include "runtime/value/interp.h"
#include <stdlib.h>
#include <string.h>

/* ---- tables, lists -------------------------------------------------------------------------------------- */

/* How many of n: the second argument, or all but as many where it is negative, as R has it. */
static int first_rows(struct call *c, int n) {
  double want = c->arg[1].ast ? c->arg[1].value.u.number : 6;
  if (want < 0) want += n;
  return want < 0 ? 0 : want < n ? (int)want : n;
}

static struct value head_table(struct call *c, const struct table *t) {
  bool *keep = arena_array(c->in->scratch, (size_t)t->n_rows + 1, bool);
  int n = first_rows(c, t->n_rows);
  for (int i = 0; i < n; i++) keep[i] = true;
  struct table *some = table_filter(t, keep);
  some->rows_where = t->rows_where;
  return value_table(some);
}

static struct value head_matrix(struct call *c, const struct matrix_value *m) {
  struct matrix_value some = *m;
  some.rows = first_rows(c, m->rows);
  double *v = arena_raw(c->in->scratch, (size_t)some.rows * (size_t)m->cols, double);
  for (int j = 0; j < m->cols; j++)
    for (int i = 0; i < some.rows; i++)
      v[(size_t)i + (size_t)j * (size_t)some.rows] = m->v[(size_t)i + (size_t)j * (size_t)m->rows];
  some.v = v;
  return value_matrix(c->in, &some);
}

static struct value head_grid(struct call *c, const struct grid_value *g) {
  struct grid_value some = *g;
  some.rows = first_rows(c, g->rows);
  return value_grid(c->in, &some);
}

bool builtin_head(struct call *c, struct value *out) {
  const struct value *v = &c->arg[0].value;
  value_hold(c->in, v);
  if (v->kind == VALUE_TABLE)
    *out = head_table(c, v->u.table);
  else if (v->kind == VALUE_COLUMN)
    *out = value_column(c->in, &v->u.column->column, first_rows(c, v->u.column->n_rows), v->home);
  else if (v->kind == VALUE_LIST)
    *out = value_list(c->in, first_rows(c, v->u.list->n), v->u.list->item, NULL);
  else if (v->kind == VALUE_MATRIX)
    *out = head_matrix(c, v->u.matrix);
  else if (v->kind == VALUE_GRID)
    *out = head_grid(c, v->u.grid);
  else
    return CALL_ERROR(c, c->arg[0].ast->span, DIAG_ARGUMENT_KIND, "head", "x", "table, column or list",
                      value_kind_name(v));
  return true;
}

bool builtin_names(struct call *c, struct value *out) {
  const struct value *v = &c->arg[0].value;
  int n;
  const char *const *names = value_names(c->in, v, &n);
  if (!names)
    return CALL_ERROR(c, c->arg[0].ast->span, DIAG_ARGUMENT_KIND, "names", "x", "table, matrix or record",
                      value_kind_name(v));
  struct value *items = arena_raw(c->in->scratch, (size_t)n, struct value);
  for (int i = 0; i < n; i++) items[i] = value_text(c->in, names[i]);
  *out = value_list(c->in, n, items, NULL);
  return true;
}

bool builtin_length(struct call *c, struct value *out) {
  const struct value *v = &c->arg[0].value;
  double n = 1;
  if (v->kind == VALUE_LIST || v->kind == VALUE_RECORD)
    n = v->u.list->n;
  else if (v->kind == VALUE_COLUMN)
    n = v->u.column->n_rows;
  else if (v->kind == VALUE_TABLE)
    n = v->u.table->n_rows;
  else if (v->kind == VALUE_MATRIX)
    n = v->u.matrix->rows;
  else if (v->kind == VALUE_GRID)
    n = v->u.grid->rows;
  *out = value_number(n);
  return true;
}

/* ---- print, text, record -------------------------------------------------------------------------------- */

static bool join(struct call *c, const char *between, const char **text) {
  struct report_style style = {.width = c->in->options.width, .utf8 = true};
  struct buf b;
  buf_init(&b, c->in->scratch);
  for (int i = 0; i < c->n_rest; i++) {
    if (i) buf_put(&b, between);
    report_inline(&b, &c->rest[i].value, &style);
    if (b.n >> 20 >= TEXT_MIB_MAX)
      return CALL_ERROR(c, c->node->span, DIAG_TEXT_TOO_LONG,
                        arena_printf(c->in->scratch, "%d", TEXT_MIB_MAX));
  }
  *text = b.text;
  return true;
}

bool builtin_print(struct call *c, struct value *out) {
  (void)out;
  struct value line = {.kind = VALUE_TEXT};
  if (!join(c, " ", &line.u.text)) return false;
  c->in->show(c->in, &line, "print");
  return true;
}

bool builtin_text(struct call *c, struct value *out) {
  *out = (struct value){.kind = VALUE_TEXT, .home = c->in->scratch};
  return join(c, "", &out->u.text);
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name that occurs twice among n; NULL: none. */
static const char *twice(struct call *c, const char *const *names, int n) {
  const char **sorted = arena_raw(c->in->scratch, (size_t)n, const char *);
  for (int i = 0; i < n; i++) sorted[i] = names[i];
  qsort(sorted, (size_t)n, sizeof *sorted, by_name);
  for (int i = 1; i < n; i++)
    if (strcmp(sorted[i - 1], sorted[i]) == 0) return sorted[i];
  return NULL;
}

bool builtin_record(struct call *c, struct value *out) {
  struct value *items = arena_array(c->in->scratch, (size_t)c->n_rest, struct value);
  const char **names = arena_array(c->in->scratch, (size_t)c->n_rest + 1, const char *);
  for (int i = 0; i < c->n_rest; i++) {
    if (!c->rest_name[i]) return CALL_ERROR(c, c->rest[i].ast->span, DIAG_FIELD_NAME);
    names[i] = arena_strdup(c->in->scratch, c->rest_name[i]);
    items[i] = value_kept(c->in, &c->rest[i].value);
  }
  const char *same = twice(c, names, c->n_rest);
  if (same) return CALL_ERROR(c, c->node->span, DIAG_ARGUMENT_TWICE, same, "record");
  return value_nested(c->in, c->node->span, c->n_rest, items, names, out);
}
