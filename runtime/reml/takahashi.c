#include "runtime/reml/takahashi.h"
#include <assert.h>
#include <cblas.h>
#include <string.h>

enum { PANEL = 96 };  /* columns of a panel of a large supernode */
enum { LARGE = 256 }; /* supernodes with more rows below than this work in panels too */

struct takahashi {
  int n_super, threads;
  const int *super, *pi, *px,
      *s;     /* CHOLMOD's supernodes: first column, first row index, first value, row indices */
  int *of;    /* n: supernode of a column */
  int *order; /* supernodes by depth, roots first */
  int *level; /* n_levels + 1: ranges of order */
  int n_levels;
  double *z;              /* the selected inverse, laid out as L's values; lower part of diagonal blocks */
  struct workspace *work; /* a thread each */
};

struct workspace {
  int *place;  /* row of a later supernode that each row of this one is */
  double *zii; /* m x m, lower */
  double *y;   /* m x nc */
  double *x;   /* nc x nc */
};

struct node {           /* one supernode */
  int first, nc, nr, m; /* first column; columns; rows; rows below */
  const int *rows;
  size_t at; /* of its values */
};

static struct node node_of(const struct takahashi *t, int j) {
  struct node d = {.first = t->super[j], .nc = t->super[j + 1] - t->super[j], .nr = t->pi[j + 1] - t->pi[j]};
  d.m = d.nr - d.nc;
  d.rows = t->s + t->pi[j];
  d.at = (size_t)t->px[j];
  return d;
}

/* ---- analysis ------------------------------------------------------------------------------------------- */

/* Depth in the tree whose parent is the supernode of the first row below. */
static int *depths(struct takahashi *t, struct arena *scratch) {
  int *depth = arena_array(scratch, (size_t)t->n_super + 1, int);
  t->n_levels = 0;
  for (int j = t->n_super - 1; j >= 0; j--) {
    struct node d = node_of(t, j);
    depth[j] = d.m > 0 ? depth[t->of[d.rows[d.nc]]] + 1 : 0;
    if (depth[j] >= t->n_levels) t->n_levels = depth[j] + 1;
  }
  return depth;
}

static void sort_by_depth(struct arena *a, struct takahashi *t) {
  int *depth = depths(t, a);
  t->level = arena_array(a, (size_t)t->n_levels + 2, int);
  t->order = arena_raw(a, (size_t)t->n_super, int);
  for (int j = 0; j < t->n_super; j++) t->level[depth[j] + 2]++;
  for (int d = 0; d < t->n_levels; d++) t->level[d + 2] += t->level[d + 1];
  for (int j = t->n_super - 1; j >= 0; j--) t->order[t->level[depth[j] + 1]++] = j;
}

static void make_workspaces(struct arena *a, struct takahashi *t) {
  int m = 1, nc = 1;
  for (int j = 0; j < t->n_super; j++) {
    struct node d = node_of(t, j);
    if (d.m > m) m = d.m;
    if (d.nc > nc) nc = d.nc;
  }
  t->work = arena_array(a, (size_t)t->threads, struct workspace);
  for (int i = 0; i < t->threads; i++)
    t->work[i] = (struct workspace){.place = arena_raw(a, (size_t)m, int),
                                    .zii = arena_raw(a, (size_t)m * (size_t)m, double),
                                    .y = arena_raw(a, (size_t)m * (size_t)nc, double),
                                    .x = arena_raw(a, (size_t)nc * (size_t)nc, double)};
}

struct takahashi *takahashi_new(struct arena *a, const cholmod_factor *l, int threads) {
  struct takahashi *t = arena_make(a, struct takahashi);
  assert(l->is_super && l->is_ll && l->itype == CHOLMOD_INT);
  *t = (struct takahashi){
      .n_super = (int)l->nsuper, .threads = threads, .super = l->super, .pi = l->pi, .px = l->px, .s = l->s};
  t->of = arena_raw(a, l->n, int);
  for (int j = 0; j < t->n_super; j++)
    for (int c = t->super[j]; c < t->super[j + 1]; c++) t->of[c] = j;
  t->z = arena_raw(a, l->xsize, double);
  sort_by_depth(a, t);
  make_workspaces(a, t);
  return t;
}

/* ---- one supernode -------------------------------------------------------------------------------------- */

/* Where rows[i..] of a node stand among the rows of supernode `later`, which holds them all. */
static void find_places(const struct node *later, const int *rows, int i, int m, int *place) {
  int k = later->nc;
  for (; i < m; i++) {
    if (rows[i] < later->first + later->nc) {
      place[i] = rows[i] - later->first;
      continue;
    }
    while (later->rows[k] != rows[i]) k++;
    place[i] = k;
  }
}

/* Z_II, lower triangle, from the later supernodes. */
static void gather(const struct takahashi *t, const struct node *d, struct workspace *w) {
  const int *rows = d->rows + d->nc;
  size_t m = (size_t)d->m;
  for (int i = 0; i < d->m;) {
    struct node later = node_of(t, t->of[rows[i]]);
    find_places(&later, rows, i, d->m, w->place);
    for (; i < d->m && rows[i] < later.first + later.nc; i++) {
      const double *from = t->z + later.at + (size_t)(rows[i] - later.first) * (size_t)later.nr;
      double *to = w->zii + (size_t)i * m;
      for (int r = i; r < d->m; r++) to[r] = from[w->place[r]];
    }
  }
}

/* One column: y, z_IJ and z_JJ by a product of a symmetric matrix and a vector. */
static void invert_column(const struct node *d, const double *l, double *z, struct workspace *w) {
  double pivot = 1 / l[0];
  z[0] = pivot * pivot;
  if (d->m == 0) return;
  for (int i = 0; i < d->m; i++) w->y[i] = l[i + 1] * pivot;
  cblas_dsymv(CblasColMajor, CblasLower, d->m, -1, w->zii, d->m, w->y, 1, 0, z + 1, 1);
  z[0] -= cblas_ddot(d->m, w->y, 1, z + 1, 1);
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

static int panel_width(const struct node *d, int c) {
  return d->nc - c < PANEL ? d->nc - c : PANEL;
}

/* Columns c.. of x'x (lower), into z. */
static void square_panel(const struct node *d, const double *x, double *z, int c) {
  int w = panel_width(d, c);
  size_t ld = (size_t)d->nc;
  for (int r = c; r < d->nc; r += PANEL) {
    int h = panel_width(d, r);
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, h, w, d->nc - r, 1, x + (size_t)r * ld + r, d->nc,
                x + (size_t)c * ld + r, d->nc, 0, z + (size_t)c * (size_t)d->nr + r, d->nr);
  }
}

/* Columns c.. of Z_IJ = -Z_II Y and of Z_JJ -= Y' Z_IJ. */
static void below_panel(const struct node *d, const struct workspace *w, double *z, int c) {
  int width = panel_width(d, c);
  double *zij = z + (size_t)c * (size_t)d->nr + d->nc;
  cblas_dsymm(CblasColMajor, CblasLeft, CblasLower, d->m, width, -1, w->zii, d->m,
              w->y + (size_t)c * (size_t)d->m, d->m, 0, zij, d->nr);
  cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, d->nc - c, width, d->m, -1,
              w->y + (size_t)c * (size_t)d->m, d->m, zij, d->nr, 1, z + (size_t)c * (size_t)d->nr + c, d->nr);
}

/* Y := L_IJ L_JJ^-1, rows r.. of it. */
static void scale_below(const struct node *d, const double *l, struct workspace *w, int r) {
  int h = d->m - r < PANEL ? d->m - r : PANEL;
  for (int c = 0; c < d->nc; c++)
    memcpy(w->y + (size_t)c * (size_t)d->m + r, l + (size_t)c * (size_t)d->nr + d->nc + r,
           (size_t)h * sizeof(double));
  cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, h, d->nc, 1, l, d->nr,
              w->y + r, d->m);
}

/* The parallel form: `threads` 1 where the supernode is one of many. */
static void invert_block(const struct node *d, const double *l, double *z, struct workspace *w, int threads) {
  int columns = (d->nc + PANEL - 1) / PANEL, rows = (d->m + PANEL - 1) / PANEL;
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
#pragma omp for schedule(dynamic)
    for (int i = 0; i < columns; i++) inverse_panel(d, l, w->x, i * PANEL, panel_width(d, i * PANEL));
#pragma omp for schedule(dynamic)
    for (int i = 0; i < columns; i++) square_panel(d, w->x, z, i * PANEL);
#pragma omp for schedule(dynamic)
    for (int i = 0; i < rows; i++) scale_below(d, l, w, i * PANEL);
    if (d->m > 0) {
#pragma omp for schedule(dynamic)
      for (int i = 0; i < columns; i++) below_panel(d, w, z, i * PANEL);
    }
  }
}

static void invert_node(const struct takahashi *t, int j, const double *lx, struct workspace *w,
                        int threads) {
  struct node d = node_of(t, j);
  gather(t, &d, w);
  if (d.nc == 1)
    invert_column(&d, lx + d.at, t->z + d.at, w);
  else
    invert_block(&d, lx + d.at, t->z + d.at, w, threads);
}

/* ---- all of them ---------------------------------------------------------------------------------------- */

static bool is_large(const struct takahashi *t, int j) {
  struct node d = node_of(t, j);
  return d.nc > PANEL || d.m > LARGE;
}

#ifdef _OPENMP
#include <omp.h>
#define THREAD omp_get_thread_num()
#else
#define THREAD 0
#endif

/* Large supernodes one after the other, each by all threads; then the small ones, each by one. */
static void invert_level(struct takahashi *t, int from, int to, const double *lx) {
  for (int i = from; i < to; i++)
    if (is_large(t, t->order[i])) invert_node(t, t->order[i], lx, &t->work[0], t->threads);
#pragma omp parallel for schedule(dynamic, 16) num_threads(t->threads) if (t->threads > 1 && to - from > 64)
  for (int i = from; i < to; i++)
    if (!is_large(t, t->order[i])) invert_node(t, t->order[i], lx, &t->work[THREAD], 1);
}

void takahashi_invert(struct takahashi *t, const cholmod_factor *l) {
  for (int d = 0; d < t->n_levels; d++) invert_level(t, t->level[d], t->level[d + 1], l->x);
}

size_t takahashi_place(const struct takahashi *t, int i, int j) {
  if (i < j) {
    int swap = i;
    i = j;
    j = swap;
  }
  struct node d = node_of(t, t->of[j]);
  size_t column = d.at + (size_t)(j - d.first) * (size_t)d.nr;
  if (i < d.first + d.nc) return column + (size_t)(i - d.first);
  int low = d.nc, high = d.nr;
  while (high - low > 1) {
    int middle = low + (high - low) / 2;
    if (d.rows[middle] <= i)
      low = middle;
    else
      high = middle;
  }
  assert(d.rows[low] == i);
  return column + (size_t)low;
}

const double *takahashi_values(const struct takahashi *t) {
  return t->z;
}
