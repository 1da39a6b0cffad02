#include "runtime/model/known.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SYMMETRIC 1e-8 /* relative difference of the two halves */
#define DEFINITE 1e-10 /* smallest pivot, relative to the element of the diagonal */

struct known_making {
  struct making *k;
  const char *name; /* of the table */
  struct span span;
  const struct table *t;
  const struct grouping *g;
  double *v; /* q x q; NaN: not met yet */
};

#define REFUSE(w, ...) (diag_add((w)->k->diags, (w)->k->src, (w)->span, __VA_ARGS__, DIAG_END), false)

/* ---- labels ---- */

struct numbered {
  const char *label;
  int number;
};

static int by_label(const void *a, const void *b) {
  return strcmp(((const struct numbered *)a)->label, ((const struct numbered *)b)->label);
}

static struct numbered *sorted_labels(const struct known_making *w) {
  struct numbered *list = arena_array(w->k->scratch, (size_t)w->g->q, struct numbered);
  for (int i = 0; i < w->g->q; i++) list[i] = (struct numbered){w->g->labels[i], i};
  qsort(list, (size_t)w->g->q, sizeof *list, by_label);
  return list;
}

/* The level of a label; -1: it does not occur in the rows used. */
static int level_of(const struct numbered *list, int q, const char *label) {
  struct numbered key = {label, 0};
  const struct numbered *at = bsearch(&key, list, (size_t)q, sizeof key, by_label);
  return at ? at->number : -1;
}

/* For each row of a column the level of its label. */
static int *levels_of_column(const struct known_making *w, const struct numbered *list, int column) {
  int n = w->t->n_rows, n_levels;
  int32_t *code = arena_raw(w->k->scratch, (size_t)n, int32_t);
  int *level = arena_array(w->k->scratch, (size_t)n, int);
  const char *const *labels;
  column_levels(w->k->scratch, &w->t->columns[column], n, code, &n_levels, &labels);
  for (int i = 0; i < n; i++) level[i] = code[i] < 0 ? -1 : level_of(list, w->g->q, labels[code[i]]);
  return level;
}

/* ---- reading ---- */

static void put(struct known_making *w, int a, int b, double x) {
  if (a >= 0 && b >= 0) w->v[(size_t)a + (size_t)b * (size_t)w->g->q] = x;
}

/* level, level, value; the other half may be left out, and what is not there is 0. */
static bool read_triples(struct known_making *w, const struct numbered *list) {
  const int *a = levels_of_column(w, list, 0), *b = levels_of_column(w, list, 1);
  int q = w->g->q;
  for (int i = 0; i < w->t->n_rows; i++) {
    put(w, a[i], b[i], w->t->columns[2].v.number[i]);
    if (isnan(w->v[(size_t)(b[i] < 0 ? 0 : b[i]) + (size_t)(a[i] < 0 ? 0 : a[i]) * (size_t)q]))
      put(w, b[i], a[i], w->t->columns[2].v.number[i]);
  }
  for (int i = 0; i < q; i++)
    for (int j = 0; j < q; j++) {
      double *x = &w->v[(size_t)i + (size_t)j * (size_t)q];
      if (isnan(*x) && i != j) *x = 0;
    }
  return true;
}

/* A column for each level, a row for each; first: the number of the first of them. */
static bool read_square(struct known_making *w, const struct numbered *list, int first) {
  int n = w->t->n_rows;
  const int *row = first ? levels_of_column(w, list, 0) : NULL;
  for (int j = first; j < w->t->n_columns; j++) {
    const struct column *c = &w->t->columns[j];
    int level = level_of(list, w->g->q, c->name);
    if (level < 0) continue;
    if (c->type != COL_NUMBER)
      return REFUSE(w, DIAG_KNOWN_SHAPE, w->name,
                    arena_printf(w->k->scratch, "its column %s has no numbers", c->name));
    for (int i = 0; i < n; i++)
      put(w, row ? row[i] : level_of(list, w->g->q, w->t->columns[i].name), level, c->v.number[i]);
  }
  return true;
}

static bool read_matrix(struct known_making *w) {
  const struct table *t = w->t;
  const struct numbered *list = sorted_labels(w);
  if (t->n_columns == t->n_rows + 1) return read_square(w, list, 1);
  if (t->n_columns == t->n_rows) return read_square(w, list, 0);
  if (t->n_columns == 3 && t->columns[2].type == COL_NUMBER) return read_triples(w, list);
  return REFUSE(w, DIAG_KNOWN_SHAPE, w->name,
                arena_printf(w->k->scratch, "it has %d rows and %d columns", t->n_rows, t->n_columns));
}

static bool check_matrix(struct known_making *w) {
  size_t q = (size_t)w->g->q;
  const char *const *label = w->g->labels;
  for (size_t i = 0; i < q; i++)
    if (!isfinite(w->v[i + i * q])) return REFUSE(w, DIAG_KNOWN_LEVEL, w->name, w->g->name, label[i]);
  for (size_t j = 0; j < q; j++)
    for (size_t i = 0; i < j; i++) {
      double x = w->v[i + j * q], y = w->v[j + i * q], size = fmax(fabs(x), fabs(y));
      if (fabs(x - y) <= SYMMETRIC * size) continue;
      return REFUSE(w, DIAG_KNOWN_SYMMETRIC, w->name,
                    arena_printf(w->k->scratch, "of %s and %s it has %.7g, of %s and %s %.7g", label[i],
                                 label[j], x, label[j], label[i], y));
    }
  return true;
}

/* ---- the factor ---- */

/* v := its lower triangular factor, zeros above. */
static bool factor(struct known_making *w) {
  size_t q = (size_t)w->g->q;
  double *v = w->v;
  for (size_t j = 0; j < q; j++) {
    double diagonal = v[j + j * q];
    for (size_t i = 0; i < j; i++) v[i + j * q] = 0;
    for (size_t m = 0; m < j; m++) {
      double x = v[j + m * q];
      for (size_t i = j; i < q && x != 0; i++) v[i + j * q] -= x * v[i + m * q];
    }
    double pivot = v[j + j * q];
    if (!(pivot > DEFINITE * diagonal))
      return REFUSE(w, DIAG_KNOWN_DEFINITE, w->name, w->g->labels[j],
                    arena_printf(w->k->scratch, "%.3g", pivot));
    for (size_t i = j; i < q; i++) v[i + j * q] /= sqrt(pivot);
  }
  return true;
}

static int most_loads(const struct known_making *w) {
  int q = w->g->q, most = 1;
  for (int i = 0; i < q; i++) {
    int n = 0;
    for (int j = 0; j <= i; j++) n += w->v[(size_t)i + (size_t)j * (size_t)q] != 0;
    if (n > most) most = n;
  }
  return most;
}

/* Each row loads on the effects that its level's row of the factor names; what is left of its places has zeros. */
static void make_loads(struct known_making *w, struct re_term *term) {
  size_t n = (size_t)w->k->n, c = (size_t)term->c, q = (size_t)w->g->q, loads = (size_t)most_loads(w);
  int32_t *level = arena_array(w->k->arena, n * loads, int32_t);
  double *z = arena_array(w->k->arena, n * loads * c, double);
  for (size_t i = 0; i < n; i++) {
    size_t own = (size_t)w->g->level[i], s = 0;
    for (size_t j = 0; j <= own; j++) {
      double x = w->v[own + j * q];
      if (x == 0) continue;
      level[i * loads + s] = (int32_t)j;
      for (size_t a = 0; a < c; a++) z[(i * loads + s) * c + a] = x * term->z[i * c + a];
      s++;
    }
    for (; s < loads; s++) level[i * loads + s] = (int32_t)own;
  }
  term->loads = (int)loads;
  term->level = level;
  term->z = z;
}

bool known_make(struct making *k, int t, const struct grouping *g, struct re_term *term) {
  const struct ir_random *r = &k->ir->random[t];
  struct known_making w = {.k = k, .name = r->known, .span = r->span, .t = k->known[t], .g = g};
  size_t size = (size_t)g->q * (size_t)g->q;
  w.v = arena_raw(k->arena, size, double);
  for (size_t i = 0; i < size; i++) w.v[i] = NAN;
  if (!read_matrix(&w) || !check_matrix(&w) || !factor(&w)) return false;
  make_loads(&w, term);
  term->root = w.v;
  return true;
}
