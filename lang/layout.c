#include "lang/layout.h"
#include "kin.tab.h"
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EXCERPT_MAX = 40 }; /* bytes of a token in a message */

typedef void *yyscan_t;
typedef struct yy_buffer_state *YY_BUFFER_STATE;
int kin_raw_lex_init_extra(struct raw *extra, yyscan_t *scanner);
YY_BUFFER_STATE kin_raw__scan_bytes(const char *bytes, int n, yyscan_t scanner);
int kin_raw_lex(yyscan_t scanner);

/* ---- the raw lexer's actions ---------------------------------------------------------------------------- */

void raw_advance(struct raw *r, uint32_t n) {
  r->from = r->at;
  r->at += n;
}

static struct span raw_span(const struct raw *r) {
  return (struct span){r->from, r->at};
}

static bool alone_on_line(const struct source *s, uint32_t at) {
  while (at > 0 && (s->text[at - 1] == ' ' || s->text[at - 1] == '\t')) at--;
  return at == 0 || s->text[at - 1] == '\n';
}

void raw_comment(struct raw *r) {
  struct comment *c = arena_make(r->arena, struct comment);
  c->span = raw_span(r);
  while (c->span.to > c->span.from && strchr(" \t\r", r->source->text[c->span.to - 1])) c->span.to--;
  c->alone = alone_on_line(r->source, c->span.from);
  *r->comments_end = c;
  r->comments_end = &c->next;
}

const char *layout_excerpt(struct arena *a, const struct source *s, struct span span) {
  uint32_t n = span.to - span.from < EXCERPT_MAX ? span.to - span.from : EXCERPT_MAX;
  while (n < span.to - span.from && n > 0 && ((unsigned char)s->text[span.from + n] & 0xC0) == 0x80) n--;
  char *text = arena_strndup(a, s->text + span.from, n);
  for (char *c = text; *c; c++)
    if ((unsigned char)*c < ' ' || *c == 127) *c = '?';
  return text;
}

int raw_fail(struct raw *r, enum diag_code code) {
  const char *word = layout_excerpt(r->arena, r->source, raw_span(r));
  diag_add(r->diags, r->source, raw_span(r), code, word, DIAG_END);
  return BAD;
}

/* Characters above ASCII that come into scripts from word processors and web pages. */
static const struct impostor {
  const char *bytes, *name, *remedy;
} impostors[] = {
    {"\xC2\xA0", "a no-break space", "type a plain space"},
    {"\xE2\x80\xAF", "a narrow no-break space", "type a plain space"},
    {"\xE2\x80\x8B", "an invisible zero-width space", "delete it"},
    {"\xEF\xBB\xBF", "an invisible byte order mark", "delete it"},
    {"\xE2\x80\x9C", "a curly quote", "text stands in straight quotes: \"...\""},
    {"\xE2\x80\x9D", "a curly quote", "text stands in straight quotes: \"...\""},
    {"\xE2\x80\x9E", "a curly quote", "text stands in straight quotes: \"...\""},
    {"\xE2\x80\x98", "a curly quote", "text stands in straight quotes: \"...\""},
    {"\xE2\x80\x99", "a curly quote", "text stands in straight quotes: \"...\""},
    {"\xE2\x88\x92", "a typographic minus", "type `-`"},
    {"\xE2\x80\x93", "a dash", "type `-`"},
    {"\xE2\x80\x94", "a dash", "type `-`"},
    {"\xC3\x97", "a multiplication sign", "type `*`"},
    {"\xE2\x89\xA4", "a typographic comparison", "type `<=`"},
    {"\xE2\x89\xA5", "a typographic comparison", "type `>=`"},
    {"\xE2\x89\xA0", "a typographic comparison", "type `!=`"},
};

/* The first impostor in s[0..n) is reported where it stands. */
static bool report_impostor(struct raw *r, const char *s, size_t n) {
  const char *first = NULL;
  const struct impostor *which = NULL;
  for (const struct impostor *i = impostors; i < impostors + sizeof impostors / sizeof *impostors; i++) {
    const char *at = memmem(s, n, i->bytes, strlen(i->bytes));
    if (!at || (first && at >= first)) continue;
    first = at;
    which = i;
  }
  if (!which) return false;
  uint32_t from = r->at - (uint32_t)n + (uint32_t)(first - s);
  struct span span = {from, from + (uint32_t)strlen(which->bytes)};
  diag_add(r->diags, r->source, span, DIAG_IMPOSTOR, which->name, which->remedy, DIAG_END);
  return true;
}

bool raw_name(struct raw *r, const char *s, size_t n) {
  r->token.text = arena_strndup(r->arena, s, n);
  r->token.quoted = false;
  return !report_impostor(r, s, n);
}

void raw_quoted(struct raw *r, const char *s, size_t n) {
  r->token.text = arena_strndup(r->arena, s, n);
  r->token.quoted = true;
}

/* A host program's locale must not decide what `1.5` is. */
bool raw_number(struct raw *r, const char *s) {
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  r->token.number = plain ? strtod_l(s, NULL, plain) : strtod(s, NULL);
  if (plain) freelocale(plain);
  if (isfinite(r->token.number)) return true;
  raw_fail(r, DIAG_NUMBER_TOO_LARGE);
  return false;
}

static char escaped(char c) {
  switch (c) {
  case 'n': return '\n';
  case 't': return '\t';
  case '"':
  case '\\': return c;
  default: return '\0';
  }
}

bool raw_text(struct raw *r, const char *s, size_t n) {
  char *out = arena_raw(r->arena, n + 1, char);
  size_t length = 0;
  for (size_t i = 0; i < n; i++) {
    char c = s[i];
    if (c == '\\') c = escaped(s[++i]);
    if (!c) {
      raw_fail(r, DIAG_BAD_ESCAPE);
      return false;
    }
    out[length++] = c;
  }
  out[length] = '\0';
  r->token.text = out;
  return true;
}

void *raw_memory(struct raw *r, size_t n) {
  return arena_alloc(r->arena, n, 1);
}

_Noreturn void raw_broken(struct raw *r) {
  mem_unwind(arena_mem(r->arena), UNWIND_MEMORY);
}

/* ---- reading ahead -------------------------------------------------------------------------------------- */

struct layout *layout_start(struct arena *a, struct diags *diags, const struct source *source) {
  struct layout *l = arena_make(a, struct layout);
  l->raw = (struct raw){.arena = a, .diags = diags, .source = source};
  l->raw.comments_end = &l->raw.comments;
  l->last.kind = NEWLINE;
  uint32_t mark = strncmp(source->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0; /* byte order mark */
  l->raw.at = mark;
  yyscan_t scanner = NULL;
  kin_raw_lex_init_extra(&l->raw, &scanner);
  l->scanner = scanner;
  kin_raw__scan_bytes(source->text + mark, (int)(source->n - mark), scanner);
  return l;
}

static struct token read_raw(struct layout *l) {
  l->raw.token = (struct token){0};
  struct token t;
  int kind = kin_raw_lex(l->scanner);
  t = l->raw.token;
  t.kind = kind;
  t.span = kind ? (struct span){l->raw.from, l->raw.at} : (struct span){l->raw.source->n, l->raw.source->n};
  return t;
}

/* The i-th raw token ahead, 0 the next. */
static const struct token *ahead(struct layout *l, int i) {
  while (l->n_queue <= i) l->queue[l->n_queue++] = read_raw(l);
  return &l->queue[i];
}

static struct token take(struct layout *l) {
  struct token t = *ahead(l, 0);
  memmove(l->queue, l->queue + 1, (size_t)--l->n_queue * sizeof *l->queue);
  return t;
}

/* ---- words of their place ------------------------------------------------------------------------------- */

struct word {
  const char *text;
  int kind;
};

static const struct word statements[] = {
    {"data", DATA}, {"design", DESIGN}, {"model", MODEL}, {"allow", ALLOW}};
static const struct word data_lines[] = {
    {"missing", MISSING}, {"decimal", DECIMAL}, {"where", WHERE}, {"members", MEMBERS}};
static const struct word design_lines[] = {
    {"time", TIME}, {"occasion", OCCASION}, {"dyad", DYAD}, {"roundrobin", ROUNDROBIN}};
static const struct word model_lines[] = {
    {"random", RANDOM}, {"residual", RESIDUAL}, {"variance", VARIANCE}, {"weights", WEIGHTS},
    {"offset", OFFSET}, {"family", FAMILY},     {"allow", ALLOW}};
static const struct word connecting[] = {{"from", FROM}, {"query", QUERY}, {"as", AS},
                                         {"of", OF},     {"by", BY},       {"step", STEP}};

#define LOOKUP(table, text) lookup((table), sizeof(table) / sizeof *(table), (text))

static int lookup(const struct word *table, size_t n, const char *text) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(table[i].text, text) == 0) return table[i].kind;
  return 0;
}

static bool ends_operand(int kind) {
  return kind == NAME || kind == SLOT || kind == SPLICE || kind == FIELDNAME || kind == NUMBER ||
         kind == TEXT || kind == TRUE || kind == FALSE || kind == NA || kind == ')' || kind == ']' ||
         kind == '}';
}

static int block_of(const struct layout *l) {
  if (l->n_brackets == 0) return 0;
  return l->bracket[l->n_brackets - 1].open == '{' ? l->bracket[l->n_brackets - 1].block : -1;
}

/* A token that begins an operand and is no operator: after a name it can only be `name(`. */
static bool begins_operand(int kind) {
  return kind == NAME || kind == NUMBER || kind == TEXT || kind == SLOT || kind == SPLICE || kind == '(' ||
         kind == TRUE || kind == FALSE || kind == NA || kind == NOT;
}

/* The keyword that a word is at the start of a line; 0 where the next token shows that it is a name there. */
static int line_word(struct layout *l, const char *text) {
  int next = ahead(l, 0)->kind;
  int kind = 0;
  switch (block_of(l)) {
  case 0: return next == NAME ? LOOKUP(statements, text) : 0;
  case DATA: return next == '=' || next == ':' ? 0 : LOOKUP(data_lines, text);
  case DESIGN: kind = LOOKUP(design_lines, text); return next == (kind == ROUNDROBIN ? '(' : NAME) ? kind : 0;
  case MODEL:
    kind = LOOKUP(model_lines, text);
    return (kind == ALLOW ? next == NAME : begins_operand(next)) ? kind : 0;
  default: return 0;
  }
}

bool layout_word(const char *text) {
  return LOOKUP(statements, text) || LOOKUP(data_lines, text) || LOOKUP(design_lines, text) ||
         LOOKUP(model_lines, text) || LOOKUP(connecting, text);
}

static int contextual(struct layout *l, const struct token *t) {
  if (t->quoted) return NAME;
  int kind = 0;
  if (l->last.kind == NEWLINE || l->last.kind == '{')
    kind = line_word(l, t->text);
  else if (ends_operand(l->last.kind) || l->last.kind == VARIANCE)
    kind = LOOKUP(connecting, t->text);
  if (l->last.kind == VARIANCE && kind != BY) kind = 0;
  if (kind == DATA || kind == DESIGN || kind == MODEL) l->block = kind;
  return kind ? kind : NAME;
}

/* ---- brackets and newlines ------------------------------------------------------------------------------ */

bool layout_joins(int kind) {
  return kind == '+' || kind == '-' || kind == '*' || kind == '/' || kind == '^' || kind == '~' ||
         kind == '|' || kind == ':' || kind == '=' || kind == '<' || kind == '>' || kind == '@' ||
         kind == '(' || kind == '[' || kind == '{' || kind == ',' || kind == BARBAR || kind == EQ ||
         kind == NE || kind == LE || kind == GE || kind == RANGE || kind == IN || kind == AND || kind == OR ||
         kind == NOT || kind == NEWLINE || kind == LEADING_SIGN;
}

static char closer_of(char open) {
  return open == '(' ? ')' : open == '[' ? ']' : '}';
}

static void fail_with(struct layout *l, struct span span, enum diag_code code, const char *a, const char *b) {
  diag_add(l->raw.diags, l->raw.source, span, code, a, b, DIAG_END);
  l->failed = true;
}

static void open_bracket(struct layout *l, const struct token *t) {
  if (l->n_brackets == NESTING_MAX) {
    fail_with(l, t->span, DIAG_NESTED_TOO_DEEP, arena_printf(l->raw.arena, "%d", NESTING_MAX), NULL);
    return;
  }
  int block = t->kind == '{' ? (l->block ? l->block : 0) : -1;
  if (t->kind == '{') l->block = 0;
  l->bracket[l->n_brackets].open = (char)t->kind;
  l->bracket[l->n_brackets].block = block;
  l->bracket[l->n_brackets++].span = t->span;
}

/* The newline before a `}` was refused inside a bracket: the bracket ends with the block that it lies in. */
static bool close_block(struct layout *l) {
  int n = l->n_brackets;
  while (n > 0 && l->bracket[n - 1].open != '{') n--;
  if (n > 0) l->n_brackets = n - 1;
  return n > 0;
}

/* False after an error: the token closes nothing, or something else. */
static bool close_bracket(struct layout *l, const struct token *t) {
  const char found[2] = {(char)t->kind, '\0'};
  if (l->n_brackets == 0) {
    if (t->kind != '}' || !l->recovered)
      diag_add(l->raw.diags, l->raw.source, t->span, DIAG_CLOSER_ALONE, found, DIAG_END);
    return false;
  }
  char open = l->bracket[l->n_brackets - 1].open;
  if (t->kind == '}' && open != '{' && l->last.kind == NEWLINE && close_block(l)) return true;
  if (closer_of(open) == t->kind) {
    l->n_brackets--;
    return true;
  }
  const char want[2] = {closer_of(open), '\0'};
  struct diag *d = diag_add(l->raw.diags, l->raw.source, t->span, DIAG_WRONG_CLOSER, found, want, DIAG_END);
  diag_note(l->raw.diags, d, l->raw.source, l->bracket[l->n_brackets - 1].span, "opened here");
  return false;
}

bool layout_open(const struct layout *l, uint32_t before, struct span *span) {
  int n = l->n_brackets;
  while (n > 0 && l->bracket[n - 1].span.from >= before) n--;
  if (n > 0) *span = l->bracket[n - 1].span;
  return n > 0;
}

/* Does a newline here end something? */
static bool newline_counts(struct layout *l) {
  if (layout_joins(l->last.kind)) return false;
  if (l->n_brackets && l->bracket[l->n_brackets - 1].open != '{') return false;
  if (l->last.kind != '}') return true;
  int i = 0;
  while (i < LAYOUT_QUEUE - 1 && ahead(l, i)->kind == NEWLINE) i++;
  return ahead(l, i)->kind != ELSE;
}

static struct token supplied_newline(struct span at) {
  return (struct token){.kind = NEWLINE, .span = {at.from, at.from}};
}

static bool wants_newline_before(const struct layout *l, const struct token *t) {
  return (t->kind == '}' || t->kind == 0) && l->last.kind != NEWLINE && l->last.kind != '{';
}

static bool begins_line(const struct layout *l) {
  return l->last.kind == NEWLINE || (l->last.kind == '{' && block_of(l) >= 0);
}

/* After these a `.name` without a space is a field. */
static bool has_fields(int kind) {
  return kind == ')' || kind == ']' || kind == FIELDNAME;
}

static struct token shape(struct layout *l, struct token t) {
  switch (t.kind) {
  case NAME: t.kind = contextual(l, &t); break;
  case SLOT:
    if (has_fields(l->last.kind) && l->last.span.to == t.span.from) t.kind = FIELDNAME;
    break;
  case '+':
  case '-':
    if (begins_line(l) && l->last.span.to > 0) t.kind = LEADING_SIGN;
    break;
  case '(':
  case '[':
  case '{': open_bracket(l, &t); break;
  case ')':
  case ']':
  case '}':
    if (!close_bracket(l, &t)) t.kind = BAD;
    break;
  default: break;
  }
  return t;
}

/* ---- after a syntax error ------------------------------------------------------------------------------- */

void layout_recover(struct layout *l) {
  l->recovering = l->last.kind != NEWLINE;
  l->recovered = true;
}

/* Reserved words that begin a statement: a bracket left open before one of them was forgotten. */
static bool begins_statement(int kind) {
  return kind == LET || kind == FN || kind == USE || kind == 0;
}

/* Skips to the end of the statement, brackets and blocks inside it included. */
static struct token skip_statement(struct layout *l) {
  l->recovering = false;
  for (;;) {
    const struct token *t = ahead(l, 0);
    bool ends_line =
        t->kind == NEWLINE && (l->n_brackets <= l->line_depth || begins_statement(ahead(l, 1)->kind));
    bool closes_block = t->kind == '}' && l->n_brackets == l->line_depth && l->line_depth > 0;
    if (ends_line || closes_block || t->kind == 0) break;
    struct token skipped = take(l);
    if (strchr("([{", skipped.kind) && l->n_brackets < NESTING_MAX) open_bracket(l, &skipped);
    if (strchr(")]}", skipped.kind) && l->n_brackets > l->line_depth) l->n_brackets--;
  }
  l->n_brackets = l->line_depth < l->n_brackets ? l->line_depth : l->n_brackets;
  l->last = supplied_newline(ahead(l, 0)->span);
  return l->last;
}

struct token layout_next(struct layout *l) {
  if (l->recovering && !l->failed) return skip_statement(l);
  struct token t;
  do {
    if (wants_newline_before(l, ahead(l, 0))) {
      l->last = supplied_newline(ahead(l, 0)->span);
      return l->last;
    }
    t = take(l);
  } while (t.kind == NEWLINE && !newline_counts(l));
  if (begins_line(l)) l->line_depth = l->n_brackets;
  t = shape(l, t);
  if (l->failed) t.kind = 0;
  l->last = t;
  return t;
}
