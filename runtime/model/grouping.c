#include "runtime/model/grouping.h"
#include <stdlib.h>
#include <string.h>

/* ---- pairs of codes, numbered --------------------------------------------------------------------------- */

struct pairs {
  uint64_t *key; /* distinct keys in order of appearance */
  int n;
  int32_t *slot; /* open addressing: index + 1; 2^bits slots, at least twice the rows */
  int bits;
};

static struct pairs pairs_new(struct arena *a, int rows) {
  struct pairs p = {.bits = 10};
  while ((UINT64_C(1) << p.bits) < 2 * (uint64_t)rows) p.bits++;
  p.slot = arena_array(a, (size_t)1 << p.bits, int32_t);
  p.key = arena_raw(a, (size_t)rows, uint64_t);
  return p;
}

/* The highest bits of the product with 2^64 / golden ratio: they alone depend on all bits of the key (Knuth 1973,
   sec. 6.4). */
static uint64_t scatter(uint64_t key, int bits) {
  return (key * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - bits);
}

static int32_t pairs_number(struct pairs *p, uint64_t key) {
  uint64_t i = scatter(key, p->bits), mask = (UINT64_C(1) << p->bits) - 1;
  for (; p->slot[i]; i = (i + 1) & mask)
    if (p->key[p->slot[i] - 1] == key) return p->slot[i] - 1;
  p->key[p->n] = key;
  p->slot[i] = ++p->n;
  return p->n - 1;
}

static uint64_t pair_key(int32_t a, int32_t b) {
  return (uint64_t)(uint32_t)a << 32 | (uint32_t)b;
}

/* ---- interactions --------------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static int32_t rank_of(const uint64_t *sorted, int n, uint64_t key) {
  const uint64_t *at = bsearch(&key, sorted, (size_t)n, sizeof key, by_key);
  return (int32_t)(at - sorted);
}

/* g becomes g:v. */
static void cross(const struct making *k, struct grouping *g, const struct variable *v) {
  int32_t *code;
  int n_levels;
  const char *const *levels;
  variable_levels(k, v, &code, &n_levels, &levels);
  struct pairs p = pairs_new(k->scratch, k->n);
  for (int i = 0; i < k->n; i++) code[i] = pairs_number(&p, pair_key(g->level[i], code[i]));
  uint64_t *sorted = arena_grow(k->scratch, p.key, (size_t)p.n, (size_t)p.n, sizeof *sorted);
  qsort(sorted, (size_t)p.n, sizeof *sorted, by_key);
  int32_t *rank = arena_raw(k->scratch, (size_t)p.n, int32_t);
  for (int j = 0; j < p.n; j++) rank[j] = rank_of(sorted, p.n, p.key[j]);
  for (int i = 0; i < k->n; i++) code[i] = rank[code[i]];
  const char **labels = arena_raw(k->arena, (size_t)p.n, const char *);
  for (int j = 0; j < p.n; j++)
    labels[j] = arena_printf(k->arena, "%s:%s", g->labels[sorted[j] >> 32], levels[(uint32_t)sorted[j]]);
  g->level = code;
  g->q = p.n;
  g->labels = labels;
}

struct grouping grouping_make(const struct making *k, const struct ir_random *term) {
  struct grouping g = {.name = term->group_name};
  int32_t *code;
  variable_levels(k, &k->var[term->group[0]], &code, &g.q, &g.labels);
  g.level = code;
  for (int i = 1; i < term->n_group; i++) cross(k, &g, &k->var[term->group[i]]);
  return g;
}

/* ---- nested or crossed ---------------------------------------------------------------------------------- */

static struct frame_pair relate(const struct making *k, const struct grouping *group, int a, int b) {
  struct arena_mark mark = arena_mark(k->scratch);
  struct pairs p = pairs_new(k->scratch, k->n);
  int la = group[a].loads ? group[a].loads : 1, lb = group[b].loads ? group[b].loads : 1;
  for (int i = 0; i < k->n; i++) pairs_number(&p, pair_key(group[a].level[i * la], group[b].level[i * lb]));
  struct frame_pair r = {.a = a, .b = b, .relation = UNITS_PARTLY, .occur = p.n};
  int qa = group[a].q, qb = group[b].q;
  if (p.n == qa && p.n == qb)
    r.relation = UNITS_SAME;
  else if (p.n == qa)
    r.relation = UNITS_NESTED;
  else if (p.n == qb)
    r = (struct frame_pair){.a = b, .b = a, .relation = UNITS_NESTED, .occur = p.n};
  else if (p.n == (int64_t)qa * qb)
    r.relation = UNITS_CROSSED;
  arena_reset(k->scratch, mark);
  return r;
}

/* The first term with this grouping factor. */
static bool first_of_name(const struct grouping *group, int t) {
  for (int s = 0; s < t; s++)
    if (strcmp(group[s].name, group[t].name) == 0) return false;
  return true;
}

void grouping_relate(struct making *k, const struct grouping *group) {
  int n = k->ir->n_random;
  struct frame_pair *pairs = arena_array(k->arena, (size_t)n * (size_t)n, struct frame_pair);
  for (int a = 0; a < n; a++)
    for (int b = a + 1; b < n; b++)
      if (first_of_name(group, a) && first_of_name(group, b) && strcmp(group[a].name, group[b].name) != 0)
        pairs[k->frame->n_pairs++] = relate(k, group, a, b);
  k->frame->pairs = pairs;
}
