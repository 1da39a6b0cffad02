/* print.c: the canonical spelling.
 *
 * Every statement and line is printed on one line; lines that are too long are broken afterwards (lang/wrap.c).
 * Comments are printed before the first statement or line that begins after them, or behind the one on whose line
 * they stand.
 * Invariants: parse(print(s)) equals parse(s); print(parse(print(s))) is print(s).
 */
#include "lang/layout.h"
#include "lang/wrap.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct printer {
  struct buf *out;
  const struct source *source; /* NULL: numbers are printed by value */
  struct comment *comment;     /* the next that is not printed yet */
  int indent;                  /* of the line being printed */
};

static void put_expr(struct printer *p, const struct ast *e);

static void put_indent(struct printer *p) {
  buf_pad(p->out, ' ', (size_t)p->indent * PRINT_INDENT);
}

/* ---- expressions ---------------------------------------------------------------------------------------- */

static bool plain_name(const char *s) {
  static const char *const reserved[] = {"let", "fn", "if",  "else", "for",   "in", "use",
                                         "and", "or", "not", "true", "false", "NA"};
  for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
    if (strcmp(s, reserved[i]) == 0) return false;
  if (!(isalpha((unsigned char)*s) || *s == '_' || (unsigned char)*s >= 0x80)) return false;
  for (const char *c = s; *c; c++) {
    if (*c == '.' && (c[1] == '.' || !c[1])) return false;
    if (!(isalnum((unsigned char)*c) || *c == '_' || *c == '.' || (unsigned char)*c >= 0x80)) return false;
  }
  return true;
}

/* Above ASCII a quoted name may hold what only looks like a letter. */
static bool ascii(const char *s) {
  while (*s && (unsigned char)*s < 0x80) s++;
  return !*s;
}

/* Is this spelling more than a name when it stands without backticks? */
static bool means_something(const char *s) {
  return (strchr(s, '.') && s[1]) || layout_word(s) || !ascii(s);
}

/* A name of which the tree keeps the spelling alone. */
static void put_word(struct printer *p, const char *before, const char *s) {
  buf_printf(p->out, plain_name(s) && ascii(s) ? "%s%s" : "%s`%s`", before, s);
}

static void put_name(struct printer *p, const struct ast *n) {
  const char *whole = n->u.name.whole;
  bool dot = strcmp(whole, ".") == 0; /* in update(): what was there */
  bool quote = (!plain_name(whole) && !dot) || (n->u.name.quoted && means_something(whole));
  buf_printf(p->out, quote ? "`%s`" : "%s", whole);
}

static void put_text(struct printer *p, const char *s) {
  buf_putc(p->out, '"');
  for (; *s; s++) switch (*s) {
    case '"': buf_put(p->out, "\\\""); break;
    case '\\': buf_put(p->out, "\\\\"); break;
    case '\n': buf_put(p->out, "\\n"); break;
    case '\t': buf_put(p->out, "\\t"); break;
    default: buf_putc(p->out, *s);
    }
  buf_putc(p->out, '"');
}

/* As it was spelled; `2.` becomes `2`, because a `..` may follow. */
static void put_number(struct printer *p, const struct ast *n) {
  if (!p->source) {
    buf_printf(p->out, "%.15g", n->u.number.value);
    return;
  }
  const char *text = p->source->text;
  uint32_t to = n->span.to - (text[n->span.to - 1] == '.');
  buf_putn(p->out, text + n->span.from, to - n->span.from);
}

static void put_items(struct printer *p, const struct ast_list *items) {
  for (const struct ast *n = items->first; n; n = n->next) {
    put_expr(p, n);
    if (n->next) buf_put(p->out, ", ");
  }
}

/* In a script, several hypotheses stand on lines of their own. */
static void put_hypotheses(struct printer *p, const struct ast *n) {
  bool lines = p->source && n->u.list.items.n > 1;
  buf_put(p->out, "{");
  p->indent++;
  for (const struct ast *h = n->u.list.items.first; h; h = h->next) {
    buf_putc(p->out, lines ? '\n' : ' ');
    if (lines) put_indent(p);
    put_expr(p, h);
    if (h->next && !lines) buf_putc(p->out, ';');
  }
  p->indent--;
  if (n->u.list.items.n) buf_putc(p->out, lines ? '\n' : ' ');
  if (lines) put_indent(p);
  buf_putc(p->out, '}');
}

static bool tight(enum ast_op op) {
  return op == OP_COLON || op == OP_POW || op == OP_RANGE;
}

static void put_op(struct printer *p, const struct ast *n) {
  if (n->kind == AST_UNARY) {
    buf_put(p->out, ast_op_spelling(n->u.op.op));
    if (n->u.op.op == OP_NOT || n->u.op.op == OP_TILDE) buf_putc(p->out, ' ');
    put_expr(p, n->u.op.a);
  } else {
    put_expr(p, n->u.op.a);
    buf_printf(p->out, tight(n->u.op.op) ? "%s" : " %s ", ast_op_spelling(n->u.op.op));
    put_expr(p, n->u.op.b);
  }
}

static void put_call(struct printer *p, const struct ast *n, const char *open, const char *close) {
  put_expr(p, n->u.call.callee);
  buf_put(p->out, open);
  put_items(p, &n->u.call.args);
  buf_put(p->out, close);
}

static void put_arg(struct printer *p, const struct ast *n) {
  if (n->u.arg.key) {
    put_expr(p, n->u.arg.key);
    buf_put(p->out, " = ");
  }
  put_expr(p, n->u.arg.value);
}

static void put_param(struct printer *p, const struct ast *n) {
  put_expr(p, n->u.arg.key);
  if (n->u.arg.ptype) put_word(p, ": ", n->u.arg.ptype);
  if (!n->u.arg.value) return;
  buf_put(p->out, " = ");
  put_expr(p, n->u.arg.value);
}

/* Statements and lines never occur inside an expression. */
static void put_bare(struct printer *p, const struct ast *e) {
  switch ((int)e->kind) {
  case AST_NUMBER: put_number(p, e); break;
  case AST_TEXT: put_text(p, e->u.text.value); break;
  case AST_BOOL: buf_put(p->out, e->u.boolean.value ? "true" : "false"); break;
  case AST_NA: buf_put(p->out, "NA"); break;
  case AST_NAME: put_name(p, e); break;
  case AST_SLOT: buf_printf(p->out, ".%s", e->u.name.whole); break;
  case AST_SPLICE: buf_printf(p->out, "$%s", e->u.name.whole); break;
  case AST_LIST:
    buf_putc(p->out, '[');
    put_items(p, &e->u.list.items);
    buf_putc(p->out, ']');
    break;
  case AST_UNARY:
  case AST_BINARY: put_op(p, e); break;
  case AST_CALL: put_call(p, e, "(", ")"); break;
  case AST_INDEX: put_call(p, e, "[", "]"); break;
  case AST_FIELD:
    put_expr(p, e->u.field.of);
    buf_printf(p->out, ".%s", e->u.field.name);
    break;
  case AST_ARG: put_arg(p, e); break;
  case AST_PARAM: put_param(p, e); break;
  case AST_HYPOTHESES: put_hypotheses(p, e); break;
  default: buf_put(p->out, "<error>");
  }
}

/* A script keeps all its parentheses; a label only those of operators, which alone can mean something. */
static void put_expr(struct printer *p, const struct ast *e) {
  bool intercept = e->kind == AST_NAME &&
                   strcmp(e->u.name.whole, "Intercept") == 0; /* "(Intercept)", as reports print it */
  bool parens = e->parens && (p->source || e->kind == AST_BINARY || e->kind == AST_UNARY || intercept);
  if (parens) buf_putc(p->out, '(');
  put_bare(p, e);
  if (parens) buf_putc(p->out, ')');
}

/* Would the bare level be read as itself? */
static bool plain_level(const char *s) {
  char spelled[32], *end;
  double x = strtod(s, &end);
  if (*end || end == s) return plain_name(s) && ascii(s) && !strchr(s, '.');
  snprintf(spelled, sizeof spelled, "%.15g", x);
  return strcmp(spelled, s) == 0;
}

char *print_level(struct arena *a, const char *variable, const char *level) {
  struct buf out;
  buf_init(&out, a);
  struct printer p = {.out = &out};
  buf_printf(&out, "%s[", variable);
  if (plain_level(level))
    buf_put(&out, level);
  else
    put_text(&p, level);
  buf_putc(&out, ']');
  return out.text;
}

char *print_expr(struct arena *a, const struct ast *expr) {
  struct buf b;
  buf_init(&b, a);
  struct printer p = {.out = &b};
  put_expr(&p, expr);
  return b.text;
}

/* ---- statements and lines ------------------------------------------------------------------------------- */

static void put_lines(struct printer *p, const struct ast_list *lines, uint32_t end);
static void put_statement(struct printer *p, const struct ast *s);

static void put_block(struct printer *p, const struct ast_list *lines, uint32_t end) {
  if (lines->n == 0 && !(p->comment && p->comment->span.from < end)) {
    buf_put(p->out, "{ }");
    return;
  }
  buf_put(p->out, "{");
  p->indent++;
  put_lines(p, lines, end);
  p->indent--;
  buf_putc(p->out, '\n');
  put_indent(p);
  buf_putc(p->out, '}');
}

static void put_node(struct printer *p, const char *before, const struct ast *n) {
  if (!n) return;
  buf_put(p->out, before);
  put_expr(p, n);
}

static void put_word_list(struct printer *p, const char *word, const struct ast_list *items) {
  buf_printf(p->out, "%s ", word);
  put_items(p, items);
}

static void put_nesting(struct printer *p, const struct ast *n) {
  int i = 0;
  for (const struct ast *u = n->u.nesting.units.first; u; u = u->next, i++) {
    put_expr(p, u);
    if (n->u.nesting.unique[i]) buf_put(p->out, " (unique)");
    if (u->next) buf_put(p->out, " in ");
  }
}

static void put_unit(struct printer *p, const char *word, const struct ast *n) {
  buf_printf(p->out, "%s ", word);
  if (n->kind == AST_ROUNDROBIN) {
    put_node(p, "(", n->u.unit.var);
    put_node(p, ", ", n->u.unit.partner);
    buf_putc(p->out, ')');
  } else {
    put_expr(p, n->u.unit.var);
  }
  put_node(p, " of ", n->u.unit.of);
  put_node(p, " in ", n->u.unit.in);
  put_node(p, " by ", n->u.unit.by);
  put_node(p, " step ", n->u.unit.step);
}

static void put_cov(struct printer *p, const char *word, const struct ast *n) {
  buf_put(p->out, word);
  put_node(p, " ", n->u.cov.term);
  put_node(p, " by ", n->u.cov.by);
}

static void put_let(struct printer *p, const char *before, const char *between, const struct ast *n) {
  buf_put(p->out, before);
  put_expr(p, n->u.let.name);
  buf_put(p->out, between);
  put_expr(p, n->u.let.value);
}

static void put_params(struct printer *p, const struct ast_list *params) {
  buf_putc(p->out, '(');
  put_items(p, params);
  buf_putc(p->out, ')');
}

static void put_if(struct printer *p, const struct ast *n) {
  put_node(p, "if ", n->u.cond.cond);
  buf_putc(p->out, ' ');
  put_block(p, &n->u.cond.then->u.list.items, n->u.cond.then->span.to);
  if (!n->u.cond.otherwise) return;
  buf_put(p->out, " else ");
  if (n->u.cond.otherwise->kind == AST_IF)
    put_if(p, n->u.cond.otherwise);
  else
    put_block(p, &n->u.cond.otherwise->u.list.items, n->u.cond.otherwise->span.to);
}

static void put_data(struct printer *p, const struct ast *n) {
  put_node(p, "data ", n->u.data.name);
  put_node(p, " from ", n->u.data.file);
  put_node(p, " query ", n->u.data.query);
  put_node(p, " as ", n->u.data.design);
  if (!n->u.data.braces) return;
  buf_putc(p->out, ' ');
  put_block(p, &n->u.data.lines, n->span.to);
}

static void put_model(struct printer *p, const struct ast *n) {
  put_node(p, "model ", n->u.model.name);
  if (n->u.model.params.n) put_params(p, &n->u.model.params);
  put_node(p, " of ", n->u.model.of);
  buf_putc(p->out, ' ');
  put_block(p, &n->u.model.lines, n->span.to);
}

static bool holds_block(enum ast_kind kind) {
  return kind == AST_IF || kind == AST_FOR || kind == AST_FN || kind == AST_DATA || kind == AST_DESIGN ||
         kind == AST_MODEL;
}

static void put_for(struct printer *p, const struct ast *n) {
  put_node(p, "for ", n->u.loop.name);
  put_node(p, " in ", n->u.loop.over);
  buf_putc(p->out, ' ');
  put_block(p, &n->u.loop.body->u.list.items, n->span.to);
}

static void put_fn(struct printer *p, const struct ast *n) {
  put_node(p, "fn ", n->u.fn.name);
  put_params(p, &n->u.fn.params);
  buf_putc(p->out, ' ');
  put_block(p, &n->u.fn.body->u.list.items, n->span.to);
}

static void put_design(struct printer *p, const struct ast *n) {
  put_node(p, "design ", n->u.design.name);
  buf_putc(p->out, ' ');
  put_block(p, &n->u.design.lines, n->span.to);
}

static void put_compound(struct printer *p, const struct ast *n) {
  switch ((int)n->kind) {
  case AST_IF: put_if(p, n); break;
  case AST_FOR: put_for(p, n); break;
  case AST_FN: put_fn(p, n); break;
  case AST_DATA: put_data(p, n); break;
  case AST_DESIGN: put_design(p, n); break;
  case AST_MODEL: put_model(p, n); break;
  default: break;
  }
}

static void put_single(struct printer *p, const struct ast *n) {
  switch ((int)n->kind) {
  case AST_EXPR:
  case AST_MEAN: put_expr(p, n->u.expr.value); break;
  case AST_LET: put_let(p, "let ", " = ", n); break;
  case AST_ASSIGN:
  case AST_DERIVE: put_let(p, "", " = ", n); break;
  case AST_COLTYPE: put_let(p, "", ": ", n); break;
  case AST_USE: put_word(p, "use ", n->u.use.name); break;
  case AST_MISSING: put_word_list(p, "missing", &n->u.values.values); break;
  case AST_MEMBERS: put_word_list(p, "members", &n->u.values.values); break;
  case AST_ALLOW: put_word_list(p, "allow", &n->u.values.values); break;
  case AST_WHERE: put_node(p, "where ", n->u.expr.value); break;
  case AST_DECIMAL: put_node(p, "decimal ", n->u.expr.value); break;
  case AST_WEIGHTS: put_node(p, "weights ", n->u.expr.value); break;
  case AST_OFFSET: put_node(p, "offset ", n->u.expr.value); break;
  case AST_FAMILY: put_node(p, "family ", n->u.expr.value); break;
  case AST_NESTING: put_nesting(p, n); break;
  case AST_TIME: put_unit(p, "time", n); break;
  case AST_OCCASION: put_unit(p, "occasion", n); break;
  case AST_DYAD: put_unit(p, "dyad", n); break;
  case AST_ROUNDROBIN: put_unit(p, "roundrobin", n); break;
  case AST_RANDOM: put_cov(p, "random", n); break;
  case AST_RESIDUAL: put_cov(p, "residual", n); break;
  case AST_VARIANCE: put_cov(p, "variance", n); break;
  default: buf_put(p->out, "<error>");
  }
}

static void put_statement(struct printer *p, const struct ast *n) {
  put_indent(p);
  if (holds_block(n->kind))
    put_compound(p, n);
  else
    put_single(p, n);
}

/* ---- comments and blank lines --------------------------------------------------------------------------- */

static uint32_t line_of(const struct printer *p, uint32_t offset) {
  return source_place(p->source, offset).line;
}

static void put_comment(struct printer *p) {
  buf_putn(p->out, p->source->text + p->comment->span.from, p->comment->span.to - p->comment->span.from);
}

/* Starts a line of its own, with one blank line before it if the source has any there. */
static void start_line(struct printer *p, uint32_t from, uint32_t *previous_line, bool first) {
  uint32_t line = line_of(p, from);
  if (p->out->n > 0) buf_putc(p->out, '\n');
  if (!first && line > *previous_line + 1) buf_putc(p->out, '\n');
  *previous_line = line;
}

static void put_comments_before(struct printer *p, uint32_t offset, uint32_t *line, bool *first) {
  while (p->comment && p->comment->span.from < offset) {
    start_line(p, p->comment->span.from, line, *first);
    put_indent(p);
    put_comment(p);
    p->comment = p->comment->next;
    *first = false;
  }
}

/* Comments inside a statement that is no block: those on lines of their own move before it, the others behind. */
static void put_inner_comments(struct printer *p, const struct ast *s, bool alone, uint32_t *line,
                               bool *first) {
  bool behind = true;
  for (; p->comment && p->comment->span.from < s->span.to; p->comment = p->comment->next) {
    if (p->comment->alone != alone) continue;
    if (alone || !behind) {
      start_line(p, alone ? p->comment->span.from : s->span.to, line, *first);
      put_indent(p);
    } else {
      buf_put(p->out, "  ");
    }
    put_comment(p);
    behind = *first = false;
  }
}

static void put_trailing_comment(struct printer *p, const struct ast *s, uint32_t end) {
  const struct comment *c = p->comment;
  if (!c || c->alone || c->span.from >= end || line_of(p, c->span.from) != line_of(p, s->span.to)) return;
  if (s->next && s->next->span.from < c->span.from) return;
  buf_put(p->out, "  ");
  put_comment(p);
  p->comment = c->next;
}

static void put_line(struct printer *p, const struct ast *s, uint32_t *line, bool *first) {
  struct comment *inside = p->comment;
  bool single = !holds_block(s->kind);
  if (single) put_inner_comments(p, s, true, line, first);
  start_line(p, s->span.from, line, *first);
  *first = false;
  if (single) p->comment = inside;
  put_statement(p, s);
  *line = line_of(p, s->span.to);
  if (single) put_inner_comments(p, s, false, line, first);
}

static void put_lines(struct printer *p, const struct ast_list *lines, uint32_t end) {
  bool first = true;
  uint32_t line = 0;
  for (const struct ast *s = lines->first; s; s = s->next) {
    put_comments_before(p, s->span.from, &line, &first);
    put_line(p, s, &line, &first);
    put_trailing_comment(p, s, end);
  }
  put_comments_before(p, end, &line, &first);
}

void print_script(struct buf *out, const struct script *s) {
  struct buf flat;
  buf_init(&flat, out->arena);
  struct printer p = {.out = &flat, .source = s->source, .comment = s->comments};
  put_lines(&p, &s->statements, s->source->n + 1);
  if (flat.n > 0) buf_putc(&flat, '\n');
  wrap_lines(out, flat.text);
}
