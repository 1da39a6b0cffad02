/* The sparse kernel against dense algebra with the whole V. */
#include "lang/base/buf.h"
#include "runtime/reml/internal.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { TERMS = 3, ROWS = 400, PARAMS = 20 };

/* A sparse problem and a point. */
struct lab {
  struct mem mem;
  struct arena *arena;
  struct sparse_problem sp;
  struct sparse_term terms[TERMS];
  struct param params[PARAMS];
  double *lambda[TERMS];
  uint64_t seed;
};

static double uniform(struct lab *lab) {
  lab->seed = lab->seed * 6364136223846793005u + 1442695040888963407u;
  return ((double)(lab->seed >> 11) + 0.5) / 9007199254740992.0;
}

static double *numbers(struct lab *lab, int n) {
  double *x = arena_array(lab->arena, (size_t)n, double);
  for (int i = 0; i < n; i++) x[i] = 2 * uniform(lab) - 1;
  return x;
}

static struct lab *lab_new(int n, int p1) {
  static struct lab lab;
  memset(&lab, 0, sizeof lab);
  lab.arena = arena_new(&lab.mem);
  lab.seed = 5;
  lab.sp = (struct sparse_problem){
      .n = n, .p1 = p1, .d = numbers(&lab, n * p1), .terms = lab.terms, .params = lab.params, .threads = 1};
  return &lab;
}

static void lab_end(struct lab *lab) {
  arena_pool_drain(&lab->mem, NULL);
  cr_assert_eq(lab->mem.live, 0);
}

/* Adds a term with c random columns, every one of q levels met, and all entries of its G as parameters. */
static void add_term(struct lab *lab, int q, int c) {
  int n = lab->sp.n, t = lab->sp.n_terms++;
  int32_t *level = arena_array(lab->arena, (size_t)n, int32_t);
  for (int i = 0; i < n; i++) level[i] = i < q ? i : (int32_t)(uniform(lab) * q);
  lab->terms[t] = (struct sparse_term){.c = c, .q = q, .level = level, .z = numbers(lab, n * c)};
  lab->lambda[t] = numbers(lab, c * c);
  for (int b = 0; b < c; b++)
    for (int a = b; a < c; a++) lab->params[lab->sp.k++] = (struct param){t, a, b};
}

/* ---- dense algebra -------------------------------------------------------------------------------------- */

static void multiply(int m, int n, int k, const double *a, const double *b, double *out) {
  for (int j = 0; j < n; j++)
    for (int i = 0; i < m; i++) {
      double s = 0;
      for (int l = 0; l < k; l++) s += a[at(i, l, m)] * b[at(l, j, k)];
      out[at(i, j, m)] = s;
    }
}

static void multiply_tn(int m, int n, int k, const double *a, const double *b, double *out) {
  for (int j = 0; j < n; j++)
    for (int i = 0; i < m; i++) {
      double s = 0;
      for (int l = 0; l < k; l++) s += a[at(l, i, k)] * b[at(l, j, k)];
      out[at(i, j, m)] = s;
    }
}

/* v (n x n) += Z_t (I (x) g) Z_t' */
static void add_term_covariance(const struct lab *lab, int t, const double *g, double *v) {
  const struct sparse_term *x = &lab->terms[t];
  int n = lab->sp.n, c = x->c;
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++)
      for (int a = 0; x->level[i] == x->level[j] && a < c; a++)
        for (int b = 0; b < c; b++) v[at(i, j, n)] += x->z[i * c + a] * g[a + b * c] * x->z[j * c + b];
}

static double *param_matrix(struct lab *lab, struct param p) {
  int c = lab->terms[p.term].c;
  double *g = matrix_zero(lab->arena, c, c), *v = matrix_zero(lab->arena, lab->sp.n, lab->sp.n);
  g[p.a + p.b * c] = g[p.b + p.a * c] = 1;
  add_term_covariance(lab, p.term, g, v);
  return v;
}

struct dense_v {
  double ld, *inverse, *vd; /* log|V|, V^-1, V^-1 D */
};

/* Lower Cholesky factor; extended, or the reference would have fewer digits than the kernel where a
   variance is large. */
static void cholesky(int n, long double *a) {
  for (int j = 0; j < n; j++)
    for (int i = j; i < n; i++) {
      long double s = a[at(i, j, n)];
      for (int k = 0; k < j; k++) s -= a[at(i, k, n)] * a[at(j, k, n)];
      a[at(i, j, n)] = i == j ? sqrtl(s) : s / a[at(j, j, n)];
    }
}

/* x := (l l')^-1 x */
static void solve(int n, const long double *l, long double *x) {
  for (int i = 0; i < n; i++) {
    for (int k = 0; k < i; k++) x[i] -= l[at(i, k, n)] * x[k];
    x[i] /= l[at(i, i, n)];
  }
  for (int i = n - 1; i >= 0; i--) {
    for (int k = i + 1; k < n; k++) x[i] -= l[at(k, i, n)] * x[k];
    x[i] /= l[at(i, i, n)];
  }
}

static double *solve_all(struct lab *lab, const long double *l, int m, const double *right) {
  int n = lab->sp.n;
  double *out = matrix_raw(lab->arena, n, m);
  long double *x = arena_array(lab->arena, (size_t)n, long double);
  for (int j = 0; j < m; j++) {
    for (int i = 0; i < n; i++) x[i] = right ? right[at(i, j, n)] : i == j;
    solve(n, l, x);
    for (int i = 0; i < n; i++) out[at(i, j, n)] = (double)x[i];
  }
  return out;
}

static struct dense_v dense_v(struct lab *lab) {
  int n = lab->sp.n;
  double *v = matrix_zero(lab->arena, n, n);
  struct dense_v out = {0};
  for (int t = 0; t < lab->sp.n_terms; t++) {
    int c = lab->terms[t].c;
    double *g = matrix_zero(lab->arena, c, c);
    for (int i = 0; i < c; i++)
      for (int j = 0; j < c; j++)
        for (int k = 0; k < c; k++) g[i + j * c] += lab->lambda[t][i + k * c] * lab->lambda[t][j + k * c];
    add_term_covariance(lab, t, g, v);
  }
  long double *l = arena_array(lab->arena, area(n, n), long double);
  for (size_t i = 0; i < area(n, n); i++) l[i] = v[i];
  for (int i = 0; i < n; i++) l[at(i, i, n)] += 1;
  cholesky(n, l);
  for (int i = 0; i < n; i++) out.ld += 2 * (double)logl(l[at(i, i, n)]);
  out.inverse = solve_all(lab, l, n, NULL);
  out.vd = solve_all(lab, l, lab->sp.p1, lab->sp.d);
  return out;
}

static void assert_near(const double *got, const double *want, int n, double tolerance, const char *what) {
  double size = 0;
  for (int i = 0; i < n; i++) size = fmax(size, fabs(want[i]));
  for (int i = 0; i < n; i++)
    cr_assert_leq(fabs(got[i] - want[i]), tolerance * size, "%s[%d]: %.15g, not %.15g", what, i, got[i],
                  want[i]);
}

static struct kernel_sums sums_new(struct lab *lab) {
  int p1 = lab->sp.p1, k = lab->sp.k;
  return (struct kernel_sums){.p1 = p1,
                              .k = k,
                              .a = matrix_zero(lab->arena, p1, p1),
                              .t = matrix_zero(lab->arena, k, 1),
                              .u = matrix_zero(lab->arena, k, p1 * p1)};
}

/* Z_t'v, q x c by rows, for each of the m columns of v; and Z_t e. */
static double *z_times(struct lab *lab, int t, int m, const double *v) {
  const struct sparse_term *x = &lab->terms[t];
  int n = lab->sp.n, c = x->c, rows = x->q * c;
  double *e = matrix_zero(lab->arena, rows, m);
  for (int j = 0; j < m; j++)
    for (int i = 0; i < n; i++)
      for (int a = 0; a < c; a++) e[at(x->level[i] * c + a, j, rows)] += x->z[i * c + a] * v[at(i, j, n)];
  return e;
}

static double *z_apply(struct lab *lab, int t, const double *e) {
  const struct sparse_term *x = &lab->terms[t];
  double *v = matrix_zero(lab->arena, lab->sp.n, 1);
  for (int i = 0; i < lab->sp.n; i++)
    for (int a = 0; a < x->c; a++) v[i] += x->z[i * x->c + a] * e[x->level[i] * x->c + a];
  return v;
}

/* G_i e, all levels, m columns. */
static double *g_times(struct lab *lab, struct param p, int m, const double *e) {
  int c = lab->terms[p.term].c, rows = lab->terms[p.term].q * c;
  double *out = matrix_zero(lab->arena, rows, m);
  for (int i = 0; i < rows * m; i += c) {
    out[i + p.a] = e[i + p.b];
    out[i + p.b] = e[i + p.a];
  }
  return out;
}

static double trace_of(struct lab *lab, const struct dense_v *v, struct param p, double *scale) {
  double *vi = param_matrix(lab, p), trace = 0;
  *scale = 0;
  for (size_t e = 0; e < area(lab->sp.n, lab->sp.n); e++) {
    trace += v->inverse[e] * vi[e];
    *scale += fabs(v->inverse[e] * vi[e]);
  }
  return trace;
}

/* U_i from E = Z'V^-1 D, not from V_i: where a variance is large, E is small by cancellation. */
static void check_first_pass(struct lab *lab, const struct dense_v *v, const struct kernel_sums *got,
                             double tolerance) {
  int n = lab->sp.n, p1 = lab->sp.p1;
  double *want = matrix_zero(lab->arena, p1, p1), scale;
  cr_assert_float_eq(got->ld, v->ld, tolerance * (1 + fabs(v->ld)));
  multiply_tn(p1, p1, n, lab->sp.d, v->vd, want);
  assert_near(got->a, want, p1 * p1, tolerance, "A");
  for (int i = 0; i < lab->sp.k; i++) {
    struct param p = lab->params[i];
    double trace = trace_of(lab, v, p, &scale), *e = z_times(lab, p.term, p1, v->vd);
    cr_assert_float_eq(got->t[i], trace, tolerance * scale, "t[%d]: %.15g, not %.15g", i, got->t[i], trace);
    multiply_tn(p1, p1, lab->terms[p.term].q * lab->terms[p.term].c, e, g_times(lab, p, p1, e), want);
    assert_near(got->u + area(i, p1 * p1), want, p1 * p1, tolerance, "U");
  }
}

/* d'W_ij d with d = (.., 1) */
static void check_second_pass(struct lab *lab, struct sparse *s, const struct dense_v *v, double tolerance) {
  int n = lab->sp.n, p1 = lab->sp.p1, k = lab->sp.k;
  double *d = numbers(lab, p1), *vd = matrix_zero(lab->arena, n, 1), *w = matrix_zero(lab->arena, n, k);
  double *vw = matrix_zero(lab->arena, n, k), *want = matrix_zero(lab->arena, k, k);
  struct kernel_weights got = {.d = d, .dwd = matrix_zero(lab->arena, k, k)};
  multiply(n, 1, p1, v->vd, d, vd);
  for (int i = 0; i < k; i++) {
    struct param p = lab->params[i];
    memcpy(w + area(n, i), z_apply(lab, p.term, g_times(lab, p, 1, z_times(lab, p.term, 1, vd))),
           sizeof(double) * (size_t)n);
  }
  multiply(n, k, n, v->inverse, w, vw);
  multiply_tn(k, k, n, w, vw, want);
  sparse_weights(s, &got);
  assert_near(got.dwd, want, k * k, tolerance, "d'Wd");
}

/* Modes G Z'V^-1 D d and variances G - G Z'V^-1 Z G of the first level of each term. */
static void check_modes(struct lab *lab, struct sparse *s, const struct dense_v *v, double tolerance) {
  int n = lab->sp.n, p1 = lab->sp.p1;
  double *b[TERMS], *var[TERMS], *d = numbers(lab, p1), *vd = matrix_zero(lab->arena, n, 1);
  for (int t = 0; t < lab->sp.n_terms; t++) {
    b[t] = matrix_zero(lab->arena, lab->terms[t].q, lab->terms[t].c);
    var[t] = matrix_zero(lab->arena, lab->terms[t].q, lab->terms[t].c * lab->terms[t].c);
  }
  sparse_modes(s, d, b, var);
  multiply(n, 1, p1, v->vd, d, vd);
  for (int t = 0; t < lab->sp.n_terms; t++) {
    const struct sparse_term *x = &lab->terms[t];
    int c = x->c;
    double *zg = matrix_zero(lab->arena, n, c), *vzg = matrix_zero(lab->arena, n, c);
    double *mode = matrix_zero(lab->arena, c, 1), *variance = matrix_zero(lab->arena, c, c);
    double *g = matrix_zero(lab->arena, c, c), *lt = matrix_zero(lab->arena, c, c);
    for (int i = 0; i < c; i++)
      for (int j = 0; j < c; j++) lt[i + j * c] = lab->lambda[t][j + i * c];
    multiply_tn(c, c, c, lt, lt, g);
    for (int i = 0; i < n; i++)
      for (int a = 0; x->level[i] == 0 && a < c; a++)
        for (int e = 0; e < c; e++) zg[at(i, a, n)] += x->z[i * c + e] * g[e + a * c];
    multiply_tn(c, 1, n, zg, vd, mode);
    multiply(n, c, n, v->inverse, zg, vzg);
    multiply_tn(c, c, n, zg, vzg, variance);
    for (int i = 0; i < c; i++) cr_assert_float_eq(b[t][i], mode[i], tolerance * (1 + fabs(mode[i])));
    for (int i = 0; i < c * c; i++)
      cr_assert_float_eq(var[t][i], g[i] - variance[i], tolerance * (1 + fabs(g[i])));
  }
}

static void check_point(struct lab *lab, struct sparse *s, double tolerance) {
  struct dense_v v = dense_v(lab);
  struct kernel_sums sums = sums_new(lab);
  const double *lambda[TERMS] = {lab->lambda[0], lab->lambda[1], lab->lambda[2]};
  cr_assert(sparse_eval(s, lambda, WANT_GRADIENT, &sums));
  check_first_pass(lab, &v, &sums, tolerance);
  check_second_pass(lab, s, &v, tolerance);
  check_modes(lab, s, &v, tolerance);
}

/* ---- tests ---------------------------------------------------------------------------------------------- */

Test(sparse, crossed_terms_of_all_widths) {
  static const int width[][TERMS] = {{1, 1, 1}, {2, 1, 1}, {1, 3, 2}, {3, 2, 4}};
  for (size_t i = 0; i < sizeof width / sizeof *width; i++) {
    struct lab *lab = lab_new(ROWS / 2, 3);
    add_term(lab, 30, width[i][0]);
    add_term(lab, 12, width[i][1]);
    add_term(lab, 5, width[i][2]);
    check_point(lab, sparse_new(lab->arena, &lab->sp), 1e-10);
    lab_end(lab);
  }
}

Test(sparse, one_term) {
  struct lab *lab = lab_new(ROWS / 4, 2);
  add_term(lab, 20, 2);
  check_point(lab, sparse_new(lab->arena, &lab->sp), 1e-10);
  lab_end(lab);
}

/* The same object at several points: zero variances, factors of rank one, large and small ones. */
Test(sparse, boundaries) {
  struct lab *lab = lab_new(ROWS / 2, 2);
  add_term(lab, 25, 2);
  add_term(lab, 15, 3);
  add_term(lab, 6, 1);
  struct sparse *s = sparse_new(lab->arena, &lab->sp);
  lab->lambda[2][0] = 0;
  check_point(lab, s, 1e-9);
  memset(lab->lambda[0], 0, 4 * sizeof(double));
  check_point(lab, s, 1e-9);
  lab->lambda[0] = (double[]){0.5, -0.7, 0, 0};
  lab->lambda[1] = (double[]){0, 1, 2, 0, 0, 0, 0, 0, 0};
  lab->lambda[2][0] = -1;
  check_point(lab, s, 1e-9);
  for (int t = 0; t < TERMS; t++)
    for (int i = 0; i < lab->terms[t].c * lab->terms[t].c; i++) lab->lambda[t][i] = 0;
  check_point(lab, s, 1e-9);
  lab->lambda[2][0] = 200; /* A by rows */
  check_point(lab, s, 1e-8);
  lab_end(lab);
}

/* A basis that is zero in these rows: the rows where it is not belong to other clusters. */
Test(sparse, term_without_a_basis) {
  struct lab *lab = lab_new(ROWS / 4, 2);
  add_term(lab, 10, 1);
  add_term(lab, 8, 2);
  lab->terms[1].z = matrix_zero(lab->arena, ROWS / 4, 2);
  check_point(lab, sparse_new(lab->arena, &lab->sp), 1e-10);
  lab_end(lab);
}

Test(sparse, sums_are_added_to) {
  struct lab *lab = lab_new(ROWS / 4, 2);
  add_term(lab, 10, 2);
  add_term(lab, 8, 1);
  struct sparse *s = sparse_new(lab->arena, &lab->sp);
  struct kernel_sums once = sums_new(lab), twice = sums_new(lab);
  const double *lambda[] = {lab->lambda[0], lab->lambda[1]};
  cr_assert(sparse_eval(s, lambda, WANT_GRADIENT, &once));
  for (int i = 0; i < 2; i++) cr_assert(sparse_eval(s, lambda, WANT_GRADIENT, &twice));
  cr_assert_eq(twice.ld, 2 * once.ld);
  for (int i = 0; i < 4; i++) cr_assert_eq(twice.a[i], 2 * once.a[i]);
  for (int i = 0; i < lab->sp.k; i++) cr_assert_eq(twice.t[i], 2 * once.t[i]);
  for (int i = 0; i < lab->sp.k * 4; i++) cr_assert_eq(twice.u[i], 2 * once.u[i]);
  lab_end(lab);
}

Test(sparse, what_is_not_finite_is_refused) {
  struct lab *lab = lab_new(ROWS / 4, 2);
  add_term(lab, 10, 1);
  add_term(lab, 8, 1);
  struct sparse *s = sparse_new(lab->arena, &lab->sp);
  struct kernel_sums sums = sums_new(lab);
  const double bad[] = {NAN, INFINITY}, one = 1;
  for (int i = 0; i < 2; i++) {
    const double *lambda[] = {&bad[i], &one};
    cr_assert_not(sparse_eval(s, lambda, WANT_GRADIENT, &sums));
    cr_assert_eq(sums.ld, 0);
  }
  check_point(lab, s, 1e-10);
  lab_end(lab);
}

/* Many levels, few of them dense: the parallel form has something to do. */
Test(sparse, digits_do_not_depend_on_threads) {
  struct kernel_sums sums[2];
  struct lab *lab = lab_new(6000, 3);
  add_term(lab, 900, 1);
  add_term(lab, 500, 2);
  const double *lambda[] = {lab->lambda[0], lab->lambda[1]};
  for (int i = 0; i < 2; i++) {
    lab->sp.threads = 1 + 2 * i;
    struct sparse *s = sparse_new(lab->arena, &lab->sp);
    sums[i] = sums_new(lab);
    cr_assert(sparse_eval(s, lambda, WANT_GRADIENT, &sums[i]));
  }
  cr_assert_eq(sums[0].ld, sums[1].ld);
  cr_assert_eq(memcmp(sums[0].a, sums[1].a, 9 * sizeof(double)), 0);
  cr_assert_eq(memcmp(sums[0].t, sums[1].t, (size_t)lab->sp.k * sizeof(double)), 0);
  cr_assert_eq(memcmp(sums[0].u, sums[1].u, (size_t)lab->sp.k * 9 * sizeof(double)), 0);
  lab_end(lab);
}

/* Every allocation fails once; nothing is left behind. */
static void run_once(void *arg) {
  struct lab *lab = arg;
  lab->arena = arena_new(&lab->mem);
  add_term(lab, 10, 2);
  add_term(lab, 8, 1);
  struct sparse *s = sparse_new(lab->arena, &lab->sp);
  struct kernel_sums sums = sums_new(lab);
  const double *lambda[] = {lab->lambda[0], lab->lambda[1]};
  cr_assert(sparse_eval(s, lambda, WANT_GRADIENT, &sums));
}

Test(sparse, memory_that_runs_out) {
  size_t n = 0;
  for (enum unwind end = UNWIND_MEMORY; end == UNWIND_MEMORY; n++) {
    struct lab *lab = lab_new(60, 2);
    lab->mem.fail_at = lab->mem.calls + n + 1;
    end = mem_guard(&lab->mem, run_once, lab);
    lab_end(lab);
  }
  cr_assert_gt(n, 3);
}

/* Too large for dense algebra, and worth a nested dissection: d log|V| / d lambda = 2 lambda t. */
Test(sparse, traces_are_derivatives_of_a_large_problem) {
  struct lab *lab = lab_new(6000, 2);
  add_term(lab, 900, 1);
  add_term(lab, 500, 1);
  struct sparse *s = sparse_new(lab->arena, &lab->sp);
  double at_point[] = {0.7, 1.3}, h = 1e-4;
  const double *lambda[] = {&at_point[0], &at_point[1]};
  struct kernel_sums sums = sums_new(lab);
  cr_assert(sparse_eval(s, lambda, WANT_GRADIENT, &sums));
  for (int t = 0; t < 2; t++) {
    struct kernel_sums up = sums_new(lab), down = sums_new(lab);
    at_point[t] += h;
    cr_assert(sparse_eval(s, lambda, WANT_CRITERION, &up));
    at_point[t] -= 2 * h;
    cr_assert(sparse_eval(s, lambda, WANT_CRITERION, &down));
    at_point[t] += h;
    double want = (up.ld - down.ld) / (2 * h), got = 2 * at_point[t] * sums.t[t];
    cr_assert_float_eq(got, want, 1e-6 * fabs(want), "%g, not %g", got, want);
  }
  struct sparse_info info = sparse_info(s);
  cr_assert_eq(info.q, 1400);
  cr_assert_gt(info.operations, 1e6);
  cr_assert_gt(info.bytes, 16 * info.values);
  lab_end(lab);
}

/* ---- start ---------------------------------------------------------------------------------------------- */

/* D = [Q sqrt(n), y]: one column of ones, y without its mean, from two crossed factors with given sd's. */
static void simulate(struct lab *lab, double sd0, double sd1) {
  int n = lab->sp.n;
  double *d = matrix_zero(lab->arena, n, 2), mean = 0;
  double *u = numbers(lab, lab->terms[0].q), *v = numbers(lab, lab->terms[1].q);
  for (int i = 0; i < n; i++) {
    double e = 2 * uniform(lab) - 1;
    d[i] = 1;
    d[n + i] = sd0 * u[lab->terms[0].level[i]] + sd1 * v[lab->terms[1].level[i]] + e;
    mean += d[n + i] / n;
  }
  for (int i = 0; i < n; i++) d[n + i] -= mean;
  lab->sp.d = d;
  for (int t = 0; t < 2; t++) {
    double *z = matrix_raw(lab->arena, n, 1);
    for (int i = 0; i < n; i++) z[i] = 1;
    lab->terms[t].z = z;
  }
}

Test(sparse, start_is_near_the_truth) {
  struct lab *lab = lab_new(20000, 2);
  add_term(lab, 500, 1);
  add_term(lab, 300, 1);
  simulate(lab, 2, 0);
  double g0 = 0, g1 = 0, *g[] = {&g0, &g1};
  cr_assert(sparse_start(sparse_new(lab->arena, &lab->sp), g));
  cr_assert_float_eq(g0, 4, 0.5, "%g", g0);
  cr_assert_float_eq(g1, 1e-3, 5e-3, "%g", g1);
  lab_end(lab);
}

/* Two terms with the same levels: moments cannot tell. */
Test(sparse, start_of_confounded_terms) {
  struct lab *lab = lab_new(1000, 2);
  add_term(lab, 50, 1);
  add_term(lab, 50, 1);
  simulate(lab, 1, 1);
  lab->terms[1].level = lab->terms[0].level;
  double g0 = 0, g1 = 0, *g[] = {&g0, &g1};
  if (sparse_start(sparse_new(lab->arena, &lab->sp), g)) cr_assert(isfinite(g0) && isfinite(g1));
  lab_end(lab);
}
