/* linalg.h: dense algebra of every size.  Small matrices by plain loops (a call into LAPACK costs more than a
 * 3 x 3 Cholesky), large ones by OpenBLAS.
 *
 * Column by column, `ld` the distance between columns.  Nothing allocates; nothing here is random, so digits
 * depend on sizes and values only (OpenBLAS is held to one thread by la_init).
 */
#ifndef KIN_REML_LINALG_H
#define KIN_REML_LINALG_H

#include <stdbool.h>
#include <stddef.h>

/* Call before the first large operation: a threaded BLAS would change digits. */
void la_init(void);

/* Lower Cholesky factor in place; the upper triangle is left alone.  False: not positive definite (or NaN). */
bool la_cholesky(int n, double *a, int ld);
double la_log_det(int n, const double *l, int ld); /* log |L L'| */

/* b (n x m) := L^-1 b, or L^-T b. */
void la_solve_lower(int n, const double *l, int ld, int m, double *b, int ldb);
void la_solve_lower_t(int n, const double *l, int ld, int m, double *b, int ldb);
/* b (n x m) := R^-1 b, or R^-T b; r upper triangular. */
void la_solve_upper(int n, const double *r, int ld, int m, double *b, int ldb);
void la_solve_upper_t(int n, const double *r, int ld, int m, double *b, int ldb);

/* out (n x n, both triangles) := (L L')^-1; out must not be l. */
void la_inverse(int n, const double *l, int ld, double *out, int ldo);

/* c (n x n, both triangles) := a'a, a of m x n. */
void la_cross(int m, int n, const double *a, int lda, double *c, int ldc);
/* c (n x n, lower triangle) := I + a a', a of n x m. */
void la_identity_plus(int n, int m, const double *a, int lda, double *c, int ldc);
/* c (m x n) := a'b, a b, a b'; k is the length of the inner products. */
void la_multiply_tn(int m, int n, int k, const double *a, int lda, const double *b, int ldb, double *c,
                    int ldc);
void la_multiply_nt(int m, int n, int k, const double *a, int lda, const double *b, int ldb, double *c,
                    int ldc);
void la_multiply(int m, int n, int k, const double *a, int lda, const double *b, int ldb, double *c, int ldc);

double la_dot(size_t n, const double *a, const double *b);
void la_axpy(size_t n, double s, const double *a, double *b); /* b += s a */

/* Takes the span of m orthonormal columns q (n x m) out of v: r := q'v, v -= q r.  Below nine columns element by
   element, so that equal rows keep equal bits. */
void la_take_out(int n, int m, const double *q, double *v, double *r);

/* Symmetric eigenproblem by Jacobi rotations: a (n x n) is destroyed, its values go to `values` in no order,
   vectors to the columns of v.  For the k x k problems of the optimizer. */
void la_eigen(int n, double *a, double *values, double *v);

#endif
