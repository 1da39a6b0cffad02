#include "runtime/reml/takahashi.h"
#include <cblas.h>
#include <string.h>

/* ---- one supernode -------------------------------------------------------------------------------------- */

/* Z_II, lower triangle, columns i..end-1, from the later supernodes. */
static void gather(const struct supernodes *s, const struct node *d, const double *z, int i, int end,
                   double *square, int *place) {
  const int *rows = d->rows + d->nc;
  while (i < end) {
    struct node later = node_of(s, s->of[rows[i]]);
    node_find_places(&later, rows, i, d->m, place);
    for (; i < end && rows[i] < later.first + later.nc; i++) {
      const double *from = z + later.at + (size_t)(rows[i] - later.first) * (size_t)later.nr;
      double *to = square + (size_t)i * (size_t)d->m;
      for (int r = i; r < d->m; r++) to[r] = from[place[r]];
    }
  }
}

/* Column c of a supernode: its rows below are later columns of the same and rows of later ones, and each
   element of the inverse there is used where it stands. */
static void invert_column(const struct supernodes *s, const struct node *d, int c, const double *l, double *z,
                          const struct workspace *w) {
  size_t diagonal = d->at + (size_t)c * (size_t)(d->nr + 1);
  double *below = z + diagonal + 1, *y = w->below, pivot = 1 / l[diagonal];
  const int *rows = d->rows + c + 1;
  int m = d->nr - c - 1;
  for (int i = 0; i < m; i++) {
    y[i] = l[diagonal + 1 + (size_t)i] * pivot;
    below[i] = 0;
  }
  for (int i = 0; i < m;) {
    struct node later = node_of(s, s->of[rows[i]]);
    node_find_places(&later, rows, i, m, w->place);
    for (; i < m && rows[i] < later.first + later.nc; i++) {
      const double *from = z + later.at + (size_t)(rows[i] - later.first) * (size_t)later.nr;
      double yi = y[i], sum = from[w->place[i]] * yi;
      for (int r = i + 1; r < m; r++) {
        double value = from[w->place[r]];
        below[r] -= value * yi;
        sum += value * y[r];
      }
      below[i] -= sum;
    }
  }
  z[diagonal] = pivot * pivot;
  for (int i = 0; i < m; i++) z[diagonal] -= y[i] * below[i];
}

/* x := L_JJ^-1, columns from c on, w of them; rows above c are zero and not written. */
static void inverse_panel(const struct node *d, const double *l, double *x, int c, int w) {
  int n = d->nc - c;
  double *panel = x + (size_t)c * (size_t)d->nc + c;
  for (int j = 0; j < w; j++) {
    memset(panel + (size_t)j * (size_t)d->nc, 0, (size_t)n * sizeof *panel);
    panel[(size_t)j * (size_t)d->nc + (size_t)j] = 1;
  }
  cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, n, w, 1,
              l + (size_t)c * (size_t)d->nr + c, d->nr, panel, d->nc);
}

/* Columns c.. of x'x (lower), into z. */
static void square_panel(const struct node *d, const double *x, double *z, int c) {
  int w = panel_width(d->nc, c);
  size_t ld = (size_t)d->nc;
  for (int r = c; r < d->nc; r += PANEL) {
    int h = panel_width(d->nc, r);
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, h, w, d->nc - r, 1, x + (size_t)r * ld + r, d->nc,
                x + (size_t)c * ld + r, d->nc, 0, z + (size_t)c * (size_t)d->nr + r, d->nr);
  }
}

/* Columns c.. of Z_IJ = -Z_II Y and of Z_JJ -= Y' Z_IJ. */
static void below_panel(const struct node *d, const struct workspace *w, double *z, int c) {
  int width = panel_width(d->nc, c);
  double *zij = z + (size_t)c * (size_t)d->nr + d->nc;
  cblas_dsymm(CblasColMajor, CblasLeft, CblasLower, d->m, width, -1, w->square, d->m,
              w->below + (size_t)c * (size_t)d->m, d->m, 0, zij, d->nr);
  cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, d->nc - c, width, d->m, -1,
              w->below + (size_t)c * (size_t)d->m, d->m, zij, d->nr, 1, z + (size_t)c * (size_t)d->nr + c,
              d->nr);
}

/* Y := L_IJ L_JJ^-1, rows r.. of it. */
static void scale_below(const struct node *d, const double *l, const struct workspace *w, int r) {
  int h = panel_width(d->m, r);
  for (int c = 0; c < d->nc; c++)
    memcpy(w->below + (size_t)c * (size_t)d->m + r, l + (size_t)c * (size_t)d->nr + d->nc + r,
           (size_t)h * sizeof(double));
  cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, h, d->nc, 1, l, d->nr,
              w->below + r, d->m);
}

static void invert_small(const struct supernodes *s, const struct node *d, const double *l, double *z,
                         const struct workspace *w) {
  gather(s, d, z, 0, d->m, w->square, w->place);
  for (int c = 0; c < d->nc; c += PANEL) inverse_panel(d, l + d->at, w->corner, c, panel_width(d->nc, c));
  for (int c = 0; c < d->nc; c += PANEL) square_panel(d, w->corner, z + d->at, c);
  for (int r = 0; r < d->m; r += PANEL) scale_below(d, l + d->at, w, r);
  for (int c = 0; d->m > 0 && c < d->nc; c += PANEL) below_panel(d, w, z + d->at, c);
}

/* The same, shared out. */
static void invert_large(const struct supernodes *s, const struct node *d, const double *l, double *z) {
  const struct workspace *w = &s->work[0];
  int columns = panels_of(d->nc), rows = panels_of(d->m);
#pragma omp taskgroup
  for (int i = 0; i < columns; i++) {
#pragma omp task
    inverse_panel(d, l + d->at, w->corner, i * PANEL, panel_width(d->nc, i * PANEL));
  }
#pragma omp taskgroup
  for (int i = 0; i < columns; i++) {
#pragma omp task
    square_panel(d, w->corner, z + d->at, i * PANEL);
  }
  if (d->m == 0) return;
#pragma omp taskgroup
  for (int i = 0; i < rows; i++) {
#pragma omp task
    {
      scale_below(d, l + d->at, w, i * PANEL);
      gather(s, d, z, i * PANEL, i * PANEL + panel_width(d->m, i * PANEL), w->square, s->work[THREAD].place);
    }
  }
#pragma omp taskgroup
  for (int i = 0; i < columns; i++) {
#pragma omp task
    below_panel(d, w, z + d->at, i * PANEL);
  }
}

/* ---- all of them ---------------------------------------------------------------------------------------- */

static void invert_alone(const struct supernodes *s, int j, const double *l, double *z,
                         const struct workspace *w) {
  struct node d = node_of(s, j);
  if (!node_is_tiny(&d)) {
    invert_small(s, &d, l, z, w);
    return;
  }
  for (int c = d.nc - 1; c >= 0; c--) invert_column(s, &d, c, l, z, w);
}

static void invert_top(const struct supernodes *s, const double *l, double *z) {
  for (int i = s->n_top - 1; i >= 0; i--) {
    struct node d = node_of(s, s->top[i]);
    if (node_is_large(&d))
      invert_large(s, &d, l, z);
    else
      invert_alone(s, s->top[i], l, z, &s->work[0]);
  }
}

static void invert_tree(const struct supernodes *s, const struct subtree *tree, const double *l, double *z) {
  for (int j = tree->last; j >= tree->first; j--) invert_alone(s, j, l, z, &s->work[THREAD]);
}

void takahashi_invert(const struct supernodes *s, const double *l, double *z) {
#pragma omp parallel num_threads(s->threads) if (s->parallel)
  {
#pragma omp single
    invert_top(s, l, z);
#pragma omp for schedule(dynamic, 4)
    for (int i = 0; i < s->n_trees; i++) invert_tree(s, &s->tree[i], l, z);
  }
}
