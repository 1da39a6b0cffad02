/* fn_tables.c: tables made from tables: table, filter, select, derive, join, stack, unstack, tail. */
#include "lang/base/text.h"
#include "lang/column_expr.h"
#include "runtime/table/gather.h"
#include "runtime/table/keys.h"
#include "runtime/value/interp.h"
#include <math.h>
#include <string.h>

static const struct table *table_of(const struct call *c, int i) {
  return c->arg[i].value.u.table;
}

static bool given(const struct call *c, int i) {
  return c->arg[i].ast != NULL;
}

/* A new table that keeps what its columns may share with the old one; who made arrays in `made` gives them to it. */
static struct value give_table(struct call *c, const struct table *old, struct arena *made, int n_rows,
                               int n_columns, const struct column *columns) {
  struct table *t = table_make(c->in->mem, n_rows, n_columns, columns);
  arena_hold(t->arena, made);
  if (old) {
    arena_hold(t->arena, old->arena);
    t->source = old->source;
    t->design = old->design;
  }
  return value_table(t);
}

/* ---- names of columns ---- */

/* What a function that counts gives after an error. */
static int refuse(bool told) {
  (void)told;
  return -1;
}

static int find_column(struct call *c, const struct table *t, const char *name, struct span at) {
  int j = table_find(t, name);
  if (j >= 0) return j;
  const struct schema *s = table_schema(c->in->scratch, t);
  return refuse(CALL_ERROR(c, at, DIAG_UNKNOWN_COLUMN, name, t->source[0] ? t->source : "the table",
                           schema_nearest(s, name)));
}

/* The columns that an argument names: a text, or a list of texts.  Their number; -1 after an error. */
static int named_columns(struct call *c, int arg, const struct table *t, int **columns) {
  const struct value *v = &c->arg[arg].value;
  struct span at = c->arg[arg].ast->span;
  int n = v->kind == VALUE_LIST ? v->u.list->n : 1;
  *columns = arena_array(c->in->scratch, (size_t)n + 1, int);
  for (int i = 0; i < n; i++) {
    const struct value *name = v->kind == VALUE_LIST ? &v->u.list->item[i] : v;
    if (name->kind != VALUE_TEXT) return refuse(CALL_ERROR(c, at, DIAG_COLUMN_NAMES, value_kind_name(name)));
    (*columns)[i] = find_column(c, t, name->u.text, at);
    if ((*columns)[i] < 0) return -1;
    for (int k = 0; k < i; k++)
      if ((*columns)[k] == (*columns)[i]) return refuse(CALL_ERROR(c, at, DIAG_NAMED_TWICE, name->u.text));
  }
  return n;
}

static bool among(int j, const int *list, int n) {
  for (int i = 0; i < n; i++)
    if (list[i] == j) return true;
  return false;
}

/* A name for a new column that the table does not have. */
static bool new_name(struct call *c, int arg, const char *fallback, const struct table *t, const int *gone,
                     int n_gone, const char **name) {
  *name = given(c, arg) ? c->arg[arg].value.u.text : fallback;
  int j = table_find(t, *name);
  if (j < 0 || among(j, gone, n_gone)) return true;
  struct span at = given(c, arg) ? c->arg[arg].ast->span : c->node->span;
  return CALL_ERROR(c, at, DIAG_COLUMN_THERE, *name);
}

/* ---- rows ---- */

static struct value pick_rows(struct call *c, const struct table *t, const int32_t *row, int n) {
  struct arena *a = arena_new(c->in->mem);
  struct column *columns = arena_array(a, (size_t)t->n_columns, struct column);
  for (int j = 0; j < t->n_columns; j++) columns[j] = column_gather(a, &t->columns[j], row, n);
  return give_table(c, t, a, n, t->n_columns, columns);
}

bool builtin_filter(struct call *c, struct value *out) {
  const struct table *t = table_of(c, 0);
  const struct ast *cond = splice_values(c->in, c->in->scratch, c->arg[1].ast);
  struct column *keep =
      cond ? eval_column(c->in->scratch, c->in->diags, c->in->script->source, t, cond) : NULL;
  if (!keep) return false;
  if (keep->type != COL_BOOL) return CALL_ERROR(c, c->arg[1].ast->span, DIAG_CONDITION_WANTED, "filter");
  int32_t *row = arena_raw(c->in->scratch, (size_t)t->n_rows, int32_t);
  int n = 0;
  for (int i = 0; i < t->n_rows; i++)
    if (keep->v.code[i] == 1) row[n++] = i;
  *out = pick_rows(c, t, row, n);
  return true;
}

bool builtin_tail(struct call *c, struct value *out) {
  const struct table *t = table_of(c, 0);
  double want = given(c, 1) ? c->arg[1].value.u.number : 6;
  if (want < 0) want += t->n_rows;
  int n = want < 0 ? 0 : want < t->n_rows ? (int)want : t->n_rows;
  int32_t *row = arena_raw(c->in->scratch, (size_t)n, int32_t);
  for (int i = 0; i < n; i++) row[i] = t->n_rows - n + i;
  *out = pick_rows(c, t, row, n);
  return true;
}

/* ---- columns ---- */

bool builtin_select(struct call *c, struct value *out) {
  const struct table *t = table_of(c, 0);
  int *j, n = named_columns(c, 1, t, &j);
  if (n < 0) return false;
  struct arena *a = arena_new(c->in->mem);
  struct column *columns = arena_array(a, (size_t)n, struct column);
  for (int i = 0; i < n; i++) columns[i] = t->columns[j[i]];
  *out = give_table(c, t, a, t->n_rows, n, columns);
  return true;
}

bool builtin_derive(struct call *c, struct value *out) {
  struct interp *in = c->in;
  struct table *t = NULL;
  const struct table *now = table_of(c, 0);
  for (int i = 0; i < c->n_rest; i++) {
    struct arena *a = arena_new(in->mem);
    if (!c->rest_name[i]) return CALL_ERROR(c, c->rest[i].ast->span, DIAG_FIELD_NAME);
    const struct ast *e = splice_values(in, a, c->rest[i].ast);
    struct column_scope scope = {.arena = in->scratch,
                                 .diags = in->diags,
                                 .source = in->script->source,
                                 .schema = table_schema(in->scratch, now)};
    if (!e) return false;
    column_kind(&scope, e);
    struct column *col = scope.failed ? NULL : eval_column(a, in->diags, in->script->source, now, e);
    if (!col) return false;
    col->name = arena_strdup(a, c->rest_name[i]);
    now = t = table_with_column(now, col);
    arena_hold(t->arena, a);
  }
  *out = value_table(now);
  return true;
}

/* A list as a column: numbers, texts or truth values. */
static bool list_column(struct call *c, const struct value *v, struct span at, struct arena *a,
                        struct column *out, int *n) {
  const struct list_value *l = v->u.list;
  struct arena *scratch = c->in->scratch;
  struct column **one = arena_array(scratch, (size_t)l->n + 1, struct column *);
  enum coltype type = COL_NUMBER;
  bool known = false;
  for (int i = 0; i < l->n; i++) {
    int rows;
    one[i] = arena_make(scratch, struct column);
    if (!value_as_column(c->in, &l->item[i], one[i], &rows) || rows != 1)
      return CALL_ERROR(c, at, DIAG_LIST_COLUMN, value_kind_name(&l->item[i]));
    if (l->item[i].kind == VALUE_NA) continue;
    if (known && one[i]->type != type) return CALL_ERROR(c, at, DIAG_LIST_MIXED);
    type = one[i]->type;
    known = true;
  }
  *n = l->n;
  *out = (struct column){.type = type};
  if (type == COL_NUMBER) {
    double *x = arena_raw(a, (size_t)l->n, double);
    for (int i = 0; i < l->n; i++) x[i] = one[i]->v.number[0];
    out->v.number = x;
    return true;
  }
  struct keys *labels = keys_new(scratch, 1);
  const char **levels = arena_array(a, (size_t)l->n + 1, const char *);
  int32_t *code = arena_raw(a, (size_t)l->n, int32_t);
  for (int i = 0; i < l->n; i++) {
    bool missing = l->item[i].kind == VALUE_NA;
    const struct column *x = one[i];
    code[i] = missing ? -1 : type == COL_BOOL ? x->v.code[0] : keys_add(labels, &x, 1)[0];
    if (!missing && type == COL_FACTOR && code[i] == out->n_levels)
      levels[out->n_levels++] = arena_strdup(a, x->levels[0]);
  }
  out->v.code = code;
  out->levels = levels;
  return true;
}

static bool value_column_of(struct call *c, const struct argument *arg, struct arena *a, struct column *col,
                            int *n) {
  value_hold(c->in, &arg->value);
  if (arg->value.kind == VALUE_LIST) return list_column(c, &arg->value, arg->ast->span, a, col, n);
  if (arg->value.home) arena_hold(a, arg->value.home);
  if (value_as_column(c->in, &arg->value, col, n)) return true;
  return CALL_ERROR(c, arg->ast->span, DIAG_LIST_COLUMN, value_kind_name(&arg->value));
}

bool builtin_table(struct call *c, struct value *out) {
  struct arena *a = arena_new(c->in->mem);
  struct column *columns = arena_array(a, (size_t)c->n_rest, struct column);
  int rows = 1, *n = arena_array(c->in->scratch, (size_t)c->n_rest + 1, int);
  for (int i = 0; i < c->n_rest; i++) {
    if (!c->rest_name[i]) return CALL_ERROR(c, c->rest[i].ast->span, DIAG_FIELD_NAME);
    if (!value_column_of(c, &c->rest[i], a, &columns[i], &n[i])) return false;
    columns[i].name = arena_strdup(a, c->rest_name[i]);
    for (int k = 0; k < i; k++)
      if (!strcmp(columns[k].name, columns[i].name))
        return CALL_ERROR(c, c->rest[i].ast->span, DIAG_NAMED_TWICE, columns[i].name);
    if (n[i] != 1) rows = n[i];
  }
  int32_t *first = arena_array(c->in->scratch, (size_t)rows + 1, int32_t);
  for (int i = 0; i < c->n_rest; i++) {
    if (n[i] != 1 && n[i] != rows)
      return CALL_ERROR(c, c->rest[i].ast->span, DIAG_LENGTHS_DIFFER,
                        arena_printf(c->in->scratch, "%d", n[i]), arena_printf(c->in->scratch, "%d", rows));
    if (n[i] == 1) columns[i] = column_gather(a, &columns[i], first, rows);
  }
  arena_hold(a, c->in->scratch); /* single values live there */
  *out = give_table(c, NULL, a, rows, c->n_rest, columns);
  return true;
}

/* ---- stack and unstack ---- */

/* All stacked columns have one type, and factors the same labels. */
static bool stackable(struct call *c, const struct table *t, const int *j, int n) {
  for (int i = 1; i < n; i++) {
    const struct column *x = &t->columns[j[0]], *y = &t->columns[j[i]];
    bool same = x->type == y->type && x->n_levels == y->n_levels;
    for (int l = 0; same && l < x->n_levels; l++) same = strcmp(x->levels[l], y->levels[l]) == 0;
    if (!same) return CALL_ERROR(c, c->arg[1].ast->span, DIAG_STACK_TYPES, x->name, y->name);
  }
  return true;
}

/* Row i of the old table becomes rows i*n .. i*n + n-1. */
static struct column stacked_values(struct arena *a, const struct table *t, const int *j, int n,
                                    const char *name) {
  struct column out = t->columns[j[0]];
  size_t rows = (size_t)t->n_rows, w = (size_t)n;
  double *x = out.type == COL_NUMBER ? arena_raw(a, rows * w, double) : NULL;
  int32_t *code = x ? NULL : arena_raw(a, rows * w, int32_t);
  for (size_t i = 0; i < rows; i++)
    for (size_t k = 0; k < w; k++) {
      if (x)
        x[i * w + k] = t->columns[j[k]].v.number[i];
      else
        code[i * w + k] = t->columns[j[k]].v.code[i];
    }
  if (x)
    out.v.number = x;
  else
    out.v.code = code;
  out.name = arena_strdup(a, name);
  return out;
}

static struct column stacked_names(struct arena *a, const struct table *t, const int *j, int n,
                                   const char *name) {
  const char **levels = arena_array(a, (size_t)n, const char *);
  int32_t *code = arena_raw(a, (size_t)t->n_rows * (size_t)n, int32_t);
  for (int k = 0; k < n; k++) levels[k] = t->columns[j[k]].name;
  for (int64_t i = 0; i < (int64_t)t->n_rows * n; i++) code[i] = (int32_t)(i % n);
  return (struct column){
      .name = arena_strdup(a, name), .type = COL_FACTOR, .v.code = code, .n_levels = n, .levels = levels};
}

bool builtin_stack(struct call *c, struct value *out) {
  const struct table *t = table_of(c, 0);
  const char *into, *by;
  int *j, n = named_columns(c, 1, t, &j);
  if (n < 1) return n == 0 ? CALL_ERROR(c, c->arg[1].ast->span, DIAG_COLUMN_NAMES, "an empty list") : false;
  if ((int64_t)t->n_rows * n > CSV_ROWS_MAX)
    return CALL_ERROR(c, c->node->span, DIAG_TOO_LARGE, "the stacked table");
  if (!stackable(c, t, j, n) || !new_name(c, 2, "value", t, j, n, &into) ||
      !new_name(c, 3, "variable", t, j, n, &by))
    return false;
  struct arena *a = arena_new(c->in->mem);
  struct column *columns = arena_array(a, (size_t)t->n_columns + 2, struct column);
  int32_t *row = arena_raw(a, (size_t)t->n_rows * (size_t)n, int32_t);
  for (int64_t i = 0; i < (int64_t)t->n_rows * n; i++) row[i] = (int32_t)(i / n);
  int w = 0, rows = t->n_rows * n;
  for (int k = 0; k < t->n_columns; k++)
    if (!among(k, j, n)) columns[w++] = column_gather(a, &t->columns[k], row, rows);
  columns[w++] = stacked_names(a, t, j, n, by);
  columns[w++] = stacked_values(a, t, j, n, into);
  *out = give_table(c, t, a, rows, w, columns);
  return true;
}

/* Rows of the old table by (id, level); -1: none. */
struct spread {
  const int32_t *id, *level;
  int n_ids, n_levels;
  const char *const *labels;
  int32_t *row;   /* n_ids x n_levels */
  int32_t *first; /* n_ids: the first row of each */
};

static bool spread_rows(struct call *c, const struct table *t, struct spread *s) {
  s->row = arena_raw(c->in->scratch, (size_t)s->n_ids * (size_t)s->n_levels, int32_t);
  s->first = arena_raw(c->in->scratch, (size_t)s->n_ids, int32_t);
  memset(s->row, -1, (size_t)s->n_ids * (size_t)s->n_levels * sizeof *s->row);
  memset(s->first, -1, (size_t)s->n_ids * sizeof *s->first);
  for (int i = 0; i < t->n_rows; i++) {
    if (s->id[i] < 0 || s->level[i] < 0) continue;
    int32_t *at = &s->row[(size_t)s->id[i] * (size_t)s->n_levels + (size_t)s->level[i]];
    if (*at >= 0)
      return CALL_ERROR(c, c->node->span, DIAG_UNSTACK_TWICE, s->labels[s->level[i]],
                        arena_printf(c->in->scratch, "%d", *at + 1),
                        arena_printf(c->in->scratch, "%d", i + 1));
    *at = i;
    if (s->first[s->id[i]] < 0) s->first[s->id[i]] = i;
  }
  return true;
}

static const int32_t *one_level(struct call *c, const struct spread *s, int level) {
  int32_t *row = arena_raw(c->in->scratch, (size_t)s->n_ids, int32_t);
  for (int i = 0; i < s->n_ids; i++) row[i] = s->row[(size_t)i * (size_t)s->n_levels + (size_t)level];
  return row;
}

/* The keys of the rows by all columns but two; rows that miss an id have none. */
static void ids_of(struct call *c, const struct table *t, int value, int by, struct spread *s) {
  const struct column **id = arena_array(c->in->scratch, (size_t)t->n_columns, const struct column *);
  int n = 0;
  for (int j = 0; j < t->n_columns; j++)
    if (j != value && j != by) id[n++] = &t->columns[j];
  struct keys *k = keys_new(c->in->scratch, n);
  s->id = keys_add(k, id, t->n_rows);
  s->n_ids = keys_count(k);
}

bool builtin_unstack(struct call *c, struct value *out) {
  const struct table *t = table_of(c, 0);
  int value = find_column(c, t, c->arg[1].value.u.text, c->arg[1].ast->span);
  int by = value < 0 ? -1 : find_column(c, t, c->arg[2].value.u.text, c->arg[2].ast->span);
  if (by < 0) return false;
  struct spread s;
  int32_t *level = arena_raw(c->in->scratch, (size_t)t->n_rows, int32_t);
  struct arena *a = arena_new(c->in->mem);
  column_levels(a, &t->columns[by], t->n_rows, level, &s.n_levels, &s.labels);
  s.level = level;
  ids_of(c, t, value, by, &s);
  if ((int64_t)s.n_ids * s.n_levels > 4 * (int64_t)t->n_rows + 1000000 || s.n_levels > CSV_COLUMNS_MAX / 2)
    return CALL_ERROR(c, c->node->span, DIAG_TOO_LARGE, "the unstacked table");
  if (!spread_rows(c, t, &s)) return false;
  struct column *columns = arena_array(a, (size_t)t->n_columns + (size_t)s.n_levels, struct column);
  int w = 0;
  for (int j = 0; j < t->n_columns; j++)
    if (j != value && j != by) columns[w++] = column_gather(a, &t->columns[j], s.first, s.n_ids);
  int ids = w;
  for (int l = 0; l < s.n_levels; l++) {
    for (int k = 0; k < ids; k++)
      if (!strcmp(columns[k].name, s.labels[l]))
        return CALL_ERROR(c, c->node->span, DIAG_COLUMN_THERE, s.labels[l]);
    columns[w] = column_gather(a, &t->columns[value], one_level(c, &s, l), s.n_ids);
    columns[w++].name = arena_strdup(a, s.labels[l]);
  }
  *out = give_table(c, t, a, s.n_ids, w, columns);
  return true;
}
