#include "runtime/inference/small_sample.h"
#include "runtime/inference/between_within.h"
#include "runtime/inference/distributions.h"
#include <lapacke.h>
#include <math.h>
#include <string.h>
#include <time.h>

#define RANK_EPS                                                                                             \
  1.5e-8 /* eigenvalues of L Phi L' below this, relative to the largest, count for nothing, as in lmerTest */
#define SAME_DF 1e-8

/* ---- once a fit ----------------------------------------------------------------------------------------- */

static bool has_variance(const struct fit *f) {
  return f->result->sigma2 > 0 && isfinite(f->result->criterion);
}

/* m (n x n over columns) to all p columns of X, NaN elsewhere. */
static const double *spread(struct arena *a, const struct fit *f, const struct reml_fixed *x,
                            const double *m) {
  size_t p = (size_t)f->frame->problem->p;
  double *v = arena_raw(a, p * p, double);
  for (size_t i = 0; i < p * p; i++) v[i] = NAN;
  for (int j = 0; j < x->p; j++)
    for (int i = 0; i < x->p; i++) v[(size_t)x->column[i] + (size_t)x->column[j] * p] = m[i + j * x->p];
  return v;
}

static bool needs_parameters(enum df_method m) {
  return m == DF_SATTERTHWAITE || m == DF_KR;
}

static void open_parameters(struct arena *a, const struct fit *f, struct small_sample *s) {
  struct reml_fixed_options how = {.threads = f->threads,
                                   .kenward_roger = s->choice.method == DF_KR,
                                   .observed = s->choice.observed,
                                   .linear = s->choice.linear};
  s->fixed = reml_fixed_open(a, f->frame->problem, f->result, &how);
  if (!s->fixed)
    s->why_not = "nothing was estimated";
  else if (s->choice.method == DF_KR && !s->fixed->adjusted)
    s->why_not = "the information about the covariance parameters cannot be had";
  else if (s->choice.method == DF_SATTERTHWAITE && !s->fixed->cov)
    s->why_not = "the data do not determine all covariance parameters";
  else if (s->choice.method == DF_KR)
    s->vcov = spread(a, f, s->fixed, s->fixed->adjusted);
}

static struct small_sample *make(struct arena *a, const struct fit *f) {
  struct small_sample *s = arena_make(a, struct small_sample);
  *s = (struct small_sample){.choice = f->df, .vcov = f->result->vcov};
  if (!has_variance(f)) s->why_not = "no variance is left";
  if (s->why_not) return s;
  if (needs_parameters(s->choice.method)) open_parameters(a, f, s);
  if (s->choice.method == DF_BETWEEN_WITHIN) s->column_df = between_within(a, f, &s->why_not);
  return s;
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

const struct small_sample *fit_small_sample(const struct fit *f) {
  if (f->later->small) return f->later->small;
  double start = seconds();
  f->later->small = make(f->arena, f);
  f->later->seconds = seconds() - start;
  return f->later->small;
}

/* ORDER DF: enum df_method */
static const char *const df_words[] = {"none", "satterthwaite", "kr", "between_within", "residual", "normal"};

const char *df_word(enum df_method m) {
  return df_words[m];
}

bool df_read(const char *word, enum df_method *m) {
  for (size_t i = 0; i < sizeof df_words / sizeof *df_words; i++)
    if (strcmp(df_words[i], word) == 0) {
      *m = (enum df_method)i;
      return true;
    }
  return false;
}

const char *df_text(struct arena *a, const struct fit *f) {
  const struct small_sample *s = fit_small_sample(f);
  bool structures = problem_has_structures(f->frame->problem);
  switch (s->choice.method) {
  case DF_NONE: return "none";
  case DF_SATTERTHWAITE: return "Satterthwaite, observed information";
  case DF_KR:
    return arena_printf(a, "Kenward-Roger, %s information%s; standard errors are adjusted",
                        s->choice.observed ? "observed" : "expected",
                        !structures                       ? ""
                        : s->fixed && s->fixed->kr_linear ? ", without second derivatives of V"
                                                          : ", with second derivatives of V");
  case DF_BETWEEN_WITHIN: return "between and within units";
  case DF_RESIDUAL: return "residual: rows less coefficients";
  case DF_NORMAL: return "none: normal distribution (large samples)";
  }
  return "";
}

/* ---- forms ---------------------------------------------------------------------------------------------- */

/* l' M m over all columns; where l and m are zero M does not count. */
static double form(int p, const double *l, const double *v, const double *m) {
  double sum = 0;
  for (int j = 0; j < p; j++)
    for (int i = 0; i < p && m[j] != 0; i++)
      if (l[i] != 0) sum += l[i] * v[(size_t)i + (size_t)j * (size_t)p] * m[j];
  return sum;
}

static double estimate_of(const struct fit *f, const double *l, double v) {
  double sum = -v;
  for (int j = 0; j < f->frame->problem->p; j++)
    if (l[j] != 0) sum += l[j] * f->result->beta[j];
  return sum;
}

/* l' M_i l over the kept columns, for one of `n` matrices. */
static double kept_form(const struct reml_fixed *x, const double *l, const double *m, const double *r) {
  double sum = 0;
  for (int j = 0; j < x->p; j++)
    for (int i = 0; i < x->p; i++) sum += l[x->column[i]] * m[i + j * x->p] * r[x->column[j]];
  return sum;
}

static double weighted(int n, const double *g, const double *cov) {
  double sum = 0;
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) sum += g[i] * cov[i + j * n] * g[j];
  return sum;
}

/* 2 c^2 / Var(c), c = l' Phi l */
static double one_row_df(const struct reml_fixed *x, const double *l, const double *slope,
                         const double *cov) {
  struct mem *m = arena_mem(x->arena);
  struct arena *mark = arena_pool_mark(m);
  double *gradient = arena_raw(arena_new(m), (size_t)x->n, double), c = kept_form(x, l, x->vcov, l);
  for (int i = 0; i < x->n; i++)
    gradient[i] = kept_form(x, l, slope + (size_t)i * (size_t)x->p * (size_t)x->p, l);
  double variance = weighted(x->n, gradient, cov);
  arena_pool_drain(m, mark);
  return variance > 0 ? 2 * c * c / variance : INFINITY;
}

/* What rounding leaves of a coefficient does not count. */
static double least_df(const struct fit *f, const struct small_sample *s, const double *l) {
  double least = INFINITY, largest = 0;
  int p = f->frame->problem->p;
  for (int j = 0; j < p; j++) largest = fmax(largest, fabs(l[j]));
  for (int j = 0; j < p; j++)
    if (fabs(l[j]) > 1e-10 * largest && s->column_df[j] < least) least = s->column_df[j];
  return least;
}

static double df_of(const struct fit *f, const struct small_sample *s, const double *l) {
  if (s->why_not) return NAN;
  switch (s->choice.method) {
  case DF_NONE: return NAN;
  case DF_SATTERTHWAITE: return one_row_df(s->fixed, l, s->fixed->slope, s->fixed->cov);
  case DF_KR: return one_row_df(s->fixed, l, s->fixed->kr_slope, s->fixed->kr_cov);
  case DF_BETWEEN_WITHIN: return least_df(f, s, l);
  case DF_RESIDUAL: return f->frame->problem->n - f->result->rank;
  case DF_NORMAL: return INFINITY;
  }
  return NAN;
}

struct t_test t_test_of(const struct fit *f, const double *l, double v) {
  const struct small_sample *s = fit_small_sample(f);
  double variance = form(f->frame->problem->p, l, s->vcov, l);
  struct t_test t = {.estimate = estimate_of(f, l, v), .se = variance > 0 ? sqrt(variance) : 0};
  t.df = df_of(f, s, l);
  t.t = t.se > 0 ? t.estimate / t.se : (double)NAN;
  t.p = isnan(t.t) || isnan(t.df) ? (double)NAN : t_two_sided(t.t, t.df);
  return t;
}

/* ---- several rows --------------------------------------------------------------------------------------- */

/* Rows of L made independent: P'L with L Phi L' = P diag(w) P', those with w above rounding. */
struct rows {
  int p, q;
  double *l; /* q x p, row by row */
  double *w; /* q: their variances under Phi */
  double *d; /* q: L b - v */
  bool consistent;
};

static struct rows independent_rows(struct arena *a, const struct fit *f, const double *vcov, int h,
                                    const double *l, const double *v) {
  size_t n = (size_t)h, p = (size_t)f->frame->problem->p;
  double *m = arena_array(a, n * n, double), *value = arena_array(a, n, double),
         *d = arena_array(a, n, double);
  struct rows r = {.p = (int)p, .consistent = true};
  double largest = 0;
  for (size_t i = 0; i < n; i++) {
    d[i] = estimate_of(f, l + i * p, v ? v[i] : 0);
    for (size_t j = 0; j <= i; j++) m[i + j * n] = form((int)p, l + i * p, vcov, l + j * p);
    largest = fmax(largest, fabs(d[i]) / sqrt(fmax(m[i + i * n], 1e-300)));
  }
  r.l = arena_array(a, n * p, double);
  r.w = arena_array(a, n, double);
  r.d = arena_array(a, n, double);
  if (LAPACKE_dsyev(LAPACK_COL_MAJOR, 'V', 'L', h, m, h, value) != 0) r.consistent = false;
  for (size_t k = n; k-- > 0 && r.consistent;) {
    double along = 0;
    for (size_t i = 0; i < n; i++) along += m[i + k * n] * d[i];
    if (!(value[k] > RANK_EPS * value[n - 1])) {
      r.consistent = fabs(along) <= 1e-6 * (1 + largest) * sqrt(fmax(value[n - 1], 1e-300));
      continue;
    }
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < p; j++) r.l[(size_t)r.q * p + j] += m[i + k * n] * l[i * p + j];
    r.w[r.q] = value[k];
    r.d[r.q++] = along;
  }
  return r;
}

/* Fai & Cornelius (1996), as lmerTest. */
static double combined_df(const double *df, int q) {
  double sum = 0;
  bool same = true, small = false;
  for (int i = 0; i < q; i++) {
    same = same && fabs(df[i] - df[0]) < SAME_DF * df[0];
    small = small || df[i] <= 2;
    sum += isinf(df[i]) ? 1 : df[i] / (df[i] - 2);
  }
  if (q == 1 || same) return df[0];
  if (small) return 2;
  return sum > q ? 2 * sum / (sum - q) : INFINITY;
}

static double mean_square(const struct rows *r) {
  double sum = 0;
  for (int i = 0; i < r->q; i++) sum += r->d[i] * r->d[i] / r->w[i];
  return sum / r->q;
}

static void satterthwaite(struct arena *a, const struct small_sample *s, const struct rows *r,
                          struct f_test *t) {
  double *df = arena_array(a, (size_t)r->q, double);
  for (int i = 0; i < r->q; i++)
    df[i] = one_row_df(s->fixed, r->l + (size_t)i * (size_t)r->p, s->fixed->slope, s->fixed->cov);
  t->f = mean_square(r);
  t->ddf = combined_df(df, r->q);
}

/* A1 = sum W_ij a_i a_j, A2 = sum W_ij tr(M_i M_j), M_i = (L Phi L')^-1/2 L dPhi_i L' (L Phi L')^-1/2, a_i = tr M_i. */
static void kr_moments(struct arena *a, const struct reml_fixed *x, const struct rows *r, double *a1,
                       double *a2) {
  size_t q = (size_t)r->q, p = (size_t)r->p;
  double *m = arena_array(a, q * q * (size_t)x->n, double), *trace = arena_array(a, (size_t)x->n, double);
  for (int i = 0; i < x->n; i++)
    for (size_t u = 0; u < q; u++) {
      for (size_t v = 0; v < q; v++)
        m[(size_t)i * q * q + u + v * q] =
            kept_form(x, r->l + u * p, x->kr_slope + (size_t)i * (size_t)x->p * (size_t)x->p, r->l + v * p) /
            sqrt(r->w[u] * r->w[v]);
      trace[i] += m[(size_t)i * q * q + u + u * q];
    }
  *a1 = weighted(x->n, trace, x->kr_cov);
  *a2 = 0;
  for (int i = 0; i < x->n; i++)
    for (int j = 0; j < x->n; j++) {
      double sum = 0;
      for (size_t k = 0; k < q * q; k++) sum += m[(size_t)i * q * q + k] * m[(size_t)j * q * q + k];
      *a2 += x->kr_cov[i + j * x->n] * sum;
    }
}

/* d' (L Phi_A L')^-1 d / q */
static double adjusted_square(struct arena *a, const struct small_sample *s, const struct rows *r) {
  lapack_int q = r->q;
  double *m = arena_array(a, (size_t)(q * q), double), *d = arena_array(a, (size_t)q, double), sum = 0;
  for (int u = 0; u < q; u++) {
    d[u] = r->d[u];
    for (int v = 0; v < q; v++)
      m[u + v * q] = form(r->p, r->l + (size_t)u * (size_t)r->p, s->vcov, r->l + (size_t)v * (size_t)r->p);
  }
  if (LAPACKE_dposv(LAPACK_COL_MAJOR, 'L', q, 1, m, q, d, q) != 0) return NAN;
  for (int u = 0; u < q; u++) sum += r->d[u] * d[u];
  return sum / q;
}

static void kenward_roger(struct arena *a, const struct small_sample *s, const struct rows *r,
                          struct f_test *t) {
  double q = r->q, a1, a2;
  kr_moments(a, s->fixed, r, &a1, &a2);
  double b = (a1 + 6 * a2) / (2 * q), g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2),
         h = 3 * q + 2 * (1 - g), c1 = g / h, c2 = (q - g) / h, c3 = (q + 2 - g) / h;
  double e = 1 / (1 - a2 / q), v = 2 / q * (1 + c1 * b) / ((1 - c2 * b) * (1 - c2 * b) * (1 - c3 * b)),
         rho = v / (2 * e * e);
  t->ddf = r->q == 1 ? 2 / a2 : 4 + (q + 2) / (q * rho - 1);
  double lambda = r->q == 1 ? 1 : t->ddf / (e * (t->ddf - 2));
  t->f = lambda * adjusted_square(a, s, r);
  if (!(t->ddf > 0) || !(t->f >= 0)) t->ddf = t->f = NAN;
}

struct f_test f_test_of(struct arena *a, const struct fit *f, int h, const double *l, const double *v) {
  const struct small_sample *s = fit_small_sample(f);
  struct f_test t = {.f = NAN, .ddf = NAN, .p = NAN};
  struct rows r = independent_rows(a, f, f->result->vcov, h, l, v);
  t.consistent = r.consistent;
  t.ndf = r.q;
  if (!r.consistent || r.q == 0) return t;
  t.f = mean_square(&r);
  if (s->why_not) return t;
  if (s->choice.method == DF_SATTERTHWAITE) satterthwaite(a, s, &r, &t);
  if (s->choice.method == DF_KR) kenward_roger(a, s, &r, &t);
  if (s->choice.method == DF_RESIDUAL) t.ddf = f->frame->problem->n - f->result->rank;
  if (s->choice.method == DF_NORMAL) t.ddf = INFINITY;
  if (s->choice.method == DF_BETWEEN_WITHIN) {
    t.ddf = INFINITY;
    for (int i = 0; i < h; i++) t.ddf = fmin(t.ddf, least_df(f, s, l + (size_t)i * (size_t)r.p));
  }
  if (!isnan(t.ddf)) t.p = f_upper(t.f, t.ndf, t.ddf);
  return t;
}
