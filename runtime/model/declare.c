/* declare.c: a column becomes another kind of column: factor(x), numeric(x), and the types that a data block declares. */
#include "lang/base/text.h"
#include "runtime/model/column_parts.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct column *copy(struct arena *a, const struct column *c) {
  struct column *same = arena_make(a, struct column);
  *same = *c;
  return same;
}

static struct column *codes(struct arena *a, enum coltype type, int n, int32_t **v) {
  struct column *c = arena_make(a, struct column);
  *v = arena_raw(a, (size_t)n, int32_t);
  *c = (struct column){.type = type, .v.code = *v};
  return c;
}

struct column *column_to_factor(struct arena *a, const struct column *c, int n_rows) {
  int32_t *v;
  struct column *out = codes(a, COL_FACTOR, n_rows, &v);
  column_levels(a, c, n_rows, v, &out->n_levels, &out->levels);
  return out;
}

static int by_bytes(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct column *column_of_labels(struct arena *a, const char *const *label, int n_rows) {
  const char **sorted = arena_array(a, (size_t)n_rows, const char *);
  int n = 0, levels = 0;
  for (int i = 0; i < n_rows; i++)
    if (label[i]) sorted[n++] = label[i];
  qsort(sorted, (size_t)n, sizeof *sorted, by_bytes);
  for (int i = 0; i < n; i++)
    if (i == 0 || strcmp(sorted[i], sorted[levels - 1]) != 0) sorted[levels++] = sorted[i];
  int32_t *v;
  struct column *c = codes(a, COL_FACTOR, n_rows, &v);
  for (int i = 0; i < n_rows; i++) {
    const char *const *at =
        label[i] ? bsearch(&label[i], sorted, (size_t)levels, sizeof *sorted, by_bytes) : NULL;
    v[i] = at ? (int32_t)(at - (const char *const *)sorted) : -1;
  }
  c->levels = sorted;
  c->n_levels = levels;
  return c;
}

/* The first row with this code. */
static int first_row(const int32_t *code, int n, int32_t wanted) {
  for (int i = 0; i < n; i++)
    if (code[i] == wanted) return i;
  return -1;
}

static bool read_label(const char *s, double *value) {
  char *end;
  *value = strtod(s, &end);
  return *s && *end == '\0';
}

/* The number of each code: of a truth value 0 or 1, of a label what it spells.  NULL: one spells none, and a row has it. */
static const double *numbers_of_codes(struct arena *a, struct diags *diags, const struct source *src,
                                      struct span span, const struct column *c, int n_rows) {
  int n = c->type == COL_BOOL ? 2 : c->n_levels;
  double *value = arena_array(a, (size_t)n, double);
  for (int k = 0; k < n; k++) {
    value[k] = k;
    if (c->type == COL_BOOL || read_label(c->levels[k], &value[k])) continue;
    int row = first_row(c->v.code, n_rows, k);
    if (row < 0) continue;
    diag_add(diags, src, span, DIAG_NOT_A_NUMBER, c->levels[k], arena_printf(a, "%d", row + 1), DIAG_END);
    return NULL;
  }
  return value;
}

struct column *column_to_number(struct arena *a, struct diags *diags, const struct source *src,
                                struct span span, const struct column *c, int n_rows) {
  if (c->type == COL_NUMBER) {
    struct column *plain = copy(a, c);
    plain->calendar = CALENDAR_NONE;
    return plain;
  }
  const double *value = numbers_of_codes(a, diags, src, span, c, n_rows);
  if (!value) return NULL;
  double *v = arena_raw(a, (size_t)n_rows, double);
  for (int i = 0; i < n_rows; i++) v[i] = c->v.code[i] < 0 ? (double)NAN : value[c->v.code[i]];
  struct column *out = arena_make(a, struct column);
  *out = (struct column){.type = COL_NUMBER, .v.number = v};
  return out;
}

/* ---- lines of a data block ------------------------------------------------------------------------------ */

struct declaration {
  struct arena *arena;
  struct diags *diags;
  const struct source *src;
  const struct column *column;
  const struct ast *type; /* right of the colon */
  int n;                  /* rows */
};

static struct column *unfit(const struct declaration *d, const struct ast *at) {
  diag_add(d->diags, d->src, at->span, DIAG_COLUMN_UNFIT, print_expr(d->arena, at), DIAG_END);
  return NULL;
}

static int find(const char *s, const char *const *list, int n) {
  for (int i = 0; i < n; i++)
    if (strcmp(s, list[i]) == 0) return i;
  return -1;
}

/* A level that occurs nowhere and is spelled almost like the value was meant to be it. */
static const struct ast *misspelt(const struct declaration *d, const char *value, const struct column *now) {
  const struct ast *found = NULL;
  for (const struct ast *arg = d->type->u.call.args.first; arg && !found; arg = arg->next) {
    const struct ast *from = arg->u.arg.key ? arg->u.arg.key : arg->u.arg.value;
    const char *level = column_spelling(d->arena, from);
    if (!level || !text_nearest(level, &value, 1)) continue;
    if (find(level, now->levels, now->n_levels) < 0) found = from;
  }
  return found;
}

/* A level that is declared and near to the value; NULL: none is. */
static const char *near_level(const struct declaration *d, const char *value) {
  if (d->type->kind != AST_CALL) return NULL; /* `x: logical` lists none */
  for (const struct ast *arg = d->type->u.call.args.first; arg; arg = arg->next) {
    const char *level = column_spelling(d->arena, arg->u.arg.key ? arg->u.arg.key : arg->u.arg.value);
    if (level && text_nearest(value, &level, 1)) return level;
  }
  return NULL;
}

static struct column *unlisted(const struct declaration *d, const char *value, int row) {
  const char *near = near_level(d, value), *name = d->column->name;
  const char *remedy =
      near ? arena_printf(
                 d->arena,
                 "did you mean `%s`? a line above this one mends it: %s = recode(%s, \"%s\" = \"%s\")", near,
                 name, name, value, near)
           : arena_printf(d->arena,
                          "declare it too; or leave its rows out by a line above this one, where %s != "
                          "\"%s\"; or, if it "
                          "stands for a missing value, missing \"%s\"",
                          name, value, value);
  diag_add(d->diags, d->src, d->type->span, DIAG_UNLISTED_LEVEL, name, value,
           arena_printf(d->arena, "%d", row + 1), remedy, DIAG_END);
  return NULL;
}

/* A level as it is written: wife, "n/a", -1, true; NULL: something else.  Copied: a table
   outlives the text of its script. */
const char *column_spelling(struct arena *a, const struct ast *x) {
  bool negative = x->kind == AST_UNARY && x->u.op.op == OP_NEG;
  const struct ast *number = negative ? x->u.op.a : x;
  if (number->kind == AST_NUMBER)
    return arena_printf(a, "%.15g", negative ? -number->u.number.value : number->u.number.value);
  if (x->kind == AST_NAME) return arena_strdup(a, x->u.name.whole);
  if (x->kind == AST_TEXT) return arena_strdup(a, x->u.text.value);
  if (x->kind == AST_BOOL) return x->u.boolean.value ? "TRUE" : "FALSE";
  return NULL;
}

/* Reads `factor(a, b)` (values are their own labels) or `factor(-1 = wife, 1 = husband)`: level[i] is the level of value[i].
   Several values may share a label.  Gives the number of levels, -1 after an error. */
static int declared_levels(const struct declaration *d, const char **value, int *level, const char **label) {
  int n = 0, n_values = 0;
  for (const struct ast *arg = d->type->u.call.args.first; arg; arg = arg->next, n_values++) {
    const char *name = column_spelling(d->arena, arg->u.arg.value);
    const char *from = arg->u.arg.key ? column_spelling(d->arena, arg->u.arg.key) : name;
    if (!name || !from) {
      unfit(d, arg);
      return -1;
    }
    if (find(from, value, n_values) >= 0) {
      diag_add(d->diags, d->src, arg->span, DIAG_LEVEL_TWICE, from, DIAG_END);
      return -1;
    }
    int known = find(name, label, n);
    value[n_values] = from;
    level[n_values] = known < 0 ? n : known;
    if (known < 0) label[n++] = name;
  }
  return n;
}

static struct column *undeclared(const struct declaration *d, const struct column *now, int level) {
  const char *value = now->levels[level];
  const struct ast *meant = misspelt(d, value, now);
  int row = first_row(now->v.code, d->n, level);
  if (!meant) return unlisted(d, value, row);
  diag_add(d->diags, d->src, meant->span, DIAG_MISSPELT_LEVEL, d->column->name, print_expr(d->arena, meant),
           value, arena_printf(d->arena, "%d", row + 1), DIAG_END);
  return NULL;
}

static struct column *declare_levels(const struct declaration *d) {
  int n_values = d->type->u.call.args.n;
  const char **value = arena_array(d->arena, (size_t)n_values, const char *);
  const char **label = arena_array(d->arena, (size_t)n_values, const char *);
  int *level = arena_array(d->arena, (size_t)n_values, int);
  int n_levels = declared_levels(d, value, level, label);
  if (n_levels < 0) return NULL;
  struct column *now = column_to_factor(d->arena, d->column, d->n);
  int32_t *to = arena_array(d->arena, (size_t)now->n_levels, int32_t);
  for (int k = 0; k < now->n_levels; k++) {
    int at = find(now->levels[k], value, n_values);
    if (at < 0) return undeclared(d, now, k);
    to[k] = level[at];
  }
  int32_t *v;
  struct column *c = codes(d->arena, COL_FACTOR, d->n, &v);
  for (int i = 0; i < d->n; i++) v[i] = now->v.code[i] < 0 ? -1 : to[now->v.code[i]];
  c->levels = label;
  c->n_levels = n_levels;
  return c;
}

static struct column *declare_logical(const struct declaration *d) {
  if (d->column->type == COL_BOOL) return copy(d->arena, d->column);
  if (d->column->type != COL_NUMBER) return unfit(d, d->type);
  int32_t *v;
  struct column *c = codes(d->arena, COL_BOOL, d->n, &v);
  for (int i = 0; i < d->n; i++) {
    double x = d->column->v.number[i];
    if (!isnan(x) && x != 0 && x != 1) return unlisted(d, arena_printf(d->arena, "%.15g", x), i);
    v[i] = isnan(x) ? -1 : x != 0;
  }
  return c;
}

/* date, date("%d.%m.%Y") */
static struct column *declare_date(const struct declaration *d) {
  const char *format = CALENDAR_ISO;
  const struct ast *arg = d->type->kind == AST_CALL ? d->type->u.call.args.first : NULL;
  if (arg) {
    if (arg->next || arg->u.arg.value->kind != AST_TEXT) return unfit(d, arg);
    format = arg->u.arg.value->u.text.value;
    if (!calendar_format_known(format)) {
      diag_add(d->diags, d->src, arg->span, DIAG_DATE_FORMAT, format, DIAG_END);
      return NULL;
    }
  }
  if (d->column->type == COL_BOOL) return unfit(d, d->type);
  return column_to_date(d->arena, d->diags, d->src, d->type->span, d->column, format, d->n);
}

static struct column *declare(const struct declaration *d) {
  const struct ast *type = d->type;
  bool levels = type->kind == AST_CALL && type->u.call.args.n > 0;
  const struct ast *word = type->kind == AST_CALL ? type->u.call.callee : type;
  if (word->kind != AST_NAME) return unfit(d, type);
  const char *name = word->u.name.whole;
  bool factor = strcmp(name, "factor") == 0;
  if (!strcmp(name, "date")) return declare_date(d);
  if (levels) return factor ? declare_levels(d) : unfit(d, type);
  if (factor || !strcmp(name, "text")) return column_to_factor(d->arena, d->column, d->n);
  if (!strcmp(name, "numeric"))
    return column_to_number(d->arena, d->diags, d->src, type->span, d->column, d->n);
  return strcmp(name, "logical") == 0 ? declare_logical(d) : unfit(d, type);
}

struct column *column_declare(struct arena *a, struct diags *diags, const struct source *src,
                              const struct table *table, const struct column *column,
                              const struct ast *coltype) {
  struct declaration d = {a, diags, src, column, coltype->u.let.value, table->n_rows};
  struct column *c = declare(&d);
  if (c) c->name = column->name;
  return c;
}
