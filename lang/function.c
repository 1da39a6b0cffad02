#include "lang/function.h"
#include <string.h>

/* ---- signatures ---- */

const struct ast *function_parameter(const struct ast *fn, int i) {
  const struct ast *p = fn->u.fn.params.first;
  while (i-- > 0) p = p->next;
  return p;
}

static struct param parameter(struct arena *a, const struct ast *p) {
  struct param out = {.name = p->u.arg.key->u.name.whole, .kind = PARAM_VALUE};
  if (p->u.arg.ptype) signature_type(p->u.arg.ptype, &out.type);
  if (p->u.arg.value) {
    out.optional = true;
    out.fallback = print_expr(a, p->u.arg.value);
  }
  return out;
}

void function_signature(struct arena *a, struct signature *out, const struct ast *fn) {
  struct param *params = arena_array(a, (size_t)fn->u.fn.params.n, struct param);
  int n = 0;
  for (const struct ast *p = fn->u.fn.params.first; p; p = p->next) params[n++] = parameter(a, p);
  *out = (struct signature){.name = fn->u.fn.name->u.name.whole, .n_params = n, .params = params, .help = ""};
  out->text = signature_show(a, out);
}
