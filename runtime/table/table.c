#include "runtime/table/table.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int table_find(const struct table *t, const char *name) {
  for (int i = 0; i < t->n_columns; i++)
    if (strcmp(t->columns[i].name, name) == 0) return i;
  return -1;
}

/* A table that shares the old one's facts and lives as long as it needs it. */
static struct table *derived(const struct table *t) {
  struct arena *a = arena_new(arena_mem(t->arena));
  arena_hold(a, t->arena);
  struct table *new = arena_make(a, struct table);
  *new = *t;
  new->arena = a;
  return new;
}

struct table *table_with_column(const struct table *t, const struct column *c) {
  struct table *new = derived(t);
  int at = table_find(t, c->name);
  if (at < 0) at = new->n_columns++;
  struct column *columns =
      arena_grow(new->arena, t->columns, (size_t)t->n_columns, (size_t) new->n_columns, sizeof *columns);
  columns[at] = *c;
  new->columns = columns;
  return new;
}

static const double *keep_numbers(struct arena *a, const double *from, const bool *keep, int n, int kept) {
  double *to = arena_raw(a, (size_t)kept, double);
  for (int i = 0, k = 0; i < n; i++)
    if (keep[i]) to[k++] = from[i];
  return to;
}

static const int32_t *keep_codes(struct arena *a, const int32_t *from, const bool *keep, int n, int kept) {
  int32_t *to = arena_raw(a, (size_t)kept, int32_t);
  for (int i = 0, k = 0; i < n; i++)
    if (keep[i]) to[k++] = from[i];
  return to;
}

struct table *table_filter(const struct table *t, const bool *keep) {
  int kept = 0;
  for (int i = 0; i < t->n_rows; i++) kept += keep[i];
  struct table *new = derived(t);
  struct column *columns =
      arena_grow(new->arena, t->columns, (size_t)t->n_columns, (size_t)t->n_columns, sizeof *columns);
  for (int j = 0; j < t->n_columns; j++) {
    if (columns[j].type == COL_NUMBER)
      columns[j].v.number = keep_numbers(new->arena, columns[j].v.number, keep, t->n_rows, kept);
    else
      columns[j].v.code = keep_codes(new->arena, columns[j].v.code, keep, t->n_rows, kept);
  }
  new->columns = columns;
  new->n_rows = kept;
  new->rows_where += t->n_rows - kept;
  return new;
}

/* ---- levels --------------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Distinct values in increasing order; returns how many. */
static int distinct_numbers(double *v, int n) {
  qsort(v, (size_t)n, sizeof *v, by_value);
  int m = 0;
  for (int i = 0; i < n; i++)
    if (m == 0 || v[i] != v[m - 1]) v[m++] = v[i];
  return m;
}

static int32_t position(const double *sorted, int n, double x) {
  int low = 0, high = n;
  while (high - low > 1) {
    int middle = low + (high - low) / 2;
    if (sorted[middle] <= x)
      low = middle;
    else
      high = middle;
  }
  return low;
}

enum { SPAN_FACTOR = 4 }; /* whole numbers within a range of 4 n are counted, not sorted */

struct number_range {
  double min, max;
  bool whole;
  int n; /* not missing */
};

static struct number_range range_of(const double *v, int n) {
  struct number_range r = {INFINITY, -INFINITY, true, 0};
  for (int i = 0; i < n; i++) {
    if (isnan(v[i])) continue;
    r.n++;
    if (v[i] < r.min) r.min = v[i];
    if (v[i] > r.max) r.max = v[i];
    r.whole = r.whole && v[i] == floor(v[i]) && fabs(v[i]) < 1e15;
  }
  return r;
}

static int code_by_counting(struct arena *scratch, const double *v, int n, const struct number_range *r,
                            int32_t *code, double **values) {
  size_t span = (size_t)(r->max - r->min) + 1;
  int32_t *rank = arena_array(scratch, span, int32_t);
  for (int i = 0; i < n; i++)
    if (!isnan(v[i])) rank[(size_t)(v[i] - r->min)] = 1;
  int m = 0;
  *values = arena_raw(scratch, (size_t)r->n, double);
  for (size_t k = 0; k < span; k++) {
    if (!rank[k]) continue;
    (*values)[m] = r->min + (double)k;
    rank[k] = m++;
  }
  for (int i = 0; i < n; i++) code[i] = isnan(v[i]) ? -1 : rank[(size_t)(v[i] - r->min)];
  return m;
}

static int code_by_sorting(struct arena *scratch, const double *v, int n, const struct number_range *r,
                           int32_t *code, double **values) {
  *values = arena_raw(scratch, (size_t)r->n + 1, double);
  int k = 0;
  for (int i = 0; i < n; i++)
    if (!isnan(v[i])) (*values)[k++] = v[i] + 0.0; /* -0 is 0 */
  int m = distinct_numbers(*values, k);
  for (int i = 0; i < n; i++) code[i] = isnan(v[i]) ? -1 : position(*values, m, v[i]);
  return m;
}

static void number_levels(struct arena *a, const double *v, int n, int32_t *code, int *n_levels,
                          const char *const **levels) {
  struct arena *mark = arena_pool_mark(arena_mem(a));
  struct arena *scratch = arena_new(arena_mem(a));
  struct number_range r = range_of(v, n);
  double *values = NULL;
  bool countable = r.n > 0 && r.whole && r.max - r.min < (double)SPAN_FACTOR * (double)n + 1000;
  int m = countable ? code_by_counting(scratch, v, n, &r, code, &values)
                    : code_by_sorting(scratch, v, n, &r, code, &values);
  const char **label = arena_raw(a, (size_t)m, const char *);
  for (int i = 0; i < m; i++) {
    char text[32];
    int length = snprintf(text, sizeof text, "%.15g", values[i]);
    label[i] = arena_strndup(a, text, (size_t)length);
  }
  *n_levels = m;
  *levels = label;
  arena_pool_drain(arena_mem(a), mark);
}

/* Levels that occur, in their order. */
static void used_levels(struct arena *a, const int32_t *from, int n, int n_all, const char *const *all,
                        int32_t *code, int *n_levels, const char *const **levels) {
  int32_t *to = arena_array(a, (size_t)n_all, int32_t);
  for (int i = 0; i < n; i++)
    if (from[i] >= 0) to[from[i]] = 1;
  const char **label = arena_raw(a, (size_t)n_all, const char *);
  int m = 0;
  for (int k = 0; k < n_all; k++)
    if (to[k]) {
      label[m] = all[k];
      to[k] = m++;
    }
  for (int i = 0; i < n; i++) code[i] = from[i] >= 0 ? to[from[i]] : -1;
  *n_levels = m;
  *levels = label;
}

void column_levels(struct arena *a, const struct column *c, int n_rows, int32_t *code, int *n_levels,
                   const char *const **levels) {
  static const char *const truth[] = {"FALSE", "TRUE"};
  switch (c->type) {
  case COL_NUMBER: number_levels(a, c->v.number, n_rows, code, n_levels, levels); break;
  case COL_FACTOR: used_levels(a, c->v.code, n_rows, c->n_levels, c->levels, code, n_levels, levels); break;
  case COL_BOOL: used_levels(a, c->v.code, n_rows, 2, truth, code, n_levels, levels); break;
  }
}

/* ---- schema --------------------------------------------------------------------------------------------- */

static void describe_numbers(struct schema_column *s, const double *v, int n) {
  struct number_range r = range_of(v, n);
  s->n_missing = n - r.n;
  s->integer = r.n > 0 && r.whole;
  s->min = r.n ? r.min : NAN;
  s->max = r.n ? r.max : NAN;
}

static void describe_codes(struct schema_column *s, const int32_t *code, int n) {
  for (int i = 0; i < n; i++) s->n_missing += code[i] < 0;
  s->min = s->max = NAN;
}

struct schema *table_schema(struct arena *a, const struct table *t) {
  struct schema *s = arena_make(a, struct schema);
  struct schema_column *columns = arena_array(a, (size_t)t->n_columns, struct schema_column);
  for (int j = 0; j < t->n_columns; j++) {
    const struct column *c = &t->columns[j];
    columns[j] = (struct schema_column){
        .name = c->name, .type = c->type, .n_levels = c->n_levels, .levels = c->levels};
    if (c->type == COL_NUMBER)
      describe_numbers(&columns[j], c->v.number, t->n_rows);
    else
      describe_codes(&columns[j], c->v.code, t->n_rows);
  }
  *s = (struct schema){
      .source = t->source, .n_rows = t->n_rows, .n_columns = t->n_columns, .columns = columns};
  return s;
}
