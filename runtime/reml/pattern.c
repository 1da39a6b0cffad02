#include "runtime/reml/pattern.h"
#include "runtime/reml/linalg.h"
#include <string.h>

enum {
  BATCH_MAX = 256, /* clusters in a batch without gram: the grain of parallel work */
  GRAM_MAX = 128,  /* r p1 and q p1 up to which a gram is kept */
};

struct hashed {
  const struct clusters *cl;
  const struct compressed *x;
  const int *id;
  int *slot; /* table of representatives, -1: empty */
  size_t mask;
};

static uint64_t mix(uint64_t h, uint64_t v) {
  h = (h ^ v) * UINT64_C(0x9E3779B97F4A7C15);
  return h ^ (h >> 29);
}

static uint64_t hash_design(const struct hashed *t, int i) {
  const struct compressed *x = &t->x[i];
  uint64_t h = mix((uint64_t)x->r, (uint64_t)x->q);
  const int *levels = t->cl->cluster[t->id[i]].levels;
  for (int s = 0; s < t->cl->n_terms; s++) h = mix(h, (uint64_t)levels[s]);
  for (size_t j = 0; j < area(x->r, x->q); j++) {
    uint64_t bits;
    memcpy(&bits, x->z + j, sizeof bits);
    h = mix(h, bits);
  }
  return h;
}

static bool same_design(const struct hashed *t, int i, int j) {
  const struct compressed *x = &t->x[i], *y = &t->x[j];
  const int *l = t->cl->cluster[t->id[i]].levels, *m = t->cl->cluster[t->id[j]].levels;
  return x->r == y->r && x->q == y->q && memcmp(l, m, sizeof(int) * (size_t)t->cl->n_terms) == 0 &&
         memcmp(x->z, y->z, sizeof(double) * area(x->r, x->q)) == 0;
}

/* The first cluster with the design of cluster i, which may be i itself. */
static int representative(struct hashed *t, int i) {
  size_t s = (size_t)hash_design(t, i) & t->mask;
  while (t->slot[s] >= 0 && !same_design(t, t->slot[s], i)) s = (s + 1) & t->mask;
  if (t->slot[s] < 0) t->slot[s] = i;
  return t->slot[s];
}

static void make_table(struct arena *scratch, struct hashed *t, int n) {
  size_t size = 16;
  while (size < 2 * (size_t)n) size *= 2;
  t->mask = size - 1;
  t->slot = arena_raw(scratch, size, int);
  for (size_t s = 0; s < size; s++) t->slot[s] = -1;
}

/* Sum over the clusters of vec(D)vec(D)', m = r p1. */
static double *gram_of(struct arena *a, const struct batch *b, int m) {
  double *g = matrix_zero(a, m, m);
  for (int c = 0; c < b->count; c++) {
    const double *v = b->d + (size_t)c * (size_t)m;
    for (int j = 0; j < m; j++) la_axpy((size_t)m, v[j], v, g + at(0, j, m));
  }
  return g;
}

/* Data of the clusters side by side; one cluster's stay where they are. */
static const double *data_of(struct arena *a, const struct compressed *x, const int *member, int count,
                             size_t m) {
  if (count == 1) return x[member[0]].d;
  double *d = arena_raw(a, (size_t)count * m, double);
  for (int i = 0; i < count; i++) memcpy(d + (size_t)i * m, x[member[i]].d, m * sizeof(double));
  return d;
}

static bool wants_gram(const struct compressed *x, int p1, int count) {
  return count > x->r * p1 && x->r * p1 <= GRAM_MAX && x->q * p1 <= GRAM_MAX;
}

static void fill_batch(struct arena *a, const struct hashed *t, int p1, const int *member, int count,
                       struct batch *b) {
  const struct compressed *x = &t->x[member[0]];
  int rp = x->r * p1, qp = x->q * p1;
  *b = (struct batch){.r = x->r, .q = x->q, .count = count, .z = x->z};
  b->d = data_of(a, t->x, member, count, (size_t)rp);
  b->levels = t->cl->cluster[t->id[member[0]]].levels;
  int *clusters = ints_raw(a, count);
  for (int i = 0; i < count; i++) clusters[i] = t->id[member[i]];
  b->clusters = clusters;
  b->k = matrix_raw(a, x->q, x->q);
  if (wants_gram(x, p1, count)) b->gram = gram_of(a, b, rp);
  b->e = matrix_raw(a, qp, b->gram ? qp : count);
}

/* Batches of one design: one with a gram, or several of limited size. */
static int split_design(struct arena *a, const struct hashed *t, int p1, const int *member, int count,
                        struct batch *b) {
  int grain = wants_gram(&t->x[member[0]], p1, count) ? count : BATCH_MAX, n = 0;
  for (int i = 0; i < count; i += grain)
    fill_batch(a, t, p1, member + i, count - i < grain ? count - i : grain, &b[n++]);
  return n;
}

struct batches *batches_make(struct arena *a, const struct clusters *cl, int p1, int n,
                             const struct compressed *x, const int *id) {
  struct batches *out = arena_make(a, struct batches);
  struct hashed t = {.cl = cl, .x = x, .id = id};
  make_table(a, &t, n);
  int *of = ints_raw(a, n), *count = arena_array(a, (size_t)n, int), *first = ints_raw(a, n);
  for (int i = 0; i < n; i++) count[of[i] = representative(&t, i)]++;
  int *member = ints_raw(a, n), at = 0;
  for (int i = 0; i < n; i++) {
    first[i] = at;
    at += count[i];
  }
  for (int i = 0; i < n; i++) member[first[of[i]]++] = i;
  out->batch = arena_raw(a, (size_t)n, struct batch);
  for (int i = 0; i < n; i++) {
    if (count[i] == 0) continue;
    out->n_patterns++;
    out->n += split_design(a, &t, p1, member + first[i] - count[i], count[i], out->batch + out->n);
  }
  return out;
}
