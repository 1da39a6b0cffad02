#include "runtime/table/keys.h"
#include <math.h>
#include <string.h>

/* A hash table from pairs of 64 bits to 0, 1, ...; open addressing, at most half full. */
struct numbering {
  int n;
  size_t n_slots; /* a power of two */
  struct entry {
    uint64_t key;
    int32_t value;
    bool used;
  } * slot;
};

/* Labels of one column as numbers. */
struct labels {
  int n, room;
  const char **label;
  struct numbering by_hash; /* of hashes: those that collide are probed on */
};

struct keys {
  struct arena *arena;
  int n_columns;
  struct numbering *values; /* n_columns: bits of a number -> code */
  struct labels *labels;    /* n_columns */
  struct numbering *pairs;  /* n_columns: (key so far, code) -> key */
};

struct keys *keys_new(struct arena *a, int n_columns) {
  struct keys *k = arena_make(a, struct keys);
  size_t n = (size_t)n_columns;
  *k = (struct keys){.arena = a,
                     .n_columns = n_columns,
                     .values = arena_array(a, n, struct numbering),
                     .labels = arena_array(a, n, struct labels),
                     .pairs = arena_array(a, n, struct numbering)};
  return k;
}

static uint64_t mixed(uint64_t x) { /* the finalizer of MurmurHash3 (Appleby) */
  x = (x ^ x >> 33) * 0xff51afd7ed558ccdu;
  x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53u;
  return x ^ x >> 33;
}

static struct entry *entry_of(const struct numbering *t, uint64_t key) {
  size_t mask = t->n_slots - 1, i = mixed(key) & mask;
  while (t->slot[i].used && t->slot[i].key != key) i = (i + 1) & mask;
  return &t->slot[i];
}

static void grow(struct arena *a, struct numbering *t) {
  struct numbering old = *t;
  t->n_slots = old.n_slots ? 2 * old.n_slots : 64;
  t->slot = arena_array(a, t->n_slots, struct entry);
  for (size_t i = 0; i < old.n_slots; i++)
    if (old.slot[i].used) *entry_of(t, old.slot[i].key) = old.slot[i];
}

static int32_t number_of(struct arena *a, struct numbering *t, uint64_t key) {
  if (2 * (size_t)(t->n + 1) > t->n_slots) grow(a, t);
  struct entry *e = entry_of(t, key);
  if (!e->used) *e = (struct entry){key, t->n++, true};
  return e->value;
}

static uint64_t text_hash(const char *s) { /* FNV-1a, 64 bits */
  uint64_t h = 0xcbf29ce484222325u;
  for (; *s; s++) h = (h ^ (unsigned char)*s) * 0x100000001b3u;
  return h;
}

static void keep_label(struct arena *a, struct labels *l, const char *s) {
  if (l->n == l->room) {
    int room = l->room ? 2 * l->room : 16;
    l->label = arena_grow(a, l->label, (size_t)l->n, (size_t)room, sizeof *l->label);
    l->room = room;
  }
  l->label[l->n++] = s;
}

/* Labels whose hashes collide try the next number for a hash. */
static int32_t label_number(struct arena *a, struct labels *l, const char *s) {
  for (uint64_t h = text_hash(s);; h++) {
    int before = l->by_hash.n;
    int32_t i = number_of(a, &l->by_hash, h);
    if (l->by_hash.n > before) keep_label(a, l, s);
    if (strcmp(l->label[i], s) == 0) return i;
  }
}

static uint64_t bits_of(double x) {
  uint64_t bits;
  if (x == 0) x = 0; /* -0 too */
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

/* The codes of one column; -1: missing. */
static const int32_t *codes(struct keys *k, int j, const struct column *c, int n) {
  if (c->type == COL_BOOL) return c->v.code;
  int32_t *code = arena_raw(k->arena, (size_t)n, int32_t);
  if (c->type == COL_NUMBER) {
    for (int i = 0; i < n; i++)
      code[i] = isnan(c->v.number[i]) ? -1 : number_of(k->arena, &k->values[j], bits_of(c->v.number[i]));
    return code;
  }
  int32_t *of_level = arena_raw(k->arena, (size_t)c->n_levels, int32_t);
  for (int l = 0; l < c->n_levels; l++) of_level[l] = label_number(k->arena, &k->labels[j], c->levels[l]);
  for (int i = 0; i < n; i++) code[i] = c->v.code[i] < 0 ? -1 : of_level[c->v.code[i]];
  return code;
}

const int32_t *keys_add(struct keys *k, const struct column *const *column, int n) {
  int32_t *key = arena_array(k->arena, (size_t)n, int32_t);
  for (int j = 0; j < k->n_columns; j++) {
    const int32_t *code = codes(k, j, column[j], n);
    for (int i = 0; i < n; i++) {
      if (key[i] < 0) continue;
      uint64_t pair = (uint64_t)(uint32_t)key[i] << 32 | (uint32_t)code[i];
      key[i] = code[i] < 0 ? -1 : number_of(k->arena, &k->pairs[j], pair);
    }
  }
  return key;
}

int keys_count(const struct keys *k) {
  return k->n_columns ? k->pairs[k->n_columns - 1].n : 1;
}
