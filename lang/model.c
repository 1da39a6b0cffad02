#include "lang/model.h"

/* ---- how a model is called ---- */

static void put_parameter(struct buf *b, const struct ast *p) {
  buf_put(b, p->u.arg.key->u.name.whole);
  if (p->u.arg.ptype) buf_printf(b, ": %s", p->u.arg.ptype);
  if (p->u.arg.value) buf_printf(b, " = %s", print_expr(b->arena, p->u.arg.value));
}

const char *model_signature(struct arena *a, const struct model_decl *decl) {
  struct buf b;
  buf_init(&b, a);
  buf_put(&b, decl->name);
  const struct ast *first = decl->node->u.model.params.first;
  for (const struct ast *p = first; p; p = p->next) {
    buf_put(&b, p == first ? "(" : ", ");
    put_parameter(&b, p);
  }
  if (first) buf_put(&b, ")");
  if (decl->node->u.model.of) buf_printf(&b, " of %s", print_expr(a, decl->node->u.model.of));
  return b.text;
}
