/* fn_reshape.c: reshape(): the three shapes of dyadic data.
 *
 *   individual   a row for each member (at each time)
 *   pairwise     the same, with the partner's values in further columns: partner_x
 *   dyad         a row for each dyad (at each time), with a column for each member: x_wife, x_husband
 */
#include "runtime/model/units.h"
#include "runtime/table/gather.h"
#include "runtime/table/keys.h"
#include "runtime/value/interp.h"
#include <math.h>
#include <string.h>

enum { ARG_DATA, ARG_SHAPE }; /* ORDER RESHAPE: builtins.def */

struct reshaping {
  struct call *call;
  struct arena *arena; /* of the new table */
  const struct table *t;
  const struct design *d;
  const int32_t *partner; /* rows; -1: none */
  struct column *column;  /* of the new table */
  int n;
};

static bool same_value(const struct column *c, int i, int j) {
  if (c->type != COL_NUMBER) return c->v.code[i] == c->v.code[j];
  double x = c->v.number[i], y = c->v.number[j];
  return x == y || (isnan(x) && isnan(y));
}

/* Is it the dyad's rather than the members': the same for both in every pair? */
static bool is_shared(const struct reshaping *r, const struct column *c) {
  for (int i = 0; i < r->t->n_rows; i++)
    if (r->partner[i] >= 0 && !same_value(c, i, r->partner[i])) return false;
  return true;
}

static bool tells_members_apart(const struct design *d, const char *column) {
  bool role = d->role && strcmp(d->role, column) == 0;
  return role || (d->person >= 0 && strcmp(d->unit[d->person].name, column) == 0);
}

static void add(struct reshaping *r, const struct column *c, const char *name) {
  r->column[r->n] = *c;
  r->column[r->n++].name = name;
}

static bool is_new(struct reshaping *r, const char *name) {
  for (int j = 0; j < r->n; j++)
    if (strcmp(r->column[j].name, name) == 0)
      return CALL_ERROR(r->call, r->call->node->span, DIAG_COLUMN_THERE, name);
  return true;
}

static struct value give(struct reshaping *r, int n_rows, const struct design *d) {
  struct table *t = table_make(r->call->in->mem, n_rows, r->n, r->column);
  arena_hold(t->arena, r->arena);
  arena_hold(t->arena, r->t->arena);
  t->source = r->t->source;
  t->design = d;
  return value_table(t);
}

/* ---- pairwise ---- */

static bool pairwise(struct reshaping *r, struct value *out) {
  const struct table *t = r->t;
  for (int j = 0; j < t->n_columns; j++) add(r, &t->columns[j], t->columns[j].name);
  for (int j = 0; j < t->n_columns; j++) {
    const struct column *c = &t->columns[j];
    if (tells_members_apart(r->d, c->name) || is_shared(r, c)) continue;
    const char *name = arena_printf(r->arena, "partner_%s", c->name);
    if (!is_new(r, name)) return false;
    struct column other = column_gather(r->arena, c, r->partner, t->n_rows);
    add(r, &other, name);
  }
  *out = give(r, t->n_rows, r->d);
  return true;
}

/* ---- dyad ---- */

struct members {
  int n_dyads;
  const int32_t *dyad;  /* n_rows: which new row; -1: an id is missing */
  int n;                /* members of a dyad: 2 */
  const int32_t *place; /* n_rows: which member */
  const char *name[2];
  int32_t *row;   /* n_dyads x 2; -1: absent */
  int32_t *first; /* n_dyads: a row of the dyad */
};

static int add_key(const struct table *t, const char *name, const struct column **key, int n) {
  int j = name ? table_find(t, name) : -1;
  if (j >= 0) key[n++] = &t->columns[j];
  return n;
}

/* A new row for each dyad at each time and occasion. */
static void number_dyads(struct reshaping *r, struct members *m) {
  const char *path[DESIGN_PATH_MAX];
  const struct column *key[DESIGN_PATH_MAX + 2];
  int n = 0, n_path = design_path(r->d, r->d->dyad, path);
  for (int i = 0; i < n_path; i++) n = add_key(r->t, path[i], key, n);
  n = add_key(r->t, r->d->time, key, n);
  n = add_key(r->t, r->d->occasion, key, n);
  struct keys *k = keys_new(r->call->in->scratch, n);
  m->dyad = keys_add(k, key, r->t->n_rows);
  m->n_dyads = keys_count(k);
}

/* By role, the role's levels; else the first and the second row of a dyad. */
static bool place_members(struct reshaping *r, struct members *m) {
  struct arena *a = r->call->in->scratch;
  int j = r->d->role ? table_find(r->t, r->d->role) : -1;
  const struct column *role = j >= 0 ? &r->t->columns[j] : NULL;
  int32_t *place = arena_array(a, (size_t)r->t->n_rows, int32_t);
  m->place = place;
  m->name[0] = role && role->n_levels == 2 ? role->levels[0] : "1";
  m->name[1] = role && role->n_levels == 2 ? role->levels[1] : "2";
  if (role && (role->type != COL_FACTOR || role->n_levels != 2))
    return CALL_ERROR(r->call, r->call->arg[ARG_DATA].ast->span, DIAG_RESHAPE_ROLES, role->name);
  for (int i = 0; i < r->t->n_rows; i++)
    place[i] = role ? role->v.code[i] : r->partner[i] >= 0 && r->partner[i] < i;
  return true;
}

static bool seat_members(struct reshaping *r, struct members *m) {
  struct arena *a = r->call->in->scratch;
  size_t n = (size_t)m->n_dyads;
  m->row = arena_raw(a, 2 * n, int32_t);
  m->first = arena_raw(a, n, int32_t);
  memset(m->row, -1, 2 * n * sizeof *m->row);
  memset(m->first, -1, n * sizeof *m->first);
  for (int i = 0; i < r->t->n_rows; i++) {
    if (m->dyad[i] < 0 || m->place[i] < 0) continue;
    int32_t *seat = &m->row[2 * m->dyad[i] + m->place[i]];
    if (*seat >= 0)
      return CALL_ERROR(r->call, r->call->node->span, DIAG_RESHAPE_TWICE, m->name[m->place[i]],
                        arena_printf(a, "%d", *seat + 1), arena_printf(a, "%d", i + 1));
    *seat = i;
    if (m->first[m->dyad[i]] < 0) m->first[m->dyad[i]] = i;
  }
  return true;
}

static bool add_for_members(struct reshaping *r, const struct members *m, const struct column *c) {
  for (int k = 0; k < 2; k++) {
    int32_t *row = arena_raw(r->call->in->scratch, (size_t)m->n_dyads, int32_t);
    for (int i = 0; i < m->n_dyads; i++) row[i] = m->row[2 * i + k];
    const char *name = arena_printf(r->arena, "%s_%s", c->name, m->name[k]);
    if (!is_new(r, name)) return false;
    struct column one = column_gather(r->arena, c, row, m->n_dyads);
    add(r, &one, name);
  }
  return true;
}

static bool dyads(struct reshaping *r, struct value *out) {
  struct members m = {.n = 2};
  number_dyads(r, &m);
  if (!place_members(r, &m) || !seat_members(r, &m)) return false;
  for (int j = 0; j < r->t->n_columns; j++) {
    const struct column *c = &r->t->columns[j];
    if (r->d->role && strcmp(c->name, r->d->role) == 0) continue;
    if (!is_shared(r, c)) {
      if (!add_for_members(r, &m, c)) return false;
      continue;
    }
    struct column shared = column_gather(r->arena, c, m.first, m.n_dyads);
    add(r, &shared, c->name);
  }
  *out = give(r, m.n_dyads, NULL);
  return true;
}

bool builtin_reshape(struct call *c, struct value *out) {
  struct interp *in = c->in;
  const struct table *t = c->arg[ARG_DATA].value.u.table;
  const char *shape = c->arg[ARG_SHAPE].value.u.text;
  struct span at = c->arg[ARG_DATA].ast->span;
  if (!t->design || t->design->dyad < 0) return CALL_ERROR(c, at, DIAG_RESHAPE_NO_DYADS);
  struct reshaping r = {.call = c, .t = t, .d = t->design, .arena = arena_new(in->mem)};
  r.partner = units_partner_rows(in->scratch, in->diags, in->script->source, at, t, "reshape");
  if (!r.partner) return false;
  r.column = arena_array(r.arena, 3 * (size_t)t->n_columns, struct column);
  return strcmp(shape, "dyad") == 0 ? dyads(&r, out) : pairwise(&r, out);
}
