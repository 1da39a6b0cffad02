/* fn_model.c: functions that make models. */
#include "runtime/value/interp.h"

enum { ARG_MODEL, ARG_CHANGE }; /* ORDER UPDATE: builtins.def */

/* The model that a fit was made with. */
static const struct model_spec *spec_of_fit(struct call *c, const struct fit *f) {
  if (f->frame->ir->spec) return f->frame->ir->spec;
  return model_of_formula(c->in->mem, f->frame->ir->source, f->frame->ir->formula, f->arena);
}

bool builtin_update(struct call *c, struct value *out) {
  struct interp *in = c->in;
  const struct value *v = &c->arg[ARG_MODEL].value;
  const struct formula_value *change = c->arg[ARG_CHANGE].value.u.formula;
  if (v->kind != VALUE_FORMULA && v->kind != VALUE_MODEL && v->kind != VALUE_FIT)
    return CALL_ERROR(c, c->arg[ARG_MODEL].ast->span, DIAG_UPDATE_OF, value_kind_name(v));
  const struct model_spec *old =
      v->kind == VALUE_FIT ? spec_of_fit(c, v->u.fit) : spec_of_value(in, v, c->arg[ARG_MODEL].ast);
  if (!old) return false;
  struct model_spec *spec =
      model_update(in->mem, in->diags, old, change->ast, change->source, c->arg[ARG_CHANGE].value.home);
  if (!spec) return false;
  *out = value_model(in, spec->decl, spec);
  return true;
}
