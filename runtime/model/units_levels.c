#include "runtime/model/units_levels.h"
#include "runtime/table/keys.h"
#include <math.h>
#include <string.h>

static bool all_there(const struct table *t, const char *const *path, int n) {
  for (int i = 0; i < n; i++)
    if (table_find(t, path[i]) < 0) return false;
  return n > 0;
}

static struct unit_codes *codes_of(struct arena *a, const struct table *t, const char *const *path, int n) {
  const struct column **column = arena_array(a, (size_t)n, const struct column *);
  for (int i = 0; i < n; i++) column[i] = &t->columns[table_find(t, path[i])];
  struct keys *k = keys_new(a, n);
  struct unit_codes *u = arena_make(a, struct unit_codes);
  u->code = keys_add(k, column, t->n_rows);
  u->n = keys_count(k);
  return u;
}

static const char *path_text(struct arena *a, const char *const *path, int n) {
  struct buf b;
  buf_init(&b, a);
  for (int i = 0; i < n; i++) buf_printf(&b, "%s%s", i ? " in " : "", path[i]);
  return b.text;
}

static void count_rows(struct arena *a, struct unit_level *l, int n_rows) {
  int *count = arena_array(a, (size_t)l->codes->n + 1, int);
  for (int i = 0; i < n_rows; i++)
    if (l->codes->code[i] >= 0) count[l->codes->code[i]]++;
  l->fewest = l->codes->n ? count[0] : 0;
  for (int u = 0; u < l->codes->n; u++) {
    if (count[u] < l->fewest) l->fewest = count[u];
    if (count[u] > l->most) l->most = count[u];
  }
}

static void add_level(struct arena *a, const struct table *t, int unit, const char *const *path, int n_path,
                      struct unit_level *level, int *n) {
  if (!all_there(t, path, n_path)) return;
  struct unit_level *l = &level[(*n)++];
  *l = (struct unit_level){.name = path_text(a, path, n_path),
                           .unit = unit,
                           .codes = codes_of(a, t, path, n_path),
                           .labels = unit >= 0 ? codes_of(a, t, path, 1)->n : -1};
  count_rows(a, l, t->n_rows);
}

static int height(const struct design *d, int unit) {
  int n = 0;
  for (int i = d->unit[unit].parent; i >= 0; i = d->unit[i].parent) n++;
  return n;
}

struct unit_level *units_levels(struct arena *a, const struct table *t, int *n) {
  const struct design *d = t->design;
  const char *path[DESIGN_PATH_MAX];
  struct unit_level *level = arena_array(a, DESIGN_UNITS_MAX + 1, struct unit_level);
  *n = 0;
  for (int h = 0; d && h < d->n_units; h++)
    for (int i = 0; i < d->n_units; i++)
      if (height(d, i) == h) add_level(a, t, i, path, design_path(d, i, path), level, n);
  if (d && d->person < 0 && d->role) add_level(a, t, -1, path, design_person_path(d, path), level, n);
  return level;
}

bool units_constant(struct arena *a, const struct unit_codes *u, const struct column *c, int n_rows) {
  int32_t *first = arena_raw(a, (size_t)u->n + 1, int32_t);
  memset(first, -1, ((size_t)u->n + 1) * sizeof *first);
  for (int i = 0; i < n_rows; i++) {
    bool number = c->type == COL_NUMBER;
    if (u->code[i] < 0 || (number ? isnan(c->v.number[i]) : c->v.code[i] < 0)) continue;
    int32_t *f = &first[u->code[i]];
    if (*f < 0) *f = i;
    if (number ? c->v.number[*f] != c->v.number[i] : c->v.code[*f] != c->v.code[i]) return false;
  }
  return true;
}

struct pair_counts units_pairs(struct arena *a, const struct table *t) {
  const struct design *d = t->design;
  const char *path[DESIGN_PATH_MAX + 2];
  struct pair_counts p = {0};
  if (!d || d->dyad < 0) return p;
  int n = design_path(d, d->dyad, path);
  if (d->time) path[n++] = d->time;
  if (d->occasion) path[n++] = d->occasion;
  if (!all_there(t, path, n)) return p;
  const struct unit_codes *u = codes_of(a, t, path, n);
  int *count = arena_array(a, (size_t)u->n + 1, int);
  for (int i = 0; i < t->n_rows; i++)
    if (u->code[i] >= 0) count[u->code[i]]++;
  for (int i = 0; i < u->n; i++) {
    p.complete += count[i] == 2;
    p.alone += count[i] == 1;
  }
  return p;
}
