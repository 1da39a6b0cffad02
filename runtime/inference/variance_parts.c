#include "runtime/inference/variance_parts.h"
#include <math.h>

/* One pass with the running mean (Welford 1962). */
static double fixed_variance(const struct fit *f) {
  const struct problem *p = f->frame->problem;
  double mean = 0, squares = 0;
  for (int i = 0; i < p->n; i++) {
    double x = 0;
    for (int j = 0; j < p->p; j++)
      if (!f->result->aliased[j]) x += p->x[(size_t)i + (size_t)j * (size_t)p->n] * f->result->beta[j];
    double off = x - mean;
    mean += off / (i + 1);
    squares += off * (x - mean);
  }
  return p->n > 1 ? squares / (p->n - 1) : 0;
}

static double row_variance(const double *z, const double *g, int c) {
  double sum = 0;
  for (int a = 0; a < c; a++)
    for (int b = 0; b < c; b++) sum += z[a] * g[a + b * c] * z[b];
  return sum;
}

static double term_variance(const struct fit *f, int t) {
  const struct problem *p = f->frame->problem;
  const struct re_term *term = &p->terms[t];
  double sum = 0;
  int loads = term->loads > 1 ? term->loads : 1;
  for (int i = 0; i < p->n * loads; i++)
    sum += row_variance(term->z + (size_t)i * (size_t)term->c, f->result->g[t], term->c);
  return sum / p->n;
}

static double residual_variance(const struct fit *f) {
  const struct problem *p = f->frame->problem;
  if (!p->w && !p->residual) return f->result->sigma2;
  struct mem *m = arena_mem(f->arena);
  struct arena *mark = arena_pool_mark(m);
  const struct residual_matrix *r = reml_residual_open(arena_new(m), p, f->result);
  double sum = 0;
  for (int i = 0; i < p->n; i++) sum += reml_residual_element(r, i, i);
  arena_pool_drain(m, mark);
  return sum / p->n;
}

struct variance_parts variance_parts(struct arena *a, const struct fit *f) {
  int n = f->frame->problem->n_terms;
  double *term = arena_array(a, (size_t)n, double);
  struct variance_parts v = {.fixed = fixed_variance(f), .residual = residual_variance(f), .term = term};
  for (int t = 0; t < n; t++) v.random += term[t] = term_variance(f, t);
  return v;
}
