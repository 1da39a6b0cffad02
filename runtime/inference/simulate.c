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
  for (int i = 0; i < f->frame->problem->n; i++)
    for (size_t a = 0; a < c; a++) y[i] += term->z[(size_t)i * c + a] * b[(size_t)term->level[i] * c + a];
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
  double sigma = sqrt(f->result->sigma2);
  add_fixed(f, y);
  for (int t = 0; t < p->n_terms; t++) add_term(scratch, f, t, r, y);
  for (int i = 0; i < p->n; i++) y[i] += sigma / (p->w ? sqrt(p->w[i]) : 1) * random_normal(r);
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
