/* fn_join.c: join(): two tables by key. */
#include "runtime/table/gather.h"
#include "runtime/table/keys.h"
#include "runtime/value/interp.h"
#include <string.h>

enum { ARG_LEFT, ARG_RIGHT, ARG_BY, ARG_KIND, ARG_MANY }; /* ORDER JOIN: builtins.def */

struct joining {
  struct call *call;
  struct arena *arena; /* of the new table */
  const struct table *left, *right;
  int n_by;
  int *by_left, *by_right; /* columns of the keys */
  const int32_t *key_left, *key_right;
  int32_t *first, *next; /* rows of the right table by key, chained in order */
  int32_t *row_left, *row_right;
  int n, room;
};

static bool fail_column(struct joining *j, const struct table *t, const char *name) {
  const struct schema *s = table_schema(j->call->in->scratch, t);
  return CALL_ERROR(j->call, j->call->arg[ARG_BY].ast->span, DIAG_UNKNOWN_COLUMN, name,
                    t->source[0] ? t->source : "the table", schema_nearest(s, name));
}

static bool take_key(struct joining *j, const struct value *name) {
  struct span at = j->call->arg[ARG_BY].ast->span;
  if (name->kind != VALUE_TEXT) return CALL_ERROR(j->call, at, DIAG_COLUMN_NAMES, value_kind_name(name));
  int l = table_find(j->left, name->u.text), r = table_find(j->right, name->u.text);
  if (l < 0 || r < 0) return fail_column(j, l < 0 ? j->left : j->right, name->u.text);
  if (j->left->columns[l].type != j->right->columns[r].type)
    return CALL_ERROR(j->call, at, DIAG_JOIN_TYPES, name->u.text);
  j->by_left[j->n_by] = l;
  j->by_right[j->n_by++] = r;
  return true;
}

static bool take_keys(struct joining *j) {
  const struct value *v = &j->call->arg[ARG_BY].value;
  int n = v->kind == VALUE_LIST ? v->u.list->n : 1;
  j->by_left = arena_array(j->call->in->scratch, (size_t)n + 1, int);
  j->by_right = arena_array(j->call->in->scratch, (size_t)n + 1, int);
  for (int i = 0; i < n; i++)
    if (!take_key(j, v->kind == VALUE_LIST ? &v->u.list->item[i] : v)) return false;
  return n > 0 || CALL_ERROR(j->call, j->call->arg[ARG_BY].ast->span, DIAG_COLUMN_NAMES, "an empty list");
}

static const int32_t *keys_of(struct joining *j, struct keys *k, const struct table *t, const int *by) {
  const struct column **column = arena_array(j->call->in->scratch, (size_t)j->n_by, const struct column *);
  for (int i = 0; i < j->n_by; i++) column[i] = &t->columns[by[i]];
  return keys_add(k, column, t->n_rows);
}

/* Chains the right rows by key; one key twice is an error unless many are wanted. */
static bool index_right(struct joining *j, int n_keys) {
  struct arena *a = j->call->in->scratch;
  const struct value *many = &j->call->arg[ARG_MANY].value;
  bool several = j->call->arg[ARG_MANY].ast && many->u.boolean;
  j->first = arena_raw(a, (size_t)n_keys + 1, int32_t);
  j->next = arena_raw(a, (size_t)j->right->n_rows + 1, int32_t);
  memset(j->first, -1, (size_t)n_keys * sizeof *j->first);
  for (int i = j->right->n_rows - 1; i >= 0; i--) {
    int32_t k = j->key_right[i];
    if (k < 0) continue;
    j->next[i] = j->first[k];
    j->first[k] = i;
    if (j->next[i] < 0 || several) continue;
    return CALL_ERROR(j->call, j->call->arg[ARG_RIGHT].ast->span, DIAG_JOIN_TWICE,
                      arena_printf(a, "%d", i + 1), arena_printf(a, "%d", j->next[i] + 1));
  }
  return true;
}

static bool add_pair(struct joining *j, int left, int right) {
  if (j->n == CSV_ROWS_MAX)
    return CALL_ERROR(j->call, j->call->node->span, DIAG_TOO_LARGE, "the joined table");
  if (j->n == j->room) {
    int room = j->room ? 2 * j->room : j->left->n_rows + 16;
    struct arena *a = j->call->in->scratch;
    j->row_left = arena_grow(a, j->row_left, (size_t)j->n, (size_t)room, sizeof(int32_t));
    j->row_right = arena_grow(a, j->row_right, (size_t)j->n, (size_t)room, sizeof(int32_t));
    j->room = room;
  }
  j->row_left[j->n] = left;
  j->row_right[j->n++] = right;
  return true;
}

static bool pair_rows(struct joining *j, bool keep_left, bool keep_right) {
  bool *met = arena_array(j->call->in->scratch, (size_t)j->right->n_rows + 1, bool);
  for (int i = 0; i < j->left->n_rows; i++) {
    int32_t r = j->key_left[i] < 0 ? -1 : j->first[j->key_left[i]];
    if (r < 0 && keep_left && !add_pair(j, i, -1)) return false;
    for (; r >= 0; r = j->next[r]) {
      met[r] = true;
      if (!add_pair(j, i, r)) return false;
    }
    if (i % 4096 == 0) mem_check_interrupt(j->call->in->mem);
  }
  for (int r = 0; r < j->right->n_rows && keep_right; r++)
    if (!met[r] && !add_pair(j, -1, r)) return false;
  return true;
}

static bool is_key(const int *by, int n, int column) {
  for (int i = 0; i < n; i++)
    if (by[i] == column) return true;
  return false;
}

/* A name that both tables have gets the mark of the right one. */
static const char *right_name(struct joining *j, const char *name) {
  while (table_find(j->left, name) >= 0) name = arena_printf(j->arena, "%s_right", name);
  return name;
}

static int gather_all(struct joining *j, struct column *columns) {
  int w = 0;
  for (int i = 0; i < j->left->n_columns; i++) {
    int key = 0;
    while (key < j->n_by && j->by_left[key] != i) key++;
    columns[w++] = key == j->n_by ? column_gather(j->arena, &j->left->columns[i], j->row_left, j->n)
                                  : column_merge(j->arena, &j->left->columns[i], j->row_left,
                                                 &j->right->columns[j->by_right[key]], j->row_right, j->n);
  }
  for (int i = 0; i < j->right->n_columns; i++) {
    if (is_key(j->by_right, j->n_by, i)) continue;
    columns[w] = column_gather(j->arena, &j->right->columns[i], j->row_right, j->n);
    columns[w].name = right_name(j, columns[w].name);
    w++;
  }
  return w;
}

bool builtin_join(struct call *c, struct value *out) {
  struct joining j = {
      .call = c, .left = c->arg[ARG_LEFT].value.u.table, .right = c->arg[ARG_RIGHT].value.u.table};
  const char *kind = c->arg[ARG_KIND].ast ? c->arg[ARG_KIND].value.u.text : "left";
  if (!take_keys(&j)) return false;
  struct keys *k = keys_new(c->in->scratch, j.n_by);
  j.key_left = keys_of(&j, k, j.left, j.by_left);
  j.key_right = keys_of(&j, k, j.right, j.by_right);
  if (!index_right(&j, keys_count(k))) return false;
  if (!pair_rows(&j, strcmp(kind, "inner") != 0, strcmp(kind, "full") == 0)) return false;
  j.arena = arena_new(c->in->mem);
  struct column *columns =
      arena_array(j.arena, (size_t)(j.left->n_columns + j.right->n_columns), struct column);
  int n = gather_all(&j, columns);
  struct table *t = table_make(c->in->mem, j.n, n, columns);
  arena_hold(t->arena, j.arena);
  arena_hold(t->arena, j.left->arena);
  arena_hold(t->arena, j.right->arena);
  t->source = j.left->source;
  t->design = j.left->design;
  *out = value_table(t);
  return true;
}
