#include "runtime/reml/marginal_large.h"
#include "runtime/reml/linalg.h"
#include <math.h>
#include <string.h>

enum { LARGE_ROWS = 128 }; /* fewer are served by V itself */

struct entry { /* of a row of Z */
  int column;
  double z;
};

struct large {
  struct arena *arena;
  const struct marginal_model *m;
  const struct sparse_problem *all;
  const struct pattern *p;
  int n, q, p1, k;
  int *off;            /* n_terms + 1: first column of each term's effects, level by level */
  struct entry *entry; /* row by row: those of row i are entry[first[i] .. first[i + 1]) */
  int *first;
  int n_blocks, *begin; /* rows of block b are begin[b] .. begin[b + 1) */
  size_t *place;        /* of block b's square in c, v */
  double *c, *v;        /* blocks of R^-1, and of V^-1 */
  double **slope;       /* k: blocks of R_i; NULL for parameters of random terms */
  double *s, *b, *kk;   /* q x q: S, B, K */
  double *work;         /* q x q, twice */
  double **lambda;      /* per term: c x c */
  double *y, *e;        /* count of n x p1: Y; count of q x p1: E */
  double *d;            /* n x p1 */
};

/* ---- set-up ---- */

static int effects_of(const struct marginal_model *m, const struct pattern *p) {
  int q = 0;
  for (int t = 0; t < m->n_terms; t++) q += p->n_levels[t] * m->term[t].part.x.m;
  return q;
}

static void list_entries(struct large *l) {
  int *count = (int *)arena_zero(l->arena, (size_t)l->n + 1, sizeof(int)), total = 0;
  l->off = ints_raw(l->arena, l->m->n_terms + 1);
  l->off[0] = 0;
  for (int t = 0; t < l->m->n_terms; t++) {
    l->off[t + 1] = l->off[t] + l->p->n_levels[t] * l->m->term[t].part.x.m;
    for (int i = 0; i < l->p->n_loads[t]; i++) count[l->p->loads[t][i].row] += l->p->loads[t][i].n;
  }
  l->first = ints_raw(l->arena, l->n + 1);
  for (int i = 0; i < l->n; i++) {
    l->first[i] = total;
    total += count[i];
    count[i] = 0;
  }
  l->first[l->n] = total;
  l->entry = arena_array(l->arena, (size_t)total, struct entry);
  for (int t = 0; t < l->m->n_terms; t++)
    for (int i = 0; i < l->p->n_loads[t]; i++) {
      const struct load *x = &l->p->loads[t][i];
      for (int a = 0; a < x->n; a++)
        l->entry[l->first[x->row] + count[x->row]++] =
            (struct entry){l->off[t] + x->level * l->m->term[t].part.x.m + x->column[a], x->z[x->column[a]]};
    }
}

static void list_blocks(struct large *l) {
  size_t total = 0;
  l->n_blocks = l->p->block[l->n - 1] + 1;
  l->begin = ints_raw(l->arena, l->n_blocks + 1);
  l->place = arena_raw(l->arena, (size_t)l->n_blocks + 1, size_t);
  for (int i = l->n - 1; i >= 0; i--) l->begin[l->p->block[i]] = i;
  l->begin[l->n_blocks] = l->n;
  for (int b = 0; b < l->n_blocks; b++) {
    l->place[b] = total;
    total += area(l->begin[b + 1] - l->begin[b], l->begin[b + 1] - l->begin[b]);
  }
  l->place[l->n_blocks] = total;
  l->c = (double *)arena_alloc(l->arena, total, sizeof(double));
  l->v = (double *)arena_alloc(l->arena, total, sizeof(double));
  l->slope = arena_array(l->arena, (size_t)l->k, double *);
  int from = l->m->n_terms ? l->m->term[l->m->n_terms - 1].theta + l->m->term[l->m->n_terms - 1].n : 0;
  for (int i = from; i < l->k; i++) l->slope[i] = (double *)arena_alloc(l->arena, total, sizeof(double));
}

struct large *large_new(struct arena *a, const struct marginal_model *m, const struct sparse_problem *all,
                        const struct pattern *p, bool always) {
  int q = effects_of(m, p);
  for (int t = 0; t < m->n_terms; t++) /* marginal.c mixes the modes of such a term */
    if (m->problem->terms[t].root) return NULL;
  if (q == 0 || (!always && (p->n < LARGE_ROWS || q > p->n))) return NULL;
  struct large *l = arena_make(a, struct large);
  *l = (struct large){
      .arena = a, .m = m, .all = all, .p = p, .n = p->n, .q = q, .p1 = all->p1, .k = m->n_theta};
  list_entries(l);
  list_blocks(l);
  l->s = matrix_raw(a, q, q);
  l->b = matrix_raw(a, q, q);
  l->kk = matrix_raw(a, q, q);
  l->work = matrix_raw(a, 2 * q, q);
  l->lambda = arena_array(a, (size_t)m->n_terms, double *);
  for (int t = 0; t < m->n_terms; t++) l->lambda[t] = matrix_raw(a, m->term[t].part.x.m, m->term[t].part.x.m);
  l->y = matrix_raw(a, p->count * p->n, l->p1);
  l->e = matrix_raw(a, p->count * q, l->p1);
  l->d = matrix_raw(a, p->n, l->p1);
  return l;
}

/* ---- blocks ---- */

static int size_of(const struct large *l, int b) {
  return l->begin[b + 1] - l->begin[b];
}

/* R^-1 and R_i of every block; the sum of log|R|; false: a block is not positive definite. */
static bool invert_blocks(struct large *l, bool derivatives, double *log_det) {
  double **slope = arena_array(l->arena, (size_t)l->k, double *);
  for (int b = 0; b < l->n_blocks; b++) {
    int n = size_of(l, b);
    for (int i = 0; i < l->k && derivatives; i++) {
      slope[i] = l->slope[i] ? l->slope[i] + l->place[b] : NULL;
      if (slope[i]) memset(slope[i], 0, sizeof(double) * area(n, n));
    }
    double *r = l->v + l->place[b];
    memset(r, 0, sizeof(double) * area(n, n));
    marginal_fill_block(l->m, l->p->rows + l->begin[b], n, r,
                        derivatives && l->m->problem->residual ? slope : NULL);
    if (!la_cholesky(n, r, n)) return false;
    *log_det += la_log_det(n, r, n);
    la_inverse(n, r, n, l->c + l->place[b], n);
  }
  return true;
}

/* s += Z_b' W Z_b, W a block's matrix. */
static void add_cross(const struct large *l, int b, const double *w, double *s) {
  int n = size_of(l, b), from = l->begin[b];
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) {
      double x = w[at(i, j, n)];
      if (x == 0) continue;
      for (int u = l->first[from + j]; u < l->first[from + j + 1]; u++)
        for (int t = l->first[from + i]; t < l->first[from + i + 1]; t++)
          s[at(l->entry[t].column, l->entry[u].column, l->q)] += x * l->entry[t].z * l->entry[u].z;
    }
}

/* out (n x n) := Z_b B Z_b'. */
static void block_of_b(const struct large *l, int b, double *out) {
  int n = size_of(l, b), from = l->begin[b];
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) {
      double sum = 0;
      for (int u = l->first[from + j]; u < l->first[from + j + 1]; u++)
        for (int t = l->first[from + i]; t < l->first[from + i + 1]; t++)
          sum += l->entry[t].z * l->b[at(l->entry[t].column, l->entry[u].column, l->q)] * l->entry[u].z;
      out[at(i, j, n)] = sum;
    }
}

/* ---- effects ---- */

/* The lower triangular Lambda with Lambda Lambda' = G, which may be singular. */
static void square_root(int c, const double *g, double *l) {
  double largest = 0;
  for (int a = 0; a < c; a++) largest = fmax(largest, g[at(a, a, c)]);
  memset(l, 0, sizeof(double) * area(c, c));
  for (int k = 0; k < c; k++) {
    double pivot = g[at(k, k, c)];
    for (int j = 0; j < k; j++) pivot -= l[at(k, j, c)] * l[at(k, j, c)];
    if (!(pivot > 1e-14 * largest)) continue;
    l[at(k, k, c)] = sqrt(pivot);
    for (int i = k + 1; i < c; i++) {
      double sum = g[at(i, k, c)];
      for (int j = 0; j < k; j++) sum -= l[at(i, j, c)] * l[at(k, j, c)];
      l[at(i, k, c)] = sum / l[at(k, k, c)];
    }
  }
}

/* v (c) := L v, or L'v. */
static void multiply_level(int c, const double *l, bool transpose, double *v) {
  double out[COV_MAX] = {0};
  for (int b = 0; b < c; b++)
    for (int a = 0; a < c; a++) out[a] += l[transpose ? at(b, a, c) : at(a, b, c)] * v[b];
  memcpy(v, out, sizeof(double) * (size_t)c);
}

/* x (q x m) := (I (x) Lambda) x, or its transpose times x. */
static void times_lambda(const struct large *l, bool transpose, int m, double *x) {
  for (int t = 0; t < l->m->n_terms; t++) {
    int c = l->m->term[t].part.x.m;
    for (int j = 0; j < m; j++)
      for (int f = l->off[t]; f < l->off[t + 1]; f += c)
        multiply_level(c, l->lambda[t], transpose, x + at(f, j, l->q));
  }
}

static void transpose(int q, double *x) {
  for (int j = 0; j < q; j++)
    for (int i = 0; i < j; i++) {
      double swap = x[at(i, j, q)];
      x[at(i, j, q)] = x[at(j, i, q)];
      x[at(j, i, q)] = swap;
    }
}

/* x := Lambda' x Lambda, or Lambda x Lambda'; x symmetric. */
static void both_sides(const struct large *l, bool inner, double *x) {
  times_lambda(l, inner, l->q, x);
  transpose(l->q, x);
  times_lambda(l, inner, l->q, x);
}

/* S, B and log|M|; false where M is not positive definite. */
static bool solve_effects(struct large *l, double *log_det) {
  int q = l->q;
  memset(l->s, 0, sizeof(double) * area(q, q));
  for (int b = 0; b < l->n_blocks; b++) add_cross(l, b, l->c + l->place[b], l->s);
  for (int t = 0; t < l->m->n_terms; t++)
    square_root(l->m->term[t].part.x.m, l->m->term[t].value, l->lambda[t]);
  memcpy(l->work, l->s, sizeof(double) * area(q, q));
  both_sides(l, true, l->work);
  for (int i = 0; i < q; i++) l->work[at(i, i, q)] += 1;
  if (!la_cholesky(q, l->work, q)) return false;
  *log_det += la_log_det(q, l->work, q);
  la_inverse(q, l->work, q, l->b, q);
  both_sides(l, false, l->b);
  return true;
}

/* K = S - S B S, and the blocks of V^-1 = C - C Z B Z' C. */
static void finish_pattern(struct large *l) {
  int q = l->q;
  la_multiply(q, q, q, l->s, q, l->b, q, l->work, q);
  la_multiply(q, q, q, l->work, q, l->s, q, l->kk, q);
  for (size_t i = 0; i < area(q, q); i++) l->kk[i] = l->s[i] - l->kk[i];
  for (int b = 0; b < l->n_blocks; b++) {
    int n = size_of(l, b);
    const double *c = l->c + l->place[b];
    double *v = l->v + l->place[b];
    struct arena_mark mark = arena_mark(l->arena);
    double *nb = matrix_raw(l->arena, n, n), *half = matrix_raw(l->arena, n, n);
    block_of_b(l, b, nb);
    la_multiply(n, n, n, c, n, nb, n, half, n);
    la_multiply(n, n, n, half, n, c, n, v, n);
    for (size_t i = 0; i < area(n, n); i++) v[i] = c[i] - v[i];
    arena_reset(l->arena, mark);
  }
}

/* ---- V^-1 of columns ---- */

/* out (n x m) := C x. */
static void times_c(const struct large *l, int m, const double *x, double *out) {
  for (int b = 0; b < l->n_blocks; b++) {
    int n = size_of(l, b), from = l->begin[b];
    la_multiply(n, m, n, l->c + l->place[b], n, x + from, l->n, out + from, l->n);
  }
}

/* out (q x m) := Z'x */
static void z_transpose(const struct large *l, int m, const double *x, double *out) {
  memset(out, 0, sizeof(double) * area(l->q, m));
  for (int j = 0; j < m; j++)
    for (int i = 0; i < l->n; i++)
      for (int t = l->first[i]; t < l->first[i + 1]; t++)
        out[at(l->entry[t].column, j, l->q)] += l->entry[t].z * x[at(i, j, l->n)];
}

/* y (n x m) := V^-1 x. */
static void solve_v(const struct large *l, int m, const double *x, double *y) {
  struct arena_mark mark = arena_mark(l->arena);
  double *rest = matrix_raw(l->arena, l->n, m), *f = matrix_raw(l->arena, l->q, m),
         *bf = matrix_raw(l->arena, l->q, m);
  times_c(l, m, x, rest);
  z_transpose(l, m, rest, f);
  la_multiply(l->q, m, l->q, l->b, l->q, f, l->q, bf, l->q);
  for (int j = 0; j < m; j++)
    for (int i = 0; i < l->n; i++) {
      double zb = 0;
      for (int t = l->first[i]; t < l->first[i + 1]; t++)
        zb += l->entry[t].z * bf[at(l->entry[t].column, j, l->q)];
      rest[at(i, j, l->n)] = x[at(i, j, l->n)] - zb;
    }
  times_c(l, m, rest, y);
  arena_reset(l->arena, mark);
}

static void gather(const struct large *l, int cluster) {
  const int *row = l->p->rows + (size_t)cluster * (size_t)l->n;
  for (int j = 0; j < l->p1; j++)
    for (int i = 0; i < l->n; i++) l->d[at(i, j, l->n)] = l->all->d[at(row[i], j, l->all->n)];
}

static double *y_of(const struct large *l, int cluster) {
  return l->y + (size_t)cluster * area(l->n, l->p1);
}

static double *e_of(const struct large *l, int cluster) {
  return l->e + (size_t)cluster * area(l->q, l->p1);
}

/* ---- sums ---- */

/* out += x' w y over rows [from, from + n) of x and y with p columns, w n x n. */
static void add_form(const struct large *l, int from, int n, const double *w, const double *x, double *out) {
  int p = l->p1;
  struct arena_mark mark = arena_mark(l->arena);
  double *wx = matrix_raw(l->arena, n, p), *sum = matrix_raw(l->arena, p, p);
  la_multiply(n, p, n, w, n, x + from, l->n, wx, n);
  la_multiply_tn(p, p, n, x + from, l->n, wx, n, sum, p);
  for (size_t i = 0; i < area(p, p); i++) out[i] += sum[i];
  arena_reset(l->arena, mark);
}

/* out += sum over levels of E_l' dG E_l. */
static void add_level_forms(const struct large *l, int t, const double *dg, const double *e, double *out) {
  int c = l->m->term[t].part.x.m, p = l->p1;
  for (int f = l->off[t]; f < l->off[t + 1]; f += c)
    for (int v = 0; v < p; v++)
      for (int u = 0; u < p; u++) {
        double sum = 0;
        for (int b = 0; b < c; b++)
          for (int a = 0; a < c; a++) sum += e[at(f + a, u, l->q)] * dg[at(a, b, c)] * e[at(f + b, v, l->q)];
        out[at(u, v, p)] += sum;
      }
}

static double level_trace(const struct large *l, int t, const double *dg) {
  int c = l->m->term[t].part.x.m;
  double sum = 0;
  for (int f = l->off[t]; f < l->off[t + 1]; f += c)
    for (int b = 0; b < c; b++)
      for (int a = 0; a < c; a++) sum += dg[at(a, b, c)] * l->kk[at(f + a, f + b, l->q)];
  return sum;
}

static const double *slope_of(const struct large *l, int t, int i) {
  const struct table *x = &l->m->term[t];
  return x->slope + (size_t)(i - x->theta) * area(x->part.x.m, x->part.x.m);
}

/* The term that parameter i belongs to; -1: the residual. */
static int term_of(const struct large *l, int i) {
  for (int t = 0; t < l->m->n_terms; t++)
    if (i >= l->m->term[t].theta && i < l->m->term[t].theta + l->m->term[t].n) return t;
  return -1;
}

static void add_derivatives(struct large *l, struct kernel_sums *out) {
  size_t size = area(l->p1, l->p1);
  for (int i = 0; i < l->k; i++) {
    int t = term_of(l, i);
    double trace = 0, *u = out->u + (size_t)i * size;
    if (t >= 0) trace = level_trace(l, t, slope_of(l, t, i));
    for (int b = 0; b < l->n_blocks && t < 0; b++)
      trace += la_dot(area(size_of(l, b), size_of(l, b)), l->v + l->place[b], l->slope[i] + l->place[b]);
    out->t[i] += l->p->count * trace;
    for (int c = 0; c < l->p->count; c++) {
      if (t >= 0) add_level_forms(l, t, slope_of(l, t, i), e_of(l, c), u);
      for (int b = 0; b < l->n_blocks && t < 0; b++)
        add_form(l, l->begin[b], size_of(l, b), l->slope[i] + l->place[b], y_of(l, c), u);
    }
  }
}

bool large_eval(struct large *l, unsigned want, struct kernel_sums *out) {
  bool derivatives = want >= WANT_GRADIENT;
  double log_det = 0;
  struct arena_mark mark = arena_mark(l->arena);
  if (!invert_blocks(l, derivatives, &log_det) || !solve_effects(l, &log_det)) {
    arena_reset(l->arena, mark);
    return false;
  }
  finish_pattern(l);
  out->ld += l->p->count * log_det;
  double *sum = matrix_raw(l->arena, l->p1, l->p1);
  for (int c = 0; c < l->p->count; c++) {
    gather(l, c);
    solve_v(l, l->p1, l->d, y_of(l, c));
    z_transpose(l, l->p1, y_of(l, c), e_of(l, c));
    la_multiply_tn(l->p1, l->p1, l->n, l->d, l->n, y_of(l, c), l->n, sum, l->p1);
    for (int j = 0; j < l->p1; j++)
      for (int i = 0; i < l->p1; i++)
        out->a[at(i, j, l->p1)] += (sum[at(i, j, l->p1)] + sum[at(j, i, l->p1)]) / 2;
  }
  if (derivatives) add_derivatives(l, out);
  arena_reset(l->arena, mark);
  return true;
}

/* ---- the second pass ---- */

/* f (n x k): V_i V^-1 r of a cluster, r = D d; y = V^-1 r, e = Z'y. */
static void directions(const struct large *l, const double *y, const double *e, double *f) {
  memset(f, 0, sizeof(double) * area(l->n, l->k));
  for (int i = 0; i < l->k; i++) {
    int t = term_of(l, i);
    double *out = f + at(0, i, l->n);
    for (int b = 0; b < l->n_blocks && t < 0; b++) {
      int n = size_of(l, b), from = l->begin[b];
      la_multiply(n, 1, n, l->slope[i] + l->place[b], n, y + from, n, out + from, n);
    }
    if (t < 0) continue;
    int c = l->m->term[t].part.x.m;
    const double *dg = slope_of(l, t, i);
    for (int row = 0; row < l->n; row++)
      for (int u = l->first[row]; u < l->first[row + 1]; u++) {
        int column = l->entry[u].column;
        if (column < l->off[t] || column >= l->off[t + 1]) continue;
        int a = (column - l->off[t]) % c, level = column - a;
        for (int b = 0; b < c; b++) out[row] += l->entry[u].z * dg[at(a, b, c)] * e[level + b];
      }
  }
}

static void add_average(const struct large *l, const double *y, const double *e, double *dwd) {
  struct arena_mark mark = arena_mark(l->arena);
  double *f = matrix_raw(l->arena, l->n, l->k), *g = matrix_raw(l->arena, l->n, l->k),
         *sum = matrix_raw(l->arena, l->k, l->k);
  directions(l, y, e, f);
  solve_v(l, l->k, f, g);
  la_multiply_tn(l->k, l->k, l->n, f, l->n, g, l->n, sum, l->k);
  for (int j = 0; j < l->k; j++)
    for (int i = 0; i < l->k; i++) dwd[at(i, j, l->k)] += (sum[at(i, j, l->k)] + sum[at(j, i, l->k)]) / 2;
  arena_reset(l->arena, mark);
}

/* gamma (n x n) := sum_ab weight[a, b] x_a x_b' of rows [from, from + n) of x (ld rows, p1 columns). */
static void weighted(const struct large *l, const double *x, int ld, int from, int n, const double *weight,
                     double *gamma) {
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) {
      double sum = 0;
      for (int b = 0; b < l->p1; b++)
        for (int a = 0; a < l->p1; a++)
          sum += x[at(from + i, a, ld)] * weight[at(a, b, l->p1)] * x[at(from + j, b, ld)];
      gamma[at(i, j, n)] += sum;
    }
}

static void add_blocks(const struct large *l, int b, double sign, const double *weight, double *gamma) {
  int n = size_of(l, b);
  struct arena_mark mark = arena_mark(l->arena);
  double *sum = matrix_zero(l->arena, n, n);
  for (int c = 0; c < l->p->count; c++) weighted(l, y_of(l, c), l->n, l->begin[b], n, weight, sum);
  for (size_t i = 0; i < area(n, n); i++) gamma[i] += sign * sum[i];
  arena_reset(l->arena, mark);
}

static void curve_blocks(const struct large *l, const double *residual, const double *phi, bool reml,
                         struct curvature *trace, struct curvature *quad) {
  for (int b = 0; b < l->n_blocks; b++) {
    int n = size_of(l, b);
    const int *row = l->p->rows + l->begin[b];
    struct arena_mark mark = arena_mark(l->arena);
    double *gamma = matrix_zero(l->arena, n, n);
    add_blocks(l, b, 1, residual, gamma);
    curvature_add_block(l->m, row, n, gamma, quad);
    for (size_t i = 0; i < area(n, n); i++) gamma[i] = l->p->count * l->v[l->place[b] + i];
    if (reml) add_blocks(l, b, -1, phi, gamma);
    curvature_add_block(l->m, row, n, gamma, trace);
    arena_reset(l->arena, mark);
  }
}

static void curve_levels(const struct large *l, int t, const double *residual, const double *phi, bool reml,
                         struct curvature *trace, struct curvature *quad) {
  int c = l->m->term[t].part.x.m;
  struct arena_mark mark = arena_mark(l->arena);
  double *sum = matrix_raw(l->arena, c, c);
  for (int f = l->off[t]; f < l->off[t + 1]; f += c) {
    for (int b = 0; b < c; b++)
      for (int a = 0; a < c; a++) trace->term[t][at(a, b, c)] += l->p->count * l->kk[at(f + a, f + b, l->q)];
    for (int k = 0; k < l->p->count; k++) {
      memset(sum, 0, sizeof(double) * area(c, c));
      weighted(l, e_of(l, k), l->q, f, c, residual, sum);
      for (size_t i = 0; i < area(c, c); i++) quad->term[t][i] += sum[i];
      if (!reml) continue;
      memset(sum, 0, sizeof(double) * area(c, c));
      weighted(l, e_of(l, k), l->q, f, c, phi, sum);
      for (size_t i = 0; i < area(c, c); i++) trace->term[t][i] -= sum[i];
    }
  }
  arena_reset(l->arena, mark);
}

void large_weights(struct large *l, const double *d, const double *phi, bool reml, double *dwd,
                   struct curvature *trace, struct curvature *quad) {
  struct arena_mark mark = arena_mark(l->arena);
  double *residual = matrix_raw(l->arena, l->p1, l->p1), *y = matrix_raw(l->arena, l->n, 1),
         *e = matrix_raw(l->arena, l->q, 1);
  for (int b = 0; b < l->p1; b++)
    for (int a = 0; a < l->p1; a++) residual[at(a, b, l->p1)] = d[a] * d[b];
  for (int c = 0; c < l->p->count; c++) {
    la_multiply(l->n, 1, l->p1, y_of(l, c), l->n, d, l->p1, y, l->n);
    la_multiply(l->q, 1, l->p1, e_of(l, c), l->q, d, l->p1, e, l->q);
    add_average(l, y, e, dwd);
  }
  curve_blocks(l, residual, phi, reml, trace, quad);
  for (int t = 0; t < l->m->n_terms; t++) curve_levels(l, t, residual, phi, reml, trace, quad);
  arena_reset(l->arena, mark);
}

/* ---- conditional modes ---- */

void large_mode(const struct large *l, int cluster, int t, int level, const double *d, double *b,
                double *var) {
  int c = l->m->term[t].part.x.m, f = l->off[t] + level * c;
  const double *g = l->m->term[t].value, *e = e_of(l, cluster);
  double ed[COV_MAX], gk[COV_MAX * COV_MAX];
  for (int a = 0; a < c; a++) ed[a] = 0;
  for (int j = 0; j < l->p1; j++)
    for (int a = 0; a < c; a++) ed[a] += e[at(f + a, j, l->q)] * d[j];
  la_multiply(c, 1, c, g, c, ed, c, b, c);
  la_multiply(c, c, c, g, c, l->kk + at(f, f, l->q), l->q, gk, c);
  la_multiply(c, c, c, gk, c, g, c, var, c);
  for (int i = 0; i < c * c; i++) var[i] = g[i] - var[i];
}
