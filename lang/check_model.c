/* check_model.c: designs and models where they are declared, and models where they meet data. */
#include "lang/check_parts.h"
#include "lang/describe.h"
#include "lang/hypothesis.h"
#include "lang/model_ir.h"
#include <string.h>

void check_design(struct checker *ck, struct ast *s) {
  names_check_new(ck, s->u.design.name);
  names_make(ck, s->u.design.name, TYPE_DESIGN);
  if (ck->env->design) ck->env->design(ck->env->runtime, s);
}

/* ---- lints ---- */

static void tell_lints(struct checker *ck, const struct model_ir *ir, const struct schema *schema) {
  struct lint_list found = {.arena = ck->arena};
  lint_model(&found, ir, schema != NULL, schema ? schema->design : NULL);
  lint_silence(&found, lint_allowed(ck->allowed, ir->spec));
  lint_tell(ck->diags, &found, NULL, (struct span){0, 0});
}

static void check_allowed(struct checker *ck, const struct ast *model) {
  struct lint_set here = {0};
  for (const struct ast *line = model->u.model.lines.first; line; line = line->next)
    if (line->kind == AST_ALLOW) lint_allow(&here, ck->diags, ck->source, line);
}

/* ---- declarations ---- */

static void check_parameter_names(struct checker *ck, const struct ast *model) {
  for (const struct ast *p = model->u.model.params.first; p; p = p->next) names_check_new(ck, p->u.arg.key);
}

void check_model(struct checker *ck, struct ast *s) {
  names_check_new(ck, s->u.model.name);
  check_parameter_names(ck, s);
  check_allowed(ck, s);
  struct binding *b = names_make(ck, s->u.model.name, TYPE_MODEL);
  struct model_value m = {0};
  if (!ck->env->model || !ck->env->model(ck->env->runtime, b->name, s, &m)) return;
  b->model = m;
  const struct model_spec *outline = m.spec ? m.spec : model_outline(arena_mem(ck->arena), ck->diags, m.decl);
  struct model_ir *ir = outline ? compile_model(ck->arena, ck->diags, outline, NULL) : NULL;
  if (ir) tell_lints(ck, ir, NULL);
}

/* ---- models as values ---- */

static struct binding *binding_of(struct checker *ck, const struct ast *e) {
  return e->kind == AST_NAME && e->u.name.n_parts <= 1 ? names_find(ck, describe_head(e)) : NULL;
}

static bool earlier_model(struct checker *ck, const struct binding *b, struct model_value *m) {
  *m = b->model;
  if (m->decl || m->spec || b->node || b->type != TYPE_MODEL || !ck->env->model) return m->decl || m->spec;
  return ck->env->model(ck->env->runtime, b->name, NULL, m);
}

static const struct model_spec *applied(struct checker *ck, const struct model_decl *decl, struct ast *call) {
  struct model_spec *spec =
      model_apply(arena_mem(ck->arena), ck->diags, decl, call, ck->source, ck->script->arena);
  if (spec) arena_hold(ck->arena, spec->arena);
  return spec;
}

void check_model_call(struct checker *ck, struct ast *call, const struct binding *b) {
  struct model_value m;
  for (struct ast *arg = call->u.call.args.first; arg; arg = arg->next) check_splices(ck, arg->u.arg.value);
  if (earlier_model(ck, b, &m) && m.decl) applied(ck, m.decl, call);
}

struct model_value check_model_value(struct checker *ck, struct ast *e) {
  struct model_value m = {0};
  struct binding *b = binding_of(ck, e->kind == AST_CALL ? e->u.call.callee : e);
  if (b && earlier_model(ck, b, &m) && e->kind == AST_CALL) m.spec = m.decl ? applied(ck, m.decl, e) : NULL;
  return m;
}

const struct model_spec *check_model_of(struct checker *ck, struct ast *e) {
  struct ast *formula = check_formula_of(ck, e);
  if (formula) return model_of_formula(arena_mem(ck->arena), ck->source, formula, ck->script->arena);
  struct model_value m = check_model_value(ck, e);
  if (m.decl && !m.spec && e->kind == AST_NAME) applied(ck, m.decl, e); /* tells what it wants */
  return m.spec;
}

/* ---- models over data ---- */

void check_model_over(struct checker *ck, const struct model_spec *spec, const struct ast *e,
                      struct table_ref *table) {
  const struct schema *schema = check_schema(ck, table);
  if (!schema || !model_fits_design(ck->diags, ck->source, e->span, spec, schema->design, schema->source))
    return;
  const struct diag *before = ck->diags->last;
  struct model_ir *ir = compile_model(ck->arena, ck->diags, spec, schema);
  suggest_splices(ck, before);
  if (ir) tell_lints(ck, ir, schema);
}

/* ---- fits, and hypotheses on them ---- */

struct fit_ref check_fit_of(struct checker *ck, struct ast *e) {
  struct fit_ref fit = {0};
  struct binding *b = binding_of(ck, e);
  if (b) return b->fit;
  const struct signature *sig = ast_calls(e, "fit") ? signature_find(ck->env->functions, "fit") : NULL;
  if (!sig || names_find(ck, "fit")) return fit;
  int *param = arena_array(ck->arena, (size_t)e->u.call.args.n, int), i = 0;
  signature_match(sig, &e->u.call.args, param);
  for (struct ast *arg = e->u.call.args.first; arg; arg = arg->next, i++) {
    if (param[i] == 0) fit.spec = check_model_of(ck, arg->u.arg.value);
    if (param[i] == 1) fit.table = check_table_of(ck, arg->u.arg.value);
  }
  return fit;
}

void check_hypotheses(struct checker *ck, const struct ast *block, struct fit_ref fit) {
  const struct schema *schema = fit.table ? check_schema(ck, fit.table) : NULL;
  struct diags quiet = {
      .mem = arena_mem(ck->arena)}; /* what is wrong in the model was told where it is fitted */
  struct model_ir *ir = fit.spec && schema ? compile_model(ck->arena, &quiet, fit.spec, schema) : NULL;
  diags_clear(&quiet);
  hypotheses_check(ck->arena, ck->diags, ck->source, block, ir, schema);
}
