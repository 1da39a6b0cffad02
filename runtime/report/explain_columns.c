/* explain_columns.c: the columns of a model, and what each means. */
#include "lang/describe.h"
#include "runtime/report/explain_parts.h"
#include <string.h>

/* ---- columns ---- */

static const struct schema_column *factor_of(const struct model_ir *ir, int var,
                                             const struct schema *schema) {
  const struct ast *e = ir->vars[var].expr;
  if (!schema || ir->vars[var].type != COL_FACTOR || e->kind != AST_NAME) return NULL;
  int j = schema_find(schema, e->u.name.whole);
  return j >= 0 && schema->columns[j].n_levels > 0 ? &schema->columns[j] : NULL;
}

static int width_of(const struct model_ir *ir, const struct ir_term *t, int i, const struct schema *schema) {
  const struct schema_column *f = factor_of(ir, t->var[i], schema);
  return !f ? 1 : t->full[i] ? f->n_levels : f->n_levels - 1;
}

static struct part part_of(const struct model_ir *ir, const struct ir_term *t, int i, int index,
                           const struct schema *schema) {
  const struct schema_column *f = factor_of(ir, t->var[i], schema);
  struct part p = {.var = t->var[i]};
  if (!f) return p;
  p.level = f->levels[index + !t->full[i]];
  p.reference = t->full[i] ? NULL : f->levels[0];
  return p;
}

static const char *part_name(struct arena *a, const struct model_ir *ir, const struct part *p) {
  const char *name = ir->vars[p->var].name;
  return p->level ? print_level(a, name, p->level) : name;
}

static void add_column(struct arena *a, const struct model_ir *ir, const struct ir_term *t, int term,
                       int index, const struct schema *schema, struct model_column *out) {
  struct part *part = arena_array(a, (size_t)t->n, struct part);
  struct buf name;
  buf_init(&name, a);
  for (int i = 0; i < t->n; i++) {
    int width = width_of(ir, t, i, schema);
    part[i] = part_of(ir, t, i, index % width, schema);
    index /= width;
    buf_printf(&name, "%s%s", i ? ":" : "", part_name(a, ir, &part[i]));
  }
  *out =
      (struct model_column){.name = t->n ? name.text : "(Intercept)", .term = term, .n = t->n, .part = part};
}

struct model_columns model_columns(struct arena *a, const struct model_ir *ir, const struct ir_terms *terms,
                                   const struct schema *schema) {
  struct model_column *column = arena_array(a, EXPLAIN_COLUMNS_MAX, struct model_column);
  struct model_columns out = {.column = column};
  for (int t = 0; t < terms->n; t++) {
    long width = 1;
    for (int i = 0; i < terms->term[t].n && width <= EXPLAIN_COLUMNS_MAX; i++)
      width *= width_of(ir, &terms->term[t], i, schema);
    for (int k = 0; k < width; k++) {
      if (out.n == EXPLAIN_COLUMNS_MAX) {
        out.cut = true;
        return out;
      }
      add_column(a, ir, &terms->term[t], t, k, schema, &column[out.n++]);
    }
  }
  return out;
}

/* ---- meanings ---- */

static const char *argument(struct arena *a, const struct ast *call, int i) {
  const struct ast *arg = call->u.call.args.first;
  while (arg && i-- > 0) arg = arg->next;
  return arg ? print_expr(a, arg->u.arg.value) : NULL;
}

enum whose { ANY, OWN, PARTNERS };

static const char *value_of(struct arena *a, const char *x, enum whose whose) {
  return whose == ANY ? x : arena_printf(a, whose == OWN ? "the own %s" : "the partner's %s", x);
}

/* "the own mean", "the mean of its school" */
static const char *mean_of(struct arena *a, const char *unit, enum whose whose) {
  if (whose != ANY) return whose == OWN ? "the own mean" : "the partner's mean";
  return unit ? arena_printf(a, "the mean of its %s", unit) : "the mean of its unit";
}

/* "year", "the partner's stress", "stress above the mean of its school" */
static const char *numeric_phrase(struct arena *a, const struct ast *e, enum whose whose) {
  const struct ast *x =
      e->kind == AST_CALL && e->u.call.args.first ? e->u.call.args.first->u.arg.value : NULL;
  const char *unit = x ? argument(a, e, 1) : NULL;
  if (!x) return value_of(a, print_expr(a, e), whose);
  if (ast_calls(e, "actor")) return numeric_phrase(a, x, OWN);
  if (ast_calls(e, "partner")) return numeric_phrase(a, x, PARTNERS);
  if (ast_calls(e, "within"))
    return arena_printf(a, "%s above %s", numeric_phrase(a, x, whose), mean_of(a, unit, whose));
  if (ast_calls(e, "between"))
    return arena_printf(a, "%s of %s", mean_of(a, unit, whose), numeric_phrase(a, x, ANY));
  if (ast_calls(e, "reciprocal")) return arena_printf(a, "the other's %s", numeric_phrase(a, x, ANY));
  if (ast_calls(e, "lag")) return arena_printf(a, "%s at the time before", numeric_phrase(a, x, whose));
  if (ast_calls(e, "center")) return arena_printf(a, "%s above the mean", numeric_phrase(a, x, whose));
  if (ast_calls(e, "scale")) return arena_printf(a, "%s in standard deviations", numeric_phrase(a, x, whose));
  return value_of(a, print_expr(a, e), whose);
}

/* "year", "year and, in product with it, stress"; NULL: no numbers in the column. */
static const char *numbers_of(struct arena *a, const struct model_ir *ir, const struct model_column *c) {
  struct buf b;
  buf_init(&b, a);
  int n = 0;
  for (int i = 0; i < c->n; i++) {
    const struct ir_var *v = &ir->vars[c->part[i].var];
    if (c->part[i].level || v->type != COL_NUMBER) continue;
    buf_printf(&b, n++ ? " times %s" : "%s", numeric_phrase(a, v->expr, ANY));
  }
  return n ? b.text : NULL;
}

static const char *factor_part(struct arena *a, const struct model_ir *ir, const struct part *p) {
  const char *name = ir->vars[p->var].name;
  if (!p->level) return arena_printf(a, "each level of %s", name);
  if (p->reference) return arena_printf(a, "%s %s rather than %s", name, p->level, p->reference);
  return arena_printf(a, "%s %s", name, p->level);
}

/* Its factors: "arm digital rather than usual"; compares: some are contrasts. */
static const char *factors_of(struct arena *a, const struct model_ir *ir, const struct model_column *c,
                              bool *compares) {
  struct buf b;
  buf_init(&b, a);
  int n = 0;
  *compares = false;
  for (int i = 0; i < c->n; i++) {
    const struct part *p = &c->part[i];
    if (!p->level && ir->vars[p->var].type == COL_NUMBER) continue;
    buf_printf(&b, "%s%s", n++ ? " and " : "", factor_part(a, ir, p));
    *compares = *compares || p->reference;
  }
  return n ? b.text : NULL;
}

const char *column_meaning(struct arena *a, const struct model_ir *ir, const struct model_column *c) {
  const char *y = ir->vars[ir->response].name, *numbers = numbers_of(a, ir, c);
  bool compares;
  const char *factors = factors_of(a, ir, c, &compares);
  if (c->n == 0) return arena_printf(a, "%s where every predictor is 0, or at its reference", y);
  if (!numbers) return arena_printf(a, compares ? "difference of %s: %s" : "%s for %s", y, factors);
  if (!factors) return arena_printf(a, "change of %s per unit of %s", y, numbers);
  return arena_printf(
      a, compares ? "difference in the change of %s per unit of %s: %s" : "change of %s per unit of %s: %s",
      y, numbers, factors);
}
