#include "runtime/reml/dense.h"
#include "runtime/reml/linalg.h"
#include "runtime/reml/tiny.h"
#include <math.h>
#include <omp.h>
#include <string.h>

/* Chunks of batches are the grain of parallel work and of summation.  Their boundaries depend on the problem
   only, so that digits do not depend on threads. */
enum {
  CHUNKS_MAX = 32,
  CHUNKS_PARALLEL = 16, /* fewer are done by one thread: to wake the others takes about as long as the work */
};
static const double chunk_work = 400e3; /* operations worth a chunk of its own */

struct chunk {
  int from, to; /* batches */
  bool ok;
  struct kernel_sums sums; /* of `a` the lower triangle only */
  double *dwd, *xwx;       /* k x k */
  struct tiny_sums tiny;
  double *t;  /* r x q: R Lambda, later q x q: S */
  double *v;  /* r x r: L */
  double *br; /* r x q */
  double *bd; /* r x (count p1); gram: r x (q + r) */
  double *f;  /* q x (count p1); gram: q x (q + r) */
};

struct dense {
  const struct sparse_problem *all;
  const struct clusters *cl;
  struct batches *batches;
  bool tiny;     /* one term of few columns */
  double *error; /* p1 x p1: cross-product of pure error */
  int n_chunks;
  struct chunk *chunk;
  int n_clusters;
  size_t compressed_rows;
};

/* ---- set-up --------------------------------------------------------------------------------------------- */

static double batch_work(const struct batch *b, int p1) {
  double r = b->r, q = b->q, m = b->gram ? (double)p1 * p1 * (r + q) : (double)b->count * p1;
  return r * r * q + r * r * r / 3 + r * q * q + m * (r * r + r * q + q * p1);
}

static void sums_new(struct arena *a, int p1, int k, struct kernel_sums *s) {
  *s = (struct kernel_sums){.p1 = p1,
                            .k = k,
                            .a = matrix_raw(a, p1, p1),
                            .t = matrix_raw(a, k, 1),
                            .u = matrix_raw(a, p1 * p1, k),
                            .tt = matrix_raw(a, k, k)};
}

static int largest(int a, int b) {
  return a > b ? a : b;
}

static void chunk_new(struct arena *a, const struct dense *ds, struct chunk *c) {
  int p1 = ds->all->p1, k = ds->all->k, rq = 0, r = 0, q = 0, rd = 0, qd = 0;
  for (int i = c->from; i < c->to; i++) {
    const struct batch *b = &ds->batches->batch[i];
    int columns = b->gram ? b->q + b->r : b->count * p1;
    r = largest(r, b->r);
    q = largest(q, b->q);
    rq = largest(rq, b->r * b->q);
    rd = largest(rd, b->r * columns);
    qd = largest(qd, b->q * columns);
  }
  sums_new(a, p1, k, &c->sums);
  c->dwd = matrix_raw(a, k, k);
  c->xwx = matrix_raw(a, k, k);
  c->t = matrix_raw(a, q, q);
  c->v = matrix_raw(a, r, r);
  c->br = matrix_raw(a, rq, 1);
  c->bd = matrix_raw(a, rd, 1);
  c->f = matrix_raw(a, qd, 1);
  if (!ds->tiny) return;
  c->tiny.m = matrix_raw(a, q * p1, q * p1);
  c->tiny.bd = matrix_raw(a, q, p1);
}

/* Cuts the batches into chunks of about equal work. */
static void make_chunks(struct arena *a, struct dense *ds) {
  const struct batches *bs = ds->batches;
  double total = 0, sum = 0;
  for (int i = 0; i < bs->n; i++) total += batch_work(&bs->batch[i], ds->all->p1);
  double n = fmin(CHUNKS_MAX, 1 + floor(total / chunk_work)), share = total / n;
  ds->chunk = arena_array(a, (size_t)n, struct chunk);
  for (int i = 0; i < bs->n; i++) {
    sum += batch_work(&bs->batch[i], ds->all->p1);
    ds->chunk[ds->n_chunks].to = i + 1;
    if (sum < share * (ds->n_chunks + 1) * (1 - 1e-9) || i + 1 == bs->n) continue;
    ds->n_chunks++;
    ds->chunk[ds->n_chunks].from = i + 1;
  }
  if (bs->n) ds->n_chunks++;
  for (int i = 0; i < ds->n_chunks; i++) chunk_new(a, ds, &ds->chunk[i]);
}

static void compress_all(struct arena *a, struct dense *ds, struct compressed *x, int *id) {
  struct mem *m = arena_mem(a);
  struct arena *mark = arena_pool_mark(m), *scratch = arena_new(m);
  for (int c = 0; c < ds->cl->n; c++) {
    const struct cluster *cluster = &ds->cl->cluster[c];
    if (!cluster->dense) continue;
    x[ds->n_clusters] = compress_cluster(a, scratch, ds->all, ds->cl, cluster, ds->error);
    ds->compressed_rows += (size_t)x[ds->n_clusters].r;
    id[ds->n_clusters++] = c;
  }
  arena_pool_drain(m, mark);
}

struct dense *dense_new(struct arena *a, const struct sparse_problem *all, const struct clusters *cl) {
  struct dense *ds = arena_make(a, struct dense);
  struct compressed *x = arena_raw(a, (size_t)cl->n, struct compressed);
  int *id = ints_raw(a, cl->n);
  *ds = (struct dense){.all = all, .cl = cl, .error = matrix_zero(a, all->p1, all->p1)};
  if (all->n_terms == 0) la_cross(all->n, all->p1, all->d, all->n, ds->error, all->p1);
  compress_all(a, ds, x, id);
  ds->batches = batches_make(a, cl, all->p1, ds->n_clusters, x, id);
  ds->tiny = all->n_terms == 1 && all->terms[0].c <= TINY_MAX;
  make_chunks(a, ds);
  return ds;
}

/* ---- one batch ------------------------------------------------------------------------------------------ */

/* t (r x q) := R Lambda, block by block of (term, basis column). */
static void times_lambda(const struct dense *ds, const struct batch *b, const double *const *lambda,
                         const double *z, double *t) {
  memset(t, 0, sizeof(double) * area(b->r, b->q));
  for (int term = 0, first = 0; term < ds->all->n_terms; term++) {
    int c = ds->all->terms[term].c, levels = b->levels[term];
    for (int j = 0; j < c; j++)
      for (int i = 0; i < c; i++) {
        double s = lambda[term][i + j * c];
        if (s != 0)
          la_axpy(area(b->r, levels), s, z + at(0, first + i * levels, b->r),
                  t + at(0, first + j * levels, b->r));
      }
    first += c * levels;
  }
}

/* c->v := L; c->br := L^-1 R; K; ld. */
static bool factor_batch(const struct dense *ds, const struct batch *b, const double *const *lambda,
                         bool derivatives, struct chunk *c) {
  times_lambda(ds, b, lambda, b->z, c->t);
  la_identity_plus(b->r, b->q, c->t, b->r, c->v, b->r);
  if (!la_cholesky(b->r, c->v, b->r)) return false;
  c->sums.ld += b->count * la_log_det(b->r, c->v, b->r);
  if (!derivatives && !b->gram) return true;
  memcpy(c->br, b->z, sizeof(double) * area(b->r, b->q));
  la_solve_lower(b->r, c->v, b->r, b->q, c->br, b->r);
  la_cross(b->r, b->q, c->br, b->r, b->k, b->q);
  return true;
}

/* a += x'x of m x p1 blocks side by side. */
static void add_squares(int m, int p1, int count, const double *x, double *a) {
  for (int n = 0; n < count; n++, x += area(m, p1))
    for (int k = 0; k < p1; k++)
      for (int j = k; j < p1; j++) a[j + k * p1] += la_dot((size_t)m, x + at(0, j, m), x + at(0, k, m));
}

/* u += x'y, and += y'x where x and y differ; x and y: m x p1. */
static void add_products(int m, int p1, const double *x, const double *y, int ld, double *u) {
  for (int k = 0; k < p1; k++)
    for (int j = 0; j < p1; j++) {
      double s = la_dot((size_t)m, x + at(0, j, ld), y + at(0, k, ld));
      u[j + k * p1] += s;
      if (x != y) u[k + j * p1] += s;
    }
}

/* U_i += sum over clusters and levels of E' G_i E. */
static void add_u(const struct dense *ds, const struct batch *b, struct kernel_sums *s) {
  int p1 = s->p1;
  for (int term = 0, first = 0, i = 0; term < ds->all->n_terms; term++) {
    int levels = b->levels[term];
    for (; i < s->k && ds->all->params[i].term == term; i++) {
      int x = first + ds->all->params[i].a * levels, y = first + ds->all->params[i].b * levels;
      double *u = s->u + (size_t)i * area(p1, p1);
      for (int n = 0; n < b->count; n++) {
        const double *e = b->e + (size_t)n * area(b->q, p1);
        add_products(levels, p1, e + x, e + y, b->q, u);
      }
    }
    first += ds->all->terms[term].c * levels;
  }
}

static void plain_batch(const struct dense *ds, const struct batch *b, bool derivatives, struct chunk *c) {
  int p1 = ds->all->p1, columns = b->count * p1;
  memcpy(c->bd, b->d, sizeof(double) * area(b->r, columns));
  la_solve_lower(b->r, c->v, b->r, columns, c->bd, b->r);
  add_squares(b->r, p1, b->count, c->bd, c->sums.a);
  if (!derivatives) return;
  la_multiply_tn(b->q, columns, b->r, c->br, b->r, c->bd, b->r, b->e, b->q);
  add_u(ds, b, &c->sums);
}

/* E = X'D with X = V^-1 R: the sum of vec(E)vec(E)' from that of vec(D)vec(D)', block (j, k) by block. */
static void gram_of_e(const struct batch *b, int p1, const double *x, double *work) {
  int r = b->r, q = b->q;
  double *xg = work, *block = work + area(q, r);
  for (int k = 0; k < p1; k++)
    for (int j = 0; j < p1; j++) {
      la_multiply_tn(q, r, r, x, r, b->gram + at(j * r, k * r, r * p1), r * p1, xg, q);
      la_multiply(q, q, r, xg, q, x, r, block, q);
      for (int i = 0; i < q; i++)
        memcpy(b->e + at(j * q, k * q + i, q * p1), block + at(0, i, q), sizeof(double) * (size_t)q);
    }
}

static void gram_a(const struct batch *b, int p1, const double *inverse, double *a) {
  int r = b->r;
  for (int k = 0; k < p1; k++)
    for (int j = k; j < p1; j++)
      for (int i = 0; i < r; i++)
        a[j + k * p1] += la_dot((size_t)r, inverse + at(0, i, r), b->gram + at(j * r, k * r + i, r * p1));
}

static void gram_u(const struct dense *ds, const struct batch *b, struct kernel_sums *s) {
  int p1 = s->p1, ld = b->q * p1;
  for (int term = 0, first = 0, i = 0; term < ds->all->n_terms; term++) {
    int levels = b->levels[term];
    for (; i < s->k && ds->all->params[i].term == term; i++) {
      int x = first + ds->all->params[i].a * levels, y = first + ds->all->params[i].b * levels;
      double *u = s->u + (size_t)i * area(p1, p1);
      for (int k = 0; k < p1; k++)
        for (int j = 0; j < p1; j++)
          for (int l = 0; l < levels; l++) {
            u[j + k * p1] += b->e[at(j * b->q + x + l, k * b->q + y + l, ld)];
            if (x != y) u[j + k * p1] += b->e[at(j * b->q + y + l, k * b->q + x + l, ld)];
          }
    }
    first += ds->all->terms[term].c * levels;
  }
}

static void gram_batch(const struct dense *ds, const struct batch *b, bool derivatives, struct chunk *c) {
  int p1 = ds->all->p1;
  la_inverse(b->r, c->v, b->r, c->bd, b->r);
  gram_a(b, p1, c->bd, c->sums.a);
  if (!derivatives) return;
  la_solve_lower_t(b->r, c->v, b->r, b->q, c->br, b->r); /* X = V^-1 R */
  gram_of_e(b, p1, c->br, c->f);
  gram_u(ds, b, &c->sums);
}

/* ---- traces --------------------------------------------------------------------------------------------- */

static void add_traces(const struct dense *ds, const struct batch *b, struct kernel_sums *s) {
  for (int term = 0, first = 0, i = 0; term < ds->all->n_terms; term++) {
    int levels = b->levels[term];
    for (; i < s->k && ds->all->params[i].term == term; i++) {
      const struct param *p = &ds->all->params[i];
      for (int l = 0; l < levels; l++)
        s->t[i] += b->count * (p->a == p->b ? 1 : 2) *
                   b->k[at(first + p->a * levels + l, first + p->b * levels + l, b->q)];
    }
    first += ds->all->terms[term].c * levels;
  }
}

/* sum of K[y.., z..] * S[x.., w..] over levels m x n. */
static double block_product(int m, int n, const double *k, const double *s, int ld) {
  double sum = 0;
  for (int j = 0; j < n; j++) sum += la_dot((size_t)m, k + at(0, j, ld), s + at(0, j, ld));
  return sum;
}

/* tr(G_i K G_j S) for parameters i, j of the terms that start at columns f and g. */
static double contract_pair(const struct batch *b, const struct param *i, int f, const struct param *j, int g,
                            const double *s) {
  int m = b->levels[i->term], n = b->levels[j->term], q = b->q;
  double sum = 0;
  for (int u = 0; u < (i->a == i->b ? 1 : 2); u++)
    for (int v = 0; v < (j->a == j->b ? 1 : 2); v++) {
      int x = f + (u ? i->b : i->a) * m, y = f + (u ? i->a : i->b) * m;
      int z = g + (v ? j->b : j->a) * n, w = g + (v ? j->a : j->b) * n;
      sum += block_product(m, n, b->k + at(y, z, q), s + at(x, w, q), q);
    }
  return sum;
}

/* out (k x k) += weight tr(G_i K G_j S) */
static void contract(const struct dense *ds, const struct batch *b, double weight, const double *s,
                     double *out) {
  int k = ds->all->k;
  const struct param *p = ds->all->params;
  for (int i = 0, f = 0, ti = 0; i < k; i++) {
    for (; ti < p[i].term; ti++) f += ds->all->terms[ti].c * b->levels[ti];
    for (int j = 0, g = 0, tj = 0; j <= i; j++) {
      for (; tj < p[j].term; tj++) g += ds->all->terms[tj].c * b->levels[tj];
      double value = weight * contract_pair(b, &p[i], f, &p[j], g, s);
      out[i + j * k] += value;
      if (i != j) out[j + i * k] += value;
    }
  }
}

/* ---- an evaluation -------------------------------------------------------------------------------------- */

static void sums_clear(struct kernel_sums *s) {
  s->ld = 0;
  memset(s->a, 0, sizeof(double) * area(s->p1, s->p1));
  memset(s->t, 0, sizeof(double) * (size_t)s->k);
  memset(s->u, 0, sizeof(double) * area(s->p1 * s->p1, s->k));
  memset(s->tt, 0, sizeof(double) * area(s->k, s->k));
}

static void tiny_clear(const struct dense *ds, struct tiny_sums *s) {
  int m = ds->all->terms[0].c * ds->all->p1;
  double *sum = s->m, *bd = s->bd;
  *s = (struct tiny_sums){.m = sum, .bd = bd};
  memset(sum, 0, sizeof(double) * area(m, m));
}

static bool eval_batch(const struct dense *ds, const struct batch *b, const double *const *lambda,
                       unsigned want, struct chunk *c) {
  bool derivatives = want >= WANT_GRADIENT;
  if (ds->tiny && tiny_fits(b, ds->all->n_terms, ds->all->terms[0].c))
    return tiny_eval(b->q, ds->all->p1, b, lambda[0], derivatives, &c->tiny, c->sums.a);
  if (!factor_batch(ds, b, lambda, derivatives, c)) return false;
  (b->gram ? gram_batch : plain_batch)(ds, b, derivatives, c);
  if (!derivatives) return true;
  add_traces(ds, b, &c->sums);
  if (want >= WANT_HESSIAN) contract(ds, b, b->count, b->k, c->sums.tt);
  return true;
}

static void eval_chunk(const struct dense *ds, const double *const *lambda, unsigned want, struct chunk *c) {
  sums_clear(&c->sums);
  if (ds->tiny) tiny_clear(ds, &c->tiny);
  c->ok = true;
  for (int i = c->from; i < c->to && c->ok; i++)
    c->ok = eval_batch(ds, &ds->batches->batch[i], lambda, want, c);
  if (!ds->tiny) return;
  c->sums.ld += c->tiny.ld;
  if (want >= WANT_GRADIENT) tiny_collect(ds->all->terms[0].c, &c->tiny, ds->all->params, &c->sums);
}

static void add(size_t n, const double *x, double *y) {
  for (size_t i = 0; i < n; i++) y[i] += x[i];
}

/* The chunks kept the lower triangle of A only. */
static void add_lower(int n, const double *x, double *y) {
  for (int j = 0; j < n; j++)
    for (int i = j; i < n; i++) {
      y[at(i, j, n)] += x[at(i, j, n)];
      if (i != j) y[at(j, i, n)] += x[at(i, j, n)];
    }
}

static void collect(const struct kernel_sums *s, unsigned want, struct kernel_sums *out) {
  out->ld += s->ld;
  add_lower(s->p1, s->a, out->a);
  if (want < WANT_GRADIENT) return;
  add((size_t)s->k, s->t, out->t);
  add(area(s->p1 * s->p1, s->k), s->u, out->u);
  add(area(s->k, s->k), s->tt, out->tt);
}

bool dense_eval(struct dense *ds, const double *const *lambda, unsigned want, struct kernel_sums *out) {
  bool ok = true;
  int n = ds->n_chunks;
#pragma omp parallel for schedule(dynamic)                                                                   \
    num_threads(ds->all->threads) if (n >= CHUNKS_PARALLEL && ds->all->threads > 1)
  for (int i = 0; i < n; i++) eval_chunk(ds, lambda, want, &ds->chunk[i]);
  for (int i = 0; i < n; i++) {
    ok = ok && ds->chunk[i].ok;
    collect(&ds->chunk[i].sums, want, out);
  }
  add(area(out->p1, out->p1), ds->error, out->a);
  return ok;
}

/* ---- second pass ---------------------------------------------------------------------------------------- */

/* s (q x q) := sum over clusters of E d d'E'. */
static void residual_products(const struct batch *b, int p1, const double *d, double *ed, double *s) {
  for (int n = 0; n < b->count; n++)
    la_multiply(b->q, 1, p1, b->e + (size_t)n * area(b->q, p1), b->q, d, p1, ed + at(0, n, b->q), b->q);
  la_multiply_nt(b->q, b->q, b->count, ed, b->q, ed, b->q, s, b->q);
}

/* s (q x q) := sum over clusters of E Phi E'. */
static void design_products(const struct batch *b, int p1, const double *phi, double *ef, double *s) {
  for (int n = 0; n < b->count; n++)
    la_multiply(b->q, p1, p1, b->e + (size_t)n * area(b->q, p1), b->q, phi, p1,
                ef + (size_t)n * area(b->q, p1), b->q);
  la_multiply_nt(b->q, b->q, b->count * p1, ef, b->q, b->e, b->q, s, b->q);
}

/* Either of them, sum_jk weight[j, k] E_j E_k', from the gram of E. */
static void gram_products(const struct batch *b, int p1, const struct kernel_weights *w, bool residual,
                          double *s) {
  int q = b->q, ld = q * p1;
  memset(s, 0, sizeof(double) * area(q, q));
  for (int k = 0; k < p1; k++)
    for (int j = 0; j < p1; j++) {
      double weight = residual ? w->d[j] * w->d[k] : w->phi[at(j, k, p1)];
      for (int i = 0; i < q; i++)
        la_axpy((size_t)q, weight, b->e + at(j * q, k * q + i, ld), s + at(0, i, q));
    }
}

static void weigh_batch(const struct dense *ds, const struct batch *b, const struct kernel_weights *w,
                        struct chunk *c) {
  int p1 = ds->all->p1;
  if (ds->tiny && tiny_fits(b, ds->all->n_terms, ds->all->terms[0].c)) {
    tiny_weights(b->q, b, w, p1, &c->tiny);
    return;
  }
  if (b->gram)
    gram_products(b, p1, w, true, c->t);
  else
    residual_products(b, p1, w->d, c->f, c->t);
  contract(ds, b, 1, c->t, c->dwd);
  if (!w->xwx) return;
  if (b->gram)
    gram_products(b, p1, w, false, c->t);
  else
    design_products(b, p1, w->phi, c->f, c->t);
  contract(ds, b, 1, c->t, c->xwx);
}

static void weigh_chunk(const struct dense *ds, const struct kernel_weights *w, struct chunk *c) {
  int k = ds->all->k;
  memset(c->dwd, 0, sizeof(double) * area(k, k));
  memset(c->xwx, 0, sizeof(double) * area(k, k));
  if (ds->tiny) tiny_clear(ds, &c->tiny);
  for (int i = c->from; i < c->to; i++) weigh_batch(ds, &ds->batches->batch[i], w, c);
  if (!ds->tiny) return;
  tiny_contract(ds->all->terms[0].c, c->tiny.kd, k, ds->all->params, c->dwd);
  if (w->xwx) tiny_contract(ds->all->terms[0].c, c->tiny.kx, k, ds->all->params, c->xwx);
}

void dense_weights(struct dense *ds, const struct kernel_weights *w) {
  int n = ds->n_chunks, k = ds->all->k;
#pragma omp parallel for schedule(dynamic)                                                                   \
    num_threads(ds->all->threads) if (n >= CHUNKS_PARALLEL && ds->all->threads > 1)
  for (int i = 0; i < n; i++) weigh_chunk(ds, w, &ds->chunk[i]);
  for (int i = 0; i < n; i++) {
    add(area(k, k), ds->chunk[i].dwd, w->dwd);
    if (w->xwx) add(area(k, k), ds->chunk[i].xwx, w->xwx);
  }
}

/* ---- conditional modes ---------------------------------------------------------------------------------- */

struct modes {
  const double *const *lambda;
  const double *d;
  double *const *b, *const *var;
  double *t;    /* r x q: R Lambda */
  double *m;    /* q x (q + 2): M = I + (R Lambda)'(R Lambda) */
  double *minv; /* q x q */
  double *u;    /* q: M^-1 (R Lambda)' D d, the spherical modes */
};

static void invert_m(const struct dense *ds, const struct batch *b, const struct modes *o) {
  int q = b->q;
  times_lambda(ds, b, o->lambda, b->z, o->t);
  la_cross(b->r, q, o->t, b->r, o->m, q);
  for (int i = 0; i < q; i++) o->m[at(i, i, q)] += 1;
  la_cholesky(q, o->m, q);
  la_inverse(q, o->m, q, o->minv, q);
}

/* b_l = Lambda_t u_l for the levels of a cluster. */
static void put_modes(const struct dense *ds, const struct batch *b, const int32_t *level,
                      const struct modes *o) {
  for (int t = 0, first = 0; t < ds->all->n_terms; t++) {
    int c = ds->all->terms[t].c, levels = b->levels[t];
    for (int l = 0; l < levels; l++)
      for (int i = 0; i < c; i++) {
        double sum = 0;
        for (int j = 0; j < c; j++) sum += o->lambda[t][i + j * c] * o->u[first + j * levels + l];
        o->b[t][(size_t)level[l] * (size_t)c + (size_t)i] = sum;
      }
    first += c * levels;
    level += levels;
  }
}

/* out (c x c) := Lambda (M^-1)_ll Lambda' of level l of the term that starts at column first. */
static void level_variance(int c, const double *lambda, const double *minv, int q, int first, int levels,
                           int l, double *out) {
  for (int i = 0; i < c; i++)
    for (int j = 0; j <= i; j++) {
      double sum = 0;
      for (int x = 0; x < c; x++)
        for (int y = 0; y < c; y++)
          sum += lambda[i + x * c] * lambda[j + y * c] *
                 minv[at(first + x * levels + l, first + y * levels + l, q)];
      out[i + j * c] = out[j + i * c] = sum;
    }
}

static void put_variances(const struct dense *ds, const struct batch *b, const int32_t *level,
                          const struct modes *o) {
  for (int t = 0, first = 0; t < ds->all->n_terms; t++) {
    int c = ds->all->terms[t].c, levels = b->levels[t];
    for (int l = 0; l < levels; l++)
      level_variance(c, o->lambda[t], o->minv, b->q, first, levels, l,
                     o->var[t] + (size_t)level[l] * area(c, c));
    first += c * levels;
    level += levels;
  }
}

static void modes_of_batch(const struct dense *ds, const struct batch *b, const struct modes *o) {
  int p1 = ds->all->p1, r = b->r, q = b->q;
  double *residual = o->m, *rhs = o->m + r; /* m is free once inverted */
  invert_m(ds, b, o);
  for (int n = 0; n < b->count; n++) {
    const int32_t *level = ds->cl->level + ds->cl->cluster[b->clusters[n]].level;
    la_multiply(r, 1, p1, b->d + (size_t)n * area(r, p1), r, o->d, p1, residual, r);
    la_multiply_tn(q, 1, r, o->t, r, residual, r, rhs, q);
    la_multiply(q, 1, q, o->minv, q, rhs, q, o->u, q);
    put_modes(ds, b, level, o);
    put_variances(ds, b, level, o);
  }
}

void dense_modes(struct dense *ds, struct arena *scratch, const double *const *lambda, const double *d,
                 double *const *b, double *const *var) {
  int q = 0;
  for (int i = 0; i < ds->batches->n; i++) q = largest(q, ds->batches->batch[i].q);
  struct modes o = {.lambda = lambda, .d = d, .b = b, .var = var};
  o.t = matrix_raw(scratch, q, q);
  o.m = matrix_raw(scratch, q, q + 2);
  o.minv = matrix_raw(scratch, q, q);
  o.u = matrix_raw(scratch, q, 1);
  for (int i = 0; i < ds->batches->n; i++) modes_of_batch(ds, &ds->batches->batch[i], &o);
}

void dense_describe(struct buf *out, const struct dense *ds) {
  int columns = 0, rows = 0;
  for (int i = 0; i < ds->batches->n; i++) {
    columns = largest(columns, ds->batches->batch[i].q);
    rows = largest(rows, ds->batches->batch[i].r);
  }
  buf_printf(out,
             "dense kernel: %d clusters, %d different designs, %zu rows after compression, largest %d x %d\n",
             ds->n_clusters, ds->batches->n_patterns, ds->compressed_rows, rows, columns);
}
