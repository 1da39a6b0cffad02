/* operator_dyads.c: actor, partner, reciprocal. */
#include "runtime/model/operators.h"
#include <math.h>

static bool same_value(const struct column *c, int i, int j) {
  return c->type == COL_NUMBER ? c->v.number[i] == c->v.number[j] : c->v.code[i] == c->v.code[j];
}

static bool is_missing(const struct column *c, int i) {
  return c->type == COL_NUMBER ? isnan(c->v.number[i]) : c->v.code[i] < 0;
}

static const char *cell(struct arena *a, const struct column *c, int row) {
  if (c->type == COL_NUMBER) return arena_printf(a, "%.7g", c->v.number[row]);
  if (c->type == COL_BOOL) return c->v.code[row] ? "true" : "false";
  return c->levels[c->v.code[row]];
}

static struct column *no_attribute(struct evaluation *e, const struct column_call *c, int row, int other) {
  const struct design *d = e->table->design;
  const struct column *x = c->column[0], *id = &e->table->columns[table_find(e->table, d->actor)];
  diag_add(e->diags, e->src, c->node->span, DIAG_NO_ATTRIBUTE, c->f->name,
           print_expr(e->arena, call_value(c, 0)), cell(e->arena, id, row), cell(e->arena, x, other),
           cell(e->arena, x, row), d->actor, DIAG_END);
  return NULL;
}

/* In a round robin: the attribute of each row's rater or target, as it stands on that person's own rows as rater. */
static struct column *attribute(struct evaluation *e, const struct column_call *c, bool of_partner) {
  const struct round_robin *r = memo_round_robin(e, operator_span(c));
  if (!r) return NULL;
  int32_t *known = arena_raw(e->arena, (size_t)r->n, int32_t),
          *row = arena_raw(e->arena, (size_t)e->n, int32_t);
  for (int k = 0; k < r->n; k++) known[k] = -1;
  for (int i = 0; i < e->n; i++) {
    int32_t k = r->actor[i];
    if (k < 0 || is_missing(c->column[0], i)) continue;
    if (known[k] < 0) known[k] = i;
    if (!same_value(c->column[0], i, known[k])) return no_attribute(e, c, i, known[k]);
  }
  const int32_t *who = of_partner ? r->partner : r->actor;
  for (int i = 0; i < e->n; i++) row[i] = who[i] < 0 ? -1 : known[who[i]];
  return operator_gather(e, c->column[0], row);
}

static bool in_round_robin(const struct evaluation *e) {
  return e->table->design && e->table->design->dyads == DYADS_ROUND_ROBIN;
}

struct column *operator_actor(struct evaluation *e, const struct column_call *c) {
  return in_round_robin(e) ? attribute(e, c, false) : c->column[0];
}

struct column *operator_opposite(struct evaluation *e, const struct column_call *c) {
  const int32_t *row = memo_partner(e, operator_span(c), c->f->name);
  return row ? operator_gather(e, c->column[0], row) : NULL;
}

struct column *operator_partner(struct evaluation *e, const struct column_call *c) {
  return in_round_robin(e) ? attribute(e, c, true) : operator_opposite(e, c);
}
