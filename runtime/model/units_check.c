/* units_check.c: do the rows of a table fit its design?  Each fault is told with the rows and labels at fault. */
#include "lang/base/text.h"
#include "runtime/model/units.h"
#include "runtime/table/keys.h"
#include <math.h>
#include <string.h>

enum { ROWS_NAMED = 3 }; /* rows that a message names; further ones are counted */

struct checking {
  struct arena *arena;
  struct diags *diags;
  const struct source *src;
  struct span span; /* the design's name in the data statement */
  const struct table *t;
  const struct design *d;
  bool failed;
};

#define FAULT(k, ...) ((k)->failed = true, diag_add((k)->diags, (k)->src, (k)->span, __VA_ARGS__, DIAG_END))

/* What may be meant. */
#define WARN(k, ...) diag_add((k)->diags, (k)->src, (k)->span, __VA_ARGS__, DIAG_END)

/* ---- how rows and values are named ---- */

struct row_list {
  int n;
  int row[ROWS_NAMED];
};

static void note_row(struct row_list *l, int row) {
  if (l->n < ROWS_NAMED) l->row[l->n] = row;
  l->n++;
}

/* "row 4", "rows 4, 7 and 9", "rows 4, 7, 9 and 20 more" */
static const char *rows_text(struct checking *k, const struct row_list *l) {
  struct buf b;
  buf_init(&b, k->arena);
  buf_put(&b, l->n == 1 ? "row" : "rows");
  int named = l->n < ROWS_NAMED ? l->n : ROWS_NAMED;
  for (int i = 0; i < named; i++)
    buf_printf(&b, "%s%d", i == 0 ? " " : i + 1 == l->n ? " and " : ", ", l->row[i] + 1);
  if (l->n > named) buf_printf(&b, " and %d more", l->n - named);
  return b.text;
}

static const char *value_text(struct checking *k, const struct column *c, int row) {
  if (c->type == COL_NUMBER) return arena_printf(k->arena, "%.15g", c->v.number[row]);
  if (c->v.code[row] < 0) return "NA";
  return c->type == COL_BOOL ? (c->v.code[row] ? "true" : "false") : c->levels[c->v.code[row]];
}

static bool is_missing(const struct column *c, int row) {
  return c->type == COL_NUMBER ? isnan(c->v.number[row]) : c->v.code[row] < 0;
}

static const struct column *column_of(const struct checking *k, const char *name) {
  int j = name ? table_find(k->t, name) : -1;
  return j >= 0 ? &k->t->columns[j] : NULL;
}

/* "couple 12, day 3": where a row stands, by these columns. */
static const char *place_text(struct checking *k, const char *const *name, int n, int row) {
  struct buf b;
  buf_init(&b, k->arena);
  for (int i = 0; i < n; i++)
    buf_printf(&b, "%s%s %s", i ? ", " : "", name[i], value_text(k, column_of(k, name[i]), row));
  return b.text;
}

/* ---- columns that are there, and whole ---- */

static void tell_no_column(struct checking *k, const char *name) {
  const struct schema *s = table_schema(k->arena, k->t);
  struct diag *d = diag_add(k->diags, k->d->source, design_place_of(k->d, name), DIAG_DESIGN_COLUMN,
                            k->t->source, name, k->d->name, schema_nearest(s, name), DIAG_END);
  diag_note(k->diags, d, k->src, k->span, "the data are read here");
  k->failed = true;
}

static void check_column(struct checking *k, const char *name, bool complete) {
  const struct column *c = name ? column_of(k, name) : NULL;
  struct row_list rows = {0};
  if (!name) return;
  if (!c) {
    tell_no_column(k, name);
    return;
  }
  for (int i = 0; i < k->t->n_rows && complete; i++)
    if (is_missing(c, i)) note_row(&rows, i);
  if (rows.n) FAULT(k, DIAG_ID_MISSING, name, rows_text(k, &rows));
}

static void check_columns(struct checking *k) {
  for (int i = 0; i < k->d->n_units; i++) check_column(k, k->d->unit[i].name, true);
  check_column(k, k->d->time, false);
  check_column(k, k->d->occasion, false);
  check_column(k, k->d->role, true);
  check_column(k, k->d->actor, true);
  check_column(k, k->d->partner, true);
}

static void check_time(struct checking *k) {
  const struct column *c = column_of(k, k->d->time);
  struct row_list rows = {0};
  if (!c) return;
  if (c->type != COL_NUMBER) {
    FAULT(k, DIAG_TIME_LABELS, c->name, c->type == COL_BOOL ? "logical" : "a factor");
    return;
  }
  for (int i = 0; i < k->t->n_rows; i++)
    if (isnan(c->v.number[i])) note_row(&rows, i);
  if (rows.n) WARN(k, DIAG_TIME_MISSING, c->name, rows_text(k, &rows));
}

/* Times that lie between the declared steps from the first one. */
static void check_step(struct checking *k) {
  const struct column *c = column_of(k, k->d->time);
  struct row_list rows = {0};
  double first = NAN;
  if (!c || k->d->step <= 0) return;
  for (int i = 0; i < k->t->n_rows; i++) {
    double x = c->v.number[i];
    if (isnan(first)) first = x;
    double steps = (x - first) / k->d->step;
    if (!isnan(x) && fabs(steps - nearbyint(steps)) > 1e-6) note_row(&rows, i);
  }
  if (rows.n)
    diag_add(k->diags, k->src, k->span, DIAG_OFF_STEP, c->name, arena_printf(k->arena, "%.15g", k->d->step),
             rows_text(k, &rows), value_text(k, c, rows.row[0]), DIAG_END);
}

/* ---- keys ---- */

struct key {
  int n; /* columns */
  const char *name[DESIGN_PATH_MAX + 3];
};

static void add_name(struct key *key, const char *name) {
  if (name) key->name[key->n++] = name;
}

static void add_moment(const struct checking *k, struct key *key) {
  add_name(key, k->d->time);
  add_name(key, k->d->occasion);
}

/* The key of each row, and their number. */
static const int32_t *keys_of(struct checking *k, const struct key *key, int *n_keys) {
  const struct column *column[DESIGN_PATH_MAX + 3];
  for (int i = 0; i < key->n; i++) column[i] = column_of(k, key->name[i]);
  struct keys *keys = keys_new(k->arena, key->n);
  const int32_t *of_row = keys_add(keys, column, k->t->n_rows);
  *n_keys = keys_count(keys);
  return of_row;
}

static int32_t *filled(struct checking *k, int n) {
  int32_t *x = arena_raw(k->arena, (size_t)n + 1, int32_t);
  for (int i = 0; i < n; i++) x[i] = -1;
  return x;
}

/* Rows of which an earlier one has the same key; *first: the earlier one of the first of them. */
static struct row_list repeated_rows(struct checking *k, const struct key *key, int *first) {
  int n_keys;
  const int32_t *of_row = keys_of(k, key, &n_keys);
  int32_t *met = filled(k, n_keys);
  struct row_list rows = {0};
  for (int i = 0; i < k->t->n_rows; i++) {
    if (of_row[i] < 0) continue;
    if (met[of_row[i]] >= 0) {
      if (rows.n == 0) *first = met[of_row[i]];
      note_row(&rows, i);
    } else {
      met[of_row[i]] = i;
    }
  }
  return rows;
}

/* ---- one row for a person at a time ---- */

/* The unit that time runs in: what is said, else the members, else the finest unit if there is one. */
static bool unit_in_time(const struct checking *k, struct key *key) {
  const struct design *d = k->d;
  struct ast slot = {.kind = AST_SLOT, .u.name.whole = "unit"};
  if (d->time_in >= 0 || d->occasion_in >= 0)
    key->n = design_path(d, d->time_in >= 0 ? d->time_in : d->occasion_in, key->name);
  else if ((key->n = design_person_path(d, key->name)) == 0 && design_slot(k->arena, d, &slot))
    key->n = design_path(d, design_finest_unit(d), key->name);
  return key->n > 0;
}

static void check_moments(struct checking *k) {
  struct key key = {0};
  int first;
  if ((!k->d->time && !k->d->occasion) || k->d->dyads == DYADS_ROUND_ROBIN || !unit_in_time(k, &key)) return;
  int n_unit = key.n;
  add_moment(k, &key);
  struct row_list rows = repeated_rows(k, &key, &first);
  if (rows.n == 0) return;
  int i = rows.row[0];
  FAULT(k, DIAG_MOMENT_TWICE, arena_printf(k->arena, "%d", first + 1), arena_printf(k->arena, "%d", i + 1),
        place_text(k, key.name, n_unit, i), place_text(k, key.name + n_unit, key.n - n_unit, i),
        rows.n > 1 ? arena_printf(k->arena, "; so are %d more", rows.n - 1) : "");
}

/* ---- rows of the finest unit ---- */

enum { SELDOM = 20 };

/* A unit with two rows where nearly every other has one, and nothing tells its rows apart: entered twice? */
static void check_lone_repeats(struct checking *k) {
  const struct design *d = k->d;
  struct ast slot = {.kind = AST_SLOT, .u.name.whole = "unit"};
  struct key key = {0};
  int first, n_keys;
  if (d->time || d->occasion || d->dyad >= 0 || d->dyads == DYADS_ROUND_ROBIN ||
      !design_slot(k->arena, d, &slot))
    return;
  key.n = design_path(d, design_finest_unit(d), key.name);
  struct row_list rows = repeated_rows(k, &key, &first);
  keys_of(k, &key, &n_keys);
  if (rows.n == 0 || (int64_t)rows.n * SELDOM > n_keys) return;
  WARN(k, DIAG_LONE_REPEAT, place_text(k, key.name, key.n, rows.row[0]),
       arena_printf(k->arena, "%d", first + 1), arena_printf(k->arena, "%d", rows.row[0] + 1),
       rows.n > 1 ? arena_printf(k->arena, "; so have %d more rows", rows.n - 1) : "");
}

/* ---- labels that are said to be unique ---- */

static void check_unique(struct checking *k, int unit) {
  const struct design_unit *u = &k->d->unit[unit];
  const struct column *label = column_of(k, u->name), *above = column_of(k, k->d->unit[u->parent].name);
  struct key key = {1, {u->name}};
  int n_keys;
  const int32_t *of_row = keys_of(k, &key, &n_keys);
  struct key both = {2, {u->name, above->name}};
  int n_both;
  const int32_t *pair = keys_of(k, &both, &n_both);
  int32_t *met = filled(k, n_keys);
  for (int i = 0; i < k->t->n_rows; i++) {
    int32_t *first = of_row[i] < 0 ? NULL : &met[of_row[i]];
    if (!first) continue;
    if (*first < 0) *first = i;
    if (pair[*first] == pair[i]) continue;
    FAULT(k, DIAG_NOT_UNIQUE_LABEL, u->name, value_text(k, label, i),
          arena_printf(k->arena, "%s %s (row %d)", above->name, value_text(k, above, *first), *first + 1),
          arena_printf(k->arena, "%s %s (row %d)", above->name, value_text(k, above, i), i + 1));
    return;
  }
}

static void check_all_unique(struct checking *k) {
  for (int i = 0; i < k->d->n_units; i++)
    if (k->d->unit[i].unique && k->d->unit[i].parent >= 0) check_unique(k, i);
}

/* ---- dyads ---- */

static void check_roles(struct checking *k) {
  struct key key = {0};
  int first, n_keys;
  add_name(&key, k->d->role);
  keys_of(k, &key, &n_keys);
  if (n_keys > 2) {
    const struct column *c = column_of(k, k->d->role);
    FAULT(k, DIAG_ROLES_MANY, c->name, arena_printf(k->arena, "%d", n_keys), value_text(k, c, 0));
    return;
  }
  if (n_keys == 1) WARN(k, DIAG_ROLES_ONE, k->d->role, value_text(k, column_of(k, k->d->role), 0));
  key.n = design_path(k->d, k->d->dyad, key.name);
  add_moment(k, &key);
  int n_dyad = key.n;
  add_name(&key, k->d->role);
  struct row_list rows = repeated_rows(k, &key, &first);
  if (rows.n == 0) return;
  int i = rows.row[0];
  FAULT(k, DIAG_ROLE_TWICE, place_text(k, key.name, n_dyad, i), value_text(k, column_of(k, k->d->role), i),
        arena_printf(k->arena, "%d", first + 1), arena_printf(k->arena, "%d", i + 1),
        k->d->time || k->d->occasion ? DIAG_NONE : k->d->unit[k->d->dyad].name,
        rows.n > 1 ? arena_printf(k->arena, ", and %d rows more", rows.n - 1) : "");
}

/* How many rows each dyad has at each time; *most: a row of a dyad with more than two. */
static int pairs_of(struct checking *k, const struct key *key, int *crowded, int *members) {
  int n_keys, pairs = 0;
  const int32_t *of_row = keys_of(k, key, &n_keys);
  int *count = arena_array(k->arena, (size_t)n_keys + 1, int);
  *crowded = -1;
  for (int i = 0; i < k->t->n_rows; i++)
    if (of_row[i] >= 0 && ++count[of_row[i]] > 2 && *crowded < 0) *crowded = i;
  for (int j = 0; j < n_keys; j++) pairs += count[j] == 2;
  *members = *crowded < 0 ? 0 : count[of_row[*crowded]];
  return pairs;
}

static void check_pairs(struct checking *k) {
  struct key key = {0};
  int crowded, members;
  key.n = design_path(k->d, k->d->dyad, key.name);
  add_moment(k, &key);
  int pairs = pairs_of(k, &key, &crowded, &members);
  if (crowded >= 0)
    FAULT(k, DIAG_DYAD_CROWDED, place_text(k, key.name, key.n, crowded),
          arena_printf(k->arena, "%d", members), arena_printf(k->arena, "%d", crowded + 1));
  else if (pairs == 0 && k->t->n_rows > 0)
    WARN(k, DIAG_DYADS_ALONE, k->d->unit[k->d->dyad].name);
}

static void check_persons(struct checking *k) {
  struct key key = {0};
  int first;
  key.n = design_path(k->d, k->d->person, key.name);
  int n_person = key.n;
  add_moment(k, &key);
  struct row_list rows = repeated_rows(k, &key, &first);
  if (rows.n == 0 || k->d->time || k->d->occasion) return; /* with a time, check_moments has told */
  FAULT(k, DIAG_MEMBER_TWICE, place_text(k, key.name, n_person, rows.row[0]),
        arena_printf(k->arena, "%d", first + 1), arena_printf(k->arena, "%d", rows.row[0] + 1));
}

static void check_dyads(struct checking *k) {
  if (k->d->role) check_roles(k);
  if (k->d->person >= 0 && !k->failed) check_persons(k);
  if (!k->failed) check_pairs(k);
}

/* ---- round robins ---- */

static void check_ratings(struct checking *k) {
  const struct column *actor = column_of(k, k->d->actor), *partner = column_of(k, k->d->partner);
  struct row_list self = {0};
  for (int i = 0; i < k->t->n_rows; i++)
    if (strcmp(value_text(k, actor, i), value_text(k, partner, i)) == 0) note_row(&self, i);
  if (self.n) FAULT(k, DIAG_SELF_RATING, actor->name, partner->name, rows_text(k, &self));
  struct key key = {2, {k->d->actor, k->d->partner}};
  const char *path[DESIGN_PATH_MAX];
  int n = k->d->group >= 0 ? design_path(k->d, k->d->group, path) : 0, first;
  for (int i = 0; i < n; i++) add_name(&key, path[i]);
  add_moment(k, &key);
  struct row_list rows = repeated_rows(k, &key, &first);
  if (rows.n)
    FAULT(k, DIAG_RATED_TWICE, place_text(k, key.name, key.n, rows.row[0]),
          arena_printf(k->arena, "%d", first + 1), arena_printf(k->arena, "%d", rows.row[0] + 1));
}

/* ---- the whole ---- */

bool units_check(struct diags *diags, const struct source *src, struct span span, const struct table *t) {
  if (!t->design) return true;
  struct mem *m = arena_mem(t->arena);
  struct arena *mark = arena_pool_mark(m);
  struct checking k = {
      .arena = arena_new(m), .diags = diags, .src = src, .span = span, .t = t, .d = t->design};
  check_columns(&k);
  if (!k.failed) check_time(&k);
  if (!k.failed) {
    check_step(&k);
    check_all_unique(&k);
    if (k.d->dyads == DYADS_BY_ROLE || k.d->dyads == DYADS_EXCHANGEABLE) check_dyads(&k);
    if (k.d->dyads == DYADS_ROUND_ROBIN) check_ratings(&k);
    if (!k.failed) check_moments(&k);
    if (!k.failed) check_lone_repeats(&k);
  }
  arena_pool_drain(m, mark);
  return !k.failed;
}
