/* convert.c: values made, named and seen as columns. */
#include "runtime/value/interp.h"
#include <math.h>
#include <string.h>

struct value value_number(double x) {
  if (isnan(x)) return (struct value){.kind = VALUE_NA};
  return (struct value){.kind = VALUE_NUMBER, .u.number = x};
}

struct value value_bool(bool b) {
  return (struct value){.kind = VALUE_BOOL, .u.boolean = b};
}

struct value value_text(struct interp *in, const char *s) {
  return (struct value){.kind = VALUE_TEXT, .home = in->scratch, .u.text = arena_strdup(in->scratch, s)};
}

struct value value_table(const struct table *t) {
  return (struct value){.kind = VALUE_TABLE, .home = t->arena, .u.table = t};
}

struct value value_fit(const struct fit *f) {
  return (struct value){.kind = VALUE_FIT, .home = f->arena, .u.fit = f};
}

static void hold(struct interp *in, struct arena *home) {
  if (home) arena_hold(in->scratch, home);
}

struct value value_design(const struct design *d) {
  return (struct value){.kind = VALUE_DESIGN, .home = d->arena, .u.design = d};
}

void value_hold(struct interp *in, const struct value *v) {
  hold(in, v->home);
}

/* About as many values as it takes to show one. */
static int64_t value_size(const struct value *v) {
  switch (v->kind) {
  case VALUE_LIST:
  case VALUE_RECORD: return v->u.list->size;
  case VALUE_COLUMN: return v->u.column->n_rows;
  case VALUE_TABLE: return (int64_t)v->u.table->n_rows * v->u.table->n_columns;
  case VALUE_MATRIX: return (int64_t)v->u.matrix->rows * v->u.matrix->cols;
  case VALUE_GRID: return (int64_t)v->u.grid->rows * v->u.grid->cols;
  case VALUE_FIT: return 100;
  case VALUE_TEXT: return 1 + (int64_t)strlen(v->u.text) / 32;
  case VALUE_NONE:
  case VALUE_NA:
  case VALUE_NUMBER:
  case VALUE_BOOL:
  case VALUE_FORMULA:
  case VALUE_FUNCTION:
  case VALUE_DESIGN:
  case VALUE_MODEL:
  case VALUE_HYPOTHESES:
  case VALUE_ENUM: return 1;
  }
  return 1;
}

struct value value_list(struct interp *in, int n, const struct value *items, const char *const *names) {
  struct list_value *l = arena_make(in->scratch, struct list_value);
  *l = (struct list_value){.n = n, .item = items, .name = names, .depth = 1};
  for (int i = 0; i < n; i++) {
    bool list = items[i].kind == VALUE_LIST || items[i].kind == VALUE_RECORD;
    if (list && items[i].u.list->depth >= l->depth) l->depth = items[i].u.list->depth + 1;
    l->size += value_size(&items[i]);
    hold(in, items[i].home);
  }
  return (struct value){.kind = names ? VALUE_RECORD : VALUE_LIST, .home = in->scratch, .u.list = l};
}

bool value_nested(struct interp *in, struct span span, int n, const struct value *items,
                  const char *const *names, struct value *out) {
  *out = value_list(in, n, items, names);
  bool deep = out->u.list->depth > LIST_DEPTH_MAX, large = n > 1 && out->u.list->size > LIST_SIZE_MAX;
  if (deep)
    diag_add(in->diags, in->script->source, span, DIAG_LIST_TOO_DEEP,
             arena_printf(in->scratch, "%d", LIST_DEPTH_MAX), DIAG_END);
  else if (large)
    diag_add(in->diags, in->script->source, span, DIAG_LIST_TOO_LARGE,
             arena_printf(in->scratch, "%d", LIST_SIZE_MAX), DIAG_END);
  return !deep && !large;
}

struct value value_column(struct interp *in, const struct column *c, int n_rows, struct arena *home) {
  struct column_value *v = arena_make(in->scratch, struct column_value);
  *v = (struct column_value){.column = *c, .n_rows = n_rows};
  hold(in, home);
  return (struct value){.kind = VALUE_COLUMN, .home = in->scratch, .u.column = v};
}

struct value value_matrix(struct interp *in, const struct matrix_value *m) {
  struct matrix_value *v = arena_make(in->scratch, struct matrix_value);
  *v = *m;
  return (struct value){.kind = VALUE_MATRIX, .home = in->scratch, .u.matrix = v};
}

struct value value_grid(struct interp *in, const struct grid_value *g) {
  struct grid_value *v = arena_make(in->scratch, struct grid_value);
  *v = *g;
  return (struct value){.kind = VALUE_GRID, .home = in->scratch, .u.grid = v};
}

enum type value_type(const struct value *v) {
  switch (v->kind) {
  case VALUE_NONE: return TYPE_NONE;
  case VALUE_NA: return TYPE_UNKNOWN;
  case VALUE_NUMBER: return TYPE_NUMBER;
  case VALUE_BOOL: return TYPE_BOOL;
  case VALUE_TEXT:
  case VALUE_ENUM: return TYPE_TEXT;
  case VALUE_LIST: return TYPE_LIST;
  case VALUE_RECORD: return TYPE_RECORD;
  case VALUE_COLUMN: return TYPE_COLUMN;
  case VALUE_TABLE: return TYPE_TABLE;
  case VALUE_FORMULA: return TYPE_FORMULA;
  case VALUE_FIT: return TYPE_FIT;
  case VALUE_MATRIX:
  case VALUE_GRID: return TYPE_MATRIX;
  case VALUE_FUNCTION: return TYPE_FUNCTION;
  case VALUE_DESIGN: return TYPE_DESIGN;
  case VALUE_MODEL: return TYPE_MODEL;
  case VALUE_HYPOTHESES: return TYPE_HYPOTHESES;
  }
  return TYPE_UNKNOWN;
}

const char *value_kind_name(const struct value *v) {
  if (v->kind == VALUE_NA) return "NA";
  static const char *const names[] = {
#define X(type, name) "a " name,
      TYPES(X)
#undef X
  };
  enum type type = value_type(v);
  return type == TYPE_NONE ? type_name(type) : names[type];
}

struct value value_of_row(struct interp *in, const struct column *c, int at) {
  if (c->type == COL_NUMBER) return value_number(c->v.number[at]);
  if (c->v.code[at] < 0) return (struct value){.kind = VALUE_NA};
  return c->type == COL_BOOL ? value_bool(c->v.code[at]) : value_text(in, c->levels[c->v.code[at]]);
}

static void one_code(struct interp *in, struct column *c, enum coltype type, int32_t code) {
  int32_t *v = arena_raw(in->scratch, 1, int32_t);
  *v = code;
  c->type = type;
  c->v.code = v;
}

static void one_text(struct interp *in, struct column *c, const char *s) {
  const char **levels = arena_array(in->scratch, 1, const char *);
  levels[0] = s;
  one_code(in, c, COL_FACTOR, 0);
  c->levels = levels;
  c->n_levels = 1;
}

bool value_as_column(struct interp *in, const struct value *v, struct column *c, int *n) {
  *c = (struct column){.name = ""};
  *n = 1;
  if (v->kind == VALUE_COLUMN) {
    *c = v->u.column->column;
    *n = v->u.column->n_rows;
  } else if (v->kind == VALUE_NUMBER || v->kind == VALUE_NA) {
    double *x = arena_raw(in->scratch, 1, double);
    *x = v->kind == VALUE_NA ? (double)NAN : v->u.number;
    c->v.number = x;
  } else if (v->kind == VALUE_BOOL) {
    one_code(in, c, COL_BOOL, v->u.boolean);
  } else if (v->kind == VALUE_TEXT) {
    one_text(in, c, v->u.text);
  } else {
    return false;
  }
  return true;
}

static const double *truth_as_numbers(struct interp *in, const int32_t *code, int n) {
  double *x = arena_raw(in->scratch, (size_t)n, double);
  for (int i = 0; i < n; i++) x[i] = code[i] < 0 ? (double)NAN : (double)code[i];
  return x;
}

static const double *list_numbers(struct interp *in, const struct list_value *l, int *n) {
  double *x = arena_raw(in->scratch, (size_t)l->n, double);
  for (int i = 0; i < l->n; i++) {
    const struct value *v = &l->item[i];
    if (v->kind == VALUE_NUMBER)
      x[i] = v->u.number;
    else if (v->kind == VALUE_BOOL)
      x[i] = v->u.boolean;
    else if (v->kind == VALUE_NA)
      x[i] = NAN;
    else
      return NULL;
  }
  *n = l->n;
  return x;
}

const double *value_numbers(struct interp *in, const struct value *v, struct span span, int *n) {
  struct column c;
  const double *x = NULL;
  if (v->kind == VALUE_LIST)
    x = list_numbers(in, v->u.list, n);
  else if (value_as_column(in, v, &c, n) && c.type != COL_FACTOR)
    x = c.type == COL_NUMBER ? c.v.number : truth_as_numbers(in, c.v.code, *n);
  const char *what = v->kind == VALUE_LIST     ? "a list that holds other things"
                     : v->kind == VALUE_COLUMN ? "a column of labels"
                                               : value_kind_name(v);
  if (!x) diag_add(in->diags, in->script->source, span, DIAG_NUMBERS_WANTED, what, DIAG_END);
  return x;
}
