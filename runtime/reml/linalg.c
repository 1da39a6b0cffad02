#include "runtime/reml/linalg.h"
#include "runtime/reml/internal.h"
#include <cblas.h>
#include <lapacke.h>
#include <math.h>

/* Below these sizes loops win (measured: a call costs about 0.5 microseconds before it does anything). */
enum { SMALL = 12, SMALL_WORK = 4000 };

void la_init(void) {
  openblas_set_num_threads(1);
}

/* Left-looking by columns. */
static bool small_cholesky(int n, double *a, int ld) {
  for (int j = 0; j < n; j++) {
    for (int k = 0; k < j; k++) {
      double s = a[at(j, k, ld)];
      for (int i = j; i < n; i++) a[at(i, j, ld)] -= s * a[at(i, k, ld)];
    }
    double pivot = a[at(j, j, ld)];
    if (!(pivot > 0) || !isfinite(pivot)) return false;
    double root = sqrt(pivot);
    a[at(j, j, ld)] = root;
    for (int i = j + 1; i < n; i++) a[at(i, j, ld)] /= root;
  }
  return true;
}

bool la_cholesky(int n, double *a, int ld) {
  if (n <= SMALL) return small_cholesky(n, a, ld);
  if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', n, a, ld) != 0) return false;
  return isfinite(a[at(n - 1, n - 1, ld)]);
}

double la_log_det(int n, const double *l, int ld) {
  double s = 0;
  for (int i = 0; i < n; i++) s += log(l[at(i, i, ld)]);
  return 2 * s;
}

void la_solve_lower(int n, const double *l, int ld, int m, double *b, int ldb) {
  if (n > SMALL) {
    cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, n, m, 1, l, ld, b, ldb);
    return;
  }
  for (int c = 0; c < m; c++, b += ldb)
    for (int j = 0; j < n; j++) {
      double x = b[j] /= l[at(j, j, ld)];
      for (int i = j + 1; i < n; i++) b[i] -= x * l[at(i, j, ld)];
    }
}

void la_solve_lower_t(int n, const double *l, int ld, int m, double *b, int ldb) {
  if (n > SMALL) {
    cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, n, m, 1, l, ld, b, ldb);
    return;
  }
  for (int c = 0; c < m; c++, b += ldb)
    for (int j = n - 1; j >= 0; j--) {
      double x = b[j];
      for (int i = j + 1; i < n; i++) x -= l[at(i, j, ld)] * b[i];
      b[j] = x / l[at(j, j, ld)];
    }
}

void la_solve_upper(int n, const double *r, int ld, int m, double *b, int ldb) {
  for (int c = 0; c < m; c++, b += ldb)
    for (int j = n - 1; j >= 0; j--) {
      double x = b[j] /= r[at(j, j, ld)];
      for (int i = 0; i < j; i++) b[i] -= x * r[at(i, j, ld)];
    }
}

void la_solve_upper_t(int n, const double *r, int ld, int m, double *b, int ldb) {
  for (int c = 0; c < m; c++, b += ldb)
    for (int j = 0; j < n; j++) {
      double x = b[j];
      for (int i = 0; i < j; i++) x -= r[at(i, j, ld)] * b[i];
      b[j] = x / r[at(j, j, ld)];
    }
}

static void mirror(int n, double *c, int ld) {
  for (int j = 0; j < n; j++)
    for (int i = j + 1; i < n; i++) c[at(j, i, ld)] = c[at(i, j, ld)];
}

void la_inverse(int n, const double *l, int ld, double *out, int ldo) {
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) out[at(i, j, ldo)] = n > SMALL ? l[at(i, j, ld)] : (double)(i == j);
  if (n > SMALL) {
    LAPACKE_dpotri_work(LAPACK_COL_MAJOR, 'L', n, out, ldo);
    mirror(n, out, ldo);
    return;
  }
  la_solve_lower(n, l, ld, n, out, ldo);
  la_solve_lower_t(n, l, ld, n, out, ldo);
  mirror(n, out, ldo);
}

static bool small_work(int m, int n, int k) {
  return (double)m * n * k < SMALL_WORK;
}

void la_cross(int m, int n, const double *a, int lda, double *c, int ldc) {
  if (small_work(n, n, m)) {
    for (int j = 0; j < n; j++)
      for (int i = j; i < n; i++) c[at(i, j, ldc)] = la_dot((size_t)m, a + at(0, i, lda), a + at(0, j, lda));
  } else {
    cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, n, m, 1, a, lda, 0, c, ldc);
  }
  mirror(n, c, ldc);
}

void la_identity_plus(int n, int m, const double *a, int lda, double *c, int ldc) {
  for (int j = 0; j < n; j++)
    for (int i = j; i < n; i++) c[at(i, j, ldc)] = i == j;
  if (!small_work(n, n, m)) {
    cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, n, m, 1, a, lda, 1, c, ldc);
    return;
  }
  for (int k = 0; k < m; k++)
    for (int j = 0; j < n; j++) {
      double s = a[at(j, k, lda)];
      if (s == 0) continue;
      for (int i = j; i < n; i++) c[at(i, j, ldc)] += s * a[at(i, k, lda)];
    }
}

void la_multiply_tn(int m, int n, int k, const double *a, int lda, const double *b, int ldb, double *c,
                    int ldc) {
  if (!small_work(m, n, k)) {
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, m, n, k, 1, a, lda, b, ldb, 0, c, ldc);
    return;
  }
  for (int j = 0; j < n; j++)
    for (int i = 0; i < m; i++) c[at(i, j, ldc)] = la_dot((size_t)k, a + at(0, i, lda), b + at(0, j, ldb));
}

/* c := a b where b is k x n with steps sl between rows and sj between columns. */
static void small_multiply(int m, int n, int k, const double *a, int lda, const double *b, size_t sl,
                           size_t sj, double *c, int ldc) {
  for (int j = 0; j < n; j++) {
    for (int i = 0; i < m; i++) c[at(i, j, ldc)] = 0;
    for (int l = 0; l < k; l++)
      la_axpy((size_t)m, b[(size_t)l * sl + (size_t)j * sj], a + at(0, l, lda), c + at(0, j, ldc));
  }
}

void la_multiply(int m, int n, int k, const double *a, int lda, const double *b, int ldb, double *c,
                 int ldc) {
  if (small_work(m, n, k))
    small_multiply(m, n, k, a, lda, b, 1, (size_t)ldb, c, ldc);
  else
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, lda, b, ldb, 0, c, ldc);
}

void la_multiply_nt(int m, int n, int k, const double *a, int lda, const double *b, int ldb, double *c,
                    int ldc) {
  if (small_work(m, n, k))
    small_multiply(m, n, k, a, lda, b, (size_t)ldb, 1, c, ldc);
  else
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, m, n, k, 1, a, lda, b, ldb, 0, c, ldc);
}

/* Four running sums: the additions need not wait for each other. */
double la_dot(size_t n, const double *a, const double *b) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (; i < n; i++) s0 += a[i] * b[i];
  return (s0 + s1) + (s2 + s3);
}

void la_axpy(size_t n, double s, const double *a, double *b) {
  for (size_t i = 0; i < n; i++) b[i] += s * a[i];
}

void la_take_out(int n, int m, const double *q, double *v, double *r) {
  if (m <= 8) {
    for (int j = 0; j < m; j++) {
      r[j] = la_dot((size_t)n, q + area(n, j), v);
      la_axpy((size_t)n, -r[j], q + area(n, j), v);
    }
    return;
  }
  cblas_dgemv(CblasColMajor, CblasTrans, n, m, 1, q, n, v, 1, 0, r, 1);
  cblas_dgemv(CblasColMajor, CblasNoTrans, n, m, -1, q, n, r, 1, 1, v, 1);
}

/* Rotates columns p and q of a matrix with n rows. */
static void rotate(int n, double *x, double *y, int step, double c, double s) {
  for (int i = 0; i < n; i++) {
    double u = x[i * step], v = y[i * step];
    x[i * step] = c * u - s * v;
    y[i * step] = s * u + c * v;
  }
}

static void jacobi_rotation(int n, double *a, double *v, int p, int q) {
  double apq = a[at(p, q, n)];
  if (apq == 0) return;
  double tau = (a[at(q, q, n)] - a[at(p, p, n)]) / (2 * apq);
  double t = (tau >= 0 ? 1 : -1) / (fabs(tau) + sqrt(1 + tau * tau));
  double c = 1 / sqrt(1 + t * t), s = t * c;
  rotate(n, a + at(0, p, n), a + at(0, q, n), 1, c, s);
  rotate(n, a + p, a + q, n, c, s);
  a[at(p, q, n)] = a[at(q, p, n)] = 0;
  rotate(n, v + at(0, p, n), v + at(0, q, n), 1, c, s);
}

static bool is_diagonal(int n, const double *a) {
  double off = 0, on = 0;
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) *(i == j ? &on : &off) += a[at(i, j, n)] * a[at(i, j, n)];
  return off <= 1e-32 * on;
}

void la_eigen(int n, double *a, double *values, double *v) {
  enum { SWEEPS = 60 };
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) v[at(i, j, n)] = i == j;
  for (int sweep = 0; sweep < SWEEPS && !is_diagonal(n, a); sweep++)
    for (int p = 0; p < n; p++)
      for (int q = p + 1; q < n; q++) jacobi_rotation(n, a, v, p, q);
  for (int i = 0; i < n; i++) values[i] = a[at(i, i, n)];
}
