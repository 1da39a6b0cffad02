/* fn_explain.c: explain(). */
#include "runtime/report/explain.h"
#include "runtime/value/interp.h"
#include <string.h>

enum { ARG_MODEL, ARG_DATA, ARG_FORMAT }; /* ORDER EXPLAIN: builtins.def */

/* A model that waits for its arguments is shown with its parameters for columns. */
static const struct model_spec *spec_to_explain(struct call *c) {
  const struct value *v = &c->arg[ARG_MODEL].value;
  bool waits = v->kind == VALUE_MODEL && !v->u.model->spec && !c->arg[ARG_DATA].ast;
  return waits ? model_outline(c->in->mem, c->in->diags, v->u.model->decl)
               : spec_of_value(c->in, v, c->arg[ARG_MODEL].ast);
}

bool builtin_explain(struct call *c, struct value *out) {
  struct interp *in = c->in;
  const struct table *t = c->arg[ARG_DATA].ast ? c->arg[ARG_DATA].value.u.table : NULL;
  const struct model_spec *spec = spec_to_explain(c);
  struct report_style style = {.width = in->options.width, .colour = in->options.colour, .utf8 = true};
  (void)out;
  if (!spec) return false;
  if (t && !model_fits_design(in->diags, in->script->source, c->arg[ARG_MODEL].ast->span, spec, t->design,
                              t->source))
    return false;
  struct model_ir *ir =
      compile_model(arena_new(in->mem), in->diags, spec, t ? table_schema(in->scratch, t) : NULL);
  if (!ir) return false;
  struct buf b;
  buf_init(&b, in->scratch);
  if (c->arg[ARG_FORMAT].ast && strcmp(c->arg[ARG_FORMAT].value.u.text, "latex") == 0)
    explain_latex(&b, ir, t);
  else
    explain_text(&b, ir, t, &style);
  if (b.n > 0 && b.text[b.n - 1] == '\n') b.text[--b.n] = '\0';
  in->show(in, &(struct value){.kind = VALUE_TEXT, .u.text = b.text}, "print");
  return true;
}
