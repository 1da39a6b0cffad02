/* levels.c: the distinct values of a column, in order. */
#include "runtime/table/levels.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  COUNTED_SPAN =
      4, /* whole numbers within a range of this many times n (and a little) are counted, not sorted */
  COUNTED_LEAST = 1000,
  SPELLING = 32, /* bytes of a number by LABEL_FORMAT, at most */
};
#define LABEL_FORMAT "%.15g"
#define WHOLE_BELOW 1e15 /* whole numbers that LABEL_FORMAT spells in full */

struct number_range number_range(const double *v, int n) {
  struct number_range r = {INFINITY, -INFINITY, true, 0};
  for (int i = 0; i < n; i++) {
    if (isnan(v[i])) {
      r.n_missing++;
      continue;
    }
    r.whole = r.whole && v[i] == floor(v[i]) && fabs(v[i]) < WHOLE_BELOW;
    if (isinf(v[i])) continue;
    if (v[i] < r.min) r.min = v[i];
    if (v[i] > r.max) r.max = v[i];
  }
  r.whole = r.whole && r.n_missing < n;
  if (r.min > r.max) r.min = r.max = NAN;
  return r;
}

/* ---- numbers -------------------------------------------------------------------------------------------- */

struct distinct {
  double *value; /* increasing */
  int32_t *rank; /* n: place of each row's value, -1 missing */
  int n;
};

static void by_counting(struct arena *scratch, const double *v, int n, const struct number_range *r,
                        struct distinct *d) {
  size_t span = (size_t)(r->max - r->min) + 1;
  int32_t *place = arena_array(scratch, span, int32_t);
  for (int i = 0; i < n; i++)
    if (!isnan(v[i])) place[(size_t)(v[i] - r->min)] = 1;
  for (size_t k = 0; k < span; k++) {
    if (!place[k]) continue;
    d->value[d->n] = r->min + (double)k;
    place[k] = d->n++;
  }
  for (int i = 0; i < n; i++) d->rank[i] = isnan(v[i]) ? -1 : place[(size_t)(v[i] - r->min)];
}

struct placed {
  double value;
  int row;
};

static int by_value(const void *a, const void *b) {
  double x = ((const struct placed *)a)->value, y = ((const struct placed *)b)->value;
  return (x > y) - (x < y);
}

static void by_sorting(struct arena *scratch, const double *v, int n, struct distinct *d) {
  struct placed *p = arena_raw(scratch, (size_t)n, struct placed);
  size_t m = 0;
  for (int i = 0; i < n; i++) {
    d->rank[i] = -1;
    if (!isnan(v[i])) p[m++] = (struct placed){v[i] + 0.0, i}; /* -0 is 0 */
  }
  qsort(p, m, sizeof *p, by_value);
  for (size_t k = 0; k < m; k++) {
    if (k == 0 || p[k].value != p[k - 1].value) d->value[d->n++] = p[k].value;
    d->rank[p[k].row] = d->n - 1;
  }
}

/* Spells the values; to[rank] is the level: neighbours that are spelled alike are one. */
static const char **spell(struct arena *a, const struct distinct *d, int32_t *to, int *n_levels) {
  const char **label = arena_raw(a, (size_t)d->n, const char *);
  int m = 0;
  for (int i = 0; i < d->n; i++) {
    char text[SPELLING];
    snprintf(text, sizeof text, LABEL_FORMAT, d->value[i]);
    if (m == 0 || strcmp(text, label[m - 1]) != 0) label[m++] = arena_strdup(a, text);
    to[i] = m - 1;
  }
  *n_levels = m;
  return label;
}

static void number_levels(struct arena *a, const double *v, int n, int32_t *code, int *n_levels,
                          const char *const **levels) {
  struct arena *mark = arena_pool_mark(arena_mem(a));
  struct arena *scratch = arena_new(arena_mem(a));
  struct number_range r = number_range(v, n);
  struct distinct d = {.value = arena_raw(scratch, (size_t)n, double), .rank = code};
  if (r.whole && r.max - r.min < (double)COUNTED_SPAN * n + COUNTED_LEAST)
    by_counting(scratch, v, n, &r, &d);
  else
    by_sorting(scratch, v, n, &d);
  int32_t *to = arena_raw(scratch, (size_t)d.n, int32_t);
  *levels = spell(a, &d, to, n_levels);
  for (int i = 0; i < n; i++)
    if (code[i] >= 0) code[i] = to[code[i]];
  arena_pool_drain(arena_mem(a), mark);
}

/* ---- codes ---------------------------------------------------------------------------------------------- */

/* Levels that occur, in their order. */
static void used_levels(struct arena *a, const int32_t *from, int n, int n_all, const char *const *all,
                        int32_t *code, int *n_levels, const char *const **levels) {
  int32_t *to = arena_array(a, (size_t)n_all, int32_t);
  for (int i = 0; i < n; i++)
    if (from[i] >= 0) to[from[i]] = 1;
  const char **label = arena_raw(a, (size_t)n_all, const char *);
  int m = 0;
  for (int k = 0; k < n_all; k++) {
    if (!to[k]) continue;
    label[m] = all[k];
    to[k] = m++;
  }
  for (int i = 0; i < n; i++) code[i] = from[i] >= 0 ? to[from[i]] : -1;
  *n_levels = m;
  *levels = label;
}

/* Days are spelled as dates. */
static const char *const *spell_dates(struct arena *a, enum calendar calendar, int n,
                                      const char *const *days) {
  const char **label = arena_raw(a, (size_t)n, const char *);
  for (int k = 0; k < n; k++) label[k] = calendar_text(a, strtod(days[k], NULL), calendar);
  return label;
}

void column_levels(struct arena *a, const struct column *c, int n_rows, int32_t *code, int *n_levels,
                   const char *const **levels) {
  static const char *const truth[] = {"FALSE", "TRUE"};
  switch (c->type) {
  case COL_NUMBER:
    number_levels(a, c->v.number, n_rows, code, n_levels, levels);
    if (c->calendar != CALENDAR_NONE) *levels = spell_dates(a, c->calendar, *n_levels, *levels);
    break;
  case COL_FACTOR: used_levels(a, c->v.code, n_rows, c->n_levels, c->levels, code, n_levels, levels); break;
  case COL_BOOL: used_levels(a, c->v.code, n_rows, 2, truth, code, n_levels, levels); break;
  }
}
