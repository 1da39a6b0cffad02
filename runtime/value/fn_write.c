/* fn_write.c: write(): a table, or a table of results, as a delimited file. */
#include "runtime/table/csv_write.h"
#include "runtime/table/gather.h"
#include "runtime/value/interp.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { ARG_DATA, ARG_FILE, ARG_OVERWRITE }; /* ORDER WRITE: builtins.def */

/* Row names, a column of their own, then the numbers. */
static struct table *matrix_table(struct call *c, const struct matrix_value *m) {
  struct arena *a = c->in->scratch;
  struct column *columns = arena_array(a, (size_t)m->cols + 1, struct column);
  int w = 0;
  if (m->row_names) {
    int32_t *code = arena_raw(a, (size_t)m->rows, int32_t);
    for (int i = 0; i < m->rows; i++) code[i] = i;
    columns[w++] = (struct column){
        .name = "name", .type = COL_FACTOR, .v.code = code, .n_levels = m->rows, .levels = m->row_names};
  }
  for (int j = 0; j < m->cols; j++)
    columns[w++] = (struct column){.name = m->col_names ? m->col_names[j] : arena_printf(a, "V%d", j + 1),
                                   .type = COL_NUMBER,
                                   .v.number = m->v + (size_t)j * (size_t)m->rows};
  return table_make(c->in->mem, m->rows, w, columns);
}

static bool grid_table(struct call *c, const struct value *v, struct table **t) {
  int n;
  const char *const *names = value_names(c->in, v, &n);
  struct column *columns = arena_array(c->in->scratch, (size_t)n, struct column);
  for (int j = 0; j < n; j++) {
    struct value column;
    if (!value_field(c->in, c->node, v, names[j], &column)) return false;
    columns[j] = column.u.column->column;
    columns[j].name = names[j];
  }
  *t = table_make(c->in->mem, v->u.grid->rows, n, columns);
  return true;
}

static bool table_to_write(struct call *c, const struct table **t) {
  const struct value *v = &c->arg[ARG_DATA].value;
  struct table *made = NULL;
  if (v->kind == VALUE_TABLE) {
    *t = v->u.table;
    return true;
  }
  if (v->kind == VALUE_MATRIX)
    made = matrix_table(c, v->u.matrix);
  else if (v->kind != VALUE_GRID)
    return CALL_ERROR(c, c->arg[ARG_DATA].ast->span, DIAG_ARGUMENT_KIND, "write", "data",
                      "table or a table of results", value_kind_name(v));
  else if (!grid_table(c, v, &made))
    return false;
  *t = made;
  return true;
}

static const char *path_of(struct call *c, const char *file) {
  const char *folder = c->in->script->source->folder;
  return file[0] == '/' || !folder || !*folder ? file : arena_printf(c->in->scratch, "%s/%s", folder, file);
}

static bool ends_with(const char *s, const char *end) {
  size_t n = strlen(s), m = strlen(end);
  return n >= m && strcmp(s + n - m, end) == 0;
}

bool builtin_write(struct call *c, struct value *out) {
  const struct table *t = NULL;
  const char *file = c->arg[ARG_FILE].value.u.text, *path = path_of(c, file);
  struct span at = c->arg[ARG_FILE].ast->span;
  bool overwrite = c->arg[ARG_OVERWRITE].ast && c->arg[ARG_OVERWRITE].value.u.boolean;
  (void)out;
  if (!table_to_write(c, &t)) return false;
  if (!overwrite && access(path, F_OK) == 0) return CALL_ERROR(c, at, DIAG_WRITE_EXISTS, file);
  struct buf b;
  buf_init(&b, c->in->scratch);
  csv_write(&b, t, ends_with(file, ".tsv") || ends_with(file, ".tab") ? '\t' : ',');
  if (file_replace(path, b.text, b.n)) return true;
  return CALL_ERROR(c, at, DIAG_WRITE_FAILED, file, strerror(errno));
}
