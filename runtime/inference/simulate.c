#include "runtime/inference/simulate.h"
#include <math.h>
#include <string.h>

/* The lower triangular L with L L' = G, column by column; G may be singular: a pivot that is nothing beside the largest
   variance leaves its column zero. */
static void square_root(int c, const double *g, double *l) {
  double largest = 0;
  for (int a = 0; a < c; a++) largest = fmax(largest, g[a + a * c]);
  memset(l, 0, (size_t)(c * c) * sizeof *l);
  for (int k = 0; k < c; k++) {
    double pivot = g[k + k * c];
    for (int j = 0; j < k; j++) pivot -= l[k + j * c] * l[k + j * c];
    if (!(pivot > 1e-12 * largest)) continue;
    double root = l[k + k * c] = sqrt(pivot);
    for (int i = k + 1; i < c; i++) {
      double sum = g[i + k * c];
      for (int j = 0; j < k; j++) sum -= l[i + j * c] * l[k + j * c];
      l[i + k * c] = sum / root;
    }
  }
}

static void draw_effects(struct random *r, int c, const double *l, double *b) {
  double z[COV_MAX];
  for (int a = 0; a < c; a++) z[a] = random_normal(r);
  for (int a = 0; a < c; a++) {
    b[a] = 0;
    for (int j = 0; j <= a; j++) b[a] += l[a + j * c] * z[j];
  }
}

static void add_term(struct arena *scratch, const struct fit *f, int t, struct random *r, double *y) {
  const struct re_term *term = &f->frame->problem->terms[t];
  size_t c = (size_t)term->c;
  double l[COV_MAX * COV_MAX], *b = arena_raw(scratch, (size_t)term->q * c, double);
  square_root(term->c, f->result->g[t], l);
  for (int q = 0; q < term->q; q++) draw_effects(r, term->c, l, b + (size_t)q * c);
  int loads = term->loads > 1 ? term->loads : 1;
  for (int i = 0; i < f->frame->problem->n * loads; i++)
    for (size_t a = 0; a < c; a++)
      y[i / loads] += term->z[(size_t)i * c + a] * b[(size_t)term->level[i] * c + a];
}

/* Rows, block after block: those of block b are order[first[b] .. first[b + 1]). */
static int *rows_by_block(struct arena *scratch, const struct residual *e, int n, int *first) {
  int *order = arena_raw(scratch, (size_t)n, int), *next = arena_array(scratch, (size_t)e->n_blocks + 1, int);
  for (int i = 0; i < n; i++) first[e->block[i] + 1]++;
  for (int b = 0; b < e->n_blocks; b++) first[b + 1] += first[b];
  memcpy(next, first, sizeof(int) * (size_t)e->n_blocks);
  for (int i = 0; i < n; i++) order[next[e->block[i]]++] = i;
  return order;
}

/* Residuals of one block: L z with L L' = R. */
static void add_block(struct arena *scratch, const struct residual_matrix *m, const int *row, int n,
                      struct random *r, double *y) {
  struct arena_mark mark = arena_mark(scratch);
  size_t size = (size_t)n * (size_t)n;
  double *v = arena_raw(scratch, size, double), *l = arena_raw(scratch, size, double),
         *z = arena_raw(scratch, (size_t)n, double);
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) v[i + j * n] = reml_residual_element(m, row[i], row[j]);
  square_root(n, v, l);
  for (int i = 0; i < n; i++) z[i] = random_normal(r);
  for (int i = 0; i < n; i++)
    for (int j = 0; j <= i; j++) y[row[i]] += l[i + j * n] * z[j];
  arena_reset(scratch, mark);
}

static void add_residual(struct arena *scratch, const struct fit *f, struct random *r, double *y) {
  const struct problem *p = f->frame->problem;
  const struct residual *e = p->residual;
  double sigma = sqrt(f->result->sigma2);
  for (int i = 0; i < p->n && !e; i++) y[i] += sigma / (p->w ? sqrt(p->w[i]) : 1) * random_normal(r);
  if (!e) return;
  const struct residual_matrix *m = reml_residual_open(scratch, p, f->result);
  int *first = arena_array(scratch, (size_t)e->n_blocks + 2, int),
      *order = rows_by_block(scratch, e, p->n, first);
  for (int b = 0; b < e->n_blocks; b++)
    add_block(scratch, m, order + first[b], first[b + 1] - first[b], r, y);
}

static void add_fixed(const struct fit *f, double *y) {
  const struct problem *p = f->frame->problem;
  for (int i = 0; i < p->n; i++) y[i] = f->frame->offset ? f->frame->offset[i] : 0;
  for (int j = 0; j < p->p; j++)
    for (int i = 0; i < p->n && !f->result->aliased[j]; i++)
      y[i] += p->x[(size_t)i + (size_t)j * (size_t)p->n] * f->result->beta[j];
}

void simulate_response(const struct fit *f, struct random *r, double *y) {
  const struct problem *p = f->frame->problem;
  struct mem *m = arena_mem(f->arena);
  struct arena *mark = arena_pool_mark(m), *scratch = arena_new(m);
  add_fixed(f, y);
  for (int t = 0; t < p->n_terms; t++) add_term(scratch, f, t, r, y);
  add_residual(scratch, f, r, y);
  arena_pool_drain(m, mark);
}

struct frame *frame_with_response(struct mem *m, const struct frame *f, const double *y) {
  struct arena *a = arena_new(m);
  arena_hold(a, f->arena);
  struct frame *new = arena_make(a, struct frame);
  struct problem *p = arena_make(a, struct problem);
  double *own = arena_raw(a, (size_t)f->problem->n, double);
  for (int i = 0; i < f->problem->n; i++) own[i] = y[i] - (f->offset ? f->offset[i] : 0);
  *p = *f->problem;
  p->arena = a;
  p->y = own;
  *new = *f;
  new->arena = a;
  new->problem = p;
  return new;
}
