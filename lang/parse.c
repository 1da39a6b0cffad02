/* parse.c: from a text to a script; what a syntax error says. */
#include "lang/base/text.h"
#include "lang/build.h"
#include "kin.tab.h"
#include <string.h>

void parser_exhausted(struct parser *p, struct span at) {
  diag_add(p->build.diags, p->build.source, at, DIAG_NESTED_TOO_DEEP, "the parser's stack", DIAG_END);
}

/* ---- what was expected ---------------------------------------------------------------------------------- */

static bool among(const char *name, const char *const *names, int n) {
  for (int i = 0; i < n; i++)
    if (strcmp(names[i], name) == 0) return true;
  return false;
}

static const char *const starts_expression[] = {"a name", "a number", "a text", "a slot", "a `$` name",
                                                "`true`", "`false`",  "`NA`",   "`[`",    "`(`",
                                                "`not`",  "`~`",      "`-`",    "`+`"};
static const char *const operators[] = {"`or`", "`and`", "`|`",  "`||`", "`==`", "`!=`", "`<`",    "`<=`",
                                        "`>`",  "`>=`",  "`..`", "`+`",  "`-`",  "`*`",  "`/`",    "`@`",
                                        "`in`", "`:`",   "`^`",  "`~`",  "`[`",  "`(`",  "a field"};
#define COUNT(x) ((int)(sizeof(x) / sizeof *(x)))

/* "an expression, `)` or ..." */
static const char *expectation(struct arena *a, const char *const *expected, int n) {
  bool expression = among("a number", expected, n) && among("`(`", expected, n);
  bool operator= !expression && among("`*`", expected, n);
  const char *shown[8];
  int m = 0;
  if (expression) shown[m++] = "an expression";
  if (operator) shown[m++] = "an operator";
  for (int i = 0; i < n && m < COUNT(shown); i++) {
    if (strcmp(expected[i], "a leading sign") == 0 || strcmp(expected[i], "an unreadable character") == 0)
      continue;
    if (expression && among(expected[i], starts_expression, COUNT(starts_expression))) continue;
    if (operator&& among(expected[i], operators, COUNT(operators))) continue;
    shown[m++] = expected[i];
  }
  if (m == 0) return NULL;
  struct buf b;
  buf_init(&b, a);
  for (int i = 0; i < m; i++) buf_printf(&b, "%s%s", i == 0 ? "" : i + 1 < m ? ", " : " or ", shown[i]);
  return b.text;
}

static const char *found_text(struct parser *p, struct span at, const char *found) {
  if (!found || at.to <= at.from)
    return found && strcmp(found, "the end of the line") == 0 ? found : "the end of the script";
  if (p->build.source->text[at.from] == '\n') return "the end of the line";
  uint32_t n = at.to - at.from < 40 ? at.to - at.from : 40;
  return arena_printf(p->build.arena, "`%.*s`", (int)n, p->build.source->text + at.from);
}

/* Two names side by side: was the first a misspelt word of the language? */
static const char *misspelt_word(struct parser *p, struct span at) {
  static const char *const words[] = {"data", "design", "model",  "let",      "fn",    "for",
                                      "if",   "use",    "random", "residual", "where", "missing"};
  const char *text = p->build.source->text;
  uint32_t to = at.from;
  while (to > 0 && text[to - 1] == ' ') to--;
  uint32_t from = to;
  while (from > 0 &&
         (text[from - 1] == '_' || ((text[from - 1] | 32) >= 'a' && (text[from - 1] | 32) <= 'z')))
    from--;
  if (from == to) return NULL;
  return text_nearest(arena_strndup(p->build.arena, text + from, to - from), words, COUNT(words));
}

static const char *remedy(struct parser *p, struct span at, const char *found, const char *const *expected,
                          int n) {
  if (found && strcmp(found, "`=`") == 0 && among("`==`", expected, n)) return "a comparison is written `==`";
  if (found && strcmp(found, "a name") == 0) {
    const char *word = misspelt_word(p, at);
    if (word) return arena_printf(p->build.arena, "did you mean `%s`?", word);
  }
  if (among("`from`", expected, n)) return "a data block begins: data NAME from \"file.csv\"";
  return NULL;
}

void parser_unexpected(struct parser *p, struct span at, const char *found, const char *const *expected,
                       int n) {
  if (p->layout->failed || (found && strcmp(found, "an unreadable character") == 0)) {
    layout_recover(p->layout);
    return; /* told already */
  }
  struct arena *a = p->build.arena;
  layout_recover(p->layout);
  struct diag *d = diag_add(p->build.diags, p->build.source, at, DIAG_UNEXPECTED, found_text(p, at, found),
                            expectation(a, expected, n), remedy(p, at, found, expected, n), DIAG_END);
  struct span open;
  if (at.from >= p->build.source->n && layout_open(p->layout, &open))
    diag_note(p->build.diags, d, p->build.source, open, "this bracket is still open");
}

/* ---- from a text to a script ---------------------------------------------------------------------------- */

static bool readable(struct diags *diags, const struct source *s, const char *text, size_t n) {
  const char *nul = memchr(text, '\0', n);
  size_t bad = utf8_check(text, n);
  if (nul && (size_t)(nul - text) <= bad)
    bad = (size_t)(nul - text);
  else if (bad == n)
    return true;
  struct span at = {(uint32_t)bad, (uint32_t)bad};
  diag_add(diags, s, at, nul && (size_t)(nul - text) == bad ? DIAG_NUL_BYTE : DIAG_NOT_UTF8, DIAG_END);
  return false;
}

struct script *parse_script(struct mem *m, struct diags *diags, const char *name, const char *folder,
                            const char *text, size_t n) {
  struct arena *a = arena_new(m);
  struct script *script = arena_make(a, struct script);
  script->arena = a;
  bool too_long = n > SOURCE_MAX;
  const struct source *source = source_new(a, name, folder, text, too_long ? 0 : (uint32_t)n);
  script->source = source;
  if (too_long) {
    const char *limit = arena_printf(a, "%d", SOURCE_MAX >> 20);
    diag_add(diags, NULL, (struct span){0, 0}, DIAG_SOURCE_TOO_LONG, name, limit, DIAG_END);
    return script;
  }
  if (!readable(diags, source, text, n)) return script;
  struct parser *p = arena_make(a, struct parser);
  p->layout = layout_start(a, diags, source);
  p->build = (struct ast_builder){.arena = a, .diags = diags, .source = source};
  kin_yyparse(p);
  script->statements = p->statements;
  script->comments = p->layout->raw.comments;
  return script;
}

bool parse_incomplete(struct mem *m, const char *text, size_t n) {
  if (n > SOURCE_MAX || utf8_check(text, n) < n || memchr(text, '\0', n)) return false;
  struct arena *mark = arena_pool_mark(m);
  struct arena *a = arena_new(m);
  struct diags *quiet = diags_new(m);
  struct layout *l = layout_start(a, quiet, source_new(a, "", "", text, (uint32_t)n));
  struct token t, before = {0};
  while ((t = layout_next(l)).kind != 0)
    if (t.kind != NEWLINE) before = t;
  struct span open;
  bool incomplete = !l->failed && (layout_open(l, &open) || layout_joins(before.kind));
  diags_free(quiet);
  arena_pool_drain(m, mark);
  return incomplete;
}
