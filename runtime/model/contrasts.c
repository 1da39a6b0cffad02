#include "runtime/model/contrasts.h"
#include "runtime/model/basis.h"

static double treatment(int level, int column, int n) {
  (void)n;
  return level == column + 1;
}

static double sum(int level, int column, int n) {
  return level == n - 1 ? -1 : level == column;
}

static double helmert(int level, int column, int n) {
  (void)n;
  return level <= column ? -1 : level == column + 1 ? column + 1 : 0;
}

static double successive(int level, int column, int n) {
  return (level > column ? column + 1 : column + 1 - n) / (double)n;
}

/* Orthonormal polynomials over 1, 2, ..., n. */
static void trends(struct arena *a, double *out, int n) {
  double *x = arena_raw(a, (size_t)n, double);
  for (int i = 0; i < n; i++) x[i] = i + 1;
  struct basis b = {.kind = BASIS_POLY, .width = n - 1, .degree = n - 1};
  basis_orthogonal(a, &b, x, n);
  for (int i = 0; i < n; i++) basis_at(&b, x[i], out + (size_t)i * (size_t)(n - 1));
}

const double *contrasts_make(struct arena *a, enum coding coding, int n) {
  static double (*const value[])(int, int, int) = {[CODING_TREATMENT] = treatment,
                                                   [CODING_SUM] = sum,
                                                   [CODING_HELMERT] = helmert,
                                                   [CODING_SUCCESSIVE] = successive};
  double *c = arena_raw(a, (size_t)n * (size_t)(n - 1) + 1, double);
  if (coding == CODING_POLY) {
    trends(a, c, n);
    return c;
  }
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n - 1; j++) c[i * (n - 1) + j] = value[coding](i, j, n);
  return c;
}

const char *contrast_label(struct arena *a, enum coding coding, const char *const *levels, int column) {
  static const char *const powers[] = {"linear", "quadratic", "cubic"};
  switch (coding) {
  case CODING_TREATMENT:
  case CODING_HELMERT: return levels[column + 1];
  case CODING_SUM: return levels[column];
  case CODING_POLY: return column < 3 ? powers[column] : arena_printf(a, "%d", column + 1);
  case CODING_SUCCESSIVE: return arena_printf(a, "%s-%s", levels[column + 1], levels[column]);
  }
  return levels[column];
}
