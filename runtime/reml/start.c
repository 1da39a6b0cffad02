/* start.c: variances to start from, by the method of moments (Rao 1971: MINQUE with prior weights zero).
 *
 * A component is one basis column of one term, V = sigma^2 I + sum_u g_u Z_u Z_u'.  With P = I - QQ' that
 * takes the fixed effects out of y,
 *
 *   E |Z_u'Py|^2 = sigma^2 tr(S_uu) + sum_v g_v |S_uv|^2,   S_uv = Z_u'PZ_v,   |.| Frobenius
 *   E |Py|^2     = sigma^2 (n - rank Q) + sum_v g_v tr(S_vv)
 *
 * No factorization: |S_uv|^2 = |Z_u'Z_v|^2 - 2 <Z_u'Z_v, B_u B_v'> + |B_u B_v'|^2 with B_u = Z_u'Q, and the
 * first two only need the pattern of S.
 */
#include "runtime/reml/cross.h"
#include "runtime/reml/linalg.h"
#include <math.h>

/* Ratios to sigma^2 to start from.  An estimate that is not positive starts at the smallest too: on random
   crossed problems, many of them with a variance of zero, that took fewest evaluations. */
#define SMALLEST 1e-3
#define LARGEST 1e4

struct system {
  const struct cross *x;
  struct arena *arena;
  int m, n, p;     /* components; rows; columns of Q */
  int *first;      /* per term: its first component */
  double *b;       /* q x p by rows: Z'Q */
  double *gram;    /* m of p x p: B_u'B_u */
  double *h, *rhs; /* (m + 1) x (m + 1), m + 1: sigma^2 last */
};

static int levels_of(const struct cross *x, int t) {
  return (x->off[t + 1] - x->off[t]) / x->c[t];
}

/* B by rows, so that the inner product of two levels is one of two short vectors; D's first columns are
   sqrt(n) Q. */
static void make_b(struct system *s) {
  s->b = matrix_raw(s->arena, s->x->q, s->p);
  double scale = 1 / sqrt(s->n);
  for (int j = 0; j < s->p; j++)
    for (int i = 0; i < s->x->q; i++) s->b[at(j, i, s->p)] = scale * s->x->zd[at(i, j, s->x->q)];
}

static void make_gram(struct system *s) {
  s->gram = matrix_zero(s->arena, s->m, s->p * s->p);
  for (int t = 0; t < s->x->n_terms; t++)
    for (int i = s->x->off[t]; i < s->x->off[t + 1]; i++) {
      const double *row = s->b + at(0, i, s->p);
      double *g = s->gram + area(s->first[t] + (i - s->x->off[t]) % s->x->c[t], s->p * s->p);
      for (int k = 0; k < s->p; k++) la_axpy((size_t)s->p, row[k], row, g + at(0, k, s->p));
    }
}

/* One block of Z'Z, m x n, rows from i and columns from j on: to |Z_u'Z_v|^2 - 2 <Z_u'Z_v, B_u B_v'>. */
static void add_block(struct system *s, const double *block, int m, int n, int i, int j, int u, int v) {
  for (int b = 0; b < n; b++)
    for (int a = 0; a < m; a++) {
      double value = block[a + b * m];
      double both = la_dot((size_t)s->p, s->b + at(0, i + a, s->p), s->b + at(0, j + b, s->p));
      s->h[at(u + a, v + b, s->m + 1)] += value * (value - 2 * both);
    }
}

static void add_blocks(struct system *s) {
  const struct cross *x = s->x;
  for (int t = 0; t < x->n_terms; t++)
    for (int l = 0, c = x->c[t]; l < levels_of(x, t); l++)
      add_block(s, x->diagonal[t] + area(l, c * c), c, c, x->off[t] + l * c, x->off[t] + l * c, s->first[t],
                s->first[t]);
  for (int q = 0; q < x->n_pairs; q++) {
    const struct block_pair *p = &x->pair[q];
    int cs = x->c[p->s], ct = x->c[p->t];
    for (int k = 0; k < p->n; k++)
      add_block(s, p->block + area(k, cs * ct), cs, ct, x->off[p->s] + p->ls[k] * cs,
                x->off[p->t] + p->lt[k] * ct, s->first[p->s], s->first[p->t]);
  }
}

static void finish_products(struct system *s) {
  size_t size = area(s->p, s->p);
  for (int v = 0; v < s->m; v++)
    for (int u = 0; u <= v; u++) {
      double *h = &s->h[at(u, v, s->m + 1)];
      *h += la_dot(size, s->gram + (size_t)u * size, s->gram + (size_t)v * size);
      s->h[at(v, u, s->m + 1)] = *h;
    }
}

/* tr(S_uu) and |Z_u'Py|^2 of the components of one term. */
static void add_traces(struct system *s, int t) {
  const struct cross *x = s->x;
  int c = x->c[t], last = s->m;
  for (int l = 0; l < levels_of(x, t); l++)
    for (int a = 0; a < c; a++) {
      int i = x->off[t] + l * c + a, u = s->first[t] + a;
      const double *b = s->b + at(0, i, s->p);
      double zy = x->zd[at(i, s->p, x->q)];
      s->h[at(u, last, s->m + 1)] +=
          x->diagonal[t][area(l, c * c) + at(a, a, c)] - la_dot((size_t)s->p, b, b);
      s->rhs[u] += zy * zy;
    }
  for (int a = 0; a < c; a++)
    s->h[at(last, s->first[t] + a, s->m + 1)] = s->h[at(s->first[t] + a, last, s->m + 1)];
}

static struct system system_new(struct arena *a, const struct cross *x, int n, int p) {
  struct system s = {.x = x, .arena = a, .n = n, .p = p, .first = ints_raw(a, x->n_terms)};
  for (int t = 0; t < x->n_terms; t++) {
    s.first[t] = s.m;
    s.m += x->c[t];
  }
  s.h = matrix_zero(a, s.m + 1, s.m + 1);
  s.rhs = matrix_zero(a, s.m + 1, 1);
  make_b(&s);
  make_gram(&s);
  return s;
}

/* Into rhs; false: components that moments cannot tell apart. */
static bool solve_system(struct system *s) {
  int m = s->m + 1;
  if (!la_cholesky(m, s->h, m)) return false;
  la_solve_lower(m, s->h, m, 1, s->rhs, m);
  la_solve_lower_t(m, s->h, m, 1, s->rhs, m);
  return s->rhs[s->m] > 0;
}

bool cross_start(struct arena *scratch, const struct cross *x, int n, int p1, double *const *g) {
  struct system s = system_new(scratch, x, n, p1 - 1);
  add_blocks(&s);
  finish_products(&s);
  for (int t = 0; t < x->n_terms; t++) add_traces(&s, t);
  s.h[at(s.m, s.m, s.m + 1)] = n - s.p;
  s.rhs[s.m] = x->dd[at(s.p, s.p, p1)];
  if (!solve_system(&s)) return false;
  for (int t = 0; t < x->n_terms; t++)
    for (int a = 0; a < x->c[t]; a++) {
      double ratio = s.rhs[s.first[t] + a] / s.rhs[s.m];
      g[t][at(a, a, x->c[t])] = fmin(fmax(ratio, SMALLEST), LARGEST);
    }
  return true;
}
