#include "runtime/table/levels.h"
#include <math.h>
#include <string.h>

/* ---- distinct numbers ----------------------------------------------------------------------------------- */

static uint64_t bits_of(double x) {
  uint64_t u;
  x += 0.0; /* -0 is 0 */
  memcpy(&u, &x, sizeof u);
  return u;
}

/* Fibonacci hashing: the high bits of a product with 2^64 / golden ratio. */
static size_t slot_of(uint64_t u, int shift) {
  return (size_t)((u ^ u >> 32) * UINT64_C(0x9E3779B97F4A7C15) >> shift);
}

/* Different values among those that are not missing; an open hash table, at most half full. */
static int count_distinct(struct arena *scratch, const double *v, int n) {
  int shift = 64 - 4;
  while (((size_t)1 << (64 - shift)) < 2 * (size_t)n) shift--;
  size_t mask = ((size_t)1 << (64 - shift)) - 1;
  double *slot = arena_raw(scratch, mask + 1, double);
  for (size_t i = 0; i <= mask; i++) slot[i] = NAN;
  int distinct = 0;
  for (int i = 0; i < n; i++) {
    if (isnan(v[i])) continue;
    size_t at = slot_of(bits_of(v[i]), shift);
    while (!isnan(slot[at]) && slot[at] != v[i]) at = (at + 1) & mask;
    distinct += isnan(slot[at]);
    slot[at] = v[i];
  }
  return distinct;
}

/* ---- columns -------------------------------------------------------------------------------------------- */

static void describe_numbers(struct arena *scratch, struct schema_column *s, const double *v, int n) {
  struct number_range r = number_range(v, n);
  s->n_missing = r.n_missing;
  s->integer = r.whole;
  s->min = r.min;
  s->max = r.max;
  s->n_distinct = count_distinct(scratch, v, n);
}

static void describe_codes(struct arena *scratch, struct schema_column *s, const int32_t *code, int n,
                           int n_codes) {
  bool *met = arena_array(scratch, (size_t)n_codes, bool);
  for (int i = 0; i < n; i++) {
    if (code[i] < 0)
      s->n_missing++;
    else
      met[code[i]] = true;
  }
  for (int k = 0; k < n_codes; k++) s->n_distinct += met[k];
  s->min = s->max = NAN;
}

static struct schema_column describe(struct arena *scratch, const struct column *c, int n) {
  struct schema_column s = {.name = c->name, .type = c->type, .calendar = c->calendar, .coding = c->coding};
  switch (c->type) {
  case COL_NUMBER: describe_numbers(scratch, &s, c->v.number, n); break;
  case COL_BOOL: describe_codes(scratch, &s, c->v.code, n, 2); break;
  case COL_FACTOR:
    s.n_levels = c->n_levels;
    s.levels = c->levels;
    describe_codes(scratch, &s, c->v.code, n, c->n_levels);
    break;
  }
  return s;
}

struct schema *table_schema(struct arena *a, const struct table *t) {
  struct arena *mark = arena_pool_mark(arena_mem(a));
  struct arena *scratch = arena_new(arena_mem(a));
  struct schema_column *columns = arena_array(a, (size_t)t->n_columns, struct schema_column);
  for (int j = 0; j < t->n_columns; j++) {
    struct arena_mark column = arena_mark(scratch);
    columns[j] = describe(scratch, &t->columns[j], t->n_rows);
    arena_reset(scratch, column);
  }
  struct schema *s = arena_make(a, struct schema);
  *s = (struct schema){.source = t->source,
                       .design = t->design,
                       .n_rows = t->n_rows,
                       .n_columns = t->n_columns,
                       .columns = columns};
  arena_pool_drain(arena_mem(a), mark);
  return s;
}
