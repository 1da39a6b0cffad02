#include "runtime/model/column_memo.h"
#include "lang/unit_argument.h"
#include <string.h>

struct known_units {
  struct known_units *next;
  const char *path;
  const struct unit_codes *codes;
};

struct known_before {
  struct known_before *next;
  int steps;
  const int32_t *row;
};

struct known_value {
  struct known_value *next;
  const char *text;
  struct column *value;
};

struct column_memo {
  struct arena *arena;
  const struct table *table;
  struct known_units *units;
  struct known_value *values;
  const struct operator_state *states;
  int n_smallest; /* 0: not asked yet */
  const char *smallest[DESIGN_PATH_MAX];
  struct known_before *before;
  const int32_t *partner, *in_time;
  const struct unit_codes *time_units;
  const struct round_robin *round_robin;
};

struct column_memo *column_memo_new(struct arena *a, const struct table *table) {
  struct column_memo *m = arena_make(a, struct column_memo);
  m->arena = a;
  m->table = table;
  return m;
}

void column_memo_extend(struct column_memo *m, const struct table *table) {
  m->table = table;
}

const struct table *column_memo_table(const struct column_memo *m) {
  return m->table;
}

/* ---- units, partners, times ---- */

const struct unit_codes *memo_units(struct evaluation *e, struct span span, const char *const *path, int n) {
  struct column_memo *m = e->memo;
  const char *text = unit_argument_text(m->arena, path, n);
  for (const struct known_units *u = m->units; u; u = u->next)
    if (strcmp(u->path, text) == 0) return u->codes;
  const struct unit_codes *codes = units_by_columns(m->arena, e->diags, e->src, span, e->table, path, n);
  if (!codes) return NULL;
  struct known_units *u = arena_make(m->arena, struct known_units);
  *u = (struct known_units){m->units, text, codes};
  m->units = u;
  return codes;
}

int memo_smallest(struct evaluation *e, struct span span, const char *what, const char **path) {
  struct column_memo *m = e->memo;
  if (m->n_smallest == 0)
    m->n_smallest = units_smallest_repeated(m->arena, e->diags, e->src, span, e->table, what, m->smallest);
  memcpy(path, m->smallest, (size_t)m->n_smallest * sizeof *path);
  return m->n_smallest;
}

const int32_t *memo_partner(struct evaluation *e, struct span span, const char *what) {
  struct column_memo *m = e->memo;
  if (!m->partner) m->partner = units_partner_rows(m->arena, e->diags, e->src, span, e->table, what);
  return m->partner;
}

const int32_t *memo_before(struct evaluation *e, struct span span, const char *what, int steps) {
  struct column_memo *m = e->memo;
  for (const struct known_before *b = m->before; b; b = b->next)
    if (b->steps == steps) return b->row;
  const int32_t *row = units_rows_before(m->arena, e->diags, e->src, span, e->table, what, steps);
  if (!row) return NULL;
  struct known_before *b = arena_make(m->arena, struct known_before);
  *b = (struct known_before){m->before, steps, row};
  m->before = b;
  return row;
}

const int32_t *memo_in_time(struct evaluation *e, struct span span, const char *what,
                            const struct unit_codes **units) {
  struct column_memo *m = e->memo;
  if (!m->in_time)
    m->in_time = units_rows_in_time(m->arena, e->diags, e->src, span, e->table, what, &m->time_units);
  *units = m->time_units;
  return m->in_time;
}

const struct round_robin *memo_round_robin(struct evaluation *e, struct span span) {
  struct column_memo *m = e->memo;
  if (!m->round_robin) m->round_robin = units_round_robin(m->arena, e->diags, e->src, span, e->table);
  return m->round_robin;
}

const char *column_memo_implied_unit(const struct column_memo *m) {
  return m->n_smallest > 0 ? unit_argument_text(m->arena, m->smallest, m->n_smallest) : NULL;
}

/* ---- values and states ---- */

const struct operator_state *column_memo_states(const struct column_memo *m) {
  return m->states;
}

void memo_state(struct evaluation *e, const struct ast *call, double center, double scale) {
  struct column_memo *m = e->memo;
  struct operator_state *s = arena_make(m->arena, struct operator_state);
  *s = (struct operator_state){m->states, print_expr(m->arena, call), center, scale};
  m->states = s;
}

struct column *memo_value(const struct evaluation *e, const char *text) {
  for (const struct known_value *v = e->memo->values; v; v = v->next)
    if (strcmp(v->text, text) == 0) return v->value;
  return NULL;
}

void memo_keep(struct evaluation *e, const char *text, struct column *value) {
  struct known_value *v = arena_make(e->memo->arena, struct known_value);
  *v = (struct known_value){e->memo->values, text, value};
  e->memo->values = v;
}
