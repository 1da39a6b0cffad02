#include "runtime/reml/marginal.h"
#include "runtime/reml/linalg.h"
#include "runtime/reml/marginal_large.h"
#include "runtime/reml/marginal_model.h"
#include <math.h>
#include <omp.h>
#include <string.h>

/* Chunks of patterns are the grain of parallel work and of summation; they depend on the problem only, so that digits do not
   depend on threads. */
enum { CHUNKS_MAX = 32 };
static const double chunk_work = 400e3; /* operations worth a chunk of its own */
static const double keep_memory =
    32e6; /* doubles that the K_i of all patterns may take between the two passes */
static const double gram_memory = 16e6; /* and the cross-products of their data */

struct chunk {
  int from, to; /* patterns */
  bool ok;
  struct kernel_sums sums;
  double *dwd, *xwx; /* k x k */
  struct curvature trace, quad;
  double **slope;            /* k of n x n, of the largest pattern */
  double *k;                 /* (k + 1) of n x n: K_i, V^-1; where patterns do not keep their own */
  double *l, *p, *h, *m, *w; /* n x n */
  double *y;                 /* n x p1, twice */
};

struct marginal {
  const struct problem *problem;
  const struct sparse_problem *all;
  struct marginal_model model;
  struct alike *alike;
  int k;
  int n_chunks;
  struct chunk *chunk;
  int n_large;
  struct large **large; /* per pattern: by effects instead of V; NULL: by V */
};

static size_t square(const struct pattern *p) {
  return area(p->n, p->n);
}

/* ---- set-up --------------------------------------------------------------------------------------------- */

static double pattern_work(const struct pattern *p, int k, int p1) {
  double n = p->n, data = p->gram ? n * p1 * n * p1 : p->count * n * p1 * (n + p1);
  return n * n * n * (2 * k + 1) + k * k * n * n + k * data;
}

/* d (n x p1) := the rows of cluster c. */
static void gather(const struct marginal *ms, const struct pattern *p, int c, double *d) {
  const int *row = p->rows + (size_t)c * (size_t)p->n;
  for (int j = 0; j < ms->all->p1; j++)
    for (int i = 0; i < p->n; i++) d[at(i, j, p->n)] = ms->all->d[at(row[i], j, ms->all->n)];
}

static void make_grams(struct arena *a, struct arena *scratch, struct marginal *ms) {
  double left = gram_memory;
  for (int i = ms->n_large; i < ms->alike->n_patterns; i++) {
    struct pattern *p = &ms->alike->pattern[i];
    int size = p->n * ms->all->p1;
    if (p->count < 2 * ms->all->p1 || (double)size * size > left) continue;
    left -= (double)size * size;
    p->gram = matrix_zero(a, size, size);
    struct arena_mark mark = arena_mark(scratch);
    double *d = matrix_raw(scratch, size, 1);
    for (int c = 0; c < p->count; c++) {
      gather(ms, p, c, d);
      for (int j = 0; j < size; j++)
        if (d[j] != 0) la_axpy((size_t)size, d[j], d, p->gram + at(0, j, size));
    }
    arena_reset(scratch, mark);
  }
}

static void keep_products(struct arena *a, struct marginal *ms) {
  double total = 0;
  for (int i = 0; i < ms->alike->n_patterns; i++)
    total += (double)(ms->k + 1) * (double)square(&ms->alike->pattern[i]);
  if (total > keep_memory) return;
  for (int i = ms->n_large; i < ms->alike->n_patterns; i++) {
    struct pattern *p = &ms->alike->pattern[i];
    p->k = (double *)arena_alloc(a, (size_t)(ms->k + 1) * square(p), sizeof(double));
  }
}

static void chunk_new(struct arena *a, const struct marginal *ms, struct chunk *c) {
  int n = 0, k = ms->k, p1 = ms->all->p1;
  bool kept = true;
  for (int i = c->from; i < c->to; i++) {
    const struct pattern *p = &ms->alike->pattern[i];
    n = p->n > n ? p->n : n;
    kept = kept && p->k;
  }
  c->sums = (struct kernel_sums){.p1 = p1,
                                 .k = k,
                                 .a = matrix_raw(a, p1, p1),
                                 .t = matrix_raw(a, k, 1),
                                 .u = matrix_raw(a, p1 * p1, k),
                                 .tt = matrix_raw(a, k, k)};
  c->dwd = matrix_raw(a, k, k);
  c->xwx = matrix_raw(a, k, k);
  c->trace = curvature_new(a, &ms->model);
  c->quad = curvature_new(a, &ms->model);
  c->slope = arena_array(a, (size_t)k, double *);
  for (int i = 0; i < k; i++) c->slope[i] = matrix_raw(a, n, n);
  if (!kept) c->k = (double *)arena_alloc(a, (size_t)(k + 1) * area(n, n), sizeof(double));
  double **work[] = {&c->l, &c->p, &c->h, &c->m, &c->w};
  for (size_t i = 0; i < sizeof work / sizeof *work; i++) *work[i] = matrix_raw(a, n, n);
  c->y = matrix_raw(a, n, 2 * p1);
}

static void make_chunks(struct arena *a, struct marginal *ms) {
  double total = 0, sum = 0;
  int patterns = ms->alike->n_patterns, first = ms->n_large;
  for (int i = first; i < patterns; i++) total += pattern_work(&ms->alike->pattern[i], ms->k, ms->all->p1);
  double n = fmin(CHUNKS_MAX, 1 + floor(total / chunk_work)), share = total / n;
  ms->chunk = arena_array(a, (size_t)n + 1, struct chunk);
  ms->chunk[0].from = ms->chunk[0].to = first;
  for (int i = first; i < patterns; i++) {
    sum += pattern_work(&ms->alike->pattern[i], ms->k, ms->all->p1);
    ms->chunk[ms->n_chunks].to = i + 1;
    if (sum < share * (ms->n_chunks + 1) * (1 - 1e-9) || i + 1 == patterns) continue;
    ms->chunk[++ms->n_chunks].from = i + 1;
  }
  ms->n_chunks++;
  for (int i = 0; i < ms->n_chunks; i++) chunk_new(a, ms, &ms->chunk[i]);
}

/* Patterns are sorted by size: the large ones come first. */
static void find_large(struct arena *a, struct marginal *ms, bool all) {
  ms->large = arena_array(a, (size_t)ms->alike->n_patterns, struct large *);
  for (int i = 0; i < ms->alike->n_patterns && i == ms->n_large; i++) {
    ms->large[i] = large_new(a, &ms->model, ms->all, &ms->alike->pattern[i], all);
    ms->n_large += ms->large[i] != NULL;
  }
}

struct marginal *marginal_new(struct arena *a, const struct problem *problem,
                              const struct sparse_problem *all, enum reml_kernel kernel) {
  struct marginal *ms = arena_make(a, struct marginal);
  *ms = (struct marginal){.problem = problem, .all = all, .model = marginal_model_new(a, problem)};
  ms->k = ms->model.n_theta;
  ms->alike = alike_find(a, problem, all);
  if (kernel != KERNEL_DENSE) find_large(a, ms, kernel == KERNEL_SPARSE);
  struct mem *m = arena_mem(a);
  struct arena *mark = arena_pool_mark(m), *scratch = arena_new(m);
  make_grams(a, scratch, ms);
  arena_pool_drain(m, mark);
  keep_products(a, ms);
  make_chunks(a, ms);
  return ms;
}

int marginal_n(const struct marginal *ms) {
  return ms->k;
}

/* ---- one pattern ---------------------------------------------------------------------------------------- */

static double *kept(const struct chunk *c, const struct pattern *p) {
  return p->k ? p->k : c->k;
}

static double *inverse_of(const struct chunk *c, const struct marginal *ms, const struct pattern *p) {
  return kept(c, p) + (size_t)ms->k * square(p);
}

static bool is_all_zero(size_t n, const double *x) {
  for (size_t i = 0; i < n; i++)
    if (x[i] != 0) return false;
  return true;
}

/* V^-1 and, with derivatives, K_i = V^-1 V_i; c->l := L.  False: V is not positive definite. */
static bool factor(const struct marginal *ms, const struct pattern *p, bool derivatives, struct chunk *c) {
  int n = p->n;
  double *k = kept(c, p), *inverse = inverse_of(c, ms, p);
  marginal_fill(&ms->model, p, c->l, derivatives ? c->slope : NULL);
  if (!la_cholesky(n, c->l, n)) return false;
  la_inverse(n, c->l, n, inverse, n);
  for (int i = 0; i < ms->k && derivatives; i++) {
    if (is_all_zero(square(p), c->slope[i]))
      memset(k + (size_t)i * square(p), 0, sizeof(double) * square(p));
    else
      la_multiply(n, n, n, inverse, n, c->slope[i], n, k + (size_t)i * square(p), n);
  }
  return true;
}

static double trace_of(int n, const double *x) {
  double sum = 0;
  for (int i = 0; i < n; i++) sum += x[at(i, i, n)];
  return sum;
}

/* tr(X Y) */
static double product_trace(int n, const double *x, const double *y) {
  double sum = 0;
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) sum += x[at(i, j, n)] * y[at(j, i, n)];
  return sum;
}

/* out += sum over the pattern's data of D' S D, S symmetric, from the cross-products. */
static void add_gram(const struct marginal *ms, const struct pattern *p, const double *s, double *out) {
  int p1 = ms->all->p1, n = p->n, ld = n * p1;
  for (int b = 0; b < p1; b++)
    for (int a = b; a < p1; a++) {
      double sum = 0;
      for (int j = 0; j < n; j++)
        sum += la_dot((size_t)n, s + at(0, j, n), p->gram + at(a * n, b * n + j, ld));
      out[at(a, b, p1)] += sum;
      if (a != b) out[at(b, a, p1)] += sum;
    }
}

/* out += x'y for x, y: n x p1; the result is symmetric. */
static void add_products(int n, int p1, const double *x, const double *y, double *out) {
  for (int b = 0; b < p1; b++)
    for (int a = b; a < p1; a++) {
      double sum = la_dot((size_t)n, x + at(0, a, n), y + at(0, b, n));
      out[at(a, b, p1)] += sum;
      if (a != b) out[at(b, a, p1)] += sum;
    }
}

static void add_data(const struct marginal *ms, const struct pattern *p, bool derivatives, struct chunk *c) {
  int n = p->n, p1 = ms->all->p1;
  const double *inverse = inverse_of(c, ms, p);
  if (p->gram) {
    add_gram(ms, p, inverse, c->sums.a);
    for (int i = 0; i < ms->k && derivatives; i++) {
      const double *k = kept(c, p) + (size_t)i * square(p);
      if (is_all_zero(square(p), k)) continue;
      la_multiply(n, n, n, k, n, inverse, n, c->p, n);
      add_gram(ms, p, c->p, c->sums.u + (size_t)i * area(p1, p1));
    }
    return;
  }
  double *d = c->y, *vy = c->y + area(n, p1);
  for (int cluster = 0; cluster < p->count; cluster++) {
    gather(ms, p, cluster, d);
    la_multiply(n, p1, n, inverse, n, d, n, vy, n);
    add_products(n, p1, d, vy, c->sums.a);
    for (int i = 0; i < ms->k && derivatives; i++) {
      if (is_all_zero(square(p), c->slope[i])) continue;
      la_multiply(n, p1, n, c->slope[i], n, vy, n, d, n);
      add_products(n, p1, vy, d, c->sums.u + (size_t)i * area(p1, p1));
    }
  }
}

static bool eval_pattern(const struct marginal *ms, const struct pattern *p, unsigned want, struct chunk *c) {
  bool derivatives = want >= WANT_GRADIENT;
  if (!factor(ms, p, derivatives, c)) return false;
  c->sums.ld += p->count * la_log_det(p->n, c->l, p->n);
  add_data(ms, p, derivatives, c);
  if (!derivatives) return true;
  const double *k = kept(c, p);
  for (int i = 0; i < ms->k; i++) {
    const double *ki = k + (size_t)i * square(p);
    c->sums.t[i] += p->count * trace_of(p->n, ki);
    for (int j = 0; j <= i && want >= WANT_HESSIAN; j++) {
      double value = p->count * product_trace(p->n, ki, k + (size_t)j * square(p));
      c->sums.tt[at(i, j, ms->k)] += value;
      if (i != j) c->sums.tt[at(j, i, ms->k)] += value;
    }
  }
  return true;
}

/* ---- an evaluation -------------------------------------------------------------------------------------- */

static void clear(struct kernel_sums *s) {
  s->ld = 0;
  memset(s->a, 0, sizeof(double) * area(s->p1, s->p1));
  memset(s->t, 0, sizeof(double) * (size_t)s->k);
  memset(s->u, 0, sizeof(double) * area(s->p1 * s->p1, s->k));
  memset(s->tt, 0, sizeof(double) * area(s->k, s->k));
}

static void add(size_t n, const double *x, double *y) {
  for (size_t i = 0; i < n; i++) y[i] += x[i];
}

static void collect(const struct kernel_sums *s, struct kernel_sums *out) {
  out->ld += s->ld;
  add(area(s->p1, s->p1), s->a, out->a);
  add((size_t)s->k, s->t, out->t);
  add(area(s->p1 * s->p1, s->k), s->u, out->u);
  add(area(s->k, s->k), s->tt, out->tt);
}

static void eval_chunk(const struct marginal *ms, unsigned want, struct chunk *c) {
  clear(&c->sums);
  c->ok = true;
  for (int i = c->from; i < c->to && c->ok; i++) c->ok = eval_pattern(ms, &ms->alike->pattern[i], want, c);
}

bool marginal_eval(struct marginal *ms, const double *theta, unsigned want, struct kernel_sums *out) {
  if (!marginal_model_at(&ms->model, theta, want >= WANT_GRADIENT)) return false;
  for (int i = 0; i < ms->n_large; i++)
    if (!large_eval(ms->large[i], want, out)) return false;
  int n = ms->n_chunks;
#pragma omp parallel for schedule(dynamic) num_threads(ms->all->threads) if (n > 1 && ms->all->threads > 1)
  for (int i = 0; i < n; i++) eval_chunk(ms, want, &ms->chunk[i]);
  for (int i = 0; i < n; i++) {
    if (!ms->chunk[i].ok) return false;
    collect(&ms->chunk[i].sums, out);
  }
  return true;
}

/* ---- the second pass ------------------------------------------------------------------------------------ */

/* h (n x n) := sum over clusters of sum_ab weight[a, b] D_a D_b', weight p1 x p1 symmetric. */
static void data_products(const struct marginal *ms, const struct pattern *p, const double *weight, double *h,
                          struct chunk *c) {
  int n = p->n, p1 = ms->all->p1, ld = n * p1;
  memset(h, 0, sizeof(double) * square(p));
  if (p->gram) {
    for (int b = 0; b < p1; b++)
      for (int a = 0; a < p1; a++)
        for (int j = 0; j < n; j++)
          la_axpy((size_t)n, weight[at(a, b, p1)], p->gram + at(a * n, b * n + j, ld), h + at(0, j, n));
    return;
  }
  double *d = c->y, *dw = c->y + area(n, p1);
  for (int cluster = 0; cluster < p->count; cluster++) {
    gather(ms, p, cluster, d);
    la_multiply(n, p1, p1, d, n, weight, p1, dw, n);
    la_multiply_nt(n, n, p1, dw, n, d, n, c->w, n);
    add(square(p), c->w, h);
  }
}

/* out (k x k) += tr(K_i K_j V^-1 H) */
static void contract(const struct marginal *ms, const struct pattern *p, const double *vh, double *out,
                     struct chunk *c) {
  int n = p->n, k = ms->k;
  for (int j = 0; j < k; j++) {
    const double *kj = kept(c, p) + (size_t)j * square(p);
    if (is_all_zero(square(p), kj)) continue;
    la_multiply(n, n, n, kj, n, vh, n, c->p, n);
    for (int i = 0; i < k; i++) {
      double value = product_trace(n, kept(c, p) + (size_t)i * square(p), c->p) / 2;
      out[at(i, j, k)] += value;
      out[at(j, i, k)] += value;
    }
  }
}

/* gamma (n x n) := V^-1 H V^-1; c->m = V^-1 H. */
static void sandwich(const struct marginal *ms, const struct pattern *p, const double *h, double *gamma,
                     struct chunk *c) {
  int n = p->n;
  const double *inverse = inverse_of(c, ms, p);
  la_multiply(n, n, n, inverse, n, h, n, c->m, n);
  la_multiply(n, n, n, c->m, n, inverse, n, gamma, n);
}

static void weigh_pattern(const struct marginal *ms, const struct pattern *p, const struct kernel_weights *w,
                          const double *residual, bool reml, struct chunk *c) {
  if (!p->k) factor(ms, p, true, c);
  const double *inverse = inverse_of(c, ms, p);
  data_products(ms, p, residual, c->h, c);
  sandwich(ms, p, c->h, c->l, c);
  contract(ms, p, c->m, c->dwd, c);
  curvature_add(&ms->model, p, c->l, &c->quad);
  for (size_t i = 0; i < square(p); i++) c->l[i] = p->count * inverse[i];
  if (reml) {
    data_products(ms, p, w->phi, c->h, c);
    sandwich(ms, p, c->h, c->w, c);
    if (w->xwx) contract(ms, p, c->m, c->xwx, c);
    for (size_t i = 0; i < square(p); i++) c->l[i] -= c->w[i];
  }
  curvature_add(&ms->model, p, c->l, &c->trace);
}

static void weigh_chunk(const struct marginal *ms, const struct kernel_weights *w, const double *residual,
                        bool reml, struct chunk *c) {
  memset(c->dwd, 0, sizeof(double) * area(ms->k, ms->k));
  memset(c->xwx, 0, sizeof(double) * area(ms->k, ms->k));
  curvature_clear(&ms->model, &c->trace);
  curvature_clear(&ms->model, &c->quad);
  for (int i = c->from; i < c->to; i++) weigh_pattern(ms, &ms->alike->pattern[i], w, residual, reml, c);
}

static void add_curvature(const struct marginal *ms, const struct curvature *from, struct curvature *to) {
  const struct marginal_model *m = &ms->model;
  add(area(m->n_theta, m->n_theta), from->h, to->h);
  for (int t = 0; t < m->n_terms; t++)
    add(area(m->term[t].part.x.m, m->term[t].part.x.m), from->term[t], to->term[t]);
  for (int i = 0; i < m->n_strata * m->n_factors; i++)
    if (to->residual[i])
      add(area(m->residual[i].part.x.m, m->residual[i].part.x.m), from->residual[i], to->residual[i]);
}

void marginal_weights(struct marginal *ms, struct kernel_weights *w, bool reml, double *trace, double *quad) {
  int n = ms->n_chunks, p1 = ms->all->p1;
  struct mem *mem = arena_mem(ms->problem->arena);
  struct arena *mark = arena_pool_mark(mem), *scratch = arena_new(mem);
  double *residual = matrix_raw(scratch, p1, p1);
  for (int b = 0; b < p1; b++)
    for (int a = 0; a < p1; a++) residual[at(a, b, p1)] = w->d[a] * w->d[b];
#pragma omp parallel for schedule(dynamic) num_threads(ms->all->threads) if (n > 1 && ms->all->threads > 1)
  for (int i = 0; i < n; i++) weigh_chunk(ms, w, residual, reml, &ms->chunk[i]);
  for (int i = 0; i < ms->n_large; i++)
    large_weights(ms->large[i], w->d, w->phi, reml, w->dwd, &ms->chunk[0].trace, &ms->chunk[0].quad);
  for (int i = 0; i < n; i++) {
    add(area(ms->k, ms->k), ms->chunk[i].dwd, w->dwd);
    if (w->xwx) add(area(ms->k, ms->k), ms->chunk[i].xwx, w->xwx);
    if (i == 0) continue;
    add_curvature(ms, &ms->chunk[i].trace, &ms->chunk[0].trace);
    add_curvature(ms, &ms->chunk[i].quad, &ms->chunk[0].quad);
  }
  curvature_collect(&ms->model, scratch, &ms->chunk[0].trace, trace);
  curvature_collect(&ms->model, scratch, &ms->chunk[0].quad, quad);
  arena_pool_drain(mem, mark);
}

/* ---- the chart ------------------------------------------------------------------------------------------ */

static void each_start(const struct table *x, double *theta) {
  part_start(&x->part, theta + x->theta);
}

/* Rates and ranges start at the scale of the distances. */
static void start_distance(const struct table *x, double *theta) {
  const struct part *p = &x->part;
  if (!p->structure->correlation || !p->structure->correlation->of_distance || p->x.m < 2) return;
  double sum = 0;
  int pairs = 0, step = p->x.m > 60 ? p->x.m / 60 : 1;
  for (int i = 0; i < p->x.m; i += step)
    for (int j = 0; j < i; j += step) {
      sum += position_distance(&p->x, i, j);
      pairs++;
    }
  double mean = pairs && sum > 0 ? sum / pairs : 1;
  bool rate = p->structure->correlation == &corr_ou;
  theta[x->theta + x->n - 1] = rate ? log(2 / mean) : log(mean / 2);
}

void marginal_start(const struct marginal *ms, double *theta) {
  const struct marginal_model *m = &ms->model;
  memset(theta, 0, sizeof(double) * (size_t)ms->k);
  for (int t = 0; t < m->n_terms; t++) {
    each_start(&m->term[t], theta);
    start_distance(&m->term[t], theta);
  }
  for (int i = 0; i < m->n_strata * m->n_factors; i++) {
    each_start(&m->residual[i], theta);
    start_distance(&m->residual[i], theta);
  }
}

bool marginal_repivot(struct marginal *ms, double *theta) {
  bool changed = false;
  for (int t = 0; t < ms->model.n_terms; t++)
    changed = part_repivot(&ms->model.term[t].part, theta + ms->model.term[t].theta) || changed;
  for (int i = 0; i < ms->model.n_strata * ms->model.n_factors; i++)
    changed = part_repivot(&ms->model.residual[i].part, theta + ms->model.residual[i].theta) || changed;
  return changed;
}

int marginal_zero(struct marginal *ms, double *theta, double small) {
  int n = 0;
  for (int t = 0; t < ms->model.n_terms; t++)
    n += part_zero(&ms->model.term[t].part, theta + ms->model.term[t].theta, small);
  return n;
}

int marginal_owner(const struct marginal *ms, int i) {
  for (int t = 0; t < ms->model.n_terms; t++)
    if (i >= ms->model.term[t].theta && i < ms->model.term[t].theta + ms->model.term[t].n) return t;
  return ms->model.n_terms;
}

/* ---- conditional modes ---------------------------------------------------------------------------------- */

/* out (c x n) := Z_l' of one level, from its loads [from, to). */
static void level_design(const struct pattern *p, const struct load *load, int from, int to, int c,
                         double *out) {
  memset(out, 0, sizeof(double) * area(c, p->n));
  for (int i = from; i < to; i++)
    for (int a = 0; a < load[i].n; a++)
      out[at(load[i].column[a], load[i].row, c)] += load[i].z[load[i].column[a]];
}

/* b = G Z'V^-1 e, var = G - G Z'V^-1 Z G, of one level: zv is Z'V^-1 (c x n). */
static void put_level(int c, int n, const double *g, const double *z, const double *zv, const double *e,
                      double *b, double *var, double *work) {
  double *half = work, *zvz = work + area(c, c), *ze = zvz + area(c, c);
  la_multiply_nt(c, c, n, zv, c, z, c, zvz, c);
  la_multiply(c, c, c, g, c, zvz, c, half, c);
  la_multiply(c, c, c, half, c, g, c, var, c);
  for (int i = 0; i < c * c; i++) var[i] = g[i] - var[i];
  la_multiply(c, 1, n, zv, c, e, n, ze, c);
  la_multiply(c, 1, c, g, c, ze, c, b, c);
}

/* Global number of a level: that of the load's row in this cluster. */
static int level_number(const struct marginal *ms, const struct pattern *p, int cluster, int t,
                        const struct load *load) {
  const struct re_term *term = &ms->problem->terms[t];
  int row = p->rows[(size_t)cluster * (size_t)p->n + (size_t)load->row], first = p->rows[load->row];
  size_t s =
      (size_t)(load->z - ms->all->terms[t].z) / (size_t)term->c - (size_t)first * (size_t)loads_of(term);
  return term->level[(size_t)row * (size_t)loads_of(term) + s];
}

/* Where the levels of a term begin among its loads; begin has room for one more than there are. */
static int level_starts(const struct pattern *p, int t, int *begin) {
  int n = 0;
  for (int i = 0; i < p->n_loads[t]; i++)
    if (i == 0 || p->loads[t][i].level != p->loads[t][i - 1].level) begin[n++] = i;
  begin[n] = p->n_loads[t];
  return n;
}

/* The levels of one term in the clusters of a pattern. */
struct term_modes {
  const struct marginal *ms;
  const struct pattern *p;
  int t, c, n_levels;
  const int *begin;
  const double *inverse, *e; /* n x n: V^-1; n x count: y - X b */
  double *z, *zv;            /* n_levels of c x n; c x n */
  double *work;
  double *b, *var;
};

static int level_of(const struct term_modes *w, int cluster, int i) {
  return level_number(w->ms, w->p, cluster, w->t, &w->p->loads[w->t][w->begin[i]]);
}

/* design (c x n) and its product with V^-1 to mode and variance of a level; prior: its variance in units of G. */
static void put_mode(const struct term_modes *w, int cluster, int level, const double *design, double prior) {
  int c = w->c, n = w->p->n;
  const double *g = w->ms->model.term[w->t].value;
  double *var = w->var + (size_t)level * area(c, c);
  put_level(c, n, g, design, w->zv, w->e + at(0, cluster, n), w->b + (size_t)level * (size_t)c, var, w->work);
  for (int i = 0; i < c * c; i++) var[i] += (prior - 1) * g[i];
}

static void independent_modes(const struct term_modes *w) {
  int c = w->c, n = w->p->n;
  for (int i = 0; i < w->n_levels; i++) {
    const double *z = w->z + (size_t)i * area(c, n);
    la_multiply(c, n, n, z, c, w->inverse, n, w->zv, c);
    for (int k = 0; k < w->p->count; k++) put_mode(w, k, level_of(w, k, i), z, 1);
  }
}

/* u = (root (x) I) b: the designs of the levels mixed. */
static void related_modes(const struct term_modes *w, struct arena *scratch) {
  int c = w->c, n = w->p->n;
  const struct re_term *term = &w->ms->problem->terms[w->t];
  double *mixed = matrix_raw(scratch, c, n);
  for (int k = 0; k < w->p->count; k++)
    for (int i = 0; i < w->n_levels; i++) {
      int level = level_of(w, k, i);
      double prior = 0;
      memset(mixed, 0, sizeof(double) * area(c, n));
      for (int j = 0; j < w->n_levels; j++) {
        double x = term->root[at(level, level_of(w, k, j), term->q)];
        prior += x * x;
        la_axpy(area(c, n), x, w->z + (size_t)j * area(c, n), mixed);
      }
      la_multiply(c, n, n, mixed, c, w->inverse, n, w->zv, c);
      put_mode(w, k, level, mixed, prior);
    }
}

static void modes_of_term(struct term_modes *w, struct arena *scratch) {
  int c = w->c = w->ms->model.term[w->t].part.x.m, n = w->p->n;
  int *begin = ints_raw(scratch, w->p->n_loads[w->t] + 1);
  w->n_levels = level_starts(w->p, w->t, begin);
  w->begin = begin;
  w->z = matrix_raw(scratch, c * n, w->n_levels);
  w->zv = matrix_raw(scratch, c, n);
  w->work = matrix_raw(scratch, c, 2 * c + 1);
  for (int i = 0; i < w->n_levels; i++)
    level_design(w->p, w->p->loads[w->t], begin[i], begin[i + 1], c, w->z + (size_t)i * area(c, n));
  if (w->ms->problem->terms[w->t].root)
    related_modes(w, scratch);
  else
    independent_modes(w);
}

static void modes_of_pattern(const struct marginal *ms, const struct pattern *p, const double *d,
                             double *const *b, double *const *var, struct arena *scratch) {
  struct arena_mark mark = arena_mark(scratch);
  int n = p->n, p1 = ms->all->p1;
  double *v = matrix_raw(scratch, n, n), *inverse = matrix_raw(scratch, n, n),
         *e = matrix_raw(scratch, n, p->count), *rows = matrix_raw(scratch, n, p1);
  marginal_fill(&ms->model, p, v, NULL);
  la_cholesky(n, v, n);
  la_inverse(n, v, n, inverse, n);
  for (int k = 0; k < p->count; k++) {
    gather(ms, p, k, rows);
    la_multiply(n, 1, p1, rows, n, d, p1, e + at(0, k, n), n);
  }
  for (int t = 0; t < ms->model.n_terms; t++) {
    struct arena_mark term = arena_mark(scratch);
    struct term_modes w = {.ms = ms, .p = p, .t = t, .inverse = inverse, .e = e, .b = b[t], .var = var[t]};
    modes_of_term(&w, scratch);
    arena_reset(scratch, term);
  }
  arena_reset(scratch, mark);
}

static void modes_of_large(const struct marginal *ms, int i, const double *d, double *const *b,
                           double *const *var) {
  const struct pattern *p = &ms->alike->pattern[i];
  for (int t = 0; t < ms->model.n_terms; t++) {
    size_t c = (size_t)ms->model.term[t].part.x.m;
    const struct load *load = p->loads[t];
    for (int l = 0; l < p->n_loads[t]; l++) {
      if (l > 0 && load[l].level == load[l - 1].level) continue;
      for (int k = 0; k < p->count; k++) {
        size_t level = (size_t)level_number(ms, p, k, t, &load[l]);
        large_mode(ms->large[i], k, t, load[l].level, d, b[t] + level * c, var[t] + level * c * c);
      }
    }
  }
}

void marginal_modes(struct marginal *ms, const double *d, double *const *b, double *const *var) {
  struct mem *m = arena_mem(ms->problem->arena);
  struct arena *mark = arena_pool_mark(m), *scratch = arena_new(m);
  for (int i = 0; i < ms->n_large; i++) modes_of_large(ms, i, d, b, var);
  for (int i = ms->n_large; i < ms->alike->n_patterns && ms->model.n_terms; i++)
    modes_of_pattern(ms, &ms->alike->pattern[i], d, b, var, scratch);
  arena_pool_drain(m, mark);
}

/* ---- for reports ---------------------------------------------------------------------------------------- */

bool marginal_has_ei(const struct marginal *ms) {
  return ms->n_large == 0;
}

const double *marginal_g(const struct marginal *ms, int t) {
  return ms->model.term[t].value;
}

int marginal_rank(const struct marginal *ms, const double *theta, int t) {
  return part_rank(&ms->model.term[t].part, theta + ms->model.term[t].theta);
}

const struct part *marginal_part(const struct marginal *ms, int stratum, int factor, int *theta) {
  const struct table *x = table_of(&ms->model, stratum, factor);
  *theta = x->theta;
  return &x->part;
}

int marginal_term_theta(const struct marginal *ms, int t, const struct part **part) {
  *part = &ms->model.term[t].part;
  return ms->model.term[t].theta;
}

int marginal_delta(const struct marginal *ms) {
  return ms->model.delta;
}

void marginal_describe(struct buf *out, const struct marginal *ms) {
  buf_printf(out, "marginal kernel: %d clusters, %d patterns (%d by effects), largest %d rows\n",
             ms->alike->n_clusters, ms->alike->n_patterns, ms->n_large, ms->alike->largest);
}
