#include "lang/build.h"
#include <string.h>

struct ast_list list_add(struct ast_list list, struct ast *node) {
  ast_append(&list, node);
  return list;
}

static struct ast *make(struct parser *p, enum ast_kind kind, struct span at) {
  return ast_new(&p->build, kind, at);
}

static struct ast *sealed(struct parser *p, struct ast *node) {
  ast_seal(&p->build, node);
  return node;
}

struct ast *node_number(struct parser *p, struct span at, struct token t) {
  struct ast *n = make(p, AST_NUMBER, at);
  n->u.number.value = t.number;
  return n;
}

struct ast *node_text(struct parser *p, struct span at, struct token t) {
  struct ast *n = make(p, AST_TEXT, at);
  n->u.text.value = t.text;
  return n;
}

struct ast *node_bool(struct parser *p, struct span at, bool value) {
  struct ast *n = make(p, AST_BOOL, at);
  n->u.boolean.value = value;
  return n;
}

static int count_parts(const struct token *t) {
  int n = 1;
  if (!t->quoted)
    for (const char *s = t->text; *s; s++) n += *s == '.';
  return n;
}

struct ast *node_name(struct parser *p, enum ast_kind kind, struct span at, struct token t) {
  struct ast *n = make(p, kind, at);
  n->u.name.whole = t.text;
  n->u.name.quoted = t.quoted;
  n->u.name.n_parts = count_parts(&t);
  n->u.name.part = arena_array(p->build.arena, (size_t)n->u.name.n_parts, const char *);
  const char *from = t.text;
  for (int i = 0; i < n->u.name.n_parts; i++) {
    size_t length = i + 1 < n->u.name.n_parts ? strcspn(from, ".") : strlen(from);
    n->u.name.part[i] = arena_strndup(p->build.arena, from, length);
    from += length + 1;
  }
  return n;
}

struct ast *node_list(struct parser *p, enum ast_kind kind, struct span at, struct ast_list items) {
  struct ast *n = make(p, kind, at);
  n->u.list.items = items;
  return sealed(p, n);
}

struct ast *node_unary(struct parser *p, enum ast_op op, struct span at, struct ast *a) {
  struct ast *n = make(p, AST_UNARY, at);
  n->u.op.op = op;
  n->u.op.a = a;
  return sealed(p, n);
}

struct ast *node_binary(struct parser *p, enum ast_op op, struct span at, struct ast *a, struct ast *b) {
  struct ast *n = make(p, AST_BINARY, at);
  n->u.op.op = op;
  n->u.op.a = a;
  n->u.op.b = b;
  return sealed(p, n);
}

/* The place of an operator in parentheses includes them; that of a number must stay its spelling. */
struct ast *node_parens(struct ast *inner, struct span at) {
  inner->parens = true;
  if (inner->kind == AST_BINARY || inner->kind == AST_UNARY) inner->span = at;
  return inner;
}

struct ast *node_call(struct parser *p, enum ast_kind kind, struct span at, struct ast *callee,
                      struct ast_list args) {
  struct ast *n = make(p, kind, at);
  n->u.call.callee = callee;
  n->u.call.args = args;
  return sealed(p, n);
}

struct ast *node_field(struct parser *p, struct span at, struct ast *of, struct token name) {
  struct ast *n = make(p, AST_FIELD, at);
  n->u.field.of = of;
  n->u.field.name = name.text;
  return sealed(p, n);
}

static bool may_be_key(const struct ast *key) {
  if (key->kind == AST_UNARY && key->u.op.op == OP_NEG) key = key->u.op.a;
  return key->kind == AST_NAME || key->kind == AST_NUMBER || key->kind == AST_TEXT || key->kind == AST_ERROR;
}

struct ast *node_arg(struct parser *p, struct span at, struct ast *key, struct ast *value) {
  struct ast *n = make(p, AST_ARG, at);
  if (key && !may_be_key(key))
    diag_add(p->build.diags, p->build.source, at, DIAG_EQUALS_IN_ARGUMENT, DIAG_END);
  n->u.arg.key = key;
  n->u.arg.value = value;
  return sealed(p, n);
}

struct ast *node_param(struct parser *p, struct span at, struct ast *name, const char *type,
                       struct ast *value) {
  struct ast *n = make(p, AST_PARAM, at);
  n->u.arg.key = name;
  n->u.arg.value = value;
  n->u.arg.ptype = type;
  return sealed(p, n);
}

struct ast *node_expr(struct parser *p, enum ast_kind kind, struct span at, struct ast *value) {
  struct ast *n = make(p, kind, at);
  n->u.expr.value = value;
  return sealed(p, n);
}

struct ast *node_let(struct parser *p, enum ast_kind kind, struct span at, struct ast *name,
                     struct ast *value) {
  struct ast *n = make(p, kind, at);
  n->u.let.name = name;
  n->u.let.value = value;
  return sealed(p, n);
}

struct ast *node_if(struct parser *p, struct span at, struct ast *cond, struct ast *then,
                    struct ast *otherwise) {
  struct ast *n = make(p, AST_IF, at);
  n->u.cond.cond = cond;
  n->u.cond.then = then;
  n->u.cond.otherwise = otherwise;
  return sealed(p, n);
}

struct ast *node_for(struct parser *p, struct span at, struct ast *name, struct ast *over, struct ast *body) {
  struct ast *n = make(p, AST_FOR, at);
  n->u.loop.name = name;
  n->u.loop.over = over;
  n->u.loop.body = body;
  return sealed(p, n);
}

struct ast *node_fn(struct parser *p, struct span at, struct ast *name, struct ast_list params,
                    struct ast *body) {
  struct ast *n = make(p, AST_FN, at);
  n->u.fn.name = name;
  n->u.fn.params = params;
  n->u.fn.body = body;
  return sealed(p, n);
}

struct ast *node_use(struct parser *p, struct span at, struct token name) {
  struct ast *n = make(p, AST_USE, at);
  n->u.use.name = name.text;
  return n;
}

struct ast *node_values(struct parser *p, enum ast_kind kind, struct span at, struct ast_list values) {
  struct ast *n = make(p, kind, at);
  n->u.values.values = values;
  return sealed(p, n);
}

struct ast *node_data(struct parser *p, struct span at, struct ast *name, struct ast *file, struct ast *query,
                      struct ast *design, struct ast_list lines, struct span braces) {
  struct ast *n = make(p, AST_DATA, at);
  n->u.data.name = name;
  n->u.data.file = file;
  n->u.data.query = query;
  n->u.data.design = design;
  n->u.data.lines = lines;
  n->u.data.braces = braces.to > braces.from;
  return sealed(p, n);
}

struct ast *node_design(struct parser *p, struct span at, struct ast *name, struct ast_list lines) {
  struct ast *n = make(p, AST_DESIGN, at);
  n->u.design.name = name;
  n->u.design.lines = lines;
  return sealed(p, n);
}

struct ast *node_unique(struct parser *p, struct span at, struct ast *name, struct token word,
                        struct span word_at) {
  if (strcmp(word.text, "unique") != 0)
    diag_add(p->build.diags, p->build.source, word_at, DIAG_NOT_UNIQUE, word.text, DIAG_END);
  return node_arg(p, at, name, name);
}

struct ast *node_nesting(struct parser *p, struct span at, struct ast_list units) {
  struct ast *n = make(p, AST_NESTING, at);
  n->u.nesting.unique = arena_array(p->build.arena, (size_t)units.n, bool);
  int i = 0;
  for (const struct ast *u = units.first; u; u = u->next) {
    n->u.nesting.unique[i++] = u->u.arg.key != NULL;
    ast_append(&n->u.nesting.units, u->u.arg.value);
  }
  return sealed(p, n);
}

struct ast *node_unit(struct parser *p, enum ast_kind kind, struct span at, struct ast *var,
                      struct ast *partner, struct ast *in, struct ast *step) {
  struct ast *n = make(p, kind, at);
  n->u.unit.var = var;
  n->u.unit.partner = partner;
  n->u.unit.in = in;
  n->u.unit.step = step;
  return sealed(p, n);
}

struct ast *node_model(struct parser *p, struct span at, struct ast *name, struct ast_list params,
                       struct ast *of, struct ast_list lines) {
  struct ast *n = make(p, AST_MODEL, at);
  n->u.model.name = name;
  n->u.model.params = params;
  n->u.model.of = of;
  n->u.model.lines = lines;
  return sealed(p, n);
}

struct ast *node_cov(struct parser *p, enum ast_kind kind, struct span at, struct ast *term, struct ast *by) {
  struct ast *n = make(p, kind, at);
  n->u.cov.term = term;
  n->u.cov.by = by;
  return sealed(p, n);
}

struct ast *node_leading_sign(struct parser *p, struct span at, struct span sign) {
  const char found[2] = {p->build.source->text[sign.from], '\0'};
  diag_add(p->build.diags, p->build.source, sign, DIAG_LEADING_SIGN, found, DIAG_END);
  return make(p, AST_ERROR, at);
}
