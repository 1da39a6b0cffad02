/* explain_columns.c: the columns of a model, and what each means. */
#include "lang/basis.h"
#include "lang/describe.h"
#include "runtime/model/contrasts.h"
#include "runtime/report/explain_parts.h"
#include <string.h>

/* ---- columns ---- */

static int width_of(struct arena *a, const struct model_ir *ir, const struct ir_term *t, int i,
                    struct column *const *factor) {
  const struct ir_var *v = &ir->vars[t->var[i]];
  const struct column *f = factor[t->var[i]];
  struct basis_call basis;
  if (basis_is(v->expr)) return basis_read(a, NULL, v->expr, &basis) ? basis.width : 1;
  return !f ? 1 : t->full[i] ? f->n_levels : f->n_levels - 1;
}

static struct column_part contrast(struct arena *a, const struct column *f, int column) {
  struct column_part p = {.label = contrast_label(a, f->coding, f->levels, column),
                          .level = f->levels[column + 1]};
  switch (f->coding) {
  case CODING_TREATMENT: p.reference = f->levels[0]; break;
  case CODING_SUM:
    p.level = f->levels[column];
    p.reference = "the mean of all levels";
    break;
  case CODING_HELMERT: p.reference = "the mean of the levels before"; break;
  case CODING_SUCCESSIVE: p.reference = f->levels[column]; break;
  case CODING_POLY: p.level = NULL; break;
  }
  return p;
}

static struct column_part part_of(struct arena *a, const struct model_ir *ir, const struct ir_term *t, int i,
                                  int index, struct column *const *factor) {
  int var = t->var[i];
  const struct column *f = factor[var];
  struct column_part p = {.column = basis_is(ir->vars[var].expr) ? index + 1 : 0};
  if (f && t->full[i])
    p.label = p.level = f->levels[index];
  else if (f)
    p = contrast(a, f, index);
  p.var = var;
  return p;
}

const char *part_name(struct arena *a, const struct model_ir *ir, const struct column_part *p) {
  const char *name = ir->vars[p->var].name;
  if (p->column) return arena_printf(a, "%s[%d]", name, p->column);
  return p->label ? print_level(a, name, p->label) : name;
}

static void add_column(struct arena *a, const struct model_ir *ir, const struct ir_term *t, int term,
                       int index, struct column *const *factor, struct model_column *out) {
  struct column_part *part = arena_array(a, (size_t)t->n, struct column_part);
  struct buf name;
  buf_init(&name, a);
  for (int i = 0; i < t->n; i++) {
    int width = width_of(a, ir, t, i, factor);
    part[i] = part_of(a, ir, t, i, index % width, factor);
    index /= width;
    buf_printf(&name, "%s%s", i ? ":" : "", part_name(a, ir, &part[i]));
  }
  *out =
      (struct model_column){.name = t->n ? name.text : "(Intercept)", .term = term, .n = t->n, .part = part};
}

struct model_columns model_columns(struct arena *a, const struct model_ir *ir, const struct ir_terms *terms,
                                   struct column *const *factor) {
  struct model_column *column = arena_array(a, EXPLAIN_COLUMNS_MAX, struct model_column);
  struct model_columns out = {.column = column};
  for (int t = 0; t < terms->n; t++) {
    long width = 1;
    for (int i = 0; i < terms->term[t].n && width <= EXPLAIN_COLUMNS_MAX; i++)
      width *= width_of(a, ir, &terms->term[t], i, factor);
    for (int k = 0; k < width; k++) {
      if (out.n == EXPLAIN_COLUMNS_MAX) {
        out.cut = true;
        return out;
      }
      add_column(a, ir, &terms->term[t], t, k, factor, &column[out.n++]);
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

/* "part 1 of the curve over Days" */
static const char *curve_phrase(struct arena *a, const struct ast *call, int column) {
  const struct ast *x = call->u.call.args.first->u.arg.value;
  return arena_printf(a, "part %d of the curve over %s", column, numeric_phrase(a, x, ANY));
}

/* "year", "year and, in product with it, stress"; NULL: no numbers in the column. */
static const char *numbers_of(struct arena *a, const struct model_ir *ir, const struct model_column *c) {
  struct buf b;
  buf_init(&b, a);
  int n = 0;
  for (int i = 0; i < c->n; i++) {
    const struct ir_var *v = &ir->vars[c->part[i].var];
    if (v->type != COL_NUMBER) continue;
    buf_printf(&b, n++ ? " times %s" : "%s",
               c->part[i].column ? curve_phrase(a, v->expr, c->part[i].column)
                                 : numeric_phrase(a, v->expr, ANY));
  }
  return n ? b.text : NULL;
}

static const char *factor_part(struct arena *a, const struct model_ir *ir, const struct column_part *p) {
  const char *name = ir->vars[p->var].name;
  if (!p->label) return arena_printf(a, "each level of %s", name);
  bool power = p->label[0] >= '0' && p->label[0] <= '9';
  if (!p->level)
    return arena_printf(a, power ? "the trend of degree %s over %s" : "the %s trend over %s", p->label, name);
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
    const struct column_part *p = &c->part[i];
    if (ir->vars[p->var].type == COL_NUMBER) continue;
    buf_printf(&b, "%s%s", n++ ? " and " : "", factor_part(a, ir, p));
    *compares = *compares || p->reference || (p->label && !p->level);
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
