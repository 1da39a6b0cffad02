#include "runtime/table/gather.h"
#include <math.h>
#include <string.h>

struct column column_gather(struct arena *a, const struct column *c, const int32_t *row, int n) {
  struct column out = *c;
  if (c->type == COL_NUMBER) {
    double *v = arena_raw(a, (size_t)n, double);
    for (int i = 0; i < n; i++) v[i] = row[i] < 0 ? (double)NAN : c->v.number[row[i]];
    out.v.number = v;
  } else {
    int32_t *v = arena_raw(a, (size_t)n, int32_t);
    for (int i = 0; i < n; i++) v[i] = row[i] < 0 ? -1 : c->v.code[row[i]];
    out.v.code = v;
  }
  return out;
}

static void merge_levels(struct arena *a, struct column *out, const struct column *x, const struct column *y,
                         int32_t *of_y) {
  const char **levels = arena_raw(a, (size_t)(x->n_levels + y->n_levels), const char *);
  int n = 0;
  for (; n < x->n_levels; n++) levels[n] = x->levels[n];
  for (int l = 0; l < y->n_levels; l++) {
    int at = 0;
    while (at < n && strcmp(levels[at], y->levels[l]) != 0) at++;
    if (at == n) levels[n++] = y->levels[l];
    of_y[l] = at;
  }
  out->levels = levels;
  out->n_levels = n;
}

struct column column_merge(struct arena *a, const struct column *x, const int32_t *take_x,
                           const struct column *y, const int32_t *take_y, int n) {
  struct column out = column_gather(a, x, take_x, n), other = column_gather(a, y, take_y, n);
  if (x->type == COL_NUMBER) {
    double *v = arena_raw(a, (size_t)n, double);
    for (int i = 0; i < n; i++) v[i] = take_x[i] >= 0 ? out.v.number[i] : other.v.number[i];
    out.v.number = v;
    return out;
  }
  int32_t *v = arena_raw(a, (size_t)n, int32_t);
  int32_t *of_y = arena_array(a, (size_t)y->n_levels + 2, int32_t);
  of_y[1] = 1; /* truth values keep their codes */
  if (x->type == COL_FACTOR) merge_levels(a, &out, x, y, of_y);
  for (int i = 0; i < n; i++)
    v[i] = take_x[i] >= 0 ? out.v.code[i] : other.v.code[i] < 0 ? -1 : of_y[other.v.code[i]];
  out.v.code = v;
  return out;
}

struct table *table_make(struct mem *m, int n_rows, int n_columns, const struct column *columns) {
  struct arena *a = arena_new(m);
  struct table *t = arena_make(a, struct table);
  struct column *own = arena_array(a, (size_t)n_columns, struct column);
  if (n_columns) memcpy(own, columns, (size_t)n_columns * sizeof *own);
  *t = (struct table){.arena = a,
                      .source = "",
                      .n_rows = n_rows,
                      .n_columns = n_columns,
                      .columns = own,
                      .rows_read = n_rows};
  return t;
}
