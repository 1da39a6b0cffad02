#include "runtime/reml/fixed.h"
#include "runtime/reml/linalg.h"
#include "runtime/reml/search.h"
#include <math.h>
#include <string.h>

struct opening {
  struct prepared *pr;
  struct search search;
  struct arena *arena, *scratch;
  const struct reml_fixed_options *options;
  struct reml_fixed *out;
  int p, n;
  double sigma2;  /* internal units */
  double *dphi;   /* n of p x p, internal: Phi U_i Phi = dPhi/dpsi_i of the kernels' parameters */
  double *chart;  /* n x n: dpsi/dtheta */
  double *forms;  /* p (p + 1) / 2 of n x n: [W_ij]_ab, symmetric part, a >= b */
  double *second; /* the same of R_ij; NULL: V is linear in psi */
  double *ei;     /* n x n: expected information in psi */
};

static double *slot(double *x, int size, int i) {
  return x + (size_t)i * area(size, size);
}

/* Relative to absolute scale: dpsi_i of V to that of V / sigma^2. */
static double unit_of(const struct opening *o, int i) {
  return o->pr->marginal && i < o->pr->k ? 1 : 1 / o->sigma2;
}

/* ---- first derivatives -------------------------------------------------------------------------------- */

/* out (p x p) := Phi m Phi, m with leading dimension ld. */
static void sandwich(const struct opening *o, const double *m, int ld, double *out) {
  int p = o->p, p1 = o->pr->p1;
  struct arena_mark mark = arena_mark(o->scratch);
  double *half = matrix_raw(o->scratch, p, p);
  la_multiply(p, p, p, o->pr->solved.phi, p1, m, ld, half, p);
  la_multiply(p, p, p, half, p, o->pr->solved.phi, p1, out, p);
  arena_reset(o->scratch, mark);
}

static void first_derivatives(struct opening *o) {
  int p1 = o->pr->p1;
  o->dphi = matrix_raw(o->arena, o->p * o->p, o->n);
  for (int i = 0; i < o->n; i++) {
    double *d = slot(o->dphi, o->p, i), scale = o->sigma2 * unit_of(o, i);
    sandwich(o, o->pr->sums.u + (size_t)i * area(p1, p1), p1, d);
    for (size_t j = 0; j < area(o->p, o->p); j++) d[j] *= scale;
  }
}

/* Row i of `chart` is the gradient of psi_i in theta: what the chart makes of unit gradients. */
static void chart_slopes(struct opening *o) {
  double *unit = matrix_zero(o->scratch, o->n, 1), *row = matrix_raw(o->scratch, o->n, 1);
  o->chart = matrix_raw(o->arena, o->n, o->n);
  for (int i = 0; i < o->n; i++) {
    unit[i] = 1;
    chart_gradient(o->pr, o->search.theta, unit, row);
    unit[i] = 0;
    for (int j = 0; j < o->n; j++) o->chart[at(i, j, o->n)] = row[j];
  }
}

/* p x p, internal to the user's units. */
static void to_user(const struct opening *o, double *m) {
  finish_basis(o->p, o->pr->r, o->pr->y_scale * o->pr->y_scale, m);
}

static void put_slopes(struct opening *o) {
  int p = o->p, n = o->n;
  double *slope = matrix_zero(o->arena, p * p, n);
  for (int j = 0; j < n; j++) {
    for (int i = 0; i < n; i++)
      la_axpy(area(p, p), o->chart[at(i, j, n)], slot(o->dphi, p, i), slot(slope, p, j));
    to_user(o, slot(slope, p, j));
  }
  o->out->slope = slope;
}

static void put_vcov(struct opening *o) {
  double *v = matrix_raw(o->arena, o->p, o->p);
  for (int j = 0; j < o->p; j++)
    for (int i = 0; i < o->p; i++) v[at(i, j, o->p)] = o->sigma2 * o->pr->solved.phi[at(i, j, o->pr->p1)];
  to_user(o, v);
  o->out->vcov = v;
}

/* ---- second moments ----------------------------------------------------------------------------------- */

static int packed(int a, int b) {
  return a * (a + 1) / 2 + b;
}

/* [W_ij]_ab and [R_ij]_ab for all pairs of columns, by polarisation: of e_a + e_b less those of e_a and e_b. */
static void second_moments(struct opening *o) {
  int p = o->p, n = o->n, k = o->pr->k, p1 = o->pr->p1, pairs = p * (p + 1) / 2;
  double *d = matrix_zero(o->scratch, p1, 1), *dwd = matrix_raw(o->scratch, n, n),
         *dr = matrix_zero(o->scratch, k, k);
  o->forms = matrix_raw(o->arena, n * n, pairs);
  o->second = o->pr->marginal ? matrix_raw(o->arena, k * k, pairs) : NULL;
  for (int a = 0; a < p; a++)
    for (int b = 0; b <= a; b++) {
      d[a] = d[b] = 1;
      solved_forms(o->pr, d, dwd, dr);
      d[a] = d[b] = 0;
      memcpy(slot(o->forms, n, packed(a, b)), dwd, sizeof(double) * area(n, n));
      if (o->second) memcpy(slot(o->second, k, packed(a, b)), dr, sizeof(double) * area(k, k));
    }
  for (int a = 0; a < p; a++)
    for (int b = 0; b < a; b++) {
      double *x = slot(o->forms, n, packed(a, b));
      const double *xa = slot(o->forms, n, packed(a, a)), *xb = slot(o->forms, n, packed(b, b));
      for (size_t i = 0; i < area(n, n); i++) x[i] = (x[i] - xa[i] - xb[i]) / 2;
      if (!o->second) continue;
      double *y = slot(o->second, k, packed(a, b));
      const double *ya = slot(o->second, k, packed(a, a)), *yb = slot(o->second, k, packed(b, b));
      for (size_t i = 0; i < area(k, k); i++) y[i] = (y[i] - ya[i] - yb[i]) / 2;
    }
}

/* sum_ab m_ab [X_ij]_ab of symmetric m (leading dimension ld), for one element ij of packed matrices of size n. */
static double contract(int p, const double *m, int ld, double *packed_x, int n, size_t ij) {
  double sum = 0;
  for (int a = 0; a < p; a++)
    for (int b = 0; b <= a; b++)
      sum += (a == b ? 1 : 2) * m[at(a, b, ld)] * slot(packed_x, n, packed(a, b))[ij];
  return sum;
}

/* tr(Phi U_i Phi U_j), relative. */
static double product_of_u(const struct opening *o, const double *phi_u, int i, int j) {
  const double *x = phi_u + (size_t)i * area(o->p, o->p), *y = phi_u + (size_t)j * area(o->p, o->p);
  double sum = 0;
  for (int b = 0; b < o->p; b++)
    for (int a = 0; a < o->p; a++) sum += x[at(a, b, o->p)] * y[at(b, a, o->p)];
  return sum;
}

static bool solve_transposed(struct arena *scratch, int n, const double *j, int m, double *x);

/* x (n x n, symmetric) := J^-T x J^-1, from theta to psi at an optimum; false: the chart is singular there. */
static bool to_psi(struct opening *o, double *x) {
  int n = o->n;
  if (!solve_transposed(o->scratch, n, o->chart, n, x)) return false;
  for (int j = 0; j < n; j++)
    for (int i = 0; i < j; i++) {
      double swap = x[at(i, j, n)];
      x[at(i, j, n)] = x[at(j, i, n)];
      x[at(j, i, n)] = swap;
    }
  return solve_transposed(o->scratch, n, o->chart, n, x);
}

/* 2 AI + s at the optimum, in psi: s is what V's second derivatives add, nothing where V is linear. */
static void twice_average(struct opening *o, double *out) {
  const struct solved *s = &o->pr->solved;
  int n = o->n, k = o->pr->k;
  solve_second(o->pr); /* the forms have used its room */
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++)
      out[at(i, j, n)] = 2 * unit_of(o, i) * unit_of(o, j) * s->ai[at(i, j, n)] / o->sigma2;
  for (int j = 0; j < k && o->pr->marginal; j++)
    for (int i = 0; i < k; i++)
      out[at(i, j, n)] += s->trace2[at(i, j, k)] - s->quad2[at(i, j, k)] / o->sigma2;
}

/* EI = 2 AI + s - OBS, OBS by differences of the gradient: where T is not worked out. */
static bool information_by_differences(struct opening *o) {
  int n = o->n;
  double *h = matrix_raw(o->scratch, n, n);
  twice_average(o, o->ei);
  search_last_hessian(&o->search);
  memcpy(h, o->search.h, sizeof(double) * area(n, n));
  bool fine = solve_at(o->pr, o->search.theta, WANT_HESSIAN) && to_psi(o, h); /* the kernels had moved */
  for (size_t i = 0; i < area(n, n); i++) o->ei[i] -= h[i];
  return fine;
}

/* EI_ij = T_ij - 2 tr(Phi W_ij) + tr(Phi U_i Phi U_j); false: it cannot be had. */
static bool expected_information(struct opening *o) {
  int n = o->n, p = o->p, p1 = o->pr->p1;
  double *phi_u = matrix_raw(o->scratch, p * p, n);
  o->ei = matrix_raw(o->arena, n, n);
  if (!solved_traces(o->pr, o->ei)) return information_by_differences(o);
  for (int i = 0; i < n; i++)
    la_multiply(p, p, p, o->pr->solved.phi, p1, o->pr->sums.u + (size_t)i * area(p1, p1), p1,
                slot(phi_u, p, i), p);
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) {
      double *e = &o->ei[at(i, j, n)];
      *e += product_of_u(o, phi_u, i, j) - 2 * contract(p, o->pr->solved.phi, p1, o->forms, n, at(i, j, n));
      *e *= unit_of(o, i) * unit_of(o, j);
    }
  return true;
}

/* ---- psi ---------------------------------------------------------------------------------------------- */

static bool by_covariance(const struct structure *s) {
  static const char *const linear[] = {"us", "exch", "cs", "toep", "diag", "homdiag"};
  for (size_t i = 0; i < sizeof linear / sizeof *linear; i++)
    if (strcmp(s->name, linear[i]) == 0) return true;
  return false;
}

static const struct structure *structure_of(const struct problem *p, const struct reml_natural *x) {
  if (x->term == p->n_terms) return x->factor < 0 ? NULL : p->residual->factors[x->factor].structure;
  return p->terms[x->term].structure ? p->terms[x->term].structure
                                     : structure_find(p->terms[x->term].cov->name);
}

/* The standard deviation of a position of the same part as x. */
static double sd_beside(const struct opening *o, const struct reml_natural *list, int n,
                        const struct reml_natural *x, int position, const double *theta) {
  for (int i = 0; i < n; i++) {
    const struct reml_natural *y = &list[i];
    bool same = y->term == x->term && y->stratum == x->stratum && y->factor == x->factor;
    if (same && y->what.kind == NATURAL_SD && (y->what.a < 0 || y->what.a == position))
      return natural_value(o->pr, o->scratch, y, theta);
  }
  return 1;
}

/* Variances; covariances where the structure is linear in them; else what users know. */
static double psi_value(const struct opening *o, const struct reml_natural *list, int n, int i,
                        const double *theta) {
  const struct reml_natural *x = &list[i];
  const struct structure *s = structure_of(o->pr->problem, x);
  double value = natural_value(o->pr, o->scratch, x, theta);
  if (x->what.kind == NATURAL_SD) return value * value;
  if (x->what.kind != NATURAL_CORRELATION || !s || !by_covariance(s)) return value;
  int a = x->what.a < 0 ? 0 : x->what.a, b = x->what.b < 0 ? 0 : x->what.b;
  return value * sd_beside(o, list, n, x, a, theta) * sd_beside(o, list, n, x, b, theta);
}

/* Slopes (n x n: dpsi_i/dtheta_j) and curvatures (n of n x n) by central differences. */
static void differentiate(struct opening *o, const struct reml_natural *list, int m, double *slope,
                          double *curve) {
  static const double step = 1e-4;
  int n = o->n;
  double *t = matrix_raw(o->scratch, n, 1);
  memcpy(t, o->search.theta, sizeof(double) * (size_t)n);
  for (int i = 0; i < n; i++) {
    double middle = psi_value(o, list, m, i, t), *c = slot(curve, n, i);
    for (int a = 0; a < n; a++)
      for (int b = 0; b <= a; b++) {
        double ta = t[a], tb = t[b], value[4];
        for (int corner = 0; corner < 4; corner++) {
          t[a] += (corner & 1 ? step : -step) * (a == b ? corner < 2 : 1);
          if (a != b) t[b] += corner & 2 ? step : -step;
          value[corner] = psi_value(o, list, m, i, t);
          t[a] = ta;
          t[b] = tb;
        }
        if (a == b) slope[at(i, a, n)] = (value[1] - value[0]) / (2 * step);
        double second = a == b ? (value[1] - 2 * middle + value[0]) / (step * step)
                               : (value[3] - value[1] - value[2] + value[0]) / (4 * step * step);
        c[at(a, b, n)] = c[at(b, a, n)] = second;
      }
  }
}

/* x (rows of length m, n of them) := J^-T x for J (n x n, J_ia = dpsi_i/dtheta_a); false: J is singular. */
static bool solve_transposed(struct arena *scratch, int n, const double *j, int m, double *x) {
  double *jj = matrix_raw(scratch, n, n), *rhs = matrix_raw(scratch, n, m);
  for (int a = 0; a < n; a++) {
    double length = 0;
    for (int b = 0; b < n; b++) length += j[at(a, b, n)] * j[at(a, b, n)];
    if (!(length > 0)) return false;
  }
  /* J^-T = (J J')^-1 J */
  la_multiply_nt(n, n, n, j, n, j, n, jj, n);
  if (!la_cholesky(n, jj, n)) return false;
  for (int c = 0; c < m; c++)
    for (int a = 0; a < n; a++) {
      double sum = 0;
      for (int b = 0; b < n; b++) sum += j[at(a, b, n)] * x[(size_t)b * (size_t)m + (size_t)c];
      rhs[at(a, c, n)] = sum;
    }
  la_solve_lower(n, jj, n, m, rhs, n);
  la_solve_lower_t(n, jj, n, m, rhs, n);
  for (int c = 0; c < m; c++)
    for (int a = 0; a < n; a++) x[(size_t)a * (size_t)m + (size_t)c] = rhs[at(a, c, n)];
  return true;
}

/* ---- Kenward and Roger -------------------------------------------------------------------------------- */

/* Twice the inverse of an information matrix; parameters without information (an effect whose variance is zero, in theta) and those
   held get zeros. */
static bool invert_information(struct opening *o, const double *info, double *cov) {
  int n = o->n, free = 0;
  int *place = ints_raw(o->scratch, n);
  for (int i = 0; i < n; i++)
    if (info[at(i, i, n)] > 0) place[free++] = i;
  double *l = matrix_raw(o->scratch, free, free), *inverse = matrix_raw(o->scratch, free, free);
  for (int j = 0; j < free; j++)
    for (int i = 0; i < free; i++) l[at(i, j, free)] = info[at(place[i], place[j], n)] / 2;
  memset(cov, 0, sizeof(double) * area(n, n));
  if (!la_cholesky(free, l, free)) return false;
  la_inverse(free, l, free, inverse, free);
  for (int j = 0; j < free; j++)
    for (int i = 0; i < free; i++) cov[at(place[i], place[j], n)] = inverse[at(i, j, free)];
  return true;
}

/* J Z (Z'J' info J Z)^-1 Z'J' of the directions that `hold` leaves free. */
static bool invert_held(struct opening *o, const double *info, double *cov) {
  const struct holds *h = o->search.holds;
  int n = o->n, f = h->free;
  double *jz = matrix_raw(o->scratch, n, f), *half = matrix_raw(o->scratch, n, f),
         *l = matrix_raw(o->scratch, f, f), *inverse = matrix_raw(o->scratch, f, f);
  memset(cov, 0, sizeof(double) * area(n, n));
  if (f == 0) return true;
  la_multiply(n, f, n, o->chart, n, h->z, n, jz, n);
  la_multiply(n, f, n, info, n, jz, n, half, n);
  la_multiply_tn(f, f, n, jz, n, half, n, l, f);
  for (size_t i = 0; i < area(f, f); i++) l[i] /= 2;
  if (!la_cholesky(f, l, f)) return false;
  la_inverse(f, l, f, inverse, f);
  la_multiply(n, f, f, jz, n, inverse, f, half, n);
  la_multiply_nt(n, n, f, half, n, jz, n, cov, n);
  return true;
}

/* out (p x p) += sum_ij cov_ij (Q_ij - P_i Phi P_j), between Phi. */
static void add_linear(struct opening *o, const double *cov, double *out) {
  int p = o->p, n = o->n;
  double *q = matrix_zero(o->scratch, p, p), *sum = matrix_zero(o->scratch, p, p),
         *half = matrix_raw(o->scratch, p, p), *inner = matrix_raw(o->scratch, p, p);
  for (int a = 0; a < p; a++)
    for (int b = 0; b <= a; b++) {
      double value = 0;
      const double *x = slot(o->forms, n, packed(a, b));
      for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
          value += cov[at(i, j, n)] * unit_of(o, i) * unit_of(o, j) * x[at(i, j, n)];
      q[at(a, b, p)] = q[at(b, a, p)] = o->sigma2 * value;
    }
  sandwich(o, q, p, out);
  /* P_i Phi P_j between Phi is D_i Phi^-1 D_j with D_i = Phi P_i Phi; Phi^-1 = A_XX / sigma^2 */
  for (int j = 0; j < n; j++) {
    memset(inner, 0, sizeof(double) * area(p, p));
    for (int i = 0; i < n; i++) la_axpy(area(p, p), cov[at(i, j, n)], slot(o->dphi, p, i), inner);
    la_multiply(p, p, p, inner, p, o->pr->sums.a, o->pr->p1, half, p);
    la_multiply(p, p, p, half, p, slot(o->dphi, p, j), p, inner, p);
    la_axpy(area(p, p), 1 / o->sigma2, inner, sum);
  }
  for (int b = 0; b < p; b++)
    for (int a = 0; a < p; a++) out[at(a, b, p)] -= (sum[at(a, b, p)] + sum[at(b, a, p)]) / 2;
}

/* out (p x p) -= sum_ij cov_ij R_ij / 4 between Phi, with R of psi: R_theta less what the curvature of psi(theta) makes of it.
   False: psi does not determine theta here. */
static bool add_second(struct opening *o, const double *cov, double *out) {
  int p = o->p, n = o->n, k = o->pr->k, m;
  const struct reml_natural *list = reml_naturals(o->scratch, o->pr->problem, &m);
  if (m != n) return false;
  double *slope = matrix_raw(o->scratch, n, n), *curve = matrix_raw(o->scratch, n * n, n),
         *r = matrix_zero(o->scratch, p, p), *part = matrix_raw(o->scratch, p, p);
  differentiate(o, list, m, slope, curve);
  /* from log sigma to sigma^2, as psi of the kernels has it: d2psi is then taken in that */
  double s2 = o->sigma2, *dphi = matrix_raw(o->scratch, p * p, n);
  for (int i = 0; i < n; i++) {
    double *c = slot(curve, n, i);
    c[at(n - 1, n - 1, n)] = (c[at(n - 1, n - 1, n)] - 2 * slope[at(i, n - 1, n)]) / (4 * s2 * s2);
    slope[at(i, n - 1, n)] /= 2 * s2;
    for (int j = 0; j < n - 1; j++) {
      c[at(j, n - 1, n)] /= 2 * s2;
      c[at(n - 1, j, n)] /= 2 * s2;
    }
  }
  memcpy(dphi, o->dphi, sizeof(double) * area(p * p, n));
  if (!solve_transposed(o->scratch, n, slope, p * p, dphi)) return false;
  for (int a = 0; a < p; a++)
    for (int b = 0; b <= a; b++) {
      double value = 0;
      const double *x = slot(o->second, k, packed(a, b));
      for (int j = 0; j < k; j++)
        for (int i = 0; i < k; i++) value += cov[at(i, j, n)] * x[at(i, j, k)];
      r[at(a, b, p)] = r[at(b, a, p)] = s2 * value;
    }
  sandwich(o, r, p, part);
  for (int i = 0; i < k; i++) /* V_(i, sigma^2) = V_i / sigma^2 */
    la_axpy(area(p, p), 2 * cov[at(i, k, n)] / s2, slot(o->dphi, p, i), part);
  for (int i = 0; i < n; i++) {
    const double *c = slot(curve, n, i);
    double weight = 0;
    for (size_t j = 0; j < area(n, n); j++) weight += cov[j] * c[j];
    la_axpy(area(p, p), -weight, slot(dphi, p, i), part);
  }
  la_axpy(area(p, p), -0.25, part, out);
  return true;
}

static void information(struct opening *o, double *info) {
  int n = o->n;
  memcpy(info, o->ei, sizeof(double) * area(n, n));
  if (!o->options->observed) return;
  twice_average(o, info);
  for (size_t i = 0; i < area(n, n); i++) info[i] -= o->ei[i];
}

static void kenward_roger(struct opening *o) {
  int p = o->p, n = o->n;
  double *info = matrix_raw(o->scratch, n, n), *cov = matrix_raw(o->arena, n, n),
         *add = matrix_zero(o->scratch, p, p), *slope = matrix_raw(o->arena, p * p, n),
         *adjusted = matrix_raw(o->arena, p, p);
  second_moments(o);
  if (!expected_information(o)) return;
  information(o, info);
  if (!(o->search.holds ? invert_held(o, info, cov) : invert_information(o, info, cov))) return;
  add_linear(o, cov, add);
  o->out->kr_linear = !o->second || o->options->linear || !add_second(o, cov, add);
  for (int j = 0; j < p; j++)
    for (int i = 0; i < p; i++)
      adjusted[at(i, j, p)] = o->sigma2 * o->pr->solved.phi[at(i, j, o->pr->p1)] + 2 * add[at(i, j, p)];
  to_user(o, adjusted);
  memcpy(slope, o->dphi, sizeof(double) * area(p * p, n));
  for (int i = 0; i < n; i++) to_user(o, slot(slope, p, i));
  o->out->adjusted = adjusted;
  o->out->kr_slope = slope;
  o->out->kr_cov = cov;
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

struct reml_fixed *reml_fixed_open(struct arena *a, const struct problem *problem,
                                   const struct reml_result *r, const struct reml_fixed_options *options) {
  if (!(r->sigma2 > 0) || r->rank == 0) return NULL;
  struct mem *m = arena_mem(a);
  struct arena *mark = arena_pool_mark(m), *scratch = arena_new(m);
  struct reml_fixed *out = arena_make(a, struct reml_fixed);
  struct opening o = {.arena = a, .scratch = scratch, .options = options, .out = out};
  o.pr = reml_reopen(scratch, problem, r, options->threads, &o.search);
  o.p = o.pr->rank;
  o.n = o.pr->k + 1;
  o.sigma2 = chart_sigma2(o.pr, o.search.theta);
  *out = (struct reml_fixed){.arena = a, .p = o.p, .n = o.n};
  out->column = (int *)memcpy(ints_raw(a, o.p), o.pr->keep, sizeof(int) * (size_t)o.p);
  put_vcov(&o);
  first_derivatives(&o);
  chart_slopes(&o);
  put_slopes(&o);
  if (options->kenward_roger && problem->reml) kenward_roger(&o);
  double *cov = matrix_raw(a, o.n, o.n);
  search_last_hessian(&o.search);
  if (search_covariance(&o.search, cov)) out->cov = cov;
  arena_pool_drain(m, mark);
  return out;
}
