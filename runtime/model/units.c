#include "runtime/model/units.h"
#include "runtime/table/keys.h"
#include <string.h>

struct asking {
  struct arena *arena;
  struct diags *diags;
  const struct source *src;
  struct span span;
  const struct table *table;
};

#define TELL(q, ...) diag_add((q)->diags, (q)->src, (q)->span, __VA_ARGS__, DIAG_END)

/* NULL after an error: the table lacks it. */
static const struct column *find_column(const struct asking *q, const char *name) {
  int j = table_find(q->table, name);
  if (j >= 0) return &q->table->columns[j];
  const struct schema *s = table_schema(q->arena, q->table);
  TELL(q, DIAG_UNKNOWN_COLUMN, name, q->table->source, schema_nearest(s, name));
  return NULL;
}

static bool find_columns(const struct asking *q, const char *const *path, int n,
                         const struct column **column) {
  for (int j = 0; j < n; j++)
    if (!(column[j] = find_column(q, path[j]))) return false;
  return true;
}

static struct unit_codes *make_codes(struct arena *a, int n, const int32_t *code) {
  struct unit_codes *u = arena_make(a, struct unit_codes);
  *u = (struct unit_codes){n, code};
  return u;
}

struct unit_codes *units_by_columns(struct arena *a, struct diags *diags, const struct source *src,
                                    struct span span, const struct table *t, const char *const *path,
                                    int n_path) {
  struct asking q = {a, diags, src, span, t};
  const struct column **column = arena_array(a, (size_t)n_path, const struct column *);
  if (!find_columns(&q, path, n_path, column)) return NULL;
  struct keys *k = keys_new(a, n_path);
  const int32_t *code = keys_add(k, column, t->n_rows);
  return make_codes(a, keys_count(k), code);
}

/* ---- the smallest unit with several rows ---- */

struct candidate {
  int n;
  const char *path[DESIGN_PATH_MAX];
  const struct unit_codes *codes;
};

enum { CANDIDATES_MAX = DESIGN_UNITS_MAX + 2 };

/* Members of dyads, raters and targets, and all units of the design. */
static int list_candidates(const struct design *d, struct candidate *c) {
  int n = 0;
  if (d->dyads == DYADS_ROUND_ROBIN) {
    const char *member[] = {d->actor, d->partner};
    for (int i = 0; i < 2; i++, n++) {
      c[n].path[0] = member[i];
      c[n].n = 1 + (d->group >= 0 ? design_path(d, d->group, c[n].path + 1) : 0);
    }
  } else if (d->dyads != DYADS_NONE) {
    c[n].n = design_person_path(d, c[n].path);
    n++;
  }
  for (int i = 0; i < d->n_units; i++, n++) c[n].n = design_path(d, i, c[n].path);
  return n;
}

static bool is_repeated(const struct unit_codes *u, int n_rows) {
  int known = 0;
  for (int i = 0; i < n_rows; i++) known += u->code[i] >= 0;
  return known > u->n;
}

/* Does every unit of u lie in one of v? */
static bool lies_in(struct arena *a, const struct unit_codes *u, const struct unit_codes *v, int n_rows) {
  int32_t *in = arena_raw(a, (size_t)u->n, int32_t);
  for (int k = 0; k < u->n; k++) in[k] = -1;
  for (int i = 0; i < n_rows; i++) {
    int32_t x = u->code[i], y = v->code[i];
    if (x < 0 || y < 0) continue;
    if (in[x] >= 0 && in[x] != y) return false;
    in[x] = y;
  }
  return true;
}

/* Keeps those that have several rows; -1 after an error. */
static int keep_repeated(const struct asking *q, struct candidate *c, int n) {
  int kept = 0;
  for (int i = 0; i < n; i++) {
    c[i].codes = units_by_columns(q->arena, q->diags, q->src, q->span, q->table, c[i].path, c[i].n);
    if (!c[i].codes) return -1;
    if (is_repeated(c[i].codes, q->table->n_rows)) c[kept++] = c[i];
  }
  return kept;
}

/* The one that lies in all others; -1 when there is none, told. */
static int find_smallest(const struct asking *q, const struct candidate *c, int n, const char *what) {
  int best = 0;
  for (int i = 1; i < n; i++)
    if (!lies_in(q->arena, c[best].codes, c[i].codes, q->table->n_rows)) best = i;
  for (int i = 0; i < n; i++) {
    if (lies_in(q->arena, c[best].codes, c[i].codes, q->table->n_rows)) continue;
    TELL(q, DIAG_UNITS_CROSSED, what, c[i].path[0], c[best].path[0]);
    return -1;
  }
  return best;
}

int units_smallest_repeated(struct arena *a, struct diags *diags, const struct source *src, struct span span,
                            const struct table *t, const char *what, const char **path) {
  struct asking q = {a, diags, src, span, t};
  if (!t->design) {
    TELL(&q, DIAG_NO_UNIT, what, arena_printf(a, "`%s` is read without a design", t->source),
         arena_printf(a, "%s(x, school)", what));
    return 0;
  }
  struct candidate *c = arena_array(a, CANDIDATES_MAX, struct candidate);
  int n = keep_repeated(&q, c, list_candidates(t->design, c));
  if (n == 0) TELL(&q, DIAG_NOTHING_REPEATED, what, t->design->name);
  int best = n > 0 ? find_smallest(&q, c, n, what) : -1;
  if (best < 0) return 0;
  memcpy(path, c[best].path, (size_t)c[best].n * sizeof *path);
  return c[best].n;
}
