#include "runtime/reml/tiny.h"
#include <math.h>

#define INLINE static inline __attribute__((always_inline))

bool tiny_fits(const struct batch *b, int n_terms, int c) {
  return n_terms == 1 && c <= TINY_MAX && b->r == c && b->q == c && !b->gram;
}

/* l (c x c, lower) := Cholesky factor of I + (R Lambda)(R Lambda)', inverse: of its diagonal. */
INLINE bool factor(int c, const double *r, const double *lambda, double *l, double *inverse) {
  double t[TINY_MAX * TINY_MAX] = {0};
  for (int j = 0; j < c; j++)
    for (int i = 0; i < c; i++) {
      double v = 0;
      for (int k = 0; k < c; k++) v += r[i + k * c] * lambda[k + j * c];
      t[i + j * c] = v;
    }
  for (int j = 0; j < c; j++)
    for (int i = j; i < c; i++) {
      double v = i == j;
      for (int k = 0; k < c; k++) v += t[i + k * c] * t[j + k * c];
      for (int k = 0; k < j; k++) v -= l[i + k * c] * l[j + k * c];
      if (i == j && !(v > 0 && v < INFINITY)) return false;
      l[i + j * c] = i == j ? sqrt(v) : v * inverse[j];
      if (i == j) inverse[j] = 1 / l[j + j * c];
    }
  return true;
}

INLINE void solve(int c, const double *l, const double *inverse, const double *x, double *y) {
  for (int i = 0; i < c; i++) {
    double v = x[i];
    for (int k = 0; k < i; k++) v -= l[i + k * c] * y[k];
    y[i] = v * inverse[i];
  }
}

/* K = B'B, both triangles. */
INLINE void cross(int c, const double *b, double *k) {
  for (int j = 0; j < c; j++)
    for (int i = j; i < c; i++) {
      double v = 0;
      for (int h = 0; h < c; h++) v += b[h + i * c] * b[h + j * c];
      k[i + j * c] = k[j + i * c] = v;
    }
}

/* s (pairs x pairs) += weight lower(x) lower(y)' */
INLINE void add_pairs(int c, double weight, const double *x, const double *y, double *s) {
  double v[TINY_PAIRS] = {0};
  int m = 0;
  for (int j = 0; j < c; j++)
    for (int i = j; i < c; i++) v[m++] = weight * x[i + j * c];
  for (int j = 0; j < c; j++)
    for (int i = j; i < c; i++, s += m)
      for (int h = 0; h < m; h++) s[h] += v[h] * y[i + j * c];
}

/* One cluster: bd = L^-1 D, e = B_R' bd, a (lower) += bd'bd. */
INLINE void data(int c, int p1, const double *l, const double *inverse, const double *br, const double *d,
                 double *bd, double *e, double *a) {
  for (int j = 0; j < p1; j++) {
    double *y = bd + j * c;
    solve(c, l, inverse, d + j * c, y);
    for (int i = 0; i < c; i++) {
      double v = 0;
      for (int h = 0; h < c; h++) v += br[h + i * c] * y[h];
      e[i + j * c] = v;
    }
  }
  for (int k = 0; k < p1; k++)
    for (int j = k; j < p1; j++)
      for (int h = 0; h < c; h++) a[j + k * p1] += bd[h + j * c] * bd[h + k * c];
}

INLINE void add_outer(int m, const double *v, double *s) {
  for (int j = 0; j < m; j++)
    for (int i = j; i < m; i++) s[i + j * m] += v[i] * v[j];
}

INLINE bool eval(int c, int p1, const struct batch *b, const double *lambda, bool derivatives,
                 struct tiny_sums *s, double *a) {
  double l[TINY_MAX * TINY_MAX], inverse[TINY_MAX], br[TINY_MAX * TINY_MAX], det = 1;
  if (!factor(c, b->z, lambda, l, inverse)) return false;
  for (int j = 0; j < c; j++) {
    solve(c, l, inverse, b->z + j * c, br + j * c);
    det *= l[j + j * c];
  }
  s->ld += 2 * b->count * log(det);
  cross(c, br, b->k);
  for (int i = 0; i < b->count; i++) {
    double *e = b->e + i * c * p1;
    data(c, p1, l, inverse, br, b->d + i * c * p1, s->bd, e, a);
    if (derivatives) add_outer(c * p1, e, s->m);
  }
  if (!derivatives) return true;
  for (int j = 0; j < c * c; j++) s->k[j] += b->count * b->k[j];
  add_pairs(c, b->count, b->k, b->k, s->kk);
  return true;
}

/* The sizes that matter most get loops of constant length. */
#define EVAL_P1(C)                                                                                           \
  switch (p1) {                                                                                              \
  case 2: return eval(C, 2, b, lambda, derivatives, s, a);                                                   \
  case 3: return eval(C, 3, b, lambda, derivatives, s, a);                                                   \
  case 4: return eval(C, 4, b, lambda, derivatives, s, a);                                                   \
  default: return eval(C, p1, b, lambda, derivatives, s, a);                                                 \
  }

bool tiny_eval(int c, int p1, const struct batch *b, const double *lambda, bool derivatives,
               struct tiny_sums *s, double *a) {
  switch (c) {
  case 1: EVAL_P1(1)
  case 2: EVAL_P1(2)
  case 3: EVAL_P1(3)
  default: EVAL_P1(4)
  }
}

/* x (c x c) += E Phi E' */
INLINE void add_quadratic(int c, int p1, const double *e, const double *phi, double *x) {
  for (int k = 0; k + 1 < p1; k++) {
    double f[TINY_MAX] = {0};
    for (int j = 0; j + 1 < p1; j++)
      for (int i = 0; i < c; i++) f[i] += e[i + j * c] * phi[j + k * p1];
    for (int j = 0; j < c; j++)
      for (int i = j; i < c; i++) x[i + j * c] += f[i] * e[j + k * c];
  }
}

INLINE void weights(int c, const struct batch *b, const struct kernel_weights *w, int p1,
                    struct tiny_sums *s) {
  double sd[TINY_MAX * TINY_MAX] = {0}, sx[TINY_MAX * TINY_MAX] = {0};
  for (int n = 0; n < b->count; n++) {
    const double *e = b->e + n * c * p1;
    double u[TINY_MAX] = {0};
    for (int j = 0; j < p1; j++)
      for (int i = 0; i < c; i++) u[i] += e[i + j * c] * w->d[j];
    for (int j = 0; j < c; j++)
      for (int i = j; i < c; i++) sd[i + j * c] += u[i] * u[j];
    if (w->xwx) add_quadratic(c, p1, e, w->phi, sx);
  }
  add_pairs(c, 1, b->k, sd, s->kd);
  if (w->xwx) add_pairs(c, 1, b->k, sx, s->kx);
}

void tiny_weights(int c, const struct batch *b, const struct kernel_weights *w, int p1, struct tiny_sums *s) {
  switch (c) {
  case 1: weights(1, b, w, p1, s); return;
  case 2: weights(2, b, w, p1, s); return;
  case 3: weights(3, b, w, p1, s); return;
  default: weights(4, b, w, p1, s); return;
  }
}

static int pair(int c, int i, int j) {
  int a = i > j ? i : j, b = i > j ? j : i;
  return b * c - b * (b - 1) / 2 + (a - b);
}

/* Sum of E[a, j] E[b, k] over clusters. */
static double product(int c, int p1, const double *m, int a, int j, int b, int k) {
  int x = a + j * c, y = b + k * c;
  return x > y ? m[x + y * c * p1] : m[y + x * c * p1];
}

void tiny_collect(int c, const struct tiny_sums *s, const struct param *params, struct kernel_sums *out) {
  int p1 = out->p1;
  for (int i = 0; i < out->k; i++) {
    int a = params[i].a, b = params[i].b;
    double *u = out->u + (size_t)i * area(p1, p1);
    out->t[i] += (a == b ? 1 : 2) * s->k[a + b * c];
    for (int k = 0; k < p1; k++)
      for (int j = 0; j < p1; j++)
        u[j + k * p1] += product(c, p1, s->m, a, j, b, k) + (a == b ? 0 : product(c, p1, s->m, b, j, a, k));
  }
  tiny_contract(c, s->kk, out->k, params, out->tt);
}

void tiny_contract(int c, const double *ks, int k, const struct param *params, double *out) {
  int m = c * (c + 1) / 2;
  for (int i = 0; i < k; i++)
    for (int j = 0; j < k; j++)
      for (int u = 0; u < (params[i].a == params[i].b ? 1 : 2); u++)
        for (int v = 0; v < (params[j].a == params[j].b ? 1 : 2); v++) {
          int x = u ? params[i].b : params[i].a, y = u ? params[i].a : params[i].b;
          int z = v ? params[j].b : params[j].a, w = v ? params[j].a : params[j].b;
          out[i + j * k] += ks[pair(c, y, z) + m * pair(c, x, w)];
        }
}
