#include "runtime/reml/supernodes.h"
#include "runtime/reml/linalg.h"
#include <assert.h>
#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

/* ---- layout --------------------------------------------------------------------------------------------- */

static double work_of(const struct node *d) {
  return (double)d->nc * d->nr * d->nr;
}

bool node_is_large(const struct node *d) {
  return d->nc > 1 && work_of(d) > LARGE;
}

bool node_is_tiny(const struct node *d) {
  return d->nc == 1 || work_of(d) < TINY;
}

/* Supernode of the first row below; -1: none. */
static int parent(const struct supernodes *s, int j) {
  struct node d = node_of(s, j);
  return d.m > 0 ? s->of[d.rows[d.nc]] : -1;
}

/* Supernodes are numbered children first, each subtree without a gap. */
static void split(struct arena *a, struct supernodes *s) {
  bool *top = arena_array(a, (size_t)s->n_super + 1, bool);
  int *first = arena_raw(a, (size_t)s->n_super + 1, int);
  for (int j = 0; j < s->n_super; j++) first[j] = j;
  for (int j = 0; j < s->n_super; j++) {
    struct node d = node_of(s, j);
    int up = parent(s, j);
    top[j] = top[j] || node_is_large(&d);
    if (up < 0) continue;
    top[up] = top[up] || top[j];
    if (first[j] < first[up]) first[up] = first[j];
  }
  s->top = arena_raw(a, (size_t)s->n_super, int);
  s->tree = arena_raw(a, (size_t)s->n_super, struct subtree);
  int covered = 0;
  for (int j = 0; j < s->n_super; j++) {
    int up = parent(s, j);
    if (top[j])
      s->top[s->n_top++] = j;
    else if (up < 0 || top[up]) {
      s->tree[s->n_trees++] = (struct subtree){first[j], j};
      covered += j - first[j] + 1;
    }
  }
  assert(covered + s->n_top == s->n_super);
  (void)covered;
}

static size_t larger(size_t a, size_t b) {
  return a > b ? a : b;
}

/* The first workspace has room for every supernode, the others for those that one thread does alone; rows
   of the large ones are shared out too. */
static void make_workspaces(struct arena *a, struct supernodes *s) {
  size_t rows = 1, m[2] = {1, 1}, below[2] = {1, 1}, corner[2] = {1, 1};
  for (int j = 0; j < s->n_super; j++) {
    struct node d = node_of(s, j);
    rows = larger(rows, (size_t)d.nr);
    for (int k = 0; k < (node_is_large(&d) ? 1 : 2); k++) {
      m[k] = larger(m[k], (size_t)d.m);
      below[k] = larger(below[k], (size_t)d.m * (size_t)d.nc + (size_t)d.nr);
      corner[k] = larger(corner[k], (size_t)d.nc * (size_t)d.nc);
    }
  }
  s->work = arena_array(a, (size_t)s->threads, struct workspace);
  for (int i = 0; i < s->threads; i++) {
    int k = i > 0;
    s->work[i] = (struct workspace){.place = arena_raw(a, rows, int),
                                    .square = arena_raw(a, m[k] * m[k], double),
                                    .below = arena_raw(a, below[k], double),
                                    .corner = arena_raw(a, corner[k], double)};
  }
}

struct supernodes *supernodes_new(struct arena *a, const cholmod_factor *l, int threads) {
  struct supernodes *s = arena_make(a, struct supernodes);
  assert(l->is_super && l->itype == CHOLMOD_INT);
  *s = (struct supernodes){.n = (int)l->n,
                           .n_super = (int)l->nsuper,
                           .threads = threads,
                           .super = l->super,
                           .pi = l->pi,
                           .px = l->px,
                           .s = l->s,
                           .size = l->xsize};
  s->of = arena_raw(a, l->n, int);
  double work = 0;
  for (int j = 0; j < s->n_super; j++) {
    struct node d = node_of(s, j);
    for (int c = d.first; c < d.first + d.nc; c++) s->of[c] = j;
    work += work_of(&d);
  }
  s->parallel = threads > 1 && work > LARGE;
  if (!s->parallel) s->threads = 1;
  split(a, s);
  make_workspaces(a, s);
  return s;
}

static size_t place_below(const struct node *d, int i) {
  int low = d->nc, high = d->nr;
  while (high - low > 1) {
    int middle = low + (high - low) / 2;
    if (d->rows[middle] <= i)
      low = middle;
    else
      high = middle;
  }
  assert(d->rows[low] == i);
  return (size_t)low;
}

size_t supernodes_place(const struct supernodes *s, int i, int j) {
  int row = i > j ? i : j, column = i > j ? j : i;
  struct node d = node_of(s, s->of[column]);
  size_t start = d.at + (size_t)(column - d.first) * (size_t)d.nr;
  return start + (row < d.first + d.nc ? (size_t)(row - d.first) : place_below(&d, row));
}

void node_find_places(const struct node *later, const int *rows, int i, int m, int *place) {
  for (; i < m && rows[i] < later->first + later->nc; i++) place[i] = rows[i] - later->first;
  for (int k = later->nc; i < m; i++, k++) {
    while (later->rows[k] != rows[i]) k++;
    place[i] = k;
  }
}

/* ---- one supernode -------------------------------------------------------------------------------------- */

/* Column c: its square is subtracted as it is made, from the supernode's own columns too. */
static bool factor_column(const struct supernodes *s, const struct node *d, int c, double *x, int *place) {
  double *l = x + d->at + (size_t)c * (size_t)(d->nr + 1), *below = l + 1;
  if (!(l[0] > 0) || !isfinite(l[0])) return false;
  l[0] = sqrt(l[0]);
  int m = d->nr - c - 1;
  const int *rows = d->rows + c + 1;
  for (int i = 0; i < m; i++) below[i] /= l[0];
  for (int i = 0; i < m;) {
    struct node later = node_of(s, s->of[rows[i]]);
    node_find_places(&later, rows, i, m, place);
    for (; i < m && rows[i] < later.first + later.nc; i++) {
      double *to = x + later.at + (size_t)(rows[i] - later.first) * (size_t)later.nr, value = below[i];
      for (int r = i; r < m; r++) to[place[r]] -= value * below[r];
    }
  }
  return true;
}

static bool factor_columns(const struct supernodes *s, const struct node *d, double *x, int *place) {
  for (int c = 0; c < d->nc; c++)
    if (!factor_column(s, d, c, x, place)) return false;
  return true;
}

/* Subtracts columns i..end-1 of `square` (m x m, lower) from the later supernodes. */
static void scatter(const struct supernodes *s, const struct node *d, const double *square, int i, int end,
                    double *x, int *place) {
  const int *rows = d->rows + d->nc;
  while (i < end) {
    struct node later = node_of(s, s->of[rows[i]]);
    node_find_places(&later, rows, i, d->m, place);
    for (; i < end && rows[i] < later.first + later.nc; i++) {
      double *to = x + later.at + (size_t)(rows[i] - later.first) * (size_t)later.nr;
      const double *from = square + (size_t)i * (size_t)d->m;
      for (int r = i; r < d->m; r++) to[place[r]] -= from[r];
    }
  }
}

static bool factor_small(const struct supernodes *s, const struct node *d, double *x, struct workspace *w) {
  double *l = x + d->at;
  if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', d->nc, l, d->nr) != 0) return false;
  if (d->m == 0) return true;
  cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, d->m, d->nc, 1, l, d->nr,
              l + d->nc, d->nr);
  cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, d->m, d->nc, 1, l + d->nc, d->nr, 0, w->square, d->m);
  scatter(s, d, w->square, 0, d->m, x, w->place);
  return true;
}

/* ---- a large supernode, in panels ----------------------------------------------------------------------- */

/* Rows i.. of the columns of the panel at c, below its diagonal block. */
static void solve_rows(const struct node *d, double *l, int c, int i) {
  size_t ld = (size_t)d->nr;
  cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, panel_width(d->nr, i),
              panel_width(d->nc, c), 1, l + (size_t)c * ld + c, d->nr, l + (size_t)c * ld + i, d->nr);
}

/* Subtracts the product of the panel at c from the panel at j > c. */
static void update_panel(const struct node *d, double *l, int c, int j) {
  size_t ld = (size_t)d->nr;
  cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, d->nr - j, panel_width(d->nc, j),
              panel_width(d->nc, c), -1, l + (size_t)c * ld + j, d->nr, l + (size_t)c * ld + j, d->nr, 1,
              l + (size_t)j * ld + j, d->nr);
}

static bool factor_panels(const struct node *d, double *l) {
  for (int c = 0; c < d->nc; c += PANEL) {
    int w = panel_width(d->nc, c), rows = panels_of(d->nr - c - w), columns = panels_of(d->nc - c - w);
    if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', w, l + (size_t)c * (size_t)(d->nr + 1), d->nr) != 0)
      return false;
#pragma omp taskgroup
    for (int i = 0; i < rows; i++) {
#pragma omp task
      solve_rows(d, l, c, c + w + i * PANEL);
    }
#pragma omp taskgroup
    for (int j = 0; j < columns; j++) {
#pragma omp task
      update_panel(d, l, c, c + w + j * PANEL);
    }
  }
  return true;
}

/* Columns i.. of the square of the rows below, subtracted. */
static void square_panel(const struct supernodes *s, const struct node *d, double *x, double *square, int i) {
  int w = panel_width(d->m, i);
  const double *below = x + d->at + d->nc + i;
  cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, d->m - i, w, d->nc, 1, below, d->nr, below, d->nr, 0,
              square + (size_t)i * (size_t)(d->m + 1), d->m);
  scatter(s, d, square, i, i + w, x, s->work[THREAD].place);
}

static bool factor_large(const struct supernodes *s, const struct node *d, double *x) {
  if (!factor_panels(d, x + d->at)) return false;
  int panels = panels_of(d->m);
  double *square = s->work[0].square;
#pragma omp taskgroup
  for (int i = 0; i < panels; i++) {
#pragma omp task
    square_panel(s, d, x, square, i * PANEL);
  }
  return true;
}

/* ---- all of them ---------------------------------------------------------------------------------------- */

static bool factor_all(const struct supernodes *s, double *x) {
  for (int j = 0; j < s->n_super; j++) {
    struct node d = node_of(s, j);
    bool good = node_is_tiny(&d)    ? factor_columns(s, &d, x, s->work[0].place)
                : node_is_large(&d) ? factor_large(s, &d, x)
                                    : factor_small(s, &d, x, &s->work[0]);
    if (!good) return false;
  }
  return true;
}

bool supernodes_factor(struct supernodes *s, double *x) {
  bool good = false;
#pragma omp parallel num_threads(s->threads) if (s->parallel)
#pragma omp single
  good = factor_all(s, x);
  return good;
}

/* ---- solves --------------------------------------------------------------------------------------------- */

/* x_J := L_JJ^-1 x_J, x_I -= L_IJ x_J; sum: room for m. */
static void solve_forward(const struct node *d, const double *l, double *x, double *sum) {
  double *mine = x + d->first;
  const int *rows = d->rows + d->nc;
  memset(sum, 0, (size_t)d->m * sizeof *sum);
  for (int c = 0; c < d->nc; c++) {
    const double *column = l + d->at + (size_t)c * (size_t)d->nr;
    mine[c] /= column[c];
    la_axpy((size_t)(d->nc - c - 1), -mine[c], column + c + 1, mine + c + 1);
    la_axpy((size_t)d->m, mine[c], column + d->nc, sum);
  }
  for (int i = 0; i < d->m; i++) x[rows[i]] -= sum[i];
}

/* x_J := L_JJ^-T (x_J - L_IJ' x_I) */
static void solve_backward(const struct node *d, const double *l, double *x, double *below) {
  double *mine = x + d->first;
  const int *rows = d->rows + d->nc;
  for (int i = 0; i < d->m; i++) below[i] = x[rows[i]];
  for (int c = d->nc - 1; c >= 0; c--) {
    const double *column = l + d->at + (size_t)c * (size_t)d->nr;
    mine[c] -= la_dot((size_t)d->m, column + d->nc, below);
    mine[c] -= la_dot((size_t)(d->nc - c - 1), column + c + 1, mine + c + 1);
    mine[c] /= column[c];
  }
}

void supernodes_solve(const struct supernodes *s, const double *l, double *x) {
  double *room = s->work[0].below;
  for (int j = 0; j < s->n_super; j++) {
    struct node d = node_of(s, j);
    solve_forward(&d, l, x, room);
  }
  for (int j = s->n_super - 1; j >= 0; j--) {
    struct node d = node_of(s, j);
    solve_backward(&d, l, x, room);
  }
}

double supernodes_log_det(const struct supernodes *s, const double *x) {
  double sum = 0;
  for (int j = 0; j < s->n_super; j++) {
    struct node d = node_of(s, j);
    for (int c = 0; c < d.nc; c++) sum += log(x[d.at + (size_t)c * (size_t)(d.nr + 1)]);
  }
  return 2 * sum;
}
