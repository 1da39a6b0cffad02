#include "runtime/table/table.h"
#include "lang/design.h"
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

struct table *table_with_design(const struct table *t, const struct design *d) {
  struct table *new = derived(t);
  arena_hold(new->arena, d->arena);
  new->design = d;
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
