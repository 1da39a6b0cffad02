#include "lang/ast.h"

struct dump {
  struct buf *out;
  const struct source *source;
  bool typed;
  int indent;
};

static void put_payload(struct buf *out, const struct ast *n) {
  switch ((int)n->kind) {
  case AST_NUMBER: buf_printf(out, " %.17g", n->u.number.value); break;
  case AST_TEXT: buf_printf(out, " \"%s\"", n->u.text.value); break;
  case AST_BOOL: buf_put(out, n->u.boolean.value ? " true" : " false"); break;
  case AST_NAME:
  case AST_SLOT:
  case AST_SPLICE: buf_printf(out, " %s", n->u.name.whole); break;
  case AST_UNARY:
  case AST_BINARY: buf_printf(out, " %s", ast_op_spelling(n->u.op.op)); break;
  case AST_FIELD: buf_printf(out, " .%s", n->u.field.name); break;
  case AST_USE: buf_printf(out, " %s", n->u.use.name); break;
  default: break;
  }
}

static void dump_node(struct ast *n, void *arg) {
  struct dump *d = arg;
  struct place from = source_place(d->source, n->span.from), to = source_place(d->source, n->span.to);
  buf_pad(d->out, ' ', 2 * (size_t)d->indent);
  buf_put(d->out, ast_kind_name(n->kind));
  put_payload(d->out, n);
  if (d->typed && n->type != TYPE_UNKNOWN) buf_printf(d->out, " : %s", type_name(n->type));
  buf_printf(d->out, "  %u:%u-%u:%u\n", from.line, from.column, to.line, to.column);
  d->indent++;
  ast_children(n, dump_node, d);
  d->indent--;
}

void ast_dump(struct buf *out, const struct script *s, bool typed) {
  struct dump d = {.out = out, .source = s->source, .typed = typed};
  for (struct ast *n = s->statements.first; n; n = n->next) dump_node(n, &d);
}
