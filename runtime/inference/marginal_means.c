#include "runtime/inference/marginal_means.h"
#include "runtime/model/rows.h"
#include <math.h>
#include <string.h>

enum { COMBINATIONS_MAX = 200000 };

/* ---- the factors that means are over -------------------------------------------------------------------------- */

struct averaging {
  struct reference_grid *g;
  int n; /* factors that are averaged over */
  int *factor;
  int combinations;
  double *weight; /* combinations, sum 1; the first factor varies fastest */
};

static bool is_dim(int n, const struct means_dim *dim, int factor) {
  for (int i = 0; i < n; i++)
    if (dim[i].factor == factor) return true;
  return false;
}

static void count_rows(struct averaging *w) {
  const struct frame *f = w->g->fit->frame;
  for (int i = 0; i < f->problem->n; i++) {
    int at = 0;
    for (int k = w->n; k-- > 0;) {
      const struct grid_factor *x = &w->g->factor[w->factor[k]];
      at = at * x->n_levels + f->var[x->var].code[i];
    }
    w->weight[at] += 1.0 / f->problem->n;
  }
}

static bool averaging_new(struct reference_grid *g, int n, const struct means_dim *dim, bool proportional,
                          struct averaging *w) {
  *w = (struct averaging){
      .g = g, .factor = arena_array(g->arena, (size_t)g->n_factors + 1, int), .combinations = 1};
  for (int i = 0; i < g->n_factors; i++) {
    if (is_dim(n, dim, i)) continue;
    w->factor[w->n++] = i;
    if (w->combinations > COMBINATIONS_MAX / g->factor[i].n_levels) return false;
    w->combinations *= g->factor[i].n_levels;
  }
  w->weight = arena_array(g->arena, (size_t)w->combinations, double);
  if (proportional)
    count_rows(w);
  else
    for (int i = 0; i < w->combinations; i++) w->weight[i] = 1.0 / w->combinations;
  return true;
}

static bool add_averages(struct averaging *w, int p, double scale, double *row, double *l) {
  for (int c = 0; c < w->combinations; c++) {
    if (w->weight[c] == 0) continue;
    for (int k = 0, rest = c; k < w->n; k++) {
      struct grid_factor *x = &w->g->factor[w->factor[k]];
      x->level = rest % x->n_levels;
      rest /= x->n_levels;
    }
    if (!grid_row(w->g, row)) return false;
    for (int j = 0; j < p; j++) l[j] += scale * w->weight[c] * row[j];
  }
  return true;
}

/* ---- rows ------------------------------------------------------------------------------------------------------ */

static int count_combinations(int n, const struct means_dim *dim) {
  int rows = 1;
  for (int i = 0; i < n; i++) {
    if (rows > COMBINATIONS_MAX / dim[i].n) return 0;
    rows *= dim[i].n;
  }
  return rows;
}

static void stand_at(struct reference_grid *g, int n, const struct means_dim *dim, int combination) {
  for (int i = 0; i < n; i++) {
    int at = combination % dim[i].n;
    combination /= dim[i].n;
    if (dim[i].factor >= 0)
      g->factor[dim[i].factor].level = at;
    else
      g->number[dim[i].number].value = dim[i].value[at];
  }
}

static bool make(struct reference_grid *g, int number, int n, const struct means_dim *dim, bool proportional,
                 struct means *out) {
  struct averaging w;
  int rows = count_combinations(n, dim), p = g->fit->frame->problem->p;
  if (rows == 0 || !averaging_new(g, n, dim, proportional, &w)) return false;
  *out = (struct means){.rows = rows,
                        .p = p,
                        .l = arena_array(g->arena, (size_t)rows * (size_t)p, double),
                        .estimable = arena_array(g->arena, (size_t)rows, bool)};
  double *row = arena_raw(g->arena, (size_t)p, double);
  for (int i = 0; i < rows; i++) {
    double *l = out->l + (size_t)i * (size_t)p;
    stand_at(g, n, dim, i);
    bool fine = true;
    if (number < 0) {
      fine = add_averages(&w, p, 1, row, l);
    } else {
      double here = g->number[number].value, step = 1e-4 * fmax(1, fabs(here));
      g->number[number].value = here + step;
      fine = add_averages(&w, p, 0.5 / step, row, l);
      g->number[number].value = here - step;
      fine = fine && add_averages(&w, p, -0.5 / step, row, l);
      g->number[number].value = here;
      for (int j = 0; j < p; j++)
        if (fabs(l[j]) < 1e-10) l[j] = 0;
    }
    if (!fine) return false;
    out->estimable[i] = grid_estimable(g, l);
    for (int j = 0; j < p; j++)
      if (g->fit->result->aliased[j]) l[j] = 0;
  }
  return true;
}

bool means_make(struct reference_grid *g, int n, const struct means_dim *dim, bool proportional,
                struct means *out) {
  return make(g, -1, n, dim, proportional, out);
}

bool slopes_make(struct reference_grid *g, int number, int n, const struct means_dim *dim, bool proportional,
                 struct means *out) {
  return make(g, number, n, dim, proportional, out);
}

/* ---- contrasts --------------------------------------------------------------------------------------------------- */

int contrast_count(enum contrast_method m, int k) {
  return m == CONTRAST_PAIRWISE ? k * (k - 1) / 2 : m == CONTRAST_DEVIATION ? k : k - 1;
}

const char *contrast_make(struct arena *a, enum contrast_method m, int k, int i, const char *const *label,
                          double *weight) {
  memset(weight, 0, sizeof(double) * (size_t)k);
  int one = 0, other = 0;
  switch (m) {
  case CONTRAST_PAIRWISE:
    for (int rest = i; one < k; one++) {
      if (rest < k - 1 - one) {
        other = one + 1 + rest;
        break;
      }
      rest -= k - 1 - one;
    }
    break;
  case CONTRAST_REFERENCE: one = i + 1; break;
  case CONTRAST_SUCCESSIVE:
    one = i + 1;
    other = i;
    break;
  case CONTRAST_DEVIATION:
    for (int j = 0; j < k; j++) weight[j] = -1.0 / k;
    weight[i] += 1;
    return arena_printf(a, "%s - mean", label[i]);
  }
  weight[one] = 1;
  weight[other] = -1;
  return arena_printf(a, "%s - %s", label[one], label[other]);
}
