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

/* ---- comments ---- */

static uint32_t line_of(const struct script *s, uint32_t offset) {
  return source_place(s->source, offset).line;
}

static bool is_doc(const struct script *s, const struct comment *c) {
  const char *text = s->source->text + c->span.from;
  return c->alone && text[0] == '#' && text[1] == '#';
}

/* The text behind the marks and one space. */
static void put_line(struct buf *b, const struct script *s, const struct comment *c) {
  const char *text = s->source->text + c->span.from + 2;
  uint32_t n = c->span.to - c->span.from - 2;
  if (n > 0 && *text == ' ') text++, n--;
  if (b->n) buf_putc(b, '\n');
  buf_putn(b, text, n);
}

const char *doc_comment(struct arena *a, const struct script *script, const struct ast *statement) {
  const struct comment *first = NULL, *last = NULL;
  for (const struct comment *c = script->comments; c && c->span.from < statement->span.from; c = c->next) {
    bool goes_on = last && line_of(script, c->span.from) == line_of(script, last->span.from) + 1;
    first = !is_doc(script, c) ? NULL : goes_on && first ? first : c;
    last = c;
  }
  if (!first || line_of(script, last->span.from) + 1 != line_of(script, statement->span.from)) return NULL;
  struct buf b;
  buf_init(&b, a);
  for (const struct comment *c = first; c != last->next; c = c->next) put_line(&b, script, c);
  return b.text;
}
