/* The factorization by supernodes and the selected inverse, against dense algebra. */
#include "lang/base/arena.h"
#include "runtime/reml/takahashi.h"
#include <criterion/criterion.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

struct bench {
  struct mem mem;
  struct arena *arena;
  cholmod_common common;
  cholmod_sparse *m;
  cholmod_factor *l;
  int *place; /* n: of a row in L's order */
  uint64_t seed;
};

static double uniform(struct bench *b) {
  b->seed = b->seed * 6364136223846793005u + 1442695040888963407u;
  return ((double)(b->seed >> 11) + 0.5) / 9007199254740992.0;
}

/* Lower triangle of a symmetric matrix, made diagonally dominant, with the pattern of `full` (n x n, 1
   where an element may differ from zero). */
static struct bench *bench_new(int n, const char *full) {
  static struct bench b;
  memset(&b, 0, sizeof b);
  b.arena = arena_new(&b.mem);
  b.seed = 42;
  cholmod_start(&b.common);
  b.common.supernodal = CHOLMOD_SUPERNODAL;
  b.common.final_ll = 1;
  cholmod_triplet *t =
      cholmod_allocate_triplet((size_t)n, (size_t)n, (size_t)n * (size_t)n, -1, CHOLMOD_REAL, &b.common);
  for (int j = 0; j < n; j++)
    for (int i = j; i < n; i++) {
      if (i != j && !full[i + j * n] && !full[j + i * n]) continue;
      ((int *)t->i)[t->nnz] = i;
      ((int *)t->j)[t->nnz] = j;
      ((double *)t->x)[t->nnz++] = i == j ? n + uniform(&b) : uniform(&b) - 0.5;
    }
  b.m = cholmod_triplet_to_sparse(t, 0, &b.common);
  cholmod_free_triplet(&t, &b.common);
  b.l = cholmod_analyze(b.m, &b.common);
  b.place = arena_array(b.arena, (size_t)n, int);
  for (int i = 0; i < n; i++) b.place[((int *)b.l->Perm)[i]] = i;
  return &b;
}

static void bench_end(struct bench *b) {
  cholmod_free_factor(&b->l, &b->common);
  cholmod_free_sparse(&b->m, &b->common);
  cholmod_finish(&b->common);
  arena_pool_drain(&b->mem, NULL);
  cr_assert_eq(b->mem.live, 0);
}

/* L's numbers, and the inverse on its pattern. */
struct numbers {
  struct supernodes *nodes;
  double *l, *z;
  bool good;
};

static struct numbers invert(struct bench *b, int threads) {
  struct numbers out = {.nodes = supernodes_new(b->arena, b->l, threads)};
  int n = (int)b->m->nrow, *p = b->m->p, *row = b->m->i;
  out.l = arena_array(b->arena, out.nodes->size, double);
  out.z = arena_array(b->arena, out.nodes->size, double);
  for (int j = 0; j < n; j++)
    for (int k = p[j]; k < p[j + 1]; k++)
      out.l[supernodes_place(out.nodes, b->place[row[k]], b->place[j])] = ((double *)b->m->x)[k];
  out.good = supernodes_factor(out.nodes, out.l);
  if (out.good) takahashi_invert(out.nodes, out.l, out.z);
  return out;
}

static double *dense_inverse(struct bench *b, double *log_det) {
  int n = (int)b->m->nrow, *p = b->m->p, *i = b->m->i;
  double *a = arena_array(b->arena, (size_t)n * (size_t)n, double), *x = b->m->x;
  for (int j = 0; j < n; j++)
    for (int k = p[j]; k < p[j + 1]; k++) a[i[k] + j * n] = x[k];
  LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', n, a, n);
  for (int j = 0; j < n; j++) *log_det += 2 * log(a[j + j * n]);
  LAPACKE_dpotri(LAPACK_COL_MAJOR, 'L', n, a, n);
  return a;
}

/* M x = right, residual of the solve. */
static void check_solve(struct bench *b, const struct numbers *f) {
  int n = (int)b->m->nrow, *p = b->m->p, *row = b->m->i;
  double *x = arena_array(b->arena, (size_t)n, double), *right = arena_array(b->arena, (size_t)n, double);
  const double *m = b->m->x;
  for (int i = 0; i < n; i++) x[b->place[i]] = right[i] = uniform(b);
  supernodes_solve(f->nodes, f->l, x);
  for (int j = 0; j < n; j++)
    for (int k = p[j]; k < p[j + 1]; k++) {
      right[row[k]] -= m[k] * x[b->place[j]];
      if (row[k] != j) right[j] -= m[k] * x[b->place[row[k]]];
    }
  for (int i = 0; i < n; i++) cr_assert_float_eq(right[i], 0, 1e-12);
}

/* Every element on the pattern; and tr(M M^-1) = n. */
static void check_inverse(struct bench *b, int threads) {
  struct numbers f = invert(b, threads);
  cr_assert(f.good);
  double log_det = 0, trace = 0, *want = dense_inverse(b, &log_det);
  const double *x = b->m->x;
  int n = (int)b->m->nrow, *p = b->m->p, *row = b->m->i;
  cr_assert_float_eq(supernodes_log_det(f.nodes, f.l), log_det, 1e-12 * (1 + fabs(log_det)));
  for (int j = 0; j < n; j++)
    for (int k = p[j]; k < p[j + 1]; k++) {
      double got = f.z[supernodes_place(f.nodes, b->place[row[k]], b->place[j])];
      cr_assert_float_eq(got, want[row[k] + j * n], 1e-13, "(%d, %d): %g", row[k], j, got);
      cr_assert_eq(got, f.z[supernodes_place(f.nodes, b->place[j], b->place[row[k]])]);
      trace += (row[k] == j ? 1 : 2) * x[k] * got;
    }
  cr_assert_float_eq(trace, n, 1e-9);
  check_solve(b, &f);
}

static void check_pattern(int n, const char *full) {
  struct bench *b = bench_new(n, full);
  check_inverse(b, 1);
  check_inverse(b, 2);
  bench_end(b);
}

Test(takahashi, one_element) {
  check_pattern(1, "");
}

Test(takahashi, diagonal_matrix) {
  check_pattern(20, (char[400]){0});
}

Test(takahashi, chain) {
  enum { N = 200 };
  static char full[N * N];
  for (int i = 1; i < N; i++) full[i + (i - 1) * N] = 1;
  check_pattern(N, full);
}

Test(takahashi, arrow) {
  enum { N = 150 };
  static char full[N * N];
  for (int i = 0; i + 1 < N; i++) full[N - 1 + i * N] = 1;
  check_pattern(N, full);
}

/* One dense supernode of several panels. */
Test(takahashi, dense_matrix) {
  enum { N = 300 };
  static char full[N * N];
  memset(full, 1, sizeof full);
  check_pattern(N, full);
}

/* Random fill: supernodes of many shapes, and rows below that are scattered over several later ones. */
Test(takahashi, random_patterns) {
  enum { N = 240 };
  static char full[N * N];
  struct bench random = {.seed = 7};
  for (int percent = 1; percent <= 16; percent *= 2) {
    memset(full, 0, sizeof full);
    for (int i = 0; i < N * N; i++) full[i] = uniform(&random) * 200 < percent;
    check_pattern(N, full);
  }
}

/* Two crossed factors, a large root with large supernodes below it: the parallel form. */
Test(takahashi, digits_do_not_depend_on_threads) {
  enum { A = 700, B = 500, N = A + B };
  static char full[N * N];
  struct bench random = {.seed = 3};
  for (int i = 0; i < 4 * A; i++) {
    int row = A + (int)(uniform(&random) * B), column = i % A;
    full[row + column * N] = 1;
  }
  struct bench *b = bench_new(N, full);
  struct numbers one = invert(b, 1), three = invert(b, 3);
  cr_assert(three.nodes->parallel);
  int *p = b->m->p, *row = b->m->i;
  for (int j = 0; j < N; j++)
    for (int k = p[j]; k < p[j + 1]; k++) {
      size_t place = supernodes_place(one.nodes, b->place[row[k]], b->place[j]);
      cr_assert_eq(one.l[place], three.l[place]);
      cr_assert_eq(one.z[place], three.z[place]);
    }
  check_inverse(b, 2);
  bench_end(b);
}

/* Not positive definite: in a single column, a middle-sized and a large supernode. */
Test(takahashi, indefinite_matrices_are_refused) {
  enum { N = 300 };
  static char full[N * N];
  for (int dense = 0; dense <= 1; dense++)
    for (int size = 4; size <= N; size = size == 4 ? 40 : size == 40 ? N : N + 1) {
      memset(full, dense, sizeof full);
      struct bench *b = bench_new(size, full);
      double *x = b->m->x;
      x[((int *)b->m->p)[size - 1]] = -1;
      cr_assert_not(invert(b, 1).good);
      x[((int *)b->m->p)[size - 1]] = NAN;
      struct numbers f = invert(b, 1);
      cr_assert(!f.good || isnan(supernodes_log_det(f.nodes, f.l)));
      bench_end(b);
    }
}
