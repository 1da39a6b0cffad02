#include "lang/model_ir.h"
#include <string.h>

static const char *const coltype_names[] = {
#define X(type, name) name,
    COLTYPES(X)
#undef X
};

/* A factor's coding stands behind its name: [all] its levels, or [contrasts]. */
static void dump_term(struct buf *out, const struct model_ir *ir, const struct ir_term *t) {
  if (t->n == 0) buf_put(out, t->name);
  for (int i = 0; i < t->n; i++) {
    const struct ir_var *v = &ir->vars[t->var[i]];
    buf_printf(out, "%s%s", i ? ":" : "", v->name);
    if (v->type != COL_NUMBER) buf_put(out, t->full[i] ? "[all]" : "[contrasts]");
  }
}

static void dump_terms(struct buf *out, const struct model_ir *ir, const struct ir_terms *terms) {
  for (int i = 0; i < terms->n; i++) {
    if (i) buf_put(out, " + ");
    dump_term(out, ir, &terms->term[i]);
  }
}

void model_ir_dump(struct buf *out, const struct model_ir *ir) {
  buf_printf(out, "model %s\n", ir->text);
  buf_printf(out, "  response %s\n  fixed    ", ir->vars[ir->response].name);
  dump_terms(out, ir, &ir->fixed);
  buf_putc(out, '\n');
  for (int i = 0; i < ir->n_random; i++) {
    const struct ir_random *r = &ir->random[i];
    buf_printf(out, "  random   %s: ", r->structure);
    dump_terms(out, ir, &r->basis);
    buf_printf(out, " | %s\n", r->group_name);
  }
  if (ir->offset >= 0) buf_printf(out, "  offset   %s\n", ir->vars[ir->offset].name);
  for (int i = 0; i < ir->n_vars; i++)
    buf_printf(out, "  column   %s: %s\n", ir->vars[i].name, coltype_names[ir->vars[i].type]);
}
