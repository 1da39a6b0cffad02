/* The selected inverse against the whole one. */
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
  uint64_t seed;
};

static double uniform(struct bench *b) {
  b->seed = b->seed * 6364136223846793005u + 1442695040888963407u;
  return ((double)(b->seed >> 11) + 0.5) / 9007199254740992.0;
}

/* Lower triangle of a symmetric matrix, made diagonally dominant, with the pattern of `full` (n x n, 1 where an element
   may differ from zero). */
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
  cholmod_factorize(b.m, b.l, &b.common);
  return &b;
}

static void bench_end(struct bench *b) {
  cholmod_free_factor(&b->l, &b->common);
  cholmod_free_sparse(&b->m, &b->common);
  cholmod_finish(&b->common);
  arena_pool_drain(&b->mem, NULL);
  cr_assert_eq(b->mem.live, 0);
}

static int *places(struct bench *b) {
  int n = (int)b->m->nrow, *place = arena_array(b->arena, (size_t)n, int);
  for (int i = 0; i < n; i++) place[((int *)b->l->Perm)[i]] = i;
  return place;
}

static double *dense_inverse(struct bench *b) {
  int n = (int)b->m->nrow, *p = b->m->p, *i = b->m->i;
  double *a = arena_array(b->arena, (size_t)n * (size_t)n, double), *x = b->m->x;
  for (int j = 0; j < n; j++)
    for (int k = p[j]; k < p[j + 1]; k++) a[i[k] + j * n] = x[k];
  LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', n, a, n);
  LAPACKE_dpotri(LAPACK_COL_MAJOR, 'L', n, a, n);
  return a;
}

/* Every element on the pattern; and tr(M M^-1) = n. */
static void check_inverse(struct bench *b, int threads) {
  struct takahashi *t = takahashi_new(b->arena, b->l, threads);
  takahashi_invert(t, b->l);
  const double *z = takahashi_values(t), *want = dense_inverse(b), *x = b->m->x;
  int n = (int)b->m->nrow, *p = b->m->p, *row = b->m->i, *place = places(b);
  double trace = 0;
  for (int j = 0; j < n; j++)
    for (int k = p[j]; k < p[j + 1]; k++) {
      double got = z[takahashi_place(t, place[row[k]], place[j])];
      cr_assert_float_eq(got, want[row[k] + j * n], 1e-13, "(%d, %d): %g", row[k], j, got);
      cr_assert_eq(got, z[takahashi_place(t, place[j], place[row[k]])]);
      trace += (row[k] == j ? 1 : 2) * x[k] * got;
    }
  cr_assert_float_eq(trace, n, 1e-9);
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
  struct takahashi *one = takahashi_new(b->arena, b->l, 1), *three = takahashi_new(b->arena, b->l, 3);
  takahashi_invert(one, b->l);
  takahashi_invert(three, b->l);
  const double *u = takahashi_values(one), *v = takahashi_values(three);
  int *p = b->m->p, *row = b->m->i, *place = places(b);
  for (int j = 0; j < N; j++)
    for (int k = p[j]; k < p[j + 1]; k++)
      cr_assert_eq(u[takahashi_place(one, place[row[k]], place[j])],
                   v[takahashi_place(three, place[row[k]], place[j])]);
  check_inverse(b, 2);
  bench_end(b);
}
