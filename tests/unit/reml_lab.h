/* reml_lab.h: problems without a parser, and the likelihood by brute force.
 *
 * The brute force forms V (n x n) in the user's units and works in long double: it shares nothing with the engine
 * but the formula.
 */
#ifndef KIN_TESTS_REML_LAB_H
#define KIN_TESTS_REML_LAB_H

#include "lang/base/buf.h"
#include "runtime/reml/reml.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { LAB_TERMS = 4 };

struct lab {
  struct mem mem;
  struct arena *arena;
  struct problem problem;
  struct re_term terms[LAB_TERMS];
  double *x;
  uint64_t seed;
};

static inline struct lab *lab_new(int n, bool reml) {
  static struct lab lab;
  memset(&lab, 0, sizeof lab);
  lab.arena = arena_new(&lab.mem);
  lab.problem = (struct problem){.arena = lab.arena, .n = n, .terms = lab.terms, .reml = reml};
  lab.seed = 88172645463325252u;
  return &lab;
}

/* Everything is given back. */
static inline void lab_end(struct lab *lab) {
  arena_pool_drain(&lab->mem, NULL);
  cr_assert_eq(lab->mem.live, 0);
}

static inline double *lab_numbers(struct lab *lab, int n) {
  return arena_array(lab->arena, (size_t)n, double);
}

/* Uniform on (0, 1); the same sequence on every machine. */
static inline double lab_uniform(struct lab *lab) {
  lab->seed ^= lab->seed << 13;
  lab->seed ^= lab->seed >> 7;
  lab->seed ^= lab->seed << 17;
  return ((double)(lab->seed >> 11) + 0.5) / 9007199254740992.0;
}

static inline double lab_normal(struct lab *lab) {
  double u = lab_uniform(lab);
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * lab_uniform(lab));
}

/* Adds a column to X; NULL: ones. */
static inline void lab_column(struct lab *lab, const double *column) {
  int n = lab->problem.n, p = lab->problem.p;
  double *x = lab_numbers(lab, n * (p + 1));
  if (p) memcpy(x, lab->x, sizeof(double) * (size_t)n * (size_t)p);
  for (int i = 0; i < n; i++) x[n * p + i] = column ? column[i] : 1;
  lab->problem.x = lab->x = x;
  lab->problem.p++;
}

/* Adds a term with basis (1, s1, s2), as many as are not NULL. */
static inline void lab_term(struct lab *lab, const char *cov, int q, const int32_t *level, const double *s1,
                            const double *s2) {
  int c = 1 + (s1 != NULL) + (s2 != NULL), n = lab->problem.n;
  double *z = lab_numbers(lab, n * c);
  for (int i = 0; i < n; i++) {
    z[i * c] = 1;
    if (s1) z[i * c + 1] = s1[i];
    if (s2) z[i * c + 2] = s2[i];
  }
  lab->terms[lab->problem.n_terms++] =
      (struct re_term){.c = c, .q = q, .level = level, .z = z, .cov = cov_find(cov)};
}

static inline int32_t *lab_levels(struct lab *lab, int q, int block) {
  int32_t *level = arena_array(lab->arena, (size_t)lab->problem.n, int32_t);
  for (int i = 0; i < lab->problem.n; i++) level[i] = i / block % q;
  return level;
}

static inline struct reml_result *lab_fit(struct lab *lab) {
  struct reml_options options = {.threads = 1};
  return reml_fit(lab->arena, &lab->problem, &options);
}

/* ---- brute force ---------------------------------------------------------------------------------------- */

static inline bool brute_cholesky(int n, long double *a) {
  for (int j = 0; j < n; j++)
    for (int i = j; i < n; i++) {
      long double s = a[i + j * n];
      for (int k = 0; k < j; k++) s -= a[i + k * n] * a[j + k * n];
      if (i == j && s <= 0) return false;
      a[i + j * n] = i == j ? sqrtl(s) : s / a[j + j * n];
    }
  return true;
}

static inline void brute_solve(int n, const long double *l, long double *b) {
  for (int i = 0; i < n; i++) {
    for (int k = 0; k < i; k++) b[i] -= l[i + k * n] * b[k];
    b[i] /= l[i + i * n];
  }
}

struct brute {
  double criterion;
  int rank;
  long double *l; /* n x n: Cholesky factor of V */
  long double *r; /* n: L^-1 (y - X b) */
};

static inline long double *brute_v(struct lab *lab, double *const *g, double sigma2) {
  const struct problem *p = &lab->problem;
  int n = p->n;
  long double *v = arena_array(lab->arena, (size_t)n * (size_t)n, long double);
  for (int i = 0; i < n; i++) v[i + i * n] = sigma2 / (p->w ? p->w[i] : 1);
  for (int t = 0; t < p->n_terms; t++) {
    const struct re_term *x = &p->terms[t];
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++)
        for (int a = 0; x->level[i] == x->level[j] && a < x->c; a++)
          for (int b = 0; b < x->c; b++)
            v[i + j * n] += (long double)x->z[i * x->c + a] * g[t][a + b * x->c] * x->z[j * x->c + b];
  }
  return v;
}

/* Criterion at V (n x n, taken over), by Gram-Schmidt on L^-1 [X y]; full-rank X. */
static inline struct brute brute_of(struct lab *lab, long double *v) {
  const struct problem *p = &lab->problem;
  int n = p->n, m = p->p + 1;
  struct brute out = {.l = v, .rank = p->p};
  cr_assert(brute_cholesky(n, out.l));
  long double *d = arena_array(lab->arena, (size_t)n * (size_t)m, long double), total = 0;
  for (int i = 0; i < n; i++) total += 2 * logl(out.l[i + i * n]);
  for (int j = 0; j < m; j++) {
    for (int i = 0; i < n; i++) d[i + j * n] = j < p->p ? p->x[i + j * n] : p->y[i];
    brute_solve(n, out.l, d + j * n);
    for (int pass = 0; pass < 2; pass++)
      for (int k = 0; k < j; k++) {
        long double s = 0;
        for (int i = 0; i < n; i++) s += d[i + k * n] * d[i + j * n];
        for (int i = 0; i < n; i++) d[i + j * n] -= s * d[i + k * n];
      }
    long double norm2 = 0;
    for (int i = 0; i < n; i++) norm2 += d[i + j * n] * d[i + j * n];
    if (j == p->p) {
      total += norm2;
      break;
    }
    if (p->reml) total += logl(norm2);
    for (int i = 0; i < n; i++) d[i + j * n] /= sqrtl(norm2);
  }
  out.r = d + (m - 1) * n;
  out.criterion = (double)(total + (p->reml ? n - p->p : n) * logl(6.283185307179586476925L));
  return out;
}

/* The same at G_t (user's basis) and sigma^2. */
static inline struct brute brute_force(struct lab *lab, double *const *g, double sigma2) {
  return brute_of(lab, brute_v(lab, g, sigma2));
}

#endif
