/* sparse.c: the sparse kernel, by the mixed-model equations.
 *
 *   M = Lambda'S Lambda + I = L L',   log|V| = log|M|,   X = M^-1 Lambda'Z'D
 *   E = Z'V^-1 D = Lambda^-T X,        A = D'D - (Lambda'Z'D)' X = |D - Z Lambda X|^2 + |X|^2
 *   K = Z'V^-1 Z,   K_ll Lambda_t = (S Lambda M^-1)_ll,   t_i = sum_l tr(K_ll G_i)
 *
 * M's pattern never changes: it is analysed once (CHOLMOD, supernodal); the numbers of L are
 * made by supernodes.h, those of M^-1 on its pattern by takahashi.h.  Each factor Lambda_t is replaced by one
 * of the same G_t without zero pivots: singular values below FLOOR are raised to it, which changes K by its
 * square and lets one formula serve zero variances too.
 */
#include "runtime/reml/cross.h"
#include "runtime/reml/linalg.h"
#include "runtime/reml/takahashi.h"
#include <assert.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* From this sd of a random effect relative to sigma on, D'D and what is subtracted from it have too many
   digits in common: A is computed from the residuals, row by row. */
#define BY_ROWS 100

/* Operations per element of M from which on a nested dissection is tried: it takes as long as half an
   evaluation. */
#define WORTH_DISSECTION 1000

#define FLOOR 1e-7 /* of Lambda, relative to 1 / root mean diagonal of S */

struct sparse {
  struct arena *arena;
  const struct sparse_problem *problem;
  struct cross *cross;
  cholmod_common common;
  cholmod_factor *l;         /* CHOLMOD's analysis; its values are made by supernodes_factor */
  double operations, values; /* to compute L; elements of it */
  struct supernodes *nodes;
  double *z;            /* M^-1, laid out as L */
  size_t **pair_at;     /* per pair of terms: place in L, and in z, of every element of every block */
  size_t **diagonal_at; /* per term: of every element of every diagonal block */
  double **lambda;      /* per term: c x c, floored */
  double *floor;        /* per term */
  double *e;            /* q x p1: Z'V^-1 D */
  double *work, *work2; /* q x max(p1, k) */
  double *permuted;     /* q */
};

/* ---- CHOLMOD's objects ---------------------------------------------------------------------------------- */

static void release(void *p) {
  struct sparse *s = p;
  cholmod_free_factor(&s->l, &s->common);
  cholmod_finish(&s->common);
}

/* CHOLMOD reports by its status; out of memory, and more elements than its integers count, leave as every
   allocation of kin does. */
static void check_memory(const struct sparse *s) {
  assert(s->common.status != CHOLMOD_INVALID && s->common.status != CHOLMOD_NOT_INSTALLED);
  if (s->common.status < 0) mem_unwind(arena_mem(s->arena), UNWIND_MEMORY);
}

static void start_cholmod(struct sparse *s) {
  cholmod_start(&s->common);
  arena_register(s->arena, release, s);
  s->common.print = 0;
  s->common.supernodal = CHOLMOD_SUPERNODAL;
  s->common.final_ll = 1;
  s->common.nmethods = 1;
  s->common.postorder = 1;
}

/* ---- the pattern of M ----------------------------------------------------------------------------------- */

/* Elements of the lower triangle in each column, and of all. */
static size_t count_columns(const struct cross *x, int *count) {
  size_t total = 0;
  for (int t = 0; t < x->n_terms; t++)
    for (int j = x->off[t]; j < x->off[t + 1]; j++) count[j] = x->c[t] - (j - x->off[t]) % x->c[t];
  for (int q = 0; q < x->n_pairs; q++) {
    const struct block_pair *p = &x->pair[q];
    int cs = x->c[p->s], ct = x->c[p->t];
    for (int k = 0; k < p->n; k++)
      for (int a = 0; a < cs; a++) count[x->off[p->s] + p->ls[k] * cs + a] += ct;
  }
  for (int j = 0; j < x->q; j++) total += (size_t)count[j];
  return total;
}

/* next[j]: place of the next row index of column j. */
static void fill_rows(const struct cross *x, int *next, int *rows) {
  for (int t = 0; t < x->n_terms; t++)
    for (int j = x->off[t]; j < x->off[t + 1]; j++)
      for (int i = j, a = (j - x->off[t]) % x->c[t]; a < x->c[t]; a++) rows[next[j]++] = i++;
  for (int q = 0; q < x->n_pairs; q++) {
    const struct block_pair *p = &x->pair[q];
    int cs = x->c[p->s], ct = x->c[p->t];
    for (int k = 0; k < p->n; k++)
      for (int a = 0; a < cs; a++)
        for (int b = 0, j = x->off[p->s] + p->ls[k] * cs + a; b < ct; b++)
          rows[next[j]++] = x->off[p->t] + p->lt[k] * ct + b;
  }
}

/* A factor whose pattern is known; NULL when this ordering is not to be had. */
static cholmod_factor *analyse_by(struct sparse *s, cholmod_sparse *m, int ordering) {
  s->common.method[0].ordering = ordering;
  cholmod_factor *l = cholmod_analyze(m, &s->common);
  if (s->common.status == CHOLMOD_NOT_INSTALLED) s->common.status = CHOLMOD_OK;
  return l;
}

/* Minimum degree is quick and good where factors are nested.  Where many operations are left, nested dissection may find
   groups that are hardly connected, such as the departments that a university's students and teachers keep to. */
static void choose_ordering(struct sparse *s, cholmod_sparse *m) {
  s->l = analyse_by(s, m, CHOLMOD_AMD);
  check_memory(s);
  s->operations = s->common.fl;
  s->values = s->common.lnz;
  if (s->operations < WORTH_DISSECTION * (double)m->nzmax) return;
  cholmod_factor *other = analyse_by(s, m, CHOLMOD_METIS);
  if (other && s->common.fl < s->operations) {
    cholmod_factor *worse = s->l;
    s->l = other;
    other = worse;
    s->operations = s->common.fl;
    s->values = s->common.lnz;
  }
  cholmod_free_factor(&other, &s->common);
  check_memory(s);
}

static void analyse(struct sparse *s) {
  struct mem *mem = arena_mem(s->arena);
  struct arena *pool = arena_pool_mark(mem), *scratch = arena_new(mem);
  const struct cross *x = s->cross;
  int *next = ints_raw(scratch, x->q);
  size_t nnz = count_columns(x, next), q = (size_t)x->q;
  if (nnz > INT_MAX) mem_unwind(mem, UNWIND_MEMORY);
  int *start = ints_raw(scratch, x->q + 1), *rows = ints_raw(scratch, (int)nnz);
  start[0] = 0;
  for (int j = 0; j < x->q; j++) {
    start[j + 1] = start[j] + next[j];
    next[j] = start[j];
  }
  fill_rows(x, next, rows);
  cholmod_sparse m = {.nrow = q, .ncol = q, .nzmax = nnz, .p = start, .i = rows, .stype = -1, .packed = 1};
  m.itype = CHOLMOD_INT;
  m.xtype = CHOLMOD_PATTERN;
  choose_ordering(s, &m);
  cholmod_change_factor(CHOLMOD_REAL, 1, 1, 1, 1, s->l, &s->common);
  check_memory(s);
  arena_pool_drain(mem, pool);
}

/* ---- places in L ---------------------------------------------------------------------------------------- */

static void block_places(const struct sparse *s, const int *inverse_perm, int row, int column, int m, int n,
                         size_t *out) {
  for (int b = 0; b < n; b++)
    for (int a = 0; a < m; a++)
      out[a + b * m] = supernodes_place(s->nodes, inverse_perm[row + a], inverse_perm[column + b]);
}

static void find_places(struct sparse *s) {
  const struct cross *x = s->cross;
  const int *perm = s->l->Perm;
  int *inverse_perm = ints_raw(s->arena, x->q);
  for (int i = 0; i < x->q; i++) inverse_perm[perm[i]] = i;
  s->diagonal_at = arena_array(s->arena, (size_t)x->n_terms, size_t *);
  s->pair_at = arena_array(s->arena, (size_t)x->n_pairs, size_t *);
  for (int t = 0; t < x->n_terms; t++) {
    int c = x->c[t], levels = (x->off[t + 1] - x->off[t]) / c;
    s->diagonal_at[t] = arena_raw(s->arena, area(levels, c * c), size_t);
    for (int l = 0; l < levels; l++)
      block_places(s, inverse_perm, x->off[t] + l * c, x->off[t] + l * c, c, c,
                   s->diagonal_at[t] + area(l, c * c));
  }
  for (int q = 0; q < x->n_pairs; q++) {
    const struct block_pair *p = &x->pair[q];
    int cs = x->c[p->s], ct = x->c[p->t];
    s->pair_at[q] = arena_raw(s->arena, area(p->n, cs * ct), size_t);
    for (int k = 0; k < p->n; k++)
      block_places(s, inverse_perm, x->off[p->s] + p->ls[k] * cs, x->off[p->t] + p->lt[k] * ct, cs, ct,
                   s->pair_at[q] + area(k, cs * ct));
  }
}

/* ---- set-up --------------------------------------------------------------------------------------------- */

/* 1 / root mean diagonal of S; 1 where the basis is zero in these rows. */
static double lambda_scale(const struct cross *x, int t) {
  int c = x->c[t], levels = (x->off[t + 1] - x->off[t]) / c;
  double sum = 0;
  for (int l = 0; l < levels; l++)
    for (int a = 0; a < c; a++) sum += x->diagonal[t][area(l, c * c) + (size_t)(a + a * c)];
  return sum > 0 ? sqrt(levels * c / sum) : 1;
}

struct sparse *sparse_new(struct arena *a, const struct sparse_problem *sp) {
  struct sparse *s = arena_make(a, struct sparse);
  s->arena = a;
  s->problem = sp;
  la_init();
  s->cross = cross_new(a, sp);
  start_cholmod(s);
  analyse(s);
  s->nodes = supernodes_new(a, s->l, sp->threads);
  s->z = arena_raw(a, s->nodes->size, double);
  find_places(s);
  int wide = sp->p1 > sp->k ? sp->p1 : sp->k;
  s->e = matrix_raw(a, s->cross->q, sp->p1);
  s->permuted = matrix_raw(a, s->cross->q, 1);
  s->work = matrix_raw(a, s->cross->q, wide);
  s->work2 = matrix_raw(a, s->cross->q, wide);
  s->lambda = arena_array(a, (size_t)sp->n_terms, double *);
  s->floor = matrix_raw(a, sp->n_terms, 1);
  for (int t = 0; t < sp->n_terms; t++) {
    s->lambda[t] = matrix_zero(a, sp->terms[t].c, sp->terms[t].c);
    s->floor[t] = FLOOR * lambda_scale(s->cross, t);
  }
  return s;
}

/* ---- Lambda --------------------------------------------------------------------------------------------- */

/* A factor of G = lambda lambda' (its symmetric eigenvectors times the roots of its values) with no root
   below the floor. */
static void floor_factor(struct arena *scratch, int c, const double *lambda, double floor, double *out) {
  if (c == 1) {
    out[0] = fabs(lambda[0]) > floor ? fabs(lambda[0]) : floor;
    return;
  }
  double *g = matrix_raw(scratch, c, c), *v = matrix_raw(scratch, c, c), *values = matrix_raw(scratch, c, 1);
  la_multiply_nt(c, c, c, lambda, c, lambda, c, g, c);
  la_eigen(c, g, values, v);
  for (int b = 0; b < c; b++) {
    double root = values[b] > floor * floor ? sqrt(values[b]) : floor;
    for (int a = 0; a < c; a++) out[at(a, b, c)] = v[at(a, b, c)] * root;
  }
}

static bool all_finite(int n, const double *x) {
  for (int i = 0; i < n; i++)
    if (!isfinite(x[i])) return false;
  return true;
}

static bool set_lambda(struct sparse *s, const double *const *lambda) {
  const struct cross *x = s->cross;
  for (int t = 0; t < x->n_terms; t++)
    if (!all_finite(x->c[t] * x->c[t], lambda[t])) return false;
  struct arena_mark mark = arena_mark(s->arena);
  for (int t = 0; t < x->n_terms; t++) floor_factor(s->arena, x->c[t], lambda[t], s->floor[t], s->lambda[t]);
  arena_reset(s->arena, mark);
  return true;
}

static void column_squares(int c, const double *lambda, double *square) {
  for (int k = 0; k < c; k++) square[k] = la_dot((size_t)c, lambda + k * c, lambda + k * c);
}

/* v (q x m) := Lambda v, or Lambda' v. */
static void scale_by_lambda(const struct sparse *s, bool transposed, int m, double *v) {
  const struct cross *x = s->cross;
  for (int t = 0; t < x->n_terms; t++) {
    int c = x->c[t];
    const double *lambda = s->lambda[t];
    double old[COV_MAX];
    for (int j = 0; j < m; j++)
      for (double *b = v + area(x->q, j) + x->off[t], *end = v + area(x->q, j) + x->off[t + 1]; b < end;
           b += c) {
        memcpy(old, b, sizeof(double) * (size_t)c);
        for (int i = 0; i < c; i++) {
          b[i] = 0;
          for (int k = 0; k < c; k++) b[i] += (transposed ? lambda[k + i * c] : lambda[i + k * c]) * old[k];
        }
      }
  }
}

/* v (q x m) := Lambda^-T v = Lambda D^-2 v, where Lambda = V D with orthonormal V (floor_factor). */
static void divide_by_lambda_t(const struct sparse *s, int m, double *v) {
  const struct cross *x = s->cross;
  for (int t = 0; t < x->n_terms; t++) {
    int c = x->c[t];
    double square[COV_MAX] = {0};
    column_squares(c, s->lambda[t], square);
    for (int j = 0; j < m; j++)
      for (int i = x->off[t]; i < x->off[t + 1]; i++) v[at(i, j, x->q)] /= square[(i - x->off[t]) % c];
  }
  scale_by_lambda(s, false, m, v);
}

/* ---- M's values ----------------------------------------------------------------------------------------- */

/* out (m x n) := a' block b, a of m x m, b of n x n. */
static void sandwich(int m, int n, const double *a, const double *block, const double *b, double *out) {
  double half[COV_MAX * COV_MAX];
  for (int j = 0; j < n; j++)
    for (int i = 0; i < m; i++) {
      half[i + j * m] = 0;
      for (int k = 0; k < m; k++) half[i + j * m] += a[k + i * m] * block[k + j * m];
    }
  for (int j = 0; j < n; j++)
    for (int i = 0; i < m; i++) {
      out[i + j * m] = 0;
      for (int k = 0; k < n; k++) out[i + j * m] += half[i + k * m] * b[k + j * n];
    }
}

static void fill_diagonal(const struct sparse *s, int t, double *m) {
  const struct cross *x = s->cross;
  int c = x->c[t], size = c * c, levels = (x->off[t + 1] - x->off[t]) / c;
  double block[COV_MAX * COV_MAX];
  for (int l = 0; l < levels; l++) {
    const size_t *place = s->diagonal_at[t] + area(l, size);
    sandwich(c, c, s->lambda[t], x->diagonal[t] + area(l, size), s->lambda[t], block);
    for (int i = 0; i < size; i++) m[place[i]] = block[i];
    for (int a = 0; a < c; a++) m[place[a + a * c]] += 1;
  }
}

static void fill_pair(const struct sparse *s, int q, double *m) {
  const struct block_pair *p = &s->cross->pair[q];
  int cs = s->cross->c[p->s], ct = s->cross->c[p->t], size = cs * ct;
  double block[COV_MAX * COV_MAX];
  if (size == 1) {
    double scale = s->lambda[p->s][0] * s->lambda[p->t][0];
    for (int k = 0; k < p->n; k++) m[s->pair_at[q][k]] = scale * p->block[k];
    return;
  }
  for (int k = 0; k < p->n; k++) {
    sandwich(cs, ct, s->lambda[p->s], p->block + area(k, size), s->lambda[p->t], block);
    for (int i = 0; i < size; i++) m[s->pair_at[q][area(k, size) + (size_t)i]] = block[i];
  }
}

static bool factor(struct sparse *s) {
  double *m = s->l->x;
  memset(m, 0, s->nodes->size * sizeof *m);
  for (int t = 0; t < s->cross->n_terms; t++) fill_diagonal(s, t, m);
  for (int q = 0; q < s->cross->n_pairs; q++) fill_pair(s, q, m);
  return supernodes_factor(s->nodes, m);
}

/* v (q x m) := M^-1 v. */
static void solve(const struct sparse *s, int m, double *v) {
  const int *perm = s->l->Perm;
  int q = s->cross->q;
  for (int j = 0; j < m; j++) {
    double *column = v + area(q, j);
    for (int i = 0; i < q; i++) s->permuted[i] = column[perm[i]];
    supernodes_solve(s->nodes, s->l->x, s->permuted);
    for (int i = 0; i < q; i++) column[perm[i]] = s->permuted[i];
  }
}

/* out (q x m) := K v = S v - S Lambda M^-1 Lambda'S v; v is not changed; work holds q x m. */
static void multiply_k(struct sparse *s, int m, const double *v, double *work, double *out) {
  const struct cross *x = s->cross;
  cross_multiply(x, m, v, out);
  memcpy(work, out, sizeof(double) * area(x->q, m));
  scale_by_lambda(s, true, m, work);
  solve(s, m, work);
  scale_by_lambda(s, false, m, work);
  struct arena_mark mark = arena_mark(s->arena);
  double *back = matrix_raw(s->arena, x->q, m);
  cross_multiply(x, m, work, back);
  for (size_t i = 0; i < area(x->q, m); i++) out[i] -= back[i];
  arena_reset(s->arena, mark);
}

/* ---- traces --------------------------------------------------------------------------------------------- */

/* sum (m x m) += block a z', block and z of m x n, a of n x n. */
static void add_product(int m, int n, const double *block, const double *a, const double *z, double *sum) {
  double half[COV_MAX * COV_MAX];
  for (int j = 0; j < n; j++)
    for (int i = 0; i < m; i++) {
      half[i + j * m] = 0;
      for (int k = 0; k < n; k++) half[i + j * m] += block[i + k * m] * a[k + j * n];
    }
  for (int j = 0; j < m; j++)
    for (int i = 0; i < m; i++)
      for (int k = 0; k < n; k++) sum[i + j * m] += half[i + k * m] * z[j + k * m];
}

static void transpose(int m, int n, const double *from, double *to) {
  for (int j = 0; j < n; j++)
    for (int i = 0; i < m; i++) to[j + i * n] = from[i + j * m];
}

static void add_pair_traces(const struct sparse *s, int q, double *const *sum) {
  const struct block_pair *p = &s->cross->pair[q];
  int cs = s->cross->c[p->s], ct = s->cross->c[p->t], size = cs * ct;
  const double *z = s->z, *ls = s->lambda[p->s], *lt = s->lambda[p->t];
  if (size == 1) {
    double both = 0;
    for (int k = 0; k < p->n; k++) both += p->block[k] * z[s->pair_at[q][k]];
    sum[p->s][0] += both * lt[0];
    sum[p->t][0] += both * ls[0];
    return;
  }
  double zb[COV_MAX * COV_MAX], zt[COV_MAX * COV_MAX], bt[COV_MAX * COV_MAX];
  for (int k = 0; k < p->n; k++) {
    const double *block = p->block + area(k, size);
    for (int i = 0; i < size; i++) zb[i] = z[s->pair_at[q][area(k, size) + (size_t)i]];
    transpose(cs, ct, block, bt);
    transpose(cs, ct, zb, zt);
    add_product(cs, ct, block, lt, zb, sum[p->s]);
    add_product(ct, cs, bt, ls, zt, sum[p->t]);
  }
}

static void add_diagonal_traces(const struct sparse *s, int t, double *sum) {
  const struct cross *x = s->cross;
  int c = x->c[t], size = c * c, levels = (x->off[t + 1] - x->off[t]) / c;
  const double *z = s->z;
  double zb[COV_MAX * COV_MAX];
  for (int l = 0; l < levels; l++) {
    for (int i = 0; i < size; i++) zb[i] = z[s->diagonal_at[t][area(l, size) + (size_t)i]];
    add_product(c, c, x->diagonal[t] + area(l, size), s->lambda[t], zb, sum);
  }
}

/* sum := sum Lambda^-1 = sum D^-2 Lambda'. */
static void divide_by_lambda(int c, const double *lambda, double *sum) {
  double copy[COV_MAX * COV_MAX], square[COV_MAX];
  memcpy(copy, sum, sizeof(double) * (size_t)(c * c));
  column_squares(c, lambda, square);
  for (int j = 0; j < c; j++)
    for (int i = 0; i < c; i++) {
      sum[i + j * c] = 0;
      for (int k = 0; k < c; k++) sum[i + j * c] += copy[i + k * c] / square[k] * lambda[j + k * c];
    }
}

/* t_i = tr((sum_l K_ll) G_i) */
static void add_traces(struct sparse *s, double *t) {
  const struct cross *x = s->cross;
  struct arena_mark mark = arena_mark(s->arena);
  double **sum = arena_array(s->arena, (size_t)x->n_terms, double *);
  for (int i = 0; i < x->n_terms; i++) {
    sum[i] = matrix_zero(s->arena, x->c[i], x->c[i]);
    add_diagonal_traces(s, i, sum[i]);
  }
  for (int q = 0; q < x->n_pairs; q++) add_pair_traces(s, q, sum);
  for (int i = 0; i < x->n_terms; i++) divide_by_lambda(x->c[i], s->lambda[i], sum[i]);
  for (int i = 0; i < s->problem->k; i++) {
    struct param p = s->problem->params[i];
    int c = x->c[p.term];
    t[i] += p.a == p.b ? sum[p.term][p.a + p.a * c] : sum[p.term][p.a + p.b * c] + sum[p.term][p.b + p.a * c];
  }
  arena_reset(s->arena, mark);
}

/* ---- evaluation ----------------------------------------------------------------------------------------- */

/* U_i = E'G_i E */
static void add_u(const struct sparse *s, double *u) {
  const struct cross *x = s->cross;
  int p1 = s->problem->p1;
  for (int i = 0; i < s->problem->k; i++) {
    struct param p = s->problem->params[i];
    double *ui = u + area(i, p1 * p1);
    for (int k = 0; k < p1; k++)
      for (int j = 0; j < p1; j++) {
        double sum = 0;
        const double *ej = s->e + area(x->q, j), *ek = s->e + area(x->q, k);
        for (int l = x->off[p.term]; l < x->off[p.term + 1]; l += x->c[p.term])
          sum +=
              p.a == p.b ? ej[l + p.a] * ek[l + p.a] : ej[l + p.a] * ek[l + p.b] + ej[l + p.b] * ek[l + p.a];
        ui[at(j, k, p1)] += sum;
      }
  }
}

/* A by cross-products; x (q x p1): X, right: Lambda'Z'D. */
static void add_a(const struct sparse *s, const double *right, const double *x, double *a) {
  int p1 = s->problem->p1, q = s->cross->q;
  for (int k = 0; k < p1; k++)
    for (int j = 0; j < p1; j++)
      a[at(j, k, p1)] += s->cross->dd[at(j, k, p1)] - la_dot((size_t)q, right + area(q, j), x + area(q, k));
}

/* row (p1) := row i of D - Z u, u (q x p1). */
static void residual_row(const struct sparse *s, int i, const double *u, double *row) {
  const struct sparse_problem *sp = s->problem;
  for (int j = 0; j < sp->p1; j++) row[j] = sp->d[at(i, j, sp->n)];
  for (int t = 0; t < sp->n_terms; t++) {
    const struct sparse_term *term = &sp->terms[t];
    size_t first = (size_t)s->cross->off[t] + area(term->level[i], term->c);
    for (int j = 0; j < sp->p1; j++)
      row[j] -= la_dot((size_t)term->c, term->z + area(i, term->c), u + first + area(s->cross->q, j));
  }
}

/* A by a pass over the rows; u: Lambda X. */
static void add_a_by_rows(const struct sparse *s, const double *u, const double *x, double *a) {
  struct arena_mark mark = arena_mark(s->arena);
  int p1 = s->problem->p1, q = s->cross->q;
  double *row = matrix_raw(s->arena, p1, 1);
  for (int i = 0; i < s->problem->n; i++) {
    residual_row(s, i, u, row);
    for (int j = 0; j < p1; j++) la_axpy((size_t)p1, row[j], row, a + at(0, j, p1));
  }
  for (int k = 0; k < p1; k++)
    for (int j = 0; j < p1; j++) a[at(j, k, p1)] += la_dot((size_t)q, x + area(q, j), x + area(q, k));
  arena_reset(s->arena, mark);
}

static bool much_larger_than_sigma(const struct sparse *s) {
  for (int t = 0; t < s->cross->n_terms; t++)
    for (int i = 0; i < s->cross->c[t] * s->cross->c[t]; i++)
      if (fabs(s->lambda[t][i]) > BY_ROWS) return true;
  return false;
}

/* X, then A and E. */
static void solve_data(struct sparse *s, struct kernel_sums *out) {
  int p1 = s->problem->p1;
  size_t bytes = sizeof(double) * area(s->cross->q, p1);
  memcpy(s->work, s->cross->zd, bytes);
  scale_by_lambda(s, true, p1, s->work);
  memcpy(s->e, s->work, bytes);
  solve(s, p1, s->e);
  if (much_larger_than_sigma(s)) {
    memcpy(s->work, s->e, bytes);
    scale_by_lambda(s, false, p1, s->work);
    add_a_by_rows(s, s->work, s->e, out->a);
  } else {
    add_a(s, s->work, s->e, out->a);
  }
  divide_by_lambda_t(s, p1, s->e);
}

bool sparse_eval(struct sparse *s, const double *const *lambda, unsigned want, struct kernel_sums *out) {
  if (!set_lambda(s, lambda) || !factor(s)) return false;
  double ld = supernodes_log_det(s->nodes, s->l->x);
  if (!isfinite(ld)) return false;
  out->ld += ld;
  solve_data(s, out);
  if (want < WANT_GRADIENT) return true;
  takahashi_invert(s->nodes, s->l->x, s->z);
  add_traces(s, out->t);
  add_u(s, out->u);
  return true;
}

/* w (q) := G_i e, e (q) = E d. */
static void apply_g(const struct sparse *s, struct param p, const double *e, double *w) {
  const struct cross *x = s->cross;
  memset(w, 0, sizeof(double) * (size_t)x->q);
  for (int l = x->off[p.term]; l < x->off[p.term + 1]; l += x->c[p.term]) {
    w[l + p.a] += e[l + p.b];
    if (p.a != p.b) w[l + p.b] += e[l + p.a];
  }
}

void sparse_weights(struct sparse *s, struct kernel_weights *w) {
  const struct cross *x = s->cross;
  int k = s->problem->k;
  struct arena_mark mark = arena_mark(s->arena);
  double *e = matrix_zero(s->arena, x->q, 1), *g = matrix_raw(s->arena, x->q, k);
  for (int j = 0; j < s->problem->p1; j++) la_axpy((size_t)x->q, w->d[j], s->e + area(x->q, j), e);
  for (int i = 0; i < k; i++) apply_g(s, s->problem->params[i], e, g + area(x->q, i));
  multiply_k(s, k, g, s->work, s->work2);
  for (int j = 0; j < k; j++)
    for (int i = 0; i < k; i++)
      w->dwd[at(i, j, k)] += la_dot((size_t)x->q, g + area(x->q, i), s->work2 + area(x->q, j));
  arena_reset(s->arena, mark);
}

/* ---- T ------------------------------------------------------------------------------------------------- */

enum { TRACES_MAX = 3000, TRACES_BLOCK = 64 };

/* sum over levels l of term s and m of term t of K[(l, a), (m, d)] K[(l, b), (m, c)] */
static double paired_sum(const struct cross *x, const double *kk, struct param i, struct param j) {
  double sum = 0;
  int s = i.term, t = j.term;
  for (int m = x->off[t]; m < x->off[t + 1]; m += x->c[t]) {
    const double *d = kk + area(x->q, m + j.b), *c = kk + area(x->q, m + j.a);
    for (int l = x->off[s]; l < x->off[s + 1]; l += x->c[s]) sum += d[l + i.a] * c[l + i.b];
  }
  return sum;
}

/* tr(K G_i K G_j): each of the two is e_a e_b' + e_b e_a', or e_a e_a'. */
static double trace_of_pair(const struct cross *x, const double *kk, struct param i, struct param j) {
  struct param turned = {j.term, j.b, j.a};
  double sum = paired_sum(x, kk, i, j);
  if (j.a != j.b) sum += paired_sum(x, kk, i, turned);
  if (i.a == i.b) return sum;
  struct param other = {i.term, i.b, i.a};
  sum += paired_sum(x, kk, other, j);
  return j.a != j.b ? sum + paired_sum(x, kk, other, turned) : sum;
}

bool sparse_traces(struct sparse *s, double *tt) {
  const struct cross *x = s->cross;
  int q = x->q, k = s->problem->k;
  if (q > TRACES_MAX) return false;
  struct arena_mark mark = arena_mark(s->arena);
  double *kk = matrix_raw(s->arena, q, q), *unit = matrix_raw(s->arena, q, TRACES_BLOCK),
         *work = matrix_raw(s->arena, q, TRACES_BLOCK);
  for (int from = 0; from < q; from += TRACES_BLOCK) {
    int m = q - from < TRACES_BLOCK ? q - from : TRACES_BLOCK;
    memset(unit, 0, sizeof(double) * area(q, m));
    for (int j = 0; j < m; j++) unit[at(from + j, j, q)] = 1;
    multiply_k(s, m, unit, work, kk + area(q, from));
  }
  for (int j = 0; j < k; j++)
    for (int i = 0; i <= j; i++) {
      double value = trace_of_pair(x, kk, s->problem->params[i], s->problem->params[j]);
      tt[at(i, j, k)] += value;
      if (i != j) tt[at(j, i, k)] += value;
    }
  arena_reset(s->arena, mark);
  return true;
}

/* ---- conditional modes ---------------------------------------------------------------------------------- */

void sparse_modes(struct sparse *s, const double *d, double *const *b, double *const *var) {
  const struct cross *x = s->cross;
  const double *z = s->z;
  memset(s->work, 0, sizeof(double) * (size_t)x->q);
  for (int j = 0; j < s->problem->p1; j++) la_axpy((size_t)x->q, d[j], s->e + area(x->q, j), s->work);
  scale_by_lambda(s, true, 1, s->work);
  scale_by_lambda(s, false, 1, s->work);
  for (int t = 0; t < x->n_terms; t++) {
    int c = x->c[t], size = c * c, levels = (x->off[t + 1] - x->off[t]) / c;
    double zb[COV_MAX * COV_MAX] = {0}, lt[COV_MAX * COV_MAX];
    memcpy(b[t], s->work + x->off[t], sizeof(double) * area(levels, c));
    transpose(c, c, s->lambda[t], lt);
    for (int l = 0; l < levels; l++) {
      for (int i = 0; i < size; i++) zb[i] = z[s->diagonal_at[t][area(l, size) + (size_t)i]];
      sandwich(c, c, lt, zb, lt, var[t] + area(l, size));
    }
  }
}

/* ---- start ---------------------------------------------------------------------------------------------- */

bool sparse_start(struct sparse *s, double *const *g) {
  struct arena_mark mark = arena_mark(s->arena);
  bool found = cross_start(s->arena, s->cross, s->problem->n, s->problem->p1, g);
  arena_reset(s->arena, mark);
  return found;
}

struct sparse_info sparse_info(const struct sparse *s) {
  double bytes = 2.0 * (double)s->nodes->size * sizeof(double);
  return (struct sparse_info){s->problem->n, s->cross->q, s->nodes->n_super, s->values, s->operations, bytes};
}

void sparse_describe(struct buf *out, const struct sparse *s) {
  struct sparse_info i = sparse_info(s);
  buf_printf(
      out,
      "sparse part: %d rows, %d effects; factor: %d supernodes, %.0f values, %.3g operations, %.0f MB with "
      "the inverse\n",
      i.n, i.q, i.supernodes, i.values, i.operations, i.bytes / 1e6);
}
