#include "runtime/model/operators.h"
#include "lang/unit_argument.h"
#include "runtime/table/gather.h"
#include <string.h>

/* ---- what they share ---- */

const struct ast *operator_unit_written(const struct column_call *c) {
  for (int i = 0; i < COLUMN_PARAMETERS_MAX; i++)
    if (c->f->parameter[i].kind == PARAMETER_UNIT && c->args.argument[i]) return call_value(c, i);
  return NULL;
}

bool operator_read_unit(struct evaluation *e, const struct ast *x, struct unit_argument *unit) {
  const struct design *d = e->table->design;
  const struct ast *columns = x->kind != AST_SLOT ? x : d ? design_slot(e->arena, d, x) : NULL;
  if (columns && unit_argument_read(columns, d, unit)) return true;
  column_unfit(e, x);
  return false;
}

struct span operator_span(const struct column_call *c) {
  return c->node->u.call.callee->span;
}

struct span operator_unit_span(const struct column_call *c) {
  return operator_unit_written(c) ? operator_unit_written(c)->span : operator_span(c);
}

const struct unit_codes *operator_units(struct evaluation *e, const struct column_call *c,
                                        struct unit_argument *unit) {
  const struct ast *written = operator_unit_written(c);
  unit->n_above = 0;
  if (!written)
    unit->n = memo_smallest(e, operator_span(c), c->f->name, unit->path);
  else if (!operator_read_unit(e, written, unit))
    return NULL;
  if (unit->n == 0) return NULL;
  return memo_units(e, operator_unit_span(c), unit->path, unit->n);
}

const double *operator_measure(struct evaluation *e, const struct column_call *c) {
  if (c->column[0]->type == COL_FACTOR) return column_unfit(e, c->node), NULL;
  return column_to_number(e->arena, e->diags, e->src, c->node->span, c->column[0], e->n)->v.number;
}

struct column *operator_gather(struct evaluation *e, const struct column *c, const int32_t *row) {
  struct column *out = arena_make(e->arena, struct column);
  *out = column_gather(e->arena, c, row, e->n);
  return out;
}

/* ---- the door ---- */

static const struct {
  const char *name;
  struct column *(*apply)(struct evaluation *e, const struct column_call *c);
} operators[] = {
    {"within", operator_within},   {"between", operator_between},       {"center", operator_center},
    {"scale", operator_scale},     {"count", operator_count},           {"actor", operator_actor},
    {"partner", operator_partner}, {"reciprocal", operator_opposite},   {"lag", operator_lag},
    {"first", operator_first},     {"cumulative", operator_cumulative}, {"elapsed", operator_elapsed},
};

struct column *column_apply_design(struct evaluation *e, const struct column_call *c) {
  mem_check_interrupt(arena_mem(e->arena));
  for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
    if (strcmp(operators[i].name, c->f->name) == 0) return operators[i].apply(e, c);
  return column_unfit(e, c->node);
}
