#include "runtime/model/splines.h"
#include <lapacke.h>
#include <string.h>

enum { CUBIC = 4 }; /* the order of cubic pieces */

/* The piece that x lies in, the outer ones also beyond the boundary: knot[piece] <= x < knot[piece + 1]. */
static int piece_of(const double *knot, int n_knots, int order, double x) {
  int piece = order - 1;
  while (piece + 1 < n_knots - order && x >= knot[piece + 1]) piece++;
  return piece;
}

static double over(double x, double width) {
  return width > 0 ? x / width : 0;
}

/* de Boor's recurrence: B[0 .. n_knots - order) at x, as polynomials of the piece; one more is used. */
static void bspline(const double *t, int n_knots, int order, int piece, double x, double *b) {
  memset(b, 0, (size_t)n_knots * sizeof *b);
  b[piece] = 1;
  for (int k = 2; k <= order; k++)
    for (int i = piece - k + 1; i <= piece; i++)
      b[i] =
          over((x - t[i]) * b[i], t[i + k - 1] - t[i]) + over((t[i + k] - x) * b[i + 1], t[i + k] - t[i + 1]);
}

/* Their derivatives of an order below the splines' (de Boor 1978, ch. 10, eq. 12). */
static void bspline_derivative(const double *t, int n_knots, int order, int derivative, double x, double *b) {
  bspline(t, n_knots, order - derivative, piece_of(t, n_knots, order, x), x, b);
  for (int k = order - derivative + 1; k <= order; k++)
    for (int i = 0; i < n_knots - k; i++)
      b[i] = (k - 1) * (over(b[i], t[i + k - 1] - t[i]) - over(b[i + 1], t[i + k] - t[i + 1]));
}

void bspline_columns(const double *knot, int n_knots, int order, double x, double *out) {
  double b[SPLINE_KNOTS_MAX];
  bspline(knot, n_knots, order, piece_of(knot, n_knots, order, x), x, b);
  memcpy(out, b + 1, (size_t)(n_knots - order - 1) * sizeof *out);
}

/* The null space of the second derivatives at both ends, by Householder's reflections: the last columns of Q in the QR
   decomposition of their transpose. */
const double *natural_columns(struct arena *a, const double *knot, int n_knots) {
  int n = n_knots - CUBIC - 1, width = n - 2;
  double b[SPLINE_KNOTS_MAX], tau[2];
  double *c = arena_raw(a, (size_t)n * 2, double), *q = arena_array(a, (size_t)n * (size_t)n, double);
  for (int end = 0; end < 2; end++) {
    bspline_derivative(knot, n_knots, CUBIC, 2, knot[end ? n_knots - 1 : 0], b);
    for (int i = 0; i < n; i++) c[2 * i + end] = b[i + 1];
  }
  for (int i = 0; i < n; i++) q[i * n + i] = 1;
  LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, n, 2, c, 2, tau);
  LAPACKE_dormqr(LAPACK_ROW_MAJOR, 'L', 'N', n, n, 2, c, 2, tau, q, n);
  double *natural = arena_raw(a, (size_t)n * (size_t)width, double);
  for (int i = 0; i < n; i++) memcpy(natural + i * width, q + i * n + 2, (size_t)width * sizeof *natural);
  return natural;
}

static void natural_sum(const double *b, int n, const double *natural, double weight, double *out) {
  int width = n - 2;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < width; j++) out[j] += weight * b[i + 1] * natural[i * width + j];
}

/* Beyond the boundary, its value and slope there. */
void natural_at(const double *knot, int n_knots, const double *natural, double x, double *out) {
  double b[SPLINE_KNOTS_MAX], low = knot[0], high = knot[n_knots - 1];
  double at = x < low ? low : x > high ? high : x;
  int n = n_knots - CUBIC - 1;
  memset(out, 0, (size_t)(n - 2) * sizeof *out);
  bspline_derivative(knot, n_knots, CUBIC, 0, at, b);
  natural_sum(b, n, natural, 1, out);
  if (x == at) return;
  bspline_derivative(knot, n_knots, CUBIC, 1, at, b);
  natural_sum(b, n, natural, x - at, out);
}
