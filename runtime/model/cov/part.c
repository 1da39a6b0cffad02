#include "runtime/model/cov/part.h"
#include "runtime/model/cov/cov.h"
#include <math.h>
#include <string.h>

static const struct structure structures[] = {
    {"us", NULL, true},
    {"exch", NULL, true},
    {"diag", &corr_identity, true},
    {"homdiag", &corr_identity, false},
    {"cs", &corr_cs, false},
    {"hcs", &corr_cs, true},
    {"ar1", &corr_ar1, false},
    {"har1", &corr_ar1, true},
    {"ou", &corr_ou, false},
    {"exp", &corr_exp, false},
    {"toep", &corr_toep, false},
    {"htoep", &corr_toep, true},
    {"ante1", &corr_ante1, true},
    {"known", &corr_known, false},
};

const struct structure *structure_find(const char *name) {
  for (size_t i = 0; i < sizeof structures / sizeof *structures; i++)
    if (strcmp(structures[i].name, name) == 0) return &structures[i];
  return NULL;
}

struct part part_new(struct arena *a, const struct structure *s, const struct positions *x, bool positive,
                     bool unit) {
  struct part p = {.structure = s, .x = *x, .positive = positive, .unit = unit};
  p.pivot = arena_array(a, (size_t)x->m + 1, int);
  for (int i = 0; i < x->m; i++) p.pivot[i] = i;
  return p;
}

static size_t square(const struct part *p) {
  return (size_t)p->x.m * (size_t)p->x.m;
}

static int n_correlations(const struct part *p) {
  const struct correlation *c = p->structure->correlation;
  return c->n ? c->n(&p->x) : 0;
}

/* ---- us, exch: by Cholesky factors ---- */

static bool is_exch(const struct part *p) {
  return !p->structure->correlation && strcmp(p->structure->name, "exch") == 0;
}

static int packed_n(int m) {
  return m * (m + 1) / 2;
}

/* theta with the fixed first entry put back. */
static const double *whole(const struct part *p, const double *theta, int n, double *room) {
  if (!p->unit) return theta;
  room[0] = 1;
  memcpy(room + 1, theta, sizeof(double) * (size_t)(n - 1));
  return room;
}

/* G = Lambda Lambda', or with i >= 0 its derivative in entry i of the factor. */
static void us_matrix(int m, const int *pivot, const double *theta, int i, double *g) {
  double lambda[COV_MAX * COV_MAX];
  cov_us.factor(m, pivot, theta, lambda);
  int row = 0, column = 0;
  for (int left = i; left >= m - column && i >= 0; column++) left -= m - column;
  if (i >= 0) {
    int before = 0;
    for (int j = 0; j < column; j++) before += m - j;
    row = pivot[column + i - before];
  }
  for (int b = 0; b < m; b++)
    for (int a = 0; a < m; a++) {
      double sum = 0;
      if (i < 0)
        for (int k = 0; k < m; k++) sum += lambda[a + k * m] * lambda[b + k * m];
      else
        sum = (a == row) * lambda[b + column * m] + (b == row) * lambda[a + column * m];
      g[a + b * m] = sum;
    }
}

/* [[A, B], [B, A]] from sum = A + B and difference = A - B; either may be NULL: zero. */
static void put_halves(int k, const double *sum, const double *difference, double *g) {
  int m = 2 * k;
  for (int j = 0; j < k; j++)
    for (int i = 0; i < k; i++) {
      double s = sum ? sum[i + j * k] / 2 : 0, d = difference ? difference[i + j * k] / 2 : 0;
      g[i + j * m] = g[k + i + (k + j) * m] = s + d;
      g[k + i + j * m] = g[i + (k + j) * m] = s - d;
    }
}

static void factored_matrix(const struct part *p, const double *theta, int i, double *g) {
  double room[COV_MAX * (COV_MAX + 1)], half[2][COV_MAX * COV_MAX / 2];
  int m = p->x.m, k = m / 2, n = packed_n(k);
  const double *all = whole(p, theta, is_exch(p) ? 2 * n : packed_n(m), room);
  i += i >= 0 && p->unit;
  if (!is_exch(p)) {
    us_matrix(m, p->pivot, all, i, g);
    return;
  }
  bool first = i < n, second = i < 0 || i >= n;
  if (first) us_matrix(k, p->pivot, all, i, half[0]);
  if (second) us_matrix(k, p->pivot, all + n, i < 0 ? i : i - n, half[1]);
  put_halves(k, first ? half[0] : NULL, second ? half[1] : NULL, g);
}

static int factored_n(const struct part *p) {
  return (is_exch(p) ? 2 * packed_n(p->x.m / 2) : packed_n(p->x.m)) - p->unit;
}

static void factored_start(const struct part *p, double *theta) {
  double room[COV_MAX * (COV_MAX + 1)];
  int m = is_exch(p) ? p->x.m / 2 : p->x.m, n = packed_n(m), pivot[COV_MAX];
  cov_us.start(m, pivot, room);
  if (is_exch(p)) cov_us.start(m, pivot, room + n);
  memcpy(theta, room + p->unit, sizeof(double) * (size_t)factored_n(p));
}

/* Of `us` of m positions, into h whose first row and column belong to entry `first` of theta. */
static void us_curvature(int m, const int *pivot, const double *gamma, int skip, double *h, int ld) {
  if (!skip) {
    cov_us.pull_curvature(m, pivot, NULL, gamma, h, ld);
    return;
  }
  for (int j = 0, column = 0; j < m; column += m - j, j++)
    for (int i = j; i < m; i++)
      for (int k = j; k < m; k++) {
        int r = column + i - j - 1, c = column + k - j - 1;
        if (r >= 0 && c >= 0) h[r + c * ld] += 2 * gamma[pivot[i] + pivot[k] * m];
      }
}

static void factored_curvature(const struct part *p, const double *gamma, double *h, int ld) {
  int m = p->x.m, k = m / 2, n = packed_n(k) - p->unit;
  if (!is_exch(p)) {
    us_curvature(m, p->pivot, gamma, p->unit, h, ld);
    return;
  }
  double sum[COV_MAX * COV_MAX / 2], difference[COV_MAX * COV_MAX / 2];
  for (int j = 0; j < k; j++)
    for (int i = 0; i < k; i++) {
      double same = gamma[i + j * m] + gamma[k + i + (k + j) * m],
             other = gamma[k + i + j * m] + gamma[i + (k + j) * m];
      sum[i + j * k] = (same + other) / 2;
      difference[i + j * k] = (same - other) / 2;
    }
  us_curvature(k, p->pivot, sum, p->unit, h, ld);
  us_curvature(k, p->pivot, difference, 0, h + n + n * ld, ld);
}

/* ---- correlation times scale: theta is [scales, correlations] ---- */

static int n_scales(const struct part *p) {
  return (p->structure->variances ? p->x.m : 1) - p->unit;
}

/* Standard deviation of a position. */
static double sd_of(const struct part *p, const double *theta, int a) {
  int i = (p->structure->variances ? a : 0) - p->unit;
  if (i < 0) return 1;
  return p->positive ? exp(theta[i]) : theta[i];
}

/* The entry of theta that scales position a; -1: none. */
static int scale_of(const struct part *p, int a) {
  return (p->structure->variances ? a : 0) - p->unit;
}

static bool scaled_matrix(const struct part *p, const double *theta, double *g) {
  int m = p->x.m;
  if (!p->structure->correlation->matrix(&p->x, theta + n_scales(p), g)) return false;
  for (int b = 0; b < m; b++)
    for (int a = 0; a < m; a++) g[a + b * m] *= sd_of(p, theta, a) * sd_of(p, theta, b);
  return true;
}

/* d(s_a s_b)/dtheta_i */
static double scale_slope(const struct part *p, const double *theta, int i, int a, int b) {
  double sa = sd_of(p, theta, a), sb = sd_of(p, theta, b), sum = 0;
  if (scale_of(p, a) == i) sum += p->positive ? sa * sb : sb;
  if (scale_of(p, b) == i) sum += p->positive ? sa * sb : sa;
  return sum;
}

static void scaled_derivative(const struct part *p, const double *theta, int i, double *d) {
  int m = p->x.m, scales = n_scales(p);
  const struct correlation *c = p->structure->correlation;
  if (i < scales)
    c->matrix(&p->x, theta + scales, d);
  else
    c->derivative(&p->x, theta + scales, i - scales, d);
  for (int b = 0; b < m; b++)
    for (int a = 0; a < m; a++)
      d[a + b * m] *= i < scales ? scale_slope(p, theta, i, a, b) : sd_of(p, theta, a) * sd_of(p, theta, b);
}

/* sum gamma d2(s_a s_b)/dtheta_i dtheta_j C, for all i and j. */
static void scale_curvature(const struct part *p, const double *theta, const double *gamma, const double *c,
                            double *h, int ld) {
  int m = p->x.m;
  for (int b = 0; b < m; b++)
    for (int a = 0; a < m; a++) {
      int i = scale_of(p, a), j = scale_of(p, b);
      double w = gamma[a + b * m] * c[a + b * m];
      if (p->positive) w *= sd_of(p, theta, a) * sd_of(p, theta, b);
      if (i >= 0 && j >= 0) {
        h[i + j * ld] += w;
        h[j + i * ld] += w;
      }
      if (p->positive && i >= 0) h[i + i * ld] += w;
      if (p->positive && j >= 0) h[j + j * ld] += w;
    }
}

static double contraction(size_t n, const double *x, const double *y) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i] * y[i];
  return sum;
}

/* Rows and columns of correlations, by central differences of the analytic first derivatives. */
static void correlation_curvature(const struct part *p, struct arena *scratch, const double *theta,
                                  const double *gamma, double *h, int ld) {
  int n = part_n(p), scales = n_scales(p);
  double *at = arena_raw(scratch, (size_t)n, double), *d = arena_raw(scratch, square(p), double);
  static const double step = 1e-5;
  memcpy(at, theta, sizeof(double) * (size_t)n);
  for (int j = scales; j < n; j++) {
    for (int side = -1; side <= 1; side += 2) {
      at[j] = theta[j] + side * step;
      for (int i = 0; i < n; i++) {
        part_derivative(p, at, i, d);
        double value = side * contraction(square(p), gamma, d) / (2 * step);
        h[i + j * ld] += i < scales ? value : value / 2;
        h[j + i * ld] += i < scales ? value : value / 2;
      }
    }
    at[j] = theta[j];
  }
}

/* ---- all ---- */

int part_n(const struct part *p) {
  return p->structure->correlation ? n_scales(p) + n_correlations(p) : factored_n(p);
}

void part_start(const struct part *p, double *theta) {
  if (!p->structure->correlation) {
    factored_start(p, theta);
    return;
  }
  for (int i = 0; i < part_n(p); i++) theta[i] = i < n_scales(p) && !p->positive ? 1 : 0;
}

bool part_matrix(const struct part *p, const double *theta, double *g) {
  if (p->structure->correlation) return scaled_matrix(p, theta, g);
  factored_matrix(p, theta, -1, g);
  return true;
}

void part_derivative(const struct part *p, const double *theta, int i, double *d) {
  if (p->structure->correlation)
    scaled_derivative(p, theta, i, d);
  else
    factored_matrix(p, theta, i, d);
}

void part_curvature(const struct part *p, struct arena *scratch, const double *theta, const double *gamma,
                    double *h, int ld) {
  if (!p->structure->correlation) {
    factored_curvature(p, gamma, h, ld);
    return;
  }
  struct arena_mark mark = arena_mark(scratch);
  double *c = arena_raw(scratch, square(p), double);
  p->structure->correlation->matrix(&p->x, theta + n_scales(p), c);
  scale_curvature(p, theta, gamma, c, h, ld);
  correlation_curvature(p, scratch, theta, gamma, h, ld);
  arena_reset(scratch, mark);
}

bool part_repivot(const struct part *p, double *theta) {
  int before[COV_MAX], m = p->x.m;
  if (p->structure->correlation || is_exch(p) || p->unit) return false;
  memcpy(before, p->pivot, sizeof(int) * (size_t)m);
  cov_us.repivot(m, p->pivot, theta);
  return memcmp(before, p->pivot, sizeof(int) * (size_t)m) != 0;
}

/* Columns of a factor whose entries are all below `small`. */
static int zero_columns(int m, double *theta, double small) {
  int zeroed = 0;
  for (int j = 0; j < m; theta += m - j, j++) {
    double most = 0;
    for (int i = 0; i < m - j; i++) most = fmax(most, fabs(theta[i]));
    if (most == 0 || most >= small) continue;
    memset(theta, 0, sizeof(double) * (size_t)(m - j));
    zeroed++;
  }
  return zeroed;
}

int part_zero(const struct part *p, double *theta, double small) {
  if (p->unit || p->positive) return 0;
  int m = p->x.m, zeroed = 0;
  if (is_exch(p))
    return zero_columns(m / 2, theta, small) + zero_columns(m / 2, theta + packed_n(m / 2), small);
  if (!p->structure->correlation) return zero_columns(m, theta, small);
  for (int i = 0; i < n_scales(p); i++)
    if (theta[i] != 0 && fabs(theta[i]) < small) {
      theta[i] = 0;
      zeroed++;
    }
  return zeroed;
}

static int rank_of_columns(int m, const double *theta) {
  int rank = 0;
  for (int j = 0; j < m; theta += m - j, j++) {
    double most = 0;
    for (int i = 0; i < m - j; i++) most = fmax(most, fabs(theta[i]));
    rank += most > 0;
  }
  return rank;
}

int part_rank(const struct part *p, const double *theta) {
  int m = p->x.m, rank = 0;
  if (is_exch(p)) return rank_of_columns(m / 2, theta) + rank_of_columns(m / 2, theta + packed_n(m / 2));
  if (!p->structure->correlation) return rank_of_columns(m, theta);
  for (int a = 0; a < m; a++) rank += sd_of(p, theta, a) != 0;
  for (int i = n_scales(p); i < part_n(p); i++) /* a correlation of 1 or -1 */
    if (fabs(cos(theta[i])) < 1e-7 && !p->structure->correlation->of_distance) return rank > 1 ? 1 : rank;
  return rank;
}

/* ---- as users know them ---- */

static int n_sds(const struct part *p) {
  return p->structure->variances ? p->x.m : 1;
}

int part_n_natural(const struct part *p) {
  int m = p->x.m;
  if (is_exch(p)) return m / 2 + m * (m - 2) / 8 * 2 + m / 2;
  if (!p->structure->correlation) return m + m * (m - 1) / 2;
  return n_sds(p) + n_correlations(p);
}

/* Pair i of m positions, row by row of the lower triangle. */
static struct natural pair(int m, int i) {
  for (int b = 0; b < m; b++)
    for (int a = b + 1; a < m; a++)
      if (i-- == 0) return (struct natural){NATURAL_CORRELATION, a, b};
  return (struct natural){NATURAL_CORRELATION, -1, -1};
}

/* exch: sds of the k effects of a member, correlations within a member, then across members. */
static struct natural exch_natural(int k, int i) {
  if (i < k) return (struct natural){NATURAL_SD, i, i};
  i -= k;
  if (i < k * (k - 1) / 2) return pair(k, i);
  i -= k * (k - 1) / 2;
  for (int b = 0; b < k; b++)
    for (int a = b; a < k; a++)
      if (i-- == 0) return (struct natural){NATURAL_CORRELATION, k + a, b};
  return (struct natural){NATURAL_CORRELATION, -1, -1};
}

struct natural part_natural(const struct part *p, int i) {
  const struct correlation *c = p->structure->correlation;
  if (is_exch(p)) return exch_natural(p->x.m / 2, i);
  if (i < n_sds(p) && p->structure->variances) return (struct natural){NATURAL_SD, i, i};
  if (!c) return pair(p->x.m, i - p->x.m);
  if (i < n_sds(p)) return (struct natural){NATURAL_SD, -1, -1};
  i -= n_sds(p);
  if (c == &corr_ou) return (struct natural){NATURAL_RATE, -1, -1};
  if (c == &corr_exp) return (struct natural){NATURAL_RANGE, -1, -1};
  if (c == &corr_toep) return (struct natural){NATURAL_CORRELATION, i + 1, -1};
  if (c == &corr_ante1) return (struct natural){NATURAL_CORRELATION, i + 1, i};
  return (struct natural){NATURAL_CORRELATION, -1, -1};
}

double part_natural_value(const struct part *p, struct arena *scratch, const double *theta, double scale,
                          int i) {
  struct natural n = part_natural(p, i);
  const struct correlation *c = p->structure->correlation;
  if (c && n.kind == NATURAL_SD) return fabs(sd_of(p, theta, n.a < 0 ? 0 : n.a)) * sqrt(scale);
  if (c) return c->natural(&p->x, theta + n_scales(p), i - n_sds(p));
  struct arena_mark mark = arena_mark(scratch);
  int m = p->x.m;
  double *g = arena_raw(scratch, square(p), double);
  part_matrix(p, theta, g);
  double va = g[n.a + n.a * m] * scale, value = sqrt(va);
  if (n.kind == NATURAL_CORRELATION) value = g[n.a + n.b * m] * scale / sqrt(va * g[n.b + n.b * m] * scale);
  arena_reset(scratch, mark);
  return value;
}
