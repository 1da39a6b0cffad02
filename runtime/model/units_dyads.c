/* units_dyads.c: who is whose partner: dyads, and round robins, where everybody is rater and target. */
#include "runtime/model/units.h"
#include "runtime/table/keys.h"

struct asking {
  struct arena *arena;
  struct diags *diags;
  const struct source *src;
  struct span span;
  const struct table *table;
};

#define TELL(q, ...) diag_add((q)->diags, (q)->src, (q)->span, __VA_ARGS__, DIAG_END)

/* The columns of the moment: time, occasion. */
static int moment_path(const struct design *d, const char **path) {
  int n = 0;
  if (d->time) path[n++] = d->time;
  if (d->occasion) path[n++] = d->occasion;
  return n;
}

static int32_t *no_rows(struct arena *a, int n) {
  int32_t *row = arena_raw(a, (size_t)n, int32_t);
  for (int i = 0; i < n; i++) row[i] = -1;
  return row;
}

static const struct unit_codes *codes_of(const struct asking *q, const char *const *path, int n) {
  return units_by_columns(q->arena, q->diags, q->src, q->span, q->table, path, n);
}

/* ---- dyads ---- */

/* The two rows of each meeting of a dyad; three are none, for nobody knows who is whose partner. */
static const int32_t *pair_up(const struct asking *q, const struct unit_codes *meeting,
                              const struct unit_codes *member) {
  int n = q->table->n_rows;
  int32_t *row = no_rows(q->arena, n);
  int32_t *one = no_rows(q->arena, meeting->n), *two = no_rows(q->arena, meeting->n);
  int *rows = arena_array(q->arena, (size_t)meeting->n, int);
  for (int i = 0; i < n; i++) {
    int32_t k = meeting->code[i];
    if (k >= 0) (rows[k]++ ? two : one)[k] = i;
  }
  for (int k = 0; k < meeting->n; k++) {
    if (rows[k] != 2 || member->code[one[k]] == member->code[two[k]]) continue;
    row[one[k]] = two[k];
    row[two[k]] = one[k];
  }
  return row;
}

static const int32_t *members_rows(const struct asking *q) {
  const struct design *d = q->table->design;
  const char *path[DESIGN_PATH_MAX + 2], *person[DESIGN_PATH_MAX];
  int n = design_path(d, d->dyad, path);
  n += moment_path(d, path + n);
  const struct unit_codes *meeting = codes_of(q, path, n);
  const struct unit_codes *member = meeting ? codes_of(q, person, design_person_path(d, person)) : NULL;
  return member ? pair_up(q, meeting, member) : NULL;
}

/* ---- round robins ---- */

/* A rating: columns of the rater and of the target, of one kind, then those that it lies in. */
struct rating {
  const struct column *actor, *partner;
  int n;
  const struct column *in[DESIGN_PATH_MAX + 2];
};

enum { RATING_COLUMNS_MAX = DESIGN_PATH_MAX + 4 };

static const struct column *find_column(const struct asking *q, const char *name) {
  int j = table_find(q->table, name);
  if (j >= 0) return &q->table->columns[j];
  codes_of(q, &name, 1); /* tells it */
  return NULL;
}

static const struct column *as_factor(const struct asking *q, const struct column *x) {
  struct column *c = arena_make(q->arena, struct column);
  int32_t *code = arena_raw(q->arena, (size_t)q->table->n_rows, int32_t);
  c->type = COL_FACTOR;
  c->v.code = code;
  column_levels(q->arena, x, q->table->n_rows, code, &c->n_levels, &c->levels);
  return c;
}

/* False after an error; `moment`: ratings at another time are others. */
static bool find_rating(const struct asking *q, struct rating *r, bool moment) {
  const struct design *d = q->table->design;
  const char *path[DESIGN_PATH_MAX + 2];
  r->n = d->group >= 0 ? design_path(d, d->group, path) : 0;
  if (moment) r->n += moment_path(d, path + r->n);
  r->actor = find_column(q, d->actor);
  r->partner = r->actor ? find_column(q, d->partner) : NULL;
  if (!r->partner) return false;
  for (int j = 0; j < r->n; j++)
    if (!(r->in[j] = find_column(q, path[j]))) return false;
  if (r->actor->type == r->partner->type) return true;
  r->actor = as_factor(q, r->actor);
  r->partner = as_factor(q, r->partner);
  return true;
}

/* one (and two, unless NULL), then what the rating lies in. */
static const int32_t *add_keys(struct keys *k, const struct rating *r, int n_rows, const struct column *one,
                               const struct column *two) {
  const struct column *column[RATING_COLUMNS_MAX] = {one, two};
  int n = two ? 2 : 1;
  for (int j = 0; j < r->n; j++) column[n++] = r->in[j];
  return keys_add(k, column, n_rows);
}

/* The row of the same rating the other way round. */
static const int32_t *opposite_rows(const struct asking *q) {
  struct rating r;
  if (!find_rating(q, &r, true)) return NULL;
  int n = q->table->n_rows;
  struct keys *k = keys_new(q->arena, 2 + r.n);
  const int32_t *there = add_keys(k, &r, n, r.actor, r.partner),
                *back = add_keys(k, &r, n, r.partner, r.actor);
  int32_t *row_of = no_rows(q->arena, keys_count(k)), *row = arena_raw(q->arena, (size_t)n, int32_t);
  for (int i = n - 1; i >= 0; i--)
    if (there[i] >= 0) row_of[there[i]] = i;
  for (int i = 0; i < n; i++) row[i] = back[i] < 0 ? -1 : row_of[back[i]];
  return row;
}

const struct round_robin *units_round_robin(struct arena *a, struct diags *diags, const struct source *src,
                                            struct span span, const struct table *t) {
  struct asking q = {a, diags, src, span, t};
  struct rating r;
  if (!find_rating(&q, &r, false)) return NULL;
  struct keys *k = keys_new(a, 1 + r.n);
  struct round_robin *out = arena_make(a, struct round_robin);
  out->actor = add_keys(k, &r, t->n_rows, r.actor, NULL);
  out->partner = add_keys(k, &r, t->n_rows, r.partner, NULL);
  out->n = keys_count(k);
  return out;
}

/* ---- the door ---- */

const int32_t *units_partner_rows(struct arena *a, struct diags *diags, const struct source *src,
                                  struct span span, const struct table *t, const char *what) {
  struct asking q = {a, diags, src, span, t};
  if (!t->design || t->design->dyads == DYADS_NONE) {
    const char *why = t->design ? arena_printf(a, "the design `%s` has no dyads", t->design->name)
                                : arena_printf(a, "`%s` is read without a design", t->source);
    TELL(&q, DIAG_NO_DYADS, what, why, "a line of the design tells them: dyad couple by role");
    return NULL;
  }
  return t->design->dyads == DYADS_ROUND_ROBIN ? opposite_rows(&q) : members_rows(&q);
}
