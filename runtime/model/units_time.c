/* units_time.c: rows in the order of time, and rows so many steps before others. */
#include "runtime/model/units.h"
#include <math.h>
#include <stdlib.h>

struct series {
  struct arena *arena;
  struct diags *diags;
  const struct source *src;
  struct span span;
  const struct table *table;
  const char *what;
  const struct unit_codes *units;
  const double *time; /* n_rows; of an occasion the number of its level */
  double step;        /* 0: not known yet */
};

/* Times that differ by less than this part of a step are the same: days of a date with the time of day are rounded. */
static const double same_time = 1e-6;

#define TELL(s, ...) diag_add((s)->diags, (s)->src, (s)->span, __VA_ARGS__, DIAG_END)

/* All rows are one series where the design names no unit. */
static const struct unit_codes *units_of_series(const struct series *s) {
  const char *path[DESIGN_PATH_MAX];
  int n = design_unit_path(s->table->design, path);
  if (n > 0) return units_by_columns(s->arena, s->diags, s->src, s->span, s->table, path, n);
  struct unit_codes *u = arena_make(s->arena, struct unit_codes);
  *u = (struct unit_codes){1, arena_array(s->arena, (size_t)s->table->n_rows, int32_t)};
  return u;
}

static const struct column *column_of_time(const struct series *s) {
  const struct design *d = s->table->design;
  const char *name = d->time ? d->time : d->occasion;
  int j = table_find(s->table, name);
  if (j >= 0) return &s->table->columns[j];
  TELL(s, DIAG_UNKNOWN_COLUMN, name, s->table->source,
       schema_nearest(table_schema(s->arena, s->table), name));
  return NULL;
}

/* An occasion's place among its levels, or among its values. */
static const double *places(const struct series *s, const struct column *c) {
  int n = s->table->n_rows, n_levels;
  const int32_t *code = c->v.code;
  const char *const *levels;
  if (c->type == COL_NUMBER) {
    int32_t *rank = arena_raw(s->arena, (size_t)n, int32_t);
    column_levels(s->arena, c, n, rank, &n_levels, &levels);
    code = rank;
  }
  double *v = arena_raw(s->arena, (size_t)n, double);
  for (int i = 0; i < n; i++) v[i] = code[i] < 0 ? (double)NAN : code[i];
  return v;
}

/* A step for times that are whole numbers is 1; false after an error. */
static bool find_step(struct series *s, const struct column *time) {
  s->step = s->table->design->step;
  if (s->step > 0) return true;
  s->step = 1;
  for (int i = 0; i < s->table->n_rows; i++) {
    double t = time->v.number[i];
    if (isnan(t) || t == floor(t)) continue;
    TELL(s, DIAG_TIME_WITHOUT_STEP, s->what, time->name, arena_printf(s->arena, "%.7g", t));
    return false;
  }
  return true;
}

static bool read_times(struct series *s, bool want_step) {
  const struct column *c = column_of_time(s);
  if (!c) return false;
  if (!s->table->design->time) {
    s->time = places(s, c);
    s->step = 1;
    return true;
  }
  if (c->type != COL_NUMBER) {
    TELL(s, DIAG_TIME_NOT_NUMERIC, s->what, c->name, c->type == COL_FACTOR ? "a factor" : "true or false");
    return false;
  }
  s->time = c->v.number;
  return !want_step || find_step(s, c);
}

static bool open_series(struct series *s, bool want_step) {
  const struct design *d = s->table->design;
  if (!d || (!d->time && !d->occasion)) {
    const char *why = d ? arena_printf(s->arena, "the design `%s` has no time", d->name)
                        : arena_printf(s->arena, "`%s` is read without a design", s->table->source);
    TELL(s, DIAG_NO_TIME, s->what, why, "a line of the design names it: time day step 1");
    return false;
  }
  return read_times(s, want_step) && (s->units = units_of_series(s));
}

/* ---- order ---- */

struct timed {
  double time;
  int32_t row;
};

/* Missing times come last, ties in the order of the rows. */
static int by_time(const void *a, const void *b) {
  const struct timed *x = a, *y = b;
  if (isnan(x->time) != isnan(y->time)) return isnan(x->time) ? 1 : -1;
  if (x->time != y->time && !isnan(x->time)) return x->time < y->time ? -1 : 1;
  return x->row < y->row ? -1 : 1;
}

static bool in_order(const struct timed *t, int n) {
  for (int i = 1; i < n; i++)
    if (by_time(&t[i - 1], &t[i]) > 0) return false;
  return true;
}

/* The first place of each unit among rows that are sorted by unit, those of no unit last; n + 2 of them. */
static int *unit_starts(const struct series *s) {
  int n = s->units->n, *start = arena_array(s->arena, (size_t)n + 2, int);
  for (int i = 0; i < s->table->n_rows; i++) {
    int32_t k = s->units->code[i];
    start[(k < 0 ? n : k) + 1]++;
  }
  for (int k = 0; k <= n; k++) start[k + 1] += start[k];
  return start;
}

/* All rows by unit, then time; start: as unit_starts. */
static struct timed *sorted(const struct series *s, const int *start) {
  int n_rows = s->table->n_rows, n = s->units->n;
  struct timed *t = arena_raw(s->arena, (size_t)n_rows, struct timed);
  int *next = arena_raw(s->arena, (size_t)n + 1, int);
  for (int k = 0; k <= n; k++) next[k] = start[k];
  for (int i = 0; i < n_rows; i++) {
    int32_t k = s->units->code[i];
    t[next[k < 0 ? n : k]++] = (struct timed){s->time[i], i};
  }
  for (int k = 0; k < n; k++) {
    int length = start[k + 1] - start[k];
    if (!in_order(t + start[k], length)) qsort(t + start[k], (size_t)length, sizeof *t, by_time);
  }
  return t;
}

const int32_t *units_rows_in_time(struct arena *a, struct diags *diags, const struct source *src,
                                  struct span span, const struct table *t, const char *what,
                                  const struct unit_codes **units) {
  struct series s = {a, diags, src, span, t, what, NULL, NULL, 0};
  if (!open_series(&s, false)) return NULL;
  const struct timed *order = sorted(&s, unit_starts(&s));
  int32_t *row = arena_raw(a, (size_t)t->n_rows, int32_t);
  for (int i = 0; i < t->n_rows; i++) row[i] = order[i].row;
  *units = s.units;
  return row;
}

/* ---- steps ---- */

/* Within one unit, times increasing: each row's row at time - distance. */
static void look_back(const struct timed *t, int n, double distance, double tolerance, int32_t *row) {
  for (int i = 0, j = 0; i < n && !isnan(t[i].time); i++) {
    double wanted = t[i].time - distance;
    while (j < i && t[j].time < wanted - tolerance) j++;
    if (j < i && t[j].time <= wanted + tolerance) row[t[i].row] = t[j].row;
  }
}

const int32_t *units_rows_before(struct arena *a, struct diags *diags, const struct source *src,
                                 struct span span, const struct table *t, const char *what, int steps) {
  struct series s = {a, diags, src, span, t, what, NULL, NULL, 0};
  if (!open_series(&s, true)) return NULL;
  const int *start = unit_starts(&s);
  const struct timed *order = sorted(&s, start);
  int32_t *row = arena_raw(a, (size_t)t->n_rows, int32_t);
  for (int i = 0; i < t->n_rows; i++) row[i] = -1;
  for (int k = 0; k < s.units->n; k++)
    look_back(order + start[k], start[k + 1] - start[k], steps * s.step, same_time * s.step, row);
  return row;
}
