#include "runtime/reml/alike.h"
#include <stdlib.h>
#include <string.h>

struct arranging {
  struct arena *arena, *scratch;
  const struct problem *problem;
  const struct sparse_problem *all;
  int n;
  int *parent;  /* union-find over rows */
  int *cluster; /* n: of each row */
  int *order;   /* rows, cluster after cluster */
  int *first;   /* n_clusters + 1: places in order */
  int n_clusters;
  int *block_rank; /* per block: in order of its first row */
};

/* ---- clusters ---- */

static int root_of(int *parent, int i) {
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

static void join(int *parent, int i, int j) {
  i = root_of(parent, i);
  j = root_of(parent, j);
  if (i < j) parent[j] = i;
  if (j < i) parent[i] = j;
}

static bool is_zero(const double *z, int c) {
  for (int a = 0; a < c; a++)
    if (z[a] != 0) return false;
  return true;
}

static const double *z_of(const struct arranging *r, int t, int row, int s) {
  const struct re_term *term = &r->problem->terms[t];
  return r->all->terms[t].z + area(row * loads_of(term) + s, term->c);
}

static void join_levels(struct arranging *r, int t) {
  const struct re_term *term = &r->problem->terms[t];
  int loads = loads_of(term), *seen = ints_raw(r->scratch, term->q);
  for (int l = 0; l < term->q; l++) seen[l] = -1;
  for (int i = 0; i < r->n; i++)
    for (int s = 0; s < loads; s++) {
      if (is_zero(z_of(r, t, i, s), term->c)) continue;
      int *first = &seen[term->level[i * loads + s]];
      if (*first < 0) *first = i;
      join(r->parent, *first, i);
    }
}

static void join_blocks(struct arranging *r) {
  const struct residual *e = r->problem->residual;
  if (!e) return;
  int *seen = ints_raw(r->scratch, e->n_blocks), rank = 0;
  r->block_rank = ints_raw(r->scratch, e->n_blocks);
  for (int b = 0; b < e->n_blocks; b++) seen[b] = -1;
  for (int i = 0; i < r->n; i++) {
    int *first = &seen[e->block[i]];
    if (*first < 0) {
      r->block_rank[e->block[i]] = rank++;
      *first = i;
    }
    join(r->parent, *first, i);
  }
}

static void number_clusters(struct arranging *r) {
  int *number = ints_raw(r->scratch, r->n), *next;
  for (int i = 0; i < r->n; i++) number[i] = -1;
  for (int i = 0; i < r->n; i++) {
    int root = root_of(r->parent, i);
    if (number[root] < 0) number[root] = r->n_clusters++;
    r->cluster[i] = number[root];
  }
  r->first = (int *)arena_zero(r->scratch, (size_t)r->n_clusters + 2, sizeof(int));
  for (int i = 0; i < r->n; i++) r->first[r->cluster[i] + 1]++;
  for (int c = 0; c < r->n_clusters; c++) r->first[c + 1] += r->first[c];
  next = ints_raw(r->scratch, r->n_clusters);
  memcpy(next, r->first, sizeof(int) * (size_t)r->n_clusters);
  for (int i = 0; i < r->n; i++) r->order[next[r->cluster[i]]++] = i;
}

/* ---- rows of a cluster in an order that alike clusters share ---- */

static int compare_doubles(const double *a, const double *b, int n) {
  for (int i = 0; i < n; i++)
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  return 0;
}

static int compare_bases(const struct arranging *r, int i, int j) {
  for (int t = 0; t < r->problem->n_terms; t++) {
    const struct re_term *term = &r->problem->terms[t];
    int d = compare_doubles(z_of(r, t, i, 0), z_of(r, t, j, 0), loads_of(term) * term->c);
    if (d) return d;
  }
  return 0;
}

/* By block, position, stratum, scale, bases: what a row is, its number in the data left out. */
static int compare_kind(const struct arranging *r, int i, int j) {
  const struct residual *e = r->problem->residual;
  for (int f = 0; e && f < e->n_factors; f++) {
    int d = e->factors[f].position[i] - e->factors[f].position[j];
    if (d) return d;
  }
  if (e && e->stratum && e->stratum[i] != e->stratum[j]) return e->stratum[i] - e->stratum[j];
  int d = e && e->n_scale
              ? compare_doubles(e->scale + area(i, e->n_scale), e->scale + area(j, e->n_scale), e->n_scale)
              : 0;
  return d ? d : compare_bases(r, i, j);
}

static int compare_rows(const void *a, const void *b, void *arranging) {
  const struct arranging *r = arranging;
  int i = *(const int *)a, j = *(const int *)b;
  const struct residual *e = r->problem->residual;
  int blocks = e ? r->block_rank[e->block[i]] - r->block_rank[e->block[j]] : 0;
  int d = blocks ? blocks : compare_kind(r, i, j);
  return d ? d : i - j;
}

/* ---- patterns ---- */

/* What makes clusters alike, beyond the kind of their rows: which rows share a block, which share a level. */
struct shape {
  int n;
  const int *row;
  int *block;  /* n */
  int **level; /* per term: n x loads, local; -1: no load */
  int *n_levels;
};

static int local_number(int32_t global, int32_t *known, int *n) {
  for (int l = 0; l < *n; l++)
    if (known[l] == global) return l;
  known[*n] = global;
  return (*n)++;
}

static struct shape shape_of(const struct arranging *r, struct arena *a, const int *row, int n) {
  const struct residual *e = r->problem->residual;
  struct shape s = {.n = n, .row = row, .block = ints_raw(a, n)};
  s.level = arena_array(a, (size_t)r->problem->n_terms, int *);
  s.n_levels = (int *)arena_zero(a, (size_t)r->problem->n_terms + 1, sizeof(int));
  int blocks = 0;
  for (int i = 0; i < n; i++) {
    bool same = e && i > 0 && e->block[row[i]] == e->block[row[i - 1]];
    s.block[i] = same ? blocks - 1 : blocks++;
  }
  for (int t = 0; t < r->problem->n_terms; t++) {
    const struct re_term *term = &r->problem->terms[t];
    int loads = loads_of(term);
    int32_t *known = arena_raw(a, (size_t)n * (size_t)loads, int32_t);
    s.level[t] = ints_raw(a, n * loads);
    for (int i = 0; i < n; i++)
      for (int l = 0; l < loads; l++)
        s.level[t][i * loads + l] =
            is_zero(z_of(r, t, row[i], l), term->c)
                ? -1
                : local_number(term->level[row[i] * loads + l], known, &s.n_levels[t]);
  }
  return s;
}

static bool same_shape(const struct arranging *r, const struct shape *x, const struct shape *y) {
  size_t n = (size_t)x->n;
  if (x->n != y->n || memcmp(x->block, y->block, sizeof(int) * n) != 0) return false;
  for (int t = 0; t < r->problem->n_terms; t++) {
    size_t loads = (size_t)loads_of(&r->problem->terms[t]);
    if (memcmp(x->level[t], y->level[t], sizeof(int) * n * loads) != 0) return false;
  }
  for (int i = 0; i < x->n; i++)
    if (compare_kind(r, x->row[i], y->row[i]) != 0) return false;
  return true;
}

static uint64_t mix(uint64_t h, uint64_t x) {
  h ^= x + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
  return h * 0xff51afd7ed558ccdu;
}

static uint64_t bits(double x) {
  uint64_t u;
  x += 0.0; /* -0 is 0 */
  memcpy(&u, &x, sizeof u);
  return u;
}

static uint64_t hash_row(const struct arranging *r, uint64_t h, int i) {
  const struct residual *e = r->problem->residual;
  for (int f = 0; e && f < e->n_factors; f++) h = mix(h, (uint64_t)e->factors[f].position[i]);
  if (e && e->stratum) h = mix(h, (uint64_t)e->stratum[i]);
  for (int m = 0; e && m < e->n_scale; m++) h = mix(h, bits(e->scale[area(i, e->n_scale) + (size_t)m]));
  for (int t = 0; t < r->problem->n_terms; t++) {
    const struct re_term *term = &r->problem->terms[t];
    const double *z = z_of(r, t, i, 0);
    for (int a = 0; a < loads_of(term) * term->c; a++) h = mix(h, bits(z[a]));
  }
  return h;
}

static uint64_t hash_shape(const struct arranging *r, const struct shape *s) {
  uint64_t h = (uint64_t)s->n;
  for (int i = 0; i < s->n; i++) h = mix(hash_row(r, h, s->row[i]), (uint64_t)s->block[i]);
  for (int t = 0; t < r->problem->n_terms; t++)
    for (int i = 0; i < s->n * loads_of(&r->problem->terms[t]); i++) h = mix(h, (uint64_t)s->level[t][i] + 1);
  return h;
}

static int by_level(const void *a, const void *b) {
  const struct load *x = a, *y = b;
  return x->level != y->level ? x->level - y->level : x->row - y->row;
}

static void list_loads(const struct arranging *r, const struct shape *s, struct pattern *p) {
  int m = r->problem->n_terms;
  p->n_loads = (int *)arena_zero(r->arena, (size_t)m + 1, sizeof(int));
  p->n_levels = ints_raw(r->arena, m);
  p->loads = arena_array(r->arena, (size_t)m, struct load *);
  for (int t = 0; t < m; t++) {
    const struct re_term *term = &r->problem->terms[t];
    int loads = loads_of(term);
    p->n_levels[t] = s->n_levels[t];
    p->loads[t] = arena_array(r->arena, (size_t)(s->n * loads), struct load);
    for (int i = 0; i < s->n * loads; i++) {
      if (s->level[t][i] < 0) continue;
      const double *z = z_of(r, t, s->row[i / loads], i % loads);
      int *column = ints_raw(r->arena, term->c), n = 0;
      for (int a = 0; a < term->c; a++)
        if (z[a] != 0) column[n++] = a;
      p->loads[t][p->n_loads[t]++] = (struct load){i / loads, s->level[t][i], z, column, n};
    }
    qsort(p->loads[t], (size_t)p->n_loads[t], sizeof(struct load), by_level);
  }
}

struct found { /* a pattern while clusters are sorted into patterns */
  struct shape shape;
  uint64_t hash;
  int count, next; /* next in the bucket, -1: none */
};

static int by_size(const void *a, const void *b) {
  const struct pattern *x = a, *y = b;
  return x->n != y->n ? y->n - x->n : x->rows[0] - y->rows[0];
}

/* Clusters in the order of the data: of_cluster receives the pattern of each; gives how many there are. */
static int find_patterns(struct arranging *r, struct found *found, int *of_cluster) {
  int n_buckets = 1, n = 0;
  while (n_buckets < 2 * r->n_clusters) n_buckets *= 2;
  int *bucket = ints_raw(r->scratch, n_buckets);
  for (int i = 0; i < n_buckets; i++) bucket[i] = -1;
  for (int c = 0; c < r->n_clusters; c++) {
    int *row = r->order + r->first[c], size = r->first[c + 1] - r->first[c];
    qsort_r(row, (size_t)size, sizeof *row, compare_rows, r);
    struct arena_mark mark = arena_mark(r->scratch);
    struct shape s = shape_of(r, r->scratch, row, size);
    uint64_t hash = hash_shape(r, &s);
    int *head = &bucket[hash & (uint64_t)(n_buckets - 1)], at = *head;
    while (at >= 0 && !(found[at].hash == hash && same_shape(r, &found[at].shape, &s))) at = found[at].next;
    if (at >= 0) {
      arena_reset(r->scratch, mark);
    } else {
      found[n] = (struct found){.shape = s, .hash = hash, .next = *head};
      at = *head = n++;
    }
    found[at].count++;
    of_cluster[c] = at;
  }
  return n;
}

struct alike *alike_find(struct arena *a, const struct problem *problem, const struct sparse_problem *all) {
  struct mem *m = arena_mem(a);
  struct arena *mark = arena_pool_mark(m), *scratch = arena_new(m);
  int n = problem->n;
  struct arranging r = {.arena = a,
                        .scratch = scratch,
                        .problem = problem,
                        .all = all,
                        .n = n,
                        .parent = ints_raw(scratch, n),
                        .cluster = ints_raw(scratch, n),
                        .order = ints_raw(scratch, n)};
  for (int i = 0; i < n; i++) r.parent[i] = i;
  join_blocks(&r);
  for (int t = 0; t < problem->n_terms; t++) join_levels(&r, t);
  number_clusters(&r);
  struct found *found = arena_array(scratch, (size_t)r.n_clusters, struct found);
  int *of_cluster = ints_raw(scratch, r.n_clusters);
  struct alike *l = arena_make(a, struct alike);
  l->n_clusters = r.n_clusters;
  l->n_patterns = find_patterns(&r, found, of_cluster);
  l->pattern = arena_array(a, (size_t)l->n_patterns, struct pattern);
  int **rows = arena_array(scratch, (size_t)l->n_patterns, int *);
  for (int i = 0; i < l->n_patterns; i++) {
    struct pattern *p = &l->pattern[i];
    p->n = found[i].shape.n;
    p->rows = rows[i] = ints_raw(a, p->n * found[i].count);
    p->block = (int *)memcpy(ints_raw(a, p->n), found[i].shape.block, sizeof(int) * (size_t)p->n);
    list_loads(&r, &found[i].shape, p);
    if (p->n > l->largest) l->largest = p->n;
  }
  for (int c = 0; c < r.n_clusters; c++) {
    struct pattern *p = &l->pattern[of_cluster[c]];
    memcpy(rows[of_cluster[c]] + p->count++ * p->n, r.order + r.first[c], sizeof(int) * (size_t)p->n);
  }
  qsort(l->pattern, (size_t)l->n_patterns, sizeof *l->pattern, by_size);
  arena_pool_drain(m, mark);
  return l;
}
