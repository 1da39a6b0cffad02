#include "runtime/inference/implied.h"
#include <math.h>
#include <string.h>

static const double *loads_of(const struct re_term *t, int i, int load) {
  int loads = t->loads > 1 ? t->loads : 1;
  return t->z + ((size_t)i * (size_t)loads + (size_t)load) * (size_t)t->c;
}

static double quadratic(int c, const double *x, const double *g, const double *y) {
  double sum = 0;
  for (int b = 0; b < c; b++)
    for (int a = 0; a < c; a++) sum += x[a] * g[a + b * c] * y[b];
  return sum;
}

static double term_element(const struct re_term *t, const double *g, int i, int j) {
  int loads = t->loads > 1 ? t->loads : 1;
  double sum = 0;
  for (int s = 0; s < loads; s++)
    for (int r = 0; r < loads; r++)
      if (t->level[i * loads + s] == t->level[j * loads + r])
        sum += quadratic(t->c, loads_of(t, i, s), g, loads_of(t, j, r));
  return sum;
}

double *implied_covariance(struct arena *a, const struct fit *f, int n, const int *row) {
  const struct problem *p = f->frame->problem;
  struct mem *m = arena_mem(a);
  struct arena *mark = arena_pool_mark(m);
  const struct residual_matrix *r = reml_residual_open(arena_new(m), p, f->result);
  size_t size = (size_t)n;
  double *v = arena_raw(a, size * size, double);
  const int32_t *block = p->residual ? p->residual->block : NULL;
  for (int j = 0; j < n; j++)
    for (int i = 0; i <= j; i++) {
      bool together = i == j || (block && block[row[i]] == block[row[j]]);
      double sum = together ? reml_residual_element(r, row[i], row[j]) : 0;
      for (int t = 0; t < p->n_terms; t++) sum += term_element(&p->terms[t], f->result->g[t], row[i], row[j]);
      v[(size_t)i + (size_t)j * size] = v[(size_t)j + (size_t)i * size] = sum;
    }
  arena_pool_drain(m, mark);
  return v;
}

double *implied_correlation(struct arena *a, int n, const double *v) {
  size_t size = (size_t)n;
  double *c = arena_raw(a, size * size, double);
  for (size_t j = 0; j < size; j++)
    for (size_t i = 0; i < size; i++) {
      double scale = v[i + i * size] * v[j + j * size];
      c[i + j * size] = scale > 0 ? v[i + j * size] / sqrt(scale) : (double)NAN;
    }
  return c;
}

const char *implied_row_name(struct arena *a, const struct frame *frame, int i) {
  const struct frame_residual *e = frame->residual;
  struct buf b;
  buf_init(&b, a);
  for (int k = 0; e && k < e->n_factors; k++) {
    const struct frame_factor_names *f = &e->factor[k];
    int at = frame->problem->residual->factors[k].position[i];
    if (!f->index || !f->labels) continue;
    buf_printf(&b, "%s%s[%s]", b.n ? ", " : "", f->index, f->labels[at]);
  }
  return b.n ? b.text : arena_printf(a, "row %d", frame->row[i] + 1);
}

const char *implied_unit_name(const struct frame *frame) {
  const struct frame_residual *e = frame->residual;
  if (e && e->block) return e->block;
  return frame->problem->n_terms ? frame->terms[0].group : NULL;
}

int implied_unit_rows(const struct frame *frame, const char *label, int *row) {
  const struct problem *p = frame->problem;
  const struct frame_residual *e = frame->residual;
  bool blocks = e && e->block;
  int n = 0, loads = !blocks && p->n_terms && p->terms[0].loads > 1 ? p->terms[0].loads : 1;
  const char *const *labels = blocks ? e->labels : p->n_terms ? frame->terms[0].labels : NULL;
  const int32_t *level = blocks ? p->residual->block : p->n_terms ? p->terms[0].level : NULL;
  for (int i = 0; i < p->n && labels; i++) {
    bool in = false;
    for (int s = 0; s < loads; s++) in = in || strcmp(labels[level[i * loads + s]], label) == 0;
    if (in) row[n++] = i;
  }
  return n;
}
