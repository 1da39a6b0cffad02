#include "runtime/table/members.h"
#include "runtime/table/gather.h"
#include <string.h>

struct stacking {
  struct arena *arena; /* of the new columns */
  struct diags *diags;
  const struct source *src;
  const struct table *t;
  const struct member *member;
  int n; /* members */
  struct column *column;
  int n_columns;
};

static bool begins_names(const char *affix) {
  size_t n = strlen(affix);
  return n > 0 && (affix[n - 1] == '_' || affix[n - 1] == '.');
}

/* The name without the member's affix; NULL if it does not have it. */
static const char *base_of(struct arena *a, const char *name, const char *affix) {
  size_t n = strlen(name), k = strlen(affix);
  if (n <= k) return NULL;
  if (begins_names(affix)) return strncmp(name, affix, k) == 0 ? arena_strdup(a, name + k) : NULL;
  return strcmp(name + n - k, affix) == 0 ? arena_strndup(a, name, n - k) : NULL;
}

static const char *member_column(struct arena *a, const struct member *m, const char *base) {
  return begins_names(m->affix) ? arena_printf(a, "%s%s", m->affix, base)
                                : arena_printf(a, "%s%s", base, m->affix);
}

/* The member that a column belongs to, and its base name; -1: the dyad. */
static int owner(const struct stacking *s, const char *name, const char **base) {
  for (int k = 0; k < s->n; k++)
    if ((*base = base_of(s->arena, name, s->member[k].affix))) return k;
  *base = name;
  return -1;
}

static bool is_done(const struct stacking *s, const char *base) {
  for (int j = 0; j < s->n_columns; j++)
    if (strcmp(s->column[j].name, base) == 0) return true;
  return false;
}

/* Row i * n + k of the new table takes row i of the old one, from columns of member `wanted` alone; -1: of all. */
static int32_t *rows_of(const struct stacking *s, int wanted) {
  int32_t *row = arena_raw(s->arena, (size_t)s->t->n_rows * (size_t)s->n, int32_t);
  for (int i = 0; i < s->t->n_rows; i++)
    for (int k = 0; k < s->n; k++) row[i * s->n + k] = wanted < 0 || wanted == k ? i : -1;
  return row;
}

static bool fault(struct stacking *s, int k, enum diag_code code, const char *a, const char *b) {
  if (b)
    diag_add(s->diags, s->src, s->member[k].span, code, a, b, DIAG_END);
  else
    diag_add(s->diags, s->src, s->member[k].span, code, a, DIAG_END);
  return false;
}

static bool stack_column(struct stacking *s, const char *base) {
  struct column all = {0};
  int n = s->t->n_rows * s->n;
  int32_t *taken = rows_of(s, 0);
  for (int k = 0; k < s->n; k++) {
    const char *name = member_column(s->arena, &s->member[k], base);
    int j = table_find(s->t, name);
    if (j < 0) return fault(s, k, DIAG_MEMBER_LACKS, s->member[k].level, name);
    const struct column *c = &s->t->columns[j];
    if (k > 0 && c->type != all.type) return fault(s, k, DIAG_MEMBER_KINDS, name, base);
    if (k == 0) {
      all = column_gather(s->arena, c, taken, n);
      continue;
    }
    int32_t *own = arena_raw(s->arena, (size_t)n, int32_t);
    const int32_t *from = rows_of(s, k);
    for (int i = 0; i < n; i++) own[i] = i % s->n < k ? i : -1; /* what earlier members have is there */
    all = column_merge(s->arena, &all, own, c, from, n);
  }
  all.name = base;
  s->column[s->n_columns++] = all;
  return true;
}

static void repeat_column(struct stacking *s, const struct column *c, const int32_t *row) {
  struct column all = column_gather(s->arena, c, row, s->t->n_rows * s->n);
  s->column[s->n_columns++] = all;
}

static void add_role(struct stacking *s, const char *role) {
  int n = s->t->n_rows * s->n;
  const char **levels = arena_array(s->arena, (size_t)s->n, const char *);
  int32_t *code = arena_raw(s->arena, (size_t)n, int32_t);
  for (int k = 0; k < s->n; k++) levels[k] = arena_strdup(s->arena, s->member[k].level);
  for (int i = 0; i < n; i++) code[i] = i % s->n;
  s->column[s->n_columns++] = (struct column){.name = arena_strdup(s->arena, role),
                                              .type = COL_FACTOR,
                                              .v.code = code,
                                              .n_levels = s->n,
                                              .levels = levels};
}

static bool stack_all(struct stacking *s) {
  const int32_t *row = rows_of(s, -1);
  bool *met = arena_array(s->arena, (size_t)s->n, bool);
  for (int j = 0; j < s->t->n_columns; j++) {
    const struct column *c = &s->t->columns[j];
    const char *base;
    int k = owner(s, c->name, &base);
    if (k >= 0) met[k] = true;
    if (k < 0 && is_done(s, c->name)) return fault(s, 0, DIAG_MEMBER_NAME, c->name, NULL);
    if (k < 0)
      repeat_column(s, c, row);
    else if (!is_done(s, base) && table_find(s->t, base) >= 0)
      return fault(s, k, DIAG_MEMBER_NAME, base, NULL);
    else if (!is_done(s, base) && !stack_column(s, base))
      return false;
  }
  for (int k = 0; k < s->n; k++)
    if (!met[k]) return fault(s, k, DIAG_MEMBER_NONE, s->member[k].affix, NULL);
  return true;
}

struct table *table_members(struct mem *m, struct diags *diags, const struct source *src,
                            const struct table *t, const struct member *member, int n, const char *role) {
  struct stacking s = {.arena = arena_new(m), .diags = diags, .src = src, .t = t, .member = member, .n = n};
  s.column = arena_array(s.arena, (size_t)t->n_columns + 1, struct column);
  if (!stack_all(&s)) return NULL;
  const char *name = is_done(&s, role) ? "role" : role; /* `id_w` and `id_h` are the ids themselves */
  if (is_done(&s, name)) return fault(&s, 0, DIAG_MEMBER_NAME, name, NULL), NULL;
  add_role(&s, name);
  struct table *new = table_make(m, t->n_rows * n, s.n_columns, s.column);
  arena_hold(new->arena, s.arena);
  arena_hold(new->arena, t->arena);
  struct table facts = *t;
  facts.arena = new->arena;
  facts.n_rows = new->n_rows;
  facts.n_columns = new->n_columns;
  facts.columns = new->columns;
  facts.rows_read = t->rows_read * n;
  *new = facts;
  return new;
}
