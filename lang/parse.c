/* parse.c: from a text to a script; what a syntax error says. */
#include "lang/base/text.h"
#include "lang/build.h"
#include "kin.tab.h"
#include <string.h>

void parser_exhausted(struct parser *p, struct span at) {
  diag_add(p->build.diags, p->build.source, at, DIAG_NESTED_TOO_DEEP, "the parser's stack", DIAG_END);
}

/* ---- what was expected ---------------------------------------------------------------------------------- */

/* What the grammar says of a syntax error: names of tokens, as kin.y spells them. */
struct mistake {
  struct span at;
  const char *found; /* NULL: nothing */
  const char *const *expected;
  int n;
};

#define COUNT(x) ((int)(sizeof(x) / sizeof *(x)))

static bool among(const char *name, const char *const *names, int n) {
  for (int i = 0; i < n; i++)
    if (strcmp(names[i], name) == 0) return true;
  return false;
}

static bool expects(const struct mistake *m, const char *name) {
  return among(name, m->expected, m->n);
}

static bool found_is(const struct mistake *m, const char *name) {
  return m->found && strcmp(m->found, name) == 0;
}

/* Tokens that are told by one word when the marks are all expected; earlier groups hold what later ones do. */
static const struct group {
  const char *name, *marks[2];
  const char *members[24];
} groups[] = {
    {"a statement",
     {"`let`", "`fn`"},
     {"`let`", "`fn`", "`if`", "`for`", "`use`", "`data`", "`design`", "`model`", "`allow`",
      "the end of the line", "the end of the script"}},
    {"a line of a data block",
     {"`missing`", "`where`"},
     {"`missing`", "`decimal`", "`where`", "`members`", "a name", "the end of the line"}},
    {"a line of a design",
     {"`dyad`", "`occasion`"},
     {"`time`", "`occasion`", "`dyad`", "`roundrobin`", "a name", "the end of the line"}},
    {"a line of a model",
     {"`random`", "`residual`"},
     {"`random`", "`residual`", "`variance`", "`weights`", "`offset`", "`family`", "`allow`",
      "the end of the line"}},
    {"an expression",
     {"a number", "`(`"},
     {"a name", "a number", "a text", "a slot", "a `$` name", "`true`", "`false`", "`NA`", "`[`", "`(`",
      "`not`", "`~`", "`-`", "`+`"}},
    {"an operator", {"`*`", "`==`"}, {"`or`", "`and`", "`|`",  "`||`", "`==`", "`!=`", "`<`",    "`<=`",
                                      "`>`",  "`>=`",  "`..`", "`+`",  "`-`",  "`*`",  "`/`",    "`@`",
                                      "`in`", "`:`",   "`^`",  "`~`",  "`[`",  "`(`",  "a field"}},
};

static bool group_expected(const struct mistake *m, const struct group *g) {
  return expects(m, g->marks[0]) && expects(m, g->marks[1]);
}

/* Is this token told by a group, or never told at all? */
static bool grouped(const struct mistake *m, const char *token) {
  if (strcmp(token, "a leading sign") == 0 || strcmp(token, "an unreadable character") == 0) return true;
  for (const struct group *g = groups; g < groups + COUNT(groups); g++) {
    int n = 0;
    while (n < COUNT(g->members) && g->members[n]) n++;
    if (group_expected(m, g) && among(token, g->members, n)) return true;
  }
  return false;
}

static bool begins_anything(const struct mistake *m) {
  return group_expected(m, &groups[0]) || group_expected(m, &groups[3]);
}

/* "an expression, `)` or `,`". */
static const char *expectation(struct arena *a, const struct mistake *m) {
  const char *shown[8];
  int n = 0;
  for (const struct group *g = groups; g < groups + COUNT(groups); g++)
    if (group_expected(m, g) && !(begins_anything(m) && strcmp(g->name, "an expression") == 0))
      shown[n++] = g->name;
  for (int i = 0; i < m->n && n < COUNT(shown); i++)
    if (!grouped(m, m->expected[i])) shown[n++] = m->expected[i];
  struct buf b;
  buf_init(&b, a);
  for (int i = 0; i < n; i++) buf_printf(&b, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ", shown[i]);
  return n > 0 ? b.text : "something else";
}

/* ---- what to do ----------------------------------------------------------------------------------------- */

/* The word before a place, "" if there is none. */
static const char *word_before(const struct parser *p, uint32_t at) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  const char *text = p->build.source->text;
  while (at > 0 && text[at - 1] == ' ') at--;
  uint32_t from = at;
  while (from > 0 && text[from - 1] && strchr(letters, text[from - 1])) from--;
  return arena_strndup(p->build.arena, text + from, at - from);
}

static const char *text_at(const struct parser *p, struct span at) {
  return arena_strndup(p->build.arena, p->build.source->text + at.from, at.to - at.from);
}

/* Two names side by side, the first like a word that begins a line; *word: which, NULL: none is near. */
static struct span beginning(const struct parser *p, const struct mistake *m, const char **word) {
  static const char *const beginnings[] = {"data", "design", "model",  "let",      "fn",    "for",
                                           "if",   "use",    "random", "residual", "where", "missing"};
  struct span at = {m->at.from, m->at.from};
  const char *before = word_before(p, at.from), *text = p->build.source->text;
  while (at.to > 0 && text[at.to - 1] == ' ') at.to--;
  at.from = at.to - (uint32_t)strlen(before);
  *word = *before && found_is(m, "a name") && !among(before, beginnings, COUNT(beginnings))
              ? text_nearest(before, beginnings, COUNT(beginnings))
              : NULL;
  return at;
}

/* A misspelt word of the language, among those expected. */
static const char *misspelt(const struct parser *p, const struct mistake *m) {
  const char *expected[80];
  size_t n = 0;
  for (int i = 0; i < m->n && n < COUNT(expected); i++)
    if (m->expected[i][0] == '`')
      expected[n++] = arena_strndup(p->build.arena, m->expected[i] + 1, strlen(m->expected[i]) - 2);
  const char *word = text_nearest(text_at(p, m->at), expected, n);
  return word ? arena_printf(p->build.arena, "did you mean `%s`?", word) : NULL;
}

/* The common mistakes; NULL matches anything. */
static const struct remedy {
  const char *found, *expected, *hint;
} remedies[] = {
    {"`=`", "`==`", "a comparison is written `==`"},
    {"`=`", "`in`", "a loop is written: for x in xs { ... }"},
    {"`else`", "`let`", "`else` stands behind the `}` of its `if`"},
    {NULL, "`from`", "a data block begins: data NAME from \"file.csv\""},
    {"a name", "a text", "text stands in double quotes"},
    {"a text", "a name", "a name stands without quotes, an odd one in backticks"},
};

static const char *remedy(const struct parser *p, const struct mistake *m) {
  static const char *const named[] = {"data", "design", "model"};
  for (const struct remedy *r = remedies; r < remedies + COUNT(remedies); r++)
    if ((!r->found || found_is(m, r->found)) && expects(m, r->expected)) return r->hint;
  if (found_is(m, "a name")) return misspelt(p, m);
  const char *word = word_before(p, m->at.from);
  if ((found_is(m, "`{`") || found_is(m, "a text")) && among(word, named, COUNT(named)))
    return arena_printf(p->build.arena, "a name stands behind `%s`", word);
  return NULL;
}

/* ---- saying it ------------------------------------------------------------------------------------------ */

/* Is the mistake that an open bracket was forgotten?  Then `want` is what would close it. */
static bool forgotten(const struct parser *p, const struct mistake *m, char want[4]) {
  static const char *const after[] = {"the end of the line",
                                      "the end of the script",
                                      "`let`",
                                      "`fn`",
                                      "`use`",
                                      "`for`",
                                      "`if`",
                                      "`{`",
                                      "`}`"};
  struct span open;
  if (!layout_open(p->layout, m->at.from, &open)) return false;
  char bracket = p->build.source->text[open.from];
  want[0] = want[2] = '`';
  want[1] = bracket == '(' ? ')' : bracket == '[' ? ']' : '}';
  want[3] = '\0';
  return m->found && among(m->found, after, COUNT(after)) && expects(m, want);
}

/* The empty place behind what stands before an offset. */
static struct span end_before(const struct source *s, uint32_t at) {
  while (at > 0 && strchr(" \t\r\n", s->text[at - 1])) at--;
  return (struct span){at, at};
}

static struct diag *tell(struct parser *p, const struct mistake *m) {
  struct ast_builder *b = &p->build;
  char want[4];
  if (forgotten(p, m, want))
    return diag_add(b->diags, b->source, end_before(b->source, m->at.from), DIAG_UNCLOSED, want, DIAG_END);
  const char *expected = expectation(b->arena, m), *hint = remedy(p, m), *word;
  struct span first = beginning(p, m, &word);
  if (!hint && word)
    return diag_add(b->diags, b->source, first, DIAG_NO_BEGINNING, text_at(p, first), word, DIAG_END);
  if (found_is(m, "the end of the line") || found_is(m, "the end of the script")) {
    const char *end = m->at.from >= b->source->n ? "the end of the script" : m->found;
    struct span at = end_before(b->source, m->at.from);
    return diag_add(b->diags, b->source, at, DIAG_ENDS_EARLY, end, expected, hint, DIAG_END);
  }
  const char *found = layout_excerpt(b->arena, b->source, m->at);
  return diag_add(b->diags, b->source, m->at, DIAG_UNEXPECTED, found, expected, hint, DIAG_END);
}

void parser_unexpected(struct parser *p, struct span at, const char *found, const char *const *expected,
                       int n) {
  bool told = p->layout->failed || (found && strcmp(found, "an unreadable character") == 0);
  struct mistake m = {at, found, expected, n};
  struct span open;
  char want[4];
  told = told || (p->layout->recovered && found_is(&m, "`}`") && !forgotten(p, &m, want)); /* a consequence */
  if (!told && !p->lost) {
    struct diag *d = tell(p, &m);
    bool unclosed = d && d->code == DIAG_UNCLOSED;
    bool at_end = at.from >= p->build.source->n || unclosed || found_is(&m, "`,`");
    if (at_end && layout_open(p->layout, at.from, &open)) {
      diag_note(p->build.diags, d, p->build.source, open, "this bracket is still open");
      p->lost = unclosed && p->build.source->text[open.from] == '{';
    }
  }
  layout_recover(p->layout);
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

static void free_diags(void *diags) {
  diags_free(diags);
}

bool parse_incomplete(struct mem *m, const char *text, size_t n) {
  if (n > SOURCE_MAX || utf8_check(text, n) < n || memchr(text, '\0', n)) return false;
  struct arena *mark = arena_pool_mark(m);
  struct arena *a = arena_new(m);
  struct diags *quiet = diags_new(m);
  arena_register(a, free_diags, quiet); /* also when memory runs out on the way */
  struct layout *l = layout_start(a, quiet, source_new(a, "", "", text, (uint32_t)n));
  struct token t, before = {0};
  while ((t = layout_next(l)).kind != 0)
    if (t.kind != NEWLINE) before = t;
  struct span open;
  bool incomplete = !l->failed && (layout_open(l, l->raw.source->n, &open) || layout_joins(before.kind));
  arena_pool_drain(m, mark);
  return incomplete;
}
