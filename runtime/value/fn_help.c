/* fn_help.c: help(). */
#include "lang/doc.h"
#include "runtime/report/help.h"
#include "runtime/value/interp.h"

static bool help_on_function(struct buf *out, const struct interp *in, const struct signature *s,
                             const struct report_style *style) {
  if (!s->closure) return help_on(out, &in->functions, s->name, style);
  help_on_declared(out, s->text, s->help, style);
  return true;
}

/* A function, model or design of the script or of a library; false: the name stands for something else. */
static bool help_on_value(struct buf *out, const struct interp *in, const struct value *v,
                          const struct report_style *style) {
  if (v->kind == VALUE_FUNCTION) return help_on_function(out, in, v->u.function, style);
  if (v->kind == VALUE_MODEL && v->u.model->decl) {
    const struct model_decl *m = v->u.model->decl;
    help_on_declared(out, model_signature(out->arena, m), doc_above(out->arena, m->source, m->node->span),
                     style);
    return true;
  }
  if (v->kind != VALUE_DESIGN) return false;
  const struct design *d = v->u.design;
  const char *heading = arena_printf(out->arena, "design %s: %s", d->name, design_text(out->arena, d));
  help_on_declared(out, heading, doc_above(out->arena, d->source, d->span), style);
  return true;
}

bool builtin_help(struct call *c, struct value *out) {
  (void)out;
  struct interp *in = c->in;
  struct report_style style = {.width = in->options.width, .colour = in->options.colour, .utf8 = true};
  const struct ast *about = c->arg[0].ast;
  const char *word = about ? c->arg[0].value.u.text : NULL;
  const struct value *v = word ? env_find(in, word) : NULL;
  struct buf b;
  buf_init(&b, in->scratch);
  if (!about)
    help_overview(&b, &in->functions, &style);
  else if (!(v && help_on_value(&b, in, v, &style)) && !help_on(&b, &in->functions, word, &style))
    return CALL_ERROR(c, about->span, DIAG_HELP_UNKNOWN, word,
                      help_nearest(in->scratch, &in->functions, word));
  if (b.n > 0 && b.text[b.n - 1] == '\n') b.text[--b.n] = '\0';
  in->show(in, &(struct value){.kind = VALUE_TEXT, .u.text = b.text}, "print");
  return true;
}
