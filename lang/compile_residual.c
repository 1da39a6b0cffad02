/* compile_residual.c: residual(STRUCTURE(index | block), by = stratum, variance = ...): how the residuals of a block go together.
 *
 * A model's lines `residual ar1(day | person) by arm` and `variance power(x)` come as such a call (lang/model_apply.c).
 */
#include "lang/compile.h"
#include "lang/base/text.h"
#include "lang/describe.h"
#include "lang/design.h"
#include "lang/structures.h"
#include <math.h>
#include <string.h>

struct residual_reading {
  struct compiler *c;
  struct ir_residual *r;
  const struct ast *block; /* right of the bar; NULL: not met yet */
};

/* ---- factors ---- */

/* The structure's name and arguments: `ar1`, `ar1(day)`; NULL: something else. */
static const struct ast *name_of(const struct ast *e) {
  if (e->kind == AST_NAME) return e;
  return e->kind == AST_CALL && e->u.call.callee->kind == AST_NAME ? e->u.call.callee : NULL;
}

static int index_var(struct compiler *c, const struct ast *e, const struct structure_form *form) {
  int v = compile_var(c, e);
  if (v == c->response) COLUMN_ERROR(c->scope, e->span, DIAG_RESPONSE_ON_RIGHT, c->vars[v].name);
  if (form->distance) column_want(c->scope, e, COLKIND_NUMBER, form->name);
  return v;
}

static void take_band(struct residual_reading *w, const struct ast *arg, const struct structure_form *form,
                      struct ir_residual_factor *f) {
  const struct ast *key = arg->u.arg.key, *value = arg->u.arg.value;
  static const char *const known[] = {"band"};
  struct arena *a = w->c->scope->arena;
  bool band = key->kind == AST_NAME && strcmp(key->u.name.whole, "band") == 0;
  if (!band || !form->band)
    COLUMN_ERROR(w->c->scope, arg->span, DIAG_UNKNOWN_ARGUMENT, form->name, print_expr(a, key),
                 text_nearest(print_expr(a, key), known, 1));
  else if (value->kind != AST_NUMBER || value->u.number.value < 1 || value->u.number.value > 500 ||
           value->u.number.value != floor(value->u.number.value))
    COLUMN_ERROR(w->c->scope, value->span, DIAG_COLUMN_ARGUMENT, form->name, "a whole number from 1", "band",
                 describe_expr(a, value));
  else
    f->band = (int)value->u.number.value;
}

static void take_block(struct residual_reading *w, const struct ast *block) {
  if (w->block) COLUMN_ERROR(w->c->scope, block->span, DIAG_RESIDUAL_BLOCKS);
  w->block = block;
}

static void take_index(struct residual_reading *w, const struct ast *e, const struct structure_form *form,
                       struct ir_residual_factor *f) {
  if (ast_is_bar(e)) {
    take_block(w, e->u.op.b);
    e = e->u.op.a;
  }
  if (form->index == INDEX_NEVER || (form->index != INDEX_MANY && f->n_index == 1) ||
      f->n_index == RESIDUAL_INDEX_MAX)
    COLUMN_ERROR(w->c->scope, e->span, DIAG_RESIDUAL_INDEX_MANY, form->name,
                 describe_expr(w->c->scope->arena, e));
  else
    f->index[f->n_index++] = index_var(w->c, e, form);
}

static const char *example(struct arena *a, const char *name, const struct residual_reading *w) {
  return arena_printf(a, "%s(day | %s)", name, w->block ? print_expr(a, w->block) : "person");
}

static void take_factor(struct residual_reading *w, const struct ast *e) {
  struct column_scope *s = w->c->scope;
  const struct ast *name = name_of(e);
  if (!name) {
    COLUMN_ERROR(s, e->span, DIAG_RESIDUAL_FORM, describe_expr(s->arena, e));
    return;
  }
  const struct structure_form *form = structure_form_find(name->u.name.whole);
  if (!form) {
    COLUMN_ERROR(s, name->span, DIAG_UNKNOWN_STRUCTURE, name->u.name.whole,
                 structure_near(name->u.name.whole));
    return;
  }
  if (form->index == INDEX_UNITS) {
    COLUMN_ERROR(s, e->span, DIAG_KNOWN_RESIDUAL);
    return;
  }
  if (w->r->n_factors == RESIDUAL_FACTORS_MAX) {
    COLUMN_ERROR(s, e->span, DIAG_RESIDUAL_FACTORS, arena_printf(s->arena, "%d", RESIDUAL_FACTORS_MAX));
    return;
  }
  struct ir_residual_factor *f = &w->r->factor[w->r->n_factors++];
  *f = (struct ir_residual_factor){.structure = form->name, .span = e->span};
  for (const struct ast *arg = e->kind == AST_CALL ? e->u.call.args.first : NULL; arg; arg = arg->next)
    if (arg->u.arg.key)
      take_band(w, arg, form, f);
    else
      take_index(w, arg->u.arg.value, form, f);
  if (f->n_index == 0 && (form->index == INDEX_ONE || form->index == INDEX_MANY))
    COLUMN_ERROR(s, e->span, DIAG_RESIDUAL_INDEX, form->name, example(s->arena, form->name, w));
}

/* us(role) @ ar1(day) */
static void take_factors(struct residual_reading *w, const struct ast *e) {
  if (e->kind == AST_BINARY && e->u.op.op == OP_KRON) {
    take_factors(w, e->u.op.a);
    take_factors(w, e->u.op.b);
  } else {
    take_factor(w, e);
  }
}

/* The unit whose rows go together in the design: a couple, a person. */
static const char *block_to_show(const struct residual_reading *w) {
  const struct design *d = scope_design(w->c->scope);
  if (d && d->dyad >= 0) return d->unit[d->dyad].name;
  return d && d->n_units ? d->unit[0].name : "person";
}

static void take_structure(struct residual_reading *w, const struct ast *e) {
  if (e->kind == AST_BINARY && e->u.op.op == OP_BARBAR) {
    COLUMN_ERROR(w->c->scope, e->span, DIAG_RESIDUAL_FORM, describe_expr(w->c->scope->arena, e));
    return;
  }
  if (ast_is_bar(e)) take_block(w, e->u.op.b);
  take_factors(w, ast_is_bar(e) ? e->u.op.a : e);
  if (!w->block && !w->c->scope->failed)
    COLUMN_ERROR(
        w->c->scope, e->span, DIAG_RESIDUAL_NO_BLOCK, print_expr(w->c->scope->arena, e),
        arena_printf(w->c->scope->arena, "%s | %s", print_expr(w->c->scope->arena, e), block_to_show(w)));
}

/* ---- strata and variances ---- */

static int column_var(struct compiler *c, const struct ast *e) {
  int v = compile_var(c, e);
  if (v == c->response) COLUMN_ERROR(c->scope, e->span, DIAG_RESPONSE_ON_RIGHT, c->vars[v].name);
  return v;
}

/* variance = arm, power(x), exponential(x) */
static void take_variance(struct residual_reading *w, const struct ast *e) {
  struct compiler *c = w->c;
  bool power = ast_calls(e, "power"), exponential = ast_calls(e, "exponential");
  if (!power && !exponential) {
    w->r->variance = VARIANCE_BY;
    w->r->variance_var = column_var(c, e);
    return;
  }
  const struct ast *x = e->u.call.args.n == 1 ? e->u.call.args.first->u.arg.value : NULL;
  if (!x || e->u.call.args.first->u.arg.key) {
    COLUMN_ERROR(c->scope, e->span, DIAG_VARIANCE_FORM, print_expr(c->scope->arena, e));
    return;
  }
  column_want(c->scope, x, COLKIND_NUMBER, power ? "power" : "exponential");
  w->r->variance = power ? VARIANCE_POWER : VARIANCE_EXPONENTIAL;
  w->r->variance_var = column_var(c, x);
}

static void take_named(struct residual_reading *w, const struct ast *arg) {
  static const char *const known[] = {"by", "variance"};
  const struct ast *key = arg->u.arg.key;
  const char *name = key->kind == AST_NAME ? key->u.name.whole : "";
  if (strcmp(name, "by") == 0)
    w->r->by = column_var(w->c, arg->u.arg.value);
  else if (strcmp(name, "variance") == 0)
    take_variance(w, arg->u.arg.value);
  else
    COLUMN_ERROR(w->c->scope, arg->span, DIAG_UNKNOWN_ARGUMENT, "residual",
                 print_expr(w->c->scope->arena, key), text_nearest(name, known, 2));
}

void compile_residual(struct compiler *c, const struct ast *call) {
  struct ir_residual *r = arena_make(c->arena, struct ir_residual);
  struct residual_reading w = {.c = c, .r = r};
  *r = (struct ir_residual){.node = call, .span = call->span, .by = -1, .variance_var = -1};
  if (c->residual) COLUMN_ERROR(c->scope, call->span, DIAG_RESIDUAL_TWICE);
  bool structure = false;
  for (const struct ast *arg = call->u.call.args.first; arg; arg = arg->next) {
    if (arg->u.arg.key)
      take_named(&w, arg);
    else if (structure)
      COLUMN_ERROR(c->scope, arg->span, DIAG_RESIDUAL_FORM, describe_expr(c->scope->arena, arg->u.arg.value));
    else
      take_structure(&w, arg->u.arg.value);
    structure = structure || !arg->u.arg.key;
  }
  if (!structure && r->variance == VARIANCE_ONE)
    COLUMN_ERROR(c->scope, call->span, DIAG_RESIDUAL_FORM, describe_expr(c->scope->arena, call));
  if (w.block) compile_block(c, w.block, r);
  r->text = print_expr(c->arena, call);
  c->residual = r;
}
