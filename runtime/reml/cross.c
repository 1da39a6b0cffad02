#include "runtime/reml/cross.h"
#include "runtime/reml/linalg.h"
#include <stdlib.h>
#include <string.h>

/* ---- pairs of levels that share rows -------------------------------------------------------------------- */

/* Rows in the order of (level of s, level of t), by two counting sorts. */
static int *sorted_rows(struct arena *scratch, int n, const struct sparse_term *s,
                        const struct sparse_term *t) {
  const struct sparse_term *by[2] = {t, s};
  int *row = ints_raw(scratch, n), *next = ints_raw(scratch, n);
  for (int i = 0; i < n; i++) row[i] = i;
  for (int pass = 0; pass < 2; pass++) {
    int *start = arena_array(scratch, (size_t)by[pass]->q + 1, int);
    for (int i = 0; i < n; i++) start[by[pass]->level[i] + 1]++;
    for (int l = 0; l < by[pass]->q; l++) start[l + 1] += start[l];
    for (int i = 0; i < n; i++) next[start[by[pass]->level[row[i]]]++] = row[i];
    int *swap = row;
    row = next;
    next = swap;
  }
  return row;
}

static void add_outer(double *block, int cs, int ct, const double *zs, const double *zt) {
  for (int b = 0; b < ct; b++)
    for (int a = 0; a < cs; a++) block[a + b * cs] += zs[a] * zt[b];
}

static struct block_pair make_pair(struct arena *a, struct arena *scratch, const struct sparse_problem *sp,
                                   int si, int ti) {
  const struct sparse_term *s = &sp->terms[si], *t = &sp->terms[ti];
  struct arena_mark mark = arena_mark(scratch);
  const int *row = sorted_rows(scratch, sp->n, s, t);
  int32_t *ls = arena_raw(scratch, (size_t)sp->n, int32_t), *lt = arena_raw(scratch, (size_t)sp->n, int32_t);
  int n = 0;
  for (int i = 0; i < sp->n; i++) {
    int32_t x = s->level[row[i]], y = t->level[row[i]];
    if (n > 0 && ls[n - 1] == x && lt[n - 1] == y) continue;
    ls[n] = x;
    lt[n++] = y;
  }
  size_t size = area(s->c, t->c);
  double *block = arena_array(a, (size_t)n * size, double);
  for (int i = 0, k = -1; i < sp->n; i++) {
    if (k < 0 || ls[k] != s->level[row[i]] || lt[k] != t->level[row[i]]) k++;
    add_outer(block + (size_t)k * size, s->c, t->c, s->z + area(row[i], s->c), t->z + area(row[i], t->c));
  }
  struct block_pair p = {.s = si,
                         .t = ti,
                         .n = n,
                         .block = block,
                         .ls = arena_grow(a, ls, (size_t)n, (size_t)n, sizeof *ls),
                         .lt = arena_grow(a, lt, (size_t)n, (size_t)n, sizeof *lt)};
  arena_reset(scratch, mark);
  return p;
}

static double *make_diagonal(struct arena *a, const struct sparse_problem *sp, const struct sparse_term *t) {
  size_t size = area(t->c, t->c);
  double *block = arena_array(a, (size_t)t->q * size, double);
  for (int i = 0; i < sp->n; i++)
    add_outer(block + (size_t)t->level[i] * size, t->c, t->c, t->z + area(i, t->c), t->z + area(i, t->c));
  return block;
}

/* Z'D of one term; its rows begin at out, q apart. */
static void term_products(const struct sparse_problem *sp, const struct sparse_term *t, int q, double *out) {
  for (int j = 0; j < sp->p1; j++)
    for (int i = 0; i < sp->n; i++)
      for (int a = 0; a < t->c; a++)
        out[area(t->level[i], t->c) + (size_t)a + area(q, j)] +=
            t->z[at(a, i, t->c)] * sp->d[at(i, j, sp->n)];
}

struct cross *cross_new(struct arena *a, const struct sparse_problem *sp) {
  struct arena *pool = arena_pool_mark(arena_mem(a)), *scratch = arena_new(arena_mem(a));
  struct cross *x = arena_make(a, struct cross);
  int m = sp->n_terms, *c = ints_raw(a, m), *off = ints_raw(a, m + 1);
  off[0] = 0;
  for (int t = 0; t < m; t++) {
    c[t] = sp->terms[t].c;
    off[t + 1] = off[t] + sp->terms[t].q * c[t];
  }
  *x = (struct cross){.n_terms = m, .q = off[m], .c = c, .off = off};
  x->diagonal = arena_array(a, (size_t)m, double *);
  x->pair = arena_array(a, area(m, m), struct block_pair);
  x->zd = matrix_zero(a, x->q, sp->p1);
  for (int t = 0; t < m; t++) {
    x->diagonal[t] = make_diagonal(a, sp, &sp->terms[t]);
    term_products(sp, &sp->terms[t], x->q, x->zd + off[t]);
    for (int u = t + 1; u < m; u++) x->pair[x->n_pairs++] = make_pair(a, scratch, sp, t, u);
  }
  x->dd = matrix_raw(a, sp->p1, sp->p1);
  la_cross(sp->n, sp->p1, sp->d, sp->n, x->dd, sp->p1);
  arena_pool_drain(arena_mem(a), pool);
  return x;
}

/* ---- S v ------------------------------------------------------------------------------------------------ */

/* to (m) += block from, block m x n column by column. */
static void apply(const double *block, int m, int n, const double *from, double *to) {
  for (int b = 0; b < n; b++)
    for (int a = 0; a < m; a++) to[a] += block[a + b * m] * from[b];
}

static void apply_transposed(const double *block, int m, int n, const double *from, double *to) {
  for (int b = 0; b < n; b++)
    for (int a = 0; a < m; a++) to[b] += block[a + b * m] * from[a];
}

static void multiply_pair(const struct cross *x, const struct block_pair *p, const double *v, double *out) {
  int cs = x->c[p->s], ct = x->c[p->t];
  const double *vs = v + x->off[p->s], *vt = v + x->off[p->t];
  double *os = out + x->off[p->s], *ot = out + x->off[p->t];
  if (cs == 1 && ct == 1) {
    for (int k = 0; k < p->n; k++) {
      os[p->ls[k]] += p->block[k] * vt[p->lt[k]];
      ot[p->lt[k]] += p->block[k] * vs[p->ls[k]];
    }
    return;
  }
  for (int k = 0; k < p->n; k++) {
    const double *block = p->block + (size_t)k * area(cs, ct);
    apply(block, cs, ct, vt + p->lt[k] * ct, os + p->ls[k] * cs);
    apply_transposed(block, cs, ct, vs + p->ls[k] * cs, ot + p->lt[k] * ct);
  }
}

void cross_multiply(const struct cross *x, int m, const double *v, double *out) {
  memset(out, 0, sizeof(double) * area(x->q, m));
  for (int j = 0; j < m; j++) {
    const double *from = v + area(x->q, j);
    double *to = out + area(x->q, j);
    for (int t = 0; t < x->n_terms; t++) {
      int c = x->c[t], levels = (x->off[t + 1] - x->off[t]) / c;
      for (int l = 0; l < levels; l++)
        apply(x->diagonal[t] + area(l, c * c), c, c, from + x->off[t] + l * c, to + x->off[t] + l * c);
    }
    for (int p = 0; p < x->n_pairs; p++) multiply_pair(x, &x->pair[p], from, to);
  }
}
